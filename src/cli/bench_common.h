/* bench_common.h - what the commands that measure share: their options, a scratch directory that
 * goes away again, and printing.
 *
 *     struct bench_settings s = BENCH_SETTINGS_DEFAULT;
 *     const struct cli_option options[] = { BENCH_OPTIONS(&s), … };     parse, then
 *     status = bench_settings_ready(&s, command);                       CLI_GO_ON: go on
 *     status = bench_settings_run(&s, command, &experiment_copypath);   as often as wanted
 *     bench_settings_deinit(&s);
 */
#ifndef ODRADEK_CLI_BENCH_COMMON_H
#define ODRADEK_CLI_BENCH_COMMON_H

#include "bench/experiment.h"
#include "cli/cli.h"

#include <limits.h>

struct bench_settings {
        bool quick;
        int64_t runs;           /* 0: the experiment's own number */
        const char *mode;       /* "same", "two"; NULL: the experiment's choice */
        const char *dir;        /* scratch files go below it */
        const char *csv, *json; /* files to write; NULL: none */
        const char *output;     /* a directory for all of an experiment's files; NULL: none */

        struct bench_options options; /* for experiment_run(), from ready() on */
        char scratch[PATH_MAX];       /* "" when there is none */
        char program[PATH_MAX];
};

/* A disk is wanted, and /tmp is often memory. */
#define BENCH_SETTINGS_DEFAULT    \
        {                         \
                .dir = "/var/tmp" \
        }

#define BENCH_OPTIONS(s)                                                                            \
        {"quick", CLI_FLAG, &(s)->quick, NULL, "fewer sizes, bytes and runs", 0, 0},                \
                {"runs", CLI_NUMBER,   &(s)->runs, "N", "measure each case so often",               \
                 1,      CASE_RUNS_MAX},                                                            \
                {"mode", CLI_TEXT, &(s)->mode, "M", "both ends on one CPU (same), or on two (two)", \
                 0,      0},                                                                        \
                {"dir", CLI_TEXT, &(s)->dir, "D", "where scratch files go (/var/tmp)", 0, 0},       \
                {"csv", CLI_TEXT, &(s)->csv, "F", "write a line for each run to this file", 0, 0},  \
        {                                                                                           \
                "json", CLI_TEXT, &(s)->json, "F", "write everything to this file", 0, 0            \
        }

/* For those that can write all of an experiment's files. */
#define BENCH_OPTION_OUTPUT(s)                                              \
        {                                                                   \
                "output", CLI_TEXT, &(s)->output, "D",                      \
                        "write CSV, JSON and plots to this directory", 0, 0 \
        }

/* After parsing: checks, makes the directories, catches Ctrl-C and fills s->options. Returns
 * CLI_GO_ON, or the exit status of an error that it printed. */
int bench_settings_ready(struct bench_settings *s, const char *command);

/* Runs one experiment, prints its table and what it says, and writes the files that were asked for.
 * Returns CLI_DONE, or CLI_FAILED after telling why (also when Ctrl-C cut it short). */
int bench_settings_run(struct bench_settings *s, const char *command, const struct experiment *e);

/* The last part of it, for results that came another way. `e->tell` may be NULL. */
int bench_settings_show(const struct bench_settings *s, const char *command,
                        const struct results *r);

/* Removes the scratch directory with all that is in it. */
void bench_settings_deinit(struct bench_settings *s);

#endif
