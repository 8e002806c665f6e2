/* Tests 01 to 03: numbers of seven bits a byte. */
#include "base/varint.h"
#include "labs/03-record-batches/tests/hex.h"

#include <inttypes.h>

struct number {
        int64_t value;
        const char *bytes;
};

struct natural {
        uint64_t value;
        const char *bytes;
};

/* Fails once, with the number, and not once for each. */
static bool check_signed(struct number n)
{
        uint8_t bytes[VARINT64_BYTES_MAX];
        char what[80];
        int64_t wide = 77;
        int32_t narrow = 77;
        size_t size = varint_write(bytes, n.value);
        snprintf(what, sizeof what, "%" PRId64 " as bytes", n.value);
        if (size > sizeof bytes || !expect_hex(what, span_of(bytes, size), n.bytes))
                return false;
        snprintf(what, sizeof what, "%" PRId64 " takes so many bytes", n.value);
        if (!expect_number(what, (int64_t)varint_size(n.value), (int64_t)size))
                return false;
        snprintf(what, sizeof what, "these bytes, read again");
        if (varint_read64(bytes, size, &wide) != size)
                return expect_that("varint_read64() reads them", false);
        if (!expect_number(what, wide, n.value))
                return false;
        if (n.value < INT32_MIN || n.value > INT32_MAX)
                return true;
        if (varint_read32(bytes, size, &narrow) != size)
                return expect_that("varint_read32() reads them", false);
        return expect_number(what, narrow, n.value);
}

LAB_TEST(01, "small numbers are short, whatever their sign")
{
        static const struct number numbers[] = {
                {0, "00"},
                {-1, "01"},
                {1, "02"},
                {-2, "03"},
                {63, "7e"},
                {-64, "7f"},
                {64, "80 01"},
                {-65, "81 01"},
                {300, "d8 04"},
                {8191, "fe 7f"},
                {8192, "80 80 01"},
                {INT32_MAX, "fe ff ff ff 0f"},
                {INT32_MIN, "ff ff ff ff 0f"},
                {INT64_C(2592000000), "80 a0 f6 a7 13"},
                {INT64_MAX, "fe ff ff ff ff ff ff ff ff 01"},
                {INT64_MIN, "ff ff ff ff ff ff ff ff ff 01"},
        };
        bool good = true;
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers && good; i++)
                good = check_signed(numbers[i]);
}

static bool check_unsigned(struct natural n)
{
        uint8_t bytes[VARINT64_BYTES_MAX];
        char what[80];
        uint64_t wide = 77;
        uint32_t narrow = 77;
        size_t size = varint_write_unsigned(bytes, n.value);
        snprintf(what, sizeof what, "%" PRIu64 " without a sign, as bytes", n.value);
        if (size > sizeof bytes || !expect_hex(what, span_of(bytes, size), n.bytes))
                return false;
        snprintf(what, sizeof what, "%" PRIu64 " takes so many bytes", n.value);
        if (!expect_number(what, (int64_t)varint_size_unsigned(n.value), (int64_t)size))
                return false;
        if (varint_read_unsigned64(bytes, size, &wide) != size || wide != n.value)
                return expect_that("varint_read_unsigned64() reads it again", false);
        if (n.value > UINT32_MAX)
                return true;
        if (varint_read_unsigned32(bytes, size, &narrow) != size || narrow != n.value)
                return expect_that("varint_read_unsigned32() reads it again", false);
        return true;
}

LAB_TEST(02, "numbers without a sign, and their sizes")
{
        static const struct natural numbers[] = {
                {0, "00"},
                {1, "01"},
                {127, "7f"},
                {128, "80 01"},
                {300, "ac 02"},
                {16383, "ff 7f"},
                {16384, "80 80 01"},
                {UINT32_MAX, "ff ff ff ff 0f"},
                {UINT64_C(1) << 32, "80 80 80 80 10"},
                {UINT64_MAX, "ff ff ff ff ff ff ff ff ff 01"},
        };
        bool good = true;
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers && good; i++)
                good = check_unsigned(numbers[i]);
}

struct outcome {
        int64_t unsigned32, unsigned64, signed32, signed64; /* bytes that were read */
};

/* Each reader on the first `size` of these bytes. */
static struct outcome read_all(const char *hex, size_t size)
{
        struct buffer bytes = {0};
        uint32_t u32;
        uint64_t u64;
        int32_t i32;
        int64_t i64;
        unhex(hex, &bytes);
        struct outcome o = {
                (int64_t)varint_read_unsigned32(bytes.data, size, &u32),
                (int64_t)varint_read_unsigned64(bytes.data, size, &u64),
                (int64_t)varint_read32(bytes.data, size, &i32),
                (int64_t)varint_read64(bytes.data, size, &i64),
        };
        buffer_deinit(&bytes);
        return o;
}

static void expect_sizes(const char *what, struct outcome got, int64_t narrow, int64_t wide)
{
        char words[120];
        snprintf(words, sizeof words, "%s: varint_read_unsigned32()", what);
        expect_number(words, got.unsigned32, narrow);
        snprintf(words, sizeof words, "%s: varint_read32()", what);
        expect_number(words, got.signed32, narrow);
        snprintf(words, sizeof words, "%s: varint_read_unsigned64()", what);
        expect_number(words, got.unsigned64, wide);
        snprintf(words, sizeof words, "%s: varint_read64()", what);
        expect_number(words, got.signed64, wide);
}

LAB_TEST(03, "no number is read that is not there")
{
        expect_sizes("3 bytes", read_all("80 80 01", 3), 3, 3);
        expect_sizes("3 bytes, more behind them", read_all("80 80 01 01", 4), 3, 3);
        expect_sizes("no bytes", read_all("01", 0), 0, 0);
        expect_sizes("2 bytes of 3", read_all("80 80 01", 2), 0, 0);
        expect_sizes("9 bytes of 10", read_all("ff ff ff ff ff ff ff ff ff 01", 9), 0, 0);
        expect_sizes("32 bits", read_all("ff ff ff ff 0f", 5), 5, 5);
        expect_sizes("33 bits", read_all("ff ff ff ff 1f", 5), 0, 5);
        expect_sizes("zero in 6 bytes", read_all("80 80 80 80 80 00", 6), 0, 6);
        expect_sizes("64 bits", read_all("ff ff ff ff ff ff ff ff ff 01", 10), 0, 10);
        expect_sizes("65 bits", read_all("ff ff ff ff ff ff ff ff ff 02", 10), 0, 0);
        expect_sizes("zero in 11 bytes", read_all("80 80 80 80 80 80 80 80 80 80 00", 11), 0, 0);
}
