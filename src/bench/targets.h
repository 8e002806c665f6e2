/* targets.h - what our broker is to reach, each held against a raw limit measured in the same run.
 *
 * Absolute figures drift from machine to machine and from hour to hour; a ratio of two figures
 * taken one after the other does not. So a trial measures the raw limit (the same bytes moved by
 * the least program that can move them) and our broker, and its rows say how these two must stand
 * to each other. Both ends of a trial share CPU 0 unless it says otherwise: there all costs add up
 * in one place, and it is the steadiest.
 *
 * A trial is a case of experiment_targets; row i of it has the figures 3 i (ours), 3 i + 1 (the raw
 * limit, 0 when there is none) and 3 i + 2 (the score: what `must` and `should` are about). */
#ifndef ODRADEK_BENCH_TARGETS_H
#define ODRADEK_BENCH_TARGETS_H

#include "bench/experiment.h"

enum { TARGET_ROWS_MAX = 5, TARGET_FIGURES = 3 };

enum target_kind {
        TARGET_RATIO_AT_LEAST, /* ours / raw */
        TARGET_RATIO_AT_MOST,
        TARGET_EXCESS_AT_MOST, /* ours - raw */
        TARGET_VALUE_AT_MOST,  /* ours */
};

struct target {
        const char *name, *unit; /* of ours and of raw */
        enum target_kind kind;
        double must, should;
        int decimals;
};

struct targets;

struct target_trial {
        const char *name;
        const char *raw; /* what the limit is; "": there is none */
        /* Fills in ours and raw of each row, at 3 i and 3 i + 1. */
        bool (*measure)(struct targets *t, double *values, char *why);
        int row_count;
        struct target rows[TARGET_ROWS_MAX];
};

enum target_verdict { TARGET_EXCEEDED, TARGET_MET, TARGET_MISSED, TARGET_NOISY, TARGET_SKIPPED };

/* EXCEEDED: `should` holds, MET: only `must` does. NOISY: others took CPU time in more than a
 * quarter of the runs, so nothing is said. `row` counts from 0. */
enum target_verdict target_judge(const struct bench_case *c, int row);
const char *target_verdict_name(enum target_verdict v);

/* A line a row: name, score with its range, must, should, verdict, and the two figures. */
void targets_print(const struct results *r, FILE *to);

extern const struct experiment experiment_targets; /* its `tell` is targets_print() */

#endif
