#include "bench/checksums.h"

#include "base/crc32c.h"

#include <string.h>

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

enum { STREAM_BYTES = 1024 }; /* of each of the three; a multiple of 8 */

static const uint32_t polynomial = 0x82f63b78; /* reflected */

void checksum_tables_make(struct checksum_tables *t)
{
        for (uint32_t b = 0; b < 256; b++) {
                uint32_t crc = b;
                for (int bit = 0; bit < 8; bit++)
                        crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
                t->slice[0][b] = crc;
        }
        for (int n = 1; n < 8; n++) {
                for (int b = 0; b < 256; b++) {
                        uint32_t before = t->slice[n - 1][b];
                        t->slice[n][b] = before >> 8 ^ t->slice[0][before & 255];
                }
        }
        for (int k = 0; k < 4; k++) {
                for (uint32_t b = 0; b < 256; b++) {
                        uint32_t crc = b << 8 * k;
                        for (int i = 0; i < STREAM_BYTES; i++)
                                crc = crc >> 8 ^ t->slice[0][crc & 255];
                        t->shift[k][b] = crc;
                }
        }
}

static const char *never_missing(void)
{
        return NULL;
}

/* --- tables --- */

static uint32_t by_byte(const struct checksum_tables *t, uint32_t crc, const void *data,
                        size_t size)
{
        const uint8_t *at = data;
        crc = ~crc;
        for (size_t i = 0; i < size; i++)
                crc = crc >> 8 ^ t->slice[0][(crc ^ at[i]) & 255];
        return ~crc;
}

static uint32_t word_at(const uint8_t *at)
{
        return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
               (uint32_t)at[3] << 24;
}

static uint32_t by_eight(const struct checksum_tables *t, uint32_t crc, const void *data,
                         size_t size)
{
        const uint8_t *at = data;
        crc = ~crc;
        for (; size >= 8; size -= 8, at += 8) {
                uint32_t low = crc ^ word_at(at), high = word_at(at + 4);
                crc = t->slice[7][low & 255] ^ t->slice[6][low >> 8 & 255] ^
                      t->slice[5][low >> 16 & 255] ^ t->slice[4][low >> 24] ^
                      t->slice[3][high & 255] ^ t->slice[2][high >> 8 & 255] ^
                      t->slice[1][high >> 16 & 255] ^ t->slice[0][high >> 24];
        }
        return by_byte(t, ~crc, at, size);
}

/* --- the instruction --- */

#ifdef __x86_64__

#define WITH_SSE42 __attribute__((target("sse4.2")))

static const char *sse42_missing(void)
{
        return __builtin_cpu_supports("sse4.2") ? NULL : "the CPU has no SSE4.2";
}

static uint64_t load(const uint8_t *at)
{
        uint64_t word;
        memcpy(&word, at, sizeof word);
        return word;
}

WITH_SSE42 static uint32_t one_stream(const struct checksum_tables *t, uint32_t crc,
                                      const void *data, size_t size)
{
        (void)t;
        const uint8_t *at = data;
        uint64_t wide = ~crc;
        for (; size >= 8; size -= 8, at += 8)
                wide = _mm_crc32_u64(wide, load(at));
        uint32_t narrow = (uint32_t)wide;
        for (; size > 0; size--, at++)
                narrow = _mm_crc32_u8(narrow, *at);
        return ~narrow;
}

/* What the register would be had STREAM_BYTES of zeros gone through it. */
static uint32_t shifted(const struct checksum_tables *t, uint64_t crc)
{
        return t->shift[0][crc & 255] ^ t->shift[1][crc >> 8 & 255] ^ t->shift[2][crc >> 16 & 255] ^
               t->shift[3][crc >> 24 & 255];
}

/* A CRC is linear: the register after "ab" is that after a, moved on by b's length, plus b's own.
 */
WITH_SSE42 static uint32_t three_streams(const struct checksum_tables *t, uint32_t crc,
                                         const void *data, size_t size)
{
        const uint8_t *at = data;
        crc = ~crc;
        for (; size >= 3 * STREAM_BYTES; size -= 3 * STREAM_BYTES, at += 3 * STREAM_BYTES) {
                uint64_t a = crc, b = 0, c = 0;
                for (size_t i = 0; i < STREAM_BYTES; i += 8) {
                        a = _mm_crc32_u64(a, load(at + i));
                        b = _mm_crc32_u64(b, load(at + STREAM_BYTES + i));
                        c = _mm_crc32_u64(c, load(at + 2 * STREAM_BYTES + i));
                }
                crc = shifted(t, shifted(t, a) ^ b) ^ (uint32_t)c;
        }
        return one_stream(t, ~crc, at, size);
}

#else

static const char *sse42_missing(void)
{
        return "not an x86 CPU";
}

#define one_stream    NULL
#define three_streams NULL

#endif

/* --- the broker's --- */

static const char *isal_missing(void)
{
#ifdef HAVE_ISAL
        return NULL;
#else
        return "this program was built without ISA-L";
#endif
}

static uint32_t by_isal(const struct checksum_tables *t, uint32_t crc, const void *data,
                        size_t size)
{
        (void)t;
        return crc32c(crc, data, size);
}

const struct checksum *checksums_all(int *count)
{
        static const struct checksum all[] = {
                {"byte-table", never_missing, by_byte},
                {"slicing-by-8", never_missing, by_eight},
                {"sse4.2-one", sse42_missing, one_stream},
                {"sse4.2-three", sse42_missing, three_streams},
                {"isa-l", isal_missing, by_isal},
        };
        *count = sizeof all / sizeof *all;
        return all;
}
