#include "sim/load_client.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { REQUEST_TIMEOUT_MS = 1500 };

void load_note(const struct load_client *c, enum note code, int64_t b, int64_t c_, int64_t d)
{
        sim_trace(&c->load->sim->trace, c->node->config.id, NOTE, NULL, code, b, c_, d);
}

void load_wake(const struct load_client *c)
{
        if (sim_node_is_running(c->node))
                sim_schedule_after(&c->load->sim->scheduler, &c->node->timer, 0);
}

int64_t load_draw(const struct load_client *c, int64_t low, int64_t high)
{
        struct world *w = &c->node->files.world;
        return low + (int64_t)(w->random_u64(w) % (uint64_t)(high - low + 1));
}

int64_t load_now_ns(const struct load_client *c)
{
        return sim_now_ns(c->load->sim);
}

/* --- the actor over the client's --- */

/* The client that the stream is of. */
static struct actor *inner(struct actor *actor, int64_t stream)
{
        const struct load_client *c = (struct load_client *)(void *)actor;
        bool is_output = c->output && client_has_stream(c->output, stream);
        return client_actor(is_output ? c->output : c->client);
}

static void actor_on_open(struct actor *actor, int64_t stream, const char *peer)
{
        struct actor *to = inner(actor, stream);
        to->on_open(to, stream, peer);
}

static void actor_on_frame(struct actor *actor, struct frame *frame)
{
        struct actor *to = inner(actor, frame->stream);
        to->on_frame(to, frame);
}

static void actor_on_close(struct actor *actor, int64_t stream, enum kerr why)
{
        struct actor *to = inner(actor, stream);
        to->on_close(to, stream, why);
}

/* A client reads and writes no files. */
static void actor_on_synced(struct actor *actor, uint64_t token, enum kerr result)
{
        (void)actor;
        (void)token;
        (void)result;
}

static int64_t run_timers_of(struct client *client)
{
        return client ? client_actor(client)->run_timers(client_actor(client)) : INT64_MAX;
}

static int64_t work(struct load_client *c)
{
        int64_t now_us = sim_node_mono_ms(c->node) * 1000;
        c->has_news = false;
        if (c->is_leaving || c->is_stalled)
                return INT64_MAX;
        switch (c->role) {
        case LOAD_PRODUCER: return load_producer_work(c, now_us);
        case LOAD_MEMBER: return load_member_work(c, now_us);
        case LOAD_ADMIN: return load_admin_work(c, now_us);
        default: return INT64_MAX;
        }
}

static int64_t actor_run_timers(struct actor *actor)
{
        struct load_client *c = (struct load_client *)(void *)actor;
        int64_t due_us = work(c);
        int64_t due_ms = run_timers_of(c->client), output_ms = run_timers_of(c->output);
        if (output_ms < due_ms)
                due_ms = output_ms;
        if (due_us < INT64_MAX && due_us / 1000 + 1 < due_ms)
                due_ms = due_us / 1000 + 1;
        return c->has_news ? sim_node_mono_ms(c->node) : due_ms;
}

static enum kerr open_client(struct load_client *c, struct client **client)
{
        struct client_config config = client_config_default();
        config.bootstrap_servers = c->load->bootstrap_servers;
        config.client_id = c->name;
        config.request_timeout_ms = REQUEST_TIMEOUT_MS;
        config.reconnect_backoff_ms = 20;
        config.reconnect_backoff_max_ms = 500;
        config.socket_connection_setup_timeout_ms = 1000;
        config.metadata_max_age_ms = 5000;
        config.allow_auto_create_topics = false;
        return client_open(&c->node->files.world, &config, client);
}

enum kerr load_client_boot(struct sim_node *node, struct actor **actor)
{
        struct load_client *c = node->config.owner;
        bool has_output = c->role == LOAD_MEMBER && c->plan->verb == VERB_PIPELINE;
        enum kerr err = open_client(c, &c->client);
        if (!err && has_output)
                err = open_client(c, &c->output);
        assert(!err); /* memory is all it needs */
        c->actor = (struct actor){actor_on_open, actor_on_frame, actor_on_close, actor_on_synced,
                                  actor_run_timers};
        c->is_fenced = c->is_leaving = c->is_stalled = false;
        switch (c->role) {
        case LOAD_PRODUCER: load_producer_open(c); break;
        case LOAD_MEMBER: break; /* it joins when there is something to read */
        case LOAD_ADMIN: load_admin_open(c); break;
        default: load_reader_open(c);
        }
        *actor = &c->actor;
        return KERR_NONE;
}

void load_client_destroy(struct sim_node *node, struct actor *actor, bool clean)
{
        struct load_client *c = node->config.owner;
        (void)actor;
        c->is_dying = !clean;
        if (c->member)
                load_member_close(c);
        else if (c->producer)
                load_producer_close(c);
        if (c->consumer)
                consumer_close(c->consumer);
        if (c->admin)
                load_admin_close(c);
        client_close(c->client);
        if (c->output)
                client_close(c->output);
        c->is_dying = false;
        c->consumer = NULL;
        c->client = c->output = NULL;
}

void load_client_begin_stop(struct sim_node *node)
{
        struct load_client *c = node->config.owner;
        c->is_leaving = true;
        if (c->member)
                consumer_leave(c->consumer);
}

bool load_client_may_stop(const struct sim_node *node)
{
        const struct load_client *c = node->config.owner;
        return !c->member || consumer_has_left(c->consumer);
}
