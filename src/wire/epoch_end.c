#include "wire/epoch_end.h"

static void serde_epoch_end_partition(struct serde *s, struct epoch_end_partition *m)
{
        serde_i32(s, &m->index);
        serde_i32(s, &m->current_leader_epoch);
        serde_i32(s, &m->leader_epoch);
        serde_tags(s);
}

static void serde_epoch_end_topic(struct serde *s, struct epoch_end_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_epoch_end_partition);
        serde_tags(s);
}

/* OffsetForLeaderEpoch asks: where did this leader epoch end in your log? (KIP-101; the current
 * leader epoch fences askers with old metadata, KIP-320) */
void serde_epoch_end_request(struct serde *s, struct epoch_end_request *m)
{
        if (serde_reads(s))
                m->replica_id = REPLICA_ID_DEBUG;
        if (s->version >= 3)
                serde_i32(s, &m->replica_id);
        serde_array(s, &m->topics, serde_epoch_end_topic);
        serde_tags(s);
}

static void serde_epoch_end_partition_response(struct serde *s,
                                               struct epoch_end_partition_response *m)
{
        serde_i16(s, &m->error_code);
        serde_i32(s, &m->index);
        serde_i32(s, &m->leader_epoch);
        serde_i64(s, &m->end_offset);
        serde_tags(s);
}

static void serde_epoch_end_topic_response(struct serde *s, struct epoch_end_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_epoch_end_partition_response);
        serde_tags(s);
}

/* The answer: the end of the largest known epoch that is not above the one asked about; it may be
 * a smaller one, and then the asker must ask again (KIP-279). */
void serde_epoch_end_response(struct serde *s, struct epoch_end_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_epoch_end_topic_response);
        serde_tags(s);
}
