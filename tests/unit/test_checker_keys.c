/* The checker over hand-made histories of compacted topics: what compaction may take, and what it
 * may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "tests/unit/story_groups.h"

/* A record of a key, acknowledged; whether the final read finds it. */
static int32_t keyed(struct story *s, int64_t offset, int32_t key, bool is_tombstone, bool is_there)
{
        int32_t send = sent(s, OUTCOME_OK, offset);
        s->h.partitions[0].compacts = true;
        s->h.sends[send].key = key;
        s->h.sends[send].is_tombstone = is_tombstone;
        if (is_there)
                polled(s, READER, send, offset);
        return send;
}

/* Runs the checker: so many of each anomaly, and none of the others. */
static void expect_keys(struct story *s, int64_t lost_write, int64_t lost, int64_t resurrected)
{
        struct verdict v = {0};
        s->h.partitions[0].final_end = 1000;
        checker_run(&s->h, &v);
        for (int i = 0; i < ANOMALIES; i++) {
                int64_t want = i == ANOMALY_LOST_WRITE        ? lost_write
                               : i == ANOMALY_KEY_LOST        ? lost
                               : i == ANOMALY_KEY_RESURRECTED ? resurrected
                                                              : 0;
                if (v.tallies[i].broken != want || v.tallies[i].unpromised != 0)
                        fail_msg("%s: %d broken (%s), %d not promised", anomaly_name(i),
                                 (int)v.tallies[i].broken, v.tallies[i].first_broken,
                                 (int)v.tallies[i].unpromised);
        }
        history_deinit(&s->h);
}

/* Goal: what a later record of the same key replaces may go, read or not; so may tombstones. What
 * was compacted away is no step that a reader has skipped. Method: three versions of a key of which
 * the last is there, a deleted key of which nothing is. */
static void compaction_takes(void **state)
{
        (void)state;
        struct story s = begin();
        int32_t first = keyed(&s, 0, 1, false, false);
        keyed(&s, 1, 1, false, false);
        int32_t deleted = keyed(&s, 2, 2, false, false);
        keyed(&s, 3, 2, true, false);
        int32_t last = keyed(&s, 4, 1, false, true);
        polled(&s, C, first, 0);
        polled(&s, C2, deleted, 2);
        polled(&s, C2, last, 4);
        expect_keys(&s, 0, 0, 0);
}

/* Goal: the last value of a key must stay. Method: it is gone; what it had replaced is there, or is
 * not. */
static void last_value_is_gone(void **state)
{
        (void)state;
        for (int old = 0; old < 2; old++) {
                struct story s = begin();
                keyed(&s, 0, 1, false, old);
                keyed(&s, 1, 1, false, false);
                expect_keys(&s, 1, 1, 0);
        }
}

/* Goal: another key replaces nothing, nor does an aborted record. Method: the later record is of
 * another key; of an aborted transaction; of a committed one. */
static void what_replaces(void **state)
{
        (void)state;
        for (int i = 0; i < 3; i++) {
                struct story s = begin();
                keyed(&s, 0, 1, false, false);
                int32_t t = i > 0 ? began(&s, P) : -1;
                int32_t later = keyed(&s, 1, i == 0 ? 2 : 1, false, i != 1);
                s.h.sends[later].transaction = t;
                if (i == 1)
                        aborted_txn(&s, t);
                if (i == 2)
                        committed_txn(&s, t);
                expect_keys(&s, i < 2, i < 2, 0);
        }
}

/* Goal: a deleted key must not come back. Method: the tombstone is gone and the old value is there;
 * both are there; the tombstone's end is unknown. */
static void resurrected_key(void **state)
{
        (void)state;
        struct story s = begin();
        keyed(&s, 0, 1, false, true);
        keyed(&s, 1, 1, true, false);
        expect_keys(&s, 0, 0, 1);

        s = begin();
        keyed(&s, 0, 1, false, true);
        keyed(&s, 1, 1, true, true);
        expect_keys(&s, 0, 0, 0);

        s = begin();
        keyed(&s, 0, 1, false, false);
        int32_t unknown = sent(&s, OUTCOME_UNKNOWN, -1);
        s.h.sends[unknown].key = 1;
        s.h.sends[unknown].is_tombstone = true;
        expect_keys(&s, 0, 0, 0);
}

/* Goal: a reader may miss what a later record of the same key replaces, though the final read finds
 * it at a slower replica; it may miss nothing else. Method: a reader goes from offset 0 to 2, past
 * a record of the key that offset 2 has, or of another one. */
static void misses_what_is_replaced(void **state)
{
        (void)state;
        for (int replaced = 0; replaced < 2; replaced++) {
                struct story s = begin();
                int32_t a = keyed(&s, 0, 1, false, true), b = keyed(&s, 1, 2, false, true);
                int32_t c = keyed(&s, 2, replaced ? 2 : 3, false, true);
                polled(&s, C2, b, 1);
                polled(&s, C, a, 0);
                polled(&s, C, c, 2);
                expect(&s, ANOMALY_POLL_SKIP, !replaced, 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(compaction_takes),        cmocka_unit_test(last_value_is_gone),
                cmocka_unit_test(what_replaces),           cmocka_unit_test(resurrected_key),
                cmocka_unit_test(misses_what_is_replaced),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
