#include "wire/quorum_epoch.h"

static void serde_begin_partition(struct serde *s, struct begin_quorum_epoch_partition *m)
{
        serde_i32(s, &m->index);
        serde_i32(s, &m->leader_id);
        serde_i32(s, &m->leader_epoch);
        serde_tags(s);
}

static void serde_begin_topic(struct serde *s, struct begin_quorum_epoch_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_begin_partition);
        serde_tags(s);
}

/* BeginQuorumEpoch says: I was elected in this epoch, fetch from me (KIP-595). */
void serde_begin_quorum_epoch_request(struct serde *s, struct begin_quorum_epoch_request *m)
{
        serde_nullable_string(s, &m->cluster_id);
        serde_array(s, &m->topics, serde_begin_topic);
        serde_tags(s);
}

static void serde_end_partition(struct serde *s, struct end_quorum_epoch_partition *m)
{
        serde_i32(s, &m->index);
        serde_i32(s, &m->leader_id);
        serde_i32(s, &m->leader_epoch);
        serde_array(s, &m->preferred_successors, serde_i32);
        serde_tags(s);
}

static void serde_end_topic(struct serde *s, struct end_quorum_epoch_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_end_partition);
        serde_tags(s);
}

/* EndQuorumEpoch says: I lead no more; stand for election in this order (KIP-595). */
void serde_end_quorum_epoch_request(struct serde *s, struct end_quorum_epoch_request *m)
{
        serde_nullable_string(s, &m->cluster_id);
        serde_array(s, &m->topics, serde_end_topic);
        serde_tags(s);
}

static void serde_partition_response(struct serde *s, struct quorum_epoch_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_i32(s, &m->leader_id);
        serde_i32(s, &m->leader_epoch);
        serde_tags(s);
}

static void serde_topic_response(struct serde *s, struct quorum_epoch_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_partition_response);
        serde_tags(s);
}

/* The answers to both: the epoch and leader that the voter knows. */
void serde_begin_quorum_epoch_response(struct serde *s, struct begin_quorum_epoch_response *m)
{
        serde_i16(s, &m->error_code);
        serde_array(s, &m->topics, serde_topic_response);
        serde_tags(s);
}

void serde_end_quorum_epoch_response(struct serde *s, struct end_quorum_epoch_response *m)
{
        serde_i16(s, &m->error_code);
        serde_array(s, &m->topics, serde_topic_response);
        serde_tags(s);
}
