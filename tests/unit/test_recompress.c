/* Batches in the codec that the topic wants, whatever the producer chose. */
#include "log/recompress.h"

#include "log/compression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void add_batch(struct buffer *into, int codec, const char *value)
{
        struct batch_builder builder;
        batch_builder_init(&builder);
        for (int i = 0; i < 10; i++) {
                struct record r = {.timestamp = 1000 + i, .value = span_of(value, strlen(value))};
                batch_builder_add(&builder, &r, NULL, 0);
        }
        assert_int_equal(batch_builder_finish(&builder, codec, into), KERR_NONE);
        batch_builder_deinit(&builder);
}

/* Takes the batch off the front of *bytes and checks that it holds ten times `value`. */
static void check_batch(struct span *bytes, int codec, const char *value)
{
        struct batch_header h;
        struct buffer plain = {0};
        assert_int_equal(batch_check(*bytes, &h), KERR_NONE);
        assert_int_equal(h.attributes & BATCH_CODEC_MASK, codec);
        assert_int_equal(h.max_timestamp, 1009);
        size_t size = (size_t)batch_size(&h);
        struct span packed = {bytes->data + BATCH_HEADER_BYTES, size - BATCH_HEADER_BYTES};
        assert_int_equal(compression_decompress(codec, packed, 10000, &plain), KERR_NONE);
        struct record_iterator it;
        struct record r;
        bool more;
        int count = 0;
        record_iterator_init(&it, &h, buffer_span(&plain));
        while (assert_int_equal(record_next(&it, &r, &more), KERR_NONE), more) {
                assert_int_equal(r.value.size, strlen(value));
                assert_memory_equal(r.value.data, value, r.value.size);
                count++;
        }
        assert_int_equal(count, 10);
        buffer_deinit(&plain);
        bytes->data += size;
        bytes->size -= size;
}

/* Goal:   from each codec to each other, records and timestamps stay and the CRC is right.
 * Method: two batches of every codec in one request, to every codec. */
static void every_codec_to_every_other(void **state)
{
        (void)state;
        for (int to = 0; to < COMPRESSION_CODECS; to++) {
                struct buffer in = {0}, out = {0};
                for (int from = 0; from < COMPRESSION_CODECS; from++) {
                        add_batch(&in, from, "a first value");
                        add_batch(&in, from, "another");
                }
                assert_int_equal(recompress(buffer_span(&in), to, 10000, &out), KERR_NONE);
                struct span left = buffer_span(&out);
                for (int from = 0; from < COMPRESSION_CODECS; from++) {
                        check_batch(&left, to, "a first value");
                        check_batch(&left, to, "another");
                }
                assert_int_equal(left.size, 0);
                buffer_deinit(&in);
                buffer_deinit(&out);
        }
}

/* Goal:   damage and explosions are errors.
 * Method: a flipped bit; a limit below the unpacked size; half a batch. */
static void bad_batches_are_errors(void **state)
{
        (void)state;
        struct buffer in = {0}, out = {0};
        add_batch(&in, COMPRESSION_ZSTD, "value");
        assert_int_equal(recompress(buffer_span(&in), COMPRESSION_GZIP, 20, &out),
                         KERR_MESSAGE_TOO_LARGE);
        assert_int_equal(recompress(span_of(in.data, in.size - 1), COMPRESSION_GZIP, 10000, &out),
                         KERR_CORRUPT_MESSAGE);
        in.data[in.size - 1] ^= 1;
        assert_int_equal(recompress(buffer_span(&in), COMPRESSION_GZIP, 10000, &out),
                         KERR_CORRUPT_MESSAGE);
        buffer_deinit(&in);
        buffer_deinit(&out);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_codec_to_every_other),
                cmocka_unit_test(bad_batches_are_errors),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
