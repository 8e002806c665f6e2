/* The invariants of groups, transactions, sequence numbers and compacted logs over hand-made
 * states: each is broken once, and its innocent twin is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "tests/unit/invariants_fixture.h"

/* Broker 1 leads, and nobody else is in sync. */
static struct cluster_state *begin_alone(void)
{
        struct cluster_state *s = begin();
        elect(s, 1, 1, 1 << 1);
        lead(s, 1, 1, 1 << 1);
        return s;
}

/* --- I5, I12: what is decided --- */

/* Goal: the last stable offset lies between log start and high watermark, and never falls while one
 * leader leads. Method: an open transaction in good order; one that lies below the log start; one
 * that opens behind the leader's back. */
static void last_stable_offset(void **state)
{
        (void)state;
        struct cluster_state *s = begin_alone();
        s->open_from = 0;
        append(s, 1, 1, 100);
        commit(s, 1, 1);
        s->open_from = INT64_MAX;
        append(s, 1, 1, 101);
        commit(s, 1, 2);
        expect_nothing(s);

        s = begin_with_two();
        s->open_from = 0;
        s->replicas[2].log_start = 1;
        see(s, 2);
        expect(s, ANOMALY_MARKS_DISORDERED, 1);

        s = begin_with_two();
        s->open_from = 1;
        see(s, 1);
        expect(s, ANOMALY_LSO_FELL, 1);
}

/* Goal: in the end no transaction is open. Method: one replica still has one. */
static void open_at_the_end(void **state)
{
        (void)state;
        for (int open = 0; open < 2; open++) {
                struct cluster_state *s = begin_with_two();
                if (open)
                        s->open_from = 1;
                see(s, 3);
                assert_int_equal(invariants_have_converged(s->v, NULL), !open);
                invariants_check_end(s->v);
                expect(s, ANOMALY_NOT_CONVERGED, open);
        }
}

/* Goal: a leader that does not know that it is none is noted until it learns it, and no longer; one
 * that dies as the leader is not. Method: another epoch begins, and the old leader follows; or it
 * ends before. */
static void deposed_leader(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        elect(s, 2, 2, ALL);
        lead(s, 2, 2, ALL);
        assert_int_equal(s->h.partitions[0].stale_ns, 0);
        follow(s, 1, 2);
        assert_int_equal(s->h.partitions[0].stale_ns, s->now_ns);
        expect_nothing(s);

        s = begin_with_two();
        invariants_ended(s->v, 1);
        elect(s, 2, 2, ALL);
        assert_int_equal(s->h.partitions[0].stale_ns, 0);
        expect_nothing(s);
}

/* --- I10 --- */

/* Goal: a group assigns no partition twice. Method: two partitions to two members; then one to
 * both. */
static void one_owner(void **state)
{
        (void)state;
        for (int twice = 0; twice < 2; twice++) {
                struct cluster_state *s = begin();
                history_add_partition(&s->h, "t", 1);
                history_add_group(&s->h, &(struct history_group){.name = "g"});
                struct seen_owner owners[] = {{0, 0}, {twice ? 0 : 1, 1}};
                invariants_group(s->v, &(struct seen_group){.node = 1,
                                                            .generation = 3,
                                                            .owners = owners,
                                                            .owner_count = 2});
                expect(s, ANOMALY_TWO_OWNERS, twice);
        }
}

/* --- I11 --- */

/* A batch of `count` records that the leader appends and commits. */
static void numbered(struct cluster_state *s, int64_t producer, int16_t epoch, int32_t sequence,
                     int32_t count)
{
        struct seen_replica *r = &s->replicas[1];
        batches_add(&s->logs[1], &(struct seen_batch){.base_offset = r->log_end,
                                                      .last_offset = r->log_end + count - 1,
                                                      .leader_epoch = 1,
                                                      .crc = (uint32_t)r->log_end,
                                                      .is_numbered = sequence >= 0,
                                                      .is_marker = sequence < 0,
                                                      .producer_id = producer,
                                                      .producer_epoch = epoch,
                                                      .base_sequence = sequence});
        r->log_end += count;
        commit(s, 1, r->log_end);
}

/* Goal: the sequences of a producer and epoch follow each other from 0 on, whatever others do, and
 * wrap around. Method: two producers, a new epoch, a marker that begins one, and the largest
 * number. */
static void dense_sequences(void **state)
{
        (void)state;
        struct cluster_state *s = begin_alone();
        numbered(s, 7, 0, 0, 3);
        numbered(s, 8, 4, 0, 1);
        numbered(s, 7, 0, 3, 2);
        numbered(s, 7, 1, 0, INT32_MAX);
        numbered(s, 7, 1, INT32_MAX, 1);
        numbered(s, 7, 1, 0, 1);
        numbered(s, 8, 5, -1, 1);
        numbered(s, 8, 5, 0, 1);
        expect_nothing(s);
}

/* Goal: a gap, a repeat and a batch of an older epoch are found. Method: each once, behind three
 * records. */
static void broken_sequences(void **state)
{
        (void)state;
        static const struct {
                int16_t epoch;
                int32_t sequence;
                enum anomaly anomaly;
        } cases[] = {
                {2, 4, ANOMALY_SEQUENCE_GAP},      {2, 0, ANOMALY_SEQUENCE_REPEATED},
                {2, 2, ANOMALY_SEQUENCE_REPEATED}, {1, 3, ANOMALY_SEQUENCE_GAP},
                {3, 3, ANOMALY_SEQUENCE_GAP},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct cluster_state *s = begin_alone();
                numbered(s, 7, 2, 0, 3);
                numbered(s, 7, cases[i].epoch, cases[i].sequence, 1);
                expect(s, cases[i].anomaly, 1);
        }
}

/* Goal: behind offsets that compaction took, nobody knows which sequence must come; from then on it
 * is known again. Method: a hole, a jump in the sequences, a second jump. */
static void sequences_behind_a_hole(void **state)
{
        (void)state;
        for (int jumps_again = 0; jumps_again < 2; jumps_again++) {
                struct cluster_state *s = begin_alone();
                s->h.partitions[0].compacts = true;
                numbered(s, 7, 0, 0, 1);
                s->replicas[1].log_end += 5;
                numbered(s, 7, 0, 6, 1);
                numbered(s, 7, 0, 7 + jumps_again, 1);
                expect(s, ANOMALY_SEQUENCE_GAP, jumps_again);
        }
}

/* --- compacted logs --- */

/* One record of two is gone from broker 2: the one that the other replaces, or the last. */
static void remove_one(struct cluster_state *s, int64_t at)
{
        struct batches *log = &s->logs[2];
        for (int64_t i = at; i + 1 < log->count; i++)
                log->items[i] = log->items[i + 1];
        log->count--;
}

static void restart(struct cluster_state *s, int32_t id)
{
        invariants_ended(s->v, id);
        invariants_started(s->v, id);
        see(s, id);
}

/* Goal: a compacted replica agrees with the committed records on what it still has, and a log that
 * is not compacted has all of them. Method: broker 2 lacks the second of three records, whose key
 * the third replaces; in both kinds of logs. */
static void compacted_replica(void **state)
{
        (void)state;
        for (int compacts = 0; compacts < 2; compacts++) {
                struct cluster_state *s = begin_with_two();
                s->h.partitions[0].compacts = compacts;
                for (int32_t id = 1; id <= BROKERS; id++)
                        append(s, id, 1, 102);
                for (int32_t id = 1; id <= BROKERS; id++)
                        commit(s, id, 3);
                remove_one(s, 1);
                restart(s, 2);
                if (compacts) {
                        assert_true(invariants_have_converged(s->v, NULL));
                        invariants_check_end(s->v);
                }
                expect(s, ANOMALY_LOGS_DIFFER, !compacts);
        }
}

/* Goal: compaction may rewrite a batch, but says so in it. Method: another checksum with as many
 * records, with fewer, with a delete horizon. */
static void rewritten_batch(void **state)
{
        (void)state;
        for (int i = 0; i < 3; i++) {
                struct cluster_state *s = begin_with_two();
                s->h.partitions[0].compacts = true;
                s->logs[2].items[1].crc = 777;
                s->logs[2].items[1].records -= i == 1;
                s->logs[2].items[1].has_horizon = i == 2;
                restart(s, 2);
                expect(s, ANOMALY_LOGS_DIFFER, i == 0);
        }
}

/* Goal: in the end compacted replicas fold to the same. Method: broker 2 has lost the last value of
 * the key, and its old one is back. */
static void different_folds(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        s->h.partitions[0].compacts = true;
        remove_one(s, 1);
        restart(s, 2);
        invariants_check_end(s->v);
        expect(s, ANOMALY_NOT_CONVERGED, 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(last_stable_offset),      cmocka_unit_test(open_at_the_end),
                cmocka_unit_test(deposed_leader),          cmocka_unit_test(one_owner),
                cmocka_unit_test(dense_sequences),         cmocka_unit_test(broken_sequences),
                cmocka_unit_test(sequences_behind_a_hole), cmocka_unit_test(compacted_replica),
                cmocka_unit_test(rewritten_batch),         cmocka_unit_test(different_folds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
