/* create_partitions.h - CreatePartitions: give these topics more partitions (KIP-195).
 *
 * Versions 0-3; 2 is flexible. */
#ifndef ODRADEK_WIRE_CREATE_PARTITIONS_H
#define ODRADEK_WIRE_CREATE_PARTITIONS_H

#include "wire/serde.h"

struct create_partitions_assignment {
        ARRAY_OF(int32_t) broker_ids;
};

struct create_partitions_topic {
        struct str name;
        int32_t count; /* partitions there shall be, the old ones included */
        ARRAY_OF(struct create_partitions_assignment)
        assignments; /* of the new; -1: null, choose */
};

struct create_partitions_request {
        ARRAY_OF(struct create_partitions_topic) topics;
        int32_t timeout_ms;
        bool validate_only;
};

struct create_partitions_topic_response {
        struct str name;
        int16_t error_code;
        struct str error_message; /* null: none */
};

struct create_partitions_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct create_partitions_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_create_partitions_request(struct serde *s, struct create_partitions_request *m);
void serde_create_partitions_response(struct serde *s, struct create_partitions_response *m);

#endif
