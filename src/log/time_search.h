/* time_search.h - records found by their timestamps, as ListOffsets asks for them.
 *
 * Timestamps come from producers and need not rise, so the answer is the *first* record at or after
 * a time: everything before it is older. The way there: the first segment whose largest timestamp
 * is late enough, the last time index entry at or before the time, the offset index, then batch
 * headers one by one, and at last the records of one batch. Source: KIP-79, KIP-734; Kafka's
 * LogSegment.findOffsetByTimestamp. */
#ifndef ODRADEK_LOG_TIME_SEARCH_H
#define ODRADEK_LOG_TIME_SEARCH_H

#include "base/errors.h"

struct segment_list;

/* One record found by time; offset -1: none. */
struct log_time_hit {
        int64_t offset, timestamp;
        int32_t leader_epoch;
};

/* The first record at or above `log_start` whose timestamp is at least `timestamp`. Errors: IO;
 * those of reading and decompressing a batch. */
enum kerr time_search_first(const struct segment_list *segments, int64_t log_start,
                            int64_t timestamp, struct log_time_hit *hit);

/* The first of the records at or above `log_start` with the largest timestamp. */
enum kerr time_search_largest(const struct segment_list *segments, int64_t log_start,
                              struct log_time_hit *hit);

#endif
