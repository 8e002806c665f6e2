#include "wire/offset_delete.h"

static void serde_offset_delete_topic(struct serde *s, struct offset_delete_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
}

/* OffsetDelete asks to forget a group's offsets in topics that it no longer reads (KIP-496). */
void serde_offset_delete_request(struct serde *s, struct offset_delete_request *m)
{
        serde_string(s, &m->group_id);
        serde_array(s, &m->topics, serde_offset_delete_topic);
}

static void serde_offset_delete_partition_response(struct serde *s,
                                                   struct offset_delete_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
}

static void serde_offset_delete_topic_response(struct serde *s,
                                               struct offset_delete_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_offset_delete_partition_response);
}

/* The answer: GROUP_SUBSCRIBED_TO_TOPIC where the group still reads. */
void serde_offset_delete_response(struct serde *s, struct offset_delete_response *m)
{
        serde_i16(s, &m->error_code);
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_offset_delete_topic_response);
}
