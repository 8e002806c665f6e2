/* sync_ways.h - the ways in which a batch is made durable before the next one is written.
 *
 * What a sync costs depends on what it must write beside the bytes:
 *
 *     growing      new blocks and a new file size: the file system's journal, each time
 *     fallocate    the blocks are there but not yet initialised: still the journal
 *     prewritten   nothing but the bytes; what is written over are old bytes of the same file
 *
 * (1) Batch i stands at i * batch_bytes; a prewritten or fallocated file that is full is begun
 * anew. (2) A batch counts when the call that makes it durable has returned. */
#ifndef ODRADEK_BENCH_SYNC_WAYS_H
#define ODRADEK_BENCH_SYNC_WAYS_H

#include "bench/disk_tools.h"
#include "bench/latency.h"

enum sync_ground { SYNC_GROWING, SYNC_ALLOCATED, SYNC_PREWRITTEN };

struct sync_way {
        const char *name;
        enum sync_ground ground;
        int open_flags; /* beyond O_RDWR; with O_DSYNC the write is the sync */
        bool reference;
};

const struct sync_way *sync_ways(int *count);

struct sync_job {
        int fd;                             /* opened with the way's flags, and prepared */
        const struct disk_pattern *pattern; /* its size is a multiple of batch_bytes */
        size_t batch_bytes;
        int64_t file_bytes; /* a multiple of batch_bytes: where a full file is begun anew */
        double seconds;
        int64_t batches_max;
        bool (*interrupted)(void); /* may be NULL */

        /* Out. */
        int64_t batches;
        double elapsed_s;
        struct latency commit; /* of each write with its sync */
};

/* Lays the ground in a new file, by a descriptor without O_DIRECT. False: errno tells. */
bool sync_way_prepare(const struct sync_way *way, int fd, const struct disk_pattern *pattern,
                      int64_t file_bytes);

/* Writes and syncs until the time or the number of batches is up. False: errno tells. */
bool sync_way_run(const struct sync_way *way, struct sync_job *job);

#endif
