/* Unit tests of the transaction coordinator's requests (src/delivery/transaction.c, txn_requests.c,
 * txn_queries.c, txn_write.c), over a real log. */
#include "txn_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect_status(struct txn_fixture *f, const char *id, enum transaction_status status,
                          int epoch)
{
        struct txn_view view = view_of(f, id);
        assert_int_equal(view.status, status);
        assert_int_equal(view.producer_epoch, epoch);
}

/* Goal:   the whole life of a transaction: an id, partitions, offsets, a commit, the markers, the
 *         next one, an abort; each marker says what it must.
 * Method: one producer, all settled at once. */
static void a_transaction_lives(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a;
        txn_fixture_init(&f, "1");
        struct init_producer_id_response p = init_now(&f, "tx", -1, -1);
        assert_int_equal(p.error_code, KERR_NONE);
        assert_int_equal(p.producer_id, 1000);
        assert_int_equal(p.producer_epoch, 0);
        expect_status(&f, "tx", TRANSACTION_EMPTY, 0);
        assert_int_equal(add_now(&f, "tx", 1000, 0, "01"), KERR_NONE);
        assert_int_equal(add_now(&f, "tx", 1000, 0, "2"), KERR_NONE);
        ask_offsets(&f, &a, 3, "tx", 1000, 0);
        assert_true(a.is_done);
        assert_int_equal(a.offsets_answer.error_code, KERR_NONE);
        ask_end(&a);
        assert_int_equal(view_of(&f, "tx").partition_count, 4);
        expect_status(&f, "tx", TRANSACTION_ONGOING, 0);
        assert_int_equal(end_now(&f, "tx", 1000, 0, true), KERR_NONE);
        expect_status(&f, "tx", TRANSACTION_COMPLETE_COMMIT, 0);
        assert_int_equal(f.seen_count, 4);
        for (int i = 0; i < 4; i++) {
                assert_int_equal(f.seen[i].producer_id, 1000);
                assert_int_equal(f.seen[i].epoch, 0);
                assert_true(f.seen[i].commit);
                assert_int_equal(f.seen[i].coordinator_epoch, 1);
        }
        assert_int_equal(add_now(&f, "tx", 1000, 0, "3"), KERR_NONE);
        assert_int_equal(end_now(&f, "tx", 1000, 0, false), KERR_NONE);
        assert_int_equal(f.seen_count, 5);
        assert_int_equal(f.seen[4].partition, 3);
        assert_false(f.seen[4].commit);
        expect_status(&f, "tx", TRANSACTION_COMPLETE_ABORT, 0);
        txn_fixture_deinit(&f);
}

/* Goal:   without a transactional id anybody gets an id, wherever; nonsense is refused as Kafka
 *         does; who waits for an id and is forgotten hears nothing.
 * Method: one request each. */
static void init_checks_what_is_asked(void **state)
{
        (void)state;
        static const struct {
                const char *id;
                int32_t timeout_ms;
                int64_t producer_id;
                int16_t epoch;
                enum kerr err;
        } bad[] = {
                {"", 1000, -1, -1, KERR_INVALID_REQUEST},
                {"tx", 0, -1, -1, KERR_INVALID_TRANSACTION_TIMEOUT},
                {"tx", -1, -1, -1, KERR_INVALID_TRANSACTION_TIMEOUT},
                {"tx", 900001, -1, -1, KERR_INVALID_TRANSACTION_TIMEOUT},
                {"tx", 1000, 5, -1, KERR_INVALID_REQUEST},
                {"tx", 1000, -1, 5, KERR_INVALID_REQUEST},
        };
        struct txn_fixture f;
        struct ask a;
        txn_fixture_init(&f, "1");
        txn_coordinator_resign(f.nodes[0], 0);
        ask_init(&f, &a, 4, NULL, -1, -1);
        assert_false(a.is_done);
        deliver(&f, 0, KERR_NONE);
        assert_true(a.is_done);
        assert_int_equal(a.init_answer.producer_id, 1000);
        assert_int_equal(a.init_answer.producer_epoch, 0);
        ask_end(&a);
        lead(&f, 0);
        run(&f);
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                ask_begin(&a, 4);
                a.init = (struct init_producer_id_request){str_of(bad[i].id), bad[i].timeout_ms,
                                                           bad[i].producer_id, bad[i].epoch};
                txns_init_producer(f.nodes[0], &a.init, &a.init_answer, &a.call);
                assert_true(a.is_done);
                assert_int_equal(a.init_answer.error_code, bad[i].err);
                assert_int_equal(a.init_answer.producer_id, -1);
                assert_int_equal(a.init_answer.producer_epoch, -1);
                ask_end(&a);
        }
        f.controller = -1;
        txn_coordinator_free(f.nodes[0]);
        start_coordinator(&f, 0);
        lead(&f, 0);
        run(&f);
        ask_init(&f, &a, 4, "tx", -1, -1);
        assert_int_equal(a.init_answer.error_code, KERR_COORDINATOR_LOAD_IN_PROGRESS);
        ask_end(&a);
        f.controller = 3;
        ask_init(&f, &a, 4, "tx", -1, -1);
        ask_end(&a);
        settle(&f);
        assert_false(a.is_done);
        expect_status(&f, "tx", TRANSACTION_DEAD, 0);
        txn_fixture_deinit(&f);
}

/* Goal:   only the leader of the log answers, when it has replayed it and all of that is committed.
 * Method: before it leads, with what node 1 has not fetched, after it has, after it resigned; and
 *         while __transaction_state is not made. */
static void only_the_coordinator_answers(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a, b;
        txn_fixture_init(&f, "12");
        struct init_producer_id_response p = init_now(&f, "tx", -1, -1);
        ask_to_end(&f, &a, 3, "other", p.producer_id, 0, true);
        assert_int_equal(a.end_answer.error_code, KERR_INVALID_PRODUCER_ID_MAPPING);
        ask_end(&a);
        ask_init(&f, &b, 4, "tx", -1, -1); /* appended, and not committed */
        lead(&f, 0);
        assert_true(b.is_done);
        assert_int_equal(b.init_answer.error_code, KERR_NOT_COORDINATOR);
        ask_end(&b);
        for (int i = 0; i < 2; i++) {
                ask_to_end(&f, &a, 3, "tx", p.producer_id, 0, true);
                assert_int_equal(a.end_answer.error_code, KERR_COORDINATOR_LOAD_IN_PROGRESS);
                ask_end(&a);
                run(&f);
        }
        copy_all(&f.x, 0, 1);
        run(&f);
        expect_status(&f, "tx", TRANSACTION_EMPTY, 1);
        ask_to_end(&f, &a, 3, "tx", p.producer_id, 1, true);
        assert_int_equal(a.end_answer.error_code, KERR_INVALID_TXN_STATE);
        ask_end(&a);
        txn_coordinator_set_partitions(f.nodes[0], 0, 0);
        ask_to_end(&f, &a, 3, "tx", p.producer_id, 1, true);
        assert_int_equal(a.end_answer.error_code, KERR_NOT_COORDINATOR);
        ask_end(&a);
        txn_coordinator_set_partitions(f.nodes[0], 1, 0);
        ask_offsets(&f, &a, 3, "tx", p.producer_id, 1);
        assert_int_equal(a.offsets_answer.error_code, KERR_COORDINATOR_NOT_AVAILABLE);
        ask_end(&a);
        txn_coordinator_resign(f.nodes[0], 0);
        txn_coordinator_resign(f.nodes[0], 0);
        ask_to_end(&f, &a, 3, "tx", p.producer_id, 1, true);
        assert_int_equal(a.end_answer.error_code, KERR_NOT_COORDINATOR);
        ask_end(&a);
        ask_to_end(&f, &a, 3, "", p.producer_id, 1, true);
        assert_int_equal(a.end_answer.error_code, KERR_INVALID_REQUEST);
        ask_end(&a);
        txn_fixture_deinit(&f);
}

/* Goal:   an answer waits until its record is committed, and until then others hear
 *         CONCURRENT_TRANSACTIONS, in each kind of request; what is told is what is committed.
 * Method: node 1 fetches late. */
static void answers_wait_for_the_high_watermark(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a, b;
        txn_fixture_init(&f, "12");
        ask_init(&f, &a, 4, "tx", -1, -1);
        deliver(&f, 0, KERR_NONE);
        assert_false(a.is_done);
        ask_init(&f, &b, 4, "tx", -1, -1);
        assert_int_equal(b.init_answer.error_code, KERR_CONCURRENT_TRANSACTIONS);
        ask_end(&b);
        expect_status(&f, "tx", TRANSACTION_DEAD, 0);
        settle(&f);
        assert_true(a.is_done);
        assert_int_equal(a.init_answer.producer_id, 1000);
        ask_end(&a);

        ask_add(&f, &a, 3, "tx", 1000, 0, "0");
        assert_false(a.is_done);
        ask_add(&f, &b, 3, "tx", 1000, 0, "0");
        assert_int_equal(added(&b, 0), KERR_CONCURRENT_TRANSACTIONS);
        ask_end(&b);
        ask_verify(&f, &b, "tx", 1000, 0, "0");
        assert_int_equal(added(&b, 0), KERR_INVALID_TXN_STATE);
        ask_end(&b);
        expect_status(&f, "tx", TRANSACTION_EMPTY, 0);
        settle(&f);
        assert_int_equal(added(&a, 0), KERR_NONE);
        ask_end(&a);
        int64_t end = end_of(&f.x, 0);
        ask_add(&f, &a, 3, "tx", 1000, 0, "0"); /* again: no record */
        assert_int_equal(added(&a, 0), KERR_NONE);
        assert_int_equal(end_of(&f.x, 0), end);
        ask_end(&a);

        ask_to_end(&f, &a, 3, "tx", 1000, 0, true);
        assert_false(a.is_done);
        run(&f);
        assert_int_equal(f.queued, 0); /* no marker before the decision is committed */
        ask_to_end(&f, &b, 3, "tx", 1000, 0, false);
        assert_int_equal(b.end_answer.error_code, KERR_CONCURRENT_TRANSACTIONS);
        ask_end(&b);
        copy_all(&f.x, 0, 1);
        run(&f);
        assert_true(a.is_done); /* before the markers are written */
        assert_int_equal(a.end_answer.error_code, KERR_NONE);
        assert_int_equal(f.seen_count, 0);
        ask_end(&a);
        ask_to_end(&f, &b, 3, "tx", 1000, 0, true);
        assert_int_equal(b.end_answer.error_code, KERR_CONCURRENT_TRANSACTIONS);
        ask_end(&b);
        ask_to_end(&f, &b, 3, "tx", 1000, 0, false);
        assert_int_equal(b.end_answer.error_code, KERR_INVALID_TXN_STATE);
        ask_end(&b);
        settle(&f);
        assert_int_equal(end_now(&f, "tx", 1000, 0, true), KERR_NONE);
        assert_int_equal(end_now(&f, "tx", 1000, 0, false), KERR_INVALID_TXN_STATE);
        txn_fixture_deinit(&f);
}

/* Goal:   a second instance fences the first: in the midst of its transaction that is aborted, and
 *         the new one gets an epoch that is higher than the one of the abort. Old versions call it
 *         INVALID_PRODUCER_EPOCH.
 * Method: two instances, every API in both versions. */
static void zombies_are_fenced(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a;
        txn_fixture_init(&f, "1");
        init_now(&f, "tx", -1, -1);
        add_now(&f, "tx", 1000, 0, "0");
        assert_int_equal(init_now(&f, "tx", -1, -1).error_code, KERR_CONCURRENT_TRANSACTIONS);
        assert_int_equal(f.seen_count, 1);
        assert_int_equal(f.seen[0].epoch, 1);
        assert_false(f.seen[0].commit);
        assert_int_equal(init_now(&f, "tx", -1, -1).producer_epoch, 2);
        for (int16_t version = 1; version <= 2; version++) {
                enum kerr fenced = version < 2 ? KERR_INVALID_PRODUCER_EPOCH : KERR_PRODUCER_FENCED;
                ask_add(&f, &a, version, "tx", 1000, 0, "0");
                assert_int_equal(added(&a, 0), fenced);
                ask_end(&a);
                ask_offsets(&f, &a, version, "tx", 1000, 0);
                assert_int_equal(a.offsets_answer.error_code, fenced);
                ask_end(&a);
                ask_to_end(&f, &a, version, "tx", 1000, 0, true);
                assert_int_equal(a.end_answer.error_code, fenced);
                ask_end(&a);
                ask_init(&f, &a, version + 2, "tx", 1000, 0);
                assert_int_equal(a.init_answer.error_code, fenced);
                ask_end(&a);
        }
        ask_verify(&f, &a, "tx", 1000, 0, "0");
        assert_int_equal(added(&a, 0), KERR_PRODUCER_FENCED);
        ask_end(&a);
        ask_offsets(&f, &a, 3, "tx", 999, 0);
        assert_int_equal(a.offsets_answer.error_code, KERR_INVALID_PRODUCER_ID_MAPPING);
        ask_end(&a);
        ask_offsets(&f, &a, 3, "nobody", 1000, 0);
        assert_int_equal(a.offsets_answer.error_code, KERR_INVALID_PRODUCER_ID_MAPPING);
        ask_end(&a);
        assert_int_equal(init_now(&f, "tx", 1000, 2).producer_epoch, 3); /* KIP-360 */
        assert_int_equal(init_now(&f, "tx", 1000, 2).producer_epoch, 3);
        assert_int_equal(init_now(&f, "tx", 1000, 1).error_code, KERR_PRODUCER_FENCED);
        txn_fixture_deinit(&f);
}

/* Goal:   when a partition does not exist none is added; which one, the answer tells. Method: two
 * that exist and one that does not. */
static void unknown_partitions_are_told(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a;
        txn_fixture_init(&f, "1");
        init_now(&f, "tx", -1, -1);
        f.data_leaders[1] = GONE;
        f.data_leaders[2] = NOBODY;
        ask_add(&f, &a, 3, "tx", 1000, 0, "012");
        assert_true(a.is_done);
        assert_int_equal(added(&a, 0), KERR_OPERATION_NOT_ATTEMPTED);
        assert_int_equal(added(&a, 1), KERR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(added(&a, 2), KERR_OPERATION_NOT_ATTEMPTED);
        ask_end(&a);
        expect_status(&f, "tx", TRANSACTION_EMPTY, 0);
        assert_int_equal(add_now(&f, "tx", 1000, 0, "02"), KERR_NONE);
        txn_fixture_deinit(&f);
}

/* Goal:   a broker's batch (version 4) is answered transaction by transaction: what is verified is
 *         told at once, what is added when it is committed, and the answer goes out with the last.
 * Method: one that holds the partition, one that does not, one unknown, one that adds. */
static void batches_of_brokers(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a;
        txn_fixture_init(&f, "12");
        init_now(&f, "one", -1, -1);
        init_now(&f, "two", -1, -1);
        add_now(&f, "one", 1000, 0, "0");
        struct add_partitions_to_txn_transaction transactions[4];
        const char *ids[] = {"one", "two", "three", "two"};
        ask_begin(&a, 4);
        for (int i = 0; i < 4; i++) {
                prepare_add(&a, ids[i], i == 0 ? 1000 : 1001, 0, i == 0 ? "0" : "");
                transactions[i] = a.transaction;
                transactions[i].verify_only = i < 3;
        }
        a.topic.partitions.count = 1;
        a.add = (struct add_partitions_to_txn_request){{transactions, 4}};
        txns_add_partitions(f.nodes[0], &a.add, &a.add_answer, &a.call);
        assert_false(a.is_done);
        settle(&f);
        assert_true(a.is_done);
        static const enum kerr expected[] = {KERR_NONE, KERR_INVALID_TXN_STATE,
                                             KERR_INVALID_PRODUCER_ID_MAPPING, KERR_NONE};
        for (int i = 0; i < 4; i++) {
                struct add_partitions_to_txn_transaction_response *t =
                        &a.add_answer.transactions.items[i];
                assert_true(str_equal_c(t->transactional_id, ids[i]));
                assert_int_equal(t->topics.items[0].partitions.items[0].error_code, expected[i]);
        }
        expect_status(&f, "two", TRANSACTION_ONGOING, 0);
        ask_end(&a);
        txn_fixture_deinit(&f);
}

/* Goal:   a transaction that is open for too long is aborted with a raised epoch; the wall clock
 * has no say in it. Method: wall jumps by a day, then mono to the time-out and past it. */
static void old_transactions_are_aborted(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "1");
        init_now(&f, "tx", -1, -1);
        add_now(&f, "tx", 1000, 0, "0");
        f.x.f.wall_ms += 86400000;
        pass_time(&f, TIMEOUT_MS);
        settle(&f);
        expect_status(&f, "tx", TRANSACTION_ONGOING, 0);
        f.x.f.wall_ms -= 2 * 86400000;
        f.x.f.mono_ms = run(&f);
        settle(&f);
        expect_status(&f, "tx", TRANSACTION_COMPLETE_ABORT, 1);
        assert_int_equal(f.seen_count, 1);
        assert_int_equal(f.seen[0].epoch, 1);
        assert_int_equal(end_now(&f, "tx", 1000, 0, true), KERR_PRODUCER_FENCED);
        assert_int_equal(init_now(&f, "tx", 1000, 0).error_code, KERR_PRODUCER_FENCED);
        assert_int_equal(init_now(&f, "tx", -1, -1).producer_epoch, 2);
        txn_fixture_deinit(&f);
}

/* Goal:   ids that are idle for long are forgotten with a tombstone; one that is in use is not.
 * Method: three ids: unused, ended, in use; then a new coordinator reads the same log. */
static void idle_ids_are_forgotten(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "1");
        init_now(&f, "empty", -1, -1);
        init_now(&f, "ended", -1, -1);
        add_now(&f, "ended", 1001, 0, "0");
        end_now(&f, "ended", 1001, 0, true);
        pass_time(&f, EXPIRATION_MS - 1);
        settle(&f);
        expect_status(&f, "empty", TRANSACTION_EMPTY, 0);
        init_now(&f, "used", -1, -1);
        add_now(&f, "used", 1002, 0, "0");
        pass_time(&f, EXPIRATION_CHECK_MS);
        settle(&f);
        expect_status(&f, "empty", TRANSACTION_DEAD, 0);
        expect_status(&f, "ended", TRANSACTION_DEAD, 0);
        assert_int_equal(view_of(&f, "used").status, TRANSACTION_COMPLETE_ABORT);
        lead(&f, 0);
        settle(&f);
        expect_status(&f, "empty", TRANSACTION_DEAD, 0);
        assert_int_equal(view_of(&f, "used").status, TRANSACTION_COMPLETE_ABORT);
        assert_int_equal(init_now(&f, "empty", -1, -1).producer_id, 1003);
        txn_fixture_deinit(&f);
}

/* Goal:   when too few replicas are in sync nothing happens, and the client hears what it can
 * retry; later all goes on, the time-out too. Method: min.insync.replicas 2 with one in sync, in
 * each state. */
static void too_few_replicas(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "1");
        init_now(&f, "tx", -1, -1);
        struct replica_assignment a = assignment(1, f.leader_epoch, f.leader_epoch, "1");
        a.min_isr = 2;
        assign_all(&f.x, a);
        assert_int_equal(init_now(&f, "new", -1, -1).error_code, KERR_COORDINATOR_NOT_AVAILABLE);
        assert_int_equal(init_now(&f, "new", -1, -1).error_code, KERR_COORDINATOR_NOT_AVAILABLE);
        assert_int_equal(add_now(&f, "tx", 1000, 0, "0"), KERR_COORDINATOR_NOT_AVAILABLE);
        a.min_isr = 1;
        assign_all(&f.x, a);
        assert_int_equal(add_now(&f, "tx", 1000, 0, "0"), KERR_NONE);
        a.min_isr = 2;
        assign_all(&f.x, a);
        assert_int_equal(end_now(&f, "tx", 1000, 0, true), KERR_COORDINATOR_NOT_AVAILABLE);
        pass_time(&f, TIMEOUT_MS + ABORT_CHECK_MS);
        settle(&f);
        expect_status(&f, "tx", TRANSACTION_ONGOING, 0);
        a.min_isr = 1;
        assign_all(&f.x, a);
        struct ask ask;
        ask_to_end(&f, &ask, 3, "tx", 1000, 0, true);
        run(&f);
        assign_all(&f.x, (a.min_isr = 2, a));
        while (f.queued > 0)
                deliver(&f, 0, KERR_NONE);
        run(&f);
        expect_status(&f, "tx", TRANSACTION_PREPARE_COMMIT, 0); /* it cannot be completed */
        a.min_isr = 1;
        assign_all(&f.x, a);
        f.x.f.mono_ms = run(&f);
        run(&f);
        expect_status(&f, "tx", TRANSACTION_COMPLETE_COMMIT, 0);
        assert_int_equal(f.seen_count, 1);
        ask_end(&ask);
        txn_fixture_deinit(&f);
}

/* --- describe, list --- */

static struct describe_transactions_response describe(struct txn_fixture *f, struct ask *a,
                                                      const char *id)
{
        struct describe_transactions_response answer;
        struct str name = str_of(id);
        struct describe_transactions_request in = {{&name, 1}};
        ask_begin(a, 0);
        txns_describe(f->nodes[0], &in, &answer, &a->call);
        assert_true(a->is_done);
        assert_int_equal(answer.transaction_states.count, 1);
        return answer;
}

/* Goal:   DescribeTransactions tells all of an id, and what is wrong with it. Method: an open one,
 * an unknown one, none, a coordinator that has resigned. */
static void transactions_are_described(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a;
        txn_fixture_init(&f, "1");
        init_now(&f, "tx", -1, -1);
        add_now(&f, "tx", 1000, 0, "31");
        struct describe_transactions_response answer = describe(&f, &a, "tx");
        struct describe_transactions_state *s = answer.transaction_states.items;
        assert_int_equal(s->error_code, KERR_NONE);
        assert_true(str_equal_c(s->transaction_state, "Ongoing"));
        assert_int_equal(s->producer_id, 1000);
        assert_int_equal(s->producer_epoch, 0);
        assert_int_equal(s->transaction_timeout_ms, TIMEOUT_MS);
        assert_int_equal(s->transaction_start_time_ms, f.x.f.wall_ms);
        assert_int_equal(s->topics.count, 1);
        assert_int_equal(s->topics.items[0].partitions.count, 2);
        assert_int_equal(s->topics.items[0].partitions.items[0], 1);
        ask_end(&a);
        static const struct {
                const char *id;
                enum kerr err;
        } bad[] = {{"nobody", KERR_TRANSACTIONAL_ID_NOT_FOUND}, {"", KERR_INVALID_REQUEST}};
        for (int i = 0; i < 2; i++) {
                answer = describe(&f, &a, bad[i].id);
                assert_int_equal(answer.transaction_states.items->error_code, bad[i].err);
                ask_end(&a);
        }
        txn_coordinator_resign(f.nodes[0], 0);
        answer = describe(&f, &a, "tx");
        assert_int_equal(answer.transaction_states.items->error_code, KERR_NOT_COORDINATOR);
        ask_end(&a);
        txn_fixture_deinit(&f);
}

static int32_t listed(struct txn_fixture *f, const char *status, int64_t producer_id,
                      int64_t duration_ms, struct ask *a, struct list_transactions_response *answer)
{
        struct str name = str_of(status);
        struct list_transactions_request in = {.duration_filter_ms = duration_ms};
        if (status)
                in.state_filters.items = &name, in.state_filters.count = 1;
        if (producer_id >= 0)
                in.producer_id_filters.items = &producer_id, in.producer_id_filters.count = 1;
        ask_begin(a, 1);
        txns_list(f->nodes[0], &in, answer, &a->call);
        assert_true(a->is_done);
        return answer->transaction_states.count;
}

/* Goal:   ListTransactions filters by state, producer and age, names states it does not know, and
 * is silent while a log is loaded. Method: one empty id and one open, each filter. */
static void transactions_are_listed(void **state)
{
        (void)state;
        static const struct {
                const char *status;
                int64_t producer_id, duration_ms;
                int32_t count, unknown;
        } cases[] = {{NULL, -1, -1, 2, 0},      {"Ongoing", -1, -1, 1, 0}, {"Empty", -1, -1, 1, 0},
                     {"Empty", 1001, -1, 0, 0}, {NULL, 1001, -1, 1, 0},    {NULL, 5, -1, 0, 0},
                     {NULL, -1, 99, 1, 0},      {NULL, -1, 100, 0, 0},     {"empty", -1, -1, 0, 1}};
        struct txn_fixture f;
        struct ask a;
        struct list_transactions_response answer;
        txn_fixture_init(&f, "1");
        init_now(&f, "quiet", -1, -1);
        init_now(&f, "busy", -1, -1);
        add_now(&f, "busy", 1001, 0, "3");
        pass_time(&f, 100);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                assert_int_equal(listed(&f, cases[i].status, cases[i].producer_id,
                                        cases[i].duration_ms, &a, &answer),
                                 cases[i].count);
                assert_int_equal(answer.unknown_state_filters.count, cases[i].unknown);
                ask_end(&a);
        }
        assert_int_equal(listed(&f, "Ongoing", -1, -1, &a, &answer), 1);
        assert_true(str_equal_c(answer.transaction_states.items[0].transactional_id, "busy"));
        assert_true(str_equal_c(answer.transaction_states.items[0].transaction_state, "Ongoing"));
        assert_int_equal(answer.transaction_states.items[0].producer_id, 1001);
        ask_end(&a);
        lead(&f, 0);
        assert_int_equal(listed(&f, NULL, -1, -1, &a, &answer), 0);
        assert_int_equal(answer.error_code, KERR_COORDINATOR_LOAD_IN_PROGRESS);
        ask_end(&a);
        txn_fixture_deinit(&f);
}

/* Goal:   who asked may go at any moment; the change happens all the same, and the coordinator may
 *         end with calls under way.
 * Method: each request is forgotten before it is committed; then two more before the end. */
static void askers_may_go(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a, b;
        txn_fixture_init(&f, "12");
        ask_init(&f, &a, 4, "tx", -1, -1);
        deliver(&f, 0, KERR_NONE);
        ask_end(&a);
        settle(&f);
        expect_status(&f, "tx", TRANSACTION_EMPTY, 0);
        ask_add(&f, &a, 3, "tx", 1000, 0, "0");
        ask_end(&a);
        settle(&f);
        ask_offsets(&f, &a, 3, "tx", 1000, 0);
        ask_end(&a);
        settle(&f);
        expect_status(&f, "tx", TRANSACTION_ONGOING, 0);
        ask_to_end(&f, &a, 3, "tx", 1000, 0, true);
        ask_end(&a);
        settle(&f);
        expect_status(&f, "tx", TRANSACTION_COMPLETE_COMMIT, 0);
        assert_false(a.is_done);
        f.block_size = 1;
        f.next_block = 5000;
        for (int i = 0; i < 10; i++) /* the block is used up */
                init_now(&f, (char[]){'n', (char)('0' + i), 0}, -1, -1);
        ask_add(&f, &a, 3, "tx", 1000, 0, "1");
        ask_init(&f, &b, 4, "last", -1, -1);
        assert_false(a.is_done);
        assert_false(b.is_done);
        txn_coordinator_free(f.nodes[0]);
        assert_false(a.is_done);
        assert_null(a.call.state);
        assert_null(b.call.state);
        ask_end(&a);
        ask_end(&b);
        f.nodes[0] = NULL;
        f.leader = -1;
        f.queued = 0;
        start_coordinator(&f, 0);
        txn_fixture_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_transaction_lives),
                cmocka_unit_test(init_checks_what_is_asked),
                cmocka_unit_test(only_the_coordinator_answers),
                cmocka_unit_test(answers_wait_for_the_high_watermark),
                cmocka_unit_test(zombies_are_fenced),
                cmocka_unit_test(unknown_partitions_are_told),
                cmocka_unit_test(batches_of_brokers),
                cmocka_unit_test(old_transactions_are_aborted),
                cmocka_unit_test(idle_ids_are_forgotten),
                cmocka_unit_test(too_few_replicas),
                cmocka_unit_test(transactions_are_described),
                cmocka_unit_test(transactions_are_listed),
                cmocka_unit_test(askers_may_go),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
