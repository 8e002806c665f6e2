/* create_topics.h - CreateTopics: make these topics.
 *
 * Versions 2-7; 5 is flexible. 4 lets the broker choose partitions and replicas (KIP-464), 5
 * answers the new topic's configuration (KIP-525), 7 its id (KIP-516). */
#ifndef ODRADEK_WIRE_CREATE_TOPICS_H
#define ODRADEK_WIRE_CREATE_TOPICS_H

#include "wire/serde.h"

struct create_topics_assignment {
        int32_t index;
        ARRAY_OF(int32_t) broker_ids;
};

struct create_topics_config {
        struct str name;
        struct str value; /* null allowed */
};

struct create_topics_topic {
        struct str name;
        int32_t num_partitions;                                /* -1: the default, or as assigned */
        int16_t replication_factor;                            /* -1: the default, or as assigned */
        ARRAY_OF(struct create_topics_assignment) assignments; /* empty: the broker chooses */
        ARRAY_OF(struct create_topics_config) configs;
};

struct create_topics_request {
        ARRAY_OF(struct create_topics_topic) topics;
        int32_t timeout_ms;
        bool validate_only;
};

struct create_topics_config_response {
        struct str name;
        struct str value; /* null allowed */
        bool read_only;
        int8_t source; /* enum config_source of configs.h; -1: not said */
        bool is_sensitive;
};

struct create_topics_topic_response {
        struct str name;
        struct uuid topic_id; /* 7+ */
        int16_t error_code;
        struct str error_message;   /* null: none */
        int16_t config_error_code;  /* 5+, tagged; why configs are missing; 0: they are not */
        int32_t num_partitions;     /* 5+; -1: not said */
        int16_t replication_factor; /* 5+; -1: not said */
        ARRAY_OF(struct create_topics_config_response) configs; /* 5+; count -1: null */
};

struct create_topics_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct create_topics_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_create_topics_request(struct serde *s, struct create_topics_request *m);
void serde_create_topics_response(struct serde *s, struct create_topics_response *m);

#endif
