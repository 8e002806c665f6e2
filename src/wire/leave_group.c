#include "wire/leave_group.h"

static void serde_only_member(struct serde *s, struct leave_group_member *m)
{
        if (serde_reads(s))
                *m = (struct leave_group_member){.group_instance_id = STR_NULL, .reason = STR_NULL};
        serde_string(s, &m->member_id);
}

static void serde_leave_group_member(struct serde *s, struct leave_group_member *m)
{
        serde_only_member(s, m);
        serde_nullable_string(s, &m->group_instance_id);
        if (s->version >= 5)
                serde_nullable_string(s, &m->reason);
        serde_tags(s);
}

/* LeaveGroup takes members out of a group: the member that asks, or, by an administrator, any. */
void serde_leave_group_request(struct serde *s, struct leave_group_request *m)
{
        serde_string(s, &m->group_id);
        if (s->version < 3)
                serde_only_item(s, &m->members, serde_only_member);
        else
                serde_array(s, &m->members, serde_leave_group_member);
        serde_tags(s);
}

static void serde_leave_group_member_response(struct serde *s,
                                              struct leave_group_member_response *m)
{
        serde_string(s, &m->member_id);
        serde_nullable_string(s, &m->group_instance_id);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}

/* The answer: which of them were members. */
void serde_leave_group_response(struct serde *s, struct leave_group_response *m)
{
        bool only_one = !serde_reads(s) && s->version < 3 && m->members.count == 1;
        if (s->version >= 1)
                serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, only_one && !m->error_code ? &m->members.items[0].error_code : &m->error_code);
        if (s->version >= 3)
                serde_array(s, &m->members, serde_leave_group_member_response);
        serde_tags(s);
}
