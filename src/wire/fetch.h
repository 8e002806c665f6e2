/* fetch.h - Fetch: give me the batches from these offsets. Consumers and followers both ask it.
 *
 * Versions 4-15; 12 is flexible. 4 adds isolation and aborted transactions (KIP-98), 5 the log
 * start offset (KIP-107), 7 incremental sessions (KIP-227), 9 the leader epoch (KIP-320), 10 allows
 * zstd (KIP-110), 11 racks and reading from followers (KIP-392), 12 lets the leader tell a follower
 * where its log diverges (KIP-595), 13 names topics by id (KIP-516), 15 carries the broker epoch of
 * the follower that asks (KIP-903). */
#ifndef ODRADEK_WIRE_FETCH_H
#define ODRADEK_WIRE_FETCH_H

#include "wire/serde.h"

enum isolation_level { READ_UNCOMMITTED = 0, READ_COMMITTED = 1 };

struct fetch_partition {
        int32_t index;
        int32_t current_leader_epoch; /* 9+; -1: do not check */
        int64_t fetch_offset;
        int32_t last_fetched_epoch; /* 12+; of the record before fetch_offset; -1: none */
        int64_t log_start_offset;   /* 5+; of the follower that asks; consumers say -1 */
        int32_t max_bytes;
};

struct fetch_topic {
        struct str name;      /* before 13; then empty */
        struct uuid topic_id; /* 13+ */
        ARRAY_OF(struct fetch_partition) partitions;
};

struct fetch_forgotten_topic {
        struct str name;      /* before 13; then empty */
        struct uuid topic_id; /* 13+ */
        ARRAY_OF(int32_t) partitions;
};

struct fetch_request {
        struct str cluster_id; /* 12+, tagged; null: not said */
        int32_t replica_id;    /* -1: a consumer; 15+: tagged */
        int64_t replica_epoch; /* 15+, tagged; broker epoch of the replica; -1: not said */
        int32_t max_wait_ms;
        int32_t min_bytes;
        int32_t max_bytes;
        int8_t isolation_level;
        int32_t session_id;    /* 7+; 0: none */
        int32_t session_epoch; /* 7+; -1: a full fetch without a session */
        ARRAY_OF(struct fetch_topic) topics;
        ARRAY_OF(struct fetch_forgotten_topic) forgotten_topics; /* 7+; leave the session */
        struct str rack_id;                                      /* 11+ */
};

struct fetch_diverging_epoch {
        int32_t epoch; /* the largest epoch that both logs may share */
        int64_t end_offset;
};

struct fetch_current_leader {
        int32_t leader_id; /* -1: unknown */
        int32_t leader_epoch;
};

struct fetch_snapshot_id {
        int64_t end_offset;
        int32_t epoch;
};

struct fetch_aborted_transaction {
        int64_t producer_id;
        int64_t first_offset;
};

/* Whoever makes one must set preferred_read_replica: zero is a broker too. */
struct fetch_partition_response {
        int32_t index;
        int16_t error_code;
        int64_t high_watermark;
        int64_t last_stable_offset; /* -1: unknown */
        int64_t log_start_offset;   /* 5+; before: -1 */
        bool has_diverging_epoch;   /* 12+; the follower must cut its log there first */
        struct fetch_diverging_epoch diverging_epoch;
        bool has_current_leader; /* 12+ */
        struct fetch_current_leader current_leader;
        bool has_snapshot_id; /* 12+; fetch this snapshot first */
        struct fetch_snapshot_id snapshot_id;
        ARRAY_OF(struct fetch_aborted_transaction) aborted_transactions; /* count -1: null */
        int32_t preferred_read_replica;                                  /* 11+; -1: the leader */
        struct records records;
};

struct fetch_topic_response {
        struct str name;      /* before 13; then empty */
        struct uuid topic_id; /* 13+ */
        ARRAY_OF(struct fetch_partition_response) partitions;
};

struct fetch_response {
        int32_t throttle_time_ms;
        int16_t error_code; /* 7+ */
        int32_t session_id; /* 7+; 0: no session */
        ARRAY_OF(struct fetch_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_fetch_request(struct serde *s, struct fetch_request *m);
void serde_fetch_response(struct serde *s, struct fetch_response *m);

/* Parts that FetchSnapshot has too. */
void serde_fetch_current_leader(struct serde *s, struct fetch_current_leader *m);
void serde_fetch_snapshot_id(struct serde *s, struct fetch_snapshot_id *m);

#endif
