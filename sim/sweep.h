/* sweep.h - many seeds, one after another or several at a time.
 *
 * Each job is a process of its own that runs every n-th seed and hands the results over through a
 * pipe. Whatever the jobs, the results come in the order of the seeds. A job that dies in a run (an
 * assertion of the broker, say) is a finding against that seed; another one takes over behind it.
 */
#ifndef ODRADEK_SIM_SWEEP_H
#define ODRADEK_SIM_SWEEP_H

#include "sim/run.h"

#include <stdio.h>

struct sweep_options {
        uint64_t first, last; /* seeds, both included */
        int32_t jobs;
        int32_t shard, shards; /* every shards-th seed, from the shard-th on; from 1 */
        struct zoo zoo;
        const char *program, *bug; /* their names, for the replay command; bug NULL: none */
        FILE *csv;                 /* NULL: none wanted */
        FILE *out;                 /* a line for each failing seed, and the summary */
};

/* The worst result of all seeds. */
enum run_result sweep_run(const struct sweep_options *options);

#endif
