/* Unit tests of src/log/leader_epochs.c. */
#include "fake_world.h"
#include "log/leader_epochs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
        struct fake_world f;
        struct leader_epochs e;
};

static struct fixture *fixture_new(void)
{
        struct fixture *x = calloc(1, sizeof *x);
        fake_world_init(&x->f);
        assert_int_equal(x->f.world.make_dir(&x->f.world, "t-0"), KERR_NONE);
        assert_int_equal(leader_epochs_open(&x->e, &x->f.world, "t-0"), KERR_NONE);
        return x;
}

static void fixture_free(struct fixture *x)
{
        leader_epochs_close(&x->e);
        fake_world_deinit(&x->f);
        free(x);
}

static void expect_file(struct fixture *x, const char *expected)
{
        struct buffer text = {0};
        fake_world_read(&x->f, "t-0/leader-epoch-checkpoint", &text);
        buffer_append(&text, "", 1);
        assert_string_equal((char *)text.data, expected);
        buffer_deinit(&text);
}

static void expect_end(struct fixture *x, int32_t epoch, int32_t found, int64_t end)
{
        int32_t f;
        int64_t e;
        leader_epochs_end(&x->e, epoch, 100, &f, &e);
        assert_int_equal(f, found);
        assert_int_equal(e, end);
}

/* Goal: the checkpoint is Kafka's to the byte, written at each change and only then, and a reopened
 * cache is the same. Method: assign, look at file and syncs, reopen. */
static void assignments_are_written(void **state)
{
        (void)state;
        struct fixture *x = fixture_new();
        assert_int_equal(leader_epochs_latest(&x->e), -1);
        assert_int_equal(leader_epochs_assign(&x->e, -1, 0), KERR_NONE);
        assert_false(fake_world_exists(&x->f, "t-0/leader-epoch-checkpoint"));
        assert_int_equal(leader_epochs_assign(&x->e, 0, 0), KERR_NONE);
        expect_file(x, "0\n1\n0 0\n");
        assert_int_equal(leader_epochs_assign(&x->e, 5, 40), KERR_NONE);
        expect_file(x, "0\n2\n0 0\n5 40\n");
        int64_t syncs = x->f.file_syncs;
        assert_int_equal(leader_epochs_assign(&x->e, 5, 50), KERR_NONE);
        assert_int_equal(leader_epochs_assign(&x->e, 4, 60), KERR_NONE);
        assert_int_equal(x->f.file_syncs, syncs);
        assert_int_equal(leader_epochs_latest(&x->e), 5);

        leader_epochs_close(&x->e);
        assert_int_equal(leader_epochs_open(&x->e, &x->f.world, "t-0"), KERR_NONE);
        assert_int_equal(x->e.count, 2);
        assert_int_equal(x->e.entries[1].epoch, 5);
        assert_int_equal(x->e.entries[1].start_offset, 40);
        fixture_free(x);
}

/* Goal: what was only noted is known at once, and goes to the file when it is asked for, or with
 * the next change. Method: note, look at the file, write, note and assign. */
static void notes_wait_to_be_written(void **state)
{
        (void)state;
        struct fixture *x = fixture_new();
        leader_epochs_note(&x->e, 3, 0);
        assert_int_equal(leader_epochs_latest(&x->e), 3);
        assert_false(fake_world_exists(&x->f, "t-0/leader-epoch-checkpoint"));
        sim_disk_fail_syncs(x->f.disk, 1, false);
        assert_int_equal(leader_epochs_write(&x->e), KERR_IO);
        assert_int_equal(leader_epochs_write(&x->e), KERR_NONE);
        expect_file(x, "0\n1\n3 0\n");
        int64_t syncs = x->f.file_syncs;
        leader_epochs_note(&x->e, 3, 7);
        assert_int_equal(leader_epochs_write(&x->e), KERR_NONE);
        assert_int_equal(x->f.file_syncs, syncs);
        leader_epochs_note(&x->e, 4, 10);
        assert_int_equal(leader_epochs_assign(&x->e, 6, 20), KERR_NONE);
        expect_file(x, "0\n3\n3 0\n4 10\n6 20\n");
        fixture_free(x);
}

/* Goal: an epoch in which nothing was written leaves no trace. Method: two leaders at one offset.
 */
static void an_epoch_without_records_is_replaced(void **state)
{
        (void)state;
        struct fixture *x = fixture_new();
        leader_epochs_assign(&x->e, 1, 0);
        leader_epochs_assign(&x->e, 2, 10);
        leader_epochs_assign(&x->e, 3, 10);
        expect_file(x, "0\n2\n1 0\n3 10\n");
        fixture_free(x);
}

/* Goal: KIP-101's question is answered as Kafka does. Method: each class of epoch over a cache with
 * gaps: (2, 10) (4, 20) (7, 50), log end 100. */
static void ends_of_epochs(void **state)
{
        (void)state;
        struct fixture *x = fixture_new();
        expect_end(x, 0, -1, -1); /* empty */
        leader_epochs_assign(&x->e, 2, 10);
        leader_epochs_assign(&x->e, 4, 20);
        leader_epochs_assign(&x->e, 7, 50);
        expect_end(x, -1, -1, -1);
        expect_end(x, 0, 0, 10); /* older than all */
        expect_end(x, 2, 2, 20);
        expect_end(x, 3, 2, 20); /* not known: the one below */
        expect_end(x, 4, 4, 50);
        expect_end(x, 6, 4, 50);
        expect_end(x, 7, 7, 100); /* the newest ends at the log end */
        expect_end(x, 8, -1, -1); /* newer than all */
        fixture_free(x);
}

/* Goal: cutting the log at either end leaves exactly the epochs that have records. Method: every
 * offset, against a cache given record by record. */
static void cuts_match_the_records(void **state)
{
        (void)state;
        static const int32_t epoch_of[] = {1, 1, 1, 3, 3, 4, 4, 4, 4, 9}; /* by offset */
        enum { RECORDS = sizeof epoch_of / sizeof *epoch_of };
        for (int64_t cut = 0; cut <= RECORDS; cut++) {
                struct fixture *end = fixture_new(), *start = fixture_new();
                for (int64_t o = 0; o < RECORDS; o++) {
                        leader_epochs_assign(&end->e, epoch_of[o], o);
                        leader_epochs_assign(&start->e, epoch_of[o], o);
                }
                assert_int_equal(leader_epochs_cut_end(&end->e, cut), KERR_NONE);
                assert_int_equal(leader_epochs_cut_start(&start->e, cut), KERR_NONE);

                struct fixture *e = fixture_new(), *s = fixture_new();
                for (int64_t o = 0; o < cut; o++)
                        leader_epochs_assign(&e->e, epoch_of[o], o);
                for (int64_t o = cut; o < RECORDS; o++)
                        leader_epochs_assign(&s->e, epoch_of[o], o);
                if (cut == RECORDS) /* the newest epoch stays known, as in Kafka */
                        leader_epochs_assign(&s->e, epoch_of[RECORDS - 1], RECORDS);
                assert_int_equal(end->e.count, e->e.count);
                assert_int_equal(start->e.count, s->e.count);
                for (int32_t i = 0; i < e->e.count; i++)
                        assert_memory_equal(&end->e.entries[i].start_offset,
                                            &e->e.entries[i].start_offset, 8);
                for (int32_t i = 0; i < s->e.count; i++) {
                        assert_int_equal(start->e.entries[i].epoch, s->e.entries[i].epoch);
                        assert_int_equal(start->e.entries[i].start_offset,
                                         s->e.entries[i].start_offset);
                }
                /* What is on the disk is what is in memory. */
                leader_epochs_close(&start->e);
                assert_int_equal(leader_epochs_open(&start->e, &start->f.world, "t-0"), KERR_NONE);
                assert_int_equal(start->e.count, s->e.count);
                fixture_free(end);
                fixture_free(start);
                fixture_free(e);
                fixture_free(s);
        }
}

/* Goal: a checkpoint whose epochs or offsets do not rise is refused. Method: a table. */
static void checkpoints_must_rise(void **state)
{
        (void)state;
        static const char *const bad[] = {
                "0\n2\n3 0\n3 10\n", "0\n2\n3 10\n4 10\n", "0\n2\n4 0\n3 10\n",
                "0\n1\n-1 0\n",      "0\n1\n1 0 0\n",
        };
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                struct fixture *x = fixture_new();
                fake_world_write(&x->f, "t-0/leader-epoch-checkpoint",
                                 span_of(bad[i], strlen(bad[i])));
                leader_epochs_close(&x->e);
                assert_int_equal(leader_epochs_open(&x->e, &x->f.world, "t-0"), KERR_MALFORMED);
                fixture_free(x);
        }
}

/* Goal: a change that the disk refuses is an error. Method: let the sync fail. */
static void failed_writes_come_back(void **state)
{
        (void)state;
        struct fixture *x = fixture_new();
        sim_disk_fail_syncs(x->f.disk, 1, false);
        assert_int_equal(leader_epochs_assign(&x->e, 1, 0), KERR_IO);
        fixture_free(x);
}

/* --- where two logs part --- */

enum { HISTORY_MAX = 200 };

/* The epoch of each record of a log. Two logs hold the same record where they have the same epoch
 * at an offset: one leader wrote it. */
struct history {
        int32_t epochs[HISTORY_MAX];
        int64_t end;
};

static int64_t common_prefix(const struct history *a, const struct history *b)
{
        int64_t offset = 0;
        while (offset < a->end && offset < b->end && a->epochs[offset] == b->epochs[offset])
                offset++;
        return offset;
}

/* Two logs that led in turn, unclean elections and all; the first one leads at last. */
static void make_histories(struct rng *rng, struct history logs[2])
{
        int32_t epochs = (int32_t)rng_between(rng, 1, 8);
        for (int32_t epoch = 0; epoch <= epochs; epoch++) {
                int64_t who = epoch == epochs ? 0 : rng_between(rng, 0, 1);
                struct history *leader = &logs[who], *follower = &logs[1 - who];
                for (int64_t n = rng_between(rng, 0, 5); n > 0; n--)
                        leader->epochs[leader->end++] = epoch;
                if (epoch == epochs || rng_chance(rng, 1, 2))
                        continue;
                follower->end = common_prefix(leader, follower);
                int64_t end = rng_between(rng, follower->end, leader->end);
                for (; follower->end < end; follower->end++)
                        follower->epochs[follower->end] = leader->epochs[follower->end];
        }
}

/* Cuts the follower as its fetches would (KIP-595); where it then ends. */
static int64_t reconcile(struct rng *rng, struct zoo zoo, struct history logs[2])
{
        struct fixture *leader = fixture_new(), *follower = fixture_new();
        make_histories(rng, logs);
        for (int64_t o = 0; o < logs[0].end; o++)
                leader_epochs_assign(&leader->e, logs[0].epochs[o], o);
        for (int64_t o = 0; o < logs[1].end; o++)
                leader_epochs_assign(&follower->e, logs[1].epochs[o], o);
        leader->f.world.zoo = follower->f.world.zoo = zoo;
        int64_t end = logs[1].end;
        for (int i = 0; i < 20; i++) {
                int32_t found, last = leader_epochs_latest(&follower->e);
                int64_t end_of_found;
                leader_epochs_end(&leader->e, last, logs[0].end, &found, &end_of_found);
                if (found == -1 || (found == last && end_of_found >= end))
                        break;
                end = leader_epochs_common_end(&follower->e, found, end_of_found, end);
                leader_epochs_cut_end(&follower->e, end);
        }
        fixture_free(leader);
        fixture_free(follower);
        return end;
}

/* Goal: a follower cuts all that its leader has not, and nothing else, whoever led before; with the
 * switch one-epoch-answer (KAFKA-6361) it sometimes keeps records that the leader lacks. Method:
 * random histories of two logs. */
static void logs_meet_where_they_parted(void **state)
{
        (void)state;
        int wrong = 0;
        for (uint64_t seed = 0; seed < 1000; seed++) {
                for (int switched = 0; switched < 2; switched++) {
                        struct rng rng;
                        struct history logs[2] = {0};
                        struct zoo zoo = {switched ? UINT64_C(1) << ZOO_ONE_EPOCH_ANSWER : 0};
                        rng_init(&rng, seed);
                        int64_t end = reconcile(&rng, zoo, logs);
                        /* A leader whose log has no newer epoch cannot tell. */
                        int64_t last = logs[1].end ? logs[1].epochs[logs[1].end - 1] : -1;
                        if (logs[0].end == 0 || logs[0].epochs[logs[0].end - 1] < last)
                                continue;
                        if (switched)
                                wrong += end != common_prefix(&logs[0], &logs[1]);
                        else
                                assert_int_equal(end, common_prefix(&logs[0], &logs[1]));
                }
        }
        assert_true(wrong > 0);
}

/* Goal: the common end of special cases. Method: an empty cache; epochs (2, 10) (4, 20), log end
 * 30, against leaders that know less, more, and older epochs. */
static void common_ends(void **state)
{
        (void)state;
        struct fixture *x = fixture_new();
        assert_int_equal(leader_epochs_common_end(&x->e, 3, 8, 30), 8);
        assert_int_equal(leader_epochs_common_end(&x->e, 3, 40, 30), 30);
        leader_epochs_assign(&x->e, 2, 10);
        leader_epochs_assign(&x->e, 4, 20);
        assert_int_equal(leader_epochs_common_end(&x->e, 1, 15, 30), 10); /* nothing in common */
        assert_int_equal(leader_epochs_common_end(&x->e, 2, 15, 30), 15);
        assert_int_equal(leader_epochs_common_end(&x->e, 2, 25, 30), 20);
        assert_int_equal(leader_epochs_common_end(&x->e, 3, 25, 30), 20); /* ours of epoch 2 */
        assert_int_equal(leader_epochs_common_end(&x->e, 4, 25, 30), 25);
        assert_int_equal(leader_epochs_common_end(&x->e, 9, 50, 30), 30);
        x->f.world.zoo.bits = UINT64_C(1) << ZOO_ONE_EPOCH_ANSWER;
        assert_int_equal(leader_epochs_common_end(&x->e, 3, 25, 30), 25);
        expect_end(x, 3, 3, 20);
        fixture_free(x);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(assignments_are_written),
                cmocka_unit_test(notes_wait_to_be_written),
                cmocka_unit_test(an_epoch_without_records_is_replaced),
                cmocka_unit_test(ends_of_epochs),
                cmocka_unit_test(cuts_match_the_records),
                cmocka_unit_test(checkpoints_must_rise),
                cmocka_unit_test(failed_writes_come_back),
                cmocka_unit_test(logs_meet_where_they_parted),
                cmocka_unit_test(common_ends),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
