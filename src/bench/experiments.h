/* experiments.h - every experiment of the project; experiments.c puts them in order.
 *
 * One that is added needs three lines: its symbol here, its place in experiments.c, and its file
 * experiment_<name>.c. */
#ifndef ODRADEK_BENCH_EXPERIMENTS_H
#define ODRADEK_BENCH_EXPERIMENTS_H

#include "bench/experiment.h"

/* What this machine can do at all. */
extern const struct experiment experiment_limits;

/* On the way out: from files to consumers. */
extern const struct experiment experiment_copypath;   /* E1 */
extern const struct experiment experiment_wirespeed;  /* E2 */
extern const struct experiment experiment_consumer;   /* E3 */
extern const struct experiment experiment_fanout;     /* E4 */
extern const struct experiment experiment_smallfetch; /* E5 */
extern const struct experiment experiment_pagecache;  /* E6 */
extern const struct experiment experiment_cold;       /* E7 */
extern const struct experiment experiment_neighbour;  /* E7b */
extern const struct experiment experiment_byref;      /* E8 */
extern const struct experiment experiment_zerocopy;   /* E9 */
extern const struct experiment experiment_traps;      /* E10 */

/* On the way in: from producers to the disk. */
extern const struct experiment experiment_append;
extern const struct experiment experiment_durability;
extern const struct experiment experiment_layout;
extern const struct experiment experiment_disk;
extern const struct experiment experiment_checksum;

#endif
