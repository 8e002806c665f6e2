#include "base/varint.h"

//@lab 03 begin
static uint64_t zigzag(int64_t value)
{
        return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
        return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

size_t varint_write_unsigned(uint8_t *at, uint64_t value)
{
        size_t n = 0;
        while (value >= 0x80) {
                at[n++] = (uint8_t)(value | 0x80);
                value >>= 7;
        }
        at[n++] = (uint8_t)value;
        return n;
}

size_t varint_write(uint8_t *at, int64_t value)
{
        return varint_write_unsigned(at, zigzag(value));
}

size_t varint_size_unsigned(uint64_t value)
{
        size_t n = 1;
        while (value >= 0x80) {
                value >>= 7;
                n++;
        }
        return n;
}

size_t varint_size(int64_t value)
{
        return varint_size_unsigned(zigzag(value));
}

size_t varint_read_unsigned64(const uint8_t *at, size_t size, uint64_t *value)
{
        uint64_t v = 0;
        for (size_t n = 0; n < size && n < VARINT64_BYTES_MAX; n++) {
                if (n == VARINT64_BYTES_MAX - 1 && at[n] > 1)
                        return 0; /* the 65th bit and above */
                v |= (uint64_t)(at[n] & 0x7f) << (7 * n);
                if (!(at[n] & 0x80)) {
                        *value = v;
                        return n + 1;
                }
        }
        return 0;
}

size_t varint_read_unsigned32(const uint8_t *at, size_t size, uint32_t *value)
{
        uint64_t wide;
        size_t n = varint_read_unsigned64(at, size, &wide);
        if (n == 0 || n > VARINT32_BYTES_MAX || wide > UINT32_MAX)
                return 0;
        *value = (uint32_t)wide;
        return n;
}

size_t varint_read64(const uint8_t *at, size_t size, int64_t *value)
{
        uint64_t wide;
        size_t n = varint_read_unsigned64(at, size, &wide);
        if (n > 0)
                *value = unzigzag(wide);
        return n;
}

size_t varint_read32(const uint8_t *at, size_t size, int32_t *value)
{
        uint32_t narrow;
        size_t n = varint_read_unsigned32(at, size, &narrow);
        if (n > 0)
                *value = (int32_t)unzigzag(narrow);
        return n;
}
//@lab 03 starter
// /* Yours to write, all eight; varint.h says what each does. */
//
// size_t varint_write_unsigned(uint8_t *at, uint64_t value)
// {
//         (void)at, (void)value;
//         return 0;
// }
//
// size_t varint_write(uint8_t *at, int64_t value)
// {
//         (void)at, (void)value;
//         return 0;
// }
//
// size_t varint_size_unsigned(uint64_t value)
// {
//         (void)value;
//         return 0;
// }
//
// size_t varint_size(int64_t value)
// {
//         (void)value;
//         return 0;
// }
//
// size_t varint_read_unsigned64(const uint8_t *at, size_t size, uint64_t *value)
// {
//         (void)at, (void)size, (void)value;
//         return 0;
// }
//
// size_t varint_read_unsigned32(const uint8_t *at, size_t size, uint32_t *value)
// {
//         (void)at, (void)size, (void)value;
//         return 0;
// }
//
// size_t varint_read64(const uint8_t *at, size_t size, int64_t *value)
// {
//         (void)at, (void)size, (void)value;
//         return 0;
// }
//
// size_t varint_read32(const uint8_t *at, size_t size, int32_t *value)
// {
//         (void)at, (void)size, (void)value;
//         return 0;
// }
//@lab 03 end
