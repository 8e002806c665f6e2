/* vote.h - Vote: a candidate asks the voters of the metadata quorum for their vote in its epoch.
 *
 * Version 0 only, flexible. Topics and partitions are there because Raft groups could be many; the
 * one there is has the topic __cluster_metadata and the partition 0. Source: KIP-595. */
#ifndef ODRADEK_WIRE_VOTE_H
#define ODRADEK_WIRE_VOTE_H

#include "wire/serde.h"

struct vote_partition {
        int32_t index;
        int32_t candidate_epoch;
        int32_t candidate_id;
        int32_t last_offset_epoch; /* of the last batch in the candidate's log */
        int64_t last_offset;       /* the candidate's log end offset */
};

struct vote_topic {
        struct str name;
        ARRAY_OF(struct vote_partition) partitions;
};

struct vote_request {
        struct str cluster_id; /* null: not said */
        ARRAY_OF(struct vote_topic) topics;
};

struct vote_partition_response {
        int32_t index;
        int16_t error_code;
        int32_t leader_id; /* -1: unknown */
        int32_t leader_epoch;
        bool vote_granted;
};

struct vote_topic_response {
        struct str name;
        ARRAY_OF(struct vote_partition_response) partitions;
};

struct vote_response {
        int16_t error_code;
        ARRAY_OF(struct vote_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_vote_request(struct serde *s, struct vote_request *m);
void serde_vote_response(struct serde *s, struct vote_response *m);

#endif
