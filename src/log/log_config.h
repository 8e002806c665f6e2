/* log_config.h - the keys of a topic that its log obeys; Kafka's names and meanings. */
#ifndef ODRADEK_LOG_LOG_CONFIG_H
#define ODRADEK_LOG_LOG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct log_config {
        int64_t segment_bytes;        /* segment.bytes: roll before the file grows past it */
        int64_t segment_ms;           /* segment.ms: roll when the first record is older */
        int64_t segment_index_bytes;  /* segment.index.bytes: roll when an index is full */
        int64_t index_interval_bytes; /* index.interval.bytes between two index entries */
        int64_t retention_bytes;      /* retention.bytes; -1: no limit */
        int64_t retention_ms;         /* retention.ms; -1: no limit */
        int64_t flush_messages;       /* flush.messages: sync when so many wait; 1: each append */
        int64_t flush_ms;             /* flush.ms: sync when the oldest has waited so long */
        int32_t max_message_bytes;    /* max.message.bytes: largest batch taken */
        bool log_append_time;         /* message.timestamp.type=LogAppendTime */
        bool cleanup_delete;          /* cleanup.policy contains delete */
        bool cleanup_compact;         /* cleanup.policy contains compact */

        /* Of compaction, see compaction.h. */
        double min_cleanable_dirty_ratio; /* min.cleanable.dirty.ratio: 0 to 1 */
        int64_t min_compaction_lag_ms;    /* min.compaction.lag.ms: younger records stay */
        int64_t max_compaction_lag_ms;    /* max.compaction.lag.ms: older ones must be looked at */
        int64_t delete_retention_ms;      /* delete.retention.ms: tombstones stay so long */
};

#endif
