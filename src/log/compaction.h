/* compaction.h - a keyed log keeps the last value of each key.
 *
 *     | clean | clean |  dirty  |  dirty  |  not yet  |  active  |
 *                     ^ cleaned_end       ^ what may be cleaned ends here
 *
 * One round on one log: the first pass reads the dirty part and notes where each key lies last
 * (offset_map.h). The second writes all segments below its end anew, without what is out of date
 * (batch_filter.h), small neighbours together, and swaps them in group by group (log_swap.h).
 *
 * (1) For each key below the cleaned end, the last record stays. So whoever reads the whole log,
 *     before, in the midst of it or after, ends with the same values.
 * (2) What is still open is not touched (cleanable.h). All that is cleaned has been synced.
 * (3) Offsets never change. The last batch of a group stays, empty if need be: a follower that has
 *     read all of it stands where the leader's log goes on.
 * (4) A tombstone stays for delete.retention.ms after it was first cleaned.
 * (5) Data of aborted transactions goes. A marker stays as long as a batch of its transaction does,
 *     and then for delete.retention.ms.
 * (6) The last batch of each producer stays, empty if need be (log_observer.h, is_last).
 * (7) A record without a key has no place in such a log and goes.
 *
 * A round works in steps of about COMPACTION_STEP_BYTES of input, so it never holds the broker up
 * for long. A truncation, deletion, retention or reconfiguration in between makes it give up.
 *
 * Source: Kafka's LogCleaner, LogCleanerManager, Cleaner; KIP-58, KIP-354, KIP-534. */
#ifndef ODRADEK_LOG_COMPACTION_H
#define ODRADEK_LOG_COMPACTION_H

#include "log/partition_log.h"

enum { COMPACTION_STEP_BYTES = 1 << 20 };

struct compaction; /* a round under way */

/* Begins a round; `log` must outlive it. `upper_bound`: the last stable offset. `map_bytes_max`
 * bounds the memory of the first pass. NULL when there is nothing to do. */
struct compaction *compaction_begin(struct partition_log *log, int64_t upper_bound,
                                    int64_t map_bytes_max);

enum compaction_state {
        COMPACTION_GOES_ON,
        COMPACTION_DONE,   /* the log's cleaned end has risen */
        COMPACTION_GAVE_UP /* the log was changed, or would not be read or written; it says why */
};

enum compaction_state compaction_step(struct compaction *c);

/* Ends a round, in whatever state; NULL is allowed. */
void compaction_free(struct compaction *c);

#endif
