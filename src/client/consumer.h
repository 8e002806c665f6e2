/* consumer.h - reads partitions from a given offset on, record by record.
 *
 * Each assigned partition is in one of these states:
 *
 *     RESETTING --ListOffsets answered--> FETCHING --OFFSET_OUT_OF_RANGE--> RESETTING
 *         |                                  |          (auto.offset.reset none: STOPPED)
 *         +--- error that stays --> STOPPED <+
 *     consumer_seek(): from any state to FETCHING or RESETTING
 *
 * Invariants:
 *  (1) Records of a partition are handed out in the order of their offsets, none twice and none
 *      left out of what the fetches bring, unless consumer_seek() or a reset says otherwise; each
 *      reset is told through on_error with OFFSET_OUT_OF_RANGE.
 *  (2) The position is the offset of the next record to hand out. In on_record it is already behind
 *      the record shown.
 *  (3) A batch that fails its CRC or does not follow the format is reported and stops the
 *      partition; it is never skipped.
 *  (4) At most one Fetch per broker is in flight. An answer whose partition was moved (seek) or
 *      paused meanwhile is dropped.
 *
 * Errors worth asking again (no leader, connection lost …) are retried after retry.backoff.ms and
 * not reported. Consumer groups are not here. read_committed is asked of the broker, so nothing
 * beyond the last stable offset comes, but records of aborted transactions are not left out.
 * Source: Kafka's Fetcher and SubscriptionState; KIP-74, KIP-320. */
#ifndef ODRADEK_CLIENT_CONSUMER_H
#define ODRADEK_CLIENT_CONSUMER_H

#include "client/client.h"
#include "log/batch.h"
#include "wire/fetch.h"
#include "wire/list_offsets.h"

struct consumer;

struct consumer_record {
        const char *topic;
        int32_t partition;
        int32_t leader_epoch; /* of the batch */
        int64_t offset;
        int64_t timestamp_ms; /* wall */
        bool log_append_time; /* the broker stamped it, not the producer */
        struct span key, value;
        int32_t header_count;
        struct span headers; /* whole and well-formed; walk with record_next_header() */
};

enum offset_reset { OFFSET_RESET_LATEST, OFFSET_RESET_EARLIEST, OFFSET_RESET_NONE };

/* Named as Kafka's keys. Callbacks that are not wanted may be NULL, but for on_record. */
struct consumer_config {
        int32_t fetch_min_bytes;
        int32_t fetch_max_wait_ms;
        int32_t fetch_max_bytes;
        int32_t max_partition_fetch_bytes;
        enum isolation_level isolation_level;
        bool check_crcs;
        enum offset_reset auto_offset_reset;
        int64_t request_timeout_ms;
        int64_t retry_backoff_ms;
        void *context;
        void (*on_record)(void *context, const struct consumer_record *record);
        /* The position reached the end: the high watermark (the last stable offset for
         * read_committed). Once each time, not again before another record came. */
        void (*on_end)(void *context, const char *topic, int32_t partition, int64_t offset);
        /* `offset` is the position, or the base offset of a bad batch. After OFFSET_OUT_OF_RANGE
         * reading goes on at the reset offset, unless auto.offset.reset is none; after any other
         * error the partition is stopped until consumer_seek(). */
        void (*on_error)(void *context, const char *topic, int32_t partition, int64_t offset,
                         enum kerr err);
};

/* Kafka's defaults, no callbacks. */
struct consumer_config consumer_config_default(void);

/* Attaches a consumer to the client, which must outlive it. Never NULL. */
struct consumer *consumer_open(struct client *c, const struct consumer_config *config);

/* Drops everything. */
void consumer_close(struct consumer *c);

/* Where to begin. */
enum start_kind {
        START_OFFSET,    /* value: the offset */
        START_EARLIEST,  /* the log start offset */
        START_LATEST,    /* the end */
        START_TIMESTAMP, /* value: wall ms; the first record as young as that, else the end */
};

struct start {
        enum start_kind kind;
        int64_t value;
};

/* Begins to read a partition; one that is assigned already is moved (and a pause ended). */
void consumer_assign(struct consumer *c, const char *topic, int32_t partition, struct start start);

/* Moves an assigned partition. Records of the batch that is being handed out are dropped. Errors:
 * UNKNOWN_TOPIC_OR_PARTITION when it is not assigned (also below). */
enum kerr consumer_seek(struct consumer *c, const char *topic, int32_t partition,
                        struct start start);

/* No record comes after consumer_pause() returned; consumer_resume() goes on at the position. */
enum kerr consumer_pause(struct consumer *c, const char *topic, int32_t partition);
enum kerr consumer_resume(struct consumer *c, const char *topic, int32_t partition);

struct consumer_position {
        int64_t position;       /* -1: not known yet */
        int64_t high_watermark; /* as last heard; -1: not yet */
        int64_t log_start;      /* the same */
};

enum kerr consumer_position(const struct consumer *c, const char *topic, int32_t partition,
                            struct consumer_position *position);

#endif
