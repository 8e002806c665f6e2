/* heartbeat.h - Heartbeat: I am alive; does the group still have this generation?
 *
 * Versions 0-4; 4 is flexible. 3 adds static members (KIP-345). */
#ifndef ODRADEK_WIRE_HEARTBEAT_H
#define ODRADEK_WIRE_HEARTBEAT_H

#include "wire/serde.h"

struct heartbeat_request {
        struct str group_id;
        int32_t generation_id;
        struct str member_id;
        struct str group_instance_id; /* 3+; null: not a static member */
};

struct heartbeat_response {
        int32_t throttle_time_ms; /* 1+ */
        int16_t error_code;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_heartbeat_request(struct serde *s, struct heartbeat_request *m);
void serde_heartbeat_response(struct serde *s, struct heartbeat_response *m);

#endif
