#include "log/batch.h"

#include "base/crc32c.h"
#include "base/varint.h"
#include "log/compression.h"

#include <assert.h>
#include <string.h>

/* Where the fields stand: see batch.h. */
enum {
        AT_BASE_OFFSET = 0,
        AT_LENGTH = 8,
        AT_LEADER_EPOCH = 12,
        AT_MAGIC = 16,
        AT_CRC = 17,
        AT_ATTRIBUTES = 21,
        AT_LAST_OFFSET_DELTA = 23,
        AT_BASE_TIMESTAMP = 27,
        AT_MAX_TIMESTAMP = 35,
        AT_PRODUCER_ID = 43,
        AT_PRODUCER_EPOCH = 51,
        AT_BASE_SEQUENCE = 53,
        AT_RECORDS_COUNT = 57,
};

/* --- header --- */

static bool header_is_sane(const struct batch_header *h)
{
        return h->batch_length >= BATCH_HEADER_BYTES - BATCH_OVERHEAD_BYTES &&
               h->base_offset >= 0 && h->last_offset_delta >= 0 && h->records_count >= 0 &&
               h->base_offset < INT64_MAX - h->last_offset_delta;
}

enum kerr batch_read_header(struct span bytes, struct batch_header *h)
{
        if (bytes.size < BATCH_HEADER_BYTES)
                return KERR_TRUNCATED;
        const uint8_t *at = bytes.data;
        *h = (struct batch_header){
                .base_offset = (int64_t)load_be64(at + AT_BASE_OFFSET),
                .batch_length = (int32_t)load_be32(at + AT_LENGTH),
                .leader_epoch = (int32_t)load_be32(at + AT_LEADER_EPOCH),
                .magic = (int8_t)at[AT_MAGIC],
                .crc = load_be32(at + AT_CRC),
                .attributes = (int16_t)load_be16(at + AT_ATTRIBUTES),
                .last_offset_delta = (int32_t)load_be32(at + AT_LAST_OFFSET_DELTA),
                .base_timestamp = (int64_t)load_be64(at + AT_BASE_TIMESTAMP),
                .max_timestamp = (int64_t)load_be64(at + AT_MAX_TIMESTAMP),
                .producer_id = (int64_t)load_be64(at + AT_PRODUCER_ID),
                .producer_epoch = (int16_t)load_be16(at + AT_PRODUCER_EPOCH),
                .base_sequence = (int32_t)load_be32(at + AT_BASE_SEQUENCE),
                .records_count = (int32_t)load_be32(at + AT_RECORDS_COUNT),
        };
        if (h->magic == 0 || h->magic == 1)
                return KERR_UNSUPPORTED_FOR_MESSAGE_FORMAT;
        return h->magic == BATCH_MAGIC && header_is_sane(h) ? KERR_NONE : KERR_CORRUPT_MESSAGE;
}

void batch_write_header(const struct batch_header *h, uint8_t *into)
{
        store_be64(into + AT_BASE_OFFSET, (uint64_t)h->base_offset);
        store_be32(into + AT_LENGTH, (uint32_t)h->batch_length);
        store_be32(into + AT_LEADER_EPOCH, (uint32_t)h->leader_epoch);
        into[AT_MAGIC] = (uint8_t)h->magic;
        store_be32(into + AT_CRC, h->crc);
        store_be16(into + AT_ATTRIBUTES, (uint16_t)h->attributes);
        store_be32(into + AT_LAST_OFFSET_DELTA, (uint32_t)h->last_offset_delta);
        store_be64(into + AT_BASE_TIMESTAMP, (uint64_t)h->base_timestamp);
        store_be64(into + AT_MAX_TIMESTAMP, (uint64_t)h->max_timestamp);
        store_be64(into + AT_PRODUCER_ID, (uint64_t)h->producer_id);
        store_be16(into + AT_PRODUCER_EPOCH, (uint16_t)h->producer_epoch);
        store_be32(into + AT_BASE_SEQUENCE, (uint32_t)h->base_sequence);
        store_be32(into + AT_RECORDS_COUNT, (uint32_t)h->records_count);
}

static uint32_t batch_crc(const uint8_t *batch, size_t size)
{
        //@lab 03 begin
        return crc32c(0, batch + AT_ATTRIBUTES, size - AT_ATTRIBUTES);
        //@lab 03 starter
        // (void)batch, (void)size;
        // return 0; /* yours to write */
        //@lab 03 end
}

enum kerr batch_check(struct span bytes, struct batch_header *h)
{
        enum kerr err = batch_read_header(bytes, h);
        if (err)
                return err;
        if ((uint64_t)batch_size(h) > bytes.size)
                return KERR_TRUNCATED;
        if (batch_crc(bytes.data, (size_t)batch_size(h)) != h->crc)
                return KERR_CORRUPT_MESSAGE;
        return KERR_NONE;
}

/* --- reading records --- */

/* These take a field off the front of *from. False when the bytes do not hold one. */

static void skip(struct span *from, size_t size)
{
        *from = span_of(from->data + size, from->size - size);
}

static bool take_varint(struct span *from, int32_t *value)
{
        size_t n = varint_read32(from->data, from->size, value);
        if (n > 0)
                skip(from, n);
        return n > 0;
}

static bool take_varlong(struct span *from, int64_t *value)
{
        size_t n = varint_read64(from->data, from->size, value);
        if (n > 0)
                skip(from, n);
        return n > 0;
}

/* A length and as many bytes; -1 is null. */
static bool take_bytes(struct span *from, struct span *bytes)
{
        int32_t length;
        if (!take_varint(from, &length) || length < -1)
                return false;
        if (length == -1) {
                *bytes = span_of(NULL, 0);
                return true;
        }
        if ((size_t)length > from->size)
                return false;
        *bytes = span_of(from->data, (size_t)length);
        skip(from, (size_t)length);
        return true;
}

void record_iterator_init(struct record_iterator *it, const struct batch_header *h,
                          struct span plain)
{
        *it = (struct record_iterator){.header = *h, .left = plain};
}

/* The fields of one record, which must fill `body` up to its headers. */
static bool parse_record(const struct batch_header *h, struct span body, struct record *r)
{
        //@lab 03 begin
        int64_t timestamp_delta;
        int32_t offset_delta;
        if (body.size == 0)
                return false;
        skip(&body, 1); /* attributes: none are defined */
        if (!take_varlong(&body, &timestamp_delta) || !take_varint(&body, &offset_delta) ||
            !take_bytes(&body, &r->key) || !take_bytes(&body, &r->value) ||
            !take_varint(&body, &r->header_count))
                return false;
        if (offset_delta < 0 || offset_delta > h->last_offset_delta)
                return false;
        r->offset = h->base_offset + offset_delta;
        if (h->attributes & BATCH_LOG_APPEND_TIME)
                r->timestamp = h->max_timestamp;
        else if (__builtin_add_overflow(h->base_timestamp, timestamp_delta, &r->timestamp))
                return false;
        r->headers = body;
        /* A header takes two bytes at least; no header, none at all. */
        return r->header_count >= 0 && (size_t)r->header_count <= body.size / 2 &&
               (r->header_count > 0 || body.size == 0);
        //@lab 03 starter
        // (void)h, (void)body, (void)r;
        // (void)take_varlong; /* a helper, like take_varint() and take_bytes() */
        // return false;       /* yours to write */
        //@lab 03 end
}

enum kerr record_next(struct record_iterator *it, struct record *r, bool *more)
{
        *more = it->seen < it->header.records_count;
        if (!*more)
                return it->left.size == 0 ? KERR_NONE : KERR_CORRUPT_MESSAGE;
        struct span body;
        struct record found;
        if (!take_bytes(&it->left, &body) || !parse_record(&it->header, body, &found))
                return KERR_CORRUPT_MESSAGE;
        *r = found;
        it->seen++;
        return KERR_NONE;
}

enum kerr record_next_header(struct record *r, struct record_header *h)
{
        struct span key, value;
        if (!take_bytes(&r->headers, &key) || !key.data || !take_bytes(&r->headers, &value))
                return KERR_CORRUPT_MESSAGE;
        h->key = (struct str){(const char *)key.data, (int32_t)key.size};
        h->value = value;
        return KERR_NONE;
}

/* --- building --- */

static size_t bytes_size(struct span bytes)
{
        return bytes.data ? varint_size((int64_t)bytes.size) + bytes.size : varint_size(-1);
}

static uint8_t *put_bytes(uint8_t *at, struct span bytes)
{
        at += varint_write(at, bytes.data ? (int64_t)bytes.size : -1);
        if (bytes.size > 0)
                memcpy(at, bytes.data, bytes.size);
        return at + bytes.size;
}

static struct span key_bytes_of(const struct record_header *h)
{
        assert(h->key.data); /* a header's key is never null */
        return span_of(h->key.data, (size_t)h->key.size);
}

bool record_append(struct buffer *into, const struct batch_header *h, const struct record *r)
{
        //@lab 03 begin
        int64_t timestamp_delta, offset_delta = r->offset - h->base_offset;
        if (__builtin_sub_overflow(r->timestamp, h->base_timestamp, &timestamp_delta))
                return false;
        size_t size = 1 + varint_size(timestamp_delta) + varint_size(offset_delta) +
                      bytes_size(r->key) + bytes_size(r->value) + varint_size(r->header_count) +
                      r->headers.size;
        uint8_t *at = buffer_reserve(into, VARINT64_BYTES_MAX + size);
        at += varint_write(at, (int64_t)size);
        *at++ = 0; /* attributes */
        at += varint_write(at, timestamp_delta);
        at += varint_write(at, offset_delta);
        at = put_bytes(at, r->key);
        at = put_bytes(at, r->value);
        at += varint_write(at, r->header_count);
        if (r->headers.size > 0)
                memcpy(at, r->headers.data, r->headers.size);
        into->size = (size_t)(at - into->data) + r->headers.size;
        return true;
        //@lab 03 starter
        // (void)into, (void)h, (void)r;
        // (void)bytes_size, (void)put_bytes; /* two helpers */
        // return false;                      /* yours to write */
        //@lab 03 end
}

void batch_builder_init(struct batch_builder *b)
{
        *b = (struct batch_builder){
                .header =
                        {
                                .leader_epoch = -1,
                                .magic = BATCH_MAGIC,
                                .base_timestamp = -1,
                                .max_timestamp = -1,
                                .producer_id = -1,
                                .producer_epoch = -1,
                                .base_sequence = -1,
                        },
        };
}

void batch_builder_deinit(struct batch_builder *b)
{
        buffer_deinit(&b->records);
}

void batch_builder_add(struct batch_builder *b, const struct record *record,
                       const struct record_header *headers, int32_t header_count)
{
        struct batch_header *h = &b->header;
        assert(record->timestamp >= -1); /* so that no delta overflows */
        //@lab 03 begin
        if (h->records_count == 0)
                h->base_timestamp = h->max_timestamp = record->timestamp;
        if (record->timestamp > h->max_timestamp)
                h->max_timestamp = record->timestamp;
        h->last_offset_delta = h->records_count++;

        int64_t timestamp_delta = record->timestamp - h->base_timestamp;
        size_t size = 1 + varint_size(timestamp_delta) + varint_size(h->last_offset_delta) +
                      bytes_size(record->key) + bytes_size(record->value) +
                      varint_size(header_count);
        for (int32_t i = 0; i < header_count; i++)
                size += bytes_size(key_bytes_of(&headers[i])) + bytes_size(headers[i].value);

        uint8_t *at = buffer_reserve(&b->records, VARINT64_BYTES_MAX + size);
        at += varint_write(at, (int64_t)size);
        *at++ = 0; /* attributes */
        at += varint_write(at, timestamp_delta);
        at += varint_write(at, h->last_offset_delta);
        at = put_bytes(at, record->key);
        at = put_bytes(at, record->value);
        at += varint_write(at, header_count);
        for (int32_t i = 0; i < header_count; i++) {
                at = put_bytes(at, key_bytes_of(&headers[i]));
                at = put_bytes(at, headers[i].value);
        }
        b->records.size = (size_t)(at - b->records.data);
        //@lab 03 starter
        // (void)headers, (void)header_count;
        // (void)key_bytes_of; /* for the headers */
        // h->records_count++; /* yours to write */
        //@lab 03 end
}

enum kerr batch_builder_finish(struct batch_builder *b, int codec, struct buffer *into)
{
        struct batch_header *h = &b->header;
        assert(h->records_count > 0);
        size_t start = into->size;
        buffer_reserve(into, BATCH_HEADER_BYTES);
        into->size += BATCH_HEADER_BYTES;
        enum kerr err = compression_compress(codec, buffer_span(&b->records), into);
        size_t size = into->size - start;
        if (!err && size - BATCH_OVERHEAD_BYTES > INT32_MAX)
                err = KERR_MESSAGE_TOO_LARGE;
        if (err) {
                into->size = start;
                return err;
        }
        uint8_t *batch = into->data + start;
        //@lab 03 begin
        h->batch_length = (int32_t)(size - BATCH_OVERHEAD_BYTES);
        h->attributes = (int16_t)((h->attributes & ~BATCH_CODEC_MASK) | codec);
        batch_write_header(h, batch);
        store_be32(batch + AT_CRC, batch_crc(batch, size));
        //@lab 03 starter
        // batch_write_header(h, batch); /* yours to write: it does not know all yet */
        //@lab 03 end

        struct buffer records = b->records;
        buffer_clear(&records);
        batch_builder_init(b);
        b->records = records;
        return KERR_NONE;
}
