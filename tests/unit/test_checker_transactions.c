/* The checker over hand-made histories of transactions and idempotent producers: each anomaly, and
 * what nearly is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "tests/unit/story_groups.h"

/* Goal: transactions in good order have no finding. Method: one committed, one aborted and one that
 * nobody knows the end of; the readers see the first, and all or nothing of the third. */
static void good_transactions(void **state)
{
        (void)state;
        for (int visible = 0; visible < 2; visible++) {
                struct story s = begin();
                int32_t good = began(&s, P), bad = began(&s, P), unknown = began(&s, P);
                int32_t send = sent_in(&s, good, 0);
                committed_txn(&s, good);
                sent_in(&s, bad, 2);
                aborted_txn(&s, bad);
                int32_t perhaps = sent_in(&s, unknown, 4);
                ended(&s, unknown, TRANSACTION_WISH_COMMIT, OUTCOME_UNKNOWN);
                polled_committed(&s, C, send, 0);
                if (visible)
                        polled_committed(&s, C, perhaps, 4);
                polled_committed(&s, READER, send, 0);
                if (visible)
                        polled_committed(&s, READER, perhaps, 4);
                expect_nothing(&s);
        }
}

/* Goal: a record of an aborted transaction is an error for readers of committed data, and for them
 * only. Method: the same read by both kinds; and of a transaction that nobody asked to end. */
static void aborted_read(void **state)
{
        (void)state;
        for (int committed = 0; committed < 2; committed++) {
                struct story s = begin();
                int32_t t = began(&s, P), send = sent_in(&s, t, 0);
                aborted_txn(&s, t);
                if (committed)
                        polled_committed(&s, C, send, 0);
                else
                        polled(&s, C, send, 0);
                expect(&s, ANOMALY_ABORTED_READ, committed, 0);
        }
        struct story s = begin();
        polled_committed(&s, READER, sent_in(&s, began(&s, P), 0), 0);
        expect(&s, ANOMALY_ABORTED_READ, 1, 0);
}

/* Goal: what is read before anybody asked to commit it is dirty, though it is committed later; the
 * transaction's own reads as well. Method: read before and after. */
static void dirty_read(void **state)
{
        (void)state;
        for (int early = 0; early < 2; early++) {
                struct story s = begin();
                int32_t t = began(&s, P), send = sent_in(&s, t, 0);
                if (early)
                        polled_committed(&s, C, send, 0);
                committed_txn(&s, t);
                if (!early)
                        polled_committed(&s, C, send, 0);
                polled_committed(&s, READER, send, 0);
                expect(&s, ANOMALY_DIRTY_READ, early, 0);
        }
}

/* Goal: a transaction is there as a whole or not at all, whatever became of it; without the promise
 * that its coordinator or its partition keeps what it has, it is no error. Method: one of two
 * records is there. */
static void torn_transaction(void **state)
{
        (void)state;
        static const enum outcome outcomes[] = {OUTCOME_OK, OUTCOME_UNKNOWN};
        for (int i = 0; i < 2; i++)
                for (int beyond = 0; beyond < 2; beyond++) {
                        struct story s = begin_group(COMMIT_TRANSACTION);
                        int32_t t = began(&s, P), there = sent_in(&s, t, 0);
                        sent_in(&s, t, 1);
                        ended(&s, t, TRANSACTION_WISH_COMMIT, outcomes[i]);
                        polled_committed(&s, READER, there, 0);
                        s.h.clients[P].coordinator = OFFSETS;
                        s.h.partitions[OFFSETS].beyond_ns = beyond;
                        expect(&s, ANOMALY_TORN_TRANSACTION, !beyond, beyond);
                }
        struct story s = begin(); /* nothing of it is there: that is a lost write */
        int32_t t = began(&s, P);
        sent_in(&s, t, 0);
        committed_txn(&s, t);
        expect(&s, ANOMALY_LOST_WRITE, 1, 0);
}

/* Goal: a power cut may take the marker of a committed transaction, and so what lies before it.
 * Method: the record is gone, what was acknowledged behind it is not. */
static void lost_marker(void **state)
{
        (void)state;
        for (int has_cut = 0; has_cut < 2; has_cut++) {
                struct story s = begin();
                int32_t t = began(&s, P);
                sent_in(&s, t, 0);
                int32_t behind = sent(&s, OUTCOME_OK, 1);
                committed_txn(&s, t);
                if (has_cut)
                        cut(&s, 2);
                polled(&s, READER, behind, 1);
                expect(&s, ANOMALY_LOST_WRITE, !has_cut, has_cut);
        }
}

/* Goal: transactions that have read from each other in a circle are found, and a chain is not.
 * Method: two readers of each other's records; then one direction only. */
static void circle(void **state)
{
        (void)state;
        for (int both = 0; both < 2; both++) {
                struct story s = begin();
                struct verdict v = {0};
                int32_t a = began(&s, P), b = began(&s, P);
                int32_t of_a = sent_in(&s, a, 0), of_b = sent_in(&s, b, 1);
                int32_t by_b = polled_committed(&s, C, of_a, 0);
                s.h.reads[by_b].transaction = b;
                int32_t by_a = both ? polled_committed(&s, C2, of_b, 1) : by_b;
                s.h.reads[by_a].transaction = both ? a : b;
                committed_txn(&s, a);
                committed_txn(&s, b);
                polled_committed(&s, READER, of_a, 0);
                polled_committed(&s, READER, of_b, 1);
                s.h.partitions[0].final_end = 2;
                checker_run(&s.h, &v);
                assert_int_equal(v.tallies[ANOMALY_CYCLE].broken, both);
                assert_int_equal(v.tallies[ANOMALY_DIRTY_READ].broken, 1 + both);
                history_deinit(&s.h);
        }
}

/* Goal: an idempotent producer's records are never doubled, however often it tried. Method: a
 * record that was retried, once with idempotence and once without. */
static void duplicate_of_an_idempotent(void **state)
{
        (void)state;
        for (int idempotent = 0; idempotent < 2; idempotent++) {
                struct story s = begin();
                int32_t send = sent(&s, OUTCOME_OK, 0);
                s.h.sends[send].retried = true;
                s.h.sends[send].idempotent = idempotent;
                polled(&s, READER, send, 0);
                polled(&s, READER, send, 1);
                expect(&s, ANOMALY_DUPLICATE, idempotent, !idempotent);
        }
}

/* Goal: a reader of committed data may pass what was aborted, and markers, and nothing else.
 * Method: it goes from offset 0 to 3, past an aborted record; then past a committed one. */
static void passes_aborted(void **state)
{
        (void)state;
        for (int committed = 0; committed < 2; committed++) {
                struct story s = begin();
                int32_t t = began(&s, P), first = sent(&s, OUTCOME_OK, 0), in = sent_in(&s, t, 1);
                if (committed)
                        committed_txn(&s, t);
                else
                        aborted_txn(&s, t);
                int32_t last = sent(&s, OUTCOME_OK, 3);
                polled_committed(&s, C, first, 0);
                polled_committed(&s, C, last, 3);
                if (committed)
                        polled_committed(&s, C2, in, 1);
                polled_committed(&s, READER, first, 0);
                if (committed)
                        polled_committed(&s, READER, in, 1);
                polled_committed(&s, READER, last, 3);
                expect(&s, ANOMALY_POLL_SKIP, committed, 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_transactions),
                cmocka_unit_test(aborted_read),
                cmocka_unit_test(dirty_read),
                cmocka_unit_test(torn_transaction),
                cmocka_unit_test(lost_marker),
                cmocka_unit_test(circle),
                cmocka_unit_test(duplicate_of_an_idempotent),
                cmocka_unit_test(passes_aborted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
