/* log_cleaner.h - which log of a root is compacted next, and when.
 *
 * One log at a time, the dirtiest first (compaction.h). After a round there may be another log to
 * clean, so the cleaner looks again at once; it waits for its back-off only when nothing was due,
 * or when a round gave up.
 *
 * The owner of the logs calls it from its timers:
 *
 *     if (log_cleaner_is_looking(cleaner))
 *             log_cleaner_offer(cleaner, log, bound);      for each log that may be cleaned
 *     if (log_cleaner_run(cleaner))
 *             ...                                          writes the cleaner's checkpoint
 *
 * Source: Kafka's LogCleaner, LogCleanerManager.grabFilthiestCompactedLog. */
#ifndef ODRADEK_LOG_LOG_CLEANER_H
#define ODRADEK_LOG_LOG_CLEANER_H

#include "log/alarm.h"
#include "log/compaction.h"

struct log_cleaner {
        struct world *world;
        struct alarm alarm;
        int64_t buffer_bytes;

        /* The dirtiest log that was offered, or the one whose round is under way; NULL: none. */
        struct partition_log *log;
        int64_t bound;
        double dirty_ratio;
        struct compaction *round; /* under way; NULL: none */
};

/* `backoff_ms`: log.cleaner.backoff.ms, INT64_MAX never to clean. `buffer_bytes`: memory for one
 * round (log.cleaner.dedupe.buffer.size). */
void log_cleaner_init(struct log_cleaner *cleaner, struct world *world, int64_t backoff_ms,
                      int64_t buffer_bytes);

/* Whether it is time to choose a log. When this answers true, the logs must be offered now. */
bool log_cleaner_is_looking(struct log_cleaner *cleaner);

/* A log, of which nothing at or above `bound` may be cleaned. Borrowed until the round ends. */
void log_cleaner_offer(struct log_cleaner *cleaner, struct partition_log *log, int64_t bound);

/* One step of the round, if there is one. True when it has just ended well: the log's cleaned end
 * has risen. */
bool log_cleaner_run(struct log_cleaner *cleaner);

/* Ends the round under way, if there is one: before its log (cleaner->log) is closed. */
void log_cleaner_stop(struct log_cleaner *cleaner);

#endif
