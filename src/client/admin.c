#include "client/admin.h"

#include "wire/metadata.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* A request's message while it waits to be written, with copies of all it points at. */
union question {
        struct create_topics_request create_topics;
        struct delete_topics_request delete_topics;
        struct create_partitions_request create_partitions;
        struct metadata_request metadata;
        struct describe_cluster_request describe_cluster;
        struct list_offsets_request list_offsets;
        struct delete_records_request delete_records;
        struct describe_configs_request describe_configs;
        struct alter_configs_request alter_configs;
};

union answer {
        struct create_topics_response create_topics;
        struct delete_topics_response delete_topics;
        struct create_partitions_response create_partitions;
        struct metadata_response metadata;
        struct describe_cluster_response describe_cluster;
        struct list_offsets_response list_offsets;
        struct delete_records_response delete_records;
        struct describe_configs_response describe_configs;
        struct alter_configs_response alter_configs;
};

/* What the operations of one API have in common. */
struct kind {
        int16_t api_key;
        bool changes; /* something: an answer that is lost leaves it unknown */
        void (*write)(struct serde *s, union question *q, int32_t timeout_ms);
        /* Reads the answer into `a` and puts error, message and pointer into `r`. */
        void (*read)(struct serde *s, union answer *a, struct admin_result *r);
};

struct operation {
        struct admin *admin;
        const struct kind *kind;
        struct arena arena; /* holds what `question` points at */
        union question question;
        int16_t version_min;
        int32_t node;      /* whom to ask, unless it is a leader */
        const char *topic; /* of the leader to ask; NULL: not a leader */
        int32_t partition;
        admin_done *on_done;
        void *context;
        int64_t deadline_ms, retry_after_ms;
        int32_t timeout_ms; /* of the attempt under way */
        bool asked;
        enum kerr err; /* of the last attempt */
        bool unknown;
        struct operation *prev, *next;
};

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
                else
                        client_refresh_metadata(a->client);
        } else {
                finish(o, &result);
        }
        client_wake(a->client);
}

static void ask(struct operation *o, int32_t node, int64_t now_ms)
{
        const struct admin *a = o->admin;
        int64_t left_ms = o->deadline_ms - now_ms;
        o->asked = true;
        o->timeout_ms =
                (int32_t)(left_ms < a->config.request_timeout_ms ? left_ms
                                                                 : a->config.request_timeout_ms);
        client_send(a->client, &(struct client_request){.owner = &o->admin->service,
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
        if (o->asked)
                return;
        if (now_ms >= o->deadline_ms) {
                fail(o, o->err ? o->err : KERR_TIMED_OUT_LOCALLY);
                return;
        }
        if (now_ms < o->retry_after_ms)
                return;
        struct leader leader = {.node = o->node};
        enum kerr err = KERR_NONE;
        if (o->topic)
                err = client_leader(o->admin->client, o->topic, o->partition, &leader);
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
                if (!o->asked && due_ms < next_ms)
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

static struct operation *begin(struct admin *a, const struct kind *kind, int32_t node,
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

/* --- copies of what is passed in --- */

static void *keep(struct operation *o, const void *from, size_t size)
{
        void *copy = arena_alloc(&o->arena, size);
        if (!copy)
                abort();
        if (size > 0)
                memcpy(copy, from, size);
        return copy;
}

static struct str keep_str(struct operation *o, struct str s)
{
        if (s.size >= 0)
                s.data = keep(o, s.data, (size_t)s.size);
        return s;
}

static struct str keep_name(struct operation *o, const char *name)
{
        return keep_str(o, str_of(name));
}

/* An array of the one item given, or of `count` items. */
#define KEEP_ARRAY(o, array, from, n)                                                     \
        do {                                                                              \
                (array)->items = keep((o), (from), (size_t)(n) * sizeof *(array)->items); \
                (array)->count = (n);                                                     \
        } while (0)
#define KEEP_ONE(o, array, ...) KEEP_ARRAY(o, array, (&__VA_ARGS__), 1)

/* The only item of an answer, or NULL with the result in error when there is not exactly one. */
#define ONLY_ITEM(array, r) \
        ((array)->count == 1 ? &(array)->items[0] : ((r)->err = KERR_MALFORMED, NULL))

/* --- topics --- */

static void write_create_topics(struct serde *s, union question *q, int32_t timeout_ms)
{
        q->create_topics.timeout_ms = timeout_ms;
        serde_create_topics_request(s, &q->create_topics);
}

static void read_create_topics(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_create_topics_response(s, &a->create_topics);
        r->created = ONLY_ITEM(&a->create_topics.topics, r);
        if (r->created) {
                r->err = (enum kerr)r->created->error_code;
                r->message = r->created->error_message;
        }
}

static const struct kind create_topics = {API_CREATE_TOPICS, true, write_create_topics,
                                          read_create_topics};

void admin_create_topic(struct admin *a, const struct create_topics_topic *topic,
                        bool validate_only, admin_done *on_done, void *context)
{
        struct operation *o = begin(a, &create_topics, NODE_CONTROLLER, on_done, context);
        struct create_topics_topic copy = *topic;
        copy.name = keep_str(o, copy.name);
        KEEP_ARRAY(o, &copy.assignments, topic->assignments.items, topic->assignments.count);
        for (int32_t i = 0; i < copy.assignments.count; i++)
                KEEP_ARRAY(o, &copy.assignments.items[i].broker_ids,
                           topic->assignments.items[i].broker_ids.items,
                           topic->assignments.items[i].broker_ids.count);
        KEEP_ARRAY(o, &copy.configs, topic->configs.items, topic->configs.count);
        for (int32_t i = 0; i < copy.configs.count; i++) {
                copy.configs.items[i].name = keep_str(o, copy.configs.items[i].name);
                copy.configs.items[i].value = keep_str(o, copy.configs.items[i].value);
        }
        o->question.create_topics.validate_only = validate_only;
        KEEP_ONE(o, &o->question.create_topics.topics, copy);
}

static void write_delete_topics(struct serde *s, union question *q, int32_t timeout_ms)
{
        q->delete_topics.timeout_ms = timeout_ms;
        serde_delete_topics_request(s, &q->delete_topics);
}

static void read_delete_topics(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_delete_topics_response(s, &a->delete_topics);
        const struct delete_topics_topic_response *m = ONLY_ITEM(&a->delete_topics.topics, r);
        if (m) {
                r->err = (enum kerr)m->error_code;
                r->message = m->error_message;
        }
}

static const struct kind delete_topics = {API_DELETE_TOPICS, true, write_delete_topics,
                                          read_delete_topics};

void admin_delete_topic(struct admin *a, const char *topic, admin_done *on_done, void *context)
{
        struct operation *o = begin(a, &delete_topics, NODE_CONTROLLER, on_done, context);
        struct delete_topics_topic m = {.name = keep_name(o, topic)};
        KEEP_ONE(o, &o->question.delete_topics.topics, m);
}

static void write_create_partitions(struct serde *s, union question *q, int32_t timeout_ms)
{
        q->create_partitions.timeout_ms = timeout_ms;
        serde_create_partitions_request(s, &q->create_partitions);
}

static void read_create_partitions(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_create_partitions_response(s, &a->create_partitions);
        const struct create_partitions_topic_response *m =
                ONLY_ITEM(&a->create_partitions.topics, r);
        if (m) {
                r->err = (enum kerr)m->error_code;
                r->message = m->error_message;
        }
}

static const struct kind create_partitions = {API_CREATE_PARTITIONS, true, write_create_partitions,
                                              read_create_partitions};

void admin_create_partitions(struct admin *a, const char *topic, int32_t count, admin_done *on_done,
                             void *context)
{
        struct operation *o = begin(a, &create_partitions, NODE_CONTROLLER, on_done, context);
        struct create_partitions_topic m = {
                .name = keep_name(o, topic), .count = count, .assignments.count = -1};
        KEEP_ONE(o, &o->question.create_partitions.topics, m);
}

/* --- metadata --- */

static void write_metadata(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_metadata_request(s, &q->metadata);
}

static void read_metadata(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_metadata_response(s, &a->metadata);
        r->metadata = &a->metadata;
}

static void read_one_topic(struct serde *s, union answer *a, struct admin_result *r)
{
        read_metadata(s, a, r);
        const struct metadata_topic_response *m = ONLY_ITEM(&a->metadata.topics, r);
        if (m)
                r->err = (enum kerr)m->error_code;
}

static const struct kind list_topics = {API_METADATA, false, write_metadata, read_metadata};
static const struct kind describe_topic = {API_METADATA, false, write_metadata, read_one_topic};

void admin_list_topics(struct admin *a, admin_done *on_done, void *context)
{
        struct operation *o = begin(a, &list_topics, NODE_ANY, on_done, context);
        o->question.metadata.topics.count = -1;
}

void admin_describe_topic(struct admin *a, const char *topic, admin_done *on_done, void *context)
{
        struct operation *o = begin(a, &describe_topic, NODE_ANY, on_done, context);
        o->version_min = 10; /* KIP-516: who describes a topic wants its id */
        struct metadata_topic m = {.name = keep_name(o, topic)};
        KEEP_ONE(o, &o->question.metadata.topics, m);
}

static void write_describe_cluster(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_describe_cluster_request(s, &q->describe_cluster);
}

static void read_describe_cluster(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_describe_cluster_response(s, &a->describe_cluster);
        r->err = (enum kerr)a->describe_cluster.error_code;
        r->message = a->describe_cluster.error_message;
        r->cluster = &a->describe_cluster;
}

static const struct kind describe_cluster = {API_DESCRIBE_CLUSTER, false, write_describe_cluster,
                                             read_describe_cluster};

void admin_describe_cluster(struct admin *a, admin_done *on_done, void *context)
{
        struct operation *o = begin(a, &describe_cluster, NODE_ANY, on_done, context);
        o->question.describe_cluster.endpoint_type = ENDPOINT_BROKERS;
}

/* --- what only a partition's leader can do --- */

static void write_list_offsets(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_list_offsets_request(s, &q->list_offsets);
}

static void read_list_offsets(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_list_offsets_response(s, &a->list_offsets);
        const struct list_offsets_topic_response *m = ONLY_ITEM(&a->list_offsets.topics, r);
        r->offset = m ? ONLY_ITEM(&m->partitions, r) : NULL;
        if (r->offset)
                r->err = (enum kerr)r->offset->error_code;
}

static const struct kind list_offsets = {API_LIST_OFFSETS, false, write_list_offsets,
                                         read_list_offsets};

static struct operation *begin_at_leader(struct admin *a, const struct kind *kind,
                                         const char *topic, int32_t partition, admin_done *on_done,
                                         void *context)
{
        struct operation *o = begin(a, kind, NODE_ANY, on_done, context);
        o->topic = keep(o, topic, strlen(topic) + 1);
        o->partition = partition;
        return o;
}

void admin_list_offsets(struct admin *a, const char *topic, int32_t partition, int64_t timestamp_ms,
                        admin_done *on_done, void *context)
{
        struct operation *o = begin_at_leader(a, &list_offsets, topic, partition, on_done, context);
        struct list_offsets_partition p = {
                .index = partition, .current_leader_epoch = -1, .timestamp_ms = timestamp_ms};
        struct list_offsets_topic m = {.name = str_of(o->topic)};
        KEEP_ONE(o, &m.partitions, p);
        if (timestamp_ms == LIST_OFFSETS_MAX_TIMESTAMP)
                o->version_min = 7; /* KIP-734; before, it would be taken for a time */
        o->question.list_offsets.replica_id = -1;
        KEEP_ONE(o, &o->question.list_offsets.topics, m);
}

static void write_delete_records(struct serde *s, union question *q, int32_t timeout_ms)
{
        q->delete_records.timeout_ms = timeout_ms;
        serde_delete_records_request(s, &q->delete_records);
}

static void read_delete_records(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_delete_records_response(s, &a->delete_records);
        const struct delete_records_topic_response *m = ONLY_ITEM(&a->delete_records.topics, r);
        r->deleted_records = m ? ONLY_ITEM(&m->partitions, r) : NULL;
        if (r->deleted_records)
                r->err = (enum kerr)r->deleted_records->error_code;
}

static const struct kind delete_records = {API_DELETE_RECORDS, true, write_delete_records,
                                           read_delete_records};

void admin_delete_records(struct admin *a, const char *topic, int32_t partition, int64_t offset,
                          admin_done *on_done, void *context)
{
        struct operation *o =
                begin_at_leader(a, &delete_records, topic, partition, on_done, context);
        struct delete_records_partition p = {.index = partition, .offset = offset};
        struct delete_records_topic m = {.name = str_of(o->topic)};
        KEEP_ONE(o, &m.partitions, p);
        KEEP_ONE(o, &o->question.delete_records.topics, m);
}

/* --- configurations --- */

/* A broker's own configuration is asked of that broker. */
static int32_t node_of(enum config_resource_type type, const char *name, int32_t otherwise)
{
        char *end;
        long node = strtol(name, &end, 10);
        bool is_broker = type == CONFIG_RESOURCE_BROKER && end != name && !*end;
        return is_broker && node >= 0 && node <= INT32_MAX ? (int32_t)node : otherwise;
}

static void write_describe_configs(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_describe_configs_request(s, &q->describe_configs);
}

static void read_describe_configs(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_describe_configs_response(s, &a->describe_configs);
        r->configs = ONLY_ITEM(&a->describe_configs.resources, r);
        if (r->configs) {
                r->err = (enum kerr)r->configs->error_code;
                r->message = r->configs->error_message;
        }
}

static const struct kind describe_configs = {API_DESCRIBE_CONFIGS, false, write_describe_configs,
                                             read_describe_configs};

void admin_describe_configs(struct admin *a, enum config_resource_type type, const char *name,
                            admin_done *on_done, void *context)
{
        struct operation *o =
                begin(a, &describe_configs, node_of(type, name, NODE_ANY), on_done, context);
        struct describe_configs_resource m = {.resource_type = (int8_t)type,
                                              .resource_name = keep_name(o, name),
                                              .keys.count = -1};
        o->question.describe_configs.include_synonyms = true;
        KEEP_ONE(o, &o->question.describe_configs.resources, m);
}

static void write_alter_configs(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_incremental_alter_configs_request(s, &q->alter_configs);
}

static void read_alter_configs(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_alter_configs_response(s, &a->alter_configs);
        const struct alter_configs_resource_response *m = ONLY_ITEM(&a->alter_configs.resources, r);
        if (m) {
                r->err = (enum kerr)m->error_code;
                r->message = m->error_message;
        }
}

static const struct kind alter_configs = {API_INCREMENTAL_ALTER_CONFIGS, true, write_alter_configs,
                                          read_alter_configs};

void admin_alter_configs(struct admin *a, enum config_resource_type type, const char *name,
                         const struct alter_configs_config *configs, int32_t config_count,
                         bool validate_only, admin_done *on_done, void *context)
{
        struct operation *o =
                begin(a, &alter_configs, node_of(type, name, NODE_CONTROLLER), on_done, context);
        struct alter_configs_resource m = {.resource_type = (int8_t)type,
                                           .resource_name = keep_name(o, name)};
        KEEP_ARRAY(o, &m.configs, configs, config_count);
        for (int32_t i = 0; i < config_count; i++) {
                m.configs.items[i].name = keep_str(o, configs[i].name);
                m.configs.items[i].value = keep_str(o, configs[i].value);
        }
        o->question.alter_configs.validate_only = validate_only;
        KEEP_ONE(o, &o->question.alter_configs.resources, m);
}
