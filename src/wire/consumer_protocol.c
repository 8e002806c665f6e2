#include "wire/consumer_protocol.h"

enum { NEWEST_VERSION = 3 };

/* Newer versions begin with the fields of the newest known. */
static void serde_protocol_version(struct serde *s, int16_t written)
{
        s->flexible = false;
        s->version = written;
        serde_i16(s, &s->version);
        if (!s->err && s->version < 0)
                s->err = KERR_MALFORMED;
        if (s->version > NEWEST_VERSION)
                s->version = NEWEST_VERSION;
}

static void serde_consumer_protocol_topic(struct serde *s, struct consumer_protocol_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
}

void serde_consumer_protocol_subscription(struct serde *s, struct consumer_protocol_subscription *m)
{
        bool knows_owned = !serde_reads(s) && m->owned_partitions.count >= 0;
        serde_protocol_version(s, knows_owned ? NEWEST_VERSION : 0);
        if (serde_reads(s))
                *m = (struct consumer_protocol_subscription){
                        .owned_partitions.count = -1, .generation_id = -1, .rack_id = STR_NULL};
        serde_array(s, &m->topics, serde_string);
        serde_nullable_bytes(s, &m->user_data);
        if (s->version >= 1)
                serde_array(s, &m->owned_partitions, serde_consumer_protocol_topic);
        if (s->version >= 2)
                serde_i32(s, &m->generation_id);
        if (s->version >= 3)
                serde_nullable_string(s, &m->rack_id);
}

void serde_consumer_protocol_assignment(struct serde *s, struct consumer_protocol_assignment *m)
{
        serde_protocol_version(s, NEWEST_VERSION);
        serde_array(s, &m->topics, serde_consumer_protocol_topic);
        serde_nullable_bytes(s, &m->user_data);
}
