#include "wire/join_group.h"

static void serde_join_group_protocol(struct serde *s, struct join_group_protocol *m)
{
        serde_string(s, &m->name);
        serde_bytes(s, &m->metadata);
        serde_tags(s);
}

/* JoinGroup asks to be a member of a group, and says which protocols the member can follow. */
void serde_join_group_request(struct serde *s, struct join_group_request *m)
{
        if (serde_reads(s))
                *m = (struct join_group_request){.group_instance_id = STR_NULL, .reason = STR_NULL};
        serde_string(s, &m->group_id);
        serde_i32(s, &m->session_timeout_ms);
        if (s->version >= 1)
                serde_i32(s, &m->rebalance_timeout_ms);
        else if (serde_reads(s)) /* one time served both ends before KIP-62 */
                m->rebalance_timeout_ms = m->session_timeout_ms;
        serde_string(s, &m->member_id);
        if (s->version >= 5)
                serde_nullable_string(s, &m->group_instance_id);
        serde_string(s, &m->protocol_type);
        serde_array(s, &m->protocols, serde_join_group_protocol);
        if (s->version >= 8)
                serde_nullable_string(s, &m->reason);
        serde_tags(s);
}

static void serde_join_group_member(struct serde *s, struct join_group_member *m)
{
        if (serde_reads(s))
                m->group_instance_id = STR_NULL;
        serde_string(s, &m->member_id);
        if (s->version >= 5)
                serde_nullable_string(s, &m->group_instance_id);
        serde_bytes(s, &m->metadata);
        serde_tags(s);
}

/* The first versions that could not say null said it with no letters. */
static void serde_protocol_name(struct serde *s, struct str *name)
{
        struct str none = {"", 0};
        if (s->version >= 7)
                serde_nullable_string(s, name);
        else
                serde_string(s, serde_reads(s) || name->size >= 0 ? name : &none);
}

/* The answer, once all members have joined: the generation and its leader. */
void serde_join_group_response(struct serde *s, struct join_group_response *m)
{
        if (serde_reads(s))
                *m = (struct join_group_response){.protocol_type = STR_NULL};
        if (s->version >= 2)
                serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_i32(s, &m->generation_id);
        if (s->version >= 7)
                serde_nullable_string(s, &m->protocol_type);
        serde_protocol_name(s, &m->protocol_name);
        serde_string(s, &m->leader);
        if (s->version >= 9)
                serde_bool(s, &m->skip_assignment);
        serde_string(s, &m->member_id);
        serde_array(s, &m->members, serde_join_group_member);
        serde_tags(s);
}
