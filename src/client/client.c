#include "client/client_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static int64_t min_ms(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

int64_t client_now_ms(const struct client *c)
{
        return c->world->mono_ms(c->world);
}

/* --- connections --- */

static struct connection *add_connection(struct client *c, int32_t node, const char *host,
                                         int32_t port)
{
        size_t count = (size_t)c->connection_count + 1;
        c->connections = realloc(c->connections, count * sizeof *c->connections);
        if (!c->connections)
                abort();
        struct connection *added = connection_new(c->world, &c->config, node, host, port);
        c->connections[c->connection_count++] = added;
        return added;
}

static struct connection *find_stream(const struct client *c, int64_t stream)
{
        for (int32_t i = 0; i < c->connection_count; i++) {
                if (c->connections[i]->stream == stream)
                        return c->connections[i];
        }
        return NULL;
}

/* The broker's connection, made or moved to the address last told; NULL when none was told. */
static struct connection *find_node(struct client *c, int32_t node)
{
        int32_t broker_id = node < 0 ? node : node & ~NODE_COORDINATOR;
        const struct cached_broker *broker = metadata_cache_broker(&c->metadata, broker_id);
        if (!broker)
                return NULL;
        for (int32_t i = 0; i < c->connection_count; i++) {
                if (c->connections[i]->node == node) {
                        connection_set_address(c->connections[i], broker->host, broker->port);
                        return c->connections[i];
                }
        }
        return add_connection(c, node, broker->host, broker->port);
}

/* --- routing --- */

static bool is_for_all(const struct connection *candidate)
{
        return candidate->node < NODE_COORDINATOR;
}

static struct connection *find_ready(const struct client *c)
{
        struct connection *ready = NULL;
        for (int32_t i = 0; i < c->connection_count; i++) {
                struct connection *candidate = c->connections[i];
                if (candidate->state != CONNECTION_READY || !is_for_all(candidate))
                        continue;
                if (!candidate->in_flight)
                        return candidate;
                if (!ready)
                        ready = candidate;
        }
        return ready;
}

static bool somebody_dials(const struct client *c)
{
        for (int32_t i = 0; i < c->connection_count; i++) {
                if (c->connections[i]->state != CONNECTION_IDLE && is_for_all(c->connections[i]))
                        return true;
        }
        return false;
}

/* Nobody is connected: dials the next whose back-off is over. Returns when to try again. */
static int64_t dial_somebody(struct client *c, int64_t now_ms)
{
        int64_t next_ms = INT64_MAX;
        for (int32_t i = 0; i < c->connection_count && !somebody_dials(c); i++) {
                struct connection *candidate = c->connections[c->bootstrap_turn];
                c->bootstrap_turn = (c->bootstrap_turn + 1) % c->connection_count;
                if (!is_for_all(candidate))
                        continue;
                connection_dial(candidate, now_ms);
                next_ms = min_ms(next_ms, candidate->dial_after_ms);
        }
        return somebody_dials(c) ? INT64_MAX : next_ms;
}

static struct connection *choose_connection(struct client *c, int32_t node)
{
        if (node == NODE_ANY)
                return find_ready(c);
        return find_node(c, node == NODE_CONTROLLER ? c->metadata.controller : node);
}

static int64_t route(struct client *c, int64_t now_ms)
{
        request_end_late(&c->unrouted, now_ms, false);
        int64_t next_ms = INT64_MAX;
        bool anybody = false;
        struct request *r, *next;
        DL_FOREACH_SAFE (c->unrouted, r, next) {
                struct connection *chosen = choose_connection(c, r->what.node);
                if (chosen) {
                        DL_DELETE(c->unrouted, r);
                        connection_submit(chosen, r);
                        continue;
                }
                next_ms = min_ms(next_ms, r->deadline_ms);
                if (r->what.node == NODE_ANY)
                        anybody = true;
                else
                        client_refresh_metadata(c);
        }
        return anybody ? min_ms(next_ms, dial_somebody(c, now_ms)) : next_ms;
}

void client_send(struct client *c, const struct client_request *request)
{
        struct request *r = calloc(1, sizeof *r);
        if (!r)
                abort();
        r->what = *request;
        r->deadline_ms = client_now_ms(c) + request->timeout_ms;
        DL_APPEND(c->unrouted, r);
        client_wake(c);
}

/* --- services --- */

void client_attach(struct client *c, struct service *s)
{
        DL_APPEND(c->services, s);
        client_wake(c);
}

void client_detach(struct client *c, struct service *s)
{
        DL_DELETE(c->services, s);
        request_forget(&c->unrouted, s);
        for (int32_t i = 0; i < c->connection_count; i++)
                connection_forget(c->connections[i], s);
}

void client_wake(struct client *c)
{
        c->woken = true;
}

bool error_is_retriable(enum kerr err)
{
        switch (err) {
        case KERR_CONNECTION_FAILED:
        case KERR_TIMED_OUT_LOCALLY:
        case KERR_CORRUPT_MESSAGE: /* on its way, probably */
        case KERR_UNKNOWN_TOPIC_OR_PARTITION:
        case KERR_LEADER_NOT_AVAILABLE:
        case KERR_NOT_LEADER_OR_FOLLOWER:
        case KERR_REQUEST_TIMED_OUT:
        case KERR_BROKER_NOT_AVAILABLE:
        case KERR_REPLICA_NOT_AVAILABLE:
        case KERR_NETWORK_EXCEPTION:
        case KERR_COORDINATOR_LOAD_IN_PROGRESS:
        case KERR_COORDINATOR_NOT_AVAILABLE:
        case KERR_NOT_COORDINATOR:
        case KERR_NOT_ENOUGH_REPLICAS:
        case KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
        case KERR_NOT_CONTROLLER:
        case KERR_KAFKA_STORAGE_ERROR:
        case KERR_FENCED_LEADER_EPOCH:
        case KERR_UNKNOWN_LEADER_EPOCH:
        case KERR_OFFSET_NOT_AVAILABLE: return true;
        default: return false;
        }
}

/* --- the actor --- */

static void on_open(struct actor *actor, int64_t stream, const char *peer)
{
        struct connection *connection = find_stream((struct client *)actor, stream);
        (void)peer;
        if (connection)
                connection_on_open(connection);
}

/* A frame of a stream that we hung up may still come in; it has no connection. */
static void on_frame(struct actor *actor, struct frame *frame)
{
        struct client *c = (struct client *)actor;
        struct connection *connection = find_stream(c, frame->stream);
        if (connection)
                connection_on_frame(connection, frame->bytes);
        c->world->release(c->world, frame);
}

static void on_close(struct actor *actor, int64_t stream, enum kerr why)
{
        struct connection *connection = find_stream((struct client *)actor, stream);
        if (connection)
                connection_on_close(connection, why);
}

/* A client reads and writes no files. */
static void on_synced(struct actor *actor, uint64_t token, enum kerr result)
{
        (void)actor;
        (void)token;
        (void)result;
}

static int64_t run_timers(struct actor *actor)
{
        struct client *c = (struct client *)actor;
        int64_t now_ms = client_now_ms(c), next_ms = INT64_MAX;
        c->woken = false;
        struct service *s;
        DL_FOREACH (c->services, s)
                next_ms = min_ms(next_ms, s->run(s, now_ms));
        next_ms = min_ms(next_ms, client_run_metadata(c, now_ms));
        next_ms = min_ms(next_ms, route(c, now_ms));
        for (int32_t i = 0; i < c->connection_count; i++)
                next_ms = min_ms(next_ms, connection_run(c->connections[i], now_ms));
        return c->woken ? now_ms : next_ms;
}

/* --- life --- */

struct client_config client_config_default(void)
{
        return (struct client_config){.client_id = "odradek",
                                      .request_timeout_ms = 30000,
                                      .retry_backoff_ms = 100,
                                      .reconnect_backoff_ms = 50,
                                      .reconnect_backoff_max_ms = 1000,
                                      .socket_connection_setup_timeout_ms = 10000,
                                      .metadata_max_age_ms = 300000,
                                      .allow_auto_create_topics = true};
}

/* One "host:port" or "[address]:port". */
static bool add_bootstrap(struct client *c, const char *text, size_t size)
{
        char host[256], *end;
        const char *colon = memrchr(text, ':', size);
        if (!colon)
                return false;
        long port = strtol(colon + 1, &end, 10);
        if (end != text + size || port < 1 || port > 65535)
                return false;
        size = (size_t)(colon - text);
        if (size >= 2 && text[0] == '[' && text[size - 1] == ']') {
                text++;
                size -= 2;
        }
        if (size == 0 || !str_copy((struct str){text, (int32_t)size}, host, sizeof host))
                return false;
        add_connection(c, -1, host, (int32_t)port);
        return true;
}

static enum kerr add_all_bootstrap(struct client *c, const char *servers)
{
        for (const char *at = servers ? servers : "";;) {
                at += strspn(at, " ");
                size_t size = strcspn(at, ",");
                if (!add_bootstrap(c, at, size))
                        return KERR_INVALID_CONFIG;
                if (!at[size])
                        return KERR_NONE;
                at += size + 1;
        }
}

enum kerr client_open(struct world *world, const struct client_config *config,
                      struct client **client)
{
        struct client *c = calloc(1, sizeof *c);
        if (!c)
                abort();
        c->actor = (struct actor){on_open, on_frame, on_close, on_synced, run_timers};
        c->world = world;
        c->config = *config;
        c->client_id = strdup(config->client_id ? config->client_id : "");
        if (!c->client_id)
                abort();
        c->config.client_id = c->client_id;
        c->config.bootstrap_servers = NULL; /* the connections know it from here on */
        metadata_cache_init(&c->metadata);
        enum kerr err = add_all_bootstrap(c, config->bootstrap_servers);
        if (err) {
                client_close(c);
                return err;
        }
        *client = c;
        return KERR_NONE;
}

void client_close(struct client *c)
{
        assert(!c->services);
        for (int32_t i = 0; i < c->connection_count; i++)
                connection_free(c->connections[i]);
        free(c->connections);
        request_forget(&c->unrouted, NULL);
        metadata_cache_deinit(&c->metadata);
        free(c->client_id);
        free(c);
}

struct actor *client_actor(struct client *c)
{
        return &c->actor;
}

bool client_has_stream(const struct client *c, int64_t stream)
{
        return find_stream(c, stream) != NULL;
}

struct world *client_world(struct client *c)
{
        return c->world;
}
