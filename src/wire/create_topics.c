#include "wire/create_topics.h"

enum { TAG_CONFIG_ERROR_CODE = 0 };

static void serde_create_topics_assignment(struct serde *s, struct create_topics_assignment *m)
{
        serde_i32(s, &m->index);
        serde_array(s, &m->broker_ids, serde_i32);
        serde_tags(s);
}

static void serde_create_topics_config(struct serde *s, struct create_topics_config *m)
{
        serde_string(s, &m->name);
        serde_nullable_string(s, &m->value);
        serde_tags(s);
}

static void serde_create_topics_topic(struct serde *s, struct create_topics_topic *m)
{
        serde_string(s, &m->name);
        serde_i32(s, &m->num_partitions);
        serde_i16(s, &m->replication_factor);
        serde_array(s, &m->assignments, serde_create_topics_assignment);
        serde_array(s, &m->configs, serde_create_topics_config);
        serde_tags(s);
}

/* CreateTopics asks to make topics (KIP-4), with partitions and replicas as given or, from 4 on, as
 * the broker likes (KIP-464). */
void serde_create_topics_request(struct serde *s, struct create_topics_request *m)
{
        serde_array(s, &m->topics, serde_create_topics_topic);
        serde_i32(s, &m->timeout_ms);
        serde_bool(s, &m->validate_only);
        serde_tags(s);
}

static void serde_create_topics_config_response(struct serde *s,
                                                struct create_topics_config_response *m)
{
        serde_string(s, &m->name);
        serde_nullable_string(s, &m->value);
        serde_bool(s, &m->read_only);
        serde_i8(s, &m->source);
        serde_bool(s, &m->is_sensitive);
        serde_tags(s);
}

static void read_topic_tag(struct serde *tag, uint32_t number, void *m)
{
        struct create_topics_topic_response *topic = m;
        if (number == TAG_CONFIG_ERROR_CODE)
                serde_i16(tag, &topic->config_error_code);
}

static void serde_create_topics_topic_tags(struct serde *s, struct create_topics_topic_response *m)
{
        if (!s->flexible)
                return;
        if (serde_reads(s)) {
                serde_read_tags(s, read_topic_tag, m);
                return;
        }
        serde_tag_count(s, m->config_error_code != 0);
        if (m->config_error_code != 0) {
                size_t begin = serde_tag_begin(s, TAG_CONFIG_ERROR_CODE);
                serde_i16(s, &m->config_error_code);
                serde_tag_end(s, begin);
        }
}

static void serde_create_topics_topic_response(struct serde *s,
                                               struct create_topics_topic_response *m)
{
        if (serde_reads(s)) {
                m->num_partitions = -1;
                m->replication_factor = -1;
        }
        serde_string(s, &m->name);
        if (s->version >= 7)
                serde_uuid(s, &m->topic_id);
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        if (s->version >= 5)
                serde_i32(s, &m->num_partitions);
        if (s->version >= 5)
                serde_i16(s, &m->replication_factor);
        if (s->version >= 5)
                serde_nullable_array(s, &m->configs, serde_create_topics_config_response);
        serde_create_topics_topic_tags(s, m);
}

/* The answer: what became of each topic, and what it is like (KIP-525), with its id (KIP-516). */
void serde_create_topics_response(struct serde *s, struct create_topics_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->topics, serde_create_topics_topic_response);
        serde_tags(s);
}
