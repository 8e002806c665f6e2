/* describe_groups.h - DescribeGroups: the state of these groups and their members.
 *
 * Versions 0-5; 5 is flexible. 3 can tell what one may do (KIP-430), 4 adds static members
 * (KIP-345). */
#ifndef ODRADEK_WIRE_DESCRIBE_GROUPS_H
#define ODRADEK_WIRE_DESCRIBE_GROUPS_H

#include "wire/serde.h"

struct describe_groups_request {
        ARRAY_OF(struct str) groups;
        bool include_authorized_operations; /* 3+ */
};

struct describe_groups_member {
        struct str member_id;
        struct str group_instance_id; /* 4+; null: not a static member */
        struct str client_id;
        struct str client_host;
        struct span member_metadata;   /* empty unless Stable; see consumer_protocol.h */
        struct span member_assignment; /* the same */
};

struct describe_groups_group {
        int16_t error_code;
        struct str group_id;
        struct str group_state; /* "Dead" when there is no such group */
        struct str protocol_type;
        struct str protocol_data; /* the protocol chosen, as "range"; empty unless Stable */
        ARRAY_OF(struct describe_groups_member) members;
        int32_t authorized_operations; /* 3+; a bit each; smallest int32: not asked for */
};

struct describe_groups_response {
        int32_t throttle_time_ms; /* 1+ */
        ARRAY_OF(struct describe_groups_group) groups;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_describe_groups_request(struct serde *s, struct describe_groups_request *m);
void serde_describe_groups_response(struct serde *s, struct describe_groups_response *m);

#endif
