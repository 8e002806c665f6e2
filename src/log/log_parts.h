/* log_parts.h - the inside of a partition log, for the files that make it up and for no other:
 * partition_log.c (open, append, read), log_sync.c (roll, flush), log_cut.c (what makes it
 * shorter), cleanable.c, compaction.c, log_swap.c. */
#ifndef ODRADEK_LOG_LOG_PARTS_H
#define ODRADEK_LOG_LOG_PARTS_H

#include "log/partition_log.h"
#include "log/segment_list.h"

struct partition_log {
        struct world *world;
        struct log_shared *shared;
        char *directory;
        struct log_config config;
        struct segment_list segments; /* one at least */
        struct leader_epochs epochs;
        struct txn_index aborted;
        struct append_list appending; /* empty between appends; its memory is kept */
        struct log_observer *observer;
        int64_t start, recovery_point, end;
        int64_t cleaned_end;        /* compaction has been through all below */
        uint64_t changes;           /* that make a compaction under way useless, so far */
        bool is_uncleanable;        /* compaction has met damage */
        int64_t unflushed_since_ms; /* mono_ms() of the first append since the last flush */
        bool is_offline;
        void *owner;
};

/* Takes the log offline: after a failed write or sync nobody knows what the disk holds behind the
 * recovery point. Answers KAFKA_STORAGE_ERROR. */
enum kerr log_fail(struct partition_log *log, const char *doing, enum kerr err);
extern const char log_syncing[]; /* a `doing` that even a full disk does not excuse */

/* Tell the observer, if there is one, that the log was cut, or that it was rolled or is closed. */
enum kerr log_tell_cut(struct partition_log *log);
enum kerr log_tell_rolled(struct partition_log *log);

/* The log has more to flush, or other rules for it: its owner looks at it again in time. */
void log_schedule_flush(struct partition_log *log);

#endif
