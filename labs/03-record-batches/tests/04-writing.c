/* Tests 04 to 07: a batch as a producer builds it. */
#include "base/crc32c.h"
#include "labs/03-record-batches/tests/golden.h"
#include "log/compression.h"

static void add(struct batch_builder *b, int64_t timestamp, const char *key, const char *value,
                const struct record_header *headers, int32_t header_count)
{
        struct record r = {
                .timestamp = timestamp, .key = golden_span(key), .value = golden_span(value)};
        batch_builder_add(b, &r, headers, header_count);
}

static void finish(struct batch_builder *b, int codec, struct buffer *batch)
{
        expect_number("batch_builder_finish()", batch_builder_finish(b, codec, batch), KERR_NONE);
}

/* What stands behind the header. */
static struct span records_of(const struct buffer *batch)
{
        return span_of(batch->data + BATCH_HEADER_BYTES, batch->size - BATCH_HEADER_BYTES);
}

LAB_TEST(04, "a record, byte for byte")
{
        static const struct record_header one = {{"h", 1}, {(const uint8_t *)"v", 1}};
        static const struct record_header other = {{"", 0}, {NULL, 0}};
        struct batch_builder b;
        struct buffer batch = {0};
        batch_builder_init(&b);
        add(&b, 1000, "k1", "a", NULL, 0);
        finish(&b, COMPRESSION_NONE, &batch);
        expect_hex("key k1, value a", records_of(&batch), "12 00 00 00 04 6b 31 02 61 00");

        buffer_clear(&batch);
        add(&b, 1000, "k1", "a", NULL, 0);
        add(&b, 1005, NULL, NULL, NULL, 0);
        finish(&b, COMPRESSION_NONE, &batch);
        expect_hex("then one without key and value, 5 ms later", records_of(&batch),
                   "12 00 00 00 04 6b 31 02 61 00 0c 00 0a 02 01 01 00");

        buffer_clear(&batch);
        add(&b, 1005, NULL, NULL, NULL, 0);
        add(&b, 1007, NULL, NULL, NULL, 0);
        add(&b, 1003, "", "x", &one, 1);
        finish(&b, COMPRESSION_NONE, &batch);
        expect_hex("the third, 2 ms older than the first, has a header h=v", records_of(&batch),
                   "0c 00 00 00 01 01 00 0c 00 04 02 01 01 00 16 00 03 04 00 02 78 02 02 68 02 76");

        buffer_clear(&batch);
        add(&b, 1000, NULL, NULL, NULL, 0);
        add(&b, 1000 + INT64_C(2592000000), NULL, NULL, &other, 1);
        finish(&b, COMPRESSION_NONE, &batch);
        expect_hex("30 days later, with a header whose value is null", records_of(&batch),
                   "0c 00 00 00 01 01 00 18 00 80 a0 f6 a7 13 02 01 01 02 00 01");
        batch_builder_deinit(&b);
        buffer_deinit(&batch);
}

LAB_TEST(05, "the header knows its batch")
{
        struct batch_builder b;
        struct batch_header h = {0};
        struct buffer batch = {0};
        batch_builder_init(&b);
        for (int codec = COMPRESSION_NONE; codec <= COMPRESSION_GZIP; codec++) {
                buffer_clear(&batch);
                add(&b, 1000, "k1", "a", NULL, 0);
                add(&b, 1005, "k2", "b", NULL, 0);
                add(&b, 998, "k1", "c", NULL, 0);
                b.header.attributes = BATCH_TRANSACTIONAL;
                finish(&b, codec, &batch);
                if (expect_that("batch_read_header() finds a sane one",
                                !batch_read_header(buffer_span(&batch), &h))) {
                        expect_number("batch_size() of it: all bytes there are", batch_size(&h),
                                      (int64_t)batch.size);
                        expect_number("attributes: the codec, besides what was there", h.attributes,
                                      BATCH_TRANSACTIONAL | codec);
                        expect_number("three records: the count", h.records_count, 3);
                        expect_number("the last offset delta", h.last_offset_delta, 2);
                        expect_number("times 1000, 1005, 998: the base", h.base_timestamp, 1000);
                        expect_number("the largest", h.max_timestamp, 1005);
                }
        }
        buffer_clear(&batch);
        add(&b, 7, "k1", "a", NULL, 0);
        finish(&b, COMPRESSION_NONE, &batch);
        if (expect_that("batch_read_header() finds a sane one",
                        !batch_read_header(buffer_span(&batch), &h))) {
                expect_number("the builder's next batch, one record: the count", h.records_count,
                              1);
                expect_number("the last offset delta", h.last_offset_delta, 0);
                expect_number("the base timestamp", h.base_timestamp, 7);
                expect_number("the attributes", h.attributes, 0);
        }
        batch_builder_deinit(&b);
        buffer_deinit(&batch);
}

/* Each bit from byte 21 on is turned once. False when one is not noticed. */
static bool notices_all(struct buffer *batch)
{
        struct batch_header h;
        for (size_t bit = 8 * BATCH_CRC_FROM; bit < 8 * batch->size; bit++) {
                batch->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                enum kerr err = batch_check(buffer_span(batch), &h);
                batch->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                if (err)
                        continue;
                expect_number("a bit of this byte was turned, and batch_check() did not notice",
                              (int64_t)bit / 8, -1);
                return false;
        }
        return true;
}

LAB_TEST(06, "the checksum covers byte 21 to the end, and no more")
{
        struct batch_builder b;
        struct batch_header h;
        batch_builder_init(&b);
        for (int codec = COMPRESSION_NONE; codec <= COMPRESSION_GZIP; codec++) {
                struct buffer batch = {0};
                for (int i = 0; i < 6; i++)
                        add(&b, 1000 + i, "k1", "a value that repeats", NULL, 0);
                b.header.producer_id = 4711;
                finish(&b, codec, &batch);
                char sum[3 * HEX_SHOWN_MAX + 1];
                uint8_t bytes[sizeof(uint32_t)];
                store_be32(bytes,
                           crc32c(0, batch.data + BATCH_CRC_FROM, batch.size - BATCH_CRC_FROM));
                hex_of(span_of(bytes, sizeof bytes), sum);
                expect_hex("bytes 17 to 20: CRC-32C of byte 21 to the end",
                           span_of(batch.data + 17, sizeof bytes), sum);
                bool good = expect_number("batch_check() of a batch as it was built",
                                          batch_check(buffer_span(&batch), &h), KERR_NONE);
                store_be64(batch.data, 1000);
                store_be32(batch.data + 12, 7);
                expect_number("batch_check() when a leader has stamped offset and epoch",
                              batch_check(buffer_span(&batch), &h), KERR_NONE);
                if (good)
                        notices_all(&batch);
                buffer_deinit(&batch);
        }
        batch_builder_deinit(&b);
}

/* --- test 07 --- */

static const struct {
        size_t at;
        const char *name;
} fields[] = {{0, "base offset"},
              {8, "batch length"},
              {12, "leader epoch"},
              {16, "magic"},
              {17, "CRC"},
              {21, "attributes"},
              {23, "last offset delta"},
              {27, "base timestamp"},
              {35, "max timestamp"},
              {43, "producer id"},
              {51, "producer epoch"},
              {53, "base sequence"},
              {57, "records count"},
              {61, "records"}};

enum { FIELDS = sizeof fields / sizeof *fields };

/* Field by field; the checksum last, for it differs whenever anything does. */
static void expect_batch(const char *what, const struct buffer *got, const char *golden)
{
        struct buffer expected = {0};
        bool good = true;
        unhex(golden, &expected);
        for (int i = 0; i <= FIELDS && good; i++) {
                int n = i == FIELDS ? 4 : i;
                size_t at = fields[n].at;
                size_t end = n + 1 < FIELDS ? fields[n + 1].at : got->size;
                size_t expected_end = n + 1 < FIELDS ? end : expected.size;
                char words[100], text[3 * HEX_SHOWN_MAX + 1];
                if (i == 4)
                        continue;
                snprintf(words, sizeof words, "%s, byte %zu: %s", what, at, fields[n].name);
                hex_of(span_of(expected.data + at, expected_end - at), text);
                good = expect_hex(words, span_of(got->data + at, end - at), text);
        }
        if (good)
                expect_number("bytes in all", (int64_t)got->size, (int64_t)expected.size);
        buffer_deinit(&expected);
}

static void add_golden(struct batch_builder *b, const struct golden_record *records, int count)
{
        struct record_header headers[3];
        for (int i = 0; i < 3; i++)
                headers[i] = (struct record_header){str_of(odd_headers[i].key),
                                                    golden_span(odd_headers[i].value)};
        for (int i = 0; i < count; i++)
                add(b, records[i].timestamp, records[i].key, records[i].value, headers,
                    records[i].header_count);
}

LAB_TEST(07, "what Apache Kafka writes, byte for byte")
{
        struct batch_builder b;
        struct buffer batch = {0};
        batch_builder_init(&b);
        add_golden(&b, six_records, 6);
        b.header.base_offset = 42;
        b.header.leader_epoch = 7;
        finish(&b, COMPRESSION_NONE, &batch);
        expect_batch("six records", &batch, kafka_six);

        buffer_clear(&batch);
        add_golden(&b, odd_records, 4);
        b.header.leader_epoch = 0;
        b.header.producer_id = 4711;
        b.header.producer_epoch = 3;
        b.header.base_sequence = 77;
        finish(&b, COMPRESSION_NONE, &batch);
        expect_batch("four odd records", &batch, kafka_odd);
        batch_builder_deinit(&b);
        buffer_deinit(&batch);
}
