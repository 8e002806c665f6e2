#include "wire/reassignments.h"

static void serde_alter_partition(struct serde *s, struct alter_reassignments_partition *m)
{
        serde_i32(s, &m->index);
        serde_nullable_array(s, &m->replicas, serde_i32);
        serde_tags(s);
}

static void serde_alter_topic(struct serde *s, struct alter_reassignments_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_alter_partition);
        serde_tags(s);
}

/* AlterPartitionReassignments asks to move partitions to these brokers (KIP-455). */
void serde_alter_reassignments_request(struct serde *s, struct alter_reassignments_request *m)
{
        serde_i32(s, &m->timeout_ms);
        serde_array(s, &m->topics, serde_alter_topic);
        serde_tags(s);
}

static void serde_alter_partition_response(struct serde *s,
                                           struct alter_reassignments_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        serde_tags(s);
}

static void serde_alter_topic_response(struct serde *s,
                                       struct alter_reassignments_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_alter_partition_response);
        serde_tags(s);
}

/* The answer: which moves have begun; they end some time later. */
void serde_alter_reassignments_response(struct serde *s, struct alter_reassignments_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        serde_array(s, &m->topics, serde_alter_topic_response);
        serde_tags(s);
}

static void serde_list_topic(struct serde *s, struct list_reassignments_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

/* ListPartitionReassignments asks which of these partitions, or of all, are on the move. */
void serde_list_reassignments_request(struct serde *s, struct list_reassignments_request *m)
{
        serde_i32(s, &m->timeout_ms);
        serde_nullable_array(s, &m->topics, serde_list_topic);
        serde_tags(s);
}

static void serde_list_partition_response(struct serde *s,
                                          struct list_reassignments_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_array(s, &m->replicas, serde_i32);
        serde_array(s, &m->adding_replicas, serde_i32);
        serde_array(s, &m->removing_replicas, serde_i32);
        serde_tags(s);
}

static void serde_list_topic_response(struct serde *s, struct list_reassignments_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_list_partition_response);
        serde_tags(s);
}

/* The answer: only those that are. */
void serde_list_reassignments_response(struct serde *s, struct list_reassignments_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        serde_array(s, &m->topics, serde_list_topic_response);
        serde_tags(s);
}
