#include "wire/add_offsets_to_txn.h"

/* AddOffsetsToTxn adds the partition that keeps a group's offsets to a transaction (KIP-98). */
void serde_add_offsets_to_txn_request(struct serde *s, struct add_offsets_to_txn_request *m)
{
        serde_string(s, &m->transactional_id);
        serde_i64(s, &m->producer_id);
        serde_i16(s, &m->producer_epoch);
        serde_string(s, &m->group_id);
        serde_tags(s);
}

/* The answer: TxnOffsetCommit may follow, or not. */
void serde_add_offsets_to_txn_response(struct serde *s, struct add_offsets_to_txn_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}
