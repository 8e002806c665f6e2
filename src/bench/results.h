/* results.h - what an experiment measured: a table of cases by figures, every run kept.
 *
 *     experiment   one question                          "which strategy moves a hot segment
 * cheapest?" case         one line of the table                 series "sendfile" at x = 65536
 *     figure       one column                            "cpu", ms/GiB, less is better
 *     run          one measurement of one case           a value for each figure
 *
 * Names are for people and for files both: words in lower case, no commas. */
#ifndef ODRADEK_BENCH_RESULTS_H
#define ODRADEK_BENCH_RESULTS_H

#include "bench/machine.h"
#include "bench/sample.h"

#include <stdbool.h>

enum figure_better { FIGURE_NEITHER, FIGURE_MORE, FIGURE_LESS };

struct figure {
        const char *name; /* "throughput" */
        const char *unit; /* "GiB/s" */
        enum figure_better better;
        int decimals;
};

enum { CASE_RUNS_MAX = 15, CASE_WHY_BYTES = 120, FIGURES_MAX = 16, NOISE_BYTES = 160 };

struct bench_case {
        const char *series;  /* what is compared, "sendfile"; bench_add() copies it */
        const char *setting; /* the other knobs in words, "two cores"; "" when there are none */
        double x;            /* the knob along the x axis; 0 when there is none */
        bool reference;      /* the raw yardstick that others are held against */
        const void *knobs;   /* what the experiment wants to know again; must outlive the results */

        /* Filled in by the runner. */
        char skipped[CASE_WHY_BYTES]; /* why it cannot be had on this machine; "" when it can */
        int runs;
        int disturbed; /* of these runs: how many had foreign load even when repeated */
        bool disturbed_run[CASE_RUNS_MAX];
        double values[CASE_RUNS_MAX][FIGURES_MAX];
};

struct experiment;

struct results {
        const struct experiment *experiment;
        struct machine machine;
        char conditions[256]; /* what was set for all cases: sizes, congestion control, pinning */
        struct bench_case *cases;
        int case_count;
        double foreign_share; /* the median over all runs */
        char **names;         /* series and settings, each once */
        int name_count;
};

void results_deinit(struct results *r);

/* The sample of one figure of a case; runs = 0 for a case that was skipped. */
struct sample results_sample(const struct results *r, const struct bench_case *c, int figure);

/* The case of that series, setting (NULL: whichever comes first) and x; NULL: there is none. */
const struct bench_case *results_case(const struct results *r, const char *series,
                                      const char *setting, double x);

/* The column of that name; -1: there is none. */
int results_figure(const struct results *r, const char *name);

/* The figure of the case in one call; runs = 0 when there is no such case or figure. */
struct sample results_get(const struct results *r, const char *series, const char *setting,
                          double x, const char *figure);

/* True when the reference's coefficient of variation exceeds a tenth, or a run in four was
 * disturbed: what follows is to be called noisy. A figure without spread is not looked at. */
bool results_are_noisy(const struct results *r);

/* Which of the two it was, in words: "others disturbed 5 of 12 runs (in the median run they took 24
 * % of the CPU time)", "the reference varied by 14 % from run to run", or both; "" when it was
 * quiet. Into `text` of NOISE_BYTES; returns it. */
const char *results_noise(const struct results *r, char *text);

/* --- out --- */

/* For people: environment, conditions, a table with the median and (min-max) of each figure, what
 * was skipped and why, and "noisy machine" when it was. */
void results_print(const struct results *r, FILE *to);

/* The same as a Markdown table, only the medians and ranges. */
void results_print_markdown(const struct results *r, FILE *to);

/* One line a run: experiment,series,setting,x,run,disturbed, then the figures. '#' lines in front
 * hold the environment. False: could not be written, errno tells. */
bool results_write_csv(const struct results *r, const char *path);

/* {"schema":1,"experiment":…,"machine":{…},"conditions":…,"cases":[{…,"figures":{NAME:{"unit":…,
 * "median":…,"min":…,"max":…,"runs":[…]}}}]} (jansson). */
bool results_write_json(const struct results *r, const char *path);

/* --- in words --- */

/* "sendfile has 2.5 times the throughput of read-write (10.1 against 4.0 GiB/s).", or "between
 * sendfile and splice no difference was seen in throughput (…)."; a newline at the end. Says
 * nothing when a case is missing. */
void results_say(const struct results *r, FILE *to, const char *a, const char *b,
                 const char *setting, double x, const char *figure);

/* The series that is best in the figure at x: its name; *tied gets those it cannot be told from, as
 * "splice, hot" ("" when none). NULL: nothing was measured there. */
const char *results_best(const struct results *r, const char *setting, double x, const char *figure,
                         char *tied, int tied_size);

#endif
