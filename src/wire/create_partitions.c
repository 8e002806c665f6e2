#include "wire/create_partitions.h"

static void serde_create_partitions_assignment(struct serde *s,
                                               struct create_partitions_assignment *m)
{
        serde_array(s, &m->broker_ids, serde_i32);
        serde_tags(s);
}

static void serde_create_partitions_topic(struct serde *s, struct create_partitions_topic *m)
{
        serde_string(s, &m->name);
        serde_i32(s, &m->count);
        serde_nullable_array(s, &m->assignments, serde_create_partitions_assignment);
        serde_tags(s);
}

/* CreatePartitions asks to raise the number of partitions of topics (KIP-195). */
void serde_create_partitions_request(struct serde *s, struct create_partitions_request *m)
{
        serde_array(s, &m->topics, serde_create_partitions_topic);
        serde_i32(s, &m->timeout_ms);
        serde_bool(s, &m->validate_only);
        serde_tags(s);
}

static void serde_create_partitions_topic_response(struct serde *s,
                                                   struct create_partitions_topic_response *m)
{
        serde_string(s, &m->name);
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        serde_tags(s);
}

/* The answer: what became of each topic. */
void serde_create_partitions_response(struct serde *s, struct create_partitions_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_create_partitions_topic_response);
        serde_tags(s);
}
