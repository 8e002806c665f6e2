/* play.h - one run, with whatever listens to it: the trace, the story, the diagram, the page. */
#ifndef ODRADEK_SIM_PLAY_H
#define ODRADEK_SIM_PLAY_H

#include "sim/report.h"

/* File names may be NULL: not wanted. */
struct play {
        struct report_source source;
        struct run_options options; /* sink and context are not used */
        bool tells;                 /* every event, in words, to stdout */
        const char *trace;          /* every event, one a line */
        const char *report;         /* HTML */
        const char *dot;            /* graphviz */
        int64_t dot_from_ns, dot_to_ns;
};

/* Prints what the run has shown, unless it was stopped on its way, and returns the exit status: of
 * the run, or 2 when a file cannot be written, which is told. */
int play(const struct play *p);

#endif
