/* The questions that change nothing. What they see is committed, so they are answered at once. */
#include "delivery/txn_private.h"

#include <string.h>

/* --- AddPartitionsToTxn with verify_only --- */

void txn_verify(struct txn_coordinator *c, const struct add_partitions_to_txn_transaction *in,
                struct add_partitions_to_txn_transaction_response *out)
{
        struct txn_log *log;
        enum kerr err = txn_route(c, in->transactional_id, &log);
        struct txn *t = err ? NULL : txn_find(log, in->transactional_id);
        if (!err && !t)
                err = KERR_INVALID_PRODUCER_ID_MAPPING;
        if (!err)
                err = txn_decide_verify(&t->now,
                                        (struct txn_producer){in->producer_id, in->producer_epoch});
        for (int32_t i = 0; i < out->topics.count; i++) {
                struct add_partitions_to_txn_topic_response *topic = &out->topics.items[i];
                for (int32_t p = 0; p < topic->partitions.count; p++) {
                        bool holds = !err && txn_topics_have(&t->now.topics, topic->name,
                                                             topic->partitions.items[p].index);
                        topic->partitions.items[p].error_code =
                                (int16_t)(err || holds ? err : KERR_INVALID_TXN_STATE);
                }
        }
}

/* --- DescribeTransactions --- */

static void describe_topics(const struct txn_topics *topics, struct describe_transactions_state *s,
                            struct arena *arena)
{
        s->topics.count = topics->count;
        s->topics.items = txn_alloc(arena, (size_t)topics->count * sizeof *s->topics.items);
        for (int32_t i = 0; i < topics->count; i++) {
                s->topics.items[i].name = topics->items[i].name;
                s->topics.items[i].partitions.items = topics->items[i].partitions.items;
                s->topics.items[i].partitions.count = topics->items[i].partitions.count;
        }
}

static void describe(struct txn_coordinator *c, struct describe_transactions_state *s,
                     struct arena *arena)
{
        struct txn_log *log;
        enum kerr err = txn_route(c, s->transactional_id, &log);
        struct txn *t = err ? NULL : txn_find(log, s->transactional_id);
        if (!err && (!t || t->now.producer_id == -1))
                err = KERR_TRANSACTIONAL_ID_NOT_FOUND;
        s->error_code = errors_to_wire(err);
        s->transaction_state = str_of("");
        if (err)
                return;
        s->transaction_state = str_of(transaction_status_name(t->now.status));
        s->transaction_timeout_ms = t->now.timeout_ms;
        s->transaction_start_time_ms = t->now.started_ms;
        s->producer_id = t->now.producer_id;
        s->producer_epoch = t->now.producer_epoch;
        describe_topics(&t->now.topics, s, arena);
}

void txns_describe(struct txn_coordinator *c, const struct describe_transactions_request *in,
                   struct describe_transactions_response *answer, struct txn_call *call)
{
        *answer = (struct describe_transactions_response){0};
        answer->transaction_states.count = in->transactional_ids.count;
        answer->transaction_states.items =
                txn_alloc(call->arena, (size_t)in->transactional_ids.count *
                                               sizeof *answer->transaction_states.items);
        for (int32_t i = 0; i < in->transactional_ids.count; i++) {
                answer->transaction_states.items[i].transactional_id =
                        in->transactional_ids.items[i];
                describe(c, &answer->transaction_states.items[i], call->arena);
        }
        call->done(call);
}

/* --- ListTransactions --- */

static bool is_status_name(struct str name)
{
        for (int32_t i = 0; i < TRANSACTION_STATUS_COUNT; i++) {
                if (str_equal_c(name, transaction_status_name(i)))
                        return true;
        }
        return false;
}

static bool has_status(const struct list_transactions_request *in, const struct txn_state *s)
{
        for (int32_t i = 0; i < in->state_filters.count; i++) {
                if (str_equal_c(in->state_filters.items[i], transaction_status_name(s->status)))
                        return true;
        }
        return in->state_filters.count == 0;
}

static bool has_producer(const struct list_transactions_request *in, const struct txn_state *s)
{
        for (int32_t i = 0; i < in->producer_id_filters.count; i++) {
                if (in->producer_id_filters.items[i] == s->producer_id)
                        return true;
        }
        return in->producer_id_filters.count == 0;
}

static bool is_wanted(const struct list_transactions_request *in, const struct txn *t,
                      int64_t wall_ms)
{
        bool is_old = txn_is_open(&t->now) && wall_ms - t->now.started_ms > in->duration_filter_ms;
        return t->now.producer_id != -1 && has_status(in, &t->now) && has_producer(in, &t->now) &&
               (in->duration_filter_ms < 0 || is_old);
}

static void list_log(const struct txn_log *log, const struct list_transactions_request *in,
                     struct list_transactions_response *answer)
{
        int64_t now = txn_wall_ms(log->coordinator);
        for (const struct txn *t = log->txns; t; t = t->hh.next) {
                if (!is_wanted(in, t, now))
                        continue;
                answer->transaction_states.items[answer->transaction_states.count++] =
                        (struct list_transactions_state){
                                .transactional_id = t->id,
                                .producer_id = t->now.producer_id,
                                .transaction_state = str_of(transaction_status_name(t->now.status)),
                        };
        }
}

/* Half a list would look like a whole one: while a log is loaded there is none. */
static void list(struct txn_coordinator *c, const struct list_transactions_request *in,
                 struct list_transactions_response *answer, struct arena *arena)
{
        size_t count = 0;
        for (struct txn_log *log = c->logs; log; log = log->hh.next) {
                count += HASH_COUNT(log->txns);
                if (!log->serves && txn_log_leads(log))
                        answer->error_code = KERR_COORDINATOR_LOAD_IN_PROGRESS;
        }
        if (answer->error_code)
                return;
        answer->transaction_states.items =
                txn_alloc(arena, count * sizeof *answer->transaction_states.items);
        for (struct txn_log *log = c->logs; log; log = log->hh.next) {
                if (txn_log_leads(log))
                        list_log(log, in, answer);
        }
}

void txns_list(struct txn_coordinator *c, const struct list_transactions_request *in,
               struct list_transactions_response *answer, struct txn_call *call)
{
        *answer = (struct list_transactions_response){0};
        answer->unknown_state_filters.items =
                txn_alloc(call->arena, (size_t)in->state_filters.count * sizeof(struct str));
        for (int32_t i = 0; i < in->state_filters.count; i++) {
                if (!is_status_name(in->state_filters.items[i]))
                        answer->unknown_state_filters.items[answer->unknown_state_filters.count++] =
                                in->state_filters.items[i];
        }
        list(c, in, answer, call->arena);
        call->done(call);
}
