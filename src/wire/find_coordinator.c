#include "wire/find_coordinator.h"

/* FindCoordinator asks which broker coordinates a group or, from 1 on, a transaction (KIP-98). */
void serde_find_coordinator_request(struct serde *s, struct find_coordinator_request *m)
{
        serde_string(s, &m->key);
        if (s->version >= 1)
                serde_i8(s, &m->key_type);
}

/* The answer: where that broker listens. */
void serde_find_coordinator_response(struct serde *s, struct find_coordinator_response *m)
{
        if (serde_reads(s))
                m->error_message = STR_NULL;
        if (s->version >= 1)
                serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        if (s->version >= 1)
                serde_nullable_string(s, &m->error_message);
        serde_i32(s, &m->node_id);
        serde_string(s, &m->host);
        serde_i32(s, &m->port);
}
