/* transaction.h - the transaction coordinator of one broker: every transactional id whose partition
 * of __transaction_state it leads.
 *
 *     EMPTY -> ONGOING -> PREPARE_COMMIT -> COMPLETE_COMMIT -> (ONGOING …)
 *                     \-> PREPARE_ABORT  -> COMPLETE_ABORT  -> (ONGOING …)
 *
 * Two-phase commit over logs: which partitions take part is written down before any of them gets a
 * record; the decision (PREPARE_…) is written down, and committed, before any marker goes out; then
 * every partition gets its marker, again and again until it has it; then COMPLETE_… is written.
 *
 * (1) A transactional id is coordinated by the leader of partition hash(id) mod partitions; another
 *     broker answers NOT_COORDINATOR, one that has not replayed its log
 *     COORDINATOR_LOAD_IN_PROGRESS.
 * (2) Once PREPARE_… is committed the outcome never changes, whoever coordinates: a new coordinator
 *     that finds it in its log sends the markers again (KAFKA-9307).
 * (3) InitProducerId raises the producer epoch, and aborts what is open first: the older producer
 *     is fenced everywhere (PRODUCER_FENCED, or INVALID_PRODUCER_EPOCH for old versions). An epoch
 *     that is used up gets a new producer id.
 * (4) A transaction that is open for longer than its time-out is aborted, with a raised epoch
 *     (KAFKA-6119).
 * (5) While a decision is carried out, other requests hear CONCURRENT_TRANSACTIONS; a repeated
 *     EndTxn with the same decision is answered with success when it is done (also after
 *     COMPLETE_…).
 * (6) A marker carries the coordinator's epoch (the leader epoch of its partition), so that one of
 *     a deposed coordinator is refused.
 * (7) Ids that have been idle for transactional.id.expiration.ms are forgotten with a tombstone.
 *
 * Times are mono_ms but for what is written down, which is wall. Source: KIP-98, KIP-360, KIP-588,
 * KIP-890; Kafka's TransactionCoordinator, TransactionStateManager,
 * TransactionMarkerChannelManager.
 */
#ifndef ODRADEK_DELIVERY_TRANSACTION_H
#define ODRADEK_DELIVERY_TRANSACTION_H

#include "base/arena.h"
#include "replication/replica.h"
#include "wire/add_offsets_to_txn.h"
#include "wire/add_partitions_to_txn.h"
#include "wire/describe_transactions.h"
#include "wire/end_txn.h"
#include "wire/init_producer_id.h"
#include "wire/list_transactions.h"
#include "wire/rpc.h"
#include "wire/txn_records.h"
#include "wire/write_txn_markers.h"

struct txn_coordinator;

struct txn_coordinator_config {
        struct world *world;
        int32_t node_id;
        struct rpc_sender *sender;     /* for markers */
        struct rpc_sender *ids_sender; /* to the controller, for producer ids */
        int32_t partitions;            /* of __transaction_state; 0: not made yet */
        int32_t group_partitions;      /* of __consumer_offsets; 0: not made yet */
        int64_t timeout_max_ms;        /* transaction.max.timeout.ms */
        int64_t abort_check_ms; /* transaction.abort.timed.out.transaction.cleanup.interval.ms */
        int64_t expiration_ms;  /* transactional.id.expiration.ms */
        int64_t expiration_check_ms; /* transaction.remove.expired.transaction.cleanup.interval.ms
                                      */
        int64_t request_timeout_ms;  /* of a WriteTxnMarkers or an AllocateProducerIds */
        int32_t load_bytes; /* transaction.state.log.load.buffer.size: at a time; 0: 1 MB */
        /* Who leads the partition: -1 nobody now; -2 it does not exist any more (its marker is done
         * with). */
        int32_t (*leader_of)(void *context, struct str topic, int32_t partition);
        int32_t (*controller)(void *context); /* the node to ask for producer ids; -1: not known */
        int64_t (*broker_epoch)(void *context);
        void *context;
};

struct txn_coordinator *txn_coordinator_new(const struct txn_coordinator_config *config);

/* Calls under way are forgotten without a word; rpcs under way must end with the sender. */
void txn_coordinator_free(struct txn_coordinator *c);

void txn_coordinator_set_partitions(struct txn_coordinator *c, int32_t partitions,
                                    int32_t group_partitions);

/* As for groups: see groups/coordinator.h. */
void txn_coordinator_lead(struct txn_coordinator *c, int32_t partition, struct replica *replica);
void txn_coordinator_resign(struct txn_coordinator *c, int32_t partition);
int64_t txn_coordinator_run(struct txn_coordinator *c);

/* --- the requests --- */

/* One request under way; embedded in what asks. Zero-initialise, then set the first three. Request
 * and answer must live until done() or txn_call_forget(); what the answer points at is in `arena`,
 * or belongs to the request or the coordinator and is valid during done(). */
struct txn_call {
        void (*done)(struct txn_call *call); /* the answer is complete; once, maybe at once */
        struct arena *arena;                 /* for what the answer points at */
        int16_t version;                     /* of the request's API: decides between error codes */
        void *state;                         /* the coordinator's, while it waits */
};

/* The asker is gone: done() will not be called. The change may happen all the same. Does nothing
 * when the call is over. */
void txn_call_forget(struct txn_call *call);

/* Without a transactional id: an id from this broker's block, epoch 0, asked of any broker. */
void txns_init_producer(struct txn_coordinator *c, const struct init_producer_id_request *in,
                        struct init_producer_id_response *answer, struct txn_call *call);

/* Versions 0 to 3 are a client's; from 4 on another broker's: with verify_only it asks whether the
 * transaction is open and holds these partitions (KIP-890), and gets INVALID_TXN_STATE (in version
 * 4: TRANSACTION_ABORTABLE is newer than we speak) for those that it does not hold. */
void txns_add_partitions(struct txn_coordinator *c, const struct add_partitions_to_txn_request *in,
                         struct add_partitions_to_txn_response *answer, struct txn_call *call);

/* Adds the group's partition of __consumer_offsets. */
void txns_add_offsets(struct txn_coordinator *c, const struct add_offsets_to_txn_request *in,
                      struct add_offsets_to_txn_response *answer, struct txn_call *call);
void txns_end(struct txn_coordinator *c, const struct end_txn_request *in,
              struct end_txn_response *answer, struct txn_call *call);
void txns_describe(struct txn_coordinator *c, const struct describe_transactions_request *in,
                   struct describe_transactions_response *answer, struct txn_call *call);
void txns_list(struct txn_coordinator *c, const struct list_transactions_request *in,
               struct list_transactions_response *answer, struct txn_call *call);

/* --- for checkers. Borrowed, until the coordinator runs. --- */

struct txn_view {
        struct str transactional_id;
        int32_t partition; /* of __transaction_state */
        int64_t producer_id;
        int16_t producer_epoch;
        enum transaction_status status;
        int32_t partition_count; /* that take part, or still lack their marker */
        int64_t started_ms;      /* wall; of the open transaction */
        int32_t timeout_ms;
};

/* Of loaded partitions only, in a fixed order. */
void txn_coordinator_each(const struct txn_coordinator *c,
                          void (*each)(void *context, const struct txn_view *t), void *context);

#endif
