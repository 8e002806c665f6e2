#include "client/accumulator.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
        RECORD_OVERHEAD_BYTES = 32, /* upper bound of a record's own fields */
        HEADER_OVERHEAD_BYTES = 10,
};

static void *must(void *memory)
{
        if (!memory)
                abort();
        return memory;
}

void accumulator_init(struct accumulator *a, struct world *world,
                      const struct producer_config *config)
{
        *a = (struct accumulator){.world = world, .config = config};
}

void accumulator_deinit(struct accumulator *a)
{
        assert(a->used_bytes == 0);
        struct topic_queue *topic, *next_topic;
        HASH_ITER (hh, a->topics, topic, next_topic) {
                struct partition_queue *q, *next;
                HASH_ITER (hh, topic->partitions, q, next) {
                        while (q->batches)
                                accumulator_remove(q->batches);
                        HASH_DEL(topic->partitions, q);
                        free(q);
                }
                HASH_DEL(a->topics, topic);
                free(topic->name);
                free(topic);
        }
}

/* --- queues --- */

static struct topic_queue *topic_of(struct accumulator *a, const char *name)
{
        struct topic_queue *topic;
        HASH_FIND_STR(a->topics, name, topic);
        if (!topic) {
                topic = must(calloc(1, sizeof *topic));
                topic->name = must(strdup(name));
                partitioner_init(&topic->partitioner, a->config->partitioner);
                HASH_ADD_KEYPTR(hh, a->topics, topic->name, strlen(topic->name), topic);
        }
        return topic;
}

static struct partition_queue *queue_of(struct accumulator *a, struct topic_queue *topic,
                                        int32_t partition)
{
        struct partition_queue *q;
        HASH_FIND_INT(topic->partitions, &partition, q);
        if (!q) {
                q = must(calloc(1, sizeof *q));
                q->topic = topic;
                q->partition = partition;
                q->producer_id = -1;
                HASH_ADD_INT(topic->partitions, partition, q);
                DL_APPEND(a->queues, q);
        }
        return q;
}

struct producer_batch *accumulator_first_unsent(const struct partition_queue *q)
{
        struct producer_batch *batch = q->batches;
        while (batch && batch->in_flight)
                batch = batch->next;
        return batch;
}

/* --- batches --- */

/* What the record takes at most, in a batch of its own kind. */
static int64_t record_size(const struct producer_record *r)
{
        size_t size = RECORD_OVERHEAD_BYTES + r->key.size + r->value.size;
        for (int32_t i = 0; i < r->header_count; i++)
                size += HEADER_OVERHEAD_BYTES + (size_t)r->headers[i].key.size +
                        r->headers[i].value.size;
        return (int64_t)size;
}

/* The queue's open batch if there is room for `size` more bytes in it, else NULL. */
static struct producer_batch *open_batch(const struct accumulator *a,
                                         const struct partition_queue *q, int64_t size)
{
        struct producer_batch *last = q->batches ? q->batches->prev : NULL;
        if (!last || !last->open)
                return NULL;
        size_t size_with = BATCH_HEADER_BYTES + last->builder.records.size + (size_t)size;
        return size_with <= (size_t)a->config->batch_size_bytes ? last : NULL;
}

static struct producer_batch *new_batch(struct partition_queue *q, int64_t created_ms)
{
        if (q->batches)
                q->batches->prev->open = false;
        struct producer_batch *batch = must(calloc(1, sizeof *batch));
        batch->queue = q;
        batch->created_ms = created_ms;
        batch->open = true;
        batch->sequence = -1;
        batch_builder_init(&batch->builder);
        DL_APPEND(q->batches, batch);
        return batch;
}

static void remember_record(struct producer_batch *batch, void *opaque, int64_t timestamp_ms)
{
        if (batch->record_count == batch->record_capacity) {
                batch->record_capacity = batch->record_capacity ? 2 * batch->record_capacity : 8;
                size_t size = (size_t)batch->record_capacity * sizeof *batch->records;
                batch->records = must(realloc(batch->records, size));
        }
        batch->records[batch->record_count++] = (struct batch_record){opaque, timestamp_ms};
}

enum kerr accumulator_encode(struct accumulator *a, struct producer_batch *batch)
{
        if (batch->encoded.size > 0)
                return KERR_NONE;
        batch->open = false;
        enum kerr err = batch_builder_finish(&batch->builder, (int)a->config->compression_type,
                                             &batch->encoded);
        batch_builder_deinit(&batch->builder);
        return err;
}

void accumulator_remove(struct producer_batch *batch)
{
        assert(batch->record_count == 0);
        DL_DELETE(batch->queue->batches, batch);
        batch_builder_deinit(&batch->builder);
        buffer_deinit(&batch->encoded);
        free(batch->records);
        free(batch);
}

/* --- adding --- */

static int32_t choose_partition(struct accumulator *a, struct topic_queue *topic,
                                const struct producer_record *r, int32_t partition_count)
{
        if (r->partition >= 0)
                return r->partition;
        if (r->key.data)
                return partition_of_key(r->key, partition_count);
        struct partitioner *p = &topic->partitioner;
        bool sticks = p->kind == PARTITIONER_STICKY && p->current >= 0 &&
                      open_batch(a, queue_of(a, topic, p->current), record_size(r));
        return sticks ? p->current : partitioner_next(p, a->world, partition_count);
}

static void place(struct accumulator *a, struct topic_queue *topic, const struct producer_record *r,
                  void *opaque, int64_t created_ms, int32_t partition_count)
{
        int32_t partition = choose_partition(a, topic, r, partition_count);
        struct partition_queue *q = queue_of(a, topic, partition);
        struct producer_batch *batch = open_batch(a, q, record_size(r));
        if (!batch)
                batch = new_batch(q, created_ms);
        struct record record = {.timestamp = r->timestamp_ms, .key = r->key, .value = r->value};
        batch_builder_add(&batch->builder, &record, r->headers, r->header_count);
        remember_record(batch, opaque, r->timestamp_ms);
        batch->charged_bytes += record_size(r);
}

static struct span copy_bytes(char **at, struct span from)
{
        if (!from.data)
                return from;
        struct span copy = span_of(*at, from.size);
        memcpy(*at, from.data, from.size);
        *at += from.size;
        return copy;
}

/* One allocation for the record, its headers and all bytes. */
static struct waiting_record *copy_record(const struct producer_record *r)
{
        size_t headers_size = (size_t)r->header_count * sizeof *r->headers;
        struct waiting_record *copy =
                must(calloc(1, sizeof *copy + headers_size + (size_t)record_size(r)));
        struct record_header *headers = (struct record_header *)(copy + 1);
        char *at = (char *)headers + headers_size;
        copy->record = *r;
        copy->record.headers = headers;
        copy->record.key = copy_bytes(&at, r->key);
        copy->record.value = copy_bytes(&at, r->value);
        for (int32_t i = 0; i < r->header_count; i++) {
                struct str key = r->headers[i].key;
                struct span bytes = copy_bytes(&at, span_of(key.data, (size_t)key.size));
                headers[i].key = (struct str){(const char *)bytes.data, key.size};
                headers[i].value = copy_bytes(&at, r->headers[i].value);
        }
        return copy;
}

static enum kerr check_record(const struct accumulator *a, const struct producer_record *r)
{
        if (r->timestamp_ms < 0)
                return KERR_INVALID_TIMESTAMP;
        for (int32_t i = 0; i < r->header_count; i++) {
                if (!r->headers[i].key.data)
                        return KERR_INVALID_RECORD;
        }
        int64_t size = record_size(r);
        if (BATCH_HEADER_BYTES + size > a->config->max_request_size_bytes)
                return KERR_MESSAGE_TOO_LARGE;
        if (a->used_bytes + size > a->config->buffer_memory_bytes)
                return KERR_QUEUE_FULL;
        return KERR_NONE;
}

enum kerr accumulator_add(struct accumulator *a, const struct producer_record *record, void *opaque,
                          int32_t partition_count)
{
        struct producer_record r = *record;
        if (r.timestamp_ms == -1)
                r.timestamp_ms = a->world->wall_ms(a->world);
        enum kerr err = check_record(a, &r);
        if (err)
                return err;
        a->used_bytes += record_size(&r);
        struct topic_queue *topic = topic_of(a, r.topic);
        int64_t now_ms = a->world->mono_ms(a->world);
        /* Records behind a waiting one wait too: they may be of the same partition. */
        if (!topic->waiting && (partition_count > 0 || r.partition >= 0)) {
                place(a, topic, &r, opaque, now_ms, partition_count);
                return KERR_NONE;
        }
        struct waiting_record *waiting = copy_record(&r);
        waiting->record.topic = topic->name;
        waiting->opaque = opaque;
        waiting->created_ms = now_ms;
        waiting->charged_bytes = record_size(&r);
        DL_APPEND(topic->waiting, waiting);
        return KERR_NONE;
}

void accumulator_place_waiting(struct accumulator *a, struct topic_queue *topic,
                               int32_t partition_count)
{
        struct waiting_record *w, *next;
        DL_FOREACH_SAFE (topic->waiting, w, next) {
                DL_DELETE(topic->waiting, w);
                place(a, topic, &w->record, w->opaque, w->created_ms, partition_count);
                free(w);
        }
}
