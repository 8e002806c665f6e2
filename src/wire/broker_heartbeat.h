/* broker_heartbeat.h - BrokerHeartbeat: a broker tells the controller that it lives, how much of
 * the metadata log it has applied, and what it would like.
 *
 * Version 1 only, flexible. Its tagged list of failed log directories is skipped. Source: KIP-631.
 */
#ifndef ODRADEK_WIRE_BROKER_HEARTBEAT_H
#define ODRADEK_WIRE_BROKER_HEARTBEAT_H

#include "wire/serde.h"

struct broker_heartbeat_request {
        int32_t broker_id;
        int64_t broker_epoch;
        int64_t current_metadata_offset; /* the highest it has applied */
        bool want_fence;
        bool want_shut_down;
};

struct broker_heartbeat_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        bool is_caught_up; /* with its own registration */
        bool is_fenced;
        bool should_shut_down; /* it leads nothing any more and may go */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_broker_heartbeat_request(struct serde *s, struct broker_heartbeat_request *m);
void serde_broker_heartbeat_response(struct serde *s, struct broker_heartbeat_response *m);

#endif
