/* time_index.h - from a timestamp to an offset, sparsely.
 *
 *     0  timestamp        8 | the largest in the segment so far, ms since 1970
 *     8  relative offset  4 | last offset of the batch that has it, less the base offset
 *
 * (1) Timestamps rise strictly; offsets rise.
 * (2) Every record of the segment before the batch of an entry is older than the entry's timestamp.
 *     So whoever looks for the first record at or after time t starts at the batch of the last
 * entry at or before t, and walks on.
 *
 * An entry is added with an entry of the offset index, if the largest timestamp has grown since,
 * and once more when the segment is closed: the last entry of a closed segment has its largest
 * timestamp. Source: Kafka's TimeIndex, KIP-33. */
#ifndef ODRADEK_LOG_TIME_INDEX_H
#define ODRADEK_LOG_TIME_INDEX_H

#include "log/index_file.h"

enum { TIME_INDEX_ENTRY_BYTES = 12 };

struct time_index {
        struct index_file entries;
        int64_t base_offset; /* the segment's */
};

/* A largest timestamp and the last offset of the batch that has it. */
struct time_entry {
        int64_t timestamp; /* -1: none */
        int64_t offset;
};

enum kerr time_index_open(struct time_index *index, struct world *w, const char *path,
                          enum world_open how, int64_t base_offset);

/* Adds the entry if its timestamp is larger than the last one's. */
enum kerr time_index_add(struct time_index *index, struct time_entry entry);

/* The last entry at or before `timestamp`, or {-1, base offset}. */
enum kerr time_index_floor(struct time_index *index, int64_t timestamp, struct time_entry *entry);

/* The last entry, or {-1, base offset}. */
enum kerr time_index_last(const struct time_index *index, struct time_entry *entry);

/* Drops the entries at or above `offset`. */
enum kerr time_index_cut(struct time_index *index, int64_t offset);

/* Whether the file is not broken and its last entry rises over the one before and lies in
 * base_offset .. next_offset - 1. */
enum kerr time_index_check(const struct time_index *index, int64_t next_offset, bool *is_sane);

#endif
