/* content.h - the bytes of one simulated file: what the page cache shows, what a power cut leaves.
 *
 *     in the page cache:  |---- kept ----|- write -|- write -|- write -|      bytes
 *     on the disk:        |---- kept ----|- cut off -|
 *
 * (1) The disk holds the first `kept` bytes of the page cache, then the `cut_off` ones. Those are
 *     there only while a truncation below the durable size has not been synced.
 * (2) `unsynced` lists the writes since the last sync, in order, none below `kept`.
 * (3) `lost` lists ranges that a failed sync gave up: the page cache still shows them and the
 *     kernel calls them clean, so a later sync succeeds without them; a power cut reveals zeros
 *     (fsyncgate, 2018).
 *
 * A file changes only at its end, by an append or a truncation, so neither a write nor a sync ever
 * copies what was there before. */
#ifndef ODRADEK_SIM_CONTENT_H
#define ODRADEK_SIM_CONTENT_H

#include "base/bytes.h"
#include "sim/survival.h"

/* Bytes from..to - 1 of a file. */
struct sim_range {
        int64_t from, to;
};

struct sim_ranges {
        struct sim_range *items;
        int32_t count, capacity;
};

struct sim_content {
        struct buffer bytes;
        int64_t kept;
        struct buffer cut_off;
        struct sim_ranges unsynced;
        struct sim_ranges lost;
};

/* Zero-initialise; this frees. */
void sim_content_deinit(struct sim_content *c);

/* Up to `size_max` bytes of the spans at the end, as one write. Returns how many. */
size_t sim_content_append(struct sim_content *c, const struct span *spans, int count,
                          size_t size_max);

/* size <= c->bytes.size */
void sim_content_truncate(struct sim_content *c, int64_t size);

/* Makes truncations and the first `size` bytes durable (all bytes, when there are fewer). */
void sim_content_sync(struct sim_content *c, int64_t size);

/* What a failed sync does when the kernel drops the pages: see (3). */
void sim_content_drop_unsynced(struct sim_content *c);

/* The power is gone: what stays of the unsynced operations is `keep`, and is durable then. */
void sim_content_power_cut(struct sim_content *c, enum sim_keep_bytes keep, struct rng *r);

#endif
