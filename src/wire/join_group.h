/* join_group.h - JoinGroup: let me be a member of this group, or join again for its next
 * generation.
 *
 * Versions 0-9; 6 is flexible. 4 makes a new member ask twice, the second time with the id it was
 * given (KIP-394), 5 adds static members (KIP-345), 7 the protocol type (KIP-559), 8 the reason
 * (KIP-800), 9 a leader that need not assign (KIP-814). */
#ifndef ODRADEK_WIRE_JOIN_GROUP_H
#define ODRADEK_WIRE_JOIN_GROUP_H

#include "wire/serde.h"

struct join_group_protocol {
        struct str name;      /* of the assignor, as "range" */
        struct span metadata; /* see consumer_protocol.h when the protocol type is "consumer" */
};

struct join_group_request {
        struct str group_id;
        int32_t session_timeout_ms;
        int32_t rebalance_timeout_ms; /* 1+; before: the session timeout */
        struct str member_id;         /* empty: a new member */
        struct str group_instance_id; /* 5+; null: not a static member */
        struct str protocol_type;
        ARRAY_OF(struct join_group_protocol) protocols; /* the preferred one first */
        struct str reason;                              /* 8+; null: none */
};

struct join_group_member {
        struct str member_id;
        struct str group_instance_id; /* 5+; null: not a static member */
        struct span metadata;         /* for the protocol chosen */
};

struct join_group_response {
        int32_t throttle_time_ms; /* 2+ */
        int16_t error_code;
        int32_t generation_id;    /* -1 on error */
        struct str protocol_type; /* 7+; null: none */
        struct str protocol_name; /* null: none, but before 7 written as empty */
        struct str leader;        /* its member id */
        bool skip_assignment;     /* 9+; true: the leader keeps the assignment there is */
        struct str member_id;
        ARRAY_OF(struct join_group_member) members; /* only the leader gets them */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_join_group_request(struct serde *s, struct join_group_request *m);
void serde_join_group_response(struct serde *s, struct join_group_response *m);

#endif
