#include "wire/list_offsets.h"

static void serde_list_offsets_partition(struct serde *s, struct list_offsets_partition *m)
{
        if (serde_reads(s))
                m->current_leader_epoch = -1;
        serde_i32(s, &m->index);
        if (s->version >= 4)
                serde_i32(s, &m->current_leader_epoch);
        serde_i64(s, &m->timestamp_ms);
        serde_tags(s);
}

static void serde_list_offsets_topic(struct serde *s, struct list_offsets_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_list_offsets_partition);
        serde_tags(s);
}

/* ListOffsets asks for the first offset at or after a time (KIP-79), or for an end of the log. */
void serde_list_offsets_request(struct serde *s, struct list_offsets_request *m)
{
        serde_i32(s, &m->replica_id);
        if (s->version >= 2)
                serde_i8(s, &m->isolation_level);
        serde_array(s, &m->topics, serde_list_offsets_topic);
        serde_tags(s);
}

static void serde_list_offsets_partition_response(struct serde *s,
                                                  struct list_offsets_partition_response *m)
{
        if (serde_reads(s))
                m->leader_epoch = -1;
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_i64(s, &m->timestamp_ms);
        serde_i64(s, &m->offset);
        if (s->version >= 4)
                serde_i32(s, &m->leader_epoch);
        serde_tags(s);
}

static void serde_list_offsets_topic_response(struct serde *s,
                                              struct list_offsets_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_list_offsets_partition_response);
        serde_tags(s);
}

/* The answer: the record found, with the epoch of its leader (KIP-320). */
void serde_list_offsets_response(struct serde *s, struct list_offsets_response *m)
{
        if (s->version >= 2)
                serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_list_offsets_topic_response);
        serde_tags(s);
}
