/* find_coordinator.h - FindCoordinator: which broker coordinates these groups or transactions?
 *
 * Versions 0-4; 3 is flexible. 1 adds transactions (KIP-98), 4 asks for many keys at once
 * (KIP-699). Before 4 there is exactly one key and one coordinator, the arrays hold just that. */
#ifndef ODRADEK_WIRE_FIND_COORDINATOR_H
#define ODRADEK_WIRE_FIND_COORDINATOR_H

#include "wire/serde.h"

enum coordinator_type { COORDINATOR_GROUP = 0, COORDINATOR_TRANSACTION = 1 };

struct find_coordinator_request {
        int8_t key_type;                       /* 1+; enum coordinator_type */
        ARRAY_OF(struct str) coordinator_keys; /* group ids or transactional ids */
};

struct find_coordinator_coordinator {
        struct str key;  /* 4+; before: empty */
        int32_t node_id; /* -1 on error */
        struct str host;
        int32_t port; /* -1 on error */
        int16_t error_code;
        struct str error_message; /* 1+; null: none */
};

struct find_coordinator_response {
        int32_t throttle_time_ms; /* 1+ */
        ARRAY_OF(struct find_coordinator_coordinator) coordinators;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_find_coordinator_request(struct serde *s, struct find_coordinator_request *m);
void serde_find_coordinator_response(struct serde *s, struct find_coordinator_response *m);

#endif
