#include "wire/broker_heartbeat.h"

/* BrokerHeartbeat says: I live, and have applied the metadata log so far (KIP-631). */
void serde_broker_heartbeat_request(struct serde *s, struct broker_heartbeat_request *m)
{
        serde_i32(s, &m->broker_id);
        serde_i64(s, &m->broker_epoch);
        serde_i64(s, &m->current_metadata_offset);
        serde_bool(s, &m->want_fence);
        serde_bool(s, &m->want_shut_down);
        serde_tags(s);
}

/* The answer: whether the broker may lead, and whether it may go. */
void serde_broker_heartbeat_response(struct serde *s, struct broker_heartbeat_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_bool(s, &m->is_caught_up);
        serde_bool(s, &m->is_fenced);
        serde_bool(s, &m->should_shut_down);
        serde_tags(s);
}
