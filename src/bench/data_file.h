/* data_file.h - a file to be sent: how it was written, and what of it is in the page cache.
 *
 * A "hot" run on a file that the kernel has dropped, or a "cold" one on a file that it has kept,
 * measures something else than its title. So residency is asked for (mincore) before each run and
 * never assumed. None of this needs root: what was synced can be dropped with
 * posix_fadvise(DONTNEED). */
#ifndef ODRADEK_BENCH_DATA_FILE_H
#define ODRADEK_BENCH_DATA_FILE_H

#include "copy/copy.h"

struct data_file {
        char *path;
        struct copy_source source; /* opened for reading */
        int64_t size;
};

/* Makes a file of `size` bytes in `directory` by appends of `append_bytes` each: small ones leave
 * small folios in the page cache, which a mapping then pays for. The content is a pattern that
 * data_file_check() knows. Aborts with a message when the disk is full. */
void data_file_make(struct data_file *f, const char *directory, int64_t size, int64_t append_bytes);

/* Closes and removes it. */
void data_file_remove(struct data_file *f);

/* True when the `size` bytes at `position` of the file are what was written there. */
bool data_file_check(const uint8_t *bytes, int64_t position, size_t size);

/* CRC-32C of a range, computed from the pattern. */
uint32_t data_file_crc(int64_t position, int64_t size);

/* The share (0 … 1) of its pages that is in the page cache. */
double data_file_residency(const struct data_file *f);

/* Reads it all in; true when everything is resident then. */
bool data_file_warm(const struct data_file *f);

/* Drops it from the page cache, where also the mapping of its source and packets that were sent
 * hold its pages; nothing of it may be on its way. True when less than 1 % is left. Unpins the
 * caller. */
bool data_file_evict(struct data_file *f);

#endif
