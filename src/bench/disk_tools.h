/* disk_tools.h - what the experiments on writing (W1 … W4) share: bytes that are known again, files
 * that are gone afterwards, memory that is warm, pages that are really dropped.
 *
 * Functions that can fail on the machine (full disk, refused flag) return false and set errno; a
 * `why` is CASE_WHY_BYTES long. */
#ifndef ODRADEK_BENCH_DISK_TOOLS_H
#define ODRADEK_BENCH_DISK_TOOLS_H

#include "bench/experiment.h"

#include <stddef.h>

enum { DISK_PAGE_BYTES = 4096, DISK_PATH_BYTES = 512, DISK_PATTERN_BYTES = 1 << 20 };

/* bench_options.knobs of `bench disk`. */
struct disk_knobs {
        int64_t bytes; /* that a run moves; 0: the experiment's own number */
};

/* What a run is to move: the user's number, or that of the full or of the quick form. */
int64_t disk_bytes(const struct bench *b, int64_t full, int64_t quick);

/* True when Ctrl-C was pressed. */
bool disk_interrupted(const struct bench *b);

/* Writes "WHAT: errno in words" to `why` and returns false. */
bool disk_why(char *why, const char *what);

/* False, with the reason, when the scratch directory lies in memory: there is no disk to measure.
 */
bool disk_is_there(const struct bench *b, char *why);

/* --- bytes --- */

/* What is written: the byte at position p of a file is bytes[p % size]. */
struct disk_pattern {
        uint8_t *bytes; /* page-aligned, owned */
        size_t size;
};

/* Of the largest multiple of `unit_bytes` (at most DISK_PATTERN_BYTES) that fits in
 * DISK_PATTERN_BYTES: message i lies whole at disk_message(). */
void disk_pattern_init(struct disk_pattern *p, size_t unit_bytes);
void disk_pattern_deinit(struct disk_pattern *p);

static inline const uint8_t *disk_message(const struct disk_pattern *p, size_t unit_bytes,
                                          int64_t number)
{
        return p->bytes + (size_t)number * unit_bytes % p->size;
}

/* True when the file is `size` bytes long and holds the pattern, or when its first `size` bytes do
 * and `longer` allows more. */
bool disk_holds(int fd, const struct disk_pattern *p, int64_t size, bool longer);

/* A page-aligned buffer, for O_DIRECT; free() it. Never NULL. */
uint8_t *disk_buffer(size_t bytes);

/* --- files --- */

struct disk_file {
        char path[DISK_PATH_BYTES]; /* "": there is none */
        int fd;
};

/* A new empty file in `directory`, for reading and writing. It has a name until disk_file_remove():
 * some file systems do not trouble to sync what nobody could find again. */
bool disk_file_make(struct disk_file *f, const char *directory, int more_flags);

/* Opens it anew, for reading and writing with these flags too (O_DIRECT, O_DSYNC). False: it was
 * refused, errno tells, and the file is as it was. */
bool disk_file_reopen(struct disk_file *f, int more_flags);

/* Closes and removes it; nothing is done twice. */
void disk_file_remove(struct disk_file *f);

/* Writes all of it at the end of the file, or at `position` when that is not -1. */
bool disk_write_all(int fd, const void *bytes, size_t size, int64_t position);

/* Fills the first `size` bytes with the pattern, and syncs: blocks are allocated and initialised
 * then, so that a write changes no metadata. */
bool disk_prewrite(int fd, const struct disk_pattern *p, int64_t size);

/* The share (0 … 1) of its first `size` bytes that is in the page cache. */
double disk_residency(int fd, int64_t size);

/* Drops the file from the page cache, synced or not; true when less than 1 % is left. */
bool disk_evict(int fd, int64_t size);

/* --- memory --- */

/* Takes that much page cache and gives it back: what a run will take next is backed by the host
 * then. On a virtual machine the first touch of memory can cost ten times the write itself. */
void disk_warm_memory(const char *directory, int64_t bytes);

/* --- figures --- */

/* "A: 12.3 MB/s; B: 4.1 MB/s: 3.0 times as much", or that no difference was seen. For what
 * results_say() cannot put side by side: other settings, other x. `of_a` and `of_b` are samples of
 * the figure `name`; says nothing when one was not measured. */
void disk_say(FILE *to, const struct results *r, const char *name, const char *a,
              struct sample of_a, const char *b, struct sample of_b);

#endif
