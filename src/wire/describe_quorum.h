/* describe_quorum.h - DescribeQuorum: who votes, who follows, and how far each has got.
 *
 * Versions 0-1, flexible. 1 adds when each was last heard and caught up (KIP-836). Source:
 * KIP-595. */
#ifndef ODRADEK_WIRE_DESCRIBE_QUORUM_H
#define ODRADEK_WIRE_DESCRIBE_QUORUM_H

#include "wire/serde.h"

struct describe_quorum_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct describe_quorum_request {
        ARRAY_OF(struct describe_quorum_topic) topics;
};

struct describe_quorum_replica {
        int32_t replica_id;
        int64_t log_end_offset;              /* -1: unknown */
        int64_t last_fetch_timestamp_ms;     /* 1+; wall_ms at the leader; -1: unknown */
        int64_t last_caught_up_timestamp_ms; /* 1+; the same */
};

struct describe_quorum_partition_response {
        int32_t index;
        int16_t error_code;
        int32_t leader_id; /* -1: unknown */
        int32_t leader_epoch;
        int64_t high_watermark;
        ARRAY_OF(struct describe_quorum_replica) current_voters;
        ARRAY_OF(struct describe_quorum_replica) observers;
};

struct describe_quorum_topic_response {
        struct str name;
        ARRAY_OF(struct describe_quorum_partition_response) partitions;
};

struct describe_quorum_response {
        int16_t error_code;
        ARRAY_OF(struct describe_quorum_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_describe_quorum_request(struct serde *s, struct describe_quorum_request *m);
void serde_describe_quorum_response(struct serde *s, struct describe_quorum_response *m);

#endif
