/* crash_points.h - one scenario again and again, and each time one client dies at another event.
 *
 * A first run tells at which events the client has a turn, reads, writes, commits. Then there is a
 * run for each of them: right behind that event the process is killed, and started again a little
 * later. For each record that the pipelines were to transform the final read tells how often its
 * output is there. A run has lost when one has none, doubled when one has several, else it is
 * exact. The same is done with each policy: commit before processing, after it, or both in a
 * transaction.
 *
 * Between two turns of a process nothing changes for it, so a crash there is the same as a crash
 * behind the first of them: these are all there are. */
#ifndef ODRADEK_SIM_CRASH_POINTS_H
#define ODRADEK_SIM_CRASH_POINTS_H

#include "sim/run.h"

#include <stdio.h>

struct crash_points_options {
        const struct scenario *scenario;
        const char *name; /* of the scenario, for people */
        uint64_t seed;
        struct zoo zoo;
        int64_t node;   /* the client that dies; -1: the first pipeline */
        int32_t policy; /* enum commit_policy; -1: before, after and transaction */
        FILE *out;      /* the table */
};

/* BROKEN: a transaction was not exact, or `before` doubled, or `after` lost. */
enum run_result crash_points(const struct crash_points_options *options);

#endif
