/* run.h - one run: a scenario and a seed in, a verdict out.
 *
 *     start    brokers and clients boot, topics are made
 *     safety   the steps of the scenario, for as long as `run` says; nothing acknowledged may be
 *              lost meanwhile
 *     healing  all failures end, what is down is started
 *     liveness within RUN_LIVENESS_S virtual seconds every producer gets one more record to every
 *              partition, all that is pending ends, all replicas are in sync and alike, and then
 *              the final read and all consumers come to the end
 *
 * A seed alone is a run of the scenario that swarm.h draws from it. */
#ifndef ODRADEK_SIM_RUN_H
#define ODRADEK_SIM_RUN_H

#include "sim/history.h"
#include "sim/scenario.h"
#include "sim/trace.h"
#include "sim/verdict.h"

#include "base/zoo.h"

enum { RUN_LIVENESS_S = 40, RUN_EVENTS_MAX = 3000000 };

struct run_options {
        uint64_t seed;
        struct zoo zoo;
        /* Hears every entry of the trace; NULL: nobody does. */
        void (*sink)(void *context, const struct sim_trace_entry *entry);
        void *context;
        /* The run stops before it is over, and nothing is checked: at an entry of the trace or at a
         * virtual time; 0: not. */
        uint64_t until_entry;
        int64_t until_ns;
};

struct run_report {
        struct verdict verdict;
        struct history history; /* owned: see run_report_deinit() */
        struct buffer waiting;  /* owned: a line for each that never ended */
        int64_t progress_ns;    /* when a client last learned something */
        uint64_t events;        /* entries of the trace */
        uint64_t hash;          /* of the trace */
        int64_t virtual_ns;
        bool was_stopped; /* by until_… */
};

/* The exit status of a run, and of the program. */
enum run_result {
        RUN_GOOD = 0,   /* every promise kept, every expectation met */
        RUN_BROKEN = 1, /* a promise broken, or an expectation not met */
        RUN_STUCK = 3,  /* all that is wrong is that something never ended */
};

/* `report` is filled as the run goes on; a sink may look at its history. */
void run_scenario(const struct scenario *s, const struct run_options *options,
                  struct run_report *report);
void run_report_deinit(struct run_report *r);

/* Compares what was found with what the scenario expects. A guarantee whose opposite is expected
 * may be broken, and must be. Appends a line for each unmet expectation to `unmet` (NULL: none
 * wanted). */
enum run_result run_judge(const struct scenario *s, const struct verdict *v, struct buffer *unmet);

#endif
