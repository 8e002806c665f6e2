/* offset_index.h - from an offset to a position in the segment file, sparsely.
 *
 *     0  relative offset  4 | last offset of a batch, less the segment's base offset
 *     4  position         4 | where that batch begins in the .log file
 *
 * (1) Offsets and positions rise strictly.
 * (2) Every batch before an entry's position ends below the entry's offset. So whoever looks for
 *     offset o starts at the last entry at or below o, and walks batches from there.
 *
 * The first batch of a segment has no entry: a look-up that finds none starts at position 0.
 * Source: Kafka's OffsetIndex. */
#ifndef ODRADEK_LOG_OFFSET_INDEX_H
#define ODRADEK_LOG_OFFSET_INDEX_H

#include "log/index_file.h"

enum { OFFSET_INDEX_ENTRY_BYTES = 8 };

/* A place to start walking batches from, in a segment file. */
struct place {
        int64_t offset;   /* every batch before `position` ends below it */
        int64_t position; /* bytes */
};

struct offset_index {
        struct index_file entries;
        int64_t base_offset; /* the segment's */
};

enum kerr offset_index_open(struct offset_index *index, struct world *w, const char *path,
                            enum world_open how, int64_t base_offset);

enum kerr offset_index_add(struct offset_index *index, int64_t last_offset, int64_t position);

/* The last entry at or below `offset`, or the start of the segment. */
enum kerr offset_index_floor(struct offset_index *index, int64_t offset, struct place *place);

/* The last entry, or the start of the segment. */
enum kerr offset_index_last(const struct offset_index *index, struct place *place);

/* Drops the entries at or above `offset`. */
enum kerr offset_index_cut(struct offset_index *index, int64_t offset);

/* Whether the file is not broken and its last entry lies inside a segment of `size_bytes` bytes and
 * of offsets below `next_offset`. An entry of zeros never does: Kafka fills a new index with them,
 * and one is left behind by its crash. */
enum kerr offset_index_check(const struct offset_index *index, int64_t size_bytes,
                             int64_t next_offset, bool *is_sane);

#endif
