/* txn_index.h - the aborted transactions of one log, so that a reader who wants committed records
 * only can be told which ones to leave out.
 *
 *      0  version = 0         2 |
 *      2  producer id         8 | one entry of NNN.txnindex: 34 bytes, big-endian.
 *     10  first offset        8 | The segment's file is made with its first entry; most segments
 *     18  last offset         8 | have none.
 *     26  last stable offset  8 |
 *
 * (1) An entry lies with the segment that holds the transaction's marker, its last offset.
 * (2) In memory is one list for the whole log, by last offset: aborts are rare.
 * (3) Who folds the log (log_observer.h) notes what it finds; to note the same abort again does
 *     nothing. So the files may be dropped whenever the segment is folded anew.
 * (4) A file is synced when its segment is sealed. Before that it follows from the batches.
 *
 * Offsets count records. Source: Kafka's TransactionIndex, AbortedTxn; KIP-98. */
#ifndef ODRADEK_LOG_TXN_INDEX_H
#define ODRADEK_LOG_TXN_INDEX_H

#include "log/segment_list.h"

enum { TXN_INDEX_ENTRY_BYTES = 34 };

struct aborted_txn {
        int64_t producer_id;
        int64_t first_offset, last_offset; /* of its first batch; of its marker */
        /* No transaction whose marker lies behind this one's begins below it. */
        int64_t last_stable_offset;
};

/* Zero-initialise. */
struct txn_index {
        struct aborted_txn *entries; /* by last_offset, all different */
        int32_t count, capacity;
};

void txn_index_deinit(struct txn_index *index);

/* Adds what the file of `s` says, if it has one. *is_sane is false when it cannot be the
 * segment's: nothing is added, and the file is removed. Errors: IO. */
enum kerr txn_index_load(struct txn_index *index, struct segment *s, bool *is_sane);

/* Notes an abort whose marker lies in `s`, in memory and in the file. Errors: IO, NO_SPACE. */
enum kerr txn_index_add(struct txn_index *index, struct segment *s,
                        const struct aborted_txn *aborted);

/* The log ends at `offset` now, in segment `active`: forgets what lies behind, in its file too. */
enum kerr txn_index_cut_end(struct txn_index *index, struct segment *active, int64_t offset);

/* The segments below `offset` are gone. */
void txn_index_cut_start(struct txn_index *index, int64_t offset);

/* Compaction has removed all data of the transactions whose marker lies in `from` .. `to` - 1. */
void txn_index_drop(struct txn_index *index, int64_t from, int64_t to);

/* Whether a batch of that producer, in a transaction that has ended, was aborted. */
bool txn_index_is_aborted(const struct txn_index *index, int64_t producer_id, int64_t offset);

/* Those that have a record in `from` .. `to` - 1, by last offset. May name others, whose marker
 * lies behind `to`. */
void txn_index_each(const struct txn_index *index, int64_t from, int64_t to,
                    void (*each)(void *context, const struct aborted_txn *aborted), void *context);

/* The number of the first entry whose last offset is at least `offset`. */
int32_t txn_index_ceiling(const struct txn_index *index, int64_t offset);

/* Encodes one entry into 34 bytes. */
void txn_index_encode(const struct aborted_txn *aborted, uint8_t *into);

/* Decodes one entry. False for another version, and for offsets that make no sense. */
bool txn_index_decode(const uint8_t *entry, struct aborted_txn *aborted);

#endif
