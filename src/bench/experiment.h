/* experiment.h - how a question is put to the machine: cases, interleaved runs, checks.
 *
 * An experiment says which cases there are and measures one of them once. The runner does the rest,
 * the same for all, because it is here that benchmarks fool their authors:
 *
 *     for each round:                        drift of the machine hits all cases alike
 *         for each case, in random order:    and no case always follows the same other one
 *             measure it                     (repeated, up to twice, when others were at work)
 *
 * Cases that the machine lacks are skipped with the reason, never replaced by another. The first
 * round is preceded by one unmeasured run of the reference, so that memory is warm.
 *
 * An experiment is a const struct in a file of its own; experiments.c lists them. */
#ifndef ODRADEK_BENCH_EXPERIMENT_H
#define ODRADEK_BENCH_EXPERIMENT_H

#include "bench/results.h"

enum bench_mode {
        BENCH_SAME_CORE, /* both ends on CPU 0: all costs in one place, the steadiest */
        BENCH_TWO_CORES, /* sender on CPU 0, receivers on CPU 1 */
};

struct bench_options {
        int runs;   /* of each case; 0: the experiment's own number */
        bool quick; /* fewer sizes, bytes and runs: for a first look and for tests */
        enum bench_mode mode;
        bool mode_given;           /* else the experiment chooses */
        const char *scratch;       /* directory for files; must exist */
        const char *program;       /* path of the odradek binary, for broker processes */
        bool (*interrupted)(void); /* Ctrl-C: the runner stops after the present run */
        FILE *progress;            /* a line a round; NULL: silent */
        const void *knobs; /* what a command line sets for its one experiment; NULL: its defaults */
};

struct bench {
        const struct bench_options *options;
        struct results *results; /* conditions may be filled in by plan() */
        double others_cpu_s;     /* see bench_charge() */
        void *state;             /* the experiment's own */
};

struct experiment {
        const char *id;   /* "E1", as the literature of this project numbers it */
        const char *name; /* "copypath": on the command line and in file names */
        const char *question;
        const char *expected;  /* what was seen on another machine, in a sentence or two: a true
                                * statement about that one, which need not hold for this one */
        const char *x_name;    /* "bytes per response"; NULL: there is no axis */
        bool x_log;            /* the axis is logarithmic */
        const char *plot;      /* the figure that is drawn over x, or as bars */
        const char *plot_more; /* a second one, in a picture of its own; NULL */
        const struct figure *figures;
        int figure_count;
        int runs, quick_runs; /* of each case, when nobody says */

        /* Makes files, and adds the cases with bench_add(). False: it cannot be done here, `why`
         * (of CASE_WHY_BYTES) tells; end() is called all the same. */
        bool (*plan)(struct bench *b, char *why);
        /* One run of one case. False: the case cannot be had here, `why` tells, and it is not tried
         * again. A fault of ours (lost bytes, say) is an abort(). */
        bool (*measure)(struct bench *b, const struct bench_case *c, double *values, char *why);
        /* What the figures say, in words, a sentence a line (results_say() helps); must hold
         * whatever the figures are. */
        void (*tell)(const struct results *r, FILE *to);
        void (*end)(struct bench *b); /* removes what plan() made; may be NULL */
};

/* Adds a case, whose names are copied; `reference` and `knobs` may be set on what is returned,
 * until the next call. */
struct bench_case *bench_add(struct bench *b, const char *series, const char *setting, double x);

/* CPU seconds spent for the present run by processes that are neither this one nor children that it
 * has waited for: a broker that goes on running, say. Else they would count as foreign load. */
void bench_charge(struct bench *b, double cpu_s);

/* False: it could not be planned, `why` tells; results are empty then. results_deinit() frees. */
bool experiment_run(const struct experiment *e, const struct bench_options *o, struct results *r,
                    char why[CASE_WHY_BYTES]);

/* By name or id; NULL: none of that name. */
const struct experiment *experiment_find(const char *name);

/* All of them, in the order of the report. */
const struct experiment *const *experiments_all(int *count);

#endif
