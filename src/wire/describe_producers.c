#include "wire/describe_producers.h"

static void serde_describe_producers_topic(struct serde *s, struct describe_producers_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

/* DescribeProducers asks leaders for the producers that they remember (KIP-664). */
void serde_describe_producers_request(struct serde *s, struct describe_producers_request *m)
{
        serde_array(s, &m->topics, serde_describe_producers_topic);
        serde_tags(s);
}

static void serde_describe_producers_producer(struct serde *s,
                                              struct describe_producers_producer *m)
{
        serde_i64(s, &m->producer_id);
        serde_i32(s, &m->producer_epoch);
        serde_i32(s, &m->last_sequence);
        serde_i64(s, &m->last_timestamp_ms);
        serde_i32(s, &m->coordinator_epoch);
        serde_i64(s, &m->current_txn_start_offset);
        serde_tags(s);
}

static void
serde_describe_producers_partition_response(struct serde *s,
                                            struct describe_producers_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        serde_array(s, &m->active_producers, serde_describe_producers_producer);
        serde_tags(s);
}

static void serde_describe_producers_topic_response(struct serde *s,
                                                    struct describe_producers_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_describe_producers_partition_response);
        serde_tags(s);
}

/* The answer: their state, and where a transaction that holds up readers began. */
void serde_describe_producers_response(struct serde *s, struct describe_producers_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_describe_producers_topic_response);
        serde_tags(s);
}
