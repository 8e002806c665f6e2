/* quorum_epoch.h - BeginQuorumEpoch: I lead now, fetch from me. EndQuorumEpoch: I lead no more,
 * elect another.
 *
 * Version 0 only of both, not flexible. Source: KIP-595. */
#ifndef ODRADEK_WIRE_QUORUM_EPOCH_H
#define ODRADEK_WIRE_QUORUM_EPOCH_H

#include "wire/serde.h"

struct begin_quorum_epoch_partition {
        int32_t index;
        int32_t leader_id;
        int32_t leader_epoch;
};

struct begin_quorum_epoch_topic {
        struct str name;
        ARRAY_OF(struct begin_quorum_epoch_partition) partitions;
};

struct begin_quorum_epoch_request {
        struct str cluster_id; /* null: not said */
        ARRAY_OF(struct begin_quorum_epoch_topic) topics;
};

struct end_quorum_epoch_partition {
        int32_t index;
        int32_t leader_id;
        int32_t leader_epoch;
        ARRAY_OF(int32_t) preferred_successors; /* voters, the one with the longest log first */
};

struct end_quorum_epoch_topic {
        struct str name;
        ARRAY_OF(struct end_quorum_epoch_partition) partitions;
};

struct end_quorum_epoch_request {
        struct str cluster_id; /* null: not said */
        ARRAY_OF(struct end_quorum_epoch_topic) topics;
};

/* What the voter knows, in the answers to both. */
struct quorum_epoch_partition_response {
        int32_t index;
        int16_t error_code;
        int32_t leader_id; /* -1: unknown */
        int32_t leader_epoch;
};

struct quorum_epoch_topic_response {
        struct str name;
        ARRAY_OF(struct quorum_epoch_partition_response) partitions;
};

struct begin_quorum_epoch_response {
        int16_t error_code;
        ARRAY_OF(struct quorum_epoch_topic_response) topics;
};

struct end_quorum_epoch_response {
        int16_t error_code;
        ARRAY_OF(struct quorum_epoch_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_begin_quorum_epoch_request(struct serde *s, struct begin_quorum_epoch_request *m);
void serde_begin_quorum_epoch_response(struct serde *s, struct begin_quorum_epoch_response *m);
void serde_end_quorum_epoch_request(struct serde *s, struct end_quorum_epoch_request *m);
void serde_end_quorum_epoch_response(struct serde *s, struct end_quorum_epoch_response *m);

#endif
