/* producer_state.h - what the log of one partition knows of its producers: the sequence numbers
 * that make a retry harmless, the epochs that fence zombies, the transactions that are open.
 *
 *     batch (producer id, epoch, first sequence) -> expected next? -> append, remember
 *                                                -> one of the last five? -> the offsets it has
 *                                                -> else refuse
 *
 * (1) The table is the fold of the log's batches and nothing else; a leader, a follower and a
 *     restarted broker hold the same table over the same log. Snapshots (00…0.snapshot, Kafka's
 *     format) are taken when a segment begins and when the log closes; what lies behind the newest
 *     usable one is replayed at open, from batch headers alone (and the records of markers).
 * (2) For each (producer id, epoch): sequence numbers in the log are consecutive modulo 2^31. The
 *     last five batches are remembered: a repeat of one of them is no error, and answered with the
 *     offsets it has, once these are committed. The snapshot keeps only the last batch, as Kafka's.
 *     What a client sends in one append is of one producer; it is a repeat as a whole or not
 *     at all.
 * (3) A batch with an older epoch than the known one is refused with INVALID_PRODUCER_EPOCH; a new
 *     epoch must begin at sequence 0, else OUT_OF_ORDER_SEQUENCE_NUMBER. A producer that is not
 *     known must begin at 0 too, else UNKNOWN_PRODUCER_ID: it was forgotten, so a gap could not be
 *     told from a good batch; its client asks for a new epoch and goes on (KIP-360). What a
 *     coordinator writes has no sequences, and what a leader's log brings is taken as it is.
 * (4) A transactional batch that would open a transaction here is refused with INVALID_TXN_STATE
 *     unless the coordinator has vouched for it (KIP-890): producer_state_vouch(). A marker takes
 *     every vouching for its producer back, so what was vouched for before a marker is not appended
 *     behind it (KAFKA-14884).
 * (5) A marker ends the producer's open transaction. One with an older producer epoch is refused
 *     (INVALID_PRODUCER_EPOCH), and one of an older coordinator epoch
 *     (TRANSACTION_COORDINATOR_FENCED). An ABORT with an open transaction adds to the log's index
 *     of aborted transactions (log/txn_index.h).
 * (6) Producers that have been silent for expiration_ms (wall, by their last batch's timestamp as
 *     Kafka; never with an open transaction) are forgotten.
 *
 * Offsets count records; timestamps are wall ms. Source: KIP-98, KIP-360, KIP-890; Kafka's
 * ProducerStateManager, ProducerStateEntry, ProducerAppendInfo, VerificationStateEntry. */
#ifndef ODRADEK_DELIVERY_PRODUCER_STATE_H
#define ODRADEK_DELIVERY_PRODUCER_STATE_H

#include "log/partition_log.h"

#include <uthash.h>

enum { PRODUCER_BATCHES_KEPT = 5 };

struct producer_batch_seen {
        int32_t first_sequence, last_sequence;
        int64_t base_offset, last_offset;
        int64_t timestamp_ms; /* the batch's largest */
};

struct producer_entry {
        int64_t producer_id;
        int16_t epoch;
        int32_t coordinator_epoch; /* of the last marker; -1: none */
        int64_t last_timestamp_ms;
        int64_t txn_first_offset; /* of the open transaction; -1: none */
        struct producer_batch_seen batches[PRODUCER_BATCHES_KEPT]; /* oldest first */
        int32_t batch_count;
        UT_hash_handle hh; /* by producer_id */
};

struct producer_state;

/* Loads the table of `log` and becomes its observer. `log` must outlive it, but for the order at
 * the end: the log is closed (or abandoned, or deleted) first, then producer_state_free(). Errors:
 * IO, NO_SPACE; a snapshot that cannot be read is removed and replayed past. On error *state is
 * NULL. */
enum kerr producer_state_open(struct world *w, struct partition_log *log, int64_t expiration_ms,
                              struct producer_state **state);
void producer_state_free(struct producer_state *s); /* NULL is allowed */

/* NULL when the producer is not known. Borrowed, until the log changes. */
const struct producer_entry *producer_state_find(const struct producer_state *s,
                                                 int64_t producer_id);

/* In order of their first appearance here. For DescribeProducers, snapshots and checkers. */
void producer_state_each(const struct producer_state *s,
                         void (*each)(void *context, const struct producer_entry *e),
                         void *context);

/* KIP-890. True when a batch with this header would open a transaction here and nobody has
 * vouched for it: ask the coordinator, and go on with producer_state_vouch(). *ticket changes with
 * each marker of the producer. */
bool producer_state_must_verify(struct producer_state *s, const struct batch_header *h,
                                uint64_t *ticket);

/* The coordinator says that the transaction is open and holds this partition. Does nothing when a
 * marker of the producer has come since the ticket was given: then the batch will be refused. */
void producer_state_vouch(struct producer_state *s, int64_t producer_id, int16_t epoch,
                          uint64_t ticket);

/* Forgets who has been silent for too long; call now and then. */
void producer_state_expire(struct producer_state *s);

/* Builds the control batch of a marker (Kafka's EndTransactionMarker) and appends it to `into`; to
 * be given to replica_append() with APPEND_COORDINATOR. */
void producer_state_marker(int64_t producer_id, int16_t producer_epoch, int32_t coordinator_epoch,
                           bool commit, int64_t timestamp_ms, struct buffer *into);

#endif
