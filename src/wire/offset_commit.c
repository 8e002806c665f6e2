#include "wire/offset_commit.h"

static void serde_offset_commit_partition(struct serde *s, struct offset_commit_partition *m)
{
        if (serde_reads(s))
                *m = (struct offset_commit_partition){.committed_leader_epoch = -1,
                                                      .commit_timestamp_ms = -1};
        serde_i32(s, &m->index);
        serde_i64(s, &m->committed_offset);
        if (s->version >= 6)
                serde_i32(s, &m->committed_leader_epoch);
        if (s->version == 1)
                serde_i64(s, &m->commit_timestamp_ms);
        serde_nullable_string(s, &m->committed_metadata);
        serde_tags(s);
}

static void serde_offset_commit_topic(struct serde *s, struct offset_commit_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_offset_commit_partition);
        serde_tags(s);
}

/* OffsetCommit keeps how far a group has read, if the member is still of its generation. */
void serde_offset_commit_request(struct serde *s, struct offset_commit_request *m)
{
        if (serde_reads(s))
                *m = (struct offset_commit_request){.group_instance_id = STR_NULL,
                                                    .retention_time_ms = -1};
        serde_string(s, &m->group_id);
        serde_i32(s, &m->generation_id);
        serde_string(s, &m->member_id);
        if (s->version >= 7)
                serde_nullable_string(s, &m->group_instance_id);
        if (s->version >= 2 && s->version <= 4)
                serde_i64(s, &m->retention_time_ms);
        serde_array(s, &m->topics, serde_offset_commit_topic);
        serde_tags(s);
}

static void serde_offset_commit_partition_response(struct serde *s,
                                                   struct offset_commit_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}

void serde_offset_commit_topic_response(struct serde *s, struct offset_commit_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_offset_commit_partition_response);
        serde_tags(s);
}

/* The answer comes when the offsets are safe on all in-sync replicas. */
void serde_offset_commit_response(struct serde *s, struct offset_commit_response *m)
{
        if (s->version >= 3)
                serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_offset_commit_topic_response);
        serde_tags(s);
}
