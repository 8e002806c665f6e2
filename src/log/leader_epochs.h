/* leader_epochs.h - which leader wrote from where on: (leader epoch, first offset) pairs.
 *
 *     epoch    0      2        3
 *     log   |0 1 2 3|4 5 6 7|8 9 …|      epochs may be missing, never repeat
 *
 * (1) Epochs rise strictly, and so do their start offsets.
 * (2) The file `leader-epoch-checkpoint` is rewritten at every change, before the batch that caused
 *     it is appended: after a crash the cache may know an epoch that the log lacks, never the
 *     reverse. What was only noted must be written before the recovery point passes it: until then
 *     recovery learns it from the batches.
 * (3) It answers KIP-101's question: where did epoch e end in this log?
 *
 * A change that could not be written is an error, and leaves memory ahead of the file: the log must
 * take no more appends.
 *
 * Source: KIP-101, KIP-279, Kafka's LeaderEpochFileCache. */
#ifndef ODRADEK_LOG_LEADER_EPOCHS_H
#define ODRADEK_LOG_LEADER_EPOCHS_H

#include "log/checkpoint.h"

struct leader_epoch {
        int32_t epoch;
        int64_t start_offset; /* the first offset written under this epoch */
};

struct leader_epochs {
        struct world *world;
        char *directory; /* the partition's, owned */
        struct leader_epoch *entries;
        int32_t count, capacity;
        bool is_behind; /* the file lacks what was noted */
};

/* Reads the checkpoint of the partition in `directory`; a missing one is empty. Errors: IO,
 * MALFORMED. Undone by leader_epochs_close(), also after an error. */
enum kerr leader_epochs_open(struct leader_epochs *e, struct world *w, const char *directory);
void leader_epochs_close(struct leader_epochs *e);

/* From `start_offset` on, batches carry `epoch`. Does nothing when the newest entry has this epoch
 * or a later one, or when `epoch` is -1 (unknown); drops entries that start at or behind
 * start_offset; writes the checkpoint. */
enum kerr leader_epochs_assign(struct leader_epochs *e, int32_t epoch, int64_t start_offset);

/* The same, but the file is left for leader_epochs_write(), which does nothing when nothing was
 * noted. */
void leader_epochs_note(struct leader_epochs *e, int32_t epoch, int64_t start_offset);
enum kerr leader_epochs_write(struct leader_epochs *e);

/* The newest epoch, or -1. */
int32_t leader_epochs_latest(const struct leader_epochs *e);

/* Where `epoch` ended: the start of the next one, or log_end_offset for the newest. *found is the
 * largest known epoch not above `epoch` (KIP-279), and *end_offset where that one ends. Both are -1
 * when the cache is empty or `epoch` is newer than all; an epoch older than all is found itself,
 * and ends at the oldest start. */
void leader_epochs_end(const struct leader_epochs *e, int32_t epoch, int64_t log_end_offset,
                       int32_t *found, int64_t *end_offset);

/* Where our log, which ends at `log_end_offset`, must be cut when a leader says that its log goes
 * on from `epoch`, which it holds up to `end_offset`, in another way than ours: at the end of what
 * both may share. That is what both have of the largest epoch of ours that is not above `epoch`
 * (KIP-279). */
int64_t leader_epochs_common_end(const struct leader_epochs *e, int32_t epoch, int64_t end_offset,
                                 int64_t log_end_offset);

/* The log was cut: forget what starts at or behind `offset` (from the end), or move the first entry
 * up to `offset` and forget what ends before it (from the start). Write the checkpoint if needed.
 */
enum kerr leader_epochs_cut_end(struct leader_epochs *e, int64_t offset);
enum kerr leader_epochs_cut_start(struct leader_epochs *e, int64_t offset);

#endif
