/* txn_rules.h - what a transactional id may do next: every decision of the coordinator, without its
 * logs, clocks and neighbours.
 *
 *     what is committed now + what is asked  ->  what the asker hears, and what to write first
 *
 * `busy` says that a change of this id is appended and not committed yet: nothing else is decided
 * until it is, as in Kafka.
 *
 * (1) Who does not know the current producer id hears INVALID_PRODUCER_ID_MAPPING, who knows an
 *     older epoch PRODUCER_FENCED; only then comes what the state says.
 * (2) From PREPARE_… there is one way on: the COMPLETE_… of the same decision.
 * (3) Epochs given to producers end at 32766: the last one is left for fencing.
 *
 * Source: KIP-98, KIP-360, KIP-588; Kafka's TransactionCoordinator and TransactionMetadata (3.9,
 * transaction.version 0 and 1). */
#ifndef ODRADEK_DELIVERY_TXN_RULES_H
#define ODRADEK_DELIVERY_TXN_RULES_H

#include "base/zoo.h"
#include "delivery/txn_state.h"

struct txn_decision {
        enum kerr err; /* what the asker hears; when something is written, once it is committed */
        bool needs_id; /* nothing yet: decide again with a fresh producer id */
        bool writes;
        struct txn_state next; /* to be written; the taker's */
};

struct txn_producer {
        int64_t id;
        int16_t epoch;
};

/* InitProducerId. */
struct txn_init {
        struct txn_producer producer; /* what it says it has; id -1: nothing */
        int32_t timeout_ms;
        int64_t fresh_id; /* -1: none at hand */
};

/* An open transaction is aborted first, under an epoch that nobody is told; the producer hears
 * CONCURRENT_TRANSACTIONS and asks again. */
struct txn_decision txn_decide_init(const struct txn_state *now, bool busy,
                                    const struct txn_init *in, struct zoo zoo, int64_t wall_ms);

/* AddPartitionsToTxn, AddOffsetsToTxn. */
struct txn_decision txn_decide_add(const struct txn_state *now, bool busy,
                                   struct txn_producer producer, const struct txn_topics *asked,
                                   int64_t wall_ms);

/* Another broker's question (KIP-890): NONE when it may look whether the partitions are in it. */
enum kerr txn_decide_verify(const struct txn_state *now, struct txn_producer producer);

/* EndTxn. */
struct txn_decision txn_decide_end(const struct txn_state *now, bool busy,
                                   struct txn_producer producer, bool commit, int64_t wall_ms);

/* What comes after the state, for whoever need not ask: the abort of an ongoing transaction with a
 * raised epoch; the end of one whose markers are all written; the tombstone. */
struct txn_state txn_next_fenced(const struct txn_state *now, int64_t wall_ms);
struct txn_state txn_next_complete(const struct txn_state *now, int64_t wall_ms);
struct txn_state txn_next_dead(const struct txn_state *now);

#endif
