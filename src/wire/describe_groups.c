#include "wire/describe_groups.h"

/* DescribeGroups asks a coordinator for all that it knows of groups. */
void serde_describe_groups_request(struct serde *s, struct describe_groups_request *m)
{
        serde_array(s, &m->groups, serde_string);
        if (s->version >= 3)
                serde_bool(s, &m->include_authorized_operations);
        serde_tags(s);
}

static void serde_describe_groups_member(struct serde *s, struct describe_groups_member *m)
{
        if (serde_reads(s))
                m->group_instance_id = STR_NULL;
        serde_string(s, &m->member_id);
        if (s->version >= 4)
                serde_nullable_string(s, &m->group_instance_id);
        serde_string(s, &m->client_id);
        serde_string(s, &m->client_host);
        serde_bytes(s, &m->member_metadata);
        serde_bytes(s, &m->member_assignment);
        serde_tags(s);
}

static void serde_describe_groups_group(struct serde *s, struct describe_groups_group *m)
{
        if (serde_reads(s))
                m->authorized_operations = INT32_MIN;
        serde_i16(s, &m->error_code);
        serde_string(s, &m->group_id);
        serde_string(s, &m->group_state);
        serde_string(s, &m->protocol_type);
        serde_string(s, &m->protocol_data);
        serde_array(s, &m->members, serde_describe_groups_member);
        if (s->version >= 3)
                serde_i32(s, &m->authorized_operations);
        serde_tags(s);
}

/* The answer: state and members of each. */
void serde_describe_groups_response(struct serde *s, struct describe_groups_response *m)
{
        if (s->version >= 1)
                serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->groups, serde_describe_groups_group);
        serde_tags(s);
}
