#include "wire/producer_ids.h"

/* AllocateProducerIds asks for ids to give to producers (KIP-730). */
void serde_allocate_producer_ids_request(struct serde *s, struct allocate_producer_ids_request *m)
{
        serde_i32(s, &m->broker_id);
        serde_i64(s, &m->broker_epoch);
        serde_tags(s);
}

/* The answer: a block of them, which is the broker's for good. */
void serde_allocate_producer_ids_response(struct serde *s, struct allocate_producer_ids_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_i64(s, &m->producer_id_start);
        serde_i32(s, &m->producer_id_count);
        serde_tags(s);
}
