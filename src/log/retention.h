/* retention.h - how many of the oldest segments a log may drop. A decision only: no I/O.
 *
 * A segment goes when one of these holds, and all older ones go too:
 *     - its largest timestamp is older than retention.ms     (wall clock, cleanup.policy delete)
 *     - without it the log still has retention.bytes         (cleanup.policy delete)
 *     - all its records lie below the log start              (DeleteRecords)
 * It stays as long as it has a record at or above the high watermark: that record may still be cut
 * by a new leader, and a follower may still need it (KAFKA-5634).
 *
 * A segment whose records have no timestamps has no age. An empty active
 * segment stays.
 * Source: Kafka's UnifiedLog.deleteOldSegments. */
#ifndef ODRADEK_LOG_RETENTION_H
#define ODRADEK_LOG_RETENTION_H

#include "log/log_config.h"
#include "log/segment_list.h"

struct retention_limits {
        int64_t now_ms; /* wall clock */
        int64_t log_start;
        int64_t upper_bound; /* the high watermark */
};

int32_t retention_count(const struct segment_list *segments, const struct log_config *config,
                        const struct retention_limits *limits);

#endif
