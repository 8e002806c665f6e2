/* transaction_fixture.h - the coordinator's side of a transactional producer in a script_world:
 * takes each kind of request, checks who asks, and answers. Node 2 coordinates the transactional id
 * "tx", node 3 the group "g", unless a test says otherwise. */
#ifndef ODRADEK_TESTS_TRANSACTION_FIXTURE_H
#define ODRADEK_TESTS_TRANSACTION_FIXTURE_H

#include "producer_fixture.h"

#include "wire/add_offsets_to_txn.h"
#include "wire/add_partitions_to_txn.h"
#include "wire/end_txn.h"
#include "wire/find_coordinator.h"
#include "wire/txn_offset_commit.h"

enum { PRODUCER_ID = 900, TX_NODE = 2, GROUP_NODE = 3 };

struct step_end {
        enum transaction_step step;
        enum kerr err;
};

struct tx {
        struct fixture f; /* first: note_delivery() gets the same address */
        struct step_end ends[16];
        int32_t end_count;
};

static inline void note_transaction(void *context, enum transaction_step step, enum kerr err)
{
        struct tx *x = context;
        assert_true(x->end_count < 16);
        x->ends[x->end_count++] = (struct step_end){step, err};
}

static inline void expect_end(const struct tx *x, int32_t count, enum transaction_step step,
                              enum kerr err)
{
        assert_int_equal(x->end_count, count);
        assert_int_equal(x->ends[count - 1].step, step);
        assert_int_equal(x->ends[count - 1].err, err);
}

static inline void expect_state(const struct tx *x, enum transaction_state state)
{
        assert_int_equal(producer_transaction_state(x->f.producer), state);
}

#define TX_WRITER(name)                                                      \
        static inline void write_##name##_response(struct serde *s, void *m) \
        {                                                                    \
                serde_##name##_response(s, m);                               \
        }
TX_WRITER(find_coordinator)
TX_WRITER(add_partitions_to_txn)
TX_WRITER(add_offsets_to_txn)
TX_WRITER(txn_offset_commit)
TX_WRITER(end_txn)

static inline void tx_reply(struct tx *x, struct script_request *r,
                            void (*write)(struct serde *s, void *m), void *m)
{
        script_reply(x->f.w, r, -1, write, m);
        script_pump(x->f.w);
}

static inline void answer_find(struct tx *x, enum coordinator_type type, enum kerr err,
                               int32_t node)
{
        struct script_request r = script_take(x->f.w, API_FIND_COORDINATOR);
        struct find_coordinator_request asked = {0};
        serde_find_coordinator_request(&r.body, &asked);
        assert_int_equal(asked.key_type, type);
        assert_int_equal(asked.coordinator_keys.count, 1);
        assert_true(str_equal_c(asked.coordinator_keys.items[0],
                                type == COORDINATOR_GROUP ? "g" : "tx"));
        struct find_coordinator_coordinator found = {.node_id = err ? -1 : node,
                                                     .host = str_of(""),
                                                     .error_code = (int16_t)err,
                                                     .error_message = STR_NULL};
        struct find_coordinator_response m = {.coordinators = {&found, 1}};
        tx_reply(x, &r, write_find_coordinator_response, &m);
}

/* Answers AddPartitionsToTxn; `partitions` is what must be asked for, all of topic "t". */
static inline void answer_partitions(struct tx *x, const char *partitions, enum kerr err)
{
        struct script_request r = script_take(x->f.w, API_ADD_PARTITIONS_TO_TXN);
        assert_int_equal(r.port, SCRIPT_PORT + TX_NODE);
        struct add_partitions_to_txn_request asked = {0};
        serde_add_partitions_to_txn_request(&r.body, &asked);
        const struct add_partitions_to_txn_transaction *t = &asked.transactions.items[0];
        assert_true(str_equal_c(t->transactional_id, "tx"));
        assert_int_equal(t->producer_id, PRODUCER_ID);
        assert_int_equal(t->topics.count, 1);
        assert_int_equal(t->topics.items[0].partitions.count, strlen(partitions));
        struct add_partitions_to_txn_partition_response each[4];
        for (int32_t i = 0; i < t->topics.items[0].partitions.count; i++) {
                int32_t index = t->topics.items[0].partitions.items[i];
                assert_int_equal(index, partitions[i] - '0');
                /* One is at fault. */
                enum kerr says = !err || i == 0 ? err : KERR_OPERATION_NOT_ATTEMPTED;
                each[i] = (struct add_partitions_to_txn_partition_response){index, (int16_t)says};
        }
        struct add_partitions_to_txn_topic_response topic = {
                t->topics.items[0].name, {each, t->topics.items[0].partitions.count}};
        struct add_partitions_to_txn_transaction_response transaction = {.topics = {&topic, 1}};
        struct add_partitions_to_txn_response m = {.transactions = {&transaction, 1}};
        tx_reply(x, &r, write_add_partitions_to_txn_response, &m);
}

static inline void answer_offsets(struct tx *x, enum kerr err)
{
        struct script_request r = script_take(x->f.w, API_ADD_OFFSETS_TO_TXN);
        assert_int_equal(r.port, SCRIPT_PORT + TX_NODE);
        struct add_offsets_to_txn_request asked = {0};
        serde_add_offsets_to_txn_request(&r.body, &asked);
        assert_true(str_equal_c(asked.group_id, "g"));
        assert_int_equal(asked.producer_id, PRODUCER_ID);
        struct add_offsets_to_txn_response m = {.error_code = (int16_t)err};
        tx_reply(x, &r, write_add_offsets_to_txn_response, &m);
}

/* Answers TxnOffsetCommit, which must carry offset 10 of t/0, as member "m" in generation 4. */
static inline void answer_group(struct tx *x, enum kerr err)
{
        struct script_request r = script_take(x->f.w, API_TXN_OFFSET_COMMIT);
        assert_int_equal(r.port, SCRIPT_PORT + GROUP_NODE);
        struct txn_offset_commit_request asked = {0};
        serde_txn_offset_commit_request(&r.body, &asked);
        assert_true(str_equal_c(asked.transactional_id, "tx"));
        assert_true(str_equal_c(asked.group_id, "g"));
        assert_true(str_equal_c(asked.member_id, "m"));
        assert_int_equal(asked.generation_id, 4);
        assert_int_equal(asked.topics.items[0].partitions.items[0].committed_offset, 10);
        struct offset_commit_partition_response each = {0, (int16_t)err};
        struct offset_commit_topic_response topic = {asked.topics.items[0].name, {&each, 1}};
        struct txn_offset_commit_response m = {.topics = {&topic, 1}};
        tx_reply(x, &r, write_txn_offset_commit_response, &m);
}

static inline void answer_end(struct tx *x, bool committed, int16_t epoch, enum kerr err)
{
        struct script_request r = script_take(x->f.w, API_END_TXN);
        assert_int_equal(r.port, SCRIPT_PORT + TX_NODE);
        struct end_txn_request asked = {0};
        serde_end_txn_request(&r.body, &asked);
        assert_int_equal(asked.committed, committed);
        assert_int_equal(asked.producer_id, PRODUCER_ID);
        assert_int_equal(asked.producer_epoch, epoch);
        struct end_txn_response m = {.error_code = (int16_t)err};
        tx_reply(x, &r, write_end_txn_response, &m);
}

/* A transactional producer that has not asked for anything. */
static inline void open_tx(struct tx *x)
{
        x->end_count = 0;
        struct producer_config config = producer_config_default();
        config.transactional_id = "tx";
        config.delivery_timeout_ms = 5000;
        config.on_transaction = note_transaction;
        open_fixture(&x->f, &config);
}

/* One with an open transaction, in epoch 0. */
static inline void open_begun(struct tx *x)
{
        open_tx(x);
        assert_int_equal(producer_init_transactions(x->f.producer), KERR_NONE);
        answer_find(x, COORDINATOR_TRANSACTION, KERR_NONE, TX_NODE);
        answer_id(&x->f, KERR_NONE, PRODUCER_ID, 0);
        expect_end(x, 1, TRANSACTION_INIT, KERR_NONE);
        assert_int_equal(producer_begin_transaction(x->f.producer), KERR_NONE);
        script_advance(x->f.w, 200); /* so that metadata may be asked for at once */
}

static inline enum kerr send_offset(struct tx *x)
{
        struct transaction_offset offset = {"t", 0, 10, -1};
        struct group_metadata group = {"g", "m", NULL, 4};
        return producer_send_offsets(x->f.producer, &offset, 1, &group);
}

#endif
