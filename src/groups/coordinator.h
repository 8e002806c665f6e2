/* coordinator.h - the group coordinator of one broker: every consumer group whose partition of
 * __consumer_offsets it leads.
 *
 *     JoinGroup, SyncGroup, Heartbeat, LeaveGroup  -> group.h    who is in it, and what each reads
 *     OffsetCommit, OffsetFetch, TxnOffsetCommit   -> offsets.h  how far they got
 *     both tables are folds of the partition's log (replication/state_log.h)
 *
 * (1) A group is coordinated by the leader of partition hash(group id) mod partitions; another
 *     broker answers NOT_COORDINATOR, one that has not replayed its log yet
 *     COORDINATOR_LOAD_IN_PROGRESS (but it takes heartbeats, and sends a SyncGroup back to
 *     JoinGroup, as Kafka does).
 * (2) Generations only rise. Only members of the current generation may commit, sync or heartbeat
 *     (ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID); a simple consumer without a
 *     group membership (generation -1, no member id) may commit while the group is empty.
 * (3) An answer that says success is true for good: what it says, and all it rests on, is
 *     committed. OffsetFetch too: it never shows an offset that could be lost. ListGroups,
 *     DescribeGroups and JoinGroup tell what is in no log, and do not wait: a generation counts
 *     once its assignment is written.
 * (4) Offsets in an open transaction are pending: OffsetFetch with require_stable answers
 *     UNSTABLE_OFFSET_COMMIT, else the last stable one. They become visible by the COMMIT marker in
 *     the log of this partition and vanish by an ABORT.
 * (5) Offsets expire offsets.retention.minutes after their group became empty (after the commit,
 *     for simple consumers), never while a member reads the topic (KIP-211). Expired ones get
 *     tombstones.
 *
 * Times are mono_ms, but for commit and expiry timestamps, which are wall. Source: KIP-62, 98, 211,
 * 345, 394, 447; Kafka's GroupCoordinator, GroupMetadataManager, GroupMetadata. */
#ifndef ODRADEK_GROUPS_COORDINATOR_H
#define ODRADEK_GROUPS_COORDINATOR_H

#include "base/arena.h"
#include "replication/replica.h"
#include "wire/delete_groups.h"
#include "wire/describe_groups.h"
#include "wire/heartbeat.h"
#include "wire/join_group.h"
#include "wire/leave_group.h"
#include "wire/list_groups.h"
#include "wire/offset_commit.h"
#include "wire/offset_delete.h"
#include "wire/offset_fetch.h"
#include "wire/sync_group.h"
#include "wire/txn_offset_commit.h"

struct group_coordinator;

struct group_coordinator_config {
        struct world *world;
        int32_t partitions;                 /* of __consumer_offsets; 0: not made yet */
        int64_t session_timeout_min_ms;     /* group.min.session.timeout.ms */
        int64_t session_timeout_max_ms;     /* group.max.session.timeout.ms */
        int64_t initial_rebalance_delay_ms; /* group.initial.rebalance.delay.ms */
        int32_t group_max_size;             /* group.max.size */
        int32_t offset_metadata_max_bytes;  /* offset.metadata.max.bytes */
        int64_t offsets_retention_ms;       /* offsets.retention.minutes */
        int64_t retention_check_ms;         /* offsets.retention.check.interval.ms */
        int32_t load_bytes;                 /* offsets.load.buffer.size: read at a time; 0: 1 MB */
        /* Offsets of partitions that there are not are refused; NULL: none is. */
        bool (*has_partition)(void *context, struct str topic, int32_t partition);
        void *context;
};

struct group_coordinator *group_coordinator_new(const struct group_coordinator_config *config);

/* Calls under way are forgotten without a word. */
void group_coordinator_free(struct group_coordinator *c);

/* The topic was made with so many partitions. */
void group_coordinator_set_partitions(struct group_coordinator *c, int32_t partitions);

/* This broker leads the partition in a new leader epoch: its table is replayed, by and by, in
 * run(). `replica` must stay until group_coordinator_resign(). */
void group_coordinator_lead(struct group_coordinator *c, int32_t partition,
                            struct replica *replica);

/* It does no more: calls under way end with NOT_COORDINATOR. Does nothing when it never did. */
void group_coordinator_resign(struct group_coordinator *c, int32_t partition);

/* Loads, ends what is committed, ends sessions and rebalances whose time is up, lets offsets
 * expire. Returns when to call again (mono_ms). To be called after each burst, when high watermarks
 * have moved. */
int64_t group_coordinator_run(struct group_coordinator *c);

/* --- the requests --- */

/* One request under way; embedded in what asks. Zero-initialise, then set the first four. Request
 * and answer must live until done(); what the answer points at is in `arena`, or belongs to the
 * coordinator and is valid during done(). */
struct group_call {
        /* The answer is complete; once, maybe at once. Must not call the coordinator. */
        void (*done)(struct group_call *call);
        struct arena *arena;
        int16_t version;                   /* of the request's API */
        struct str client_id, client_host; /* "/127.0.0.1", as Kafka's tools show it */
        void *state;                       /* the coordinator's, while it waits */
};

/* The asker is gone: done() will not be called. The change may happen all the same. */
void group_call_forget(struct group_call *call);

void groups_join(struct group_coordinator *c, const struct join_group_request *in,
                 struct join_group_response *answer, struct group_call *call);
void groups_sync(struct group_coordinator *c, const struct sync_group_request *in,
                 struct sync_group_response *answer, struct group_call *call);
void groups_heartbeat(struct group_coordinator *c, const struct heartbeat_request *in,
                      struct heartbeat_response *answer, struct group_call *call);
void groups_leave(struct group_coordinator *c, const struct leave_group_request *in,
                  struct leave_group_response *answer, struct group_call *call);
void groups_commit(struct group_coordinator *c, const struct offset_commit_request *in,
                   struct offset_commit_response *answer, struct group_call *call);
void groups_fetch(struct group_coordinator *c, const struct offset_fetch_request *in,
                  struct offset_fetch_response *answer, struct group_call *call);
void groups_delete_offsets(struct group_coordinator *c, const struct offset_delete_request *in,
                           struct offset_delete_response *answer, struct group_call *call);
void groups_list(struct group_coordinator *c, const struct list_groups_request *in,
                 struct list_groups_response *answer, struct group_call *call);
void groups_describe(struct group_coordinator *c, const struct describe_groups_request *in,
                     struct describe_groups_response *answer, struct group_call *call);
void groups_delete(struct group_coordinator *c, const struct delete_groups_request *in,
                   struct delete_groups_response *answer, struct group_call *call);
void groups_txn_commit(struct group_coordinator *c, const struct txn_offset_commit_request *in,
                       struct txn_offset_commit_response *answer, struct group_call *call);

/* Answers `err` for all partitions: its transaction is not open, say. */
void groups_txn_refuse(const struct txn_offset_commit_request *in,
                       struct txn_offset_commit_response *answer, struct group_call *call,
                       enum kerr err);

/* The producer's marker was appended to the partition that is led here: its pending offsets there
 * count, or vanish. */
void groups_complete_txn(struct group_coordinator *c, int32_t partition, int64_t producer_id,
                         bool commit);

/* The topic was deleted: so are the offsets in it, or one made anew under its name would be read
 * from there. (Those that are being loaded stay until they expire.) */
void groups_forget_topic(struct group_coordinator *c, struct str topic);

/* --- for checkers: what is in the tables. Borrowed, until the coordinator runs. --- */

enum group_state { GROUP_EMPTY, GROUP_PREPARING, GROUP_COMPLETING, GROUP_STABLE, GROUP_DEAD };

struct group_member_view {
        struct str member_id, instance_id, client_id;
        struct span subscription, assignment;
};

struct group_view {
        struct str group_id;
        int32_t partition; /* of __consumer_offsets */
        enum group_state state;
        int32_t generation;
        int32_t member_count;
        const struct group_member_view *members;
};

struct committed_offset_view {
        struct str group_id, topic;
        int32_t partition;
        int64_t offset;
        bool is_pending; /* of an open transaction */
};

/* Of loaded partitions only, in a fixed order. */
void group_coordinator_each(const struct group_coordinator *c,
                            void (*each)(void *context, const struct group_view *g), void *context);
void group_coordinator_each_offset(const struct group_coordinator *c,
                                   void (*each)(void *context,
                                                const struct committed_offset_view *o),
                                   void *context);

#endif
