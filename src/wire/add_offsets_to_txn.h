/* add_offsets_to_txn.h - AddOffsetsToTxn: the transaction will commit offsets of this group.
 *
 * Versions 0-4; 3 is flexible (KIP-98). It adds the group's partition of __consumer_offsets. */
#ifndef ODRADEK_WIRE_ADD_OFFSETS_TO_TXN_H
#define ODRADEK_WIRE_ADD_OFFSETS_TO_TXN_H

#include "wire/serde.h"

struct add_offsets_to_txn_request {
        struct str transactional_id;
        int64_t producer_id;
        int16_t producer_epoch;
        struct str group_id;
};

struct add_offsets_to_txn_response {
        int32_t throttle_time_ms;
        int16_t error_code;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_add_offsets_to_txn_request(struct serde *s, struct add_offsets_to_txn_request *m);
void serde_add_offsets_to_txn_response(struct serde *s, struct add_offsets_to_txn_response *m);

#endif
