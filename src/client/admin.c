#include "client/admin_operation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct admin {
        struct service service;
        struct client *client;
        struct world *world;
        struct admin_config config;
        struct operation *operations;
};

/* --- the life of an operation --- */

static void free_operation(struct operation *o)
{
        coordinator_finder_deinit(&o->coordinator);
        arena_deinit(&o->arena);
        free(o);
}

static void finish(struct operation *o, struct admin_result *result)
{
        DL_DELETE(o->admin->operations, o);
        result->unknown = result->err && o->unknown;
        o->on_done(o->context, result);
        free_operation(o);
}

static void fail(struct operation *o, enum kerr err)
{
        finish(o, &(struct admin_result){.err = err, .message = STR_NULL});
}

/* That a topic is unknown is an answer, except from a broker that was told to be its leader. */
static bool is_worth_retrying(const struct operation *o, enum kerr err)
{
        if (err == KERR_UNKNOWN_TOPIC_OR_PARTITION)
                return o->topic != NULL;
        return error_is_retriable(err);
}

static void write_question(struct serde *s, void *context)
{
        struct operation *o = context;
        o->kind->write(s, &o->question, o->timeout_ms);
}

static void on_answer(void *context, const struct client_response *response)
{
        struct operation *o = context;
        struct admin *a = o->admin;
        union answer answer = {0};
        struct admin_result result = {.err = response->err, .message = STR_NULL};
        bool lost = response->err && response->sent;
        if (response->body) {
                o->kind->read(response->body, &answer, &result);
                if (response->body->err)
                        result.err = response->body->err;
                lost = response->body->err || result.err == KERR_REQUEST_TIMED_OUT;
        }
        o->asked = false;
        o->err = result.err;
        o->unknown |= lost && o->kind->changes;
        if (is_worth_retrying(o, result.err)) {
                o->retry_after_ms = a->world->mono_ms(a->world) + a->config.retry_backoff_ms;
                if (o->topic)
                        client_doubt_leader(a->client, o->topic, o->partition);
                else if (o->coordinator.key)
                        coordinator_doubt(&o->coordinator);
                else
                        client_refresh_metadata(a->client);
        } else {
                finish(o, &result);
        }
        client_wake(a->client);
}

/* No question goes on when its operation is over. */
static int64_t question_timeout_ms(const struct operation *o, int64_t now_ms)
{
        int64_t left_ms = o->deadline_ms - now_ms, most_ms = o->admin->config.request_timeout_ms;
        return left_ms < most_ms ? left_ms : most_ms;
}

static void ask(struct operation *o, int32_t node, int64_t now_ms)
{
        o->asked = true;
        o->timeout_ms = (int32_t)question_timeout_ms(o, now_ms);
        client_send(o->admin->client, &(struct client_request){.owner = &o->admin->service,
                                                               .node = node,
                                                               .api_key = o->kind->api_key,
                                                               .version_min = o->version_min,
                                                               .timeout_ms = o->timeout_ms,
                                                               .write = write_question,
                                                               .on_response = on_answer,
                                                               .context = o});
}

static void run_operation(struct operation *o, int64_t now_ms)
{
        if (o->asked || o->coordinator.asking)
                return;
        if (now_ms >= o->deadline_ms) {
                fail(o, o->err ? o->err : KERR_TIMED_OUT_LOCALLY);
                return;
        }
        if (now_ms < o->retry_after_ms)
                return;
        struct leader leader = {.node = o->node};
        enum kerr err = KERR_NONE;
        o->coordinator.request_timeout_ms = question_timeout_ms(o, now_ms);
        if (o->topic)
                err = client_leader(o->admin->client, o->topic, o->partition, &leader);
        else if (o->coordinator.key)
                err = coordinator_node(&o->coordinator, &leader.node);
        if (err && !is_worth_retrying(o, err))
                fail(o, err);
        else if (err)
                o->err = err;
        else
                ask(o, leader.node, now_ms);
}

static int64_t run(struct service *service, int64_t now_ms)
{
        struct admin *a = (struct admin *)service;
        struct operation *o, *next;
        DL_FOREACH_SAFE (a->operations, o, next)
                run_operation(o, now_ms);
        int64_t next_ms = INT64_MAX;
        DL_FOREACH (a->operations, o) {
                int64_t due_ms = o->retry_after_ms > now_ms ? o->retry_after_ms : o->deadline_ms;
                if (o->coordinator.key && coordinator_due_ms(&o->coordinator) < due_ms)
                        due_ms = coordinator_due_ms(&o->coordinator);
                if (!o->asked && !o->coordinator.asking && due_ms < next_ms)
                        next_ms = due_ms;
        }
        return next_ms;
}

struct admin_config admin_config_default(void)
{
        return (struct admin_config){.request_timeout_ms = 30000,
                                     .default_api_timeout_ms = 60000,
                                     .retry_backoff_ms = 100};
}

struct admin *admin_open(struct client *c, const struct admin_config *config)
{
        struct admin *a = calloc(1, sizeof *a);
        if (!a)
                abort();
        a->service.run = run;
        a->client = c;
        a->world = client_world(c);
        a->config = *config;
        client_attach(c, &a->service);
        return a;
}

void admin_close(struct admin *a)
{
        client_detach(a->client, &a->service);
        while (a->operations) {
                a->operations->unknown |= a->operations->asked && a->operations->kind->changes;
                fail(a->operations, KERR_OPERATION_NOT_ATTEMPTED);
        }
        free(a);
}

int32_t admin_pending(const struct admin *a)
{
        int32_t count = 0;
        const struct operation *o;
        DL_FOREACH (a->operations, o)
                count++;
        return count;
}

struct operation *operation_begin(struct admin *a, const struct kind *kind, int32_t node,
                                  admin_done *on_done, void *context)
{
        struct operation *o = calloc(1, sizeof *o);
        if (!o)
                abort();
        o->admin = a;
        o->kind = kind;
        o->node = node;
        o->on_done = on_done;
        o->context = context;
        o->deadline_ms = a->world->mono_ms(a->world) + a->config.default_api_timeout_ms;
        arena_init(&o->arena, SIZE_MAX);
        DL_APPEND(a->operations, o);
        client_wake(a->client);
        return o;
}

struct operation *operation_begin_at_leader(struct admin *a, const struct kind *kind,
                                            const char *topic, int32_t partition,
                                            admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(a, kind, NODE_ANY, on_done, context);
        o->topic = operation_keep(o, topic, strlen(topic) + 1);
        o->partition = partition;
        return o;
}

struct operation *operation_begin_at_coordinator(struct admin *a, const struct kind *kind,
                                                 enum coordinator_type type, const char *key,
                                                 admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(a, kind, NODE_ANY, on_done, context);
        coordinator_finder_init(&o->coordinator, a->client, &a->service, type, key,
                                a->config.request_timeout_ms, a->config.retry_backoff_ms);
        return o;
}

void *operation_keep(struct operation *o, const void *from, size_t size)
{
        void *copy = arena_alloc(&o->arena, size);
        if (!copy)
                abort();
        if (size > 0)
                memcpy(copy, from, size);
        return copy;
}

struct str operation_keep_str(struct operation *o, struct str s)
{
        if (s.size >= 0)
                s.data = operation_keep(o, s.data, (size_t)s.size);
        return s;
}
