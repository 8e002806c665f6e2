#include "wire/offset_fetch.h"

static void serde_offset_fetch_topic(struct serde *s, struct offset_fetch_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

/* Up to 7 these lie in the request itself, which has the tags. */
static void serde_group_fields(struct serde *s, struct offset_fetch_group *m)
{
        if (serde_reads(s))
                *m = (struct offset_fetch_group){.member_id = STR_NULL, .member_epoch = -1};
        serde_string(s, &m->group_id);
        if (s->version >= 9) {
                serde_nullable_string(s, &m->member_id);
                serde_i32(s, &m->member_epoch);
        }
        if (s->version >= 2)
                serde_nullable_array(s, &m->topics, serde_offset_fetch_topic);
        else
                serde_array(s, &m->topics, serde_offset_fetch_topic);
}

static void serde_offset_fetch_group(struct serde *s, struct offset_fetch_group *m)
{
        serde_group_fields(s, m);
        serde_tags(s);
}

/* OffsetFetch asks where groups stand, in these partitions or in all. */
void serde_offset_fetch_request(struct serde *s, struct offset_fetch_request *m)
{
        if (s->version < 8)
                serde_only_item(s, &m->groups, serde_group_fields);
        else
                serde_array(s, &m->groups, serde_offset_fetch_group);
        if (s->version >= 7)
                serde_bool(s, &m->require_stable);
        serde_tags(s);
}

static void serde_offset_fetch_partition_response(struct serde *s,
                                                  struct offset_fetch_partition_response *m)
{
        if (serde_reads(s))
                m->committed_leader_epoch = -1;
        serde_i32(s, &m->index);
        serde_i64(s, &m->committed_offset);
        if (s->version >= 5)
                serde_i32(s, &m->committed_leader_epoch);
        serde_nullable_string(s, &m->metadata);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}

static void serde_offset_fetch_topic_response(struct serde *s,
                                              struct offset_fetch_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_offset_fetch_partition_response);
        serde_tags(s);
}

static void serde_group_fields_response(struct serde *s, struct offset_fetch_group_response *m)
{
        if (s->version >= 8)
                serde_string(s, &m->group_id);
        serde_array(s, &m->topics, serde_offset_fetch_topic_response);
        if (s->version >= 2)
                serde_i16(s, &m->error_code);
}

static void serde_offset_fetch_group_response(struct serde *s,
                                              struct offset_fetch_group_response *m)
{
        serde_group_fields_response(s, m);
        serde_tags(s);
}

/* The answer: the offsets kept, -1 where there is none. */
void serde_offset_fetch_response(struct serde *s, struct offset_fetch_response *m)
{
        if (s->version >= 3)
                serde_i32(s, &m->throttle_time_ms);
        if (s->version < 8)
                serde_only_item(s, &m->groups, serde_group_fields_response);
        else
                serde_array(s, &m->groups, serde_offset_fetch_group_response);
        serde_tags(s);
}
