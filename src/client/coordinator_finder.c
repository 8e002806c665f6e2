#include "client/coordinator_finder.h"

#include <stdlib.h>
#include <string.h>

static int64_t now_of(const struct coordinator_finder *f)
{
        struct world *world = client_world(f->client);
        return world->mono_ms(world);
}

void coordinator_finder_init(struct coordinator_finder *f, struct client *client,
                             struct service *owner, enum coordinator_type type, const char *key,
                             int64_t request_timeout_ms, int64_t retry_backoff_ms)
{
        *f = (struct coordinator_finder){.client = client,
                                         .owner = owner,
                                         .type = type,
                                         .key = strdup(key),
                                         .request_timeout_ms = request_timeout_ms,
                                         .retry_backoff_ms = retry_backoff_ms,
                                         .node = -1,
                                         .err = KERR_COORDINATOR_NOT_AVAILABLE};
        if (!f->key)
                abort();
}

void coordinator_finder_deinit(struct coordinator_finder *f)
{
        free(f->key);
}

static void write_question(struct serde *s, void *context)
{
        struct coordinator_finder *f = context;
        struct str key = str_of(f->key);
        struct find_coordinator_request m = {.key_type = (int8_t)f->type,
                                             .coordinator_keys = {&key, 1}};
        serde_find_coordinator_request(s, &m);
}

static void on_answer(void *context, const struct client_response *response)
{
        struct coordinator_finder *f = context;
        struct find_coordinator_response m = {0};
        enum kerr err = response->err;
        if (!err) {
                serde_find_coordinator_response(response->body, &m);
                err = response->body->err;
        }
        if (!err && m.coordinators.count != 1)
                err = KERR_UNKNOWN_SERVER_ERROR;
        if (!err)
                err = (enum kerr)m.coordinators.items[0].error_code;
        f->asking = false;
        f->err = err;
        f->node = err ? -1 : m.coordinators.items[0].node_id;
        f->ask_after_ms = now_of(f) + f->retry_backoff_ms;
        client_wake(f->client);
}

enum kerr coordinator_node(struct coordinator_finder *f, int32_t *node)
{
        *node = f->node;
        if (f->node >= 0)
                return KERR_NONE;
        if (!error_is_retriable(f->err))
                return f->err;
        if (f->asking || now_of(f) < f->ask_after_ms)
                return f->err;
        f->asking = true;
        client_send(f->client,
                    &(struct client_request){.owner = f->owner,
                                             .node = NODE_ANY,
                                             .api_key = API_FIND_COORDINATOR,
                                             .version_min = f->type == COORDINATOR_GROUP ? 0 : 1,
                                             .timeout_ms = f->request_timeout_ms,
                                             .write = write_question,
                                             .on_response = on_answer,
                                             .context = f});
        return f->err;
}

int64_t coordinator_due_ms(const struct coordinator_finder *f)
{
        return f->node >= 0 || f->asking ? INT64_MAX : f->ask_after_ms;
}

void coordinator_doubt(struct coordinator_finder *f)
{
        if (f->asking)
                return;
        f->node = -1;
        f->err = KERR_COORDINATOR_NOT_AVAILABLE;
        f->ask_after_ms = now_of(f) + f->retry_backoff_ms;
}

bool coordinator_is_doubtful(enum kerr err)
{
        return err == KERR_NOT_COORDINATOR || err == KERR_COORDINATOR_NOT_AVAILABLE ||
               err == KERR_CONNECTION_FAILED || err == KERR_TIMED_OUT_LOCALLY;
}
