/* producer_fixture.h - a producer in a script_world, what it reported, and the broker's side of
 * Produce, for the tests of producers. */
#ifndef ODRADEK_TESTS_PRODUCER_FIXTURE_H
#define ODRADEK_TESTS_PRODUCER_FIXTURE_H

#include "script_world.h"

#include "client/producer.h"
#include "wire/init_producer_id.h"
#include "wire/produce.h"

#include <stdio.h>

enum { DELIVERIES_MAX = 256 };

struct fixture {
        struct script_world *w;
        struct producer *producer;
        struct delivery deliveries[DELIVERIES_MAX];
        int32_t count;
        bool send_again; /* on_delivery sends one more, once */
};

/* Kafka's defaults but for idempotence. */
static inline struct producer_config plain_config(void)
{
        struct producer_config config = producer_config_default();
        config.enable_idempotence = false;
        return config;
}

static inline void note_delivery(void *context, const struct delivery *delivery)
{
        struct fixture *f = context;
        assert_true(f->count < DELIVERIES_MAX);
        f->deliveries[f->count++] = *delivery;
        if (f->send_again) {
                f->send_again = false;
                struct producer_record record = {.topic = "t", .value = span_of("again", 5)};
                assert_int_equal(producer_send(f->producer, &record, NULL), KERR_NONE);
        }
}

static inline void open_fixture(struct fixture *f, const struct producer_config *config)
{
        struct client_config client_config = client_config_default();
        memset(f, 0, sizeof *f);
        f->w = script_open(&client_config);
        struct producer_config with = *config;
        with.on_delivery = note_delivery;
        with.context = f;
        f->producer = producer_open(f->w->client, &with);
}

static inline void close_fixture(struct fixture *f)
{
        producer_close(f->producer);
        script_close(f->w);
}

/* Sends to a partition of topic "t"; the text is the value, and its address the opaque. */
static inline enum kerr put(struct fixture *f, int32_t partition, const char *text)
{
        struct producer_record record = {.topic = "t",
                                         .partition = partition,
                                         .value = span_of(text, strlen(text)),
                                         .timestamp_ms = -1};
        return producer_send(f->producer, &record, (void *)(uintptr_t)text);
}

/* A Produce request, unpacked. */
struct produced {
        struct script_request request;
        struct produce_request m;
};

static inline struct produced take_produce(struct fixture *f)
{
        struct produced p = {.request = script_take(f->w, API_PRODUCE)};
        serde_produce_request(&p.request.body, &p.m);
        assert_int_equal(p.request.body.err, KERR_NONE);
        return p;
}

/* The values in one partition of the request, each followed by a blank. */
static inline const char *values(const struct produced *p, int32_t topic, int32_t at)
{
        static char text[4096];
        struct span bytes = p->m.topics.items[topic].partitions.items[at].records.bytes;
        struct batch_header h;
        assert_int_equal(batch_check(bytes, &h), KERR_NONE);
        assert_int_equal(batch_size(&h), bytes.size);
        struct span payload =
                span_of(bytes.data + BATCH_HEADER_BYTES, bytes.size - BATCH_HEADER_BYTES);
        struct buffer plain = {0};
        assert_int_equal(
                compression_decompress(h.attributes & BATCH_CODEC_MASK, payload, 1 << 20, &plain),
                KERR_NONE);
        struct record_iterator it;
        record_iterator_init(&it, &h, buffer_span(&plain));
        struct record r;
        bool more;
        size_t size = 0;
        while (record_next(&it, &r, &more) == KERR_NONE && more)
                size += (size_t)snprintf(text + size, sizeof text - size, "%.*s ",
                                         (int)r.value.size, (const char *)r.value.data);
        buffer_deinit(&plain);
        return text;
}

/* The header of the only batch in the request. */
static inline struct batch_header header_of(const struct produced *p)
{
        struct batch_header h;
        assert_int_equal(p->m.topics.count, 1);
        assert_int_equal(p->m.topics.items[0].partitions.count, 1);
        assert_int_equal(batch_check(p->m.topics.items[0].partitions.items[0].records.bytes, &h),
                         KERR_NONE);
        return h;
}

static inline void write_init_producer_id_response(struct serde *s, void *m)
{
        serde_init_producer_id_response(s, m);
}

/* Takes the next request, which must be InitProducerId, answers it and returns what it asked. Its
 * transactional id points nowhere afterwards. */
static inline struct init_producer_id_request answer_id(struct fixture *f, enum kerr err,
                                                        int64_t id, int16_t epoch)
{
        struct script_request r = script_take(f->w, API_INIT_PRODUCER_ID);
        struct init_producer_id_request asked = {0};
        serde_init_producer_id_request(&r.body, &asked);
        assert_int_equal(r.body.err, KERR_NONE);
        struct init_producer_id_response m = {
                .error_code = (int16_t)err, .producer_id = id, .producer_epoch = epoch};
        script_reply(f->w, &r, -1, write_init_producer_id_response, &m);
        script_pump(f->w);
        return asked;
}

static inline void write_produce_response(struct serde *s, void *m)
{
        serde_produce_response(s, m);
}

/* Answers every partition of the request with the same error or base offset. */
static inline void answer_produce(struct fixture *f, struct produced *p, enum kerr err,
                                  int64_t base_offset)
{
        struct produce_topic_response topics[4];
        struct produce_partition_response partitions[4][8];
        struct produce_response m = {.topics = {topics, p->m.topics.count}};
        for (int32_t t = 0; t < p->m.topics.count; t++) {
                const struct produce_topic *topic = &p->m.topics.items[t];
                topics[t].name = topic->name;
                topics[t].partitions.items = partitions[t];
                topics[t].partitions.count = topic->partitions.count;
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        partitions[t][i] = (struct produce_partition_response){
                                .index = topic->partitions.items[i].index,
                                .error_code = (int16_t)err,
                                .base_offset = err ? -1 : base_offset,
                                .log_append_time_ms = -1,
                                .error_message = STR_NULL};
        }
        script_reply(f->w, &p->request, -1, write_produce_response, &m);
        script_pump(f->w);
}

#endif
