/* batch.h - the bytes of one record batch, format v2: what producers send, segments hold and
 * consumers get. No I/O here.
 *
 *     0  base offset         8 | outside the CRC: the broker stamps them, so that appending a batch
 *     8  batch length        4 | (bytes behind this field)   needs no new checksum
 *    12  leader epoch        4 |
 *    16  magic = 2           1 |
 *    17  CRC-32C             4 | over byte 21 to the end
 *    21  attributes          2 | bits 0-2 codec, 3 log append time, 4 transactional, 5 control,
 *                           6 the base timestamp is a delete horizon (KIP-534)
 *    23  last offset delta   4
 *    27  base timestamp      8
 *    35  max timestamp       8
 *    43  producer id         8 | -1: none
 *    51  producer epoch      2
 *    53  base sequence       4
 *    57  records count       4
 *    61  records, compressed as one block when bits 0-2 say so
 *
 * Timestamps are ms since 1970; offsets count records. All numbers big-endian.
 * Source: Kafka's DefaultRecordBatch and DefaultRecord, KIP-98. */
#ifndef ODRADEK_LOG_BATCH_H
#define ODRADEK_LOG_BATCH_H

#include "base/bytes.h"
#include "base/errors.h"

enum {
        BATCH_HEADER_BYTES = 61,
        BATCH_OVERHEAD_BYTES = 12, /* base offset and batch length: what the length leaves out */
        BATCH_MAGIC = 2,
        BATCH_CRC_FROM = 21, /* the CRC covers this byte and all behind it */
        BATCH_CODEC_MASK = 0x07,
        BATCH_LOG_APPEND_TIME = 0x08,
        BATCH_TRANSACTIONAL = 0x10,
        BATCH_CONTROL = 0x20,
        BATCH_DELETE_HORIZON = 0x40, /* see batch_filter.h */
};

struct batch_header {
        int64_t base_offset;
        int32_t batch_length;
        int32_t leader_epoch;
        int8_t magic;
        uint32_t crc;
        int16_t attributes;
        int32_t last_offset_delta;
        int64_t base_timestamp, max_timestamp;
        int64_t producer_id;
        int16_t producer_epoch;
        int32_t base_sequence;
        int32_t records_count;
};

static inline int64_t batch_last_offset(const struct batch_header *h)
{
        return h->base_offset + h->last_offset_delta;
}

/* The whole batch, the first 12 bytes included. */
static inline int64_t batch_size(const struct batch_header *h)
{
        return (int64_t)h->batch_length + BATCH_OVERHEAD_BYTES;
}

/* Decodes the header at the start of `bytes` and checks what can be told from it alone: magic,
 * length at least 49, offset, delta and count not negative, a last offset below INT64_MAX.
 * Errors: TRUNCATED when there are fewer than 61 bytes; CORRUPT_MESSAGE;
 * UNSUPPORTED_FOR_MESSAGE_FORMAT for magic 0 and 1. */
enum kerr batch_read_header(struct span bytes, struct batch_header *h);

/* Encodes `h` into 61 bytes. */
void batch_write_header(const struct batch_header *h, uint8_t *into);

/* Decodes the header and checks length and CRC of the batch at the start of `bytes`; bytes behind
 * the batch are allowed. Errors: as above; TRUNCATED when the batch goes on behind `bytes`. */
enum kerr batch_check(struct span bytes, struct batch_header *h);

/* One record; key, value and header values may be null (data == NULL). */
struct record {
        int64_t offset;
        int64_t timestamp;
        struct span key, value;
        int32_t header_count;
        struct span headers; /* still encoded: record_next_header() walks them */
};

struct record_header {
        struct str key;
        struct span value;
};

/* Walks the records of one batch. `plain` is the batch's payload after decompression (see
 * compression.h): for an uncompressed batch what follows the 61 bytes. What is handed out points
 * into it. */
struct record_iterator {
        struct batch_header header;
        struct span left;
        int32_t seen;
};

void record_iterator_init(struct record_iterator *it, const struct batch_header *h,
                          struct span plain);

/* The next record; *more is false (and *r untouched) after the last. Errors: CORRUPT_MESSAGE when
 * the bytes do not follow the format, or are left over after the last record. */
enum kerr record_next(struct record_iterator *it, struct record *r, bool *more);

/* Takes the next header off r->headers. Call header_count times. Errors: CORRUPT_MESSAGE. */
enum kerr record_next_header(struct record *r, struct record_header *h);

/* Appends `r` as it stands in a batch of this header, its headers as they came. False, and nothing
 * is appended, when its timestamp is too far from the batch's. */
bool record_append(struct buffer *into, const struct batch_header *h, const struct record *r);

/* Builds one batch, as a producer does. Offsets are deltas from the base offset, 0 until a leader
 * stamps it. */
struct batch_builder {
        /* What differs from "none" is set before batch_builder_finish(): producer fields;
         * BATCH_CONTROL; base offset and leader epoch, when no leader will stamp them. */
        struct batch_header header;
        struct buffer records; /* encoded, not yet compressed */
};

/* Zero-initialises and sets the "none" values. `timestamp_type` bits are the broker's business. */
void batch_builder_init(struct batch_builder *b);
void batch_builder_deinit(struct batch_builder *b);

/* Appends a record at the next offset delta; record->offset and record->headers are ignored, the
 * headers come from `headers`. A timestamp is at least -1 (none). */
void batch_builder_add(struct batch_builder *b, const struct record *record,
                       const struct record_header *headers, int32_t header_count);

/* Compresses with `codec` (0: not at all), and appends the finished batch, CRC included, to `into`.
 * The builder holds at least one record; afterwards it is as after init, ready for the next batch.
 * Errors: those of compression_compress(); `b` and `into` are then as before. */
enum kerr batch_builder_finish(struct batch_builder *b, int codec, struct buffer *into);

#endif
