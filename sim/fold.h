/* fold.h - what a compacted log comes to: the last value of each key.
 *
 *     k1=a  k2=b  k1=c  k2=null        ->   k1=c
 *
 * Every replica compacts when it likes, so two that hold the same differ in their batches; but not
 * in their folds. Aborted records do not count, nor what is not decided at the end; a tombstone
 * counts like a key that never was.
 *
 * (1) Entries are sorted by key; no two have the same.
 *
 * Keys and values are known by 64-bit sums. */
#ifndef ODRADEK_SIM_FOLD_H
#define ODRADEK_SIM_FOLD_H

#include "log/partition_log.h"

struct fold_entry {
        uint64_t key;
        int64_t offset; /* of its last record */
        uint64_t value;
};

/* Zero-initialise; fold_deinit() frees. */
struct fold {
        struct fold_entry *entries;
        int64_t count, capacity;
};

void fold_deinit(struct fold *f);

/* Reads the log from its start to its end, and adds its fold to an empty one. False when it cannot
 * be read. */
bool fold_log(struct world *w, struct partition_log *log, struct fold *into);

/* The first difference, by offset; -1: there is none. */
struct fold_difference {
        int64_t offset;
        bool has_left, has_right; /* who has the key at all */
};
struct fold_difference fold_compare(const struct fold *left, const struct fold *right);

#endif
