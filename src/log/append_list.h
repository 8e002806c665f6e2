/* append_list.h - what one append writes: batches, checked, and stamped if they are a client's.
 *
 * A batch's bytes stay where they came in. Only its header is copied, because the leader sets the
 * base offset and the leader epoch; both lie outside the CRC. Written are, for each batch, the copy
 * and then the bytes behind the header as they came:
 *
 *     spans:   |61 stamped bytes| |payload, borrowed| |61 stamped bytes| |payload, borrowed| …
 *
 * A list is kept and filled again for each append, so a busy log allocates nothing. No I/O here.
 * Source: Kafka's LogValidator and UnifiedLog.analyzeAndValidateRecords. */
#ifndef ODRADEK_LOG_APPEND_LIST_H
#define ODRADEK_LOG_APPEND_LIST_H

#include "log/batch.h"
#include "log/log_config.h"

/* Who sends the batches that a leader appends. */
enum append_origin {
        APPEND_CLIENT,      /* a Produce: control batches are refused, transactions verified */
        APPEND_COORDINATOR, /* the broker itself: group offsets, transaction markers */
};

struct stamped_batch {
        struct batch_header header;        /* as it goes into the log */
        uint8_t bytes[BATCH_HEADER_BYTES]; /* the same, encoded */
};

/* Zero-initialise. */
struct append_list {
        struct stamped_batch *batches;
        struct span *spans; /* two for each batch */
        int32_t count;
        int64_t size_bytes;    /* of all batches */
        int64_t max_timestamp; /* of all batches */
        struct buffer batch_memory, span_memory;
};

void append_list_deinit(struct append_list *list);

/* What the broker sets in a batch. */
struct append_stamp {
        int64_t base_offset; /* of the next batch */
        int32_t leader_epoch;
        int64_t now_ms; /* the timestamp of all records, if the topic wants log append time */
        enum append_origin origin; /* who may send what */
};

/* Fills the list with the batches in `bytes`, which it borrows. Errors: see partition_log_append(),
 * all but KAFKA_STORAGE_ERROR. The list is empty then. */
enum kerr append_list_fill(struct append_list *list, struct span bytes,
                           const struct log_config *config, struct append_stamp stamp);

/* Fills the list with the whole batches in `bytes` as they are, none maybe; they go behind
 * `end_offset` and behind leader epoch `last_epoch`. Errors: see
 * partition_log_append_as_follower(), all but KAFKA_STORAGE_ERROR. The list is empty then. */
enum kerr append_list_fill_fetched(struct append_list *list, struct span bytes, int64_t end_offset,
                                   int32_t last_epoch);

/* As many of the batches from number `from` on as fit into a new segment that begins at
 * `end_offset`, one at least. Borrows from `list`. */
struct append_list append_list_part(const struct append_list *list, int32_t from,
                                    int64_t end_offset, int64_t size_bytes_max);

#endif
