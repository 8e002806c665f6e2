/* report.h - what a run has shown, for people: as text, and as a page.
 *
 * The text has one line for each guarantee that the run had to do with (kept, broken or not
 * promised, how often, and the first record concerned), what was measured, what still waits, the
 * hash of the trace and the command that runs it all again. The page has the same, the scenario,
 * and a picture of who was up, who led, what the script did, and how many acknowledged records no
 * consumer had seen yet. It is one file that needs no other. */
#ifndef ODRADEK_SIM_REPORT_H
#define ODRADEK_SIM_REPORT_H

#include "sim/run.h"
#include "sim/scenario.h"

/* Which run it was. */
struct report_source {
        const struct scenario *scenario;
        const char *file; /* NULL: the scenario was drawn from the seed */
        uint64_t seed;
        const char *bug;     /* NULL: none was put back */
        const char *program; /* as it was called, for the command that replays */
};

/* The run had to do with the guarantee: a run without groups says nothing about groups. */
bool report_tells(const struct run_report *r, enum guarantee g);

void report_print(const struct report_source *source, const struct run_report *r,
                  struct buffer *into);

/* --- the page --- */

struct report_page;

/* The source is borrowed. Never NULL. */
struct report_page *report_page_new(const struct report_source *source);
void report_page_free(struct report_page *p);

/* A sink for struct run_options; `page` is the struct report_page. */
void report_page_entry(void *page, const struct sim_trace_entry *entry);

/* Writes the page once the run is over. */
void report_page_print(const struct report_page *p, const struct run_report *r,
                       struct buffer *into);

#endif
