#include "broker_bench.h"

#include "log/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench *bench_of(struct actor *actor)
{
        return (struct bench *)(void *)((char *)actor - offsetof(struct bench, client));
}

static int connection_of(struct bench *b, int64_t stream)
{
        int i = 0;
        while (i < BENCH_CONNECTIONS && b->streams[i] != stream)
                i++;
        return i;
}

static void client_on_open(struct actor *actor, int64_t stream, const char *peer)
{
        struct bench *b = bench_of(actor);
        (void)peer;
        b->open[connection_of(b, stream)] = true;
}

static void client_on_frame(struct actor *actor, struct frame *frame)
{
        struct bench *b = bench_of(actor);
        struct bench_answer *a = &b->answers[b->answer_count++ % BENCH_ANSWERS_MAX];
        a->connection = connection_of(b, frame->stream);
        buffer_clear(&a->bytes);
        buffer_append(&a->bytes, frame->bytes.data, frame->bytes.size);
        struct world *w = &b->client_node->files.world;
        w->release(w, frame);
}

static void client_on_close(struct actor *actor, int64_t stream, enum kerr why)
{
        struct bench *b = bench_of(actor);
        (void)why;
        int i = connection_of(b, stream);
        if (i < BENCH_CONNECTIONS) /* else another one has taken its place */
                b->open[i] = false;
}

static void client_on_synced(struct actor *actor, uint64_t token, enum kerr result)
{
        (void)actor;
        (void)token;
        (void)result;
}

static int64_t client_run_timers(struct actor *actor)
{
        (void)actor;
        return INT64_MAX;
}

static enum kerr boot_client(struct sim_node *node, struct actor **actor)
{
        struct bench *b = node->config.owner;
        *actor = &b->client;
        return KERR_NONE;
}

static void destroy_client(struct sim_node *node, struct actor *actor, bool clean)
{
        (void)node;
        (void)actor;
        (void)clean;
}

static enum kerr boot_broker(struct sim_node *node, struct actor **actor)
{
        struct bench *b = node->config.owner;
        enum kerr err = broker_open(&node->files.world, &b->config, 9092, &b->broker);
        if (!err)
                *actor = broker_actor(b->broker);
        return err;
}

static void destroy_broker(struct sim_node *node, struct actor *actor, bool clean)
{
        struct bench *b = node->config.owner;
        (void)actor;
        if (clean)
                broker_close(b->broker);
        else
                broker_abandon(b->broker);
        b->broker = NULL;
}

static void set(struct config *config, const char *setting)
{
        const char *equals = strchr(setting, '=');
        enum config_id id = config_find((struct str){setting, (int32_t)(equals - setting)});
        char why[200];
        if (id == CONFIG_KEYS || config_set(config, id, str_of(equals + 1), why, sizeof why))
                abort();
}

void bench_open(struct bench *b, const char *const *settings)
{
        *b = (struct bench){.client = {client_on_open, client_on_frame, client_on_close,
                                       client_on_synced, client_run_timers}};
        set(&b->config, "log.dirs=/data");
        set(&b->config, "listeners=PLAINTEXT://broker-1:9092");
        while (settings && *settings)
                set(&b->config, *settings++);
        b->sim = sim_new(7);
        b->broker_node = sim_add_node(b->sim, &(struct sim_node_config){.id = 1,
                                                                        .name = "broker-1",
                                                                        .port = 9092,
                                                                        .owner = b,
                                                                        .boot = boot_broker,
                                                                        .destroy = destroy_broker});
        b->client_node = sim_add_node(b->sim, &(struct sim_node_config){.id = 2,
                                                                        .name = "client",
                                                                        .owner = b,
                                                                        .boot = boot_client,
                                                                        .destroy = destroy_client});
        arena_init(&b->arena, 16 << 20);
        if (sim_node_boot(b->broker_node) || sim_node_boot(b->client_node))
                abort();
        struct world *w = &b->client_node->files.world;
        for (int i = 0; i < BENCH_CONNECTIONS; i++) {
                if (w->dial(w, "broker-1", 9092, &b->streams[i]))
                        abort();
        }
        bench_wait_ready(b);
}

void bench_wait_ready(struct bench *b)
{
        for (int i = 0; i < 20 && !broker_is_ready(b->broker); i++)
                bench_run(b, 100);
        if (!broker_is_ready(b->broker))
                abort();
}

void bench_close(struct bench *b)
{
        sim_free(b->sim);
        config_deinit(&b->config);
        arena_deinit(&b->arena);
        for (int i = 0; i < BENCH_ANSWERS_MAX; i++)
                buffer_deinit(&b->answers[i].bytes);
}

struct serde bench_ask(struct bench *b, enum api_key key, int16_t version)
{
        struct packet *packet = packet_new(&b->client_node->files.world);
        struct serde out = serde_writer(packet, version, false);
        struct request_header header = {(int16_t)key, version, ++b->correlation, str_of("bench")};
        serde_request_header(&out, &header);
        return out;
}

void bench_send(struct bench *b, int connection, struct serde *out)
{
        struct world *w = &b->client_node->files.world;
        packet_finish(out->out);
        w->send(w, b->streams[connection], out->out);
}

void bench_run(struct bench *b, int64_t ms)
{
        sim_run_until(b->sim, sim_now_ns(b->sim) + ms * 1000000);
}

bool bench_answer(struct bench *b, enum api_key key, int16_t version, int64_t wait_ms,
                  struct serde *in, int *connection)
{
        for (int64_t ms = 0; ms < wait_ms && b->answer_taken == b->answer_count; ms++)
                bench_run(b, 1);
        if (b->answer_taken == b->answer_count)
                return false;
        struct bench_answer *a = &b->answers[b->answer_taken++ % BENCH_ANSWERS_MAX];
        int32_t correlation;
        *in = serde_reader(buffer_span(&a->bytes), version, false, &b->arena);
        serde_response_header(in, api_find((int16_t)key), &correlation);
        if (connection)
                *connection = a->connection;
        return true;
}

void bench_batch(struct buffer *into, const char *value, int count, int64_t timestamp)
{
        struct batch_builder builder;
        batch_builder_init(&builder);
        for (int i = 0; i < count; i++) {
                char text[64];
                int size = snprintf(text, sizeof text, "%s-%d", value, i);
                struct record r = {.timestamp = timestamp, .value = span_of(text, (size_t)size)};
                batch_builder_add(&builder, &r, NULL, 0);
        }
        if (batch_builder_finish(&builder, 0, into))
                abort();
        batch_builder_deinit(&builder);
}
