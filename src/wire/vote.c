#include "wire/vote.h"

static void serde_vote_partition(struct serde *s, struct vote_partition *m)
{
        serde_i32(s, &m->index);
        serde_i32(s, &m->candidate_epoch);
        serde_i32(s, &m->candidate_id);
        serde_i32(s, &m->last_offset_epoch);
        serde_i64(s, &m->last_offset);
        serde_tags(s);
}

static void serde_vote_topic(struct serde *s, struct vote_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_vote_partition);
        serde_tags(s);
}

/* Vote asks: may I lead in this epoch? My log ends there (KIP-595). */
void serde_vote_request(struct serde *s, struct vote_request *m)
{
        serde_nullable_string(s, &m->cluster_id);
        serde_array(s, &m->topics, serde_vote_topic);
        serde_tags(s);
}

static void serde_vote_partition_response(struct serde *s, struct vote_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_i32(s, &m->leader_id);
        serde_i32(s, &m->leader_epoch);
        serde_bool(s, &m->vote_granted);
        serde_tags(s);
}

static void serde_vote_topic_response(struct serde *s, struct vote_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_vote_partition_response);
        serde_tags(s);
}

/* The answer: yes or no, and the epoch and leader that the voter knows. */
void serde_vote_response(struct serde *s, struct vote_response *m)
{
        serde_i16(s, &m->error_code);
        serde_array(s, &m->topics, serde_vote_topic_response);
        serde_tags(s);
}
