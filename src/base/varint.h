/* varint.h - LEB128 numbers of 7 bits a byte, lowest first; the high bit says "more follows".
 *
 * Records use the signed zigzag form (0, -1, 1, -2 … become 0, 1, 2, 3 …); the flexible protocol
 * uses the unsigned one. At most 5 bytes for 32 bits and 10 for 64; a reader refuses more.
 * Source: Kafka's ByteUtils; Protocol Buffers encoding. */
#ifndef ODRADEK_BASE_VARINT_H
#define ODRADEK_BASE_VARINT_H

#include <stddef.h>
#include <stdint.h>

enum { VARINT32_BYTES_MAX = 5, VARINT64_BYTES_MAX = 10 };

/* Write at `at` (which has room for the maximum) and return the number of bytes written. */
size_t varint_write_unsigned(uint8_t *at, uint64_t value);
size_t varint_write(uint8_t *at, int64_t value);

/* How many bytes the write would take. */
size_t varint_size_unsigned(uint64_t value);
size_t varint_size(int64_t value);

/* Read from the `size` bytes at `at`. Return the number of bytes read, or 0 when the bytes end
 * first, the number takes more than the maximum, or it does not fit. */
size_t varint_read_unsigned32(const uint8_t *at, size_t size, uint32_t *value);
size_t varint_read_unsigned64(const uint8_t *at, size_t size, uint64_t *value);
size_t varint_read32(const uint8_t *at, size_t size, int32_t *value);
size_t varint_read64(const uint8_t *at, size_t size, int64_t *value);

#endif
