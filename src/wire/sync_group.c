#include "wire/sync_group.h"

static void serde_sync_group_assignment(struct serde *s, struct sync_group_assignment *m)
{
        serde_string(s, &m->member_id);
        serde_bytes(s, &m->assignment);
        serde_tags(s);
}

/* SyncGroup waits for the leader's assignment, or is what brings it. */
void serde_sync_group_request(struct serde *s, struct sync_group_request *m)
{
        if (serde_reads(s))
                *m = (struct sync_group_request){.group_instance_id = STR_NULL,
                                                 .protocol_type = STR_NULL,
                                                 .protocol_name = STR_NULL};
        serde_string(s, &m->group_id);
        serde_i32(s, &m->generation_id);
        serde_string(s, &m->member_id);
        if (s->version >= 3)
                serde_nullable_string(s, &m->group_instance_id);
        if (s->version >= 5) {
                serde_nullable_string(s, &m->protocol_type);
                serde_nullable_string(s, &m->protocol_name);
        }
        serde_array(s, &m->assignments, serde_sync_group_assignment);
        serde_tags(s);
}

/* The answer: the member's own part. */
void serde_sync_group_response(struct serde *s, struct sync_group_response *m)
{
        if (serde_reads(s))
                *m = (struct sync_group_response){.protocol_type = STR_NULL,
                                                  .protocol_name = STR_NULL};
        if (s->version >= 1)
                serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        if (s->version >= 5) {
                serde_nullable_string(s, &m->protocol_type);
                serde_nullable_string(s, &m->protocol_name);
        }
        serde_bytes(s, &m->assignment);
        serde_tags(s);
}
