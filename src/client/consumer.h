/* consumer.h - reads partitions from a given offset on, record by record.
 *
 * Each assigned partition is in one of these states; one that the group gives begins UNPLACED,
 * until its committed offset is known:
 *
 *     RESETTING --ListOffsets answered--> FETCHING --OFFSET_OUT_OF_RANGE--> RESETTING
 *         |                                  |          (auto.offset.reset none: STOPPED)
 *         +--- error that stays --> STOPPED <+
 *     consumer_seek(): from any state to FETCHING or RESETTING
 *
 * Invariants:
 *  (1) Records of a partition are handed out in the order of their offsets, none twice and none
 *      left out of what the fetches bring, unless consumer_seek() or a reset says otherwise; each
 *      reset is told through on_error with OFFSET_OUT_OF_RANGE.
 *  (2) The position is the offset of the next record to hand out. In on_record it is already behind
 *      the record shown.
 *  (3) A batch that fails its CRC or does not follow the format is reported and stops the
 *      partition; it is never skipped.
 *  (4) At most one Fetch per broker is in flight. An answer whose partition was moved (seek) or
 *      paused meanwhile is dropped.
 *
 * Errors worth asking again (no leader, connection lost …) are retried after retry.backoff.ms and
 * not reported. With read_committed nothing beyond the last stable offset comes, and records of
 * aborted transactions are left out (the broker names them, fetched.c drops them).
 *
 * A consumer with a group_id may subscribe instead of being assigned: the members of the group
 * share the partitions of its topics among themselves (membership.c).
 *
 *     OUT -> PREPARING -> JOINING -> SYNCING -> STABLE --heartbeat says rebalance--> PREPARING …
 *
 *  (5) A partition is read by this consumer only between on_assigned and on_revoked. Records that
 *      were fetched and not handed out when it was revoked are dropped (KAFKA-7096).
 *  (6) Commits carry the member id and generation under which the records were handed out.
 *  (7) With a cooperative assignor only partitions that move are revoked, in a rebalance of their
 *      own (KIP-429); with the eager ones all are, before joining.
 *  (8) When a new leader's epoch is newer than what the position was last compared with, it is
 *      compared (OffsetForLeaderEpoch) before reading goes on (KIP-320). Where that leader's log
 *      was cut below it, on_error says OFFSET_OUT_OF_RANGE and reading goes on at the cut.
 *  (9) Heartbeats go on while the program is busy, so it has to say itself that it is not hung:
 *      consumer_polled() (KIP-62).
 *
 * Source: Kafka's Fetcher, SubscriptionState, ConsumerCoordinator, AbstractCoordinator; KIP-62, 74,
 * 320, 345, 429, 447. */
#ifndef ODRADEK_CLIENT_CONSUMER_H
#define ODRADEK_CLIENT_CONSUMER_H

#include "client/client.h"
#include "client/group_metadata.h"
#include "groups/assignor.h"
#include "log/batch.h"
#include "wire/fetch.h"
#include "wire/list_offsets.h"

struct consumer;

struct consumer_partition {
        const char *topic;
        int32_t partition;
};

struct consumer_offset {
        const char *topic;
        int32_t partition;
        int64_t offset;       /* of the next record to read; -1: none committed */
        int32_t leader_epoch; /* of the record before it; -1: not known */
};

enum revocation {
        REVOKED, /* it may still commit what it has read of them */
        LOST,    /* others may have them already: a commit would be refused */
};

struct consumer_record {
        const char *topic;
        int32_t partition;
        int32_t leader_epoch; /* of the batch */
        int64_t offset;
        int64_t timestamp_ms; /* wall */
        bool log_append_time; /* the broker stamped it, not the producer */
        struct span key, value;
        int32_t header_count;
        struct span headers; /* whole and well-formed; walk with record_next_header() */
};

enum offset_reset { OFFSET_RESET_LATEST, OFFSET_RESET_EARLIEST, OFFSET_RESET_NONE };

/* Named as Kafka's keys. Callbacks that are not wanted may be NULL, but for on_record. */
struct consumer_config {
        int32_t fetch_min_bytes;
        int32_t fetch_max_wait_ms;
        int32_t fetch_max_bytes;
        int32_t max_partition_fetch_bytes;
        enum isolation_level isolation_level;
        bool check_crcs;
        enum offset_reset auto_offset_reset;
        int64_t request_timeout_ms;
        int64_t retry_backoff_ms;
        const char *group_id;          /* NULL: none; copied */
        const char *group_instance_id; /* NULL: a dynamic member; copied (KIP-345) */
        enum assignor_kind assignor;   /* partition.assignment.strategy */
        int32_t session_timeout_ms, heartbeat_interval_ms, max_poll_interval_ms;
        bool enable_auto_commit; /* what was handed out, every auto_commit_interval_ms, at a
                                  * revocation and when it leaves */
        int64_t auto_commit_interval_ms;
        void *context;
        /* Of a subscription. on_assigned: these are read from now on, from their committed offset
         * or where auto_offset_reset says; none at all when there are more members than partitions.
         * on_revoked: they are not ours from now on; consumer_commit() in here still goes out
         * before the group is told (unless LOST). */
        void (*on_assigned)(void *context, const struct consumer_partition *partitions,
                            int32_t count);
        void (*on_revoked)(void *context, const struct consumer_partition *partitions,
                           int32_t count, enum revocation how);
        /* The group refused us for good (FENCED_INSTANCE_ID, INVALID_GROUP_ID, …). */
        void (*on_group_error)(void *context, enum kerr err);
        void (*on_record)(void *context, const struct consumer_record *record);
        /* The position reached the end: the high watermark (the last stable offset for
         * read_committed). Once each time, not again before another record came. */
        void (*on_end)(void *context, const char *topic, int32_t partition, int64_t offset);
        /* `offset` is the position, or the base offset of a bad batch. After OFFSET_OUT_OF_RANGE
         * reading goes on at the reset offset, unless auto.offset.reset is none; after any other
         * error the partition is stopped until consumer_seek(). */
        void (*on_error)(void *context, const char *topic, int32_t partition, int64_t offset,
                         enum kerr err);
};

/* Kafka's defaults, no callbacks. */
struct consumer_config consumer_config_default(void);

/* Attaches a consumer to the client, which must outlive it. Never NULL. */
struct consumer *consumer_open(struct client *c, const struct consumer_config *config);

/* Drops everything. */
void consumer_close(struct consumer *c);

/* Where to begin. */
enum start_kind {
        START_OFFSET,    /* value: the offset */
        START_EARLIEST,  /* the log start offset */
        START_LATEST,    /* the end */
        START_TIMESTAMP, /* value: wall ms; the first record as young as that, else the end */
};

struct start {
        enum start_kind kind;
        int64_t value;
};

/* Begins to read a partition; one that is assigned already is moved (and a pause ended). */
void consumer_assign(struct consumer *c, const char *topic, int32_t partition, struct start start);

/* Moves an assigned partition. Records of the batch that is being handed out are dropped. Errors:
 * UNKNOWN_TOPIC_OR_PARTITION when it is not assigned (also below). */
enum kerr consumer_seek(struct consumer *c, const char *topic, int32_t partition,
                        struct start start);

/* No record comes after consumer_pause() returned; consumer_resume() goes on at the position. */
enum kerr consumer_pause(struct consumer *c, const char *topic, int32_t partition);
enum kerr consumer_resume(struct consumer *c, const char *topic, int32_t partition);

/* --- groups --- */

/* Joins the group and reads what it is given of these topics. Called again it changes the
 * subscription; with count 0 it leaves the group. Partitions come and go by on_assigned and
 * on_revoked. Errors: INVALID_GROUP_ID without a group_id. */
enum kerr consumer_subscribe(struct consumer *c, const char *const *topics, int32_t count);

/* The program is alive: what a call of poll() says in Kafka. To be called whenever it has no record
 * in work, and between two records. When max_poll_interval_ms have gone by since the last call (or
 * consumer_subscribe()), found out at the next heartbeat, the member loses its partitions
 * (on_revoked with LOST, nothing is committed) and leaves the group. A static member leaves without
 * a word, and keeps its place until its session is over. The next call joins again. Nothing else
 * waits for this call: callbacks come meanwhile, and rebalances go on. Source: KIP-62; Kafka's
 * Heartbeat.pollTimeoutExpired(), AbstractCoordinator.maybeLeaveGroup(). */
void consumer_polled(struct consumer *c);

/* Commits; on_done comes once, with NONE, REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION,
 * UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID (the offsets are not committed), or CONNECTION_FAILED and
 * TIMED_OUT_LOCALLY: nobody knows. What can be tried again is. A consumer with a group_id that did
 * not subscribe commits as a simple consumer; one that did, and is no member now, commits nothing
 * (UNKNOWN_MEMBER_ID). offsets NULL: the positions of all assigned partitions. */
typedef void consumer_committed(void *context, enum kerr err);
enum kerr consumer_commit(struct consumer *c, const struct consumer_offset *offsets, int32_t count,
                          consumer_committed *on_done, void *context);

/* The committed offsets of these partitions (OffsetFetch, stable ones). on_done is shown the same
 * partitions with their offsets. */
typedef void consumer_fetched_offsets(void *context, enum kerr err,
                                      const struct consumer_offset *offsets, int32_t count);
enum kerr consumer_fetch_offsets(struct consumer *c, const struct consumer_partition *partitions,
                                 int32_t count, consumer_fetched_offsets *on_done, void *context);

/* Who we are in the group: for producer_send_offsets(). False while we are no member. Borrowed. */
bool consumer_group_metadata(const struct consumer *c, struct group_metadata *metadata);

/* Leaves the group in good order (auto-commit, revocation, LeaveGroup; a static member only stops):
 * consumer_has_left() becomes true soon, or when request.timeout.ms is over. */
void consumer_leave(struct consumer *c);
bool consumer_has_left(const struct consumer *c);

struct consumer_position {
        int64_t position;       /* -1: not known yet */
        int64_t high_watermark; /* as last heard; -1: not yet */
        int64_t log_start;      /* the same */
};

enum kerr consumer_position(const struct consumer *c, const char *topic, int32_t partition,
                            struct consumer_position *position);

#endif
