/* fake_world.h - the smallest world that a log can live in: a simulated disk, clocks that a test
 * sets, background syncs that end when the test says so. There are no streams.
 *
 * The fake world survives its "process": abandon the log, cut the power, open the log again. */
#ifndef ODRADEK_TESTS_FAKE_WORLD_H
#define ODRADEK_TESTS_FAKE_WORLD_H

#include "base/rng.h"
#include "sim/disk_world.h"

enum { FAKE_SYNCS_MAX = 64 };

struct fake_sync {
        struct file *file; /* +1 reference */
        int64_t size_bytes;
        uint64_t token;
};

struct fake_world {
        union {
                struct sim_disk_world files;
                struct {
                        struct world world;
                        struct sim_disk *disk;
                };
        };
        int64_t wall_ms, mono_ms; /* set them as you like */
        struct rng rng;
        struct buffer log; /* every line logged, each with a newline */

        struct fake_sync syncs[FAKE_SYNCS_MAX]; /* asked for and not ended, oldest first */
        int sync_count;

        /* What was asked of the disk so far. */
        int64_t reads, read_bytes, file_syncs, directory_syncs;
};

/* An empty disk; wall clock in 2023, mono_ms 1000. */
void fake_world_init(struct fake_world *f);

/* All files must have been closed. */
void fake_world_deinit(struct fake_world *f);

/* Ends background sync number `i` (0: the oldest) with `result`; NONE really syncs. Returns its
 * token, which the caller hands to whoever asked for it. */
uint64_t fake_world_end_sync(struct fake_world *f, int i, enum kerr result);

/* The process is dead (abandon the log first). kill: the page cache stays. power_cut: what survives
 * is `survival`, a name of sim/survival.h, drawn with `seed`; world.machine_boot is another one. */
void fake_world_kill(struct fake_world *f);
void fake_world_power_cut(struct fake_world *f, const char *survival, uint64_t seed);

/* Whether a logged line contains `text`. */
bool fake_world_logged(const struct fake_world *f, const char *text);

/* The whole content of a file, appended to `into`; aborts when it cannot be read. */
void fake_world_read(struct fake_world *f, const char *path, struct buffer *into);

/* Replaces a file by `content`, synced, in a directory that exists. */
void fake_world_write(struct fake_world *f, const char *path, struct span content);

bool fake_world_exists(struct fake_world *f, const char *path);

#endif
