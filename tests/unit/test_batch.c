/* Tests of src/log/batch.c: the bytes of a record batch, against Kafka's format and hostile input.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/batch.h"
#include "log/compression.h"

/* One batch per codec, as kafka-python 2.0.2 (DefaultRecordBatchBuilder) encodes the four records
 * of check_golden_records(), for producer 4711, epoch 3, base sequence 77. */
static const char *const golden_batches[COMPRESSION_CODECS] = {
        "0000000000000000000000d1000000000284fd2b940000000000030000018bcfe568000000018bcf"
        "e5692c000000000000126700030000004d000000041a000000046b300a68656c6c6f0030000a0201"
        "0c6e6f206b6579060468310476310001046833000c001304000100e00100d80406086c6f6e67c801"
        "78787878787878787878787878787878787878787878787878787878787878787878787878787878"
        "78787878787878787878787878787878787878787878787878787878787878787878787878787878"
        "787878787878787878787878787878787878787800",
        "0000000000000000000000840000000002bdc913130001000000030000018bcfe568000000018bcf"
        "e5692c000000000000126700030000004d000000041f8b08004508016b02ff9362606060c936e0ca"
        "48cdc9c9673060e06262e4c9cb57c84ead6463c930642933646064c93066e061106661606478c0c8"
        "7083858d23273f2ffd0463051d000300e643d0bba0000000",
        "00000000000000000000008e0000000002567f61020002000000030000018bcfe568000000018bcf"
        "e5692c000000000000126700030000004d0000000482534e41505059000000000100000001000000"
        "49a001f03c1a000000046b300a68656c6c6f0030000a02010c6e6f206b6579060468310476310001"
        "046833000c001304000100e00100d80406086c6f6e67c8017878fe02008602000000",
        "00000000000000000000008f000000000299590fc90003000000030000018bcfe568000000018bcf"
        "e5692c000000000000126700030000004d0000000404224d186840a0000000000000008647000000"
        "ff2d1a000000046b300a68656c6c6f0030000a02010c6e6f206b6579060468310476310001046833"
        "000c001304000100e00100d80406086c6f6e67c8017801004c50787878780000000000",
        "00000000000000000000007f00000000021ec7e7d60004000000030000018bcfe568000000018bcf"
        "e5692c000000000000126700030000004d0000000428b52ffd20a02d0200d4031a000000046b300a"
        "68656c6c6f0030000a02010c6e6f206b6579060468310476310001046833000c001304000100e001"
        "00d80406086c6f6e67c801780001000c520005",
};

/* Bytes from hexadecimal digits; the caller frees. */
static struct buffer unhex(const char *hex)
{
        struct buffer b = {0};
        for (; *hex; hex += 2) {
                unsigned byte;
                assert_int_equal(sscanf(hex, "%2x", &byte), 1);
                buffer_append(&b, &(uint8_t){(uint8_t)byte}, 1);
        }
        return b;
}

/* The batch's records after decompression; the caller frees. */
static struct buffer plain_records(struct span batch, const struct batch_header *h)
{
        struct buffer plain = {0};
        struct span records = span_of(batch.data + BATCH_HEADER_BYTES,
                                      (size_t)batch_size(h) - BATCH_HEADER_BYTES);
        assert_int_equal(
                compression_decompress(h->attributes & BATCH_CODEC_MASK, records, 1 << 22, &plain),
                KERR_NONE);
        return plain;
}

static void assert_span(struct span span, const char *text)
{
        if (!text) {
                assert_null(span.data);
                return;
        }
        assert_non_null(span.data);
        assert_int_equal(span.size, strlen(text));
        assert_memory_equal(span.data, text, span.size);
}

static void assert_next(struct record_iterator *it, struct record *r)
{
        bool more = false;
        assert_int_equal(record_next(it, r, &more), KERR_NONE);
        assert_true(more);
}

static void assert_end(struct record_iterator *it)
{
        struct record r;
        bool more = true;
        assert_int_equal(record_next(it, &r, &more), KERR_NONE);
        assert_false(more);
}

static struct record plain_record(int64_t timestamp, const char *key, const char *value)
{
        return (struct record){.timestamp = timestamp,
                               .key = span_of(key, key ? strlen(key) : 0),
                               .value = span_of(value, value ? strlen(value) : 0)};
}

/* Three records: a plain one, one with headers and a null key, a tombstone with an empty key. */
static void add_sample_records(struct batch_builder *b)
{
        struct record first = plain_record(1700000000000, "k0", "hello");
        struct record second = plain_record(1700000000005, NULL, "no key");
        struct record third = plain_record(1699999999990, "", NULL);
        const struct record_header headers[] = {{str_of("h1"), span_of("v1", 2)},
                                                {str_of(""), span_of(NULL, 0)},
                                                {str_of("h3"), span_of("", 0)}};
        batch_builder_add(b, &first, NULL, 0);
        batch_builder_add(b, &second, headers, 3);
        batch_builder_add(b, &third, NULL, 0);
}

static struct buffer sample_batch(int codec)
{
        struct batch_builder b;
        struct buffer batch = {0};
        batch_builder_init(&b);
        add_sample_records(&b);
        assert_int_equal(batch_builder_finish(&b, codec, &batch), KERR_NONE);
        batch_builder_deinit(&b);
        return batch;
}

static void check_sample_records(struct record_iterator *it, int64_t base_offset)
{
        struct record r;
        struct record_header h;
        assert_next(it, &r);
        assert_int_equal(r.offset, base_offset);
        assert_int_equal(r.timestamp, 1700000000000);
        assert_span(r.key, "k0");
        assert_span(r.value, "hello");
        assert_int_equal(r.header_count, 0);

        assert_next(it, &r);
        assert_int_equal(r.offset, base_offset + 1);
        assert_int_equal(r.timestamp, 1700000000005);
        assert_span(r.key, NULL);
        assert_span(r.value, "no key");
        assert_int_equal(r.header_count, 3);
        const char *names[] = {"h1", "", "h3"}, *values[] = {"v1", NULL, ""};
        for (int i = 0; i < 3; i++) {
                assert_int_equal(record_next_header(&r, &h), KERR_NONE);
                assert_true(str_equal_c(h.key, names[i]));
                assert_span(h.value, values[i]);
        }
        assert_int_equal(r.headers.size, 0);
        assert_int_equal(record_next_header(&r, &h), KERR_CORRUPT_MESSAGE);

        assert_next(it, &r);
        assert_int_equal(r.offset, base_offset + 2);
        assert_int_equal(r.timestamp, 1699999999990);
        assert_span(r.key, "");
        assert_span(r.value, NULL);
}

/* Goal: we read what another implementation wrote, with every codec.
 * Method: the frozen batches above: CRC, header fields, records, headers, nulls. */
static void golden_batches_are_read(void **state)
{
        (void)state;
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++) {
                struct buffer batch = unhex(golden_batches[codec]);
                struct batch_header h;
                assert_int_equal(batch_check(buffer_span(&batch), &h), KERR_NONE);
                assert_int_equal(batch_size(&h), batch.size);
                assert_int_equal(h.base_offset, 0);
                assert_int_equal(batch_last_offset(&h), 3);
                assert_int_equal(h.attributes, codec);
                assert_int_equal(h.base_timestamp, 1700000000000);
                assert_int_equal(h.max_timestamp, 1700000000300);
                assert_int_equal(h.producer_id, 4711);
                assert_int_equal(h.producer_epoch, 3);
                assert_int_equal(h.base_sequence, 77);
                assert_int_equal(h.records_count, 4);

                struct buffer plain = plain_records(buffer_span(&batch), &h);
                struct record_iterator it;
                struct record r;
                record_iterator_init(&it, &h, buffer_span(&plain));
                check_sample_records(&it, 0);
                assert_next(&it, &r);
                assert_span(r.key, "long");
                assert_int_equal(r.value.size, 100);
                assert_int_equal(r.value.data[99], 'x');
                assert_end(&it);
                buffer_deinit(&plain);
                buffer_deinit(&batch);
        }
}

/* Goal: we write what another implementation wrote.
 * Method: build the uncompressed golden batch and compare every byte. */
static void golden_batch_is_built(void **state)
{
        (void)state;
        struct buffer golden = unhex(golden_batches[COMPRESSION_NONE]), batch = {0};
        char value[101] = {0};
        memset(value, 'x', 100);
        struct record last = plain_record(1700000000300, "long", value);
        struct batch_builder b;
        batch_builder_init(&b);
        add_sample_records(&b);
        batch_builder_add(&b, &last, NULL, 0);
        b.header.leader_epoch = 0;
        b.header.producer_id = 4711;
        b.header.producer_epoch = 3;
        b.header.base_sequence = 77;
        assert_int_equal(batch_builder_finish(&b, COMPRESSION_NONE, &batch), KERR_NONE);
        assert_int_equal(batch.size, golden.size);
        assert_memory_equal(batch.data, golden.data, golden.size);
        batch_builder_deinit(&b);
        buffer_deinit(&batch);
        buffer_deinit(&golden);
}

/* Goal: a builder serves one batch after the other, and its batches may stand in a row.
 * Method: two batches with every codec into one buffer, the second stamped with an offset. */
static void builder_is_reused(void **state)
{
        (void)state;
        struct batch_builder b;
        batch_builder_init(&b);
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++) {
                struct buffer batches = {0};
                b.header.producer_id = 9;
                add_sample_records(&b);
                assert_int_equal(batch_builder_finish(&b, codec, &batches), KERR_NONE);
                size_t first = batches.size;
                add_sample_records(&b);
                b.header.base_offset = 500;
                assert_int_equal(batch_builder_finish(&b, codec, &batches), KERR_NONE);

                struct batch_header h;
                assert_int_equal(batch_check(buffer_span(&batches), &h), KERR_NONE);
                assert_int_equal(batch_size(&h), first);
                assert_int_equal(h.producer_id, 9);
                struct span second = span_of(batches.data + first, batches.size - first);
                assert_int_equal(batch_check(second, &h), KERR_NONE);
                assert_int_equal(h.producer_id, -1);
                assert_int_equal(batch_last_offset(&h), 502);
                struct buffer plain = plain_records(second, &h);
                struct record_iterator it;
                record_iterator_init(&it, &h, buffer_span(&plain));
                check_sample_records(&it, 500);
                assert_end(&it);
                buffer_deinit(&plain);
                buffer_deinit(&batches);
        }
        batch_builder_deinit(&b);
}

/* Goal: large timestamp deltas, and values around the edges of a varint's size, come back.
 * Method: timestamps 0 and INT64_MAX in turn. */
static void large_deltas_come_back(void **state)
{
        (void)state;
        static char text[20001];
        memset(text, 'a', 20000);
        struct batch_builder b;
        batch_builder_init(&b);
        const size_t sizes[] = {0, 1, 63, 64, 8191, 8192, 20000};
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                struct record r = plain_record(i % 2 ? 0 : INT64_MAX, "key", text);
                r.value.size = sizes[i];
                batch_builder_add(&b, &r, NULL, 0);
        }
        struct buffer batch = {0};
        struct batch_header h;
        struct record r;
        struct record_iterator it;
        assert_int_equal(batch_builder_finish(&b, COMPRESSION_NONE, &batch), KERR_NONE);
        assert_int_equal(batch_check(buffer_span(&batch), &h), KERR_NONE);
        assert_int_equal(h.base_timestamp, INT64_MAX);
        record_iterator_init(&it, &h, span_of(batch.data + 61, batch.size - 61));
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                assert_next(&it, &r);
                assert_true(r.timestamp == (i % 2 ? 0 : INT64_MAX));
                assert_int_equal(r.value.size, sizes[i]);
        }
        assert_end(&it);
        buffer_deinit(&batch);
        batch_builder_deinit(&b);
}

/* Goal: an unknown codec is refused and leaves builder and output as they were.
 * Method: finish with codec 5, then again with none. */
static void refused_codec_changes_nothing(void **state)
{
        (void)state;
        struct batch_builder b;
        struct buffer out = {0};
        struct batch_header h;
        batch_builder_init(&b);
        add_sample_records(&b);
        assert_int_equal(batch_builder_finish(&b, 5, &out), KERR_UNSUPPORTED_COMPRESSION_TYPE);
        assert_int_equal(out.size, 0);
        assert_int_equal(batch_builder_finish(&b, 0, &out), KERR_NONE);
        assert_int_equal(batch_check(buffer_span(&out), &h), KERR_NONE);
        assert_int_equal(h.records_count, 3);
        batch_builder_deinit(&b);
        buffer_deinit(&out);
}

/* Goal: the CRC catches every flipped bit it covers, and base offset and leader epoch may be
 * stamped without a new one.
 * Method: flip each bit of a batch in turn. */
static void flipped_bits_are_caught(void **state)
{
        (void)state;
        struct buffer batch = sample_batch(COMPRESSION_NONE);
        struct batch_header h;
        for (size_t bit = 0; bit < batch.size * 8; bit++) {
                size_t byte = bit / 8;
                uint8_t mask = (uint8_t)(1 << bit % 8);
                batch.data[byte] ^= mask;
                enum kerr err = batch_check(buffer_span(&batch), &h);
                batch.data[byte] ^= mask;
                bool stamped = byte < 8 || (byte >= 12 && byte < 16);
                if (stamped && !(byte == 0 && mask == 0x80)) /* a negative offset is no offset */
                        assert_int_equal(err, KERR_NONE);
                else
                        assert_int_not_equal(err, KERR_NONE);
        }
        buffer_deinit(&batch);
}

/* Goal: a batch that ends early is told as truncated, never read past its end.
 * Method: every prefix, in memory of just that size so that the sanitizer sees a step too far. */
static void every_cut_is_told(void **state)
{
        (void)state;
        struct buffer batch = sample_batch(COMPRESSION_NONE);
        for (size_t cut = 0; cut < batch.size; cut++) {
                uint8_t *exact = malloc(cut + !cut);
                memcpy(exact, batch.data, cut);
                struct batch_header h;
                assert_int_equal(batch_check(span_of(exact, cut), &h), KERR_TRUNCATED);
                assert_int_equal(batch_read_header(span_of(exact, cut), &h),
                                 cut < BATCH_HEADER_BYTES ? KERR_TRUNCATED : KERR_NONE);
                free(exact);
        }
        buffer_deinit(&batch);
}

/* Goal: headers that cannot be are refused with the code that the contract names.
 * Method: a valid header with one field spoilt at a time. */
static void impossible_headers(void **state)
{
        (void)state;
        struct buffer batch = sample_batch(COMPRESSION_NONE);
        const struct {
                int at, size;
                uint64_t value;
                enum kerr err;
        } cases[] = {
                {16, 1, 0, KERR_UNSUPPORTED_FOR_MESSAGE_FORMAT},
                {16, 1, 1, KERR_UNSUPPORTED_FOR_MESSAGE_FORMAT},
                {16, 1, 3, KERR_CORRUPT_MESSAGE},
                {8, 4, 48, KERR_CORRUPT_MESSAGE},
                {8, 4, UINT32_MAX, KERR_CORRUPT_MESSAGE},
                {8, 4, INT32_MAX, KERR_NONE}, /* its bytes are not here: batch_check() tells */
                {23, 4, UINT32_MAX, KERR_CORRUPT_MESSAGE},
                {57, 4, UINT32_MAX, KERR_CORRUPT_MESSAGE},
                {57, 4, 0, KERR_NONE}, /* compaction leaves such */
                {0, 8, UINT64_MAX, KERR_CORRUPT_MESSAGE},
                {0, 8, INT64_MAX, KERR_CORRUPT_MESSAGE},     /* its last offset overflows */
                {0, 8, INT64_MAX - 2, KERR_CORRUPT_MESSAGE}, /* no offset comes behind it */
                {0, 8, INT64_MAX - 3, KERR_NONE},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                uint8_t bytes[BATCH_HEADER_BYTES], number[8];
                struct batch_header h;
                memcpy(bytes, batch.data, sizeof bytes);
                store_be64(number, cases[i].value);
                memcpy(bytes + cases[i].at, number + 8 - cases[i].size, (size_t)cases[i].size);
                assert_int_equal(batch_read_header(span_of(bytes, sizeof bytes), &h), cases[i].err);
        }
        buffer_deinit(&batch);
}

/* Goal: reading a header and writing it gives the same bytes, whatever they are.
 * Method: fields of distinct bytes. */
static void header_round_trip(void **state)
{
        (void)state;
        uint8_t bytes[BATCH_HEADER_BYTES], again[BATCH_HEADER_BYTES];
        struct batch_header h;
        for (int i = 0; i < BATCH_HEADER_BYTES; i++)
                bytes[i] = (uint8_t)(i + 1);
        bytes[16] = BATCH_MAGIC;
        assert_int_equal(batch_read_header(span_of(bytes, sizeof bytes), &h), KERR_NONE);
        assert_int_equal(h.producer_epoch, 0x3435);
        batch_write_header(&h, again);
        assert_memory_equal(again, bytes, sizeof bytes);
}

/* Reads all records and headers of `bytes` with a header that promises `count` records. */
static enum kerr walk(int32_t count, const uint8_t *bytes, size_t size)
{
        struct batch_header h = {.magic = BATCH_MAGIC,
                                 .last_offset_delta = 5,
                                 .base_timestamp = INT64_MAX - 10,
                                 .records_count = count};
        uint8_t *exact = malloc(size + !size);
        memcpy(exact, bytes, size);
        struct record_iterator it;
        record_iterator_init(&it, &h, span_of(exact, size));
        enum kerr err;
        bool more;
        struct record r;
        while (!(err = record_next(&it, &r, &more)) && more) {
                struct record_header header;
                for (int32_t i = 0; i < r.header_count && !err; i++)
                        err = record_next_header(&r, &header);
                if (err)
                        break;
        }
        free(exact);
        return err;
}

/* Goal: records that break the format are told, and nothing is read outside them.
 * Method: one good record by hand, then each way to spoil it; numbers are zigzag varints. */
static void malformed_records(void **state)
{
        (void)state;
        /* length 7; attributes, timestamp +5, offset +2, key null, value "a", no headers */
        const uint8_t good[] = {14, 0, 10, 4, 1, 2, 'a', 0};
        assert_int_equal(walk(1, good, 8), KERR_NONE);
        assert_int_equal(walk(0, good, 0), KERR_NONE);
        assert_int_equal(walk(0, good, 8), KERR_CORRUPT_MESSAGE); /* bytes left over */
        assert_int_equal(walk(2, good, 8), KERR_CORRUPT_MESSAGE); /* a record too few */
        for (size_t cut = 0; cut < 8; cut++)
                assert_int_equal(walk(1, good, cut), KERR_CORRUPT_MESSAGE);
        const struct {
                int at;
                uint8_t value;
        } spoilt[] = {
                {0, 1},    /* length null */
                {0, 12},   /* length one less: no header count */
                {0, 16},   /* length one more than there is */
                {2, 22},   /* timestamp 11 behind INT64_MAX - 10 */
                {3, 1},    /* offset delta negative */
                {3, 12},   /* offset delta 6, the batch's last is 5 */
                {4, 3},    /* key size -2 */
                {4, 8},    /* key as long as all that is left: no value */
                {5, 3},    /* value size -2 */
                {5, 6},    /* value longer than the record */
                {7, 1},    /* -1 headers */
                {7, 2},    /* one header, no bytes for it */
                {7, 0x80}, /* a number that does not end */
        };
        for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
                uint8_t bad[8];
                memcpy(bad, good, 8);
                bad[spoilt[i].at] = spoilt[i].value;
                assert_int_equal(walk(1, bad, 8), KERR_CORRUPT_MESSAGE);
        }
        /* With one header: key "k", value "v"; then its key null, its value too long. */
        const uint8_t header[] = {22, 0, 10, 4, 1, 2, 'a', 2, 2, 'k', 2, 'v'};
        assert_int_equal(walk(1, header, 12), KERR_NONE);
        const uint8_t null_key[] = {20, 0, 10, 4, 1, 2, 'a', 2, 1, 2, 'v'};
        assert_int_equal(walk(1, null_key, 11), KERR_CORRUPT_MESSAGE);
        const uint8_t long_value[] = {22, 0, 10, 4, 1, 2, 'a', 2, 2, 'k', 4, 'v'};
        assert_int_equal(walk(1, long_value, 12), KERR_CORRUPT_MESSAGE);
}

/* Goal: with log append time every record carries the batch's time, not the producer's.
 * Method: set the bit and the max timestamp as a broker does, read the records. */
static void log_append_time_wins(void **state)
{
        (void)state;
        struct buffer batch = sample_batch(COMPRESSION_NONE);
        struct batch_header h;
        struct record_iterator it;
        struct record r;
        assert_int_equal(batch_check(buffer_span(&batch), &h), KERR_NONE);
        h.attributes |= BATCH_LOG_APPEND_TIME;
        h.max_timestamp = 1800000000000;
        record_iterator_init(&it, &h, span_of(batch.data + 61, batch.size - 61));
        for (int i = 0; i < 3; i++) {
                assert_next(&it, &r);
                assert_int_equal(r.timestamp, 1800000000000);
        }
        assert_end(&it);
        buffer_deinit(&batch);
}

/* Goal: a batch can be built with its place, and as a control batch; the next one of the builder is
 * a plain one again. Method: set the header, finish, read; twice. */
static void placed_batches_are_built(void **state)
{
        (void)state;
        for (int codec = COMPRESSION_NONE; codec <= COMPRESSION_GZIP; codec++) {
                struct buffer batch = {0};
                struct batch_builder b;
                struct batch_header h;
                struct record r = {.timestamp = 5, .key = span_of("\0\0\0\2", 4)};
                batch_builder_init(&b);
                b.header.base_offset = 1000;
                b.header.leader_epoch = 7;
                b.header.attributes = BATCH_CONTROL;
                batch_builder_add(&b, &r, NULL, 0);
                batch_builder_add(&b, &r, NULL, 0);
                assert_int_equal(batch_builder_finish(&b, codec, &batch), KERR_NONE);
                assert_int_equal(batch_check(buffer_span(&batch), &h), KERR_NONE);
                assert_int_equal(h.attributes, BATCH_CONTROL | codec);
                assert_int_equal(h.leader_epoch, 7);
                assert_int_equal(h.base_offset, 1000);
                assert_int_equal(batch_last_offset(&h), 1001);
                buffer_clear(&batch);
                batch_builder_add(&b, &r, NULL, 0);
                assert_int_equal(batch_builder_finish(&b, COMPRESSION_NONE, &batch), KERR_NONE);
                assert_int_equal(batch_check(buffer_span(&batch), &h), KERR_NONE);
                assert_int_equal(h.attributes, 0);
                assert_int_equal(h.leader_epoch, -1);
                assert_int_equal(h.base_offset, 0);
                batch_builder_deinit(&b);
                buffer_deinit(&batch);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(golden_batches_are_read),
                cmocka_unit_test(golden_batch_is_built),
                cmocka_unit_test(builder_is_reused),
                cmocka_unit_test(large_deltas_come_back),
                cmocka_unit_test(refused_codec_changes_nothing),
                cmocka_unit_test(flipped_bits_are_caught),
                cmocka_unit_test(every_cut_is_told),
                cmocka_unit_test(impossible_headers),
                cmocka_unit_test(header_round_trip),
                cmocka_unit_test(malformed_records),
                cmocka_unit_test(log_append_time_wins),
                cmocka_unit_test(placed_batches_are_built),
        };
        return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
