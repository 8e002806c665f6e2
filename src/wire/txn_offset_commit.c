#include "wire/txn_offset_commit.h"

static void serde_txn_offset_commit_partition(struct serde *s, struct offset_commit_partition *m)
{
        if (serde_reads(s))
                *m = (struct offset_commit_partition){.committed_leader_epoch = -1,
                                                      .commit_timestamp_ms = -1};
        serde_i32(s, &m->index);
        serde_i64(s, &m->committed_offset);
        if (s->version >= 2)
                serde_i32(s, &m->committed_leader_epoch);
        serde_nullable_string(s, &m->committed_metadata);
        serde_tags(s);
}

static void serde_txn_offset_commit_topic(struct serde *s, struct offset_commit_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_txn_offset_commit_partition);
        serde_tags(s);
}

/* TxnOffsetCommit makes a group's progress part of a transaction (KIP-98), and of what the group's
 * present generation did (KIP-447). */
void serde_txn_offset_commit_request(struct serde *s, struct txn_offset_commit_request *m)
{
        if (serde_reads(s))
                *m = (struct txn_offset_commit_request){.generation_id = -1,
                                                        .group_instance_id = STR_NULL};
        serde_string(s, &m->transactional_id);
        serde_string(s, &m->group_id);
        serde_i64(s, &m->producer_id);
        serde_i16(s, &m->producer_epoch);
        if (s->version >= 3) {
                serde_i32(s, &m->generation_id);
                serde_string(s, &m->member_id);
                serde_nullable_string(s, &m->group_instance_id);
        }
        serde_array(s, &m->topics, serde_txn_offset_commit_topic);
        serde_tags(s);
}

/* The answer: the offsets are kept, but count only with the commit. */
void serde_txn_offset_commit_response(struct serde *s, struct txn_offset_commit_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_offset_commit_topic_response);
        serde_tags(s);
}
