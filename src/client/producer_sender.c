#include "client/producer_private.h"

#include "wire/produce.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

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

/* --- answers --- */

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
        case KERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
        case KERR_INVALID_PRODUCER_EPOCH:
        case KERR_INVALID_TXN_STATE:
        case KERR_INVALID_PRODUCER_ID_MAPPING:
        case KERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        case KERR_UNKNOWN_PRODUCER_ID:
        case KERR_INVALID_RECORD:
        case KERR_PRODUCER_FENCED: return true;
        case KERR_UNKNOWN_TOPIC_OR_PARTITION:
        case KERR_NOT_LEADER_OR_FOLLOWER:
        case KERR_FENCED_LEADER_EPOCH: return acks != -1;
        default: return false;
        }
}

static struct outcome outcome_of_partition(const struct producer *p,
                                           const struct produce_partition_response *m)
{
        enum kerr err = (enum kerr)m->error_code;
        /* The leader has it, but has forgotten where. */
        if (err == KERR_DUPLICATE_SEQUENCE_NUMBER)
                return (struct outcome){.base_offset = -1};
        return (struct outcome){.err = err,
                                .unknown = !is_certain_failure(err, p->config.acks),
                                .base_offset = m->base_offset,
                                .log_append_time_ms = m->log_append_time_ms};
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
                        if (m->index == batch->queue->partition)
                                return outcome_of_partition(p, m);
                }
        }
        return (struct outcome){.err = KERR_UNKNOWN_SERVER_ERROR, .unknown = true};
}

/* True when the batch stays in its place, to be sent again after the back-off. */
static bool will_retry(struct producer *p, struct producer_batch *batch, enum kerr err,
                       int64_t now_ms)
{
        if (batch->record_count == 0) /* reported while it was in flight */
                return false;
        if (now_ms >= batch->created_ms + p->config.delivery_timeout_ms)
                return false;
        struct partition_queue *q = batch->queue;
        if (error_is_retriable(err))
                client_doubt_leader(p->client, q->topic->name, q->partition);
        else if (!numbers_may_retry(p, batch, err))
                return false;
        batch->retrying = true;
        q->retry_after_ms = now_ms + p->config.retry_backoff_ms;
        return true;
}

/* The end of one attempt: reports the batch or leaves it in its place to be sent again. */
static void settle(struct producer *p, struct producer_batch *batch, const struct outcome *outcome)
{
        batch->queue->in_flight--;
        batch->in_flight = false;
        batch->err = outcome->err;
        bool sent_before = batch->unknown;
        batch->unknown |= outcome->unknown;
        /* KAFKA-14034: what nobody can tell the fate of is taken for a failure, and sent as new. */
        if (zoo_has(p->world->zoo, ZOO_UNKNOWN_IS_FAILURE) && outcome->err && !p->transactions) {
                batch->unknown = false;
                numbers_break(p, batch);
        }
        if (will_retry(p, batch, outcome->err, p->world->mono_ms(p->world)))
                return;
        if (outcome->err)
                numbers_break(p, batch);
        struct outcome final = *outcome;
        final.unknown = batch->unknown;
        final.twice = sent_before && !p->numbers.wanted;
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
        const struct producer_config *config = &call->producer->config;
        struct produce_request m = {.acks = config->acks,
                                    .timeout_ms = (int32_t)config->request_timeout_ms,
                                    .transactional_id = config->transactional_id
                                                                ? str_of(config->transactional_id)
                                                                : STR_NULL};
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

bool sender_is_due(const struct producer *p, const struct producer_batch *batch, int64_t now_ms)
{
        const struct accumulator *a = &p->accumulator;
        bool crowded = a->used_bytes + p->config.batch_size_bytes > p->config.buffer_memory_bytes;
        return !batch->open || p->flushing || crowded ||
               now_ms >= batch->created_ms + p->config.linger_ms;
}

/* The queue's next batch if it may go now, as far as time and its predecessors say; else NULL. */
static struct producer_batch *next_batch(const struct producer *p, const struct partition_queue *q,
                                         int64_t now_ms)
{
        struct producer_batch *batch = accumulator_first_unsent(q);
        if (!batch || q->in_flight >= p->config.max_in_flight_per_partition)
                return NULL;
        bool backs_off = now_ms < q->retry_after_ms;
        /* KAFKA-3197: a partition with a batch in retry is not muted. */
        if (backs_off && zoo_has(p->world->zoo, ZOO_REORDER_IN_FLIGHT)) {
                while (batch && (batch->in_flight || batch->retrying))
                        batch = batch->next;
                backs_off = false;
        }
        return batch && !backs_off && sender_is_due(p, batch, now_ms) ? batch : NULL;
}

/* Puts the queue's next batch into a call if it may go now; false when none did. */
static bool serve_queue(struct producer *p, struct partition_queue *q, int64_t now_ms)
{
        struct producer_batch *batch = next_batch(p, q, now_ms);
        if (!batch)
                return false;
        struct leader leader;
        enum kerr err = client_leader(p->client, q->topic->name, q->partition, &leader);
        if (err && error_is_retriable(err)) {
                if (batch->encoded.size == 0) /* else a leader's own word says more */
                        batch->err = err;
                return false;
        }
        if (!err && (transactions_hold(p, q) || numbers_hold(p, batch)))
                return false;
        if (!err)
                err = accumulator_encode(&p->accumulator, batch);
        if (err) {
                fail_batch(p, batch, err, batch->unknown);
                return false;
        }
        struct produce_call *call = call_to(p, leader.node, batch->encoded.size);
        if (!call)
                return false;
        numbers_stamp(p, batch);
        put_into_call(call, batch);
        return true;
}

/* Every queue once; who is served goes to the end, so that a broker with little room for requests
 * does not serve the same partitions for ever. True when some were served. */
static bool serve_queues(struct producer *p, int64_t now_ms)
{
        struct partition_queue *q = p->accumulator.queues, *next;
        struct partition_queue *last = q ? q->prev : NULL;
        bool served = false;
        for (bool done = !q; !done; q = next) {
                next = q->next;
                done = q == last;
                if (!serve_queue(p, q, now_ms))
                        continue;
                DL_DELETE(p->accumulator.queues, q);
                DL_APPEND(p->accumulator.queues, q);
                served = true;
        }
        return served;
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

/* In rounds: a request holds at most one batch of a partition. */
void sender_run(struct producer *p, int64_t now_ms)
{
        while (serve_queues(p, now_ms)) {
                send_calls(p);
                if (p->config.max_in_flight_per_partition == 1)
                        return;
        }
}

void sender_close(struct producer *p)
{
        struct produce_call *call, *next;
        DL_FOREACH_SAFE (p->calls, call, next)
                free_call(call);
}
