#include "wire/heartbeat.h"

/* Heartbeat keeps a member's session, and asks whether the group is rebalancing. */
void serde_heartbeat_request(struct serde *s, struct heartbeat_request *m)
{
        if (serde_reads(s))
                m->group_instance_id = STR_NULL;
        serde_string(s, &m->group_id);
        serde_i32(s, &m->generation_id);
        serde_string(s, &m->member_id);
        if (s->version >= 3)
                serde_nullable_string(s, &m->group_instance_id);
        serde_tags(s);
}

/* The answer: REBALANCE_IN_PROGRESS tells the member to join again. */
void serde_heartbeat_response(struct serde *s, struct heartbeat_response *m)
{
        if (s->version >= 1)
                serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}
