/* crc32c.h - CRC-32C (Castagnoli), the checksum of record batches and of producer snapshots.
 *
 * Polynomial 0x1EDC6F41, reflected 0x82F63B78, initial value and final xor 0xFFFFFFFF (RFC 3720).
 * Check value: "123456789" gives 0xE3069283. Uses ISA-L where it is built in (HAVE_ISAL), else a
 * table; both give the same answer. */
#ifndef ODRADEK_BASE_CRC32C_H
#define ODRADEK_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of `size` bytes. Pass 0 as `crc` to begin; pass an earlier result to go on where it ended. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

/* The same by the small table alone: what crc32c() falls back to, and its reference in tests. */
uint32_t crc32c_table(uint32_t crc, const void *data, size_t size);

#endif
