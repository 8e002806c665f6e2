/* The checker over hand-made histories of replicated partitions: what was promised depends on acks,
 * on who led, and on what the replicas lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "tests/unit/story.h"

static struct story begin_replicated(void)
{
        struct story s = begin();
        s.h.partitions[0].replication = 3;
        s.h.partitions[0].min_isr = 2;
        return s;
}

/* Goal: an acks=all record is promised whoever led, until the partition is beyond the promise.
 * Method: the same loss in both cases. */
static void acks_all_survives(void **state)
{
        (void)state;
        struct story s = begin_replicated();
        sent(&s, OUTCOME_OK, 0);
        s.h.partitions[0].leader_moved = true;
        expect(&s, ANOMALY_LOST_WRITE, 1, 0);

        s = begin_replicated();
        sent(&s, OUTCOME_OK, 0);
        s.h.partitions[0].beyond_ns = 1;
        expect(&s, ANOMALY_LOST_WRITE, 0, 1);
}

/* Goal: what acks=1 acknowledged is promised while the first leader leads, and no longer; what was
 * read stays promised, for it was committed. Method: the loss in each case. */
static void acks_1_survives_with_its_leader(void **state)
{
        (void)state;
        for (int moved = 0; moved < 2; moved++) {
                struct story s = begin_replicated();
                sent_with(&s, 1, OUTCOME_OK, 0);
                s.h.partitions[0].leader_moved = moved;
                expect(&s, ANOMALY_LOST_WRITE, !moved, moved);
        }
        struct story s = begin_replicated();
        int32_t send = sent_with(&s, 1, OUTCOME_UNKNOWN, -1);
        s.h.partitions[0].leader_moved = true;
        polled(&s, C, send, 0);
        expect(&s, ANOMALY_VANISHED_READ, 1, 0);
}

/* Goal: two leaders may give one offset to two records that were acknowledged with acks=1, but not
 * when the first was acks=all. Method: the second value is the one that stays. */
static void one_offset_two_leaders(void **state)
{
        (void)state;
        for (int all = 0; all < 2; all++) {
                struct verdict v = {0};
                struct story s = begin_replicated();
                sent_with(&s, all ? -1 : 1, OUTCOME_OK, 0);
                polled(&s, READER, sent(&s, OUTCOME_OK, 0), 0);
                s.h.partitions[0].leader_moved = true;
                s.h.partitions[0].final_end = 1;
                checker_run(&s.h, &v);
                assert_int_equal(v.tallies[ANOMALY_INCONSISTENT_OFFSET].broken, all);
                assert_int_equal(v.tallies[ANOMALY_INCONSISTENT_OFFSET].unpromised, !all);
                assert_int_equal(v.tallies[ANOMALY_LOST_WRITE].broken, all);
                history_deinit(&s.h);
        }
}

/* Goal: a record that is there and acknowledged, and that every consumer went past, is unseen; one
 * that no consumer came to, or that somebody saw, is not. Method: three records, of which C reads
 * the third only; then up to the first; then C2 reads the others. */
static void unseen(void **state)
{
        (void)state;
        struct story s = begin_replicated();
        for (int64_t i = 0; i < 3; i++)
                polled(&s, READER, sent(&s, OUTCOME_OK, i), i);
        polled(&s, C, 2, 2);
        expect(&s, ANOMALY_UNSEEN, 2, 0);

        s = begin_replicated();
        for (int64_t i = 0; i < 3; i++)
                polled(&s, READER, sent(&s, OUTCOME_OK, i), i);
        polled(&s, C, 0, 0);
        expect_nothing(&s);

        s = begin_replicated();
        for (int64_t i = 0; i < 3; i++)
                polled(&s, READER, sent(&s, OUTCOME_OK, i), i);
        polled(&s, C, 2, 2);
        polled(&s, C2, 0, 0);
        polled(&s, C2, 1, 1);
        expect_nothing(&s);
}

/* Goal: a step back or a skip inside one poll has a name of its own. Method: the wrong steps of a
 * reader, all at one instant; C2 sees everything, so nothing is unseen. */
static void inside_one_poll(void **state)
{
        (void)state;
        static const struct {
                int32_t first, second;
                enum anomaly anomaly;
        } cases[] = {
                {1, 0, ANOMALY_INTERNAL_NONMONOTONIC_POLL},
                {0, 2, ANOMALY_INTERNAL_POLL_SKIP},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct story s = begin_replicated();
                for (int64_t k = 0; k < 3; k++)
                        polled(&s, READER, sent(&s, OUTCOME_OK, k), k);
                for (int32_t k = 0; k < 3; k++)
                        polled(&s, C2, k, k);
                polled(&s, C, cases[i].first, cases[i].first);
                s.now_ns--;
                polled(&s, C, cases[i].second, cases[i].second);
                expect(&s, cases[i].anomaly, 1, 0);
        }
}

/* Goal: marks of a replicated partition go back only beyond the promise. Method: the log end goes
 * back, with and without. */
static void marks_of_replicas(void **state)
{
        (void)state;
        for (int beyond = 0; beyond < 2; beyond++) {
                struct story s = begin_replicated();
                marked(&s, MARK_END, 5);
                marked(&s, MARK_END, 4);
                s.h.partitions[0].beyond_ns = beyond;
                expect(&s, ANOMALY_END_WENT_BACK, !beyond, beyond);
        }
}

/* Goal: a million operations are checked in three seconds of processor time. Method: half as many
 * sends as operations, acknowledged in batches, each read by one consumer and by the final read. */
static void a_million_operations(void **state)
{
        (void)state;
        enum { SENDS = 340000, SLOWNESS = 10 }; /* under valgrind and sanitizers */
        struct story s = begin_replicated();
        struct verdict v = {0};
        char first[FINDING_BYTES];
        for (int32_t i = 0; i < SENDS; i++)
                sent(&s, OUTCOME_OK, i);
        for (int32_t i = 0; i < SENDS; i++)
                polled(&s, C, i, i);
        for (int32_t i = 0; i < SENDS; i++)
                polled(&s, READER, i, i);
        s.h.partitions[0].final_end = SENDS;
        clock_t begun = clock();
        checker_run(&s.h, &v);
        double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
        print_message("%d operations checked in %.2f s\n", 3 * SENDS, seconds);
        assert_false(verdict_first(&v, first));
        assert_true(seconds < 3 * (double)SLOWNESS);
        history_deinit(&s.h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(acks_all_survives),
                cmocka_unit_test(acks_1_survives_with_its_leader),
                cmocka_unit_test(one_offset_two_leaders),
                cmocka_unit_test(unseen),
                cmocka_unit_test(inside_one_poll),
                cmocka_unit_test(marks_of_replicas),
                cmocka_unit_test(a_million_operations),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
