/* consumer_protocol.h - what consumers tell each other inside JoinGroup and SyncGroup: what a
 * member subscribes to, and what the leader assigned to it. To the broker these are mere bytes.
 *
 * Each begins with an int16 version, 0-3, and is not flexible. Version 1 has the partitions that
 * the member owned before (KIP-429), 2 since which generation (KIP-792), 3 its rack (KIP-881).
 * Newer versions only append fields: they are read like 3, and what follows is left unread.
 *
 * `s` may be a reader or writer of any version. Errors when reading: MALFORMED for a negative
 * version, and what serde.h says. Source: ConsumerProtocol, the schemas' JSON files. */
#ifndef ODRADEK_WIRE_CONSUMER_PROTOCOL_H
#define ODRADEK_WIRE_CONSUMER_PROTOCOL_H

#include "wire/serde.h"

struct consumer_protocol_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

/* Written in version 3, or in 0 when owned_partitions.count is -1. */
struct consumer_protocol_subscription {
        ARRAY_OF(struct str) topics;
        struct span user_data; /* the assignor's own; null allowed */
        ARRAY_OF(struct consumer_protocol_topic) owned_partitions; /* 1+; count -1: unknown */
        int32_t generation_id;                                     /* 2+; -1: unknown */
        struct str rack_id;                                        /* 3+; null: unknown */
};

/* Written in version 3. */
struct consumer_protocol_assignment {
        ARRAY_OF(struct consumer_protocol_topic) topics;
        struct span user_data; /* null allowed */
};

/* Both directions, with the version in front. */
void serde_consumer_protocol_subscription(struct serde *s,
                                          struct consumer_protocol_subscription *m);
void serde_consumer_protocol_assignment(struct serde *s, struct consumer_protocol_assignment *m);

#endif
