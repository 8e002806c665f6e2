#include "client/consumer_private.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- answers to Fetch --- */

struct hand_out {
        struct consumer *consumer;
        struct partition *partition;
        uint32_t moves;
};

static bool hand_out_record(void *context, const struct batch_header *batch,
                            const struct record *record)
{
        struct hand_out *h = context;
        const struct consumer_config *config = &h->consumer->config;
        struct consumer_record shown = {.topic = h->partition->topic,
                                        .partition = h->partition->index,
                                        .leader_epoch = batch->leader_epoch,
                                        .offset = record->offset,
                                        .timestamp_ms = record->timestamp,
                                        .log_append_time =
                                                batch->attributes & BATCH_LOG_APPEND_TIME,
                                        .key = record->key,
                                        .value = record->value,
                                        .header_count = record->header_count,
                                        .headers = record->headers};
        config->on_record(config->context, &shown);
        return h->partition->moves == h->moves;
}

static void tell_end(struct consumer *c, struct partition *p, int64_t last_stable_offset)
{
        int64_t end = p->high_watermark, position = p->position.offset;
        if (c->config.isolation_level == READ_COMMITTED && last_stable_offset >= 0)
                end = last_stable_offset;
        if (position < end || p->end_told == position)
                return;
        p->end_told = position;
        if (c->config.on_end)
                c->config.on_end(c->config.context, p->topic, p->index, position);
}

static void take_partition(struct consumer *c, struct partition *p,
                           const struct fetch_partition_response *m)
{
        enum kerr err = m ? (enum kerr)m->error_code : KERR_UNKNOWN_SERVER_ERROR;
        if (err) {
                consumer_take_error(c, p, err);
                return;
        }
        p->err = KERR_NONE;
        p->high_watermark = m->high_watermark;
        p->log_start = m->log_start_offset;
        bool committed_only = c->config.isolation_level == READ_COMMITTED;
        struct fetched fetched = {.bytes = m->records.bytes,
                                  .check_crcs = c->config.check_crcs,
                                  .aborted = m->aborted_transactions.items,
                                  .aborted_count =
                                          committed_only ? m->aborted_transactions.count : 0};
        struct hand_out h = {.consumer = c, .partition = p, .moves = p->moves};
        int64_t bad_offset;
        err = fetched_walk(&fetched, &p->position, hand_out_record, &h, &bad_offset);
        if (p->moves != h.moves)
                return;
        if (err)
                consumer_stop(c, p, bad_offset, err);
        else
                tell_end(c, p, m->last_stable_offset);
}

static const struct fetch_partition_response *find_fetched(const struct fetch_response *m,
                                                           const struct partition *p)
{
        for (int32_t t = 0; t < m->topics.count; t++) {
                const struct fetch_topic_response *topic = &m->topics.items[t];
                if (!str_equal_c(topic->name, p->topic))
                        continue;
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        if (topic->partitions.items[i].index == p->index)
                                return &topic->partitions.items[i];
                }
        }
        return NULL;
}

static enum kerr take_fetched(struct question *q, struct serde *body)
{
        struct fetch_response m = {0};
        serde_fetch_response(body, &m);
        enum kerr err = body->err ? body->err : (enum kerr)m.error_code;
        for (int32_t i = 0; !err && i < q->count; i++) {
                struct partition *p = consumer_answered(&q->items[i]);
                if (p)
                        take_partition(q->consumer, p, find_fetched(&m, p));
        }
        return err;
}

/* --- questions --- */

struct question *consumer_question(struct consumer *c, int16_t api_key, int32_t node)
{
        struct question *q = calloc(1, sizeof *q);
        if (!q)
                abort();
        *q = (struct question){.consumer = c, .api_key = api_key, .node = node, .filling = true};
        DL_APPEND(c->questions, q);
        return q;
}

/* Behind the others of its topic: the messages list partitions by topic. */
void consumer_put(struct question *q, struct partition *p, int32_t leader_epoch)
{
        int32_t at = q->count;
        for (int32_t i = 0; i < q->count; i++) {
                if (strcmp(q->items[i].partition->topic, p->topic) == 0)
                        at = i + 1;
        }
        q->items = realloc(q->items, ((size_t)q->count + 1) * sizeof *q->items);
        if (!q->items)
                abort();
        memmove(q->items + at + 1, q->items + at, (size_t)(q->count - at) * sizeof *q->items);
        q->items[at] = (struct question_item){p, p->moves, leader_epoch};
        q->count++;
        p->asked = true;
}

struct partition *consumer_answered(const struct question_item *item)
{
        return item->partition->moves == item->moves ? item->partition : NULL;
}

void consumer_end_question(struct question *q)
{
        for (int32_t i = 0; i < q->count; i++)
                q->items[i].partition->asked = false;
        DL_DELETE(q->consumer->questions, q);
        client_wake(q->consumer->client);
        free(q->items);
        free(q);
}

static void take_failure(struct question *q, enum kerr err)
{
        for (int32_t i = 0; i < q->count; i++) {
                struct partition *p = consumer_answered(&q->items[i]);
                if (!p)
                        continue;
                if (q->api_key == API_OFFSET_FOR_LEADER_EPOCH && err == KERR_UNSUPPORTED_VERSION)
                        p->validated_epoch = q->items[i].leader_epoch; /* it cannot tell */
                else
                        consumer_take_error(q->consumer, p, err);
        }
}

static void on_answer(void *context, const struct client_response *response)
{
        struct question *q = context;
        enum kerr err = response->err;
        if (!err && q->api_key == API_FETCH)
                err = take_fetched(q, response->body);
        else if (!err && q->api_key == API_LIST_OFFSETS)
                err = consumer_take_listed(q, response->body);
        else if (!err)
                err = consumer_take_epochs(q, response->body);
        if (err)
                take_failure(q, err);
        consumer_end_question(q);
}

static void write_fetch(struct serde *s, void *context)
{
        struct question *q = context;
        const struct consumer_config *config = &q->consumer->config;
        size_t count = (size_t)q->count;
        struct fetch_topic *topics = calloc(count, sizeof *topics);
        struct fetch_partition *partitions = calloc(count, sizeof *partitions);
        if (!topics || !partitions)
                abort();
        struct fetch_request m = {.cluster_id = STR_NULL,
                                  .replica_id = -1,
                                  .max_wait_ms = config->fetch_max_wait_ms,
                                  .min_bytes = config->fetch_min_bytes,
                                  .max_bytes = config->fetch_max_bytes,
                                  .isolation_level = (int8_t)config->isolation_level,
                                  .session_epoch = -1,
                                  .rack_id = str_of("")};
        m.topics.items = topics;
        for (size_t i = 0; i < count; i++) {
                const struct partition *p = q->items[i].partition;
                partitions[i] =
                        (struct fetch_partition){.index = p->index,
                                                 .current_leader_epoch = q->items[i].leader_epoch,
                                                 .fetch_offset = p->position.offset,
                                                 .last_fetched_epoch = -1,
                                                 .log_start_offset = -1,
                                                 .max_bytes = config->max_partition_fetch_bytes};
                if (i == 0 || strcmp(p->topic, q->items[i - 1].partition->topic) != 0) {
                        topics[m.topics.count].name = str_of(p->topic);
                        topics[m.topics.count++].partitions.items = &partitions[i];
                }
                topics[m.topics.count - 1].partitions.count++;
        }
        serde_fetch_request(s, &m);
        free(topics);
        free(partitions);
}

/* The question of that kind to `node` that is being filled, a new one, or NULL when one is in
 * flight. */
static struct question *question_to(struct consumer *c, int16_t api_key, int32_t node)
{
        struct question *q;
        DL_FOREACH (c->questions, q) {
                if (q->api_key == api_key && q->node == node)
                        return q->filling ? q : NULL;
        }
        return consumer_question(c, api_key, node);
}

/* A position that we have from a record is compared with each new leader's log before reading goes
 * on there: after an unclean election that log may hold other records below it (KIP-320). */
static int16_t next_question(const struct partition *p, const struct leader *leader)
{
        if (p->state == RESETTING)
                return API_LIST_OFFSETS;
        bool is_new = leader->epoch > p->validated_epoch;
        return is_new && p->position.leader_epoch >= 0 ? API_OFFSET_FOR_LEADER_EPOCH : API_FETCH;
}

static void ask_for(struct consumer *c, struct partition *p, int64_t now_ms)
{
        bool reads = p->state == FETCHING && !p->paused;
        if (p->asked || p->revoked || now_ms < p->retry_after_ms ||
            (!reads && p->state != RESETTING))
                return;
        struct leader leader;
        enum kerr err = client_leader(c->client, p->topic, p->index, &leader);
        if (err && !error_is_retriable(err))
                consumer_stop(c, p, p->position.offset, err);
        else if (err && client_topic(c->client, p->topic)->answered)
                consumer_note_retry(c, p, err);
        if (err)
                return; /* fresh metadata is asked for already, and we run when it comes */
        int16_t api_key = next_question(p, &leader);
        struct question *q = question_to(c, api_key, leader.node);
        if (!q)
                return;
        consumer_put(q, p, leader.epoch);
        if (api_key == API_FETCH)
                p->validated_epoch = leader.epoch;
}

static void send_questions(struct consumer *c)
{
        struct question *q;
        DL_FOREACH (c->questions, q) {
                if (!q->filling)
                        continue;
                q->filling = false;
                client_send(c->client,
                            &(struct client_request){.owner = &c->service,
                                                     .node = q->node,
                                                     .api_key = q->api_key,
                                                     .timeout_ms = c->config.request_timeout_ms,
                                                     .write = q->api_key == API_FETCH ? write_fetch
                                                              : q->api_key == API_LIST_OFFSETS
                                                                      ? consumer_write_list_offsets
                                                                      : consumer_write_epochs,
                                                     .on_response = on_answer,
                                                     .context = q});
        }
}

int64_t consumer_run_fetches(struct consumer *c, int64_t now_ms)
{
        consumer_drop_revoked(c);
        int32_t count = c->partition_count;
        /* The broker fills its answer in the order asked: each goes first in turn. */
        c->turn = count > 0 ? (c->turn + 1) % count : 0;
        for (int32_t i = 0; i < count; i++)
                ask_for(c, c->partitions[(c->turn + i) % count], now_ms);
        send_questions(c);
        int64_t next_ms = INT64_MAX;
        for (int32_t i = 0; i < c->partition_count; i++) {
                const struct partition *p = c->partitions[i];
                bool backs_off = p->state != STOPPED && !p->asked && now_ms < p->retry_after_ms;
                if (backs_off && p->retry_after_ms < next_ms)
                        next_ms = p->retry_after_ms;
        }
        return next_ms;
}
