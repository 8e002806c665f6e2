/* producer_ids.h - AllocateProducerIds: a broker asks the controller for a block of producer ids
 * that nobody else will get.
 *
 * Version 0 only, flexible. Source: KIP-730. */
#ifndef ODRADEK_WIRE_PRODUCER_IDS_H
#define ODRADEK_WIRE_PRODUCER_IDS_H

#include "wire/serde.h"

struct allocate_producer_ids_request {
        int32_t broker_id;
        int64_t broker_epoch;
};

struct allocate_producer_ids_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        int64_t producer_id_start;
        int32_t producer_id_count; /* ids from the start on */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_allocate_producer_ids_request(struct serde *s, struct allocate_producer_ids_request *m);
void serde_allocate_producer_ids_response(struct serde *s,
                                          struct allocate_producer_ids_response *m);

#endif
