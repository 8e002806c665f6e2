/* scratch.h - the memory and the files that an experiment cannot do without. */
#ifndef ODRADEK_BENCH_SCRATCH_H
#define ODRADEK_BENCH_SCRATCH_H

#include <stddef.h>

/* Zeroed; free() it. Never NULL: it aborts, because without its memory there is nothing to measure.
 */
void *scratch_memory(size_t count, size_t size);

/* A new empty file in `directory`, for reading and writing, without a name: it is gone when it is
 * closed, however that comes. -1: errno tells. */
int scratch_file(const char *directory);

/* Removes a directory and all in it, as far as that can be done. */
void scratch_remove(const char *directory);

#endif
