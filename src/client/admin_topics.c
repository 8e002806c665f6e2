/* Operations on topics and their partitions; see admin.h. */
#include "client/admin_operation.h"

#include <string.h>

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
        if (r->created)
                TAKE_OUTCOME(r->created, r);
}

static const struct kind create_topics = {API_CREATE_TOPICS, true, write_create_topics,
                                          read_create_topics};

void admin_create_topic(struct admin *a, const struct create_topics_topic *topic,
                        bool validate_only, admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(a, &create_topics, NODE_CONTROLLER, on_done, context);
        struct create_topics_topic copy = *topic;
        copy.name = operation_keep_str(o, copy.name);
        KEEP_ARRAY(o, &copy.assignments, topic->assignments.items, topic->assignments.count);
        for (int32_t i = 0; i < copy.assignments.count; i++)
                KEEP_ARRAY(o, &copy.assignments.items[i].broker_ids,
                           topic->assignments.items[i].broker_ids.items,
                           topic->assignments.items[i].broker_ids.count);
        KEEP_ARRAY(o, &copy.configs, topic->configs.items, topic->configs.count);
        for (int32_t i = 0; i < copy.configs.count; i++) {
                copy.configs.items[i].name = operation_keep_str(o, copy.configs.items[i].name);
                copy.configs.items[i].value = operation_keep_str(o, copy.configs.items[i].value);
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
        if (m)
                TAKE_OUTCOME(m, r);
}

static const struct kind delete_topics = {API_DELETE_TOPICS, true, write_delete_topics,
                                          read_delete_topics};

void admin_delete_topic(struct admin *a, const char *topic, admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(a, &delete_topics, NODE_CONTROLLER, on_done, context);
        struct delete_topics_topic m = {.name = operation_keep_str(o, str_of(topic))};
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
        if (m)
                TAKE_OUTCOME(m, r);
}

static const struct kind create_partitions = {API_CREATE_PARTITIONS, true, write_create_partitions,
                                              read_create_partitions};

void admin_create_partitions(struct admin *a, const char *topic, int32_t count, admin_done *on_done,
                             void *context)
{
        struct operation *o =
                operation_begin(a, &create_partitions, NODE_CONTROLLER, on_done, context);
        struct create_partitions_topic m = {.name = operation_keep_str(o, str_of(topic)),
                                            .count = count,
                                            .assignments.count = -1};
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
        struct operation *o = operation_begin(a, &list_topics, NODE_ANY, on_done, context);
        o->question.metadata.topics.count = -1;
}

void admin_describe_topic(struct admin *a, const char *topic, admin_done *on_done, void *context)
{
        struct operation *o = operation_begin(a, &describe_topic, NODE_ANY, on_done, context);
        o->version_min = 10; /* KIP-516: who describes a topic wants its id */
        struct metadata_topic m = {.name = operation_keep_str(o, str_of(topic))};
        KEEP_ONE(o, &o->question.metadata.topics, m);
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

void admin_list_offsets(struct admin *a, const char *topic, int32_t partition, int64_t timestamp_ms,
                        admin_done *on_done, void *context)
{
        struct operation *o =
                operation_begin_at_leader(a, &list_offsets, topic, partition, on_done, context);
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
                operation_begin_at_leader(a, &delete_records, topic, partition, on_done, context);
        struct delete_records_partition p = {.index = partition, .offset = offset};
        struct delete_records_topic m = {.name = str_of(o->topic)};
        KEEP_ONE(o, &m.partitions, p);
        KEEP_ONE(o, &o->question.delete_records.topics, m);
}
