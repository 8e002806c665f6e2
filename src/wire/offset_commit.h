/* offset_commit.h - OffsetCommit: this group has read so far.
 *
 * Versions 1-9; 8 is flexible. 1 has a time for each offset, 2-4 how long to keep them, 6 adds the
 * leader epoch (KIP-320), 7 static members (KIP-345). 9 is 8 with new errors (KIP-848).
 * TxnOffsetCommit shares the structs of topics and partitions. */
#ifndef ODRADEK_WIRE_OFFSET_COMMIT_H
#define ODRADEK_WIRE_OFFSET_COMMIT_H

#include "wire/serde.h"

struct offset_commit_partition {
        int32_t index;
        int64_t committed_offset;       /* of the next record to read */
        int32_t committed_leader_epoch; /* 6+; of the last record read; -1: unknown */
        int64_t commit_timestamp_ms;    /* only 1; -1: the broker's time */
        struct str committed_metadata;  /* null allowed */
};

struct offset_commit_topic {
        struct str name;
        ARRAY_OF(struct offset_commit_partition) partitions;
};

struct offset_commit_request {
        struct str group_id;
        int32_t generation_id;        /* -1: from outside of the group's protocol */
        struct str member_id;         /* empty: the same */
        struct str group_instance_id; /* 7+; null: not a static member */
        int64_t retention_time_ms;    /* 2-4; -1: what the broker is configured to */
        ARRAY_OF(struct offset_commit_topic) topics;
};

struct offset_commit_partition_response {
        int32_t index;
        int16_t error_code;
};

struct offset_commit_topic_response {
        struct str name;
        ARRAY_OF(struct offset_commit_partition_response) partitions;
};

struct offset_commit_response {
        int32_t throttle_time_ms; /* 3+ */
        ARRAY_OF(struct offset_commit_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_offset_commit_request(struct serde *s, struct offset_commit_request *m);
void serde_offset_commit_response(struct serde *s, struct offset_commit_response *m);

/* One topic of an answer, for TxnOffsetCommit. */
void serde_offset_commit_topic_response(struct serde *s, struct offset_commit_topic_response *m);

#endif
