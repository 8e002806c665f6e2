#include "client/connection.h"

#include "wire/api_versions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
        RESPONSE_ARENA_BYTES_MAX = 64 << 20, /* arrays of one answer */
        JITTER_PERCENT = 20,
};

static int64_t min_ms(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/* --- requests --- */

void request_end(struct request *r, enum kerr err, bool sent, struct serde *body)
{
        struct client_response response = {.err = err, .sent = sent, .body = body};
        if (r->what.on_response)
                r->what.on_response(r->what.context, &response);
        free(r);
}

bool request_end_late(struct request **list, int64_t now_ms, bool sent)
{
        bool any = false;
        struct request *r, *next;
        DL_FOREACH_SAFE (*list, r, next) {
                if (now_ms < r->deadline_ms)
                        continue;
                any = true;
                DL_DELETE(*list, r);
                request_end(r, KERR_TIMED_OUT_LOCALLY, sent, NULL);
        }
        return any;
}

void request_forget(struct request **list, const struct service *owner)
{
        struct request *r, *next;
        DL_FOREACH_SAFE (*list, r, next) {
                if (owner && r->what.owner != owner)
                        continue;
                DL_DELETE(*list, r);
                free(r);
        }
}

/* --- life --- */

/* For logs. */
static int32_t node_id(const struct connection *c)
{
        return c->node < NODE_COORDINATOR ? c->node : c->node - NODE_COORDINATOR;
}

struct connection *connection_new(struct world *world, const struct client_config *config,
                                  int32_t node, const char *host, int32_t port)
{
        struct connection *c = calloc(1, sizeof *c);
        if (!c)
                abort();
        c->world = world;
        c->config = config;
        c->node = node;
        connection_set_address(c, host, port);
        return c;
}

void connection_free(struct connection *c)
{
        if (c->stream)
                c->world->hang_up(c->world, c->stream);
        request_forget(&c->queued, NULL);
        request_forget(&c->in_flight, NULL);
        free(c->host);
        free(c);
}

void connection_set_address(struct connection *c, const char *host, int32_t port)
{
        c->port = port;
        if (c->host && strcmp(c->host, host) == 0)
                return;
        char *copy = strdup(host);
        if (!copy)
                abort();
        free(c->host);
        c->host = copy;
}

void connection_submit(struct connection *c, struct request *r)
{
        DL_APPEND(c->queued, r);
}

void connection_forget(struct connection *c, const struct service *owner)
{
        request_forget(&c->queued, owner);
        struct request *r;
        DL_FOREACH (c->in_flight, r) {
                if (r->what.owner == owner)
                        r->what.on_response = NULL;
        }
}

/* --- losing --- */

static void back_off(struct connection *c, int64_t now_ms)
{
        int64_t delay_ms = c->config->reconnect_backoff_ms;
        for (int32_t i = 0; i < c->failures && delay_ms < c->config->reconnect_backoff_max_ms; i++)
                delay_ms *= 2;
        delay_ms = min_ms(delay_ms, c->config->reconnect_backoff_max_ms);
        uint64_t percent =
                100 - JITTER_PERCENT + c->world->random_u64(c->world) % (2 * JITTER_PERCENT + 1);
        c->dial_after_ms = now_ms + delay_ms * (int64_t)percent / 100;
        c->failures++;
}

static void end_all(struct request **list, bool sent)
{
        struct request *r, *next;
        DL_FOREACH_SAFE (*list, r, next) {
                DL_DELETE(*list, r);
                request_end(r, KERR_CONNECTION_FAILED, sent, NULL);
        }
}

static void lose(struct connection *c)
{
        c->state = CONNECTION_IDLE;
        c->stream = 0;
        back_off(c, c->world->mono_ms(c->world));
        end_all(&c->in_flight, true);
        end_all(&c->queued, false);
}

static void give_up(struct connection *c, const char *why)
{
        world_log(c->world, WORLD_WARN, "giving up the connection to %s:%d (node %d): %s", c->host,
                  c->port, node_id(c), why);
        c->world->hang_up(c->world, c->stream);
        lose(c);
}

void connection_on_close(struct connection *c, enum kerr why)
{
        /* Once is enough: it is dialled again and again. */
        world_log(c->world, c->failures == 0 ? WORLD_WARN : WORLD_DEBUG,
                  "no connection to %s:%d (node %d): %s", c->host, c->port, node_id(c),
                  kerr_text(why));
        lose(c);
}

/* --- going out --- */

static void send_packet(struct connection *c, const struct api *api, int16_t version,
                        int32_t correlation_id, void (*write)(struct serde *s, void *context),
                        void *context)
{
        struct packet *packet = packet_new(c->world);
        struct serde s = serde_writer(packet, version, false);
        struct request_header header = {.api_key = api->key,
                                        .api_version = version,
                                        .correlation_id = correlation_id,
                                        .client_id = str_of(c->config->client_id)};
        serde_request_header(&s, &header);
        write(&s, context);
        assert(!s.err);
        packet_finish(packet);
        c->world->send(c->world, c->stream, packet);
}

/* The highest version of both sides, or -1. */
static int16_t common_version(const struct connection *c, const struct api *api,
                              int16_t version_min)
{
        int16_t ours = version_min > api->client_max ? version_min : api->client_max;
        int16_t max = ours < c->peer[api->key].max ? ours : c->peer[api->key].max;
        bool fits = max >= api->min && max >= c->peer[api->key].min && max >= version_min;
        return fits ? max : -1;
}

static int32_t new_correlation_id(struct connection *c)
{
        int32_t id = c->next_correlation_id;
        c->next_correlation_id = id == INT32_MAX ? 0 : id + 1;
        return id;
}

static void write_request(struct connection *c, struct request *r)
{
        const struct api *api = api_find(r->what.api_key);
        assert(api && api->key < CONNECTION_APIS_MAX);
        r->version = common_version(c, api, r->what.version_min);
        if (r->version < 0) {
                world_log(c->world, WORLD_WARN,
                          "node %d speaks %s %d to %d, and we %d to %d (%d at least here)",
                          node_id(c), api->name, c->peer[api->key].min, c->peer[api->key].max,
                          api->min, api->max, r->what.version_min);
                request_end(r, KERR_UNSUPPORTED_VERSION, false, NULL);
                return;
        }
        r->correlation_id = new_correlation_id(c);
        send_packet(c, api, r->version, r->correlation_id, r->what.write, r->what.context);
        if (r->what.no_answer) {
                request_end(r, KERR_NONE, true, NULL);
                return;
        }
        DL_APPEND(c->in_flight, r);
}

static void write_queued(struct connection *c)
{
        while (c->state == CONNECTION_READY && c->queued) {
                struct request *r = c->queued;
                DL_DELETE(c->queued, r);
                write_request(c, r);
        }
}

void connection_dial(struct connection *c, int64_t now_ms)
{
        if (c->state != CONNECTION_IDLE || now_ms < c->dial_after_ms)
                return;
        enum kerr err = c->world->dial(c->world, c->host, c->port, &c->stream);
        if (err) {
                connection_on_close(c, err);
                return;
        }
        c->state = CONNECTION_DIALLING;
        c->setup_deadline_ms = now_ms + c->config->socket_connection_setup_timeout_ms;
}

/* --- handshake --- */

static void write_api_versions(struct serde *s, void *context)
{
        (void)context;
        struct api_versions_request m = {.client_software_name = str_of("odradek"),
                                         .client_software_version = str_of("1")};
        serde_api_versions_request(s, &m);
}

static void ask_api_versions(struct connection *c, int16_t version)
{
        c->state = CONNECTION_HANDSHAKE;
        c->handshake_version = version;
        c->handshake_correlation_id = new_correlation_id(c);
        send_packet(c, api_find(API_API_VERSIONS), version, c->handshake_correlation_id,
                    write_api_versions, NULL);
}

void connection_on_open(struct connection *c)
{
        ask_api_versions(c, api_find(API_API_VERSIONS)->client_max);
}

static void take_versions(struct connection *c, const struct api_versions_response *m)
{
        for (size_t key = 0; key < CONNECTION_APIS_MAX; key++)
                c->peer[key].max = -1;
        for (int32_t i = 0; i < m->apis.count; i++) {
                const struct api_versions_api *api = &m->apis.items[i];
                if (api->api_key < 0 || api->api_key >= CONNECTION_APIS_MAX)
                        continue;
                c->peer[api->api_key].min = api->min_version;
                c->peer[api->api_key].max = api->max_version;
        }
}

/* A broker that does not know the version asked in says so in version 0, with the range that it
 * does know, so the error has to be looked at before the version of the body is known (KIP-511). */
static enum kerr read_api_versions(struct connection *c, struct span frame, struct arena *arena,
                                   struct api_versions_response *m)
{
        const struct api *api = api_find(API_API_VERSIONS);
        struct serde s = serde_reader(frame, c->handshake_version, false, arena);
        int32_t correlation_id;
        serde_response_header(&s, api, &correlation_id);
        if (!s.err && correlation_id != c->handshake_correlation_id)
                return KERR_MALFORMED;
        if (s.end - s.at >= 2 && load_be16(s.at) == KERR_UNSUPPORTED_VERSION) {
                s.version = 0;
                s.flexible = false;
        }
        serde_api_versions_response(&s, m);
        return s.err;
}

static void on_api_versions(struct connection *c, struct span frame)
{
        struct api_versions_response m = {0};
        struct arena arena;
        arena_init(&arena, RESPONSE_ARENA_BYTES_MAX);
        enum kerr err = read_api_versions(c, frame, &arena, &m);
        if (!err)
                take_versions(c, &m);
        arena_deinit(&arena);
        if (!err)
                err = (enum kerr)m.error_code;
        if (err == KERR_UNSUPPORTED_VERSION) {
                int16_t known = c->peer[API_API_VERSIONS].max;
                int16_t lower = (int16_t)(c->handshake_version - 1);
                if (lower >= 0) {
                        ask_api_versions(c, known >= 0 && known < lower ? known : lower);
                        return;
                }
        }
        if (err) {
                give_up(c, kerr_text(err));
                return;
        }
        c->state = CONNECTION_READY;
        c->failures = 0;
}

/* --- coming in --- */

void connection_on_frame(struct connection *c, struct span frame)
{
        if (c->state == CONNECTION_HANDSHAKE) {
                on_api_versions(c, frame);
                return;
        }
        struct request *r = c->in_flight;
        if (!r) {
                give_up(c, "an answer that nobody asked for");
                return;
        }
        struct arena arena;
        arena_init(&arena, RESPONSE_ARENA_BYTES_MAX);
        struct serde s = serde_reader(frame, r->version, false, &arena);
        int32_t correlation_id;
        serde_response_header(&s, api_find(r->what.api_key), &correlation_id);
        if (s.err || correlation_id != r->correlation_id) {
                give_up(c, "an answer that does not fit the request");
        } else {
                DL_DELETE(c->in_flight, r);
                request_end(r, KERR_NONE, true, &s);
        }
        arena_deinit(&arena);
}

/* --- time --- */

static void check_deadlines(struct connection *c, int64_t now_ms)
{
        if (request_end_late(&c->in_flight, now_ms, true))
                give_up(c, "no answer in time");
        request_end_late(&c->queued, now_ms, false);
        bool setting_up = c->state == CONNECTION_DIALLING || c->state == CONNECTION_HANDSHAKE;
        if (setting_up && now_ms >= c->setup_deadline_ms)
                give_up(c, "it is not set up in time");
}

static int64_t next_deadline(const struct connection *c)
{
        int64_t next_ms = INT64_MAX;
        struct request *r;
        DL_FOREACH (c->in_flight, r)
                next_ms = min_ms(next_ms, r->deadline_ms);
        DL_FOREACH (c->queued, r)
                next_ms = min_ms(next_ms, r->deadline_ms);
        if (c->state == CONNECTION_DIALLING || c->state == CONNECTION_HANDSHAKE)
                next_ms = min_ms(next_ms, c->setup_deadline_ms);
        if (c->state == CONNECTION_IDLE && c->queued)
                next_ms = min_ms(next_ms, c->dial_after_ms);
        return next_ms;
}

int64_t connection_run(struct connection *c, int64_t now_ms)
{
        check_deadlines(c, now_ms);
        if (c->queued)
                connection_dial(c, now_ms);
        write_queued(c);
        return next_deadline(c);
}
