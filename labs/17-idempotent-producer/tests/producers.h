/* producers.h - the log of one partition with the table of its producers, in a fake world, and
 * batches as producers send them. */
#ifndef ODRADEK_LABS_17_PRODUCERS_H
#define ODRADEK_LABS_17_PRODUCERS_H

#include "base/crc32c.h"
#include "delivery/producer_state.h"
#include "labs/tool/lab_test.h"
#include "tests/unit/log_fixture.h"

#include <stdio.h>

struct led_log {
        struct log_fixture x;
        struct producer_state *producers;
        struct log_append done; /* what the last append has told */
};

static inline void load(struct led_log *l)
{
        if (producer_state_open(&l->x.f.world, l->x.log, INT64_MAX, &l->producers))
                abort();
}

static inline void begin(struct led_log *l)
{
        struct log_config config = small_config();
        config.segment_bytes = 1 << 20;
        memset(l, 0, sizeof *l);
        fixture_init(&l->x, config);
        load(l);
}

static inline void end(struct led_log *l)
{
        fixture_deinit(&l->x);
        producer_state_free(l->producers);
}

/* The broker is killed, and starts again: it has no snapshot and replays the log. */
static inline void kill_and_start(struct led_log *l)
{
        partition_log_abandon(l->x.log);
        producer_state_free(l->producers);
        fake_world_kill(&l->x.f);
        if (fixture_open(&l->x, 0, 0, false))
                abort();
        load(l);
}

/* The broker stops in good order, and starts again: it reads its snapshot and replays nothing. */
static inline void stop_and_start(struct led_log *l)
{
        if (partition_log_close(l->x.log))
                abort();
        producer_state_free(l->producers);
        if (fixture_open(&l->x, 0, 0, true))
                abort();
        load(l);
}

/* A batch of so many records; `sequence` is that of its first. */
struct sent {
        int64_t producer_id;
        int16_t epoch;
        int32_t sequence, records;
        int32_t compacted; /* so many of the last records are gone; the numbers are not */
};

/* Of producer 7. */
static inline struct sent batch(int16_t epoch, int32_t sequence, int32_t records)
{
        return (struct sent){7, epoch, sequence, records, 0};
}

/* What compaction leaves: the batch ends where it did. */
static inline void stretch(struct span batch, int32_t last_offset_delta)
{
        uint8_t *bytes = (uint8_t *)batch.data;
        store_be32(bytes + 23, (uint32_t)last_offset_delta);
        store_be32(bytes + 17, crc32c(0, bytes + BATCH_CRC_FROM, batch.size - BATCH_CRC_FROM));
}

static inline void encode(struct buffer *into, struct sent m)
{
        struct batch_builder builder;
        batch_builder_init(&builder);
        for (int32_t i = 0; i < m.records - m.compacted; i++) {
                struct record r = {.timestamp = 1000, .value = span_of("value", 5)};
                batch_builder_add(&builder, &r, NULL, 0);
        }
        builder.header.producer_id = m.producer_id;
        builder.header.producer_epoch = m.epoch;
        builder.header.base_sequence = m.sequence;
        size_t at = into->size;
        if (batch_builder_finish(&builder, 0, into))
                abort();
        batch_builder_deinit(&builder);
        if (m.compacted > 0)
                stretch(span_of(into->data + at, into->size - at), m.records - 1);
}

/* Sends these batches in one append. */
static inline enum kerr send_all(struct led_log *l, const struct sent *batches, int32_t count)
{
        struct buffer bytes = {0};
        for (int32_t i = 0; i < count; i++)
                encode(&bytes, batches[i]);
        enum kerr err =
                partition_log_append(l->x.log, buffer_span(&bytes), 0, APPEND_CLIENT, &l->done);
        buffer_deinit(&bytes);
        return err;
}

static inline const char *about(char into[200], const char *what, const char *detail)
{
        snprintf(into, 200, "%s: %s", what, detail);
        return into;
}

/* The leader refuses them, and the log does not grow. */
static inline void expect_all_refused(struct led_log *l, const struct sent *batches, int32_t count,
                                      enum kerr err, const char *what)
{
        char text[200];
        int64_t log_end = partition_log_end(l->x.log);
        enum kerr got = send_all(l, batches, count);
        if (got == KERR_NONE && l->done.is_duplicate)
                expect_string(what, "taken for a repeat", kerr_name(err));
        else
                expect_string(what, kerr_name(got), kerr_name(err));
        expect_number(about(text, what, "the log's end"), partition_log_end(l->x.log), log_end);
}

/* The leader appends them, and tells where. */
static inline void expect_all_taken(struct led_log *l, const struct sent *batches, int32_t count,
                                    const char *what)
{
        char text[200];
        int64_t base = partition_log_end(l->x.log), log_end = base;
        for (int32_t i = 0; i < count; i++)
                log_end += batches[i].records;
        if (!expect_string(what, kerr_name(send_all(l, batches, count)), "NONE"))
                return;
        expect_that(about(text, what, "it is no repeat"), !l->done.is_duplicate);
        expect_number(about(text, what, "the offset told"), l->done.base_offset, base);
        expect_number(about(text, what, "the log's end"), partition_log_end(l->x.log), log_end);
}

/* The leader has them at `offset` already, and says so. */
static inline void expect_all_known(struct led_log *l, const struct sent *batches, int32_t count,
                                    int64_t offset, const char *what)
{
        char text[200];
        int64_t log_end = partition_log_end(l->x.log), last = offset - 1;
        for (int32_t i = 0; i < count; i++)
                last += batches[i].records;
        if (!expect_string(what, kerr_name(send_all(l, batches, count)), "NONE"))
                return;
        expect_that(about(text, what, "it is a repeat"), l->done.is_duplicate);
        expect_number(about(text, what, "the offset told"), l->done.base_offset, offset);
        expect_number(about(text, what, "the last offset told"), l->done.last_offset, last);
        expect_number(about(text, what, "the log's end"), partition_log_end(l->x.log), log_end);
}

static inline void expect_refused(struct led_log *l, struct sent m, enum kerr err, const char *what)
{
        expect_all_refused(l, &m, 1, err, what);
}

static inline void expect_taken(struct led_log *l, struct sent m, const char *what)
{
        expect_all_taken(l, &m, 1, what);
}

static inline void expect_known(struct led_log *l, struct sent m, int64_t offset, const char *what)
{
        expect_all_known(l, &m, 1, offset, what);
}

/* The coordinator ends a transaction of producer 7. */
static inline enum kerr send_marker(struct led_log *l, int16_t epoch)
{
        struct buffer bytes = {0};
        producer_state_marker(7, epoch, 0, false, 1000, &bytes);
        enum kerr err = partition_log_append(l->x.log, buffer_span(&bytes), 0, APPEND_COORDINATOR,
                                             &l->done);
        buffer_deinit(&bytes);
        return err;
}

/* The batch comes from another leader's log: nothing is checked. */
static inline void copy(struct led_log *l, struct sent m)
{
        struct buffer bytes = {0};
        encode(&bytes, m);
        if (partition_log_append_as_follower(l->x.log, buffer_span(&bytes), &l->done))
                abort();
        buffer_deinit(&bytes);
}

#endif
