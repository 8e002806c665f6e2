/* delete_topics.h - DeleteTopics: remove these topics.
 *
 * Versions 1-6; 4 is flexible. 5 answers a message (KIP-599), 6 takes topic ids (KIP-516). Before 6
 * the wire has an array of bare names; the struct is the same. */
#ifndef ODRADEK_WIRE_DELETE_TOPICS_H
#define ODRADEK_WIRE_DELETE_TOPICS_H

#include "wire/serde.h"

struct delete_topics_topic {
        struct str name;      /* 6+: null when given by id */
        struct uuid topic_id; /* 6+; zero: given by name */
};

struct delete_topics_request {
        ARRAY_OF(struct delete_topics_topic) topics;
        int32_t timeout_ms;
};

struct delete_topics_topic_response {
        struct str name;      /* 6+: null for an id that nobody knows */
        struct uuid topic_id; /* 6+ */
        int16_t error_code;
        struct str error_message; /* 5+; null: none */
};

struct delete_topics_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct delete_topics_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_delete_topics_request(struct serde *s, struct delete_topics_request *m);
void serde_delete_topics_response(struct serde *s, struct delete_topics_response *m);

#endif
