/* offset_delete.h - OffsetDelete: forget where this group stands in these partitions (KIP-496).
 *
 * Version 0, not flexible. */
#ifndef ODRADEK_WIRE_OFFSET_DELETE_H
#define ODRADEK_WIRE_OFFSET_DELETE_H

#include "wire/serde.h"

struct offset_delete_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct offset_delete_request {
        struct str group_id;
        ARRAY_OF(struct offset_delete_topic) topics;
};

struct offset_delete_partition_response {
        int32_t index;
        int16_t error_code;
};

struct offset_delete_topic_response {
        struct str name;
        ARRAY_OF(struct offset_delete_partition_response) partitions;
};

struct offset_delete_response {
        int16_t error_code; /* of the whole group; then there are no topics */
        int32_t throttle_time_ms;
        ARRAY_OF(struct offset_delete_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_offset_delete_request(struct serde *s, struct offset_delete_request *m);
void serde_offset_delete_response(struct serde *s, struct offset_delete_response *m);

#endif
