#include "sim/load_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
        REQUEST_TIMEOUT_MS = 1500,
        PENDING_MAX = 500, /* a producer that cannot send waits with more */
        RETRY_US = 100000,
        LAST_ROUNDS_MAX = 3,
};

static struct history_transaction *transaction_of(const struct load_client *c)
{
        return &c->load->history->transactions[c->txn.id];
}

/* --- records --- */

static void on_delivery(void *context, const struct delivery *delivery)
{
        struct load_client *c = context;
        struct workload *w = c->load;
        int32_t send = (int32_t)(intptr_t)delivery->opaque;
        int32_t partition = w->history->sends[send].partition;
        enum outcome outcome = OUTCOME_OK;
        c->has_news = true;
        if (delivery->err)
                outcome = delivery->unknown || c->is_dying ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
        c->acked += outcome == OUTCOME_OK;
        /* A leader that does not know yet that it is none may acknowledge with acks=1. */
        bool counts = w->stopping && w->history->sends[send].invoke_ns >= w->stopped_ns &&
                      w->history->sends[send].acks == -1;
        if (counts && outcome == OUTCOME_OK && delivery->offset >= w->must_reach[partition])
                w->must_reach[partition] = delivery->offset + 1;
        history_end_send(w->history, send, load_now_ns(c), outcome, delivery->offset,
                         delivery->twice);
        load_note(c, NOTE_ENDED, send, outcome, delivery->err ? delivery->err : delivery->offset);
        if (c->member)
                load_member_on_delivery(c, outcome);
}

/* Mostly around the size asked for, now and then ten times as much. */
static int32_t draw_size(const struct load_client *c)
{
        int64_t size = c->plan->bytes;
        if (load_draw(c, 0, 31) == 0)
                size *= 10;
        return (int32_t)load_draw(c, size / 2, size + size / 2);
}

/* What the record says besides its value. */
struct dressing {
        struct buffer value;
        char key[SCENARIO_NAME_BYTES];
        struct record_header header;
};

/* With keys: one of them, and a null value now and then, whose send a header names. Without: a key
 * that means nothing now and then, and a header. */
static void dress(struct load_client *c, int32_t send, struct producer_record *record,
                  struct dressing *d)
{
        struct history_send *s = &c->load->history->sends[send];
        int64_t kind = load_draw(c, 0, 7);
        if (c->plan->keys > 0) {
                s->key = (int32_t)load_draw(c, 0, c->plan->keys - 1);
                s->is_tombstone = kind == 0;
                snprintf(d->key, sizeof d->key, "k%" PRId32, s->key);
        } else if (kind < 2) {
                snprintf(d->key, sizeof d->key, "%s", c->name);
        }
        history_value(c->load->history, send, &d->value);
        if (*d->key)
                record->key = span_of(d->key, strlen(d->key));
        if (s->is_tombstone)
                d->header = (struct record_header){str_of("of"), buffer_span(&d->value)};
        else
                d->header =
                        (struct record_header){str_of("from"), span_of(c->name, strlen(c->name))};
        if (!s->is_tombstone)
                record->value = buffer_span(&d->value);
        record->headers = &d->header;
        record->header_count = s->is_tombstone || kind == 7;
}

int32_t load_send(struct load_client *c, int32_t topic, int32_t partition, int32_t input)
{
        struct history *h = c->load->history;
        struct dressing dressing = {.key = ""};
        int32_t size = draw_size(c);
        int32_t send = history_invoke_send(h, load_now_ns(c), c->id,
                                           c->load->first_partitions[topic] + partition,
                                           (int16_t)c->plan->acks, size);
        h->sends[send].input = input;
        h->sends[send].idempotent = c->plan->idempotence && c->plan->acks == -1;
        h->sends[send].transaction = c->txn.id;
        struct producer_record record = {
                .topic = c->load->scenario->topics[topic].name,
                .partition = partition,
                .timestamp_ms = -1,
        };
        dress(c, send, &record, &dressing);
        c->txn.records++;
        load_note(c, NOTE_SENT, send, h->sends[send].partition, 0);
        enum kerr err = producer_send(c->producer, &record, (void *)(intptr_t)send);
        if (err) {
                history_end_send(h, send, load_now_ns(c), OUTCOME_FAILED, -1, false);
                load_note(c, NOTE_ENDED, send, OUTCOME_FAILED, err);
                if (c->member)
                        load_member_on_delivery(c, OUTCOME_FAILED);
        }
        buffer_deinit(&dressing.value);
        return send;
}

/* --- transactions --- */

/* Two clients of one transactional id are meant to fence each other. */
static bool shares_id(const struct load_client *c)
{
        const struct workload *w = c->load;
        int32_t count = 0;
        for (int32_t i = 0; i < w->scenario->client_count; i++)
                count += strcmp(scenario_transactional_id(&w->scenario->clients[i]),
                                scenario_transactional_id(c->plan)) == 0;
        return count > 1;
}

static void end_history(struct load_client *c, enum outcome outcome, enum kerr err)
{
        struct history_transaction *t = transaction_of(c);
        if (t->wish != TRANSACTION_WISH_NONE) {
                t->outcome = outcome;
                t->done_ns = load_now_ns(c);
        }
        c->txn.committed = outcome == OUTCOME_OK && t->wish == TRANSACTION_WISH_COMMIT;
        load_note(c, NOTE_TXN_ENDED, c->txn.id, outcome, err);
        c->txn.id = -1;
}

/* The producer is of no more use; what it was asked last, nobody knows. */
static void break_down(struct load_client *c, enum kerr err)
{
        if (c->txn.id >= 0)
                end_history(c, OUTCOME_UNKNOWN, err);
        c->txn.state = LOAD_TXN_BROKEN;
        c->txn.retry_us = sim_node_mono_ms(c->node) * 1000 + RETRY_US;
        c->is_fenced = shares_id(c);
}

/* The same again, after a while. */
static void try_again(struct load_client *c, enum load_txn_state state)
{
        c->txn.state = state;
        c->txn.retry_us = sim_node_mono_ms(c->node) * 1000 + RETRY_US;
}

static void on_transaction(void *context, enum transaction_step step, enum kerr err)
{
        struct load_client *c = context;
        enum transaction_state now = producer_transaction_state(c->producer);
        if (c->is_dying)
                return;
        c->has_news = true;
        if (now == TRANSACTION_FATAL) {
                break_down(c, err);
        } else if (step == TRANSACTION_INIT) {
                try_again(c, err ? LOAD_TXN_INIT : LOAD_TXN_READY);
        } else if (now == TRANSACTION_ABORTABLE) {
                c->txn.state = LOAD_TXN_ABORT;
        } else if (step == TRANSACTION_OFFSETS) {
                c->txn.state = err ? LOAD_TXN_ABORT : LOAD_TXN_OPEN;
                load_member_on_offsets(c, err);
        } else if (err) {
                try_again(c, LOAD_TXN_END);
        } else {
                end_history(c, OUTCOME_OK, KERR_NONE);
                c->txn.state = LOAD_TXN_READY;
        }
}

static void init(struct load_client *c)
{
        if (producer_init_transactions(c->producer))
                break_down(c, KERR_INVALID_TXN_STATE);
        else
                c->txn.state = LOAD_TXN_WAITS;
}

void load_txn_begin(struct load_client *c)
{
        if (c->txn.state == LOAD_TXN_NONE)
                return;
        if (producer_begin_transaction(c->producer)) {
                break_down(c, KERR_INVALID_TXN_STATE);
                return;
        }
        c->txn.state = LOAD_TXN_OPEN;
        c->txn.id = history_begin_transaction(c->load->history, load_now_ns(c), c->id);
        c->txn.records = 0;
        c->txn.count++;
        load_note(c, NOTE_BEGINS, c->txn.id, 0, 0);
}

/* A commit that was lost before it was asked for becomes an abort: no answer can make it one. */
static void ask_for_end(struct load_client *c, enum transaction_wish wish)
{
        struct history_transaction *t = transaction_of(c);
        if (producer_end_transaction(c->producer, wish == TRANSACTION_WISH_COMMIT)) {
                if (wish == TRANSACTION_WISH_COMMIT &&
                    producer_transaction_state(c->producer) == TRANSACTION_ABORTABLE)
                        ask_for_end(c, TRANSACTION_WISH_ABORT);
                else
                        break_down(c, KERR_INVALID_TXN_STATE);
                return;
        }
        t->wish = wish;
        if (t->invoke_ns == INT64_MAX)
                t->invoke_ns = load_now_ns(c);
        c->txn.state = LOAD_TXN_WAITS;
        load_note(c, NOTE_ENDS, c->txn.id, wish, 0);
}

void load_txn_end(struct load_client *c, bool commit)
{
        if (c->txn.state != LOAD_TXN_NONE)
                ask_for_end(c, commit ? TRANSACTION_WISH_COMMIT : TRANSACTION_WISH_ABORT);
}

/* What the callbacks left to do. */
static void go_on(struct load_client *c)
{
        switch (c->txn.state) {
        case LOAD_TXN_INIT: init(c); break;
        case LOAD_TXN_END: ask_for_end(c, transaction_of(c)->wish); break;
        case LOAD_TXN_ABORT: ask_for_end(c, TRANSACTION_WISH_ABORT); break;
        case LOAD_TXN_BROKEN:
                load_producer_close(c);
                load_producer_open(c);
                break;
        default: break;
        }
}

bool load_txn_is_free(struct load_client *c, int64_t now_us, int64_t *due_us)
{
        *due_us = INT64_MAX;
        if (c->txn.state == LOAD_TXN_NONE)
                return true;
        if (c->is_fenced)
                return false;
        /* A record may have been lost, or another producer have come, between the steps. */
        enum transaction_state now = producer_transaction_state(c->producer);
        if (c->txn.state == LOAD_TXN_OPEN && now == TRANSACTION_ABORTABLE)
                c->txn.state = LOAD_TXN_ABORT;
        if (c->txn.state <= LOAD_TXN_ABORT && c->txn.state != LOAD_TXN_WAITS &&
            now == TRANSACTION_FATAL)
                break_down(c, KERR_PRODUCER_FENCED);
        bool again = c->txn.state == LOAD_TXN_INIT || c->txn.state == LOAD_TXN_END ||
                     c->txn.state == LOAD_TXN_BROKEN;
        if (again && now_us < c->txn.retry_us) {
                *due_us = c->txn.retry_us;
                return false;
        }
        go_on(c);
        return c->txn.state == LOAD_TXN_READY || c->txn.state == LOAD_TXN_OPEN;
}

/* --- the course of a producer --- */

static void send_last_records(struct load_client *c)
{
        struct workload *w = c->load;
        int32_t partitions = (int32_t)w->scenario->topics[c->plan->topic].partitions;
        if (c->last_first < 0) {
                c->last_first = w->last_send_count;
                w->last_send_count += partitions;
        }
        load_txn_begin(c);
        for (int32_t i = 0; i < partitions; i++)
                w->last_sends[c->last_first + i] = load_send(c, (int32_t)c->plan->topic, i, -1);
        producer_flush(c->producer);
        load_txn_end(c, true);
        c->sent_last = true;
        c->last_rounds++;
}

/* A transaction may not make it. And an idempotent producer gives up what nobody can tell the fate
 * of, when the broker has forgotten it meanwhile (KIP-360); that cannot go on. */
static bool must_repeat(const struct load_client *c)
{
        const struct history *h = c->load->history;
        const int32_t *last = &c->load->last_sends[c->last_first];
        int32_t transaction = h->sends[*last].transaction;
        if (transaction >= 0)
                return transaction != c->txn.id &&
                       history_visibility(h, transaction) != VISIBILITY_COMMITTED;
        if (producer_pending(c->producer) > 0 || c->last_rounds == LAST_ROUNDS_MAX)
                return false;
        for (int32_t i = 0; i < c->load->scenario->topics[c->plan->topic].partitions; i++)
                if (h->sends[last[i]].idempotent && h->sends[last[i]].outcome != OUTCOME_OK)
                        return true;
        return false;
}

bool load_producer_is_idle(const struct load_client *c)
{
        const struct workload *w = c->load;
        if (!c->producer || c->is_fenced)
                return true;
        if (producer_pending(c->producer) > 0 || c->txn.id >= 0)
                return false;
        if (w->topics[c->plan->topic] != LOAD_MADE)
                return true;
        bool rests = c->txn.state == LOAD_TXN_NONE || c->txn.state == LOAD_TXN_READY;
        return rests && c->sent_last && !must_repeat(c);
}

static int64_t finish(struct load_client *c)
{
        if (c->txn.state == LOAD_TXN_OPEN)
                load_txn_end(c, true);
        else if (!c->sent_last || must_repeat(c))
                send_last_records(c);
        return INT64_MAX;
}

static bool is_full(const struct load_client *c)
{
        return c->plan->records > 0 && c->txn.records >= c->plan->records;
}

int64_t load_producer_work(struct load_client *c, int64_t now_us)
{
        struct workload *w = c->load;
        const struct statement *topic = &w->scenario->topics[c->plan->topic];
        int64_t due_us;
        bool has_topic = w->topics[c->plan->topic] == LOAD_MADE;
        if (!has_topic && c->txn.id < 0)
                return INT64_MAX;
        if (!load_txn_is_free(c, now_us, &due_us))
                return due_us;
        if (!has_topic) {
                load_txn_end(c, false);
                return INT64_MAX;
        }
        if (w->stopping)
                return finish(c);
        int64_t gap_us = 1000000 / (c->plan->rate > 0 ? c->plan->rate : 1);
        /* After a pause it goes on; it does not make up for lost time. */
        if (c->next_us < now_us - 100000)
                c->next_us = now_us;
        while (c->next_us <= now_us && producer_pending(c->producer) < PENDING_MAX) {
                if (c->txn.state == LOAD_TXN_READY)
                        load_txn_begin(c);
                if (c->txn.state != LOAD_TXN_NONE && c->txn.state != LOAD_TXN_OPEN)
                        return INT64_MAX;
                int64_t partition = load_draw(c, 0, topic->partitions - 1);
                load_send(c, (int32_t)c->plan->topic, (int32_t)partition, -1);
                c->next_us += load_draw(c, gap_us / 2, gap_us + gap_us / 2);
                if (is_full(c)) {
                        load_txn_end(c, c->plan->every == 0 || c->txn.count % c->plan->every != 0);
                        return INT64_MAX;
                }
        }
        return c->next_us;
}

void load_producer_open(struct load_client *c)
{
        struct producer_config config = producer_config_default();
        const char *id = scenario_transactional_id(c->plan);
        config.acks = (int16_t)c->plan->acks;
        config.compression_type = (enum compression)c->plan->codec;
        config.batch_size_bytes = (int32_t)c->plan->batch_bytes;
        config.linger_ms = c->plan->linger_ns / SIM_NS_PER_MS;
        config.request_timeout_ms = REQUEST_TIMEOUT_MS;
        if (c->plan->delivery_ns < 2 * REQUEST_TIMEOUT_MS * SIM_NS_PER_MS) /* two attempts */
                config.request_timeout_ms = c->plan->delivery_ns / SIM_NS_PER_MS / 2;
        config.delivery_timeout_ms = c->plan->delivery_ns / SIM_NS_PER_MS;
        config.enable_idempotence = c->plan->idempotence && c->plan->acks == -1;
        if (!config.enable_idempotence)
                config.max_in_flight_per_partition = 1;
        if (*id)
                config.transactional_id = id;
        if (c->plan->verb == VERB_PRODUCER)
                config.transaction_timeout_ms = (int32_t)(c->plan->session_ns / SIM_NS_PER_MS);
        else
                config.transaction_timeout_ms = 2000;
        config.on_delivery = on_delivery;
        config.on_transaction = on_transaction;
        config.context = c;
        c->producer = producer_open(c->output ? c->output : c->client, &config);
        c->next_us = 0;
        c->txn.id = -1;
        c->txn.state = LOAD_TXN_NONE;
        if (*id)
                init(c);
}

void load_producer_close(struct load_client *c)
{
        producer_close(c->producer);
        c->producer = NULL;
        if (c->txn.id >= 0)
                end_history(c, OUTCOME_UNKNOWN, KERR_NONE);
        c->txn.state = LOAD_TXN_NONE;
}
