#include "wire/alter_partition.h"

static void serde_alter_partition_broker(struct serde *s, struct alter_partition_broker *m)
{
        serde_i32(s, &m->broker_id);
        serde_i64(s, &m->broker_epoch);
        serde_tags(s);
}

static void serde_alter_partition_partition(struct serde *s, struct alter_partition_partition *m)
{
        serde_i32(s, &m->index);
        serde_i32(s, &m->leader_epoch);
        serde_array(s, &m->new_isr, serde_alter_partition_broker);
        serde_i8(s, &m->leader_recovery_state);
        serde_i32(s, &m->partition_epoch);
        serde_tags(s);
}

static void serde_alter_partition_topic(struct serde *s, struct alter_partition_topic *m)
{
        serde_uuid(s, &m->topic_id);
        serde_array(s, &m->partitions, serde_alter_partition_partition);
        serde_tags(s);
}

/* AlterPartition asks to shrink or grow the ISR of partitions that the broker leads (KIP-497). */
void serde_alter_partition_request(struct serde *s, struct alter_partition_request *m)
{
        serde_i32(s, &m->broker_id);
        serde_i64(s, &m->broker_epoch);
        serde_array(s, &m->topics, serde_alter_partition_topic);
        serde_tags(s);
}

static void serde_alter_partition_partition_response(struct serde *s,
                                                     struct alter_partition_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_i32(s, &m->leader_id);
        serde_i32(s, &m->leader_epoch);
        serde_array(s, &m->isr, serde_i32);
        serde_i8(s, &m->leader_recovery_state);
        serde_i32(s, &m->partition_epoch);
        serde_tags(s);
}

static void serde_alter_partition_topic_response(struct serde *s,
                                                 struct alter_partition_topic_response *m)
{
        serde_uuid(s, &m->topic_id);
        serde_array(s, &m->partitions, serde_alter_partition_partition_response);
        serde_tags(s);
}

/* The answer: the partition as it now is, so the leader need not wait for the metadata log. */
void serde_alter_partition_response(struct serde *s, struct alter_partition_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_array(s, &m->topics, serde_alter_partition_topic_response);
        serde_tags(s);
}
