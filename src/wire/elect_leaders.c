#include "wire/elect_leaders.h"

static void serde_elect_leaders_topic(struct serde *s, struct elect_leaders_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

/* ElectLeaders asks for an election in each of these partitions, or in all (KIP-460). */
void serde_elect_leaders_request(struct serde *s, struct elect_leaders_request *m)
{
        serde_i8(s, &m->election_type);
        serde_nullable_array(s, &m->topics, serde_elect_leaders_topic);
        serde_i32(s, &m->timeout_ms);
        serde_tags(s);
}

static void serde_elect_leaders_partition_response(struct serde *s,
                                                   struct elect_leaders_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        serde_tags(s);
}

static void serde_elect_leaders_topic_response(struct serde *s,
                                               struct elect_leaders_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_elect_leaders_partition_response);
        serde_tags(s);
}

/* The answer: what came of each election. */
void serde_elect_leaders_response(struct serde *s, struct elect_leaders_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_array(s, &m->topics, serde_elect_leaders_topic_response);
        serde_tags(s);
}
