/* list_groups.h - ListGroups: which groups do you coordinate?
 *
 * Versions 0-5; 3 is flexible. 4 adds the state (KIP-518), 5 the type (KIP-848). One must ask every
 * broker. */
#ifndef ODRADEK_WIRE_LIST_GROUPS_H
#define ODRADEK_WIRE_LIST_GROUPS_H

#include "wire/serde.h"

struct list_groups_request {
        ARRAY_OF(struct str) states_filter; /* 4+; empty: all */
        ARRAY_OF(struct str) types_filter;  /* 5+; empty: all */
};

struct list_groups_group {
        struct str group_id;
        struct str protocol_type;
        struct str group_state; /* 4+; as "Stable" */
        struct str group_type;  /* 5+; "classic" */
};

struct list_groups_response {
        int32_t throttle_time_ms; /* 1+ */
        int16_t error_code;
        ARRAY_OF(struct list_groups_group) groups;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_list_groups_request(struct serde *s, struct list_groups_request *m);
void serde_list_groups_response(struct serde *s, struct list_groups_response *m);

#endif
