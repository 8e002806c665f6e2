/* find_coordinator.h - FindCoordinator: which broker coordinates this group or transaction?
 *
 * Versions 0-2, none flexible. 1 adds transactions (KIP-98). */
#ifndef ODRADEK_WIRE_FIND_COORDINATOR_H
#define ODRADEK_WIRE_FIND_COORDINATOR_H

#include "wire/serde.h"

enum coordinator_type { COORDINATOR_GROUP = 0, COORDINATOR_TRANSACTION = 1 };

struct find_coordinator_request {
        struct str key;  /* the group id or transactional id */
        int8_t key_type; /* 1+; enum coordinator_type */
};

struct find_coordinator_response {
        int32_t throttle_time_ms; /* 1+ */
        int16_t error_code;
        struct str error_message; /* 1+; null: none */
        int32_t node_id;          /* -1 on error */
        struct str host;
        int32_t port; /* -1 on error */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_find_coordinator_request(struct serde *s, struct find_coordinator_request *m);
void serde_find_coordinator_response(struct serde *s, struct find_coordinator_response *m);

#endif
