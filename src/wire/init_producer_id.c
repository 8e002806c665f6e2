#include "wire/init_producer_id.h"

/* InitProducerId asks for the id and epoch that number a producer's batches (KIP-98). */
void serde_init_producer_id_request(struct serde *s, struct init_producer_id_request *m)
{
        if (serde_reads(s))
                *m = (struct init_producer_id_request){.producer_id = -1, .producer_epoch = -1};
        serde_nullable_string(s, &m->transactional_id);
        serde_i32(s, &m->transaction_timeout_ms);
        if (s->version >= 3) {
                serde_i64(s, &m->producer_id);
                serde_i16(s, &m->producer_epoch);
        }
        serde_tags(s);
}

/* The answer comes when an older instance's transaction has ended. */
void serde_init_producer_id_response(struct serde *s, struct init_producer_id_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_i64(s, &m->producer_id);
        serde_i16(s, &m->producer_epoch);
        serde_tags(s);
}
