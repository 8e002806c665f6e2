#include <inttypes.h>

#include "cli/dump_log.h"
#include "log/batch.h"
#include "log/compression.h"

enum {
        HEX_ROW_BYTES = 16,
        DELETE_HORIZON = 0x40, /* attribute: the base timestamp is a delete horizon (KIP-534) */
};

static const char *yes_or_no(bool yes)
{
        return yes ? "true" : "false";
}

static const char *timestamp_type(const struct batch_header *h)
{
        return h->attributes & BATCH_LOG_APPEND_TIME ? "LogAppendTime" : "CreateTime";
}

/* The sequence number of the record at `delta`: behind 2^31 - 1 comes 0. */
static int32_t sequence_at(const struct batch_header *h, int64_t delta)
{
        return h->base_sequence < 0 ? -1 : (int32_t)((h->base_sequence + delta) & INT32_MAX);
}

static void print_batch(FILE *out, const struct batch_header *h, int64_t position, bool valid)
{
        fprintf(out,
                "baseOffset: %" PRId64 " lastOffset: %" PRId64
                " count: %d baseSequence: %d lastSequence: %d producerId: %" PRId64
                " producerEpoch: %d partitionLeaderEpoch: %d isTransactional: %s isControl: %s",
                h->base_offset, batch_last_offset(h), h->records_count, h->base_sequence,
                sequence_at(h, h->last_offset_delta), h->producer_id, h->producer_epoch,
                h->leader_epoch, yes_or_no(h->attributes & BATCH_TRANSACTIONAL),
                yes_or_no(h->attributes & BATCH_CONTROL));
        if (h->attributes & DELETE_HORIZON)
                fprintf(out, " deleteHorizonMs: OptionalLong[%" PRId64 "]", h->base_timestamp);
        else
                fprintf(out, " deleteHorizonMs: OptionalLong.empty");
        fprintf(out,
                " position: %" PRId64 " %s: %" PRId64 " size: %" PRId64
                " magic: %d compresscodec: %s crc: %" PRIu32 " isvalid: %s\n",
                position, timestamp_type(h), h->max_timestamp, batch_size(h), h->magic,
                compression_name(h->attributes & BATCH_CODEC_MASK), h->crc, yes_or_no(valid));
}

/* --- the byte map --- */

static const struct {
        int at, size;
        const char *name;
} header_fields[] = {
        {0, 8, "baseOffset"},       {8, 4, "batchLength"},    {12, 4, "partitionLeaderEpoch"},
        {16, 1, "magic"},           {17, 4, "crc"},           {21, 2, "attributes"},
        {23, 4, "lastOffsetDelta"}, {27, 8, "baseTimestamp"}, {35, 8, "maxTimestamp"},
        {43, 8, "producerId"},      {51, 2, "producerEpoch"}, {53, 4, "baseSequence"},
        {57, 4, "recordsCount"},
};

/* A big-endian number of `size` bytes with its sign. */
static int64_t number_at(const uint8_t *at, int size)
{
        int64_t value = (int8_t)at[0];
        for (int i = 1; i < size; i++)
                value = (int64_t)((uint64_t)value << 8 | at[i]);
        return value;
}

static void print_value(FILE *out, const uint8_t *batch, int at, int size)
{
        int64_t value = number_at(batch + at, size);
        if (at == 8)
                fprintf(out, "%" PRId64 " bytes behind this field", value);
        else if (at == 17)
                fprintf(out, "0x%08" PRIx32 ", CRC-32C of all bytes from 21 on", (uint32_t)value);
        else if (at == 21)
                fprintf(out, "0x%04x: %s, %s%s%s", (unsigned)(uint16_t)value,
                        compression_name(value & BATCH_CODEC_MASK),
                        value & BATCH_LOG_APPEND_TIME ? "LogAppendTime" : "CreateTime",
                        value & BATCH_TRANSACTIONAL ? ", transactional" : "",
                        value & BATCH_CONTROL ? ", control" : "");
        else
                fprintf(out, "%" PRId64, value);
}

/* The bytes in a column of `width`. */
static void print_hex(FILE *out, size_t at, struct span bytes, size_t width)
{
        fprintf(out, "%8zu  ", at);
        for (size_t i = 0; i < width; i++)
                if (i < bytes.size)
                        fprintf(out, "%02x ", bytes.data[i]);
                else
                        fputs("   ", out);
}

/* The header field by field, then the records' bytes as they lie in the file. */
static void print_bytes(FILE *out, struct span batch)
{
        fprintf(out, "      at  %-24s %-20s value\n", "bytes", "field");
        for (size_t i = 0; i < sizeof header_fields / sizeof *header_fields; i++) {
                int at = header_fields[i].at, size = header_fields[i].size;
                print_hex(out, (size_t)at, span_of(batch.data + at, (size_t)size), 8);
                fprintf(out, " %-20s ", header_fields[i].name);
                print_value(out, batch.data, at, size);
                fputc('\n', out);
        }
        for (size_t at = BATCH_HEADER_BYTES; at < batch.size; at += HEX_ROW_BYTES) {
                size_t left = batch.size - at;
                struct span row =
                        span_of(batch.data + at, left < HEX_ROW_BYTES ? left : HEX_ROW_BYTES);
                print_hex(out, at, row, HEX_ROW_BYTES);
                fputc(' ', out);
                for (size_t i = 0; i < row.size; i++)
                        fputc(row.data[i] >= ' ' && row.data[i] < 0x7f ? row.data[i] : '.', out);
                fputc('\n', out);
        }
}

/* --- records --- */

void dump_escaped(FILE *out, struct span text)
{
        for (size_t i = 0; i < text.size; i++) {
                uint8_t byte = text.data[i];
                if (byte < ' ' || byte == 0x7f)
                        fprintf(out, "\\x%02x", byte);
                else
                        fputc(byte, out);
        }
}

/* Key: version, type; a transaction marker's value: version, coordinator epoch (KIP-98). */
static void print_control(FILE *out, const struct record *r)
{
        static const char *const names[] = {"ABORT",           "COMMIT",          "LEADER_CHANGE",
                                            "SNAPSHOT_HEADER", "SNAPSHOT_FOOTER", "KRAFT_VERSION",
                                            "KRAFT_VOTERS"};
        unsigned type = r->key.size >= 4 ? load_be16(r->key.data + 2) : UINT16_MAX;
        if (type <= 1 && r->value.size >= 6)
                fprintf(out, " endTxnMarker: %s coordinatorEpoch: %d", names[type],
                        (int)(int32_t)load_be32(r->value.data + 2));
        else
                fprintf(out, " controlType: %s(%u)",
                        type < sizeof names / sizeof *names ? names[type] : "UNKNOWN", type);
}

static bool print_header_keys(FILE *out, struct record r)
{
        struct record_header header;
        fputs(" headerKeys: [", out);
        for (int32_t i = 0; i < r.header_count; i++) {
                if (record_next_header(&r, &header))
                        return false;
                if (i > 0)
                        fputc(',', out);
                dump_escaped(out, span_of(header.key.data, (size_t)header.key.size));
        }
        fputc(']', out);
        return r.headers.size == 0;
}

static bool print_contents(struct dump_log *d, enum dump_decoder decoder, const struct record *r)
{
        if (decoder == DUMP_OFFSETS)
                return dump_offsets_record(d->out, r->key, r->value);
        if (decoder == DUMP_TRANSACTIONS)
                return dump_transaction_record(d->out, r->key, r->value);
        if (r->key.data) {
                fputs(" key: ", d->out);
                dump_escaped(d->out, r->key);
        }
        if (!r->value.data)
                return true;
        fputs(" payload: ", d->out);
        if (decoder == DUMP_METADATA)
                return dump_metadata_record(d->out, r->value);
        dump_escaped(d->out, r->value);
        return true;
}

/* The record's line, or the reason why it cannot be. */
static const char *print_record(struct dump_log *d, const struct dump_file *f,
                                const struct batch_header *h, const struct record *r)
{
        const char *wrong = NULL;
        fprintf(d->out, "| offset: %" PRId64 " %s: %" PRId64 " keySize: %d valueSize: %d",
                r->offset, timestamp_type(h), r->timestamp, r->key.data ? (int)r->key.size : -1,
                r->value.data ? (int)r->value.size : -1);
        fprintf(d->out, " sequence: %d", sequence_at(h, r->offset - h->base_offset));
        if (!print_header_keys(d->out, *r))
                wrong = "its headers do not follow the format";
        else if (h->attributes & BATCH_CONTROL)
                print_control(d->out, r);
        else if ((d->print_data || f->decoder) && !print_contents(d, f->decoder, r))
                wrong = f->decoder == DUMP_METADATA
                                ? "its value is no metadata record that is known here"
                                : "its key and value are no record of a coordinator's log";
        fputc('\n', d->out);
        return wrong;
}

static void print_records(struct dump_log *d, const struct dump_file *f, int64_t position,
                          const struct batch_header *h, struct span compressed)
{
        struct buffer plain = {0};
        int codec = h->attributes & BATCH_CODEC_MASK;
        enum kerr err = compression_decompress(codec, compressed, PLAIN_BYTES_MAX, &plain);
        if (err)
                dump_complain(d, f, "position %" PRId64 ": the records cannot be decompressed: %s",
                              position, kerr_text(err));
        struct record_iterator it;
        struct record r;
        bool more = !err;
        record_iterator_init(&it, h, buffer_span(&plain));
        while (more) {
                const char *wrong = NULL;
                if (record_next(&it, &r, &more))
                        wrong = "the bytes do not follow the format";
                else if (more)
                        wrong = print_record(d, f, h, &r);
                if (wrong) {
                        dump_complain(d, f, "position %" PRId64 ": record %d of %d: %s", position,
                                      it.seen, h->records_count, wrong);
                        break;
                }
        }
        buffer_deinit(&plain);
}

/* --- the segment --- */

/* Reads the batch at `position` into `bytes`. False, told, when there is none. */
static bool read_batch(struct dump_log *d, const struct dump_file *f, int64_t position,
                       struct buffer *bytes, struct batch_header *h)
{
        int64_t left = f->size - position;
        if (left < BATCH_HEADER_BYTES) {
                dump_complain(d, f,
                              "position %" PRId64 ": a batch header takes %d bytes, %" PRId64
                              " are left",
                              position, BATCH_HEADER_BYTES, left);
                return false;
        }
        buffer_clear(bytes);
        uint8_t *at = buffer_reserve(bytes, BATCH_HEADER_BYTES);
        if (!dump_read(d, f, position, at, BATCH_HEADER_BYTES))
                return false;
        if (batch_read_header(span_of(at, BATCH_HEADER_BYTES), h)) {
                dump_complain(d, f,
                              "position %" PRId64 ": no batch begins here (magic %d, length %d, "
                              "base offset %" PRId64 ", last offset delta %d, count %d)",
                              position, h->magic, h->batch_length, h->base_offset,
                              h->last_offset_delta, h->records_count);
                return false;
        }
        if (batch_size(h) > left) {
                dump_complain(d, f,
                              "position %" PRId64 ": the batch takes %" PRId64 " bytes, %" PRId64
                              " are left",
                              position, batch_size(h), left);
                return false;
        }
        at = buffer_reserve(bytes, (size_t)batch_size(h));
        bytes->size = (size_t)batch_size(h);
        return dump_read(d, f, position, at, bytes->size);
}

static void dump_batch(struct dump_log *d, const struct dump_file *f, int64_t position,
                       struct span bytes, const struct batch_header *h)
{
        struct batch_header again;
        bool valid = batch_check(bytes, &again) == KERR_NONE;
        print_batch(d->out, h, position, valid);
        if (d->hex)
                print_bytes(d->out, bytes);
        if (!valid)
                dump_complain(d, f,
                              "position %" PRId64 ": the CRC of the batch does not match its bytes",
                              position);
        else if (d->deep || d->print_data || f->decoder)
                print_records(
                        d, f, position, h,
                        span_of(bytes.data + BATCH_HEADER_BYTES, bytes.size - BATCH_HEADER_BYTES));
}

void dump_segment(struct dump_log *d, const struct dump_file *f)
{
        struct buffer bytes = {0};
        struct batch_header h;
        int64_t position = 0, next_offset = f->base_offset;
        fprintf(d->out, "Log starting offset: %" PRId64 "\n", f->base_offset);
        while (position < f->size && read_batch(d, f, position, &bytes, &h)) {
                dump_batch(d, f, position, buffer_span(&bytes), &h);
                if (h.base_offset < next_offset)
                        dump_complain(d, f,
                                      "position %" PRId64 ": base offset %" PRId64
                                      " where at least %" PRId64 " is due",
                                      position, h.base_offset, next_offset);
                next_offset = batch_last_offset(&h) + 1;
                position += batch_size(&h);
        }
        if (position < f->size)
                fprintf(d->out, "Found %" PRId64 " invalid bytes at the end of %s\n",
                        f->size - position, f->path);
        buffer_deinit(&bytes);
}
