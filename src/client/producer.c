#include "client/producer.h"

#include "client/accumulator.h"
#include "wire/produce.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { TOPIC_NAME_BYTES_MAX = 249 };

/* One Produce request and the batches in it, those of a topic side by side. */
struct produce_call {
        struct producer *producer;
        int32_t node;
        bool filling; /* not sent yet */
        struct producer_batch **batches;
        int32_t batch_count;
        size_t size_bytes; /* of the batches */
        struct produce_call *prev, *next;
};

struct producer {
        struct service service;
        struct client *client;
        struct world *world;
        struct producer_config config;
        struct accumulator accumulator;
        struct produce_call *calls; /* in flight */
        int64_t pending;
        bool flushing, closing;
};

/* What became of a batch in one attempt. */
struct outcome {
        enum kerr err;
        bool unknown, twice; /* as in struct delivery */
        int64_t base_offset;
        int64_t log_append_time_ms;
};

static int64_t min_ms(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/* --- reporting --- */

static void report(struct producer *p, const struct delivery *delivery)
{
        p->pending--;
        if (p->pending == 0)
                p->flushing = false;
        p->config.on_delivery(p->config.context, delivery);
}

/* Reports all records of the batch, which stays where it is. Its records are taken off it first,
 * because who hears of them may send more. */
static void report_batch(struct producer *p, struct producer_batch *batch,
                         const struct outcome *outcome)
{
        struct batch_record *records = batch->records;
        int32_t count = batch->record_count;
        batch->records = NULL;
        batch->record_count = batch->record_capacity = 0;
        p->accumulator.used_bytes -= batch->charged_bytes;
        batch->charged_bytes = 0;
        bool placed = !outcome->err && outcome->base_offset >= 0;
        for (int32_t i = 0; i < count; i++) {
                struct delivery delivery = {.opaque = records[i].opaque,
                                            .err = outcome->err,
                                            .unknown = outcome->err && outcome->unknown,
                                            .twice = !outcome->err && outcome->twice,
                                            .topic = batch->queue->topic->name,
                                            .partition = batch->queue->partition,
                                            .offset = placed ? outcome->base_offset + i : -1,
                                            .timestamp_ms =
                                                    placed && outcome->log_append_time_ms >= 0
                                                            ? outcome->log_append_time_ms
                                                            : records[i].timestamp_ms};
                report(p, &delivery);
        }
        free(records);
}

static void fail_batch(struct producer *p, struct producer_batch *batch, enum kerr err,
                       bool unknown)
{
        report_batch(p, batch, &(struct outcome){.err = err, .unknown = unknown});
        accumulator_remove(batch);
}

static void fail_waiting(struct producer *p, struct topic_queue *topic, struct waiting_record *w,
                         enum kerr err)
{
        DL_DELETE(topic->waiting, w);
        p->accumulator.used_bytes -= w->charged_bytes;
        report(p, &(struct delivery){.opaque = w->opaque,
                                     .err = err,
                                     .topic = topic->name,
                                     .partition = w->record.partition,
                                     .offset = -1,
                                     .timestamp_ms = w->record.timestamp_ms});
        free(w);
}

/* --- outcomes --- */

/* Errors that a leader gives before it appends anything. After any other the batch may be in the
 * log; for acks=all also after those of a leader that lost its office while the batch waited for
 * the followers. */
static bool is_certain_failure(enum kerr err, int16_t acks)
{
        switch (err) {
        case KERR_CORRUPT_MESSAGE:
        case KERR_LEADER_NOT_AVAILABLE:
        case KERR_MESSAGE_TOO_LARGE:
        case KERR_INVALID_TOPIC_EXCEPTION:
        case KERR_RECORD_LIST_TOO_LARGE:
        case KERR_NOT_ENOUGH_REPLICAS:
        case KERR_INVALID_REQUIRED_ACKS:
        case KERR_TOPIC_AUTHORIZATION_FAILED:
        case KERR_CLUSTER_AUTHORIZATION_FAILED:
        case KERR_INVALID_TIMESTAMP:
        case KERR_UNSUPPORTED_VERSION:
        case KERR_INVALID_REQUEST:
        case KERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
        case KERR_POLICY_VIOLATION:
        case KERR_UNSUPPORTED_COMPRESSION_TYPE:
        case KERR_INVALID_RECORD: return true;
        case KERR_UNKNOWN_TOPIC_OR_PARTITION:
        case KERR_NOT_LEADER_OR_FOLLOWER:
        case KERR_FENCED_LEADER_EPOCH: return acks != -1;
        default: return false;
        }
}

static struct outcome outcome_of(const struct producer *p, const struct producer_batch *batch,
                                 const struct produce_response *answer)
{
        for (int32_t t = 0; t < answer->topics.count; t++) {
                const struct produce_topic_response *topic = &answer->topics.items[t];
                if (!str_equal_c(topic->name, batch->queue->topic->name))
                        continue;
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        const struct produce_partition_response *m = &topic->partitions.items[i];
                        enum kerr err = (enum kerr)m->error_code;
                        if (m->index == batch->queue->partition)
                                return (struct outcome){
                                        .err = err,
                                        .unknown = !is_certain_failure(err, p->config.acks),
                                        .base_offset = m->base_offset,
                                        .log_append_time_ms = m->log_append_time_ms};
                }
        }
        return (struct outcome){.err = KERR_UNKNOWN_SERVER_ERROR, .unknown = true};
}

/* The end of one attempt: reports the batch or leaves it in its place to be sent again. */
static void settle(struct producer *p, struct producer_batch *batch, const struct outcome *outcome)
{
        int64_t now_ms = p->world->mono_ms(p->world);
        struct partition_queue *q = batch->queue;
        q->in_flight--;
        batch->in_flight = false;
        batch->err = outcome->err;
        bool sent_before = batch->unknown;
        batch->unknown |= outcome->unknown;
        bool late = now_ms >= batch->created_ms + p->config.delivery_timeout_ms;
        bool expired = batch->record_count == 0; /* reported while it was in flight */
        if (!expired && error_is_retriable(outcome->err) && !late) {
                q->retry_after_ms = now_ms + p->config.retry_backoff_ms;
                client_doubt_leader(p->client, q->topic->name, q->partition);
                return;
        }
        struct outcome final = *outcome;
        final.unknown = batch->unknown;
        final.twice = sent_before;
        report_batch(p, batch, &final);
        accumulator_remove(batch);
}

static void free_call(struct produce_call *call)
{
        free(call->batches);
        free(call);
}

static void on_produce(void *context, const struct client_response *response)
{
        struct produce_call *call = context;
        struct producer *p = call->producer;
        struct produce_response answer = {0};
        enum kerr err = response->err;
        if (response->body) {
                serde_produce_response(response->body, &answer);
                err = response->body->err;
        }
        DL_DELETE(p->calls, call);
        for (int32_t i = 0; i < call->batch_count; i++) {
                struct outcome outcome = {.err = err, .unknown = response->sent, .base_offset = -1};
                if (response->body && !err)
                        outcome = outcome_of(p, call->batches[i], &answer);
                settle(p, call->batches[i], &outcome);
        }
        free_call(call);
        client_wake(p->client);
}

/* --- sending --- */

static void write_produce(struct serde *s, void *context)
{
        struct produce_call *call = context;
        size_t count = (size_t)call->batch_count;
        struct produce_topic *topics = calloc(count, sizeof *topics);
        struct produce_partition *partitions = calloc(count, sizeof *partitions);
        if (!topics || !partitions)
                abort();
        struct produce_request m = {.transactional_id = STR_NULL,
                                    .acks = call->producer->config.acks,
                                    .timeout_ms =
                                            (int32_t)call->producer->config.request_timeout_ms};
        m.topics.items = topics;
        const struct topic_queue *previous = NULL;
        for (size_t i = 0; i < count; i++) {
                const struct producer_batch *batch = call->batches[i];
                partitions[i].index = batch->queue->partition;
                partitions[i].records.bytes = buffer_span(&batch->encoded);
                if (batch->queue->topic != previous) {
                        previous = batch->queue->topic;
                        topics[m.topics.count].name = str_of(previous->name);
                        topics[m.topics.count++].partitions.items = &partitions[i];
                }
                topics[m.topics.count - 1].partitions.count++;
        }
        serde_produce_request(s, &m);
        free(topics);
        free(partitions);
}

/* A call to `node` with room for `size` bytes: one that is being filled or, when the broker has not
 * too many of them, a new one. Else NULL. */
static struct produce_call *call_to(struct producer *p, int32_t node, size_t size)
{
        int32_t in_flight = 0;
        struct produce_call *call;
        DL_FOREACH (p->calls, call) {
                if (call->node != node)
                        continue;
                in_flight++;
                size_t size_with = call->size_bytes + size;
                if (call->filling && size_with <= (size_t)p->config.max_request_size_bytes)
                        return call;
        }
        if (in_flight >= p->config.max_in_flight)
                return NULL;
        call = calloc(1, sizeof *call);
        if (!call)
                abort();
        *call = (struct produce_call){.producer = p, .node = node, .filling = true};
        DL_APPEND(p->calls, call);
        return call;
}

/* Puts the batch behind the others of its topic: the message lists partitions by topic. */
static void put_into_call(struct produce_call *call, struct producer_batch *batch)
{
        int32_t at = call->batch_count;
        for (int32_t i = 0; i < call->batch_count; i++) {
                if (call->batches[i]->queue->topic == batch->queue->topic)
                        at = i + 1;
        }
        size_t count = (size_t)call->batch_count + 1;
        call->batches = realloc(call->batches, count * sizeof *call->batches);
        if (!call->batches)
                abort();
        memmove(call->batches + at + 1, call->batches + at,
                (size_t)(call->batch_count - at) * sizeof *call->batches);
        call->batches[at] = batch;
        call->batch_count++;
        call->size_bytes += batch->encoded.size;
        batch->in_flight = true;
        batch->queue->in_flight++;
}

static bool is_due(const struct producer *p, const struct producer_batch *batch, int64_t now_ms)
{
        const struct accumulator *a = &p->accumulator;
        bool crowded = a->used_bytes + p->config.batch_size_bytes > p->config.buffer_memory_bytes;
        return !batch->open || p->flushing || crowded ||
               now_ms >= batch->created_ms + p->config.linger_ms;
}

/* Puts the queue's next batch into a call if it may go now; false when none did. */
static bool serve_queue(struct producer *p, struct partition_queue *q, int64_t now_ms)
{
        struct producer_batch *batch = accumulator_first_unsent(q);
        if (!batch || q->in_flight >= p->config.max_in_flight_per_partition ||
            now_ms < q->retry_after_ms || !is_due(p, batch, now_ms))
                return false;
        struct leader leader;
        enum kerr err = client_leader(p->client, q->topic->name, q->partition, &leader);
        if (err && error_is_retriable(err)) {
                if (batch->encoded.size == 0) /* else a leader's own word says more */
                        batch->err = err;
                return false;
        }
        if (!err)
                err = accumulator_encode(&p->accumulator, batch);
        if (err) {
                fail_batch(p, batch, err, batch->unknown);
                return false;
        }
        struct produce_call *call = call_to(p, leader.node, batch->encoded.size);
        if (call)
                put_into_call(call, batch);
        return call != NULL;
}

/* Every queue once; who is served goes to the end, so that a broker with little room for requests
 * does not serve the same partitions for ever. */
static void serve_queues(struct producer *p, int64_t now_ms)
{
        struct partition_queue *q = p->accumulator.queues, *next;
        struct partition_queue *last = q ? q->prev : NULL;
        for (bool done = !q; !done; q = next) {
                next = q->next;
                done = q == last;
                if (serve_queue(p, q, now_ms)) {
                        DL_DELETE(p->accumulator.queues, q);
                        DL_APPEND(p->accumulator.queues, q);
                }
        }
}

static void send_calls(struct producer *p)
{
        bool zstd = p->config.compression_type == COMPRESSION_ZSTD;
        struct produce_call *call;
        DL_FOREACH (p->calls, call) {
                if (!call->filling)
                        continue;
                call->filling = false;
                client_send(p->client,
                            &(struct client_request){.owner = &p->service,
                                                     .node = call->node,
                                                     .api_key = API_PRODUCE,
                                                     .version_min = zstd ? 7 : 0, /* KIP-110 */
                                                     .no_answer = p->config.acks == 0,
                                                     .timeout_ms = p->config.request_timeout_ms,
                                                     .write = write_produce,
                                                     .on_response = on_produce,
                                                     .context = call});
        }
}

/* --- time --- */

/* Reports batches older than delivery.timeout.ms. One in flight stays until its request ends, with
 * nothing left to report: its partition stays closed to successors so long, to keep the order. */
static void expire_queue(struct producer *p, struct partition_queue *q, int64_t now_ms)
{
        struct producer_batch *batch, *next;
        DL_FOREACH_SAFE (q->batches, batch, next) {
                if (now_ms < batch->created_ms + p->config.delivery_timeout_ms)
                        break;
                struct outcome late = {.err = KERR_TIMED_OUT_LOCALLY, .unknown = true};
                if (batch->in_flight)
                        report_batch(p, batch, &late);
                else
                        fail_batch(p, batch, batch->err ? batch->err : late.err, batch->unknown);
        }
}

static void run_waiting(struct producer *p, struct topic_queue *topic, int64_t now_ms)
{
        const struct cached_topic *cached = client_topic(p->client, topic->name);
        if (cached->partition_count > 0) {
                accumulator_place_waiting(&p->accumulator, topic, cached->partition_count);
                return;
        }
        enum kerr err = cached->err ? cached->err : KERR_TIMED_OUT_LOCALLY;
        bool hopeless = !error_is_retriable(err);
        struct waiting_record *w, *next;
        DL_FOREACH_SAFE (topic->waiting, w, next) {
                if (!hopeless && now_ms < w->created_ms + p->config.delivery_timeout_ms)
                        break;
                fail_waiting(p, topic, w, err);
        }
}

static int64_t next_due(const struct producer *p, int64_t now_ms)
{
        int64_t next_ms = INT64_MAX;
        const struct topic_queue *topic;
        for (topic = p->accumulator.topics; topic; topic = topic->hh.next) {
                if (topic->waiting)
                        next_ms = min_ms(next_ms, topic->waiting->created_ms +
                                                          p->config.delivery_timeout_ms);
        }
        const struct partition_queue *q;
        DL_FOREACH (p->accumulator.queues, q) {
                const struct producer_batch *batch = q->batches;
                while (batch && batch->record_count == 0)
                        batch = batch->next;
                if (!batch)
                        continue;
                next_ms = min_ms(next_ms, batch->created_ms + p->config.delivery_timeout_ms);
                batch = accumulator_first_unsent(q);
                if (!batch || q->in_flight >= p->config.max_in_flight_per_partition)
                        continue;
                if (now_ms < q->retry_after_ms)
                        next_ms = min_ms(next_ms, q->retry_after_ms);
                else if (!is_due(p, batch, now_ms))
                        next_ms = min_ms(next_ms, batch->created_ms + p->config.linger_ms);
        }
        return next_ms;
}

static int64_t run(struct service *service, int64_t now_ms)
{
        struct producer *p = (struct producer *)service;
        for (struct topic_queue *t = p->accumulator.topics; t; t = t->hh.next) {
                if (t->waiting)
                        run_waiting(p, t, now_ms);
        }
        struct partition_queue *q;
        DL_FOREACH (p->accumulator.queues, q)
                expire_queue(p, q, now_ms);
        serve_queues(p, now_ms);
        send_calls(p);
        return next_due(p, now_ms);
}

/* --- for callers --- */

struct producer_config producer_config_default(void)
{
        return (struct producer_config){.acks = -1,
                                        .compression_type = COMPRESSION_NONE,
                                        .partitioner = PARTITIONER_STICKY,
                                        .batch_size_bytes = 16384,
                                        .linger_ms = 0,
                                        .buffer_memory_bytes = 32 << 20,
                                        .max_request_size_bytes = 1 << 20,
                                        .max_in_flight = 5,
                                        .max_in_flight_per_partition = 1,
                                        .request_timeout_ms = 30000,
                                        .delivery_timeout_ms = 120000,
                                        .retry_backoff_ms = 100};
}

struct producer *producer_open(struct client *c, const struct producer_config *config)
{
        assert(config->on_delivery);
        struct producer *p = calloc(1, sizeof *p);
        if (!p)
                abort();
        p->service.run = run;
        p->client = c;
        p->world = client_world(c);
        p->config = *config;
        accumulator_init(&p->accumulator, p->world, &p->config);
        client_attach(c, &p->service);
        return p;
}

enum kerr producer_send(struct producer *p, const struct producer_record *record, void *opaque)
{
        if (p->closing)
                return KERR_OPERATION_NOT_ATTEMPTED;
        int32_t partition_count = 0;
        size_t name_size = strlen(record->topic);
        if (name_size == 0 || name_size > TOPIC_NAME_BYTES_MAX)
                return KERR_INVALID_TOPIC_EXCEPTION;
        if (record->partition < 0)
                partition_count = client_topic(p->client, record->topic)->partition_count;
        enum kerr err = accumulator_add(&p->accumulator, record, opaque, partition_count);
        if (err)
                return err;
        p->pending++;
        client_wake(p->client);
        return KERR_NONE;
}

void producer_flush(struct producer *p)
{
        p->flushing = p->pending > 0;
        client_wake(p->client);
}

int64_t producer_pending(const struct producer *p)
{
        return p->pending;
}

static void report_rest(struct producer *p)
{
        struct topic_queue *topic;
        for (topic = p->accumulator.topics; topic; topic = topic->hh.next) {
                while (topic->waiting)
                        fail_waiting(p, topic, topic->waiting, KERR_OPERATION_NOT_ATTEMPTED);
        }
        struct partition_queue *q;
        DL_FOREACH (p->accumulator.queues, q) {
                while (q->batches) {
                        bool unknown = q->batches->in_flight || q->batches->unknown;
                        fail_batch(p, q->batches,
                                   unknown ? KERR_CONNECTION_FAILED : KERR_OPERATION_NOT_ATTEMPTED,
                                   unknown);
                }
        }
}

void producer_close(struct producer *p)
{
        p->closing = true;
        client_detach(p->client, &p->service);
        struct produce_call *call, *next;
        DL_FOREACH_SAFE (p->calls, call, next)
                free_call(call);
        report_rest(p);
        assert(p->pending == 0);
        accumulator_deinit(&p->accumulator);
        free(p);
}
