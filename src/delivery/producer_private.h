/* producer_private.h - the inside of the producers' table, for the files that make it up and for no
 * other: producer_state.c (the fold, the observer), producer_entry.c (one producer, one batch),
 * producer_checks.c (what a leader refuses), producer_vouching.c, producer_snapshot.c (the files).
 */
#ifndef ODRADEK_DELIVERY_PRODUCER_PRIVATE_H
#define ODRADEK_DELIVERY_PRODUCER_PRIVATE_H

#include "delivery/producer_state.h"

/* A transaction that keeps the last stable offset down. */
struct undecided_txn {
        int64_t producer_id;
        int64_t first_offset, marker_offset; /* the latter -1: open */
        struct undecided_txn *prev, *next;
};

struct undecided_list {
        struct undecided_txn *head; /* by first offset */
        int32_t count;
};

/* What the coordinator was asked about, or has said, since the producer's last marker (KIP-890). */
struct vouching {
        int64_t producer_id;
        int16_t epoch;
        uint64_t ticket;
        bool is_vouched;
        int64_t asked_ms;  /* wall */
        UT_hash_handle hh; /* by producer_id */
};

struct producer_state {
        struct log_observer observer; /* first: the log knows us by it */
        struct world *world;
        struct partition_log *log;
        int64_t expiration_ms;
        int64_t end; /* the batches below are in the table */
        struct producer_entry *producers;
        struct vouching *vouchings;
        /* Apart from the rest, because to ask for the first one drops what is decided. */
        struct undecided_list *undecided;
        uint64_t last_ticket;
};

/* An entry about which nothing is known, not even an epoch (-1). */
struct producer_entry producer_entry_new(int64_t producer_id);

struct txn_marker {
        bool is_commit;
        int32_t coordinator_epoch;
};

/* False when the control batch is no transaction's marker. */
bool producer_read_marker(const struct batch_header *h, struct span payload,
                          struct txn_marker *marker);

/* What one batch changes in its producer's entry; `marker` is NULL for data. */
void producer_entry_apply(struct producer_entry *e, const struct batch_header *h,
                          const struct txn_marker *marker);

/* The same in the table, with all that follows from it. Errors: those of
 * partition_log_note_aborted(). */
enum kerr producer_state_fold(struct producer_state *s, const struct batch_header *h,
                              struct span payload);

/* Puts the entry in the table; there is none of its id. */
struct producer_entry *producer_state_add(struct producer_state *s, struct producer_entry entry);

/* The transaction of `e` is open, and has begun behind all others. */
void producer_state_open_txn(struct producer_state *s, const struct producer_entry *e);

/* --- producer_vouching.c --- */

/* Whether the coordinator has vouched for the transaction that this batch would open. */
bool producer_is_vouched(const struct producer_state *s, const struct batch_header *h);

/* Whether the batch is of the transaction that is open; `e` may be NULL. */
bool producer_has_open_txn(const struct producer_entry *e, const struct batch_header *h);

void producer_vouching_drop(struct producer_state *s, int64_t producer_id);

/* Those for which nobody has asked since. */
void producer_vouchings_drop_until(struct producer_state *s, int64_t wall_ms);

/* --- producer_checks.c --- */

/* The remembered batch that this one repeats, or NULL; `e` may be NULL. */
const struct producer_batch_seen *producer_find_repeated(const struct producer_entry *e,
                                                         const struct batch_header *h);

/* The observer's check(). */
enum kerr producer_state_check(struct log_observer *o, const struct append_list *list,
                               enum append_origin origin, struct log_append *result);

/* --- producer_snapshot.c --- */

/* Writes the table as the snapshot of the log's end, durably; the newest of the older ones stays.
 * Errors: IO, NO_SPACE. */
enum kerr producer_snapshot_write(struct producer_state *s);

/* Fills the empty table from the newest snapshot within the log; *offset is where to replay from.
 * Snapshots that cannot be read are removed. Errors: IO. */
enum kerr producer_snapshot_load(struct producer_state *s, int64_t *offset);

#endif
