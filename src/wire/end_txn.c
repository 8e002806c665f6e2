#include "wire/end_txn.h"

/* EndTxn asks the coordinator to commit or abort a transaction (KIP-98). */
void serde_end_txn_request(struct serde *s, struct end_txn_request *m)
{
        serde_string(s, &m->transactional_id);
        serde_i64(s, &m->producer_id);
        serde_i16(s, &m->producer_epoch);
        serde_bool(s, &m->committed);
        serde_tags(s);
}

/* The answer: the outcome is decided and kept; the markers may still be on their way. */
void serde_end_txn_response(struct serde *s, struct end_txn_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}
