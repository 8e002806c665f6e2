/* checksums.h - CRC-32C computed in five ways, from the textbook's to the fastest one.
 *
 *     byte-table     one look-up a byte, each of which waits for the one before it
 *     slicing-by-8   eight look-ups for eight bytes, which do not wait for one another (Kounavis
 *                    and Berry, 2008)
 *     sse4.2-one     the CPU's crc32 instruction: 8 bytes in 3 cycles, because each one waits
 *     sse4.2-three   three streams of it side by side: the instruction may begin every cycle (Gopal
 *                    et al., 2011)
 *     isa-l          folding by carry-less multiplication: what base/crc32c.c uses
 *
 * All give the same answer. Only the last one is used by the broker; the others are here to be
 * measured. */
#ifndef ODRADEK_BENCH_CHECKSUMS_H
#define ODRADEK_BENCH_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

/* What the ways look up; 12 KiB, computed once. */
struct checksum_tables {
        uint32_t slice[8][256]; /* [n][b]: the remainder of byte b with n zero bytes behind it */
        uint32_t shift[4][256]; /* [k][b]: a register that holds b in its byte k, moved on by one
                                 * stream's length of zeros */
};

struct checksum {
        const char *name;
        const char *(*missing)(void); /* why this machine lacks it; NULL when it can */
        /* As crc32c(): pass 0 to begin, an earlier result to go on. */
        uint32_t (*compute)(const struct checksum_tables *t, uint32_t crc, const void *data,
                            size_t size);
};

void checksum_tables_make(struct checksum_tables *t);

/* All of them, in the order above. */
const struct checksum *checksums_all(int *count);

#endif
