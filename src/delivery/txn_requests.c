/* The requests that change something. Each is a txn_request until its answer is complete: it ends
 * when its last part has ended. */
#include "delivery/txn_private.h"

#include "wire/coordinator_partition.h"

#include <stdlib.h>
#include <utlist.h>

void *txn_alloc(struct arena *arena, size_t size)
{
        void *memory = arena_alloc(arena, size);
        if (!memory)
                abort();
        return memory;
}

int16_t txn_error_code(enum api_key api, int16_t version, enum kerr err)
{
        int16_t first = api == API_INIT_PRODUCER_ID ? 4 : 2;
        if (err == KERR_PRODUCER_FENCED && version < first)
                return KERR_INVALID_PRODUCER_EPOCH;
        return errors_to_wire(err);
}

/* --- a request's life --- */

static struct txn_request *request_begin(struct txn_coordinator *c, enum api_key api,
                                         struct txn_call *call)
{
        struct txn_request *r = calloc(1, sizeof *r);
        if (!r)
                abort();
        r->coordinator = c;
        r->call = call;
        r->api = api;
        r->parts_left = 1;
        call->state = r;
        DL_APPEND(c->requests, r);
        return r;
}

/* The request may be over then. */
static void request_release(struct txn_request *r)
{
        struct txn_call *call = r->call;
        if (--r->parts_left > 0)
                return;
        DL_DELETE(r->coordinator->requests, r);
        free(r);
        if (!call)
                return;
        call->state = NULL;
        call->done(call);
}

void txn_call_forget(struct txn_call *call)
{
        struct txn_request *r = call->state;
        if (!r)
                return;
        call->state = NULL;
        r->call = NULL;
        if (r->id_wait.ids) {
                producer_ids_forget(&r->id_wait);
                request_release(r);
        }
}

static void set_init_answer(struct init_producer_id_response *answer, int16_t code,
                            int64_t producer_id, int16_t epoch)
{
        *answer = (struct init_producer_id_response){.error_code = code,
                                                     .producer_id = code ? -1 : producer_id,
                                                     .producer_epoch = code ? -1 : epoch};
}

/* All partitions of one transaction have the same end. */
static void set_partitions_answer(struct add_partitions_to_txn_transaction_response *transaction,
                                  int16_t code)
{
        for (int32_t t = 0; t < transaction->topics.count; t++) {
                struct add_partitions_to_txn_topic_response *topic = &transaction->topics.items[t];
                for (int32_t p = 0; p < topic->partitions.count; p++)
                        topic->partitions.items[p].error_code = code;
        }
}

static void set_answer(struct txn_request *r, int32_t part, enum kerr err,
                       const struct txn_state *now)
{
        int16_t code = txn_error_code(r->api, r->call->version, err);
        switch (r->api) {
        case API_INIT_PRODUCER_ID:
                set_init_answer(r->init.answer, code, now ? now->producer_id : -1,
                                now ? now->producer_epoch : -1);
                break;
        case API_ADD_PARTITIONS_TO_TXN:
                set_partitions_answer(&r->add_partitions->transactions.items[part], code);
                break;
        case API_ADD_OFFSETS_TO_TXN: r->add_offsets->error_code = code; break;
        default: r->end->error_code = code; break;
        }
}

void txn_request_end_part(struct txn_request *r, int32_t part, enum kerr err,
                          const struct txn_state *now)
{
        if (r->call)
                set_answer(r, part, err, now);
        request_release(r);
}

/* Does what was decided; `t` may be gone afterwards. The answer of a part that waits is set when it
 * ends, else now. */
static void carry_out(struct txn_request *r, int32_t part, struct txn *t, struct txn_decision d)
{
        enum kerr err = d.err;
        if (d.writes) {
                bool is_new = t->now.producer_id == -1;
                err = txn_write(t, d.next, r, part, d.err);
                if (!err)
                        return;
                if (is_new)
                        txn_remove(t);
        }
        set_answer(r, part, err, NULL);
}

/* --- InitProducerId --- */

static void on_producer_id(struct producer_id_wait *wait, enum kerr err, int64_t producer_id);

static void wait_for_id(struct txn_request *r)
{
        r->parts_left++;
        r->id_wait = (struct producer_id_wait){.done = on_producer_id};
        producer_ids_next(&r->coordinator->ids, &r->id_wait);
}

static enum kerr check_init(const struct txn_coordinator *c,
                            const struct init_producer_id_request *in)
{
        if (in->transactional_id.size == 0)
                return KERR_INVALID_REQUEST;
        if ((in->producer_id == -1) != (in->producer_epoch == -1))
                return KERR_INVALID_REQUEST;
        if (in->transaction_timeout_ms <= 0 ||
            in->transaction_timeout_ms > c->config.timeout_max_ms)
                return KERR_INVALID_TRANSACTION_TIMEOUT;
        return KERR_NONE;
}

/* From the beginning, once more when there is a fresh id: much may have happened meanwhile. */
static void init(struct txn_request *r, int64_t fresh_id)
{
        struct txn_coordinator *c = r->coordinator;
        const struct init_producer_id_request *in = r->init.in;
        const struct txn_state unknown = txn_state_new();
        struct txn_log *log;
        enum kerr err = check_init(c, in);
        if (!err)
                err = txn_route(c, in->transactional_id, &log);
        if (err) {
                set_answer(r, 0, err, NULL);
                return;
        }
        struct txn *t = txn_find(log, in->transactional_id);
        struct txn_init asked = {.producer = {in->producer_id, in->producer_epoch},
                                 .timeout_ms = in->transaction_timeout_ms,
                                 .fresh_id = fresh_id};
        struct txn_decision d = txn_decide_init(t ? &t->now : &unknown, t && t->is_pending, &asked,
                                                txn_world(c)->zoo, txn_wall_ms(c));
        if (d.needs_id) {
                wait_for_id(r);
                return;
        }
        if (!t && d.writes)
                t = txn_make(log, in->transactional_id);
        carry_out(r, 0, t, d);
}

static void on_producer_id(struct producer_id_wait *wait, enum kerr err, int64_t producer_id)
{
        struct txn_request *r =
                (struct txn_request *)(void *)((char *)wait -
                                               offsetof(struct txn_request, id_wait));
        if (err)
                set_answer(r, 0, err, NULL);
        else if (r->init.in->transactional_id.size < 0)
                set_init_answer(r->init.answer, KERR_NONE, producer_id, 0);
        else
                init(r, producer_id);
        request_release(r);
}

void txns_init_producer(struct txn_coordinator *c, const struct init_producer_id_request *in,
                        struct init_producer_id_response *answer, struct txn_call *call)
{
        struct txn_request *r = request_begin(c, API_INIT_PRODUCER_ID, call);
        r->init.in = in;
        r->init.answer = answer;
        if (in->transactional_id.size < 0)
                wait_for_id(r);
        else
                init(r, -1);
        request_release(r);
}

/* --- AddPartitionsToTxn, AddOffsetsToTxn --- */

static void add(struct txn_request *r, int32_t part, struct str id, struct txn_producer producer,
                const struct txn_topics *asked)
{
        struct txn_log *log;
        enum kerr err = txn_route(r->coordinator, id, &log);
        struct txn *t = err ? NULL : txn_find(log, id);
        if (!err && !t)
                err = KERR_INVALID_PRODUCER_ID_MAPPING;
        if (err)
                set_answer(r, part, err, NULL);
        else
                carry_out(r, part, t,
                          txn_decide_add(&t->now, t->is_pending, producer, asked,
                                         txn_wall_ms(r->coordinator)));
}

static void shape_transaction(const struct add_partitions_to_txn_transaction *in,
                              struct add_partitions_to_txn_transaction_response *out,
                              struct arena *arena)
{
        out->transactional_id = in->transactional_id;
        out->topics.count = in->topics.count;
        out->topics.items = txn_alloc(arena, (size_t)in->topics.count * sizeof *out->topics.items);
        for (int32_t t = 0; t < in->topics.count; t++) {
                const struct add_partitions_to_txn_topic *topic = &in->topics.items[t];
                struct add_partitions_to_txn_topic_response *to = &out->topics.items[t];
                to->name = topic->name;
                to->partitions.count = topic->partitions.count;
                to->partitions.items = txn_alloc(arena, (size_t)topic->partitions.count *
                                                                sizeof *to->partitions.items);
                for (int32_t p = 0; p < topic->partitions.count; p++)
                        to->partitions.items[p].index = topic->partitions.items[p];
        }
}

/* Collects the partitions, and sets the answers to what holds when one of them does not exist: then
 * none is added. False in that case. */
static bool all_exist(struct txn_coordinator *c, const struct add_partitions_to_txn_transaction *in,
                      struct add_partitions_to_txn_transaction_response *out,
                      struct txn_topics *asked)
{
        bool all = true;
        for (int32_t t = 0; t < in->topics.count; t++) {
                const struct add_partitions_to_txn_topic *topic = &in->topics.items[t];
                for (int32_t p = 0; p < topic->partitions.count; p++) {
                        int32_t index = topic->partitions.items[p];
                        bool exists =
                                c->config.leader_of(c->config.context, topic->name, index) != -2;
                        out->topics.items[t].partitions.items[p].error_code =
                                exists ? KERR_OPERATION_NOT_ATTEMPTED
                                       : KERR_UNKNOWN_TOPIC_OR_PARTITION;
                        all &= exists;
                        if (exists)
                                txn_topics_add(asked, topic->name, index);
                }
        }
        return all;
}

static void add_transaction(struct txn_request *r, int32_t part,
                            const struct add_partitions_to_txn_transaction *in)
{
        struct txn_coordinator *c = r->coordinator;
        struct add_partitions_to_txn_transaction_response *out =
                &r->add_partitions->transactions.items[part];
        struct txn_topics asked = {0};
        shape_transaction(in, out, r->call->arena);
        if (!all_exist(c, in, out, &asked))
                ;
        else if (in->verify_only)
                txn_verify(c, in, out);
        else
                add(r, part, in->transactional_id,
                    (struct txn_producer){in->producer_id, in->producer_epoch}, &asked);
        txn_topics_deinit(&asked);
}

void txns_add_partitions(struct txn_coordinator *c, const struct add_partitions_to_txn_request *in,
                         struct add_partitions_to_txn_response *answer, struct txn_call *call)
{
        struct txn_request *r = request_begin(c, API_ADD_PARTITIONS_TO_TXN, call);
        r->add_partitions = answer;
        *answer = (struct add_partitions_to_txn_response){0};
        answer->transactions.count = in->transactions.count;
        answer->transactions.items = txn_alloc(
                call->arena, (size_t)in->transactions.count * sizeof *answer->transactions.items);
        for (int32_t i = 0; i < in->transactions.count; i++)
                add_transaction(r, i, &in->transactions.items[i]);
        request_release(r);
}

void txns_add_offsets(struct txn_coordinator *c, const struct add_offsets_to_txn_request *in,
                      struct add_offsets_to_txn_response *answer, struct txn_call *call)
{
        struct txn_request *r = request_begin(c, API_ADD_OFFSETS_TO_TXN, call);
        struct txn_topics asked = {0};
        r->add_offsets = answer;
        *answer = (struct add_offsets_to_txn_response){0};
        if (c->config.group_partitions <= 0) {
                set_answer(r, 0, KERR_COORDINATOR_NOT_AVAILABLE, NULL);
        } else {
                txn_topics_add(&asked, str_of("__consumer_offsets"),
                               coordinator_partition(in->group_id, c->config.group_partitions));
                add(r, 0, in->transactional_id,
                    (struct txn_producer){in->producer_id, in->producer_epoch}, &asked);
        }
        txn_topics_deinit(&asked);
        request_release(r);
}

/* --- EndTxn --- */

void txns_end(struct txn_coordinator *c, const struct end_txn_request *in,
              struct end_txn_response *answer, struct txn_call *call)
{
        struct txn_request *r = request_begin(c, API_END_TXN, call);
        struct txn_log *log;
        enum kerr err = txn_route(c, in->transactional_id, &log);
        struct txn *t = err ? NULL : txn_find(log, in->transactional_id);
        r->end = answer;
        *answer = (struct end_txn_response){0};
        if (!err && !t)
                err = KERR_INVALID_PRODUCER_ID_MAPPING;
        if (err)
                set_answer(r, 0, err, NULL);
        else
                carry_out(r, 0, t,
                          txn_decide_end(&t->now, t->is_pending,
                                         (struct txn_producer){in->producer_id, in->producer_epoch},
                                         in->committed, txn_wall_ms(c)));
        request_release(r);
}
