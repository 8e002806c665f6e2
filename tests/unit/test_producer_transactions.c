#include "transaction_fixture.h"

/* Goal: the life of a transaction: id and epoch from the coordinator; each partition is added
 * before its first batch; batches are marked; the commit waits for what is on its way; the next
 * transaction adds anew, and counts on. Method: two partitions and a commit, a second transaction
 * with one. */
static void commits(void **state)
{
        (void)state;
        struct tx x;
        open_tx(&x);
        expect_state(&x, TRANSACTION_UNINITIALISED);
        assert_int_equal(producer_init_transactions(x.f.producer), KERR_NONE);
        answer_find(&x, COORDINATOR_TRANSACTION, KERR_NONE, TX_NODE);
        struct init_producer_id_request asked = answer_id(&x.f, KERR_NONE, PRODUCER_ID, 3);
        assert_int_equal(asked.transactional_id.size, 2);
        assert_int_equal(asked.transaction_timeout_ms, 60000);
        assert_int_equal(asked.producer_id, -1);
        expect_end(&x, 1, TRANSACTION_INIT, KERR_NONE);
        expect_state(&x, TRANSACTION_READY);
        assert_int_equal(producer_begin_transaction(x.f.producer), KERR_NONE);
        put(&x.f, 0, "a");
        put(&x.f, 1, "b");
        answer_partitions(&x, "01", KERR_NONE);
        assert_int_equal(producer_end_transaction(x.f.producer, true), KERR_NONE);
        expect_state(&x, TRANSACTION_ENDING);
        struct produced p = take_produce(&x.f);
        assert_true(str_equal_c(p.m.transactional_id, "tx"));
        struct batch_header h;
        batch_check(p.m.topics.items[0].partitions.items[0].records.bytes, &h);
        assert_int_equal(h.attributes & BATCH_TRANSACTIONAL, BATCH_TRANSACTIONAL);
        assert_int_equal(h.producer_id, PRODUCER_ID);
        assert_int_equal(h.producer_epoch, 3);
        assert_int_equal(h.base_sequence, 0);
        assert_int_equal(x.f.w->inbox_count, 0); /* EndTxn waits */
        answer_produce(&x.f, &p, KERR_NONE, 0);
        answer_end(&x, true, 3, KERR_NONE);
        expect_end(&x, 2, TRANSACTION_COMMIT, KERR_NONE);
        expect_state(&x, TRANSACTION_READY);

        producer_begin_transaction(x.f.producer);
        put(&x.f, 0, "c");
        answer_partitions(&x, "0", KERR_NONE);
        p = take_produce(&x.f);
        assert_int_equal(header_of(&p).base_sequence, 1);
        answer_produce(&x.f, &p, KERR_NONE, 2);
        producer_end_transaction(x.f.producer, true);
        answer_end(&x, true, 3, KERR_NONE);
        expect_end(&x, 3, TRANSACTION_COMMIT, KERR_NONE);
        assert_int_equal(x.f.count, 3);
        close_fixture(&x.f);
}

/* Goal: what nobody has heard of need not be ended.
 * Method: an empty transaction is committed, another aborted. */
static void empty_asks_nobody(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        producer_end_transaction(x.f.producer, true);
        assert_int_equal(x.end_count, 1); /* not before it returns */
        script_pump(x.f.w);
        expect_end(&x, 2, TRANSACTION_COMMIT, KERR_NONE);
        producer_begin_transaction(x.f.producer);
        producer_end_transaction(x.f.producer, false);
        script_pump(x.f.w);
        expect_end(&x, 3, TRANSACTION_ABORT, KERR_NONE);
        assert_int_equal(x.f.w->inbox_count, 0);
        close_fixture(&x.f);
}

/* Goal: a step at the wrong time is refused, and so is a record outside of a transaction.
 * Method: every call in every state that does not allow it. */
static void steps_have_their_time(void **state)
{
        (void)state;
        struct tx x;
        open_tx(&x);
        struct producer *p = x.f.producer;
        assert_int_equal(producer_begin_transaction(p), KERR_INVALID_TXN_STATE);
        assert_int_equal(producer_end_transaction(p, true), KERR_INVALID_TXN_STATE);
        assert_int_equal(send_offset(&x), KERR_INVALID_TXN_STATE);
        assert_int_equal(put(&x.f, 0, "a"), KERR_INVALID_TXN_STATE);
        producer_init_transactions(p);
        assert_int_equal(producer_init_transactions(p), KERR_INVALID_TXN_STATE);
        answer_find(&x, COORDINATOR_TRANSACTION, KERR_NONE, TX_NODE);
        answer_id(&x.f, KERR_NONE, PRODUCER_ID, 0);
        assert_int_equal(producer_init_transactions(p), KERR_INVALID_TXN_STATE);
        assert_int_equal(put(&x.f, 0, "a"), KERR_INVALID_TXN_STATE);
        assert_int_equal(producer_end_transaction(p, false), KERR_INVALID_TXN_STATE);
        producer_begin_transaction(p);
        assert_int_equal(producer_begin_transaction(p), KERR_INVALID_TXN_STATE);
        producer_end_transaction(p, true);
        assert_int_equal(put(&x.f, 0, "a"), KERR_INVALID_TXN_STATE);
        assert_int_equal(producer_end_transaction(p, false), KERR_INVALID_TXN_STATE);
        close_fixture(&x.f);
        struct fixture plain;
        struct producer_config config = plain_config();
        open_fixture(&plain, &config);
        assert_int_equal(producer_init_transactions(plain.producer), KERR_INVALID_TXN_STATE);
        close_fixture(&plain);
}

/* Goal: a coordinator that moves, loads or is still at the last transaction is asked again, where
 * it is now, after the right time. Method: each of these errors for FindCoordinator, InitProducerId
 * and EndTxn. */
static void asks_again(void **state)
{
        (void)state;
        struct tx x;
        open_tx(&x);
        producer_init_transactions(x.f.producer);
        answer_find(&x, COORDINATOR_TRANSACTION, KERR_COORDINATOR_NOT_AVAILABLE, -1);
        assert_int_equal(x.f.w->inbox_count, 0);
        script_advance(x.f.w, 100);
        answer_find(&x, COORDINATOR_TRANSACTION, KERR_NONE, 1);
        answer_id(&x.f, KERR_NOT_COORDINATOR, -1, -1);
        script_advance(x.f.w, 100);
        answer_find(&x, COORDINATOR_TRANSACTION, KERR_NONE, TX_NODE);
        answer_id(&x.f, KERR_COORDINATOR_LOAD_IN_PROGRESS, -1, -1);
        script_advance(x.f.w, 100);
        answer_id(&x.f, KERR_CONCURRENT_TRANSACTIONS, -1, -1);
        script_advance(x.f.w, 19);
        assert_int_equal(x.f.w->inbox_count, 0);
        script_advance(x.f.w, 1);
        answer_id(&x.f, KERR_NONE, PRODUCER_ID, 0);
        expect_end(&x, 1, TRANSACTION_INIT, KERR_NONE);

        producer_begin_transaction(x.f.producer);
        put(&x.f, 0, "a");
        put(&x.f, 1, "b");
        answer_partitions(&x, "01", KERR_CONCURRENT_TRANSACTIONS);
        script_advance(x.f.w, 20);
        answer_partitions(&x, "01", KERR_NONE);
        struct produced p = take_produce(&x.f);
        answer_produce(&x.f, &p, KERR_NONE, 0);
        producer_end_transaction(x.f.producer, true);
        struct script_request r = script_take(x.f.w, API_END_TXN);
        script_cut(x.f.w, r.stream); /* the answer is lost */
        packet_free(r.packet);
        script_advance(x.f.w, 100);
        answer_find(&x, COORDINATOR_TRANSACTION, KERR_NONE, TX_NODE);
        answer_end(&x, true, 0, KERR_NONE);
        expect_end(&x, 2, TRANSACTION_COMMIT, KERR_NONE);
        close_fixture(&x.f);
}

/* Goal: a producer whose transactional id has gone to another one is of no more use, and says so.
 * Method: each error, for InitProducerId, AddPartitionsToTxn and EndTxn. */
static void fenced_for_good(void **state)
{
        (void)state;
        static const struct {
                enum kerr told, reported;
        } errors[] = {{KERR_PRODUCER_FENCED, KERR_PRODUCER_FENCED},
                      {KERR_INVALID_PRODUCER_EPOCH, KERR_PRODUCER_FENCED},
                      {KERR_INVALID_PRODUCER_ID_MAPPING, KERR_INVALID_PRODUCER_ID_MAPPING},
                      {KERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                       KERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED}};
        for (int i = 0; i < 12; i++) {
                enum kerr told = errors[i % 4].told, reported = errors[i % 4].reported;
                struct tx x;
                if (i / 4 == 0) {
                        open_tx(&x);
                        producer_init_transactions(x.f.producer);
                        answer_find(&x, COORDINATOR_TRANSACTION, KERR_NONE, TX_NODE);
                        answer_id(&x.f, told, -1, -1);
                        expect_end(&x, 1, TRANSACTION_INIT, reported);
                } else if (i / 4 == 1) {
                        open_begun(&x);
                        put(&x.f, 0, "a");
                        answer_partitions(&x, "0", told);
                        assert_int_equal(x.f.count, 1);
                        assert_int_equal(x.f.deliveries[0].err, KERR_OPERATION_NOT_ATTEMPTED);
                        assert_false(x.f.deliveries[0].unknown);
                } else {
                        open_begun(&x);
                        put(&x.f, 0, "a");
                        answer_partitions(&x, "0", KERR_NONE);
                        struct produced p = take_produce(&x.f);
                        answer_produce(&x.f, &p, KERR_NONE, 0);
                        producer_end_transaction(x.f.producer, true);
                        answer_end(&x, true, 0, told);
                        expect_end(&x, 2, TRANSACTION_COMMIT, reported);
                }
                expect_state(&x, TRANSACTION_FATAL);
                assert_int_equal(put(&x.f, 0, "b"), reported);
                assert_int_equal(producer_end_transaction(x.f.producer, false),
                                 KERR_INVALID_TXN_STATE);
                close_fixture(&x.f);
        }
}

/* Goal: when a record is lost the transaction can only be aborted; after that the producer goes on
 * in a new epoch, in which it counts from 0.
 * Method: UNKNOWN_PRODUCER_ID for the first of two batches; the commit is refused. */
static void lost_record_means_abort(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        put(&x.f, 0, "a");
        answer_partitions(&x, "0", KERR_NONE);
        struct produced a = take_produce(&x.f);
        put(&x.f, 0, "b");
        struct produced b = take_produce(&x.f);
        answer_produce(&x.f, &a, KERR_UNKNOWN_PRODUCER_ID, -1);
        expect_state(&x, TRANSACTION_ABORTABLE);
        assert_int_equal(put(&x.f, 0, "c"), KERR_INVALID_TXN_STATE);
        assert_int_equal(producer_end_transaction(x.f.producer, true), KERR_INVALID_TXN_STATE);
        assert_int_equal(producer_end_transaction(x.f.producer, false), KERR_NONE);
        script_pump(x.f.w);
        assert_int_equal(x.f.w->inbox_count, 0); /* "b" is under way */
        answer_produce(&x.f, &b, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, -1);
        assert_int_equal(x.f.count, 2);
        answer_end(&x, false, 0, KERR_NONE);
        struct init_producer_id_request asked = answer_id(&x.f, KERR_NONE, PRODUCER_ID, 1);
        assert_int_equal(asked.producer_id, PRODUCER_ID);
        assert_int_equal(asked.producer_epoch, 0);
        expect_end(&x, 2, TRANSACTION_ABORT, KERR_NONE);
        expect_state(&x, TRANSACTION_READY);

        producer_begin_transaction(x.f.producer);
        put(&x.f, 0, "d");
        answer_partitions(&x, "0", KERR_NONE);
        struct produced d = take_produce(&x.f);
        assert_int_equal(header_of(&d).producer_epoch, 1);
        assert_int_equal(header_of(&d).base_sequence, 0);
        answer_produce(&x.f, &d, KERR_NONE, 0);
        close_fixture(&x.f);
}

/* Goal: a commit whose records do not all arrive ends with their error, and abort is left.
 * Method: the batch is too large. */
static void commit_ends_with_the_error(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        put(&x.f, 0, "a");
        answer_partitions(&x, "0", KERR_NONE);
        struct produced a = take_produce(&x.f);
        producer_end_transaction(x.f.producer, true);
        answer_produce(&x.f, &a, KERR_MESSAGE_TOO_LARGE, -1);
        expect_end(&x, 2, TRANSACTION_COMMIT, KERR_MESSAGE_TOO_LARGE);
        expect_state(&x, TRANSACTION_ABORTABLE);
        producer_end_transaction(x.f.producer, false);
        answer_end(&x, false, 0, KERR_NONE);
        answer_id(&x.f, KERR_NONE, PRODUCER_ID, 1);
        expect_end(&x, 3, TRANSACTION_ABORT, KERR_NONE);
        close_fixture(&x.f);
}

/* Goal: an abort drops what is not sent, waits for what is, and needs no new epoch when no number
 * is missing.
 * Method: "a" in flight and then written, "b" and "c" in their batch. */
static void abort_drops_the_unsent(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        put(&x.f, 0, "a");
        answer_partitions(&x, "0", KERR_NONE);
        struct produced a = take_produce(&x.f);
        put(&x.f, 1, "b");
        put(&x.f, 2, "c");
        producer_end_transaction(x.f.producer, false);
        script_pump(x.f.w);
        assert_int_equal(x.f.count, 2);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(x.f.deliveries[i].err, KERR_OPERATION_NOT_ATTEMPTED);
                assert_false(x.f.deliveries[i].unknown);
        }
        answer_produce(&x.f, &a, KERR_NONE, 0);
        assert_int_equal(x.f.count, 3);
        answer_end(&x, false, 0, KERR_NONE);
        expect_end(&x, 2, TRANSACTION_ABORT, KERR_NONE);
        close_fixture(&x.f);
}

/* Goal: aborting what the coordinator may have heard of and has not is no error.
 * Method: AddPartitionsToTxn is lost with its connection; INVALID_TXN_STATE for EndTxn. */
static void abort_of_the_unheard(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        put(&x.f, 0, "a");
        struct script_request r = script_take(x.f.w, API_ADD_PARTITIONS_TO_TXN);
        producer_end_transaction(x.f.producer, false);
        script_cut(x.f.w, r.stream);
        packet_free(r.packet);
        script_advance(x.f.w, 100);
        answer_find(&x, COORDINATOR_TRANSACTION, KERR_NONE, TX_NODE);
        answer_end(&x, false, 0, KERR_INVALID_TXN_STATE);
        expect_end(&x, 2, TRANSACTION_ABORT, KERR_NONE);
        expect_state(&x, TRANSACTION_READY);
        close_fixture(&x.f);
}

/* Goal: a batch that may be in the log when it is given up makes the transaction abortable, and the
 * abort begins a new epoch, which fences it.
 * Method: the connection dies after the send, and nobody can be reached until its time is over. */
static void given_up_in_doubt(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        put(&x.f, 0, "a");
        answer_partitions(&x, "0", KERR_NONE);
        struct produced a = take_produce(&x.f);
        x.f.w->refused[0] = x.f.w->refused[1] = true;
        script_cut(x.f.w, a.request.stream);
        packet_free(a.request.packet);
        script_advance(x.f.w, 5000);
        assert_int_equal(x.f.count, 1);
        assert_true(x.f.deliveries[0].unknown);
        expect_state(&x, TRANSACTION_ABORTABLE);
        producer_end_transaction(x.f.producer, false);
        script_advance(x.f.w, 1500); /* the last attempt to dial comes to its end */
        answer_end(&x, false, 0, KERR_NONE);
        answer_id(&x.f, KERR_NONE, PRODUCER_ID, 1);
        expect_end(&x, 2, TRANSACTION_ABORT, KERR_NONE);
        close_fixture(&x.f);
}

/* Goal: offsets go into the transaction with AddOffsetsToTxn, and to the group's coordinator with
 * the member's id and generation.
 * Method: offset 10 of t/0, with an answer that asks to try again; then a commit. */
static void sends_offsets(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        assert_int_equal(send_offset(&x), KERR_NONE);
        assert_int_equal(send_offset(&x), KERR_INVALID_TXN_STATE);
        answer_offsets(&x, KERR_NONE);
        answer_find(&x, COORDINATOR_GROUP, KERR_NONE, GROUP_NODE);
        answer_group(&x, KERR_COORDINATOR_LOAD_IN_PROGRESS);
        script_advance(x.f.w, 100);
        answer_group(&x, KERR_NOT_COORDINATOR);
        script_advance(x.f.w, 100);
        answer_find(&x, COORDINATOR_GROUP, KERR_NONE, GROUP_NODE);
        answer_group(&x, KERR_NONE);
        expect_end(&x, 2, TRANSACTION_OFFSETS, KERR_NONE);
        expect_state(&x, TRANSACTION_OPEN);
        put(&x.f, 0, "a");
        answer_partitions(&x, "0", KERR_NONE);
        struct produced p = take_produce(&x.f);
        answer_produce(&x.f, &p, KERR_NONE, 0);
        producer_end_transaction(x.f.producer, true);
        answer_end(&x, true, 0, KERR_NONE);
        expect_end(&x, 3, TRANSACTION_COMMIT, KERR_NONE);
        close_fixture(&x.f);
}

/* Goal: offsets of an old generation make the transaction abortable (KIP-447).
 * Method: ILLEGAL_GENERATION for TxnOffsetCommit; abort, and the next transaction sends its own. */
static void old_generation_aborts(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        send_offset(&x);
        answer_offsets(&x, KERR_NONE);
        answer_find(&x, COORDINATOR_GROUP, KERR_NONE, GROUP_NODE);
        answer_group(&x, KERR_ILLEGAL_GENERATION);
        expect_end(&x, 2, TRANSACTION_OFFSETS, KERR_ILLEGAL_GENERATION);
        expect_state(&x, TRANSACTION_ABORTABLE);
        producer_end_transaction(x.f.producer, false);
        answer_end(&x, false, 0, KERR_NONE);
        expect_end(&x, 3, TRANSACTION_ABORT, KERR_NONE);
        producer_begin_transaction(x.f.producer);
        send_offset(&x);
        answer_offsets(&x, KERR_NONE);
        answer_group(&x, KERR_NONE);
        expect_end(&x, 4, TRANSACTION_OFFSETS, KERR_NONE);
        close_fixture(&x.f);
}

/* Goal: an end that nobody answered is unknown; only the same decision may be asked for again.
 * Method: COORDINATOR_LOAD_IN_PROGRESS for 5 s, then the same step once more. */
static void end_may_be_repeated(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        put(&x.f, 0, "a");
        answer_partitions(&x, "0", KERR_NONE);
        struct produced p = take_produce(&x.f);
        answer_produce(&x.f, &p, KERR_NONE, 0);
        producer_end_transaction(x.f.producer, true);
        while (x.end_count == 1) {
                script_pump(x.f.w);
                if (x.f.w->inbox_count > 0)
                        answer_end(&x, true, 0, KERR_COORDINATOR_LOAD_IN_PROGRESS);
                script_advance(x.f.w, 100);
        }
        expect_end(&x, 2, TRANSACTION_COMMIT, KERR_REQUEST_TIMED_OUT);
        expect_state(&x, TRANSACTION_ENDING);
        assert_int_equal(producer_end_transaction(x.f.producer, false), KERR_INVALID_TXN_STATE);
        assert_int_equal(producer_end_transaction(x.f.producer, true), KERR_NONE);
        answer_end(&x, true, 0, KERR_NONE);
        expect_end(&x, 3, TRANSACTION_COMMIT, KERR_NONE);
        expect_state(&x, TRANSACTION_READY);
        close_fixture(&x.f);
}

/* Goal: closing in the middle reports every record once and asks for nothing.
 * Method: a batch in flight, one waiting to be added, offsets under way. */
static void closes_in_the_middle(void **state)
{
        (void)state;
        struct tx x;
        open_begun(&x);
        put(&x.f, 0, "a");
        answer_partitions(&x, "0", KERR_NONE);
        struct produced p = take_produce(&x.f);
        packet_free(p.request.packet);
        put(&x.f, 1, "b");
        send_offset(&x);
        script_pump(x.f.w);
        close_fixture(&x.f);
        assert_int_equal(x.f.count, 2);
        assert_int_equal(x.end_count, 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(commits),
                cmocka_unit_test(empty_asks_nobody),
                cmocka_unit_test(steps_have_their_time),
                cmocka_unit_test(asks_again),
                cmocka_unit_test(fenced_for_good),
                cmocka_unit_test(lost_record_means_abort),
                cmocka_unit_test(commit_ends_with_the_error),
                cmocka_unit_test(abort_drops_the_unsent),
                cmocka_unit_test(abort_of_the_unheard),
                cmocka_unit_test(given_up_in_doubt),
                cmocka_unit_test(sends_offsets),
                cmocka_unit_test(old_generation_aborts),
                cmocka_unit_test(end_may_be_repeated),
                cmocka_unit_test(closes_in_the_middle),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
