/* script_world.h - a tiny world for tests of clients: the test itself is the cluster.
 *
 * Brokers 1 to 3 are at ports 9093 to 9095, the bootstrap address "boot:9092" is broker 1 by
 * another name. Dialling succeeds at once unless the port is refused. ApiVersions and Metadata are
 * answered by themselves (unless switched off); every other request waits in the inbox until the
 * test takes it and answers; on one connection answers must go out in order. Time stands still
 * until script_advance(). */
#ifndef ODRADEK_TESTS_SCRIPT_WORLD_H
#define ODRADEK_TESTS_SCRIPT_WORLD_H

#include "base/rng.h"
#include "client/client.h"
#include "wire/api_versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
        SCRIPT_STREAMS_MAX = 1024,
        SCRIPT_INBOX_MAX = 64,
        SCRIPT_PARTITIONS = 3,
        SCRIPT_PORT = 9092,
        SCRIPT_VERSION_0 = -1, /* for max_version: 0 and no other */
};

struct script_request {
        int64_t stream;
        int32_t port;
        struct packet *packet; /* the frame, with its length in front */
        struct request_header header;
        struct serde body; /* reader at the body */
};

struct script_world {
        struct world world;
        int64_t now_ms;
        struct rng rng;
        struct client *client;
        struct arena arena; /* what the readers of requests need */

        int32_t ports[SCRIPT_STREAMS_MAX]; /* of stream i + 1; 0: closed */
        int32_t stream_count;
        int64_t dialled_ms[SCRIPT_STREAMS_MAX];
        bool told[SCRIPT_STREAMS_MAX]; /* on_open or on_close was called */
        bool refused[4];               /* by port - 9092 */
        bool deaf[4];                  /* dialling neither succeeds nor fails */
        bool mute;                     /* answers neither ApiVersions nor Metadata */

        /* what the brokers say */
        int16_t max_version[80]; /* per API; 0: what we have ourselves; or SCRIPT_VERSION_0 */
        int32_t partition_count; /* of each topic; 0: topics are unknown */
        int32_t leader[SCRIPT_PARTITIONS];
        int32_t leader_epoch;

        struct script_request inbox[SCRIPT_INBOX_MAX];
        int32_t inbox_count;
        int32_t metadata_count; /* requests answered so far */
};

static inline struct script_world *script_of(struct world *w)
{
        return (struct script_world *)w;
}

static inline int64_t script_clock(struct world *w)
{
        return script_of(w)->now_ms;
}

static inline int64_t script_wall(struct world *w)
{
        return 1000000 + script_of(w)->now_ms;
}

static inline uint64_t script_random(struct world *w)
{
        return rng_u64(&script_of(w)->rng);
}

static inline enum kerr script_dial(struct world *world, const char *host, int32_t port,
                                    int64_t *stream)
{
        struct script_world *w = script_of(world);
        (void)host;
        assert_true(w->stream_count < SCRIPT_STREAMS_MAX);
        w->ports[w->stream_count] = port;
        w->dialled_ms[w->stream_count] = w->now_ms;
        *stream = ++w->stream_count;
        return KERR_NONE;
}

static inline void script_send(struct world *world, int64_t stream, struct packet *packet)
{
        struct script_world *w = script_of(world);
        assert_true(w->inbox_count < SCRIPT_INBOX_MAX);
        assert_true(w->ports[stream - 1] != 0);
        struct script_request *r = &w->inbox[w->inbox_count++];
        *r = (struct script_request){
                .stream = stream, .port = w->ports[stream - 1], .packet = packet};
        struct span frame = span_of(packet->memory.data + 4, packet->memory.size - 4);
        assert_int_equal(load_be32(packet->memory.data), frame.size);
        r->body = serde_reader(frame, 0, false, &w->arena);
        serde_request_header(&r->body, &r->header);
        assert_int_equal(r->body.err, KERR_NONE);
}

static inline void script_hang_up(struct world *world, int64_t stream)
{
        script_of(world)->ports[stream - 1] = 0;
}

static inline void script_release(struct world *w, struct frame *frame)
{
        (void)w;
        free((void *)(uintptr_t)frame->bytes.data);
        free(frame);
}

static inline void script_log(struct world *w, enum world_log level, const char *text)
{
        (void)w;
        (void)level;
        (void)text;
}

/* --- the test's side --- */

static inline struct script_world *script_open(const struct client_config *config)
{
        struct script_world *w = test_calloc(1, sizeof *w);
        w->world.wall_ms = script_wall;
        w->world.mono_ms = script_clock;
        w->world.random_u64 = script_random;
        w->world.dial = script_dial;
        w->world.send = script_send;
        w->world.hang_up = script_hang_up;
        w->world.release = script_release;
        w->world.log = script_log;
        rng_init(&w->rng, 1);
        arena_init(&w->arena, 64 << 20);
        w->partition_count = SCRIPT_PARTITIONS;
        w->leader_epoch = 5;
        for (int i = 0; i < SCRIPT_PARTITIONS; i++)
                w->leader[i] = 1;
        struct client_config with = config ? *config : client_config_default();
        if (!with.bootstrap_servers)
                with.bootstrap_servers = "boot:9092";
        assert_int_equal(client_open(&w->world, &with, &w->client), KERR_NONE);
        return w;
}

static inline void script_close(struct script_world *w)
{
        client_close(w->client);
        for (int32_t i = 0; i < w->inbox_count; i++)
                packet_free(w->inbox[i].packet);
        arena_deinit(&w->arena);
        test_free(w);
}

/* Takes the request out of the inbox; its packet is the caller's. */
static inline struct script_request script_remove(struct script_world *w, int32_t at)
{
        struct script_request r = w->inbox[at];
        w->inbox_count--;
        memmove(w->inbox + at, w->inbox + at + 1,
                (size_t)(w->inbox_count - at) * sizeof w->inbox[0]);
        return r;
}

/* Ends a request with an answer written by `write` in `version`, or in the request's own for -1. */
static inline void script_reply(struct script_world *w, struct script_request *r, int16_t version,
                                void (*write)(struct serde *s, void *m), void *m)
{
        struct packet *packet = packet_new(&w->world);
        const struct api *api = api_find(r->header.api_key);
        struct serde s = serde_writer(packet, version < 0 ? r->header.api_version : version, false);
        serde_response_header(&s, api, &r->header.correlation_id);
        write(&s, m);
        struct frame *frame = calloc(1, sizeof *frame);
        size_t size = packet->memory.size - 4;
        uint8_t *bytes = malloc(size); /* of its own, so that reading too far is noticed */
        memcpy(bytes, packet->memory.data + 4, size);
        *frame = (struct frame){.stream = r->stream, .bytes = span_of(bytes, size)};
        packet_free(packet);
        packet_free(r->packet);
        client_actor(w->client)->on_frame(client_actor(w->client), frame);
}

#define SCRIPT_WRITER(name)                                              \
        static inline void script_write_##name(struct serde *s, void *m) \
        {                                                                \
                serde_##name##_response(s, m);                           \
        }
SCRIPT_WRITER(api_versions)
SCRIPT_WRITER(metadata)

static inline void script_answer_api_versions(struct script_world *w, struct script_request *r)
{
        struct api_versions_api apis[80];
        struct api_versions_response m = {.apis.items = apis};
        int32_t count;
        const struct api *api = api_table(&count);
        for (int32_t i = 0; i < count; i++) {
                int16_t max = w->max_version[api[i].key];
                if (max == 0)
                        max = api[i].max;
                else if (max == SCRIPT_VERSION_0)
                        max = 0;
                apis[m.apis.count++] = (struct api_versions_api){api[i].key, 0, max};
        }
        script_reply(w, r, -1, script_write_api_versions, &m);
}

static inline void script_answer_metadata(struct script_world *w, struct script_request *r)
{
        struct metadata_request asked = {0};
        serde_metadata_request(&r->body, &asked);
        struct metadata_broker brokers[3];
        struct metadata_topic_response topics[8] = {0};
        struct metadata_partition_response partitions[SCRIPT_PARTITIONS] = {0};
        struct metadata_response m = {.cluster_id = str_of("script"), .controller_id = 1};
        m.brokers.items = brokers;
        m.topics.items = topics;
        for (int32_t node = 1; node <= 3; node++)
                brokers[m.brokers.count++] = (struct metadata_broker){node, str_of("broker"),
                                                                      SCRIPT_PORT + node, STR_NULL};
        for (int32_t i = 0; i < w->partition_count; i++)
                partitions[i] = (struct metadata_partition_response){
                        .error_code = w->leader[i] < 0 ? KERR_LEADER_NOT_AVAILABLE : 0,
                        .index = i,
                        .leader_id = w->leader[i],
                        .leader_epoch = w->leader_epoch};
        for (int32_t i = 0; i < asked.topics.count; i++) {
                struct metadata_topic_response *t = &topics[m.topics.count++];
                t->name = asked.topics.items[i].name;
                t->error_code = w->partition_count ? 0 : KERR_UNKNOWN_TOPIC_OR_PARTITION;
                t->partitions.items = partitions;
                t->partitions.count = w->partition_count;
        }
        w->metadata_count++;
        script_reply(w, r, -1, script_write_metadata, &m);
}

static inline bool script_serve_streams(struct script_world *w)
{
        struct actor *actor = client_actor(w->client);
        bool any = false;
        for (int32_t i = 0; i < w->stream_count; i++) {
                if (w->told[i] || !w->ports[i] || w->deaf[w->ports[i] - SCRIPT_PORT])
                        continue;
                any = w->told[i] = true;
                if (w->refused[w->ports[i] - SCRIPT_PORT]) {
                        w->ports[i] = 0;
                        actor->on_close(actor, i + 1, KERR_CONNECTION_FAILED);
                } else {
                        actor->on_open(actor, i + 1, "broker");
                }
        }
        return any;
}

/* An earlier request of the same connection still waits for the test. */
static inline bool script_must_wait(const struct script_world *w, int32_t at)
{
        for (int32_t i = 0; i < at; i++) {
                if (w->inbox[i].stream == w->inbox[at].stream)
                        return true;
        }
        return false;
}

static inline bool script_serve_inbox(struct script_world *w)
{
        for (int32_t i = 0; i < w->inbox_count && !w->mute; i++) {
                int16_t key = w->inbox[i].header.api_key;
                if ((key != API_API_VERSIONS && key != API_METADATA) || script_must_wait(w, i))
                        continue;
                struct script_request r = script_remove(w, i);
                if (!w->ports[r.stream - 1])
                        packet_free(r.packet);
                else if (key == API_METADATA)
                        script_answer_metadata(w, &r);
                else
                        script_answer_api_versions(w, &r);
                return true;
        }
        return false;
}

/* Lets everything happen that happens without time going by. Returns when the client wants its
 * timers run next. */
static inline int64_t script_pump(struct script_world *w)
{
        struct actor *actor = client_actor(w->client);
        int64_t next_ms;
        int rounds = 0;
        do {
                assert_true(rounds++ < 1000);
                next_ms = actor->run_timers(actor);
        } while (next_ms <= w->now_ms || script_serve_streams(w) || script_serve_inbox(w));
        return next_ms;
}

/* Lets time go by, timer by timer. */
static inline void script_advance(struct script_world *w, int64_t ms)
{
        int64_t until_ms = w->now_ms + ms;
        int64_t next_ms;
        while ((next_ms = script_pump(w)) <= until_ms)
                w->now_ms = next_ms;
        w->now_ms = until_ms;
        script_pump(w);
}

/* The next request, which must be of that API. */
static inline struct script_request script_take(struct script_world *w, int16_t api_key)
{
        script_pump(w);
        assert_true(w->inbox_count > 0);
        assert_int_equal(w->inbox[0].header.api_key, api_key);
        return script_remove(w, 0);
}

/* The stream dies under the client. */
static inline void script_cut(struct script_world *w, int64_t stream)
{
        struct actor *actor = client_actor(w->client);
        w->ports[stream - 1] = 0;
        actor->on_close(actor, stream, KERR_CONNECTION_FAILED);
        script_pump(w);
}

#endif
