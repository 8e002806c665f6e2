#include "wire/find_coordinator.h"

/* FindCoordinator asks which broker coordinates a group or, from 1 on, a transaction (KIP-98). */
void serde_find_coordinator_request(struct serde *s, struct find_coordinator_request *m)
{
        if (s->version < 4)
                serde_only_item(s, &m->coordinator_keys, serde_string);
        if (s->version >= 1)
                serde_i8(s, &m->key_type);
        if (s->version >= 4)
                serde_array(s, &m->coordinator_keys, serde_string);
        serde_tags(s);
}

static void serde_error(struct serde *s, struct find_coordinator_coordinator *m)
{
        serde_i16(s, &m->error_code);
        if (s->version >= 1)
                serde_nullable_string(s, &m->error_message);
        else if (serde_reads(s))
                m->error_message = STR_NULL;
}

static void serde_address(struct serde *s, struct find_coordinator_coordinator *m)
{
        serde_i32(s, &m->node_id);
        serde_string(s, &m->host);
        serde_i32(s, &m->port);
}

/* Up to 3 the fields lie in the answer itself, which has the tags. */
static void serde_only_coordinator(struct serde *s, struct find_coordinator_coordinator *m)
{
        serde_error(s, m);
        serde_address(s, m);
}

static void serde_coordinator(struct serde *s, struct find_coordinator_coordinator *m)
{
        serde_string(s, &m->key);
        serde_address(s, m);
        serde_error(s, m);
        serde_tags(s);
}

/* The answer: where those brokers listen. */
void serde_find_coordinator_response(struct serde *s, struct find_coordinator_response *m)
{
        if (s->version >= 1)
                serde_i32(s, &m->throttle_time_ms);
        if (s->version < 4)
                serde_only_item(s, &m->coordinators, serde_only_coordinator);
        else
                serde_array(s, &m->coordinators, serde_coordinator);
        serde_tags(s);
}
