/* strawmen.h - ways from a file to a socket that no broker should take, behind the interface of
 * copy.h: to be measured against the others.
 *
 *     mmap-each    the range is mapped, sent and unmapped each time: what a naive mmap server does
 *     mmap-fresh   the file is mapped anew for each pass over it: its page faults come back
 *     vmsplice     references from the kept mapping, through a pipe of ours
 *     hot          no file at all: the same bytes again and again, out of a warm buffer. The
 * ceiling for everything that copies once; what arrives is not the file
 *
 * Mapping and unmapping are counted as the system calls that they are. The errors are those of
 * copy.h; mmap-fresh takes position 0 for the beginning of a pass, and its copy_source must not be
 * shared with another strategy. */
#ifndef ODRADEK_BENCH_STRAWMEN_H
#define ODRADEK_BENCH_STRAWMEN_H

#include "copy/copy.h"

extern const struct copy_strategy strawman_mmap_each, strawman_mmap_fresh, strawman_vmsplice,
        strawman_hot;

/* All of them, in the order above; *count gets their number. */
const struct copy_strategy *const *strawmen_all(int *count);

/* A strategy of src/copy or one of these; NULL: neither. */
const struct copy_strategy *strawmen_find(const char *name);

#endif
