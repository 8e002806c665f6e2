#include "wire/describe_quorum.h"

/* A struct of one field in the schema: it has tags of its own. */
static void serde_partition_index(struct serde *s, int32_t *index)
{
        serde_i32(s, index);
        serde_tags(s);
}

static void serde_describe_quorum_topic(struct serde *s, struct describe_quorum_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_partition_index);
        serde_tags(s);
}

/* DescribeQuorum asks the leader of the quorum for its state (KIP-595). */
void serde_describe_quorum_request(struct serde *s, struct describe_quorum_request *m)
{
        serde_array(s, &m->topics, serde_describe_quorum_topic);
        serde_tags(s);
}

static void serde_describe_quorum_replica(struct serde *s, struct describe_quorum_replica *m)
{
        if (serde_reads(s))
                *m = (struct describe_quorum_replica){.last_fetch_timestamp_ms = -1,
                                                      .last_caught_up_timestamp_ms = -1};
        serde_i32(s, &m->replica_id);
        serde_i64(s, &m->log_end_offset);
        if (s->version >= 1)
                serde_i64(s, &m->last_fetch_timestamp_ms);
        if (s->version >= 1)
                serde_i64(s, &m->last_caught_up_timestamp_ms);
        serde_tags(s);
}

static void serde_describe_quorum_partition_response(struct serde *s,
                                                     struct describe_quorum_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_i32(s, &m->leader_id);
        serde_i32(s, &m->leader_epoch);
        serde_i64(s, &m->high_watermark);
        serde_array(s, &m->current_voters, serde_describe_quorum_replica);
        serde_array(s, &m->observers, serde_describe_quorum_replica);
        serde_tags(s);
}

static void serde_describe_quorum_topic_response(struct serde *s,
                                                 struct describe_quorum_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_describe_quorum_partition_response);
        serde_tags(s);
}

/* The answer: the leader, the high watermark, and where the log of each voter and observer ends. */
void serde_describe_quorum_response(struct serde *s, struct describe_quorum_response *m)
{
        serde_i16(s, &m->error_code);
        serde_array(s, &m->topics, serde_describe_quorum_topic_response);
        serde_tags(s);
}
