/* elect_leaders.h - ElectLeaders: make the preferred replicas leaders again, or, where no eligible
 * replica lives, any that does.
 *
 * Versions 1-2; 2 is flexible. Source: KIP-460 (and KIP-183). */
#ifndef ODRADEK_WIRE_ELECT_LEADERS_H
#define ODRADEK_WIRE_ELECT_LEADERS_H

#include "wire/serde.h"

enum election_type { ELECTION_PREFERRED = 0, ELECTION_UNCLEAN = 1 };

struct elect_leaders_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct elect_leaders_request {
        int8_t election_type;                        /* enum election_type */
        ARRAY_OF(struct elect_leaders_topic) topics; /* count -1: all partitions */
        int32_t timeout_ms;
};

struct elect_leaders_partition_response {
        int32_t index;
        int16_t error_code;
        struct str error_message; /* null: none */
};

struct elect_leaders_topic_response {
        struct str name;
        ARRAY_OF(struct elect_leaders_partition_response) partitions;
};

struct elect_leaders_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        ARRAY_OF(struct elect_leaders_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_elect_leaders_request(struct serde *s, struct elect_leaders_request *m);
void serde_elect_leaders_response(struct serde *s, struct elect_leaders_response *m);

#endif
