/* offset_fetch.h - OffsetFetch: from where is this group to read on?
 *
 * Versions 1-9; 6 is flexible. 2 can ask for all topics and answers an error of the whole group, 5
 * adds the leader epoch (KIP-320), 7 can wait for transactions in doubt (KIP-447), 8 asks for many
 * groups (KIP-709), 9 says who asks (KIP-848). Before 8 there is exactly one group, the arrays hold
 * just that. In version 1 the group's error is not on the wire: say it in every partition. */
#ifndef ODRADEK_WIRE_OFFSET_FETCH_H
#define ODRADEK_WIRE_OFFSET_FETCH_H

#include "wire/serde.h"

struct offset_fetch_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct offset_fetch_group {
        struct str group_id;
        struct str member_id;                       /* 9+; null: none */
        int32_t member_epoch;                       /* 9+; -1: none */
        ARRAY_OF(struct offset_fetch_topic) topics; /* count -1: all (2+) */
};

struct offset_fetch_request {
        ARRAY_OF(struct offset_fetch_group) groups;
        bool require_stable; /* 7+; UNSTABLE_OFFSET_COMMIT where a transaction is not decided */
};

struct offset_fetch_partition_response {
        int32_t index;
        int64_t committed_offset;       /* -1: none, which is no error */
        int32_t committed_leader_epoch; /* 5+; -1: unknown */
        struct str metadata;            /* null allowed */
        int16_t error_code;
};

struct offset_fetch_topic_response {
        struct str name;
        ARRAY_OF(struct offset_fetch_partition_response) partitions;
};

struct offset_fetch_group_response {
        struct str group_id; /* 8+; before: empty */
        ARRAY_OF(struct offset_fetch_topic_response) topics;
        int16_t error_code; /* 2+ */
};

struct offset_fetch_response {
        int32_t throttle_time_ms; /* 3+ */
        ARRAY_OF(struct offset_fetch_group_response) groups;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_offset_fetch_request(struct serde *s, struct offset_fetch_request *m);
void serde_offset_fetch_response(struct serde *s, struct offset_fetch_response *m);

#endif
