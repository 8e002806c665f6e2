/* committed.h - what a partition has committed, as a list of its batches.
 *
 * The first rightful leader whose high watermark passes a batch puts it here; every other replica
 * is compared with it from then on. A batch is known by its place, its leader epoch and its CRC,
 * so the records themselves need not be kept.
 *
 * Compaction rewrites batches. It may remove one, or leave fewer records in it, or mark it with the
 * time from which its tombstones may go; all else about it stays (batch_filter.h).
 *
 * (1) Batches rise in offset and do not overlap. */
#ifndef ODRADEK_SIM_COMMITTED_H
#define ODRADEK_SIM_COMMITTED_H

#include "log/partition_log.h"
#include "sim/fold.h"

struct seen_batch {
        int64_t base_offset, last_offset;
        int32_t leader_epoch;
        uint32_t crc;
        int32_t records;
        bool has_horizon; /* compaction has marked it (batch_filter.h) */
        /* Of a producer with an id. */
        bool is_numbered; /* its records have sequence numbers */
        bool is_marker;   /* of a transaction's end */
        int16_t producer_epoch;
        int64_t producer_id;
        int32_t base_sequence;
};

/* Zero-initialise; batches_deinit() frees. */
struct batches {
        struct seen_batch *items;
        int64_t count, capacity;
};

void batches_deinit(struct batches *b);
void batches_add(struct batches *b, const struct seen_batch *batch);

/* Where the batches of a replica come from: a log, or a test's array. */
struct batch_source {
        /* Appends those that hold an offset from `from` up to, not including, `to`. False when they
         * cannot be read (now). */
        bool (*read)(void *context, int64_t from, int64_t to, struct batches *into);
        /* Folds all of it: only for partitions that are compacted. False as above. */
        bool (*fold)(void *context, struct fold *into);
        void *context;
};

/* For batch_source: reads the headers in the log itself. */
struct log_source {
        struct world *world;
        struct partition_log *log;
};
bool log_source_read(void *log_source, int64_t from, int64_t to, struct batches *into);
bool log_source_fold(void *log_source, struct fold *into);

/* The index of the first batch that ends at or behind `offset`. */
int64_t committed_find(const struct batches *committed, int64_t offset);

/* Compares a replica's batches with the committed ones, as far as both go. The index of the first
 * in `found` that does not fit, with *expected the committed one in its place; -1: all fit. With
 * `compacts` either side may have been compacted. */
int64_t committed_compare(const struct batches *committed, const struct batches *found,
                          bool compacts, const struct seen_batch **expected);

/* Adds those of `found` that lie behind the last one here. */
void committed_extend(struct batches *committed, const struct batches *found);

#endif
