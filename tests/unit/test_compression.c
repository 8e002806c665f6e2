/* Tests of src/log/compression.c: four codecs, there and back, and hostile input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "log/compression.h"

enum { MEGABYTE = 1 << 20 };

/* Bytes that compress, but not to nothing: words of a small seeded generator. */
static struct buffer sample(size_t size)
{
        struct buffer b = {0};
        uint32_t state = 12345;
        while (b.size < size) {
                state = state * 1664525 + 1013904223;
                buffer_printf(&b, "event-%u ", state >> 20);
        }
        b.size = size;
        return b;
}

static struct buffer compressed(int codec, struct span plain)
{
        struct buffer b = {0};
        assert_int_equal(compression_compress(codec, plain, &b), KERR_NONE);
        return b;
}

/* Goal: the names are Kafka's, and unknown ones are told apart.
 * Method: there and back for each codec; two that do not exist. */
static void names_are_kafkas(void **state)
{
        (void)state;
        const char *names[] = {"none", "gzip", "snappy", "lz4", "zstd"};
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++) {
                assert_string_equal(compression_name(codec), names[codec]);
                assert_int_equal(compression_find(names[codec]), codec);
        }
        assert_string_equal(compression_name(5), "unknown");
        assert_string_equal(compression_name(-1), "unknown");
        assert_int_equal(compression_find("brotli"), COMPRESSION_CODECS);
}

/* Goal: what goes in comes out, behind what the buffer already held, at the exact limit too.
 * Method: sizes around the block edges of snappy (32 KiB) and lz4 (64 KiB), empty and 1 MiB. */
static void round_trips(void **state)
{
        (void)state;
        const size_t sizes[] = {0, 1, 100, 32767, 32768, 32769, 65536, 65537, MEGABYTE};
        struct buffer plain = sample(MEGABYTE);
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++) {
                for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                        size_t size = sizes[i];
                        struct buffer small = compressed(codec, span_of(plain.data, size));
                        struct buffer back = {0};
                        buffer_append(&back, "ab", 2);
                        assert_int_equal(
                                compression_decompress(codec, buffer_span(&small), size, &back),
                                KERR_NONE);
                        assert_int_equal(back.size, 2 + size);
                        assert_memory_equal(back.data, "ab", 2);
                        assert_memory_equal(back.data + 2, plain.data, size);
                        if (codec != COMPRESSION_NONE && size == MEGABYTE)
                                assert_true(small.size < MEGABYTE / 2);
                        buffer_deinit(&small);
                        buffer_deinit(&back);
                }
        }
        buffer_deinit(&plain);
}

/* Goal: a small input cannot make us hold more than we allowed.
 * Method: a megabyte of zeros, taken with one byte less than it needs, and with none at all. */
static void explosion_is_limited(void **state)
{
        (void)state;
        uint8_t *zeros = calloc(1, MEGABYTE);
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++) {
                struct buffer small = compressed(codec, span_of(zeros, MEGABYTE));
                struct buffer out = {0};
                buffer_append(&out, "ab", 2);
                const size_t limits[] = {MEGABYTE - 1, 1000, 0};
                for (int i = 0; i < 3; i++)
                        assert_int_equal(
                                compression_decompress(codec, buffer_span(&small), limits[i], &out),
                                KERR_MESSAGE_TOO_LARGE);
                assert_int_equal(out.size, 2);
                if (codec != COMPRESSION_NONE)
                        assert_true(out.capacity <= 2 * MEGABYTE);
                buffer_deinit(&small);
                buffer_deinit(&out);
        }
        free(zeros);
}

/* Goal: input that ends early is told, wherever it is cut, and leaves the output as it was.
 * Method: every prefix. Only xerial's header alone (16 bytes) is complete: a text without blocks.
 */
static void every_cut_is_told(void **state)
{
        (void)state;
        struct buffer plain = sample(3000);
        for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_CODECS; codec++) {
                struct buffer small = compressed(codec, buffer_span(&plain));
                for (size_t cut = 0; cut < small.size; cut++) {
                        struct buffer out = {0};
                        enum kerr err = compression_decompress(codec, span_of(small.data, cut),
                                                               MEGABYTE, &out);
                        if (codec == COMPRESSION_SNAPPY && cut == 16)
                                assert_int_equal(err, KERR_NONE);
                        else
                                assert_int_equal(err, KERR_CORRUPT_MESSAGE);
                        assert_int_equal(out.size, 0);
                        buffer_deinit(&out);
                }
                buffer_deinit(&small);
        }
        buffer_deinit(&plain);
}

/* Goal: no flipped bit makes the decompressors read or write where they may not.
 * Method: flip each bit of a short text in turn; any answer will do, the sanitizer watches. */
static void flipped_bits_do_no_harm(void **state)
{
        (void)state;
        struct buffer plain = sample(300);
        for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_CODECS; codec++) {
                struct buffer small = compressed(codec, buffer_span(&plain));
                for (size_t bit = 0; bit < small.size * 8; bit++) {
                        struct buffer out = {0};
                        small.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        enum kerr err =
                                compression_decompress(codec, buffer_span(&small), MEGABYTE, &out);
                        assert_true(err == KERR_NONE || err == KERR_CORRUPT_MESSAGE ||
                                    err == KERR_MESSAGE_TOO_LARGE);
                        small.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        buffer_deinit(&out);
                }
                buffer_deinit(&small);
        }
        buffer_deinit(&plain);
}

/* Goal: streams put end to end are read as one text (gzip members, frames, xerial streams).
 * Method: compress two halves apart, read both at once. */
static void concatenated_streams(void **state)
{
        (void)state;
        struct buffer plain = sample(100000);
        for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_CODECS; codec++) {
                struct buffer both = {0}, out = {0};
                assert_int_equal(compression_compress(codec, span_of(plain.data, 70000), &both), 0);
                assert_int_equal(
                        compression_compress(codec, span_of(plain.data + 70000, 30000), &both), 0);
                assert_int_equal(
                        compression_decompress(codec, buffer_span(&both), plain.size, &out), 0);
                assert_int_equal(out.size, plain.size);
                assert_memory_equal(out.data, plain.data, plain.size);
                buffer_deinit(&both);
                buffer_deinit(&out);
        }
        buffer_deinit(&plain);
}

/* Goal: our snappy is framed the way Java clients expect, and a raw block is read too.
 * Method: look at the frame by hand; take the raw block out of it and decompress that alone. */
static void snappy_framed_and_raw(void **state)
{
        (void)state;
        struct buffer small = compressed(COMPRESSION_SNAPPY, span_of("hello hello hello", 17));
        const uint8_t header[] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1};
        assert_memory_equal(small.data, header, 16);
        assert_int_equal(load_be32(small.data + 16), small.size - 20);
        struct buffer out = {0};
        assert_int_equal(compression_decompress(COMPRESSION_SNAPPY,
                                                span_of(small.data + 20, small.size - 20), 17,
                                                &out),
                         KERR_NONE);
        assert_int_equal(out.size, 17);
        assert_memory_equal(out.data, "hello hello hello", 17);
        buffer_deinit(&small);
        buffer_deinit(&out);
}

/* Goal: a zstd frame that does not tell its content's size is read; streaming producers write such.
 * Method: compress by streaming with the size left unknown. */
static void zstd_without_content_size(void **state)
{
        (void)state;
        struct buffer plain = sample(50000), out = {0};
        uint8_t *frame = malloc(ZSTD_compressBound(plain.size));
        ZSTD_CCtx *context = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
        size_t size = ZSTD_compress2(context, frame, ZSTD_compressBound(plain.size), plain.data,
                                     plain.size);
        assert_false(ZSTD_isError(size));
        assert_true(ZSTD_getFrameContentSize(frame, size) == ZSTD_CONTENTSIZE_UNKNOWN);
        assert_int_equal(
                compression_decompress(COMPRESSION_ZSTD, span_of(frame, size), plain.size, &out),
                KERR_NONE);
        assert_int_equal(out.size, plain.size);
        assert_memory_equal(out.data, plain.data, plain.size);
        ZSTD_freeCCtx(context);
        free(frame);
        buffer_deinit(&plain);
        buffer_deinit(&out);
}

/* Goal: a number that is no codec is refused in both directions.
 * Method: the three bits of a batch can say 5, 6 and 7. */
static void unknown_codecs(void **state)
{
        (void)state;
        struct buffer out = {0};
        for (int codec = 5; codec <= 7; codec++) {
                assert_int_equal(compression_compress(codec, span_of("x", 1), &out),
                                 KERR_UNSUPPORTED_COMPRESSION_TYPE);
                assert_int_equal(compression_decompress(codec, span_of("x", 1), 10, &out),
                                 KERR_UNSUPPORTED_COMPRESSION_TYPE);
        }
        assert_int_equal(out.size, 0);
        buffer_deinit(&out);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_are_kafkas),
                cmocka_unit_test(round_trips),
                cmocka_unit_test(explosion_is_limited),
                cmocka_unit_test(every_cut_is_told),
                cmocka_unit_test(flipped_bits_do_no_harm),
                cmocka_unit_test(concatenated_streams),
                cmocka_unit_test(snappy_framed_and_raw),
                cmocka_unit_test(zstd_without_content_size),
                cmocka_unit_test(unknown_codecs),
        };
        return cmocka_run_group_tests_name("compression", tests, NULL, NULL);
}
