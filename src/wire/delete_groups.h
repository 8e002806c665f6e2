/* delete_groups.h - DeleteGroups: forget these groups and their offsets (KIP-229).
 *
 * Versions 0-2; 2 is flexible. A group that has members stays: NON_EMPTY_GROUP. */
#ifndef ODRADEK_WIRE_DELETE_GROUPS_H
#define ODRADEK_WIRE_DELETE_GROUPS_H

#include "wire/serde.h"

struct delete_groups_request {
        ARRAY_OF(struct str) groups;
};

struct delete_groups_result {
        struct str group_id;
        int16_t error_code;
};

struct delete_groups_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct delete_groups_result) results;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_delete_groups_request(struct serde *s, struct delete_groups_request *m);
void serde_delete_groups_response(struct serde *s, struct delete_groups_response *m);

#endif
