#include "wire/metadata.h"

static void serde_metadata_topic(struct serde *s, struct metadata_topic *m)
{
        if (s->version >= 10)
                serde_uuid(s, &m->topic_id);
        if (s->version >= 10)
                serde_nullable_string(s, &m->name);
        else
                serde_string(s, &m->name);
        serde_tags(s);
}

/* Version 0 has no null array: an empty one asks for all topics. */
static void serde_metadata_topics_v0(struct serde *s, struct metadata_request *m)
{
        if (m->topics.count < 0)
                m->topics.count = 0;
        serde_array(s, &m->topics, serde_metadata_topic);
        if (m->topics.count == 0)
                m->topics.count = -1;
}

/* Metadata asks for the brokers and for the leaders and replicas of topics, by name or, from 12 on,
 * by id (KIP-516); it may make topics that are not there yet (KIP-4). */
void serde_metadata_request(struct serde *s, struct metadata_request *m)
{
        if (serde_reads(s))
                *m = (struct metadata_request){.allow_auto_topic_creation = true};
        if (s->version >= 1)
                serde_nullable_array(s, &m->topics, serde_metadata_topic);
        else
                serde_metadata_topics_v0(s, m);
        if (s->version >= 4)
                serde_bool(s, &m->allow_auto_topic_creation);
        if (s->version >= 8 && s->version <= 10)
                serde_bool(s, &m->include_cluster_authorized_operations);
        if (s->version >= 8)
                serde_bool(s, &m->include_topic_authorized_operations);
        serde_tags(s);
}

static void serde_metadata_broker(struct serde *s, struct metadata_broker *m)
{
        if (serde_reads(s))
                m->rack = STR_NULL;
        serde_i32(s, &m->node_id);
        serde_string(s, &m->host);
        serde_i32(s, &m->port);
        if (s->version >= 1)
                serde_nullable_string(s, &m->rack);
        serde_tags(s);
}

static void serde_metadata_partition_response(struct serde *s,
                                              struct metadata_partition_response *m)
{
        if (serde_reads(s))
                m->leader_epoch = -1;
        serde_i16(s, &m->error_code);
        serde_i32(s, &m->index);
        serde_i32(s, &m->leader_id);
        if (s->version >= 7)
                serde_i32(s, &m->leader_epoch);
        serde_array(s, &m->replicas, serde_i32);
        serde_array(s, &m->isr, serde_i32);
        if (s->version >= 5)
                serde_array(s, &m->offline_replicas, serde_i32);
        serde_tags(s);
}

static void serde_metadata_topic_response(struct serde *s, struct metadata_topic_response *m)
{
        if (serde_reads(s))
                m->authorized_operations = AUTHORIZED_OPERATIONS_NOT_ASKED;
        serde_i16(s, &m->error_code);
        if (s->version >= 12)
                serde_nullable_string(s, &m->name);
        else
                serde_string(s, &m->name);
        if (s->version >= 10)
                serde_uuid(s, &m->topic_id);
        if (s->version >= 1)
                serde_bool(s, &m->is_internal);
        serde_array(s, &m->partitions, serde_metadata_partition_response);
        if (s->version >= 8)
                serde_i32(s, &m->authorized_operations);
        serde_tags(s);
}

/* The answer: all brokers, and the topics asked for; leaders come with their epochs (KIP-320), the
 * cluster's authorized operations (KIP-430) moved to DescribeCluster in 11 (KIP-700). */
void serde_metadata_response(struct serde *s, struct metadata_response *m)
{
        if (serde_reads(s))
                *m = (struct metadata_response){.cluster_id = STR_NULL,
                                                .controller_id = -1,
                                                .authorized_operations =
                                                        AUTHORIZED_OPERATIONS_NOT_ASKED};
        if (s->version >= 3)
                serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->brokers, serde_metadata_broker);
        if (s->version >= 2)
                serde_nullable_string(s, &m->cluster_id);
        if (s->version >= 1)
                serde_i32(s, &m->controller_id);
        serde_array(s, &m->topics, serde_metadata_topic_response);
        if (s->version >= 8 && s->version <= 10)
                serde_i32(s, &m->authorized_operations);
        serde_tags(s);
}
