/* state_log.h - a coordinator's memory: a table that is the fold of one replicated partition.
 *
 *     change -> records -> append -> fold into the table at once
 *                                 -> the answer waits until the append is committed
 *
 * Group coordinators keep their groups and offsets so (__consumer_offsets), transaction
 * coordinators their transactions (__transaction_state). Whoever leads the partition coordinates;
 * with the leadership the table moves, by replay.
 *
 * (1) Nothing is answered before all that was in the log when leadership began has been replayed.
 * (2) The table runs ahead: it holds what was appended. An answer waits until everything appended
 *     before it is committed; so what was told is true for good, whoever leads next.
 * (3) When leadership ends, or the log fails, each that waits hears NOT_COORDINATOR: nobody knows
 *     what becomes of its change.
 *
 * Positions are offsets of the log. Not thread-safe. Source: Kafka's CoordinatorRuntime (KIP-848)
 * and GroupMetadataManager. */
#ifndef ODRADEK_REPLICATION_STATE_LOG_H
#define ODRADEK_REPLICATION_STATE_LOG_H

#include "replication/replica.h"

/* A record as it comes out of the log. */
struct state_record {
        int64_t offset;
        int64_t timestamp_ms;
        struct span key, value; /* value.data NULL: a tombstone */
        /* Of a transaction's batch: it counts when the producer's COMMIT marker comes. */
        bool is_transactional;
        int64_t producer_id;
        int16_t producer_epoch;
};

struct state_log_events {
        /* In the order of the log, while it is loaded. What is appended later does not come here:
         * the one who appends folds it in himself. */
        void (*on_record)(void *context, const struct state_record *record);
        void (*on_marker)(void *context, int64_t producer_id, bool commit);
        void *context;
};

/* Embedded in what waits. */
struct state_wait {
        /* The end: NONE, or NOT_COORDINATOR. Once, unless state_log_forget(). */
        void (*done)(struct state_wait *w, enum kerr err);
        struct state_log *log; /* NULL: does not wait */
        int64_t position;      /* waits until all below is committed */
        struct state_wait *prev, *next;
};

struct state_log {
        struct replica *replica;
        int32_t leader_epoch;
        struct state_log_events events;
        int64_t load_position, load_end; /* the same: loaded */
        bool has_failed;                 /* the log cannot be read, or leadership is over */
        struct state_wait *waits;        /* by position */
};

/* Begins to load; `replica` leads and must stay where it is until state_log_end(). */
void state_log_begin(struct state_log *l, struct replica *replica,
                     const struct state_log_events *events);

/* Loads about bytes_max more bytes; true once all is loaded. When the log cannot be read it says so
 * in the world's log, and has_failed is set. */
bool state_log_load(struct state_log *l, int32_t bytes_max);

bool state_log_is_loaded(const struct state_log *l);

/* For a change: records in one batch; the fields of a transactional batch when producer_id >= 0. */
struct state_change {
        const struct record *records; /* offset ignored */
        int32_t count;
        int64_t producer_id; /* -1: none */
        int16_t producer_epoch;
};

/* Appends with acks=all. Afterwards the caller folds the change into its table, and answers when
 * state_log_wait() says so. Errors: those of replica_append(); nothing happened, but after
 * KAFKA_STORAGE_ERROR. */
enum kerr state_log_append(struct state_log *l, const struct state_change *change);

/* Calls done once all that is in the log now is committed: maybe before it returns, maybe in
 * state_log_run(). */
void state_log_wait(struct state_log *l, struct state_wait *w);

/* It is not interested any more; does nothing when it does not wait. Zero-initialise waits. */
void state_log_forget(struct state_wait *w);

/* Ends what is committed now, and all when leadership is over. */
void state_log_run(struct state_log *l);

/* Ends all that waits, with NOT_COORDINATOR. The structure may go afterwards. */
void state_log_end(struct state_log *l);

#endif
