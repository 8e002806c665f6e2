#include "base/crc32c.h"

#include <limits.h>

#ifdef HAVE_ISAL
#include <isa-l/crc.h>
#endif

/* The reflected polynomial's remainder of each half byte: 16 entries can be checked by hand. */
static const uint32_t remainder_of_nibble[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c_table(uint32_t crc, const void *data, size_t size)
{
        const uint8_t *at = data;
        crc = ~crc;
        for (size_t i = 0; i < size; i++) {
                crc ^= at[i];
                crc = (crc >> 4) ^ remainder_of_nibble[crc & 15];
                crc = (crc >> 4) ^ remainder_of_nibble[crc & 15];
        }
        return ~crc;
}

#ifdef HAVE_ISAL
uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
        const uint8_t *at = data;
        crc = ~crc;
        while (size > 0) {
                int some = size > INT_MAX ? INT_MAX : (int)size;
                crc = crc32_iscsi((unsigned char *)(uintptr_t)at, some, crc);
                at += some;
                size -= (size_t)some;
        }
        return ~crc;
}
#else
uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
        return crc32c_table(crc, data, size);
}
#endif
