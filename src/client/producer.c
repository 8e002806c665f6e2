#include "client/producer_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { TOPIC_NAME_BYTES_MAX = 249, IDEMPOTENT_IN_FLIGHT_MAX = 5 };

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
                else if (!sender_is_due(p, batch, now_ms))
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
        if (p->hopeless || transactions_drop(p))
                drop_batches(p, false);
        else
                sender_run(p, now_ms);
        int64_t next_ms = min_ms(numbers_run(p, now_ms), transactions_run(p, now_ms));
        return min_ms(next_ms, next_due(p, now_ms));
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
                                        .request_timeout_ms = 30000,
                                        .delivery_timeout_ms = 120000,
                                        .retry_backoff_ms = 100,
                                        .enable_idempotence = true,
                                        .transaction_timeout_ms = 60000};
}

/* More than a broker remembers would do harm: an older one could not be told from a gap. */
static int32_t in_flight_per_partition(const struct producer *p)
{
        int32_t wanted = p->config.max_in_flight_per_partition;
        if (!p->numbers.wanted)
                return wanted > 0 ? wanted : 1;
        return wanted > 0 && wanted < IDEMPOTENT_IN_FLIGHT_MAX ? wanted : IDEMPOTENT_IN_FLIGHT_MAX;
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
        p->numbers = (struct producer_numbers){.id = -1, .epoch = -1};
        p->numbers.wanted =
                config->transactional_id || (config->enable_idempotence && config->acks == -1);
        p->config.max_in_flight_per_partition = in_flight_per_partition(p);
        if (config->transactional_id) {
                p->config.acks = -1;
                transactions_open(p);
        }
        accumulator_init(&p->accumulator, p->world, &p->config);
        client_attach(c, &p->service);
        return p;
}

enum kerr producer_send(struct producer *p, const struct producer_record *record, void *opaque)
{
        if (p->refusal)
                return p->refusal;
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

void producer_identity(const struct producer *p, int64_t *producer_id, int16_t *producer_epoch)
{
        *producer_id = p->numbers.id;
        *producer_epoch = p->numbers.id < 0 ? -1 : p->numbers.epoch;
}

void producer_close(struct producer *p)
{
        p->refusal = KERR_OPERATION_NOT_ATTEMPTED;
        client_detach(p->client, &p->service);
        sender_close(p);
        if (p->transactions)
                transactions_close(p);
        drop_batches(p, true);
        assert(p->pending == 0);
        accumulator_deinit(&p->accumulator);
        free(p);
}
