/* block_io.h - reads or writes blocks of one file, in order or at random, one at a time or many. */
#ifndef ODRADEK_BENCH_BLOCK_IO_H
#define ODRADEK_BENCH_BLOCK_IO_H

#include "bench/disk_tools.h"
#include "bench/usage.h"

enum { BLOCK_DEPTH_MAX = 64 };

struct block_job {
        int fd;
        const struct disk_pattern *pattern; /* of DISK_PATTERN_BYTES: what the file holds */
        size_t block_bytes;                 /* divides DISK_PATTERN_BYTES */
        int64_t blocks;                     /* in the file: a power of two */
        bool write, random;
        int depth;      /* blocks under way at once; more than 1 needs io_uring */
        double seconds; /* when to end, if one pass over the file has not come to its end before */
        bool (*interrupted)(void); /* may be NULL */

        /* Out. */
        int64_t moved; /* blocks */
        struct usage spent;
};

/* Why blocks cannot be moved at that depth on this machine; NULL: they can. */
const char *block_io_missing(int depth);

/* Each block at most once. Aborts when a block that was read begins with other bytes than it
 * should. False: errno tells. */
bool block_io_run(struct block_job *job);

/* Which block is the i-th: a permutation of 0 … blocks - 1, always the same one. */
int64_t block_io_order(const struct block_job *job, int64_t i);

#endif
