/* Operations on the cluster as a whole: its brokers, settings, leaders and replicas; see admin.h.
 */
#include "client/admin_operation.h"

#include <stdlib.h>

/* --- brokers --- */

static void write_describe_cluster(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_describe_cluster_request(s, &q->describe_cluster);
}

static void read_describe_cluster(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_describe_cluster_response(s, &a->describe_cluster);
        TAKE_OUTCOME(&a->describe_cluster, r);
        r->cluster = &a->describe_cluster;
}

static const struct kind describe_cluster = {API_DESCRIBE_CLUSTER, false, write_describe_cluster,
                                             read_describe_cluster};

void admin_describe_cluster(struct admin *a, admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(a, &describe_cluster, NODE_ANY, on_done, context);
        o->question.describe_cluster.endpoint_type = ENDPOINT_BROKERS;
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
        if (r->configs)
                TAKE_OUTCOME(r->configs, r);
}

static const struct kind describe_configs = {API_DESCRIBE_CONFIGS, false, write_describe_configs,
                                             read_describe_configs};

void admin_describe_configs(struct admin *a, enum config_resource_type type, const char *name,
                            admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(a, &describe_configs, node_of(type, name, NODE_ANY),
                                              on_done, context);
        struct describe_configs_resource m = {.resource_type = (int8_t)type,
                                              .resource_name = operation_keep_str(o, str_of(name)),
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
        if (m)
                TAKE_OUTCOME(m, r);
}

static const struct kind alter_configs = {API_INCREMENTAL_ALTER_CONFIGS, true, write_alter_configs,
                                          read_alter_configs};

void admin_alter_configs(struct admin *a, enum config_resource_type type, const char *name,
                         const struct alter_configs_config *configs, int32_t config_count,
                         bool validate_only, admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(
                a, &alter_configs, node_of(type, name, NODE_CONTROLLER), on_done, context);
        struct alter_configs_resource m = {.resource_type = (int8_t)type,
                                           .resource_name = operation_keep_str(o, str_of(name))};
        KEEP_ARRAY(o, &m.configs, configs, config_count);
        for (int32_t i = 0; i < config_count; i++) {
                m.configs.items[i].name = operation_keep_str(o, configs[i].name);
                m.configs.items[i].value = operation_keep_str(o, configs[i].value);
        }
        o->question.alter_configs.validate_only = validate_only;
        KEEP_ONE(o, &o->question.alter_configs.resources, m);
}

/* --- leaders and replicas --- */

static void write_elect_leaders(struct serde *s, union question *q, int32_t timeout_ms)
{
        q->elect_leaders.timeout_ms = timeout_ms;
        serde_elect_leaders_request(s, &q->elect_leaders);
}

static void read_elect_leaders(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_elect_leaders_response(s, &a->elect_leaders);
        r->err = (enum kerr)a->elect_leaders.error_code;
        r->elected = &a->elect_leaders;
}

static void read_elected_leader(struct serde *s, union answer *a, struct admin_result *r)
{
        read_elect_leaders(s, a, r);
        if (r->err)
                return;
        const struct elect_leaders_topic_response *m = ONLY_ITEM(&a->elect_leaders.topics, r);
        const struct elect_leaders_partition_response *p = m ? ONLY_ITEM(&m->partitions, r) : NULL;
        if (p)
                TAKE_OUTCOME(p, r);
}

static const struct kind elect_all_leaders = {API_ELECT_LEADERS, true, write_elect_leaders,
                                              read_elect_leaders};
static const struct kind elect_leader = {API_ELECT_LEADERS, true, write_elect_leaders,
                                         read_elected_leader};

void admin_elect_all_leaders(struct admin *a, enum election_type type, admin_done *on_done,
                             void *context)
{
        struct operation *o =
                operation_begin(a, &elect_all_leaders, NODE_CONTROLLER, on_done, context);
        o->question.elect_leaders.election_type = (int8_t)type;
        o->question.elect_leaders.topics.count = -1;
}

void admin_elect_leader(struct admin *a, enum election_type type, const char *topic,
                        int32_t partition, admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(a, &elect_leader, NODE_CONTROLLER, on_done, context);
        struct elect_leaders_topic m = {.name = operation_keep_str(o, str_of(topic))};
        KEEP_ONE(o, &m.partitions, partition);
        o->question.elect_leaders.election_type = (int8_t)type;
        KEEP_ONE(o, &o->question.elect_leaders.topics, m);
}

static void write_alter_reassignments(struct serde *s, union question *q, int32_t timeout_ms)
{
        q->alter_reassignments.timeout_ms = timeout_ms;
        serde_alter_reassignments_request(s, &q->alter_reassignments);
}

static void read_alter_reassignments(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_alter_reassignments_response(s, &a->alter_reassignments);
        TAKE_OUTCOME(&a->alter_reassignments, r);
        if (r->err)
                return;
        const struct alter_reassignments_topic_response *m =
                ONLY_ITEM(&a->alter_reassignments.topics, r);
        const struct alter_reassignments_partition_response *p =
                m ? ONLY_ITEM(&m->partitions, r) : NULL;
        if (p)
                TAKE_OUTCOME(p, r);
}

static const struct kind alter_reassignments = {API_ALTER_PARTITION_REASSIGNMENTS, true,
                                                write_alter_reassignments,
                                                read_alter_reassignments};

void admin_reassign(struct admin *a, const char *topic, int32_t partition, const int32_t *replicas,
                    int32_t count, admin_done *on_done, void *context)
{
        struct operation *o =
                operation_begin(a, &alter_reassignments, NODE_CONTROLLER, on_done, context);
        struct alter_reassignments_partition p = {.index = partition, .replicas.count = -1};
        if (count >= 0)
                KEEP_ARRAY(o, &p.replicas, replicas, count);
        struct alter_reassignments_topic m = {.name = operation_keep_str(o, str_of(topic))};
        KEEP_ONE(o, &m.partitions, p);
        KEEP_ONE(o, &o->question.alter_reassignments.topics, m);
}

static void write_list_reassignments(struct serde *s, union question *q, int32_t timeout_ms)
{
        q->list_reassignments.timeout_ms = timeout_ms;
        serde_list_reassignments_request(s, &q->list_reassignments);
}

static void read_list_reassignments(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_list_reassignments_response(s, &a->list_reassignments);
        TAKE_OUTCOME(&a->list_reassignments, r);
        r->reassignments = &a->list_reassignments;
}

static const struct kind list_reassignments = {API_LIST_PARTITION_REASSIGNMENTS, false,
                                               write_list_reassignments, read_list_reassignments};

void admin_list_reassignments(struct admin *a, admin_done *on_done, void *context)
{
        struct operation *o =
                operation_begin(a, &list_reassignments, NODE_CONTROLLER, on_done, context);
        o->question.list_reassignments.topics.count = -1;
}

static void write_describe_quorum(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_describe_quorum_request(s, &q->describe_quorum);
}

static void read_describe_quorum(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_describe_quorum_response(s, &a->describe_quorum);
        r->err = (enum kerr)a->describe_quorum.error_code;
        if (r->err)
                return;
        const struct describe_quorum_topic_response *m = ONLY_ITEM(&a->describe_quorum.topics, r);
        r->quorum = m ? ONLY_ITEM(&m->partitions, r) : NULL;
        if (r->quorum)
                r->err = (enum kerr)r->quorum->error_code;
}

static const struct kind describe_quorum = {API_DESCRIBE_QUORUM, false, write_describe_quorum,
                                            read_describe_quorum};

void admin_describe_quorum(struct admin *a, admin_done *on_done, void *context)
{
        struct operation *o =
                operation_begin(a, &describe_quorum, NODE_CONTROLLER, on_done, context);
        struct describe_quorum_topic m = {.name = str_of("__cluster_metadata")};
        int32_t partition = 0;
        KEEP_ONE(o, &m.partitions, partition);
        KEEP_ONE(o, &o->question.describe_quorum.topics, m);
}
