/* log_fixture.h - batches and logs for tests of src/log. */
#ifndef ODRADEK_TESTS_LOG_FIXTURE_H
#define ODRADEK_TESTS_LOG_FIXTURE_H

#include "fake_world.h"
#include "log/batch.h"
#include "log/partition_log.h"

#include <stdlib.h>
#include <string.h>

/* Small limits, so that a test reaches them with a few batches. Nothing flushes by itself. */
static inline struct log_config small_config(void)
{
        return (struct log_config){
                .segment_bytes = 1000,
                .segment_ms = INT64_MAX,
                .segment_index_bytes = 10000,
                .index_interval_bytes = 150,
                .retention_bytes = -1,
                .retention_ms = -1,
                .flush_messages = INT64_MAX,
                .flush_ms = INT64_MAX,
                .max_message_bytes = 100000,
                .cleanup_delete = true,
        };
}

/* What one batch of a test is made of. Records get timestamps timestamp, timestamp + step, … */
struct sample {
        int32_t records;
        size_t value_bytes;
        int64_t timestamp, step;
        int codec;
        char fill; /* of the values */
};

static inline void append_sample(struct buffer *into, struct sample s)
{
        struct batch_builder builder;
        batch_builder_init(&builder);
        char *value = malloc(s.value_bytes + 1);
        if (!value)
                abort();
        memset(value, s.fill ? s.fill : 'x', s.value_bytes);
        for (int32_t i = 0; i < s.records; i++) {
                struct record r = {.timestamp = s.timestamp + i * s.step,
                                   .value = span_of(value, s.value_bytes)};
                batch_builder_add(&builder, &r, NULL, 0);
        }
        if (batch_builder_finish(&builder, s.codec, into))
                abort();
        batch_builder_deinit(&builder);
        free(value);
}

/* A batch of one record that takes exactly 100 bytes: 61 of header, 7 around a value of 32. */
static inline struct sample hundred_bytes(int64_t timestamp)
{
        return (struct sample){.records = 1, .value_bytes = 32, .timestamp = timestamp};
}

/* A log in a fake world, in directory "t-0". */
struct log_fixture {
        struct fake_world f;
        struct log_shared shared;
        struct log_config config;
        struct partition_log *log;
};

static inline enum kerr fixture_open(struct log_fixture *x, int64_t recovery_point,
                                     int64_t log_start, bool clean)
{
        struct partition_log_open how = {
                .world = &x->f.world,
                .shared = &x->shared,
                .directory = "t-0",
                .config = x->config,
                .recovery_point = recovery_point,
                .log_start = log_start,
                .clean = clean,
        };
        return partition_log_open(&how, &x->log);
}

/* A new world with an empty log. */
static inline void fixture_init(struct log_fixture *x, struct log_config config)
{
        memset(x, 0, sizeof *x);
        fake_world_init(&x->f);
        x->shared.flush_due_ms = INT64_MAX;
        x->config = config;
        struct world *w = &x->f.world;
        if (w->make_dir(w, "t-0") || w->sync_dir(w, "/") || fixture_open(x, 0, 0, true))
                abort();
}

static inline void fixture_deinit(struct log_fixture *x)
{
        partition_log_abandon(x->log);
        x->log = NULL;
        fake_world_deinit(&x->f);
}

static inline enum kerr fixture_append_epoch(struct log_fixture *x, struct sample s,
                                             int32_t leader_epoch)
{
        struct buffer bytes = {0};
        struct log_append done;
        append_sample(&bytes, s);
        enum kerr err = partition_log_append(x->log, buffer_span(&bytes), leader_epoch,
                                             APPEND_CLIENT, &done);
        buffer_deinit(&bytes);
        return err;
}

static inline enum kerr fixture_append(struct log_fixture *x, struct sample s)
{
        return fixture_append_epoch(x, s, 0);
}

/* Ends the oldest background sync and tells the log. */
static inline bool fixture_end_sync(struct log_fixture *x, int i, enum kerr result)
{
        return partition_log_on_synced(x->log, fake_world_end_sync(&x->f, i, result), result);
}

/* Reads the log from `offset` on as a consumer does, appending whole batches to `into`; checks each
 * one's format, CRC and order. Returns the first error: CORRUPT_MESSAGE when a check fails. */
static inline enum kerr fixture_read(struct log_fixture *x, int64_t offset, struct buffer *into)
{
        struct world *w = &x->f.world;
        int64_t end = partition_log_end(x->log);
        while (offset < end) {
                struct extent at;
                enum kerr err = partition_log_read(x->log, offset, end, 1 << 20, true, &at);
                if (err)
                        return err;
                if (!at.file)
                        return KERR_NOT_FOUND; /* stuck below the log end */
                size_t start = into->size;
                uint8_t *bytes = buffer_reserve(into, (size_t)at.length);
                err = world_read_exactly(w, at.file, at.position, bytes, (size_t)at.length);
                if (err)
                        return err;
                into->size += (size_t)at.length;
                struct span left = span_of(into->data + start, (size_t)at.length);
                while (left.size > 0) {
                        struct batch_header h;
                        err = batch_check(left, &h);
                        if (err)
                                return err;
                        if (batch_last_offset(&h) < offset)
                                return KERR_CORRUPT_MESSAGE;
                        offset = batch_last_offset(&h) + 1;
                        left = span_of(left.data + batch_size(&h),
                                       left.size - (size_t)batch_size(&h));
                }
        }
        return KERR_NONE;
}

#endif
