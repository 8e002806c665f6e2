/* txn_private.h - what the files of the transaction coordinator share:
 *
 *     transaction.c   who is coordinated here: leading, loading, time-outs, expiry
 *     txn_requests.c  the requests that change something, and who waits for the answers
 *     txn_queries.c   those that only look: verify, describe, list
 *     txn_write.c     from a decision to a committed state
 *     txn_markers.c   from a committed PREPARE_… to a marker in every partition
 *     txn_rules.c     what may be decided;  txn_state.c  what there is to know
 *
 * (1) `now` of a transaction is committed; what is appended and not committed is `next`. So nothing
 *     that is read here can be lost. To that end a log begins to serve only when all that was in it
 *     is replayed, and committed.
 * (2) There is one change of a transaction under way at a time (is_pending). */
#ifndef ODRADEK_DELIVERY_TXN_PRIVATE_H
#define ODRADEK_DELIVERY_TXN_PRIVATE_H

#include "delivery/producer_ids.h"
#include "delivery/transaction.h"
#include "delivery/txn_rules.h"
#include "replication/state_log.h"

#include <uthash.h>

enum { TXN_RETRY_MS = 100 }; /* the pause before a marker is sent again (retry.backoff.ms) */

/* A partition that has to get its marker. */
struct marker_owed {
        struct str topic; /* the name in the state that was decided */
        int32_t partition;
        int32_t asked_node; /* the marker is on its way there; -1: it is not */
        bool is_done;
};

/* One transactional id. */
struct txn {
        struct str id;
        struct txn_log *log;
        struct txn_state now, next;
        bool is_pending;
        struct state_wait wait;
        /* Who hears `answer` when the change is committed; NULL: nobody. */
        struct txn_request *asker;
        int32_t asker_part;
        enum kerr answer;
        int64_t opened_ms; /* mono; ONGOING since then, as far as this coordinator knows */
        /* While its decision is carried out: */
        struct marker_owed *owed;
        int32_t owed_count, owed_left;
        int64_t retry_ms; /* mono; nothing is sent or completed sooner */
        struct txn *prev, *next_decided;
        bool is_decided; /* it is in the coordinator's list */
        UT_hash_handle hh;
};

/* A partition of __transaction_state that is led here. */
struct txn_log {
        struct txn_coordinator *coordinator;
        int32_t partition;
        struct state_log log;
        struct state_wait loaded; /* until all that was there is committed */
        bool is_committed, serves;
        struct txn *txns; /* by id */
        UT_hash_handle hh;
};

/* A request for which something is written or asked. */
struct txn_request {
        struct txn_coordinator *coordinator;
        struct txn_call *call; /* NULL: the asker is gone, and so are `in` and the answer */
        enum api_key api;
        union {
                struct {
                        const struct init_producer_id_request *in;
                        struct init_producer_id_response *answer;
                } init;
                struct add_partitions_to_txn_response *add_partitions;
                struct add_offsets_to_txn_response *add_offsets;
                struct end_txn_response *end;
        };
        struct producer_id_wait id_wait;
        int32_t parts_left; /* changes and ids that it waits for, and its own beginning */
        struct txn_request *prev, *next;
};

/* A broker that gets markers; one WriteTxnMarkers is under way to each, at most. */
struct marker_node {
        struct txn_coordinator *coordinator;
        int32_t id;
        bool is_due;   /* there is something for it */
        bool is_asked; /* a request is under way */
        UT_hash_handle hh;
};

struct txn_coordinator {
        struct txn_coordinator_config config;
        struct producer_ids ids;
        struct txn_log *logs; /* by partition */
        struct txn_request *requests;
        struct txn *decided; /* whose markers go out, the oldest first */
        struct marker_node *nodes;
        int64_t next_abort_check_ms, next_expiration_check_ms; /* mono */
};

static inline struct world *txn_world(const struct txn_coordinator *c)
{
        return c->config.world;
}

static inline int64_t txn_mono_ms(const struct txn_coordinator *c)
{
        return txn_world(c)->mono_ms(txn_world(c));
}

static inline int64_t txn_wall_ms(const struct txn_coordinator *c)
{
        return txn_world(c)->wall_ms(txn_world(c));
}

/* --- transaction.c --- */

/* Its table can be read, and by all this broker knows it leads. Asked before each marker too: there
 * may be a successor at work already. */
bool txn_log_leads(const struct txn_log *log);

/* The log that `id` is kept in. Errors: INVALID_REQUEST for no id, NOT_COORDINATOR,
 * COORDINATOR_LOAD_IN_PROGRESS. */
enum kerr txn_route(struct txn_coordinator *c, struct str id, struct txn_log **log);

/* NULL when it is not known. make: a new one with a new state. */
struct txn *txn_find(struct txn_log *log, struct str id);
struct txn *txn_make(struct txn_log *log, struct str id);
void txn_remove(struct txn *t);

/* --- txn_write.c --- */

/* Appends `next`, which it takes. When it is committed it becomes `now`, and part `part` of the
 * request ends with `answer`; maybe before this returns, and then the transaction may be gone. On
 * error nothing has happened, and nobody is told. Errors: NOT_COORDINATOR,
 * COORDINATOR_NOT_AVAILABLE, UNKNOWN_SERVER_ERROR. */
enum kerr txn_write(struct txn *t, struct txn_state next, struct txn_request *asker, int32_t part,
                    enum kerr answer);

/* --- txn_markers.c --- */

/* `decided` is PREPARE_…: its partitions get their markers from now on. Does nothing the second
 * time. */
void markers_begin(struct txn *t, const struct txn_state *decided);

/* None are sent any more. */
void markers_end(struct txn *t);

/* Sends what is due, and writes COMPLETE_… for those that have all. Returns when to call again. */
int64_t markers_run(struct txn_coordinator *c);

/* --- txn_requests.c --- */

/* Part `part` of the request has ended; `now` is the state by then. */
void txn_request_end_part(struct txn_request *r, int32_t part, enum kerr err,
                          const struct txn_state *now);

/* --- txn_queries.c --- */

/* Sets the answers of all partitions; `out` has the shape of `in` already. */
void txn_verify(struct txn_coordinator *c, const struct add_partitions_to_txn_transaction *in,
                struct add_partitions_to_txn_transaction_response *out);

/* --- for answers (txn_requests.c) --- */

void *txn_alloc(struct arena *arena, size_t size);

/* The code as `version` of the API knows it: PRODUCER_FENCED came later (KIP-588). */
int16_t txn_error_code(enum api_key api, int16_t version, enum kerr err);

#endif
