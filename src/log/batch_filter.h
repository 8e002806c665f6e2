/* batch_filter.h - a batch without some of its records, as compaction writes it. No I/O.
 *
 *     base offset 100, last offset delta 9      base offset 100, last offset delta 9
 *     |100|101|…|109|                      ->   |103|109|
 *
 * (1) What is left keeps its offset and timestamp; the batch keeps its base and last offset, leader
 *     epoch, producer fields, sequence and codec. So a gap is never seen between two batches that
 *     had none, and the sequences of a producer still follow each other.
 * (2) When all records stay, and there is nothing to mark, the bytes stay as they are.
 * (3) A tombstone (no value) must stay for a while after it was first cleaned: a reader that has
 *     seen the old value must have the time to see that it is gone (KAFKA-4545). Until when is
 *     written into the batch: the base timestamp becomes that time, the delete horizon, and
 *     attribute bit 6 says so (KIP-534). The same goes for the marker of a transaction that has no
 *     data left.
 *
 * Source: Kafka's MemoryRecords.filterTo, Cleaner.shouldRetainRecord. */
#ifndef ODRADEK_LOG_BATCH_FILTER_H
#define ODRADEK_LOG_BATCH_FILTER_H

#include "log/batch.h"

struct batch_filter {
        bool (*keeps)(void *context, const struct batch_header *h, const struct record *r);
        void *context;
        bool drops_all;     /* no record stays; nobody is asked */
        bool keeps_empty;   /* the header stays even when no record does */
        bool wants_horizon; /* whatever its records are */
        int64_t horizon_ms; /* wall clock: the delete horizon of a batch that gets one now */
};

/* Whether the batch is past its delete horizon: its tombstones, its marker may go. */
static inline bool batch_is_past_horizon(const struct batch_header *h, int64_t now_ms)
{
        return (h->attributes & BATCH_DELETE_HORIZON) && h->base_timestamp <= now_ms;
}

/* Unpacks the payload of `batch` to `plain`. Errors: those of compression_decompress(). */
enum kerr batch_unpack(struct span batch, const struct batch_header *h, struct buffer *plain);

/* Appends to `out` what stays of `batch`, which has this header; nothing maybe. Errors:
 * CORRUPT_MESSAGE and those of the codecs; `out` is then as before. */
enum kerr batch_filter(struct span batch, const struct batch_header *h,
                       const struct batch_filter *filter, struct buffer *out);

#endif
