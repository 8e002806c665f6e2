/* leave_group.h - LeaveGroup: these members are gone, do not wait for their sessions to end.
 *
 * Versions 0-5; 4 is flexible. 3 takes many members, and static ones by instance id alone
 * (KIP-345), 5 the reason (KIP-800). Before 3 there is exactly one member, and its error is the
 * answer's. */
#ifndef ODRADEK_WIRE_LEAVE_GROUP_H
#define ODRADEK_WIRE_LEAVE_GROUP_H

#include "wire/serde.h"

struct leave_group_member {
        struct str member_id;
        struct str group_instance_id; /* 3+; null: not a static member */
        struct str reason;            /* 5+; null: none */
};

struct leave_group_request {
        struct str group_id;
        ARRAY_OF(struct leave_group_member) members;
};

struct leave_group_member_response {
        struct str member_id;
        struct str group_instance_id; /* null allowed */
        int16_t error_code;
};

struct leave_group_response {
        int32_t throttle_time_ms; /* 1+ */
        int16_t error_code;       /* before 3, if none: written is that of the only member */
        ARRAY_OF(struct leave_group_member_response) members; /* 3+ */
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_leave_group_request(struct serde *s, struct leave_group_request *m);
void serde_leave_group_response(struct serde *s, struct leave_group_response *m);

#endif
