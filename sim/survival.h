/* survival.h - what a power cut leaves of the bytes and names that nobody had synced.
 *
 * A machine that loses power keeps everything that was synced. Of the rest it keeps whatever the
 * page cache, the file system and the disk happened to have written by then, and that is a choice:
 * one for each file, one for each directory. A survival gives every choice a weight; the cut draws.
 *
 * Source: Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014; Rebello et al., "Can
 * Applications Recover from fsync Failures?", ATC 2020. */
#ifndef ODRADEK_SIM_SURVIVAL_H
#define ODRADEK_SIM_SURVIVAL_H

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

/* What stays of a file's operations since its last sync. A choice that the file has no room for
 * (half of a one-byte write, a hole in a single sector) keeps less: the operations before it. */
enum sim_keep_bytes {
        SIM_KEEP_NO_BYTES,  /* the file as it was at its last sync; an unsynced truncation is undone
                             */
        SIM_KEEP_PREFIX,    /* the first writes, whole */
        SIM_KEEP_TORN,      /* the first writes, and the next one up to a 512-byte sector */
        SIM_KEEP_TORN_BYTE, /* the same, up to any byte */
        SIM_KEEP_HOLE,      /* later pages without earlier ones, which read as zeros */
        SIM_KEEP_GARBAGE,   /* the same, but the lost pages read as random bits */
        SIM_KEEP_SIZE_ONLY, /* the size grew, the bytes are zeros */
        SIM_KEEP_ALL_BYTES,
        SIM_KEEP_BYTES_COUNT
};

/* What stays of a directory's operations (create, make, rename, remove) since its last sync. A
 * rename is one operation: both of its names or none. */
enum sim_keep_names {
        SIM_KEEP_NO_NAMES,
        SIM_KEEP_FIRST_NAMES, /* operations up to a drawn one */
        SIM_KEEP_SOME_NAMES,  /* any of them, but none that touches a name of an earlier lost one */
        SIM_KEEP_ALL_NAMES,
        SIM_KEEP_NAMES_COUNT
};

/* Operations since the last sync of their file or directory. */
struct sim_unsynced {
        int64_t writes, names;
};

/* Weights; a row of zeros means its first choice. */
struct sim_survival {
        uint32_t bytes[SIM_KEEP_BYTES_COUNT];
        uint32_t names[SIM_KEEP_NAMES_COUNT];
};

/* By the name that scenarios use: "nothing", "prefix", "torn", "torn-byte", "hole", "garbage",
 * "size-only", "nameless" (a file without its name), "contentless" (a name, or a rename, without
 * its content), "all", "any" (every choice alike). False when there is no such name. */
bool sim_survival_find(const char *name, struct sim_survival *into);

/* The names above, one by one from 0; NULL behind the last. Static storage. */
const char *sim_survival_name(int index);

enum sim_keep_bytes sim_survival_draw_bytes(const struct sim_survival *s, struct rng *r);
enum sim_keep_names sim_survival_draw_names(const struct sim_survival *s, struct rng *r);

#endif
