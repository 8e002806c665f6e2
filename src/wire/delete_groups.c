#include "wire/delete_groups.h"

/* DeleteGroups asks a coordinator to forget groups (KIP-229). */
void serde_delete_groups_request(struct serde *s, struct delete_groups_request *m)
{
        serde_array(s, &m->groups, serde_string);
        serde_tags(s);
}

static void serde_delete_groups_result(struct serde *s, struct delete_groups_result *m)
{
        serde_string(s, &m->group_id);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}

/* The answer: which are gone. */
void serde_delete_groups_response(struct serde *s, struct delete_groups_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->results, serde_delete_groups_result);
        serde_tags(s);
}
