/* sync_group.h - SyncGroup: give me my part of the assignment; the leader brings it along.
 *
 * Versions 0-5; 4 is flexible. 3 adds static members (KIP-345), 5 protocol type and name, so that a
 * member can see that it was given something else than it asked for (KIP-559). */
#ifndef ODRADEK_WIRE_SYNC_GROUP_H
#define ODRADEK_WIRE_SYNC_GROUP_H

#include "wire/serde.h"

struct sync_group_assignment {
        struct str member_id;
        struct span assignment; /* see consumer_protocol.h */
};

struct sync_group_request {
        struct str group_id;
        int32_t generation_id;
        struct str member_id;
        struct str group_instance_id;                       /* 3+; null: not a static member */
        struct str protocol_type;                           /* 5+; null: do not check */
        struct str protocol_name;                           /* 5+; null: do not check */
        ARRAY_OF(struct sync_group_assignment) assignments; /* empty unless the leader asks */
};

struct sync_group_response {
        int32_t throttle_time_ms; /* 1+ */
        int16_t error_code;
        struct str protocol_type; /* 5+; null: none */
        struct str protocol_name; /* 5+; null: none */
        struct span assignment;   /* empty on error; never null on the wire, but may be here */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_sync_group_request(struct serde *s, struct sync_group_request *m);
void serde_sync_group_response(struct serde *s, struct sync_group_response *m);

#endif
