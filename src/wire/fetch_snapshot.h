/* fetch_snapshot.h - FetchSnapshot: give me bytes of that snapshot of the metadata log, from this
 * position on. A follower asks so that lies behind the leader's log start.
 *
 * Version 0 only, flexible. Source: KIP-630. */
#ifndef ODRADEK_WIRE_FETCH_SNAPSHOT_H
#define ODRADEK_WIRE_FETCH_SNAPSHOT_H

#include "wire/fetch.h"

struct fetch_snapshot_partition {
        int32_t index;
        int32_t current_leader_epoch;
        struct fetch_snapshot_id snapshot_id;
        int64_t position; /* in bytes, of the snapshot file */
};

struct fetch_snapshot_topic {
        struct str name;
        ARRAY_OF(struct fetch_snapshot_partition) partitions;
};

struct fetch_snapshot_request {
        struct str cluster_id; /* tagged; null: not said */
        int32_t replica_id;
        int32_t max_bytes;
        ARRAY_OF(struct fetch_snapshot_topic) topics;
};

struct fetch_snapshot_partition_response {
        int32_t index;
        int16_t error_code;
        struct fetch_snapshot_id snapshot_id;
        bool has_current_leader; /* tagged; when the one asked does not lead (any more) */
        struct fetch_current_leader current_leader;
        int64_t size;           /* of the whole snapshot, in bytes */
        int64_t position;       /* where `records` begin in it */
        struct records records; /* may begin and end inside a batch */
};

struct fetch_snapshot_topic_response {
        struct str name;
        ARRAY_OF(struct fetch_snapshot_partition_response) partitions;
};

struct fetch_snapshot_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        ARRAY_OF(struct fetch_snapshot_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_fetch_snapshot_request(struct serde *s, struct fetch_snapshot_request *m);
void serde_fetch_snapshot_response(struct serde *s, struct fetch_snapshot_response *m);

#endif
