#include "wire/list_groups.h"

/* ListGroups asks a broker for the groups that it coordinates. */
void serde_list_groups_request(struct serde *s, struct list_groups_request *m)
{
        if (s->version >= 4)
                serde_array(s, &m->states_filter, serde_string);
        if (s->version >= 5)
                serde_array(s, &m->types_filter, serde_string);
        serde_tags(s);
}

static void serde_list_groups_group(struct serde *s, struct list_groups_group *m)
{
        serde_string(s, &m->group_id);
        serde_string(s, &m->protocol_type);
        if (s->version >= 4)
                serde_string(s, &m->group_state);
        if (s->version >= 5)
                serde_string(s, &m->group_type);
        serde_tags(s);
}

/* The answer: their names, and what they are in short. */
void serde_list_groups_response(struct serde *s, struct list_groups_response *m)
{
        if (s->version >= 1)
                serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_array(s, &m->groups, serde_list_groups_group);
        serde_tags(s);
}
