#include "broker/links.h"

#include "client/connection.h"

#include <assert.h>
#include <stdlib.h>
#include <uthash.h>

struct link {
        int32_t node;
        struct connection *lanes[LANES];
        UT_hash_handle hh;
};

/* What sends on one lane. */
struct lane_sender {
        struct rpc_sender sender; /* first */
        struct links *links;
        enum lane lane;
};

struct links {
        struct world *world;
        struct client_config config;
        struct lane_sender senders[LANES];
        struct link *links; /* by node, in the order of their first use */
};

static void write_rpc(struct serde *s, void *context)
{
        struct rpc *rpc = context;
        assert(s->version == rpc->version);
        rpc->write(rpc->context, s);
}

static void on_response(void *context, const struct client_response *response)
{
        struct rpc *rpc = context; /* our copy */
        rpc->on_answer(rpc->context, response->err, response->body);
        free(rpc);
}

static struct link *find_or_add(struct links *l, int32_t node)
{
        struct link *link;
        HASH_FIND(hh, l->links, &node, sizeof node, link);
        if (link)
                return link;
        link = calloc(1, sizeof *link);
        if (!link)
                abort();
        link->node = node;
        for (int lane = 0; lane < LANES; lane++)
                link->lanes[lane] = connection_new(l->world, &l->config, node, "", 0);
        HASH_ADD(hh, l->links, node, sizeof link->node, link);
        return link;
}

static void send_rpc(struct rpc_sender *sender, const struct rpc *rpc)
{
        struct lane_sender *on = (struct lane_sender *)sender;
        struct links *l = on->links;
        struct rpc *copy = malloc(sizeof *copy);
        struct request *r = calloc(1, sizeof *r);
        if (!copy || !r)
                abort();
        *copy = *rpc;
        r->what = (struct client_request){.api_key = rpc->api_key,
                                          .version_min = rpc->version,
                                          .write = write_rpc,
                                          .on_response = on_response,
                                          .context = copy};
        r->deadline_ms = l->world->mono_ms(l->world) + rpc->timeout_ms;
        connection_submit(find_or_add(l, rpc->node)->lanes[on->lane], r);
}

struct links *links_new(struct world *w, int64_t setup_timeout_ms)
{
        struct links *l = calloc(1, sizeof *l);
        if (!l)
                abort();
        for (int lane = 0; lane < LANES; lane++)
                l->senders[lane] = (struct lane_sender){{send_rpc}, l, (enum lane)lane};
        l->world = w;
        l->config = client_config_default();
        l->config.client_id = "odradek";
        l->config.socket_connection_setup_timeout_ms = setup_timeout_ms;
        return l;
}

/* Our copy of an rpc dies with the request that is forgotten. */
static void free_rpcs(struct request *list)
{
        for (struct request *r = list; r; r = r->next)
                free(r->what.context);
}

void links_free(struct links *l)
{
        struct link *link, *next;
        HASH_ITER (hh, l->links, link, next) {
                HASH_DEL(l->links, link);
                for (int lane = 0; lane < LANES; lane++) {
                        free_rpcs(link->lanes[lane]->queued);
                        free_rpcs(link->lanes[lane]->in_flight);
                        connection_free(link->lanes[lane]);
                }
                free(link);
        }
        free(l);
}

struct rpc_sender *links_sender(struct links *l, enum lane lane)
{
        return &l->senders[lane].sender;
}

void links_set_address(struct links *l, int32_t node, const char *host, int32_t port)
{
        struct link *link = find_or_add(l, node);
        for (int lane = 0; lane < LANES; lane++)
                connection_set_address(link->lanes[lane], host, port);
}

static struct connection *find_stream(struct links *l, int64_t stream)
{
        for (struct link *link = l->links; link; link = link->hh.next) {
                for (int lane = 0; lane < LANES; lane++) {
                        if (link->lanes[lane]->stream == stream)
                                return link->lanes[lane];
                }
        }
        return NULL;
}

bool links_on_open(struct links *l, int64_t stream)
{
        struct connection *c = find_stream(l, stream);
        if (c)
                connection_on_open(c);
        return c != NULL;
}

bool links_on_frame(struct links *l, const struct frame *frame)
{
        struct connection *c = find_stream(l, frame->stream);
        if (c)
                connection_on_frame(c, frame->bytes);
        return c != NULL;
}

bool links_on_close(struct links *l, int64_t stream, enum kerr why)
{
        struct connection *c = find_stream(l, stream);
        if (c)
                connection_on_close(c, why);
        return c != NULL;
}

int64_t links_run(struct links *l)
{
        int64_t now_ms = l->world->mono_ms(l->world), next_ms = INT64_MAX;
        for (struct link *link = l->links; link; link = link->hh.next) {
                for (int lane = 0; lane < LANES; lane++) {
                        int64_t at_ms = connection_run(link->lanes[lane], now_ms);
                        if (at_ms < next_ms)
                                next_ms = at_ms;
                }
        }
        return next_ms;
}
