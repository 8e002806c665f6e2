/* The checker over hand-made histories of groups and pipelines: each anomaly, and what nearly is
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "tests/unit/story_groups.h"

/* A record of the source that the final read finds. */
static int32_t source(struct story *s, int64_t offset)
{
        int32_t send = sent(s, OUTCOME_OK, offset);
        polled_committed(s, READER, send, offset);
        return send;
}

/* Goal: a group in good order has no finding. Method: a pipeline in transactions, a rebalance in
 * the middle, a transaction that is aborted and done again. */
static void good_group(void **state)
{
        (void)state;
        struct story s = begin_group(COMMIT_TRANSACTION);
        int32_t a = source(&s, 0), b = source(&s, 1);
        given(&s, C, 1);
        int32_t t = began(&s, C);
        made(&s, C, processed(&s, C, a, 0, t), t, 0, true);
        committed(&s, C, 1, 1, OUTCOME_OK, t);
        committed_txn(&s, t);
        t = began(&s, C);
        made(&s, C, processed(&s, C, b, 1, t), t, 2, false);
        aborted_txn(&s, t);
        given(&s, C2, 2);
        t = began(&s, C2);
        made(&s, C2, processed(&s, C2, b, 1, t), t, 4, true);
        committed(&s, C2, 2, 2, OUTCOME_OK, t);
        committed_txn(&s, t);
        told(&s, 2);
        expect_nothing(&s);
}

/* Goal: a group that has committed past a record which nobody has processed broke its promise,
 * unless it commits before it processes. Method: one record of two is processed, both are
 * committed; then one only. */
static void group_skip(void **state)
{
        (void)state;
        static const enum commit_policy policies[] = {COMMIT_AFTER, COMMIT_BEFORE, COMMIT_AUTO,
                                                      COMMIT_TRANSACTION};
        for (int i = 0; i < 4; i++) {
                struct story s = begin_group(policies[i]);
                int32_t first = source(&s, 0);
                polled_committed(&s, C, source(&s, 1), 1);
                processed(&s, C2, first, 0, -1);
                committed(&s, C, 1, 2, OUTCOME_OK, -1);
                bool promised = policies[i] != COMMIT_BEFORE;
                expect(&s, ANOMALY_GROUP_SKIP, promised, !promised);
        }
        struct story s = begin_group(COMMIT_AFTER); /* not committed, as far as anybody knows */
        processed(&s, C, source(&s, 0), 0, -1);
        polled_committed(&s, C2, source(&s, 1), 1);
        committed(&s, C, 1, 1, OUTCOME_OK, -1);
        committed(&s, C, 1, 2, OUTCOME_UNKNOWN, -1);
        expect_nothing(&s);
}

/* Goal: what was processed in a transaction that was aborted was not. Method: the commit comes from
 * outside. */
static void aborted_processing(void **state)
{
        (void)state;
        struct story s = begin_group(COMMIT_TRANSACTION);
        int32_t t = began(&s, C);
        processed(&s, C, source(&s, 0), 0, t);
        aborted_txn(&s, t);
        told(&s, 1);
        expect(&s, ANOMALY_GROUP_SKIP, 1, 0);
}

/* Goal: processing twice breaks the promise of those who commit before, or in transactions; for the
 * others it is what at-least-once means; and so it is for a group that was empty until its offsets
 * expired. Method: two members process one record. */
static void group_double(void **state)
{
        (void)state;
        static const enum commit_policy policies[] = {COMMIT_AFTER, COMMIT_BEFORE, COMMIT_AUTO,
                                                      COMMIT_TRANSACTION};
        for (int i = 0; i < 4; i++) {
                struct story s = begin_group(policies[i]);
                bool is_exact = policies[i] == COMMIT_TRANSACTION;
                int32_t send = source(&s, 0);
                for (int32_t member = 0; member < 2; member++) {
                        int32_t client = member == 0 ? C : C2;
                        int32_t t = is_exact ? began(&s, client) : -1;
                        processed(&s, client, send, 0, t);
                        if (is_exact)
                                committed_txn(&s, t);
                }
                bool promised = is_exact || policies[i] == COMMIT_BEFORE;
                expect(&s, ANOMALY_GROUP_DOUBLE, promised, !promised);
        }
        struct story s = begin_group(COMMIT_BEFORE); /* its offsets have expired in between */
        int32_t again = source(&s, 0);
        processed(&s, C, again, 0, -1);
        forgotten(&s);
        processed(&s, C2, again, 0, -1);
        expect(&s, ANOMALY_GROUP_DOUBLE, 0, 1);

        s = begin_group(COMMIT_TRANSACTION); /* nobody knows of the first */
        int32_t send = source(&s, 0), t = began(&s, C);
        processed(&s, C, send, 0, t);
        ended(&s, t, TRANSACTION_WISH_COMMIT, OUTCOME_UNKNOWN);
        t = began(&s, C2);
        processed(&s, C2, send, 0, t);
        committed_txn(&s, t);
        expect_nothing(&s);
}

/* Goal: of each record that was committed past, the target shows one output. Method: none, two, and
 * two of which one was aborted. */
static void outputs(void **state)
{
        (void)state;
        struct story s = begin_group(COMMIT_TRANSACTION);
        int32_t send = source(&s, 0), t = began(&s, C);
        made(&s, C, processed(&s, C, send, 0, t), t, 0, false);
        ended(&s, t, TRANSACTION_WISH_COMMIT, OUTCOME_UNKNOWN);
        told(&s, 1);
        expect(&s, ANOMALY_INPUT_LOST, 1, 0);

        for (int twice = 0; twice < 2; twice++) {
                s = begin_group(COMMIT_AFTER);
                send = source(&s, 0);
                made(&s, C, processed(&s, C, send, 0, -1), -1, 0, true);
                if (twice) {
                        struct verdict v = {0};
                        made(&s, C2, processed(&s, C2, send, 0, -1), -1, 1, true);
                        s.h.partitions[SOURCE].final_end = 1000;
                        checker_run(&s.h, &v);
                        assert_int_equal(v.tallies[ANOMALY_INPUT_DOUBLED].unpromised, 1);
                        assert_int_equal(v.tallies[ANOMALY_INPUT_DOUBLED].broken, 0);
                        history_deinit(&s.h);
                } else {
                        expect_nothing(&s);
                }
        }
}

/* Goal: the committed offset never goes back for those who ask after it was acknowledged: neither
 * for who is told it, nor for a member that begins there. Method: answers below, at the commit,
 * overlapping it; a start below it; the same where the coordinator's log lost something, where a
 * deposed one may have answered, and where the group had been empty for too long. */
static void committed_offset_went_back(void **state)
{
        (void)state;
        for (int64_t offset = 4; offset < 6; offset++) {
                struct story s = begin_group(COMMIT_AFTER);
                committed(&s, C, 1, 5, OUTCOME_OK, -1);
                told(&s, offset);
                expect(&s, ANOMALY_OFFSET_WENT_BACK, offset < 5, 0);
        }
        struct story s = begin_group(COMMIT_AFTER);
        committed(&s, C, 1, 5, OUTCOME_OK, -1);
        s.now_ns = 0;
        told(&s, 4);
        expect_nothing(&s);

        for (int kept = 0; kept < 2; kept++) {
                s = begin_group(COMMIT_AFTER);
                int32_t send = source(&s, 4);
                committed(&s, C, 1, 5, OUTCOME_OK, -1);
                processed(&s, C, send, 4, -1);
                given(&s, C2, 2);
                polled_committed(&s, C2, send, 4);
                s.h.partitions[OFFSETS].beyond_ns = !kept;
                expect(&s, ANOMALY_OFFSET_WENT_BACK, kept, !kept);
        }
        s = begin_group(COMMIT_AFTER);
        committed(&s, C, 1, 5, OUTCOME_OK, -1);
        told(&s, -1);
        s.h.partitions[OFFSETS].stale_ns = s.now_ns;
        expect(&s, ANOMALY_OFFSET_WENT_BACK, 0, 1);

        s = begin_group(COMMIT_AFTER);
        committed(&s, C, 1, 5, OUTCOME_OK, -1);
        forgotten(&s);
        told(&s, -1);
        expect_nothing(&s);
}

/* Goal: an offset in a transaction counts from the transaction's end, and only if it commits.
 * Method: the group is told a lower one before the end, after a commit, after an abort. */
static void offsets_in_transactions(void **state)
{
        (void)state;
        for (int commits = 0; commits < 2; commits++) {
                struct story s = begin_group(COMMIT_TRANSACTION);
                int32_t t = began(&s, C);
                committed(&s, C, 1, 5, OUTCOME_OK, t);
                told(&s, 4);
                if (commits)
                        committed_txn(&s, t);
                else
                        aborted_txn(&s, t);
                told(&s, 4);
                expect(&s, ANOMALY_OFFSET_WENT_BACK, commits, 0);
        }
}

/* Goal: a commit of an older generation is found when it is taken, and only then. Method: C of
 * generation 1 commits after C2 was given the partition in generation 2: refused, then taken; then
 * with a group that was forgotten in between. */
static void stranger(void **state)
{
        (void)state;
        static const struct {
                enum outcome outcome;
                bool is_forgotten;
                int64_t broken;
        } cases[] = {{OUTCOME_FAILED, false, 0}, {OUTCOME_OK, false, 1}, {OUTCOME_OK, true, 0}};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct story s = begin_group(COMMIT_AFTER);
                given(&s, C, 1);
                given(&s, C2, 2);
                if (cases[i].is_forgotten)
                        forgotten(&s);
                committed(&s, C, 1, 5, cases[i].outcome, -1);
                expect(&s, ANOMALY_FOREIGN_COMMIT, cases[i].broken, 0);
        }
}

/* Goal: a partition has one owner per generation. Method: two members in one, in two, and in one of
 * the same number after the group was forgotten. */
static void two_owners(void **state)
{
        (void)state;
        for (int i = 0; i < 3; i++) {
                struct story s = begin_group(COMMIT_AFTER);
                given(&s, C, 1);
                if (i == 2)
                        forgotten(&s);
                given(&s, C2, i == 1 ? 2 : 1);
                expect(&s, ANOMALY_TWO_OWNERS, i == 0, 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_group),
                cmocka_unit_test(group_skip),
                cmocka_unit_test(aborted_processing),
                cmocka_unit_test(group_double),
                cmocka_unit_test(outputs),
                cmocka_unit_test(committed_offset_went_back),
                cmocka_unit_test(offsets_in_transactions),
                cmocka_unit_test(stranger),
                cmocka_unit_test(two_owners),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
