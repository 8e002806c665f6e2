/* cleanable.h - how much of a log may be compacted, and how urgent it is. Decisions, no writing.
 *
 *     | clean | clean |  dirty  |  dirty  |  not yet  |  active  |
 *                     ^ cleanable_start() ^ cleanable_count() segments
 *
 * (1) The active segment is never cleaned.
 * (2) Nor is one that reaches beyond the last stable offset. A record above the high watermark can
 *     be cut by a new leader, and then what it replaced would be gone too (KAFKA-13194).
 * (3) Nor is one with a dirty record younger than min.compaction.lag.ms, nor any behind it.
 * (4) It is due when dirty bytes make up more than min.cleanable.dirty.ratio of what may be
 * cleaned, or when the oldest dirty segment is older than max.compaction.lag.ms (KIP-354).
 *
 * Source: Kafka's LogCleanerManager (cleanableOffsets, maxCompactionDelay), LogToClean. */
#ifndef ODRADEK_LOG_CLEANABLE_H
#define ODRADEK_LOG_CLEANABLE_H

#include "log/partition_log.h"

struct cleanable {
        double dirty_ratio; /* dirty bytes of all that may be cleaned; 0: nothing to do */
        bool is_due;
};

/* Looks at the whole log. Says that there is nothing to do for one that is not to be compacted, is
 * offline, or has met damage. `upper_bound`: the last stable offset. */
struct cleanable cleanable_look(struct partition_log *log, int64_t upper_bound);

/* The first offset that compaction has not been through. */
int64_t cleanable_start(const struct partition_log *log);

/* How many of the oldest segments may be cleaned. */
int32_t cleanable_count(const struct partition_log *log, int64_t upper_bound);

#endif
