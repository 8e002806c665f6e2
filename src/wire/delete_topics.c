#include "wire/delete_topics.h"

static void serde_delete_topics_topic(struct serde *s, struct delete_topics_topic *m)
{
        if (s->version < 6) {
                serde_string(s, &m->name);
                return; /* an element of an array of strings, no struct: it has no tags */
        }
        serde_nullable_string(s, &m->name);
        serde_uuid(s, &m->topic_id);
        serde_tags(s);
}

/* DeleteTopics asks to remove topics (KIP-4), by name or, from 6 on, by id (KIP-516). */
void serde_delete_topics_request(struct serde *s, struct delete_topics_request *m)
{
        serde_array(s, &m->topics, serde_delete_topics_topic);
        serde_i32(s, &m->timeout_ms);
        serde_tags(s);
}

static void serde_delete_topics_topic_response(struct serde *s,
                                               struct delete_topics_topic_response *m)
{
        if (serde_reads(s))
                m->error_message = STR_NULL;
        if (s->version >= 6)
                serde_nullable_string(s, &m->name);
        else
                serde_string(s, &m->name);
        if (s->version >= 6)
                serde_uuid(s, &m->topic_id);
        serde_i16(s, &m->error_code);
        if (s->version >= 5)
                serde_nullable_string(s, &m->error_message);
        serde_tags(s);
}

/* The answer: what became of each topic. */
void serde_delete_topics_response(struct serde *s, struct delete_topics_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_delete_topics_topic_response);
        serde_tags(s);
}
