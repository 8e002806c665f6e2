/* mapping.h - a file's kept mapping: what `mmap` and the zero-copy sends take their bytes from.
 *
 * Mapping for each request would cost more than pread() for small ones (E1, mmap-each). So a
 * mapping stays with its file. It reaches past the file's end, where pages come to life as the file
 * grows; a file that outgrows it gets one twice as large, and the old one stays until the file is
 * closed, because another thread may be sending from it. Addresses are all that this spends.
 *
 *     source->mapping --> 128 MiB --smaller--> 64 MiB --> NULL
 *
 * We never touch the bytes ourselves: a load from a page that was cut off would be SIGBUS, the
 * kernel's look at it in send() only fails with EFAULT. (Within the last page that is left, cut
 * bytes read as zeros and nobody notices. The log does not cut what it has handed out.)
 *
 * Threads: all may use a source's mapping at once; copy_source_deinit() unmaps. */
#ifndef ODRADEK_COPY_MAPPING_H
#define ODRADEK_COPY_MAPPING_H

#include "copy/copy.h"

/* The address of the file's byte at `position`, with `size` bytes mapped behind it. NULL: the
 * kernel refused to map. */
const uint8_t *mapping_at(struct copy_source *source, int64_t position, size_t size);

/* A send() that copies; for `move`'s parameters and errors see copy.h. */
enum kerr mapping_send(struct copy_lane *lane, int socket, const uint8_t *bytes, size_t size,
                       bool more, size_t *moved);

#endif
