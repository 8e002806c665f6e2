/* Unit tests of src/delivery/txn_rules.c and txn_state.c: decisions, and what is written of them.
 */
#include "delivery/txn_rules.h"
#include "fake_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 5000, FRESH = 900, LAST_EPOCH = INT16_MAX - 1 };

static const struct txn_init newcomer = {{-1, -1}, 700, -1};
static const struct zoo no_bugs;

static struct txn_state state_of(int64_t id, int epoch, enum transaction_status status)
{
        struct txn_state s = txn_state_new();
        s.producer_id = id;
        s.producer_epoch = (int16_t)epoch;
        s.status = status;
        s.timeout_ms = 100;
        s.started_ms = 1000;
        s.updated_ms = 2000;
        if (txn_is_open(&s)) {
                txn_topics_add(&s.topics, str_of("b"), 3);
                txn_topics_add(&s.topics, str_of("a"), 2);
                txn_topics_add(&s.topics, str_of("b"), 1);
        }
        return s;
}

static void expect_next(struct txn_decision d, enum kerr err, int64_t id, int epoch, int last_epoch,
                        enum transaction_status status)
{
        assert_true(d.writes);
        assert_false(d.needs_id);
        assert_int_equal(d.err, err);
        assert_int_equal(d.next.producer_id, id);
        assert_int_equal(d.next.producer_epoch, epoch);
        assert_int_equal(d.next.last_epoch, last_epoch);
        assert_int_equal(d.next.status, status);
        assert_int_equal(d.next.updated_ms, NOW);
        txn_state_deinit(&d.next);
}

static void expect_refusal(struct txn_decision d, enum kerr err)
{
        assert_false(d.writes);
        assert_false(d.needs_id);
        assert_int_equal(d.err, err);
}

static struct txn_decision init(const struct txn_state *s, int64_t id, int epoch, int64_t fresh)
{
        struct txn_init in = {{id, (int16_t)epoch}, 700, fresh};
        return txn_decide_init(s, false, &in, no_bugs, NOW);
}

/* Goal:   a new transactional id needs a producer id; from then on each InitProducerId raises the
 *         epoch, whatever the last transaction came to; the new time-out holds.
 * Method: from nothing, EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT. */
static void init_raises_the_epoch(void **state)
{
        (void)state;
        struct txn_state s = txn_state_new();
        assert_true(init(&s, -1, -1, -1).needs_id);
        assert_true(init(&s, 7, 3, -1).needs_id); /* its id has expired, says the client: go on */
        expect_next(init(&s, -1, -1, FRESH), KERR_NONE, FRESH, 0, -1, TRANSACTION_EMPTY);
        expect_next(init(&s, 7, 3, FRESH), KERR_NONE, FRESH, 0, -1, TRANSACTION_EMPTY);
        static const enum transaction_status ended[] = {
                TRANSACTION_EMPTY, TRANSACTION_COMPLETE_COMMIT, TRANSACTION_COMPLETE_ABORT};
        for (int i = 0; i < 3; i++) {
                s = state_of(7, 3, ended[i]);
                struct txn_decision d = init(&s, -1, -1, -1);
                assert_int_equal(d.next.timeout_ms, 700);
                assert_int_equal(d.next.started_ms, -1);
                assert_int_equal(d.next.topics.count, 0);
                expect_next(d, KERR_NONE, 7, 4, -1, TRANSACTION_EMPTY);
        }
}

/* Goal:   a producer that names itself goes on with a raised epoch (KIP-360); its repeat gets the
 *         same answer; any other epoch or id is fenced; a newcomer makes the repeat impossible.
 * Method: one id through these. */
static void init_goes_on(void **state)
{
        (void)state;
        struct txn_state s = state_of(7, 3, TRANSACTION_COMPLETE_ABORT);
        expect_next(init(&s, 7, 3, -1), KERR_NONE, 7, 4, 3, TRANSACTION_EMPTY);
        s = init(&s, 7, 3, -1).next;
        expect_next(init(&s, 7, 3, -1), KERR_NONE, 7, 4, 3, TRANSACTION_EMPTY);
        s = init(&s, 7, 3, -1).next;
        expect_next(init(&s, 7, 3, -1), KERR_NONE, 7, 4, 3, TRANSACTION_EMPTY);
        expect_refusal(init(&s, 7, 2, -1), KERR_PRODUCER_FENCED);
        expect_refusal(init(&s, 7, 5, -1), KERR_PRODUCER_FENCED);
        expect_refusal(init(&s, 8, 4, -1), KERR_PRODUCER_FENCED);
        s = init(&s, -1, -1, -1).next;
        assert_int_equal(s.producer_epoch, 5);
        expect_refusal(init(&s, 7, 3, -1), KERR_PRODUCER_FENCED);
        expect_refusal(init(&s, 7, 4, -1), KERR_PRODUCER_FENCED);
}

/* Goal:   epochs that are used up get a new id; the repeat of the one who knows only the old id is
 *         answered with the new one; one with a wrong epoch costs no id.
 * Method: at the last epoch and at the one that only fencing gives. */
static void used_up_epochs_get_a_new_id(void **state)
{
        (void)state;
        struct txn_state s = state_of(7, LAST_EPOCH - 1, TRANSACTION_EMPTY);
        expect_next(init(&s, -1, -1, -1), KERR_NONE, 7, LAST_EPOCH, -1, TRANSACTION_EMPTY);
        for (int epoch = LAST_EPOCH; epoch <= INT16_MAX; epoch++) {
                s = state_of(7, epoch, TRANSACTION_COMPLETE_ABORT);
                assert_true(init(&s, -1, -1, -1).needs_id);
                assert_true(init(&s, 7, epoch, -1).needs_id);
                expect_refusal(init(&s, 7, epoch - 1, -1), KERR_PRODUCER_FENCED);
                expect_next(init(&s, -1, -1, FRESH), KERR_NONE, FRESH, 0, -1, TRANSACTION_EMPTY);
        }
        s = state_of(7, LAST_EPOCH, TRANSACTION_EMPTY);
        s = init(&s, 7, LAST_EPOCH, FRESH).next;
        assert_int_equal(s.last_producer_id, 7);
        expect_next(init(&s, 7, LAST_EPOCH, -1), KERR_NONE, FRESH, 0, LAST_EPOCH,
                    TRANSACTION_EMPTY);
        expect_refusal(init(&s, 7, 5, -1), KERR_PRODUCER_FENCED);
        s = state_of(7, LAST_EPOCH, TRANSACTION_ONGOING); /* room for one more: to fence it */
        expect_next(init(&s, -1, -1, -1), KERR_CONCURRENT_TRANSACTIONS, 7, INT16_MAX, -1,
                    TRANSACTION_PREPARE_ABORT);
        txn_state_deinit(&s);
}

/* Goal:   the epoch that only fencing gives is nobody's; a damaged record that has a transaction
 * open with it is aborted like any other, by its time-out and by a newcomer. Method: epoch 32767,
 * open and aborted. */
static void the_epoch_of_the_fenced_is_nobodys(void **state)
{
        (void)state;
        struct txn_producer it = {7, INT16_MAX};
        struct txn_topics asked = {0};
        struct txn_state s = state_of(7, INT16_MAX, TRANSACTION_COMPLETE_ABORT);
        expect_refusal(txn_decide_add(&s, false, it, &asked, NOW), KERR_PRODUCER_FENCED);
        expect_refusal(txn_decide_end(&s, false, it, false, NOW), KERR_PRODUCER_FENCED);
        s = state_of(7, INT16_MAX, TRANSACTION_ONGOING);
        assert_int_equal(txn_decide_verify(&s, it), KERR_PRODUCER_FENCED);
        struct txn_state next = txn_next_fenced(&s, NOW);
        assert_int_equal(next.status, TRANSACTION_PREPARE_ABORT);
        assert_int_equal(next.producer_epoch, INT16_MAX);
        txn_state_deinit(&next);
        expect_next(init(&s, -1, -1, -1), KERR_CONCURRENT_TRANSACTIONS, 7, INT16_MAX, -1,
                    TRANSACTION_PREPARE_ABORT);
        txn_state_deinit(&s);
}

/* Goal:   InitProducerId aborts what is open, and waits for what is decided or under way.
 * Method: ONGOING, PREPARE_…, and a busy one. */
static void init_ends_what_is_open(void **state)
{
        (void)state;
        struct txn_state s = state_of(7, 3, TRANSACTION_ONGOING);
        struct txn_decision d = init(&s, 7, 3, -1);
        assert_int_equal(txn_topics_partitions(&d.next.topics), 3);
        expect_next(d, KERR_CONCURRENT_TRANSACTIONS, 7, 4, -1, TRANSACTION_PREPARE_ABORT);
        expect_refusal(init(&s, 8, 3, -1), KERR_PRODUCER_FENCED);
        expect_refusal(txn_decide_init(&s, true, &newcomer, no_bugs, NOW),
                       KERR_CONCURRENT_TRANSACTIONS);
        txn_state_deinit(&s);
        for (int i = TRANSACTION_PREPARE_COMMIT; i <= TRANSACTION_PREPARE_ABORT; i++) {
                s = state_of(7, 3, (enum transaction_status)i);
                expect_refusal(init(&s, -1, -1, FRESH), KERR_CONCURRENT_TRANSACTIONS);
                txn_state_deinit(&s);
        }
}

/* Goal:   with the bug zombie-not-fenced the epoch stays, and only there: a time-out still fences.
 * Method: the same InitProducerId with the bug put back. */
static void the_zoo_keeps_the_epoch(void **state)
{
        (void)state;
        struct zoo zoo = {UINT64_C(1) << ZOO_ZOMBIE_NOT_FENCED};
        struct txn_init with_id = {{-1, -1}, 700, FRESH};
        struct txn_state s = txn_state_new();
        expect_next(txn_decide_init(&s, false, &with_id, zoo, NOW), KERR_NONE, FRESH, 0, -1,
                    TRANSACTION_EMPTY);
        s = state_of(7, 3, TRANSACTION_EMPTY);
        expect_next(txn_decide_init(&s, false, &newcomer, zoo, NOW), KERR_NONE, 7, 3, -1,
                    TRANSACTION_EMPTY);
        s = state_of(7, 3, TRANSACTION_ONGOING);
        expect_next(txn_decide_init(&s, false, &newcomer, zoo, NOW), KERR_CONCURRENT_TRANSACTIONS,
                    7, 3, -1, TRANSACTION_PREPARE_ABORT);
        struct txn_state next = txn_next_fenced(&s, NOW);
        assert_int_equal(next.producer_epoch, 4);
        txn_state_deinit(&next);
        txn_state_deinit(&s);
}

static struct txn_decision add(const struct txn_state *s, int64_t id, int epoch, const char *topic,
                               int32_t partition)
{
        struct txn_topics asked = {0};
        txn_topics_add(&asked, str_of(topic), partition);
        struct txn_decision d =
                txn_decide_add(s, false, (struct txn_producer){id, (int16_t)epoch}, &asked, NOW);
        txn_topics_deinit(&asked);
        return d;
}

/* Goal:   a partition opens the transaction or joins it; one that is in it already is answered
 *         without a record; strangers, the fenced, and who comes while it is decided are refused.
 * Method: every state. */
static void partitions_join(void **state)
{
        (void)state;
        static const enum transaction_status ended[] = {
                TRANSACTION_EMPTY, TRANSACTION_COMPLETE_COMMIT, TRANSACTION_COMPLETE_ABORT};
        struct txn_topics none = {0};
        struct txn_state s = txn_state_new();
        expect_refusal(add(&s, -1, -1, "a", 0), KERR_INVALID_PRODUCER_ID_MAPPING);
        for (int i = 0; i < 3; i++) {
                s = state_of(7, 3, ended[i]);
                struct txn_decision d = add(&s, 7, 3, "a", 0);
                assert_int_equal(d.next.started_ms, NOW);
                assert_true(txn_topics_have(&d.next.topics, str_of("a"), 0));
                assert_int_equal(txn_topics_partitions(&d.next.topics), 1);
                expect_next(d, KERR_NONE, 7, 3, -1, TRANSACTION_ONGOING);
        }
        s = state_of(7, 3, TRANSACTION_ONGOING);
        expect_refusal(add(&s, 7, 3, "b", 3), KERR_NONE);
        struct txn_decision d = add(&s, 7, 3, "b", 2);
        assert_int_equal(d.next.started_ms, 1000);
        assert_int_equal(txn_topics_partitions(&d.next.topics), 4);
        assert_int_equal(txn_topics_partitions(&s.topics), 3);
        expect_next(d, KERR_NONE, 7, 3, -1, TRANSACTION_ONGOING);
        expect_refusal(add(&s, 8, 3, "b", 3), KERR_INVALID_PRODUCER_ID_MAPPING);
        expect_refusal(add(&s, 7, 2, "b", 3), KERR_PRODUCER_FENCED);
        expect_refusal(add(&s, 7, 4, "b", 3), KERR_PRODUCER_FENCED);
        expect_refusal(txn_decide_add(&s, true, (struct txn_producer){7, 3}, &none, NOW),
                       KERR_CONCURRENT_TRANSACTIONS);
        assert_int_equal(txn_decide_verify(&s, (struct txn_producer){7, 3}), KERR_NONE);
        assert_int_equal(txn_decide_verify(&s, (struct txn_producer){7, 2}), KERR_PRODUCER_FENCED);
        assert_int_equal(txn_decide_verify(&s, (struct txn_producer){6, 3}),
                         KERR_INVALID_PRODUCER_ID_MAPPING);
        txn_state_deinit(&s);
        for (int i = TRANSACTION_PREPARE_COMMIT; i <= TRANSACTION_PREPARE_ABORT; i++) {
                s = state_of(7, 3, (enum transaction_status)i);
                expect_refusal(add(&s, 7, 3, "b", 3), KERR_CONCURRENT_TRANSACTIONS);
                assert_int_equal(txn_decide_verify(&s, (struct txn_producer){7, 3}),
                                 KERR_CONCURRENT_TRANSACTIONS);
                txn_state_deinit(&s);
        }
}

/* Goal:   EndTxn decides an open transaction, and tells its own repeat from the opposite wish; what
 *         is decided completes as it was decided.
 * Method: both wishes in every state. */
static void the_end_is_decided_once(void **state)
{
        (void)state;
        const struct txn_producer p = {7, 3};
        static const struct {
                enum transaction_status status;
                enum kerr commit, abort;
        } cases[] = {
                {TRANSACTION_EMPTY, KERR_INVALID_TXN_STATE, KERR_INVALID_TXN_STATE},
                {TRANSACTION_PREPARE_COMMIT, KERR_CONCURRENT_TRANSACTIONS, KERR_INVALID_TXN_STATE},
                {TRANSACTION_PREPARE_ABORT, KERR_INVALID_TXN_STATE, KERR_CONCURRENT_TRANSACTIONS},
                {TRANSACTION_COMPLETE_COMMIT, KERR_NONE, KERR_INVALID_TXN_STATE},
                {TRANSACTION_COMPLETE_ABORT, KERR_INVALID_TXN_STATE, KERR_NONE},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct txn_state s = state_of(7, 3, cases[i].status);
                expect_refusal(txn_decide_end(&s, false, p, true, NOW), cases[i].commit);
                expect_refusal(txn_decide_end(&s, false, p, false, NOW), cases[i].abort);
                if (txn_is_prepared(&s)) {
                        struct txn_state next = txn_next_complete(&s, NOW);
                        assert_int_equal(next.status, s.status + 2);
                        assert_int_equal(next.topics.count, 0);
                        assert_int_equal(next.producer_epoch, 3);
                }
                txn_state_deinit(&s);
        }
        struct txn_state s = state_of(7, 3, TRANSACTION_ONGOING);
        for (int commit = 0; commit < 2; commit++) {
                struct txn_decision d = txn_decide_end(&s, false, p, commit, NOW);
                assert_int_equal(txn_topics_partitions(&d.next.topics), 3);
                assert_int_equal(d.next.started_ms, 1000);
                expect_next(d, KERR_NONE, 7, 3, -1,
                            commit ? TRANSACTION_PREPARE_COMMIT : TRANSACTION_PREPARE_ABORT);
        }
        expect_refusal(txn_decide_end(&s, true, p, true, NOW), KERR_CONCURRENT_TRANSACTIONS);
        expect_refusal(txn_decide_end(&s, true, (struct txn_producer){7, 2}, true, NOW),
                       KERR_PRODUCER_FENCED);
        expect_refusal(txn_decide_end(&s, false, (struct txn_producer){8, 3}, true, NOW),
                       KERR_INVALID_PRODUCER_ID_MAPPING);
        txn_state_deinit(&s);
}

/* --- records --- */

static enum kerr read_back(struct world *w, const struct txn_state *s, size_t cut,
                           struct txn_state *back)
{
        struct span bytes;
        struct packet *packet = txn_state_encode(w, s, &bytes);
        bytes.size -= cut;
        enum kerr err = txn_state_decode(bytes, back);
        packet_free(packet);
        return err;
}

/* Goal:   what is written is read back, byte for byte Kafka's; topics are in order; an empty one
 * has null topics; a dead one is a tombstone; half a value or an impossible status is refused.
 * Method: encode and decode. */
static void states_are_written_and_read(void **state)
{
        (void)state;
        static const uint8_t empty[] = {0,    0, /* version */
                                        0,    0,    0,    0,    0, 0, 0,    7,
                                        0,    3,                   /* producer */
                                        0,    0,    0,    100,  0, /* time-out, Empty */
                                        0xff, 0xff, 0xff, 0xff,    /* null */
                                        0,    0,    0,    0,    0, 0, 0x07, 0xd0,  /* updated */
                                        0,    0,    0,    0,    0, 0, 0x03, 0xe8}; /* started */
        struct fake_world f;
        struct txn_state s = state_of(7, 3, TRANSACTION_EMPTY), back = txn_state_new();
        struct span bytes;
        struct str id;
        fake_world_init(&f);
        struct packet *packet = txn_state_encode(&f.world, &s, &bytes);
        assert_int_equal(bytes.size, sizeof empty);
        assert_memory_equal(bytes.data, empty, sizeof empty);
        packet_free(packet);
        s = state_of(7, 3, TRANSACTION_PREPARE_ABORT);
        assert_int_equal(read_back(&f.world, &s, 0, &back), KERR_NONE);
        assert_int_equal(back.producer_id, 7);
        assert_int_equal(back.producer_epoch, 3);
        assert_int_equal(back.timeout_ms, 100);
        assert_int_equal(back.status, TRANSACTION_PREPARE_ABORT);
        assert_int_equal(back.started_ms, 1000);
        assert_int_equal(back.updated_ms, 2000);
        assert_int_equal(back.topics.count, 2);
        assert_true(str_equal_c(back.topics.items[0].name, "a"));
        assert_true(str_equal_c(back.topics.items[1].name, "b"));
        assert_int_equal(back.topics.items[1].partitions.items[0], 1);
        assert_int_equal(back.topics.items[1].partitions.items[1], 3);
        txn_state_deinit(&back);
        assert_int_equal(read_back(&f.world, &s, 1, &back), KERR_TRUNCATED);
        s.status = TRANSACTION_PREPARE_EPOCH_FENCE;
        assert_int_equal(read_back(&f.world, &s, 0, &back), KERR_MALFORMED);
        s.status = TRANSACTION_DEAD;
        assert_null(txn_state_encode(&f.world, &s, &bytes));
        assert_null(bytes.data);
        packet = txn_state_encode_key(&f.world, str_of("tx"), &bytes);
        assert_memory_equal(bytes.data, "\0\0\0\2tx", 6);
        assert_int_equal(txn_state_decode_key(bytes, &id), KERR_NONE);
        assert_true(str_equal_c(id, "tx"));
        assert_int_equal(txn_state_decode_key(span_of(bytes.data, 5), &id), KERR_TRUNCATED);
        packet_free(packet);
        txn_state_deinit(&s);
        fake_world_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(init_raises_the_epoch),
                cmocka_unit_test(init_goes_on),
                cmocka_unit_test(used_up_epochs_get_a_new_id),
                cmocka_unit_test(the_epoch_of_the_fenced_is_nobodys),
                cmocka_unit_test(init_ends_what_is_open),
                cmocka_unit_test(the_zoo_keeps_the_epoch),
                cmocka_unit_test(partitions_join),
                cmocka_unit_test(the_end_is_decided_once),
                cmocka_unit_test(states_are_written_and_read),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
