/* txn_offset_commit.h - TxnOffsetCommit: if the transaction commits, the group has read so far.
 *
 * Versions 0-4; 3 is flexible (KIP-98). 2 adds the leader epoch (KIP-320), 3 who in the group
 * commits (KIP-447). */
#ifndef ODRADEK_WIRE_TXN_OFFSET_COMMIT_H
#define ODRADEK_WIRE_TXN_OFFSET_COMMIT_H

#include "wire/offset_commit.h"

struct txn_offset_commit_request {
        struct str transactional_id;
        struct str group_id;
        int64_t producer_id;
        int16_t producer_epoch;
        int32_t generation_id;                       /* 3+; -1: do not check */
        struct str member_id;                        /* 3+; empty: do not check */
        struct str group_instance_id;                /* 3+; null: not a static member */
        ARRAY_OF(struct offset_commit_topic) topics; /* commit_timestamp_ms is always -1 */
};

struct txn_offset_commit_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct offset_commit_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_txn_offset_commit_request(struct serde *s, struct txn_offset_commit_request *m);
void serde_txn_offset_commit_response(struct serde *s, struct txn_offset_commit_response *m);

#endif
