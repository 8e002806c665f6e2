/* producer_state_fixture.h - a log in a fake world with the table of its producers. Include cmocka
 * first. */
#ifndef ODRADEK_TESTS_PRODUCER_STATE_FIXTURE_H
#define ODRADEK_TESTS_PRODUCER_STATE_FIXTURE_H

#include "delivery/producer_state.h"
#include "log_fixture.h"

enum { DAY_MS = 86400000 };

struct bench {
        struct log_fixture x;
        struct producer_state *s;
        struct log_append done; /* by the last append */
};

static inline void bench_load(struct bench *b)
{
        assert_int_equal(producer_state_open(&b->x.f.world, b->x.log, DAY_MS, &b->s), KERR_NONE);
}

static inline struct bench *bench_new(void)
{
        struct bench *b = calloc(1, sizeof *b);
        fixture_init(&b->x, small_config());
        bench_load(b);
        return b;
}

static inline void bench_free(struct bench *b)
{
        fixture_deinit(&b->x);
        producer_state_free(b->s);
        free(b);
}

/* The broker stops and starts. */
static inline void bench_restart(struct bench *b)
{
        assert_int_equal(partition_log_close(b->x.log), KERR_NONE);
        producer_state_free(b->s);
        assert_int_equal(fixture_open(&b->x, 0, 0, true), KERR_NONE);
        bench_load(b);
}

/* The broker is killed; what it wrote stays. */
static inline void bench_kill(struct bench *b)
{
        partition_log_abandon(b->x.log);
        producer_state_free(b->s);
        fake_world_kill(&b->x.f);
        assert_int_equal(fixture_open(&b->x, 0, 0, false), KERR_NONE);
        bench_load(b);
}

/* What a producer sends. */
struct sent {
        int64_t producer_id;
        int16_t epoch;
        int32_t sequence, records;
        bool is_transactional;
        int64_t timestamp;
};

static inline void append_sent(struct buffer *into, struct sent m)
{
        struct batch_builder builder;
        batch_builder_init(&builder);
        for (int32_t i = 0; i < (m.records ? m.records : 1); i++) {
                struct record r = {.timestamp = m.timestamp, .value = span_of("value", 5)};
                batch_builder_add(&builder, &r, NULL, 0);
        }
        builder.header.producer_id = m.producer_id;
        builder.header.producer_epoch = m.epoch;
        builder.header.base_sequence = m.sequence;
        builder.header.attributes = m.is_transactional ? BATCH_TRANSACTIONAL : 0;
        assert_int_equal(batch_builder_finish(&builder, 0, into), KERR_NONE);
        batch_builder_deinit(&builder);
}

static inline enum kerr bench_append(struct bench *b, const struct buffer *bytes,
                                     enum append_origin origin)
{
        return partition_log_append(b->x.log, buffer_span(bytes), 0, origin, &b->done);
}

static inline enum kerr bench_send(struct bench *b, struct sent m)
{
        struct buffer bytes = {0};
        append_sent(&bytes, m);
        enum kerr err = bench_append(b, &bytes, APPEND_CLIENT);
        buffer_deinit(&bytes);
        return err;
}

static inline struct batch_header header_of(struct sent m)
{
        struct batch_header h;
        struct buffer bytes = {0};
        append_sent(&bytes, m);
        assert_int_equal(batch_read_header(buffer_span(&bytes), &h), KERR_NONE);
        buffer_deinit(&bytes);
        return h;
}

/* The coordinator vouches for the transaction; the batch is not sent. */
static inline void bench_vouch(struct bench *b, struct sent m)
{
        uint64_t ticket;
        struct batch_header h = header_of(m);
        if (producer_state_must_verify(b->s, &h, &ticket))
                producer_state_vouch(b->s, m.producer_id, m.epoch, ticket);
}

static inline enum kerr bench_mark(struct bench *b, int64_t producer_id, int16_t epoch,
                                   int32_t coordinator_epoch, bool commit)
{
        struct buffer bytes = {0};
        producer_state_marker(producer_id, epoch, coordinator_epoch, commit, 1000, &bytes);
        enum kerr err = bench_append(b, &bytes, APPEND_COORDINATOR);
        buffer_deinit(&bytes);
        return err;
}

/* The first offset that is not decided with this high watermark. */
static inline int64_t bench_unstable(const struct bench *b, int64_t high_watermark)
{
        const struct log_observer *o = partition_log_observer(b->x.log);
        return o->first_unstable(o, high_watermark);
}

#endif
