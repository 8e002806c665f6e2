/* init_producer_id.h - InitProducerId: give me a producer id; of its older instances hear no more.
 *
 * Versions 0-5; 2 is flexible (KIP-98). 3 adds the id and epoch that the producer has, to go on
 * with after an error (KIP-360). 4 and 5 are 3 with new errors (PRODUCER_FENCED, KIP-588;
 * TRANSACTION_ABORTABLE, KIP-890). */
#ifndef ODRADEK_WIRE_INIT_PRODUCER_ID_H
#define ODRADEK_WIRE_INIT_PRODUCER_ID_H

#include "wire/serde.h"

struct init_producer_id_request {
        struct str transactional_id; /* null: only idempotent */
        int32_t transaction_timeout_ms;
        int64_t producer_id;    /* 3+; -1: none yet */
        int16_t producer_epoch; /* 3+; -1: none yet */
};

struct init_producer_id_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        int64_t producer_id;    /* -1 on error */
        int16_t producer_epoch; /* -1 on error */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_init_producer_id_request(struct serde *s, struct init_producer_id_request *m);
void serde_init_producer_id_response(struct serde *s, struct init_producer_id_response *m);

#endif
