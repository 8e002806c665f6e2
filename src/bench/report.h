/* report.h - all experiments in one report, in words, tables and pictures, for a reader who has
 * never seen the project.
 *
 * Into a directory go NAME.csv, NAME.json and the pictures of each experiment (see plot.h), and
 * report.md. Its first chapter answers "which strategy for which response size, why, and by how
 * much" from what was measured in this run and nothing else: where ranges overlap it says so, so
 * that a second run tells the same story. */
#ifndef ODRADEK_BENCH_REPORT_H
#define ODRADEK_BENCH_REPORT_H

#include "bench/experiment.h"

struct report_entry {
        const struct experiment *experiment;
        struct results results;   /* empty when it was not run */
        char why[CASE_WHY_BYTES]; /* it was not run; "" when it was */
        bool drawn, drawn_more;   /* which pictures there are; report_files() sets them */
};

/* Writes the files of one experiment. A missing gnuplot is no error. False: errno tells. */
bool report_files(struct report_entry *entry, const char *directory);

/* Writes report.md. False: errno tells. */
bool report_write(const struct report_entry *entries, int count, const char *directory);

/* The first chapter. Either may be NULL, when it was not run. */
void report_strategies(const struct results *copypath, const struct results *smallfetch, FILE *to);

#endif
