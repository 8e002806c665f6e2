/* epoch_end.h - OffsetForLeaderEpoch: where did this leader epoch end in your log? (KIP-101)
 *
 * A follower, or a consumer that lost its leader (KIP-320), learns where its log and the leader's
 * part. Versions 2-4; 4 is flexible. 3 adds the replica id (KIP-392). */
#ifndef ODRADEK_WIRE_EPOCH_END_H
#define ODRADEK_WIRE_EPOCH_END_H

#include "wire/serde.h"

enum { REPLICA_ID_CONSUMER = -1, REPLICA_ID_DEBUG = -2 };

struct epoch_end_partition {
        int32_t index;
        int32_t current_leader_epoch; /* -1: do not check */
        int32_t leader_epoch;         /* the epoch asked about */
};

struct epoch_end_topic {
        struct str name;
        ARRAY_OF(struct epoch_end_partition) partitions;
};

struct epoch_end_request {
        int32_t replica_id; /* 3+; before: REPLICA_ID_DEBUG */
        ARRAY_OF(struct epoch_end_topic) topics;
};

struct epoch_end_partition_response {
        int16_t error_code;
        int32_t index;
        int32_t leader_epoch; /* the largest known one not above the one asked; -1: none */
        int64_t end_offset;   /* its first offset that is no more; -1: unknown */
};

struct epoch_end_topic_response {
        struct str name;
        ARRAY_OF(struct epoch_end_partition_response) partitions;
};

struct epoch_end_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct epoch_end_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_epoch_end_request(struct serde *s, struct epoch_end_request *m);
void serde_epoch_end_response(struct serde *s, struct epoch_end_response *m);

#endif
