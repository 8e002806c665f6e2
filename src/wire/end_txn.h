/* end_txn.h - EndTxn: commit or abort.
 *
 * Versions 0-4; 3 is flexible (KIP-98). */
#ifndef ODRADEK_WIRE_END_TXN_H
#define ODRADEK_WIRE_END_TXN_H

#include "wire/serde.h"

struct end_txn_request {
        struct str transactional_id;
        int64_t producer_id;
        int16_t producer_epoch;
        bool committed; /* false: abort */
};

struct end_txn_response {
        int32_t throttle_time_ms;
        int16_t error_code;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_end_txn_request(struct serde *s, struct end_txn_request *m);
void serde_end_txn_response(struct serde *s, struct end_txn_response *m);

#endif
