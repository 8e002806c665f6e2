#include "client/consumer.h"

#include "client/fetched.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum partition_state { RESETTING, FETCHING, STOPPED };

struct partition {
        char *topic;
        int32_t index;
        enum partition_state state;
        bool paused;
        struct start start; /* while RESETTING: what to look up */
        int64_t position, high_watermark, log_start;
        int64_t end_told;       /* the position at which on_end came last; -1: not since a move */
        bool asked;             /* a question in flight carries it */
        uint32_t moves;         /* seeks and pauses so far: tells answers that came too late */
        int64_t retry_after_ms; /* back-off */
        enum kerr err;          /* why it is retried; NONE after a success */
};

/* A Fetch or ListOffsets request, partitions of a topic side by side. */
struct question {
        struct consumer *consumer;
        int16_t api_key;
        int32_t node;
        bool filling; /* not sent yet */
        struct question_item {
                struct partition *partition;
                uint32_t moves; /* of the partition when it was asked */
                int32_t leader_epoch;
        } * items;
        int32_t count;
        struct question *prev, *next;
};

struct consumer {
        struct service service;
        struct client *client;
        struct world *world;
        struct consumer_config config;
        struct partition **partitions; /* in the order of consumer_assign() */
        int32_t partition_count;
        int32_t turn;               /* who comes first in the next questions */
        struct question *questions; /* in flight */
};

/* --- partitions --- */

static struct partition *find_partition(const struct consumer *c, const char *topic, int32_t index)
{
        for (int32_t i = 0; i < c->partition_count; i++) {
                struct partition *p = c->partitions[i];
                if (p->index == index && strcmp(p->topic, topic) == 0)
                        return p;
        }
        return NULL;
}

static void move(struct consumer *c, struct partition *p, struct start start)
{
        p->moves++;
        p->start = start;
        p->state = start.kind == START_OFFSET ? FETCHING : RESETTING;
        p->position = start.kind == START_OFFSET ? start.value : -1;
        p->end_told = -1;
        p->retry_after_ms = 0;
        p->err = KERR_NONE;
        client_wake(c->client);
}

static void stop(struct consumer *c, struct partition *p, int64_t offset, enum kerr err)
{
        p->state = STOPPED;
        p->err = err;
        if (c->config.on_error)
                c->config.on_error(c->config.context, p->topic, p->index, offset, err);
}

/* The offset asked for is not in the log (any more): never in silence, whatever follows. */
static void reset(struct consumer *c, struct partition *p)
{
        int64_t offset = p->position;
        if (c->config.auto_offset_reset == OFFSET_RESET_NONE) {
                stop(c, p, offset, KERR_OFFSET_OUT_OF_RANGE);
                return;
        }
        bool earliest = c->config.auto_offset_reset == OFFSET_RESET_EARLIEST;
        world_log(c->world, WORLD_WARN, "%s-%d: offset %lld is out of range, going on at the %s",
                  p->topic, p->index, (long long)offset, earliest ? "start" : "end");
        move(c, p, (struct start){.kind = earliest ? START_EARLIEST : START_LATEST});
        if (c->config.on_error)
                c->config.on_error(c->config.context, p->topic, p->index, offset,
                                   KERR_OFFSET_OUT_OF_RANGE);
}

static void note_retry(struct consumer *c, struct partition *p, enum kerr err)
{
        if (err != p->err)
                world_log(c->world, WORLD_WARN, "%s-%d: %s, trying again", p->topic, p->index,
                          kerr_text(err));
        p->err = err;
}

static void take_error(struct consumer *c, struct partition *p, enum kerr err)
{
        if (err == KERR_OFFSET_OUT_OF_RANGE) {
                reset(c, p);
        } else if (err == KERR_CORRUPT_MESSAGE || !error_is_retriable(err)) {
                /* A log that is corrupt at the broker stays so. */
                stop(c, p, p->position, err);
        } else {
                note_retry(c, p, err);
                p->retry_after_ms = c->world->mono_ms(c->world) + c->config.retry_backoff_ms;
                client_doubt_leader(c->client, p->topic, p->index);
        }
}

/* --- answers to ListOffsets --- */

static const struct list_offsets_partition_response *
find_listed(const struct list_offsets_response *m, const struct partition *p)
{
        for (int32_t t = 0; t < m->topics.count; t++) {
                const struct list_offsets_topic_response *topic = &m->topics.items[t];
                if (!str_equal_c(topic->name, p->topic))
                        continue;
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        if (topic->partitions.items[i].index == p->index)
                                return &topic->partitions.items[i];
                }
        }
        return NULL;
}

static void take_listed(struct consumer *c, struct partition *p,
                        const struct list_offsets_partition_response *m)
{
        enum kerr err = m ? (enum kerr)m->error_code : KERR_UNKNOWN_SERVER_ERROR;
        if (err) {
                take_error(c, p, err);
        } else if (m->offset < 0) {
                /* No record is as young as that: whatever comes next will be. */
                p->start = (struct start){.kind = START_LATEST};
        } else {
                p->err = KERR_NONE;
                p->state = FETCHING;
                p->position = m->offset;
        }
}

/* --- answers to Fetch --- */

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
        int64_t end = p->high_watermark;
        if (c->config.isolation_level == READ_COMMITTED && last_stable_offset >= 0)
                end = last_stable_offset;
        if (p->position < end || p->end_told == p->position)
                return;
        p->end_told = p->position;
        if (c->config.on_end)
                c->config.on_end(c->config.context, p->topic, p->index, p->position);
}

static void take_fetched(struct consumer *c, struct partition *p,
                         const struct fetch_partition_response *m)
{
        enum kerr err = m ? (enum kerr)m->error_code : KERR_UNKNOWN_SERVER_ERROR;
        if (err) {
                take_error(c, p, err);
                return;
        }
        p->err = KERR_NONE;
        p->high_watermark = m->high_watermark;
        p->log_start = m->log_start_offset;
        struct hand_out h = {.consumer = c, .partition = p, .moves = p->moves};
        int64_t bad_offset;
        err = fetched_walk(m->records.bytes, c->config.check_crcs, &p->position, hand_out_record,
                           &h, &bad_offset);
        if (p->moves != h.moves)
                return;
        if (err)
                stop(c, p, bad_offset, err);
        else
                tell_end(c, p, m->last_stable_offset);
}

/* --- questions --- */

static void free_question(struct question *q)
{
        free(q->items);
        free(q);
}

/* Ends a question. Partitions that were moved since are left alone: their answer is to an old one.
 */
static void on_answer(void *context, const struct client_response *response)
{
        struct question *q = context;
        struct consumer *c = q->consumer;
        struct fetch_response fetched = {0};
        struct list_offsets_response listed = {0};
        bool fetch = q->api_key == API_FETCH;
        enum kerr err = response->err;
        if (!err) {
                if (fetch)
                        serde_fetch_response(response->body, &fetched);
                else
                        serde_list_offsets_response(response->body, &listed);
                err = response->body->err ? response->body->err : (enum kerr)fetched.error_code;
        }
        DL_DELETE(c->questions, q);
        for (int32_t i = 0; i < q->count; i++) {
                struct partition *p = q->items[i].partition;
                p->asked = false;
                if (p->moves != q->items[i].moves)
                        continue;
                if (err)
                        take_error(c, p, err);
                else if (fetch)
                        take_fetched(c, p, find_fetched(&fetched, p));
                else
                        take_listed(c, p, find_listed(&listed, p));
        }
        free_question(q);
        client_wake(c->client);
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
                                                 .fetch_offset = p->position,
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

static int64_t time_of(struct start start)
{
        switch (start.kind) {
        case START_EARLIEST: return LIST_OFFSETS_EARLIEST;
        case START_TIMESTAMP: return start.value;
        default: return LIST_OFFSETS_LATEST;
        }
}

static void write_list_offsets(struct serde *s, void *context)
{
        struct question *q = context;
        size_t count = (size_t)q->count;
        struct list_offsets_topic *topics = calloc(count, sizeof *topics);
        struct list_offsets_partition *partitions = calloc(count, sizeof *partitions);
        if (!topics || !partitions)
                abort();
        struct list_offsets_request m = {
                .replica_id = -1, .isolation_level = (int8_t)q->consumer->config.isolation_level};
        m.topics.items = topics;
        for (size_t i = 0; i < count; i++) {
                const struct partition *p = q->items[i].partition;
                partitions[i] = (struct list_offsets_partition){.index = p->index,
                                                                .current_leader_epoch =
                                                                        q->items[i].leader_epoch,
                                                                .timestamp_ms = time_of(p->start)};
                if (i == 0 || strcmp(p->topic, q->items[i - 1].partition->topic) != 0) {
                        topics[m.topics.count].name = str_of(p->topic);
                        topics[m.topics.count++].partitions.items = &partitions[i];
                }
                topics[m.topics.count - 1].partitions.count++;
        }
        serde_list_offsets_request(s, &m);
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
        q = calloc(1, sizeof *q);
        if (!q)
                abort();
        *q = (struct question){.consumer = c, .api_key = api_key, .node = node, .filling = true};
        DL_APPEND(c->questions, q);
        return q;
}

/* Behind the others of its topic: the messages list partitions by topic. */
static void put_into_question(struct question *q, struct partition *p, int32_t leader_epoch)
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

static void ask_for(struct consumer *c, struct partition *p, int64_t now_ms)
{
        bool fetch = p->state == FETCHING;
        if (p->asked || p->state == STOPPED || (fetch && p->paused) || now_ms < p->retry_after_ms)
                return;
        struct leader leader;
        enum kerr err = client_leader(c->client, p->topic, p->index, &leader);
        if (err && !error_is_retriable(err))
                stop(c, p, p->position, err);
        else if (err && client_topic(c->client, p->topic)->answered)
                note_retry(c, p, err);
        if (err)
                return; /* fresh metadata is asked for already, and we run when it comes */
        struct question *q = question_to(c, fetch ? API_FETCH : API_LIST_OFFSETS, leader.node);
        if (q)
                put_into_question(q, p, leader.epoch);
}

static void send_questions(struct consumer *c)
{
        struct question *q;
        DL_FOREACH (c->questions, q) {
                if (!q->filling)
                        continue;
                q->filling = false;
                bool fetch = q->api_key == API_FETCH;
                client_send(c->client, &(struct client_request){
                                               .owner = &c->service,
                                               .node = q->node,
                                               .api_key = q->api_key,
                                               .timeout_ms = c->config.request_timeout_ms,
                                               .write = fetch ? write_fetch : write_list_offsets,
                                               .on_response = on_answer,
                                               .context = q});
        }
}

static int64_t run(struct service *service, int64_t now_ms)
{
        struct consumer *c = (struct consumer *)service;
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

/* --- for callers --- */

struct consumer_config consumer_config_default(void)
{
        return (struct consumer_config){.fetch_min_bytes = 1,
                                        .fetch_max_wait_ms = 500,
                                        .fetch_max_bytes = 50 << 20,
                                        .max_partition_fetch_bytes = 1 << 20,
                                        .isolation_level = READ_UNCOMMITTED,
                                        .check_crcs = true,
                                        .auto_offset_reset = OFFSET_RESET_LATEST,
                                        .request_timeout_ms = 30000,
                                        .retry_backoff_ms = 100};
}

struct consumer *consumer_open(struct client *client, const struct consumer_config *config)
{
        assert(config->on_record);
        struct consumer *c = calloc(1, sizeof *c);
        if (!c)
                abort();
        c->service.run = run;
        c->client = client;
        c->world = client_world(client);
        c->config = *config;
        client_attach(client, &c->service);
        return c;
}

void consumer_close(struct consumer *c)
{
        client_detach(c->client, &c->service);
        struct question *q, *next;
        DL_FOREACH_SAFE (c->questions, q, next)
                free_question(q);
        for (int32_t i = 0; i < c->partition_count; i++) {
                free(c->partitions[i]->topic);
                free(c->partitions[i]);
        }
        free(c->partitions);
        free(c);
}

void consumer_assign(struct consumer *c, const char *topic, int32_t partition, struct start start)
{
        struct partition *p = find_partition(c, topic, partition);
        if (!p) {
                p = calloc(1, sizeof *p);
                size_t count = (size_t)c->partition_count + 1;
                c->partitions = realloc(c->partitions, count * sizeof *c->partitions);
                if (!p || !c->partitions)
                        abort();
                p->topic = strdup(topic);
                if (!p->topic)
                        abort();
                p->index = partition;
                p->high_watermark = p->log_start = -1;
                c->partitions[c->partition_count++] = p;
        }
        p->paused = false;
        move(c, p, start);
}

enum kerr consumer_seek(struct consumer *c, const char *topic, int32_t partition,
                        struct start start)
{
        struct partition *p = find_partition(c, topic, partition);
        if (!p)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        move(c, p, start);
        return KERR_NONE;
}

enum kerr consumer_pause(struct consumer *c, const char *topic, int32_t partition)
{
        struct partition *p = find_partition(c, topic, partition);
        if (!p)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        p->paused = true;
        p->moves++;
        return KERR_NONE;
}

enum kerr consumer_resume(struct consumer *c, const char *topic, int32_t partition)
{
        struct partition *p = find_partition(c, topic, partition);
        if (!p)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        p->paused = false;
        client_wake(c->client);
        return KERR_NONE;
}

enum kerr consumer_position(const struct consumer *c, const char *topic, int32_t partition,
                            struct consumer_position *position)
{
        const struct partition *p = find_partition(c, topic, partition);
        if (!p)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        *position = (struct consumer_position){p->position, p->high_watermark, p->log_start};
        return KERR_NONE;
}
