/* Tests 08 to 10: what others have written. */
#include "labs/03-record-batches/tests/golden.h"

static bool expect_text(const char *what, struct span got, const char *expected)
{
        char text[200];
        if (!got.data || !expected)
                return expect_that(what, !got.data && !expected);
        snprintf(text, sizeof text, "%.*s", (int)got.size, (const char *)got.data);
        return expect_string(what, text, expected);
}

/* The batch's header, and its records to be walked. False when it is damaged; that is told. */
static bool begin(struct span batch, struct batch_header *h, struct record_iterator *it)
{
        if (!expect_number("batch_check()", batch_check(batch, h), KERR_NONE))
                return false;
        record_iterator_init(it, h,
                             span_of(batch.data + BATCH_HEADER_BYTES,
                                     (size_t)batch_size(h) - BATCH_HEADER_BYTES));
        return true;
}

static bool next(struct record_iterator *it, struct record *r)
{
        bool more = false;
        return expect_number("record_next()", record_next(it, r, &more), KERR_NONE) &&
               expect_that("there is one more record", more);
}

static void expect_end(struct record_iterator *it)
{
        struct record r;
        bool more = true;
        expect_number("record_next() behind the last", record_next(it, &r, &more), KERR_NONE);
        expect_that("there are no more records", !more);
}

static bool check_record(const struct record *r, int n, int64_t base_offset,
                         const struct golden_record *expected)
{
        char what[80];
        snprintf(what, sizeof what, "record %d: its offset", n);
        bool good = expect_number(what, r->offset, base_offset + n);
        snprintf(what, sizeof what, "record %d: its timestamp", n);
        good = expect_number(what, r->timestamp, expected->timestamp) && good;
        snprintf(what, sizeof what, "record %d: its key", n);
        good = expect_text(what, r->key, expected->key) && good;
        snprintf(what, sizeof what, "record %d: its value", n);
        good = expect_text(what, r->value, expected->value) && good;
        snprintf(what, sizeof what, "record %d: how many headers", n);
        return expect_number(what, r->header_count, expected->header_count) && good;
}

static void check_headers(struct record *r)
{
        for (int i = 0; i < 3; i++) {
                struct record_header header;
                if (!expect_number("record_next_header()", record_next_header(r, &header),
                                   KERR_NONE))
                        return;
                expect_that("the header's key", str_equal_c(header.key, odd_headers[i].key));
                expect_text("the header's value", header.value, odd_headers[i].value);
        }
        expect_number("bytes behind the last header", (int64_t)r->headers.size, 0);
}

static void check_batch(const char *golden, int64_t base_offset,
                        const struct golden_record *expected, int count)
{
        struct buffer batch = {0};
        struct batch_header h;
        struct record_iterator it;
        struct record r;
        unhex(golden, &batch);
        store_be64(batch.data, (uint64_t)base_offset);
        bool good = begin(buffer_span(&batch), &h, &it);
        for (int i = 0; i < count && good; i++) {
                good = next(&it, &r) && check_record(&r, i, base_offset, &expected[i]);
                if (good && r.header_count > 0)
                        check_headers(&r);
        }
        if (good)
                expect_end(&it);
        buffer_deinit(&batch);
}

LAB_TEST(08, "what Apache Kafka wrote is read")
{
        check_batch(kafka_six, 42, six_records, 6);
        check_batch(kafka_odd, 0, odd_records, 4);
        check_batch(kafka_odd, INT64_C(5000000000), odd_records, 4);

        /* message.timestamp.type=LogAppendTime: the broker's clock, and it is in the header. */
        struct buffer batch = {0};
        struct batch_header h;
        struct record_iterator it;
        struct record r;
        unhex(kafka_odd, &batch);
        if (begin(buffer_span(&batch), &h, &it)) {
                it.header.attributes |= BATCH_LOG_APPEND_TIME;
                it.header.max_timestamp = GOLDEN_TIME + 99999;
                for (int i = 0; i < 4 && next(&it, &r); i++)
                        expect_number("the timestamp with log append time", r.timestamp,
                                      GOLDEN_TIME + 99999);
        }
        /* 30 days after the batch's first record. */
        static const char far[] = "16 00 80 a0 f6 a7 13 02 02 6b 01 00";
        buffer_clear(&batch);
        unhex(far, &batch);
        h = (struct batch_header){.base_offset = 10,
                                  .last_offset_delta = 1,
                                  .base_timestamp = 1000,
                                  .records_count = 1};
        record_iterator_init(&it, &h, buffer_span(&batch));
        if (next(&it, &r)) {
                expect_number("30 days later: the timestamp", r.timestamp,
                              1000 + INT64_C(2592000000));
                expect_number("the offset", r.offset, 11);
                expect_text("the key", r.key, "k");
                expect_text("the value", r.value, NULL);
        }
        buffer_deinit(&batch);
}

/* All records of these bytes, in memory of just that size; the batch's header promises `count` of
 * them, offset deltas up to 5, and a base timestamp of INT64_MAX - 10. */
static enum kerr walk(int32_t count, const char *hex)
{
        struct buffer bytes = {0};
        struct batch_header h = {.magic = BATCH_MAGIC,
                                 .last_offset_delta = 5,
                                 .base_timestamp = INT64_MAX - 10,
                                 .records_count = count};
        struct record_iterator it;
        struct record r;
        bool more = true;
        enum kerr err = KERR_NONE;
        unhex(hex, &bytes);
        uint8_t *exact = malloc(bytes.size + !bytes.size);
        if (!exact)
                abort();
        if (bytes.size > 0)
                memcpy(exact, bytes.data, bytes.size);
        record_iterator_init(&it, &h, span_of(exact, bytes.size));
        while (!err && !(err = record_next(&it, &r, &more)) && more) {
                struct record_header header;
                for (int32_t i = 0; i < r.header_count && !err; i++)
                        err = record_next_header(&r, &header);
        }
        free(exact);
        buffer_deinit(&bytes);
        return err;
}

LAB_TEST(09, "what is no record is refused")
{
        static const struct {
                const char *what, *bytes;
        } spoilt[] = {
                {"a length that is null", "01 00 0a 04 01 02 61 00"},
                {"a length one less: no header count", "0c 00 0a 04 01 02 61 00"},
                {"a length one more than there is", "10 00 0a 04 01 02 61 00"},
                {"a record of no bytes", "00"},
                {"a timestamp above INT64_MAX", "0e 00 16 04 01 02 61 00"},
                {"an offset delta of -1", "0e 00 0a 01 01 02 61 00"},
                {"an offset delta of 6, and the batch's last is 5", "0e 00 0a 0c 01 02 61 00"},
                {"a key of -2 bytes", "0e 00 0a 04 03 02 61 00"},
                {"a key as long as all that is left", "0e 00 0a 04 06 02 61 00"},
                {"a value longer than the record", "0e 00 0a 04 01 06 61 00"},
                {"-1 headers", "0e 00 0a 04 01 02 61 01"},
                {"one header and no bytes for it", "0e 00 0a 04 01 02 61 02"},
                {"no header and bytes for one", "12 00 0a 04 01 02 61 00 02 01"},
                {"a count of headers that does not end", "0e 00 0a 04 01 02 61 80"},
        };
        expect_number("+5 ms, offset +2, no key, value a", walk(1, "0e 00 0a 04 01 02 61 00"),
                      KERR_NONE);
        expect_number("the same with a header k=v", walk(1, "16 00 0a 04 01 02 61 02 02 6b 02 76"),
                      KERR_NONE);
        for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++)
                expect_number(spoilt[i].what, walk(1, spoilt[i].bytes), KERR_CORRUPT_MESSAGE);
}

/* Each record of a batch, appended as it was read: to what, is up to the caller's header. */
static bool append_all(struct span batch, const struct batch_header *into, struct buffer *out)
{
        struct batch_header h;
        struct record_iterator it;
        struct record r;
        bool good = begin(batch, &h, &it);
        for (int32_t i = 0; good && i < h.records_count; i++)
                good = next(&it, &r) &&
                       expect_that("record_append()", record_append(out, into, &r));
        return good;
}

LAB_TEST(10, "a record that is moved stays the same record")
{
        struct buffer batch = {0}, out = {0};
        struct batch_header h;
        struct record_iterator it;
        struct record r;
        unhex(kafka_odd, &batch);
        store_be64(batch.data, 1000);
        struct span all = buffer_span(&batch), records = span_of(all.data + 61, all.size - 61);
        batch_read_header(all, &h);
        if (append_all(all, &h, &out))
                expect_that("into a batch of the same header: the same bytes",
                            out.size == records.size &&
                                    memcmp(out.data, records.data, out.size) == 0);

        /* As compaction does it, which writes another time there (batch_filter.h). */
        h.base_timestamp = GOLDEN_TIME + 86400000;
        buffer_clear(&out);
        if (append_all(all, &h, &out)) {
                bool good = true;
                record_iterator_init(&it, &h, buffer_span(&out));
                for (int i = 0; i < 4 && good; i++)
                        good = next(&it, &r) && check_record(&r, i, 1000, &odd_records[i]);
        }

        /* Two times that are farther apart than a number can say. */
        size_t before = out.size;
        h.base_timestamp = -2;
        r = (struct record){.offset = 1000, .timestamp = INT64_MAX};
        expect_that("a delta that overflows is refused", !record_append(&out, &h, &r));
        expect_number("and nothing is appended", (int64_t)out.size, (int64_t)before);
        buffer_deinit(&batch);
        buffer_deinit(&out);
}
