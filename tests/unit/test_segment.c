/* Unit tests of src/log/segment.c, segment_sync.c and the two indexes. */
#include "hex.h"
#include "log/segment_list.h"
#include "log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BASE = 1000 };

struct fixture {
        struct fake_world f;
        struct log_config config;
        struct segment *s;
        struct append_list list;
};

static struct fixture *fixture_new(int64_t base_offset)
{
        struct fixture *x = calloc(1, sizeof *x);
        fake_world_init(&x->f);
        x->config = small_config();
        struct world *w = &x->f.world;
        assert_int_equal(w->make_dir(w, "t-0"), KERR_NONE);
        assert_int_equal(w->sync_dir(w, "/"), KERR_NONE);
        assert_int_equal(segment_create(w, "t-0", &x->config, base_offset, &x->s), KERR_NONE);
        return x;
}

static void fixture_free(struct fixture *x)
{
        segment_close(x->s);
        append_list_deinit(&x->list);
        fake_world_deinit(&x->f);
        free(x);
}

/* Prepares x->list with one batch that begins at `offset`. */
static void prepare(struct fixture *x, struct buffer *bytes, struct sample sample, int64_t offset)
{
        append_sample(bytes, sample);
        struct append_stamp stamp = {.base_offset = offset};
        assert_int_equal(append_list_fill(&x->list, buffer_span(bytes), &x->config, stamp),
                         KERR_NONE);
}

static void append_at(struct fixture *x, struct sample sample, int64_t offset)
{
        struct buffer bytes = {0};
        prepare(x, &bytes, sample, offset);
        assert_int_equal(segment_append(x->s, &x->list), KERR_NONE);
        buffer_deinit(&bytes);
}

static void append(struct fixture *x, struct sample sample)
{
        append_at(x, sample, x->s->next_offset);
}

static void expect_file(struct fixture *x, const char *path, const char *hex)
{
        struct buffer text = {0};
        struct span expected = hex_bytes(hex);
        fake_world_read(&x->f, path, &text);
        assert_int_equal(text.size, expected.size);
        assert_memory_equal(text.data, expected.data, expected.size);
        free((void *)expected.data);
        buffer_deinit(&text);
}

#define LOG   "t-0/00000000000000001000.log"
#define INDEX "t-0/00000000000000001000.index"
#define TIMES "t-0/00000000000000001000.timeindex"

/* Goal: the index files are Kafka's to the byte. Method: six batches of 100 bytes with an entry
 * after more than 150: the test comes before the batch is counted, so batches 2 and 4 have entries.
 * Expected bytes by hand from the format. */
static void indexes_are_kafkas(void **state)
{
        (void)state;
        static const int64_t timestamps[] = {1000, 3000, 2000, 2500, 5000, 6000};
        struct fixture *x = fixture_new(BASE);
        for (int i = 0; i < 6; i++)
                append(x, hundred_bytes(timestamps[i]));
        assert_int_equal(x->s->size_bytes, 600);
        expect_file(x, INDEX, ""); /* in the tail still */
        assert_int_equal(segment_seal(x->s), KERR_NONE);
        expect_file(x, INDEX,
                    "00000002 000000c8 " /* offset 1002 ends the batch at 200 */
                    "00000004 00000190");
        expect_file(x, TIMES,
                    "0000000000000bb8 00000001 " /* 3000 was the largest so far, at 1001 */
                    "0000000000001388 00000004 "
                    "0000000000001770 00000005"); /* sealing adds the last one */
        assert_int_equal(segment_seal(x->s), KERR_NONE);
        struct buffer times = {0};
        fake_world_read(&x->f, TIMES, &times);
        assert_int_equal(times.size, 36); /* twice is as good as once */
        buffer_deinit(&times);
        fixture_free(x);
}

/* Goal: an append of several batches indexes each as if it came alone. Method: the same six in one
 * list; the files must not differ. */
static void gathered_appends_index_alike(void **state)
{
        (void)state;
        struct fixture *x = fixture_new(BASE);
        struct buffer bytes = {0};
        for (int i = 0; i < 5; i++)
                append_sample(&bytes, hundred_bytes(i));
        prepare(x, &bytes, hundred_bytes(5), BASE);
        assert_int_equal(segment_append(x->s, &x->list), KERR_NONE);
        buffer_deinit(&bytes);
        assert_int_equal(x->s->next_offset, BASE + 6);
        assert_int_equal(segment_seal(x->s), KERR_NONE);
        expect_file(x, INDEX, "00000002 000000c8 00000004 00000190");
        fixture_free(x);
}

/* Goal: find gives the first batch that ends at or above an offset, whatever was asked before and
 * wherever the index entries lie. Method: batches of random sizes with gaps between them, random
 * questions interleaved with appends and reopening, against an array. */
static void find_matches_a_reference(void **state)
{
        (void)state;
        enum { BATCHES = 300 };
        struct rng rng;
        rng_init(&rng, 7);
        struct fixture *x = fixture_new(BASE);
        int64_t last[BATCHES], position[BATCHES + 1] = {0};
        for (int n = 0; n < BATCHES; n++) {
                struct sample sample = {
                        .records = (int32_t)rng_between(&rng, 1, 5),
                        .value_bytes = (size_t)rng_between(&rng, 0, 100),
                };
                append_at(x, sample, x->s->next_offset + rng_between(&rng, 0, 3));
                last[n] = x->s->next_offset - 1;
                position[n + 1] = x->s->size_bytes;
                for (int question = 0; question < 20; question++) {
                        int64_t offset = rng_between(&rng, BASE, x->s->next_offset + 2), found;
                        int expected = 0;
                        while (expected <= n && last[expected] < offset)
                                expected++;
                        assert_int_equal(segment_find(x->s, offset, &found), KERR_NONE);
                        assert_int_equal(found, position[expected]);
                }
                if (rng_chance(&rng, 1, 20)) {
                        assert_int_equal(segment_seal(x->s), KERR_NONE);
                        segment_close(x->s);
                        assert_int_equal(segment_open(&x->f.world, "t-0", &x->config, BASE, &x->s),
                                         KERR_NONE);
                        assert_int_equal(segment_load_tail(x->s), KERR_NONE);
                        assert_int_equal(x->s->next_offset, last[n] + 1);
                }
        }
        fixture_free(x);
}

/* Goal: readers at the tail and readers that go on where they were need no walk. Method: count the
 * reads of a look-up at the end of a long segment, and of one that was asked before. */
static void hints_save_reads(void **state)
{
        (void)state;
        struct fixture *x = fixture_new(BASE);
        int64_t found;
        x->config.index_interval_bytes = INT32_MAX; /* no index to help */
        for (int i = 0; i < 200; i++)
                append(x, hundred_bytes(0));
        int64_t reads = x->f.reads;
        assert_int_equal(segment_find(x->s, BASE + 199, &found), KERR_NONE);
        assert_int_equal(x->f.reads - reads, 1); /* the last batch's header */
        reads = x->f.reads;
        assert_int_equal(segment_find(x->s, BASE + 200, &found), KERR_NONE);
        append(x, hundred_bytes(0));
        assert_int_equal(segment_find(x->s, BASE + 200, &found), KERR_NONE);
        assert_int_equal(found, 20000);
        assert_int_equal(x->f.reads - reads, 0); /* it went on where the end was */
        fixture_free(x);
}

/* Goal: a cut segment is as if the batches behind the cut had never been. Method: cut at every
 * offset; compare files and what is known with a segment that got only the batches below. (The time
 * index may keep one entry more: a true one that was written together with an index entry that is
 * gone.) */
static void truncation_matches_a_shorter_segment(void **state)
{
        (void)state;
        enum { RECORDS = 3, BATCHES = 12 };
        for (int64_t cut = 0; cut <= RECORDS * BATCHES; cut++) {
                struct fixture *x = fixture_new(BASE), *y = fixture_new(BASE);
                for (int i = 0; i < BATCHES; i++) {
                        struct sample sample = {RECORDS, 20, 1000 + i * 37 % 11, 0, 0, 0};
                        append(x, sample);
                        if ((i + 1) * RECORDS <= cut)
                                append(y, sample);
                }
                int64_t found;
                segment_find(x->s, BASE + cut, &found); /* a hint that must not survive */
                assert_int_equal(segment_truncate(x->s, BASE + cut), KERR_NONE);
                assert_int_equal(x->s->next_offset, y->s->next_offset);
                assert_int_equal(x->s->size_bytes, y->s->size_bytes);
                assert_int_equal(x->s->bytes_since_entry, y->s->bytes_since_entry);
                assert_int_equal(x->s->largest.timestamp, y->s->largest.timestamp);
                assert_int_equal(x->s->largest.offset, y->s->largest.offset);
                assert_int_equal(x->s->first_timestamp, y->s->first_timestamp);
                static const char *const files[] = {LOG, INDEX, TIMES};
                struct fixture *both[] = {x, y};
                for (int i = 0; i < 2; i++) {
                        append(both[i], hundred_bytes(5000));
                        assert_int_equal(segment_seal(both[i]->s), KERR_NONE);
                }
                for (int i = 0; i < 3; i++) {
                        struct buffer a = {0}, b = {0};
                        fake_world_read(&x->f, files[i], &a);
                        fake_world_read(&y->f, files[i], &b);
                        size_t same = i < 2 ? b.size : TIME_INDEX_ENTRY_BYTES;
                        assert_true(i < 2 ? a.size == b.size : a.size >= b.size);
                        if (same > 0)
                                assert_memory_equal(a.data + a.size - same, b.data + b.size - same,
                                                    same);
                        buffer_deinit(&a);
                        buffer_deinit(&b);
                }
                fixture_free(x);
                fixture_free(y);
        }
}

static bool rolls_for(struct fixture *x, struct sample sample, int64_t offset)
{
        struct buffer bytes = {0};
        prepare(x, &bytes, sample, offset);
        buffer_deinit(&bytes);
        return segment_must_roll(x->s, &x->list);
}

/* Goal: each reason to roll holds at its limit and not before. Method: one segment and config for
 * each. */
static void reasons_to_roll(void **state)
{
        (void)state;
        struct fixture *x = fixture_new(BASE);
        assert_false(rolls_for(x, hundred_bytes(INT64_MAX), BASE)); /* empty: no use */
        append(x, hundred_bytes(1000));

        x->config.segment_bytes = 200;
        assert_false(rolls_for(x, hundred_bytes(0), BASE + 1));
        x->config.segment_bytes = 199;
        assert_true(rolls_for(x, hundred_bytes(0), BASE + 1));
        x->config.segment_bytes = 1000;

        x->config.segment_ms = 500;
        assert_false(rolls_for(x, hundred_bytes(1500), BASE + 1));
        assert_true(rolls_for(x, hundred_bytes(1501), BASE + 1));
        assert_false(rolls_for(x, hundred_bytes(-1), BASE + 1));
        x->config.segment_ms = INT64_MAX;

        assert_false(rolls_for(x, hundred_bytes(0), BASE + (int64_t)INT32_MAX));
        assert_true(rolls_for(x, hundred_bytes(0), BASE + (int64_t)INT32_MAX + 1));

        /* Room for 3 offset entries, or for 2 time entries less the one for the end. */
        x->config.segment_index_bytes = 24;
        append(x, hundred_bytes(1000));
        assert_false(rolls_for(x, hundred_bytes(0), BASE + 2));
        append(x, hundred_bytes(1000)); /* the first entries */
        assert_true(rolls_for(x, hundred_bytes(0), BASE + 3));
        x->config.segment_index_bytes = 36;
        assert_false(rolls_for(x, hundred_bytes(0), BASE + 3));
        fixture_free(x);
}

/* Goal: an index never grows past segment.index.bytes, whatever one append brings: Kafka could not
 * open it. Method: one list of many batches into a segment with little room. */
static void full_indexes_stay_within_their_size(void **state)
{
        (void)state;
        struct fixture *x = fixture_new(BASE);
        x->config.segment_index_bytes = 36;
        x->config.segment_bytes = 10000;
        struct buffer bytes = {0};
        for (int i = 0; i < 40; i++)
                append_sample(&bytes, hundred_bytes(i));
        prepare(x, &bytes, hundred_bytes(40), BASE);
        assert_int_equal(segment_append(x->s, &x->list), KERR_NONE);
        assert_int_equal(segment_seal(x->s), KERR_NONE);
        for (int i = 0; i < 2; i++) {
                struct buffer index = {0};
                fake_world_read(&x->f, i ? TIMES : INDEX, &index);
                assert_true(index.size <= 36);
                buffer_deinit(&index);
        }
        buffer_deinit(&bytes);
        fixture_free(x);
}

/* Goal: what was synced survives a power cut with its name; with the switch no-dir-sync it loses
 * the name (KAFKA-3968). Method: sync one batch, cut the power. */
static void names_are_synced(void **state)
{
        (void)state;
        for (int switched = 0; switched < 2; switched++) {
                struct fixture *x = fixture_new(BASE);
                if (switched)
                        x->f.world.zoo.bits = 1u << ZOO_NO_DIR_SYNC;
                append(x, hundred_bytes(0));
                assert_int_equal(segment_sync(x->s), KERR_NONE);
                int64_t syncs = x->f.directory_syncs;
                append(x, hundred_bytes(0));
                assert_int_equal(segment_sync(x->s), KERR_NONE);
                assert_int_equal(x->f.directory_syncs, syncs); /* the name is synced once */
                segment_close(x->s);
                x->s = NULL;
                fake_world_power_cut(&x->f, "nothing", 1);
                assert_int_equal(fake_world_exists(&x->f, LOG), !switched);
                fixture_free(x);
        }
}

/* Goal: the ends of broken indexes are noticed. Method: for each kind of damage to a sealed segment
 * of ten batches, the verdict. */
static void broken_indexes_are_noticed(void **state)
{
        (void)state;
        static const struct {
                const char *path, *hex; /* hex NULL: the file is removed */
                bool is_sane;
        } cases[] = {
                {INDEX, "00000002 000000c8 00000009 00000190", true},
                {INDEX, "00000002 000000c8 0000000a 00000190", false}, /* past the end offset */
                {INDEX, "00000002 000000c8 00000004 000003e8", false}, /* past the file */
                {INDEX, "00000002 000000c8 00000004", false},          /* half an entry */
                {INDEX, "00000002 000000c8 00000000 00000000", false}, /* Kafka's zeros */
                {INDEX, NULL, false},
                {TIMES, "0000000000000001 00000009", true},
                {TIMES, "0000000000000001 0000000a", false},
                {TIMES, "0000000000000001 00000001 0000000000000001 00000002", false},
                {TIMES, "0000000000000001 00000003 0000000000000002 00000002", false},
                {TIMES, "0000000000000001 00000001 0000000000000000 00000000", false},
                {TIMES, "0000000000000001 000000", false},
                {TIMES, "", false}, /* a sealed segment has its last entry */
                {TIMES, NULL, false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct fixture *x = fixture_new(BASE);
                for (int n = 0; n < 10; n++)
                        append(x, hundred_bytes(n));
                segment_seal(x->s);
                segment_close(x->s);
                struct span content = hex_bytes(cases[i].hex ? cases[i].hex : "");
                if (cases[i].hex)
                        fake_world_write(&x->f, cases[i].path, content);
                else
                        sim_disk_remove(x->f.disk, cases[i].path);
                free((void *)content.data);
                assert_int_equal(segment_open(&x->f.world, "t-0", &x->config, BASE, &x->s),
                                 KERR_NONE);
                x->s->next_offset = BASE + 10;
                bool is_sane;
                assert_int_equal(segment_check_indexes(x->s, false, &is_sane), KERR_NONE);
                assert_int_equal(is_sane, cases[i].is_sane);
                fixture_free(x);
        }
}

/* Goal: a failed append shows nothing to readers. Method: a short write; then size and find. */
static void failed_appends_are_not_seen(void **state)
{
        (void)state;
        struct fixture *x = fixture_new(BASE);
        append(x, hundred_bytes(0));
        struct buffer bytes = {0};
        prepare(x, &bytes, hundred_bytes(0), BASE + 1);
        sim_disk_fail_append(x->f.disk, 1, KERR_NO_SPACE, 70);
        assert_int_equal(segment_append(x->s, &x->list), KERR_NO_SPACE);
        assert_int_equal(x->s->size_bytes, 100);
        assert_int_equal(x->s->next_offset, BASE + 1);
        buffer_deinit(&bytes);
        fixture_free(x);
}

/* Goal: when a removal is interrupted, the .log is gone before its indexes are. Method: die in each
 * operation, lose any names. */
static void removal_takes_the_log_first(void **state)
{
        (void)state;
        for (int64_t n = 1; n <= 5; n++) {
                for (uint64_t seed = 0; seed < 20; seed++) {
                        struct fixture *x = fixture_new(BASE);
                        append(x, hundred_bytes(0));
                        assert_int_equal(segment_sync(x->s), KERR_NONE);
                        sim_disk_crash_at(x->f.disk, n);
                        segment_remove(x->s);
                        segment_close(x->s);
                        x->s = NULL;
                        fake_world_power_cut(&x->f, "any", seed);
                        bool all =
                                fake_world_exists(&x->f, INDEX) && fake_world_exists(&x->f, TIMES);
                        assert_true(all || !fake_world_exists(&x->f, LOG));
                        fixture_free(x);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(indexes_are_kafkas),
                cmocka_unit_test(gathered_appends_index_alike),
                cmocka_unit_test(find_matches_a_reference),
                cmocka_unit_test(hints_save_reads),
                cmocka_unit_test(truncation_matches_a_shorter_segment),
                cmocka_unit_test(reasons_to_roll),
                cmocka_unit_test(full_indexes_stay_within_their_size),
                cmocka_unit_test(names_are_synced),
                cmocka_unit_test(broken_indexes_are_noticed),
                cmocka_unit_test(failed_appends_are_not_seen),
                cmocka_unit_test(removal_takes_the_log_first),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
