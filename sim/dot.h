/* dot.h - a run as a space-time diagram, in graphviz' language.
 *
 *     p1        broker 1        broker 2
 *     |             |               |
 *     +---Produce-->|               |          time goes down, each node is a line,
 *     |             +----Fetch----->|          each message an arrow from when it was sent to
 *     |        HW moves to 5        |          when it arrived
 *
 * What a student would not miss is left out: heartbeats, metadata, questions asked before. A
 * picture can be read up to some hundred messages, so a window is what one mostly wants; further
 * messages than DOT_MESSAGES_MAX are counted only. Render it with `dot -Tsvg`. */
#ifndef ODRADEK_SIM_DOT_H
#define ODRADEK_SIM_DOT_H

#include "sim/history.h"
#include "sim/scenario.h"
#include "sim/trace.h"

enum { DOT_MESSAGES_MAX = 150 };

struct dot;

/* The window: from_ns <= time <= to_ns. The history may still be empty. All is borrowed. Never
 * NULL. */
struct dot *dot_new(const struct scenario *s, const struct history *h, int64_t from_ns,
                    int64_t to_ns);
void dot_free(struct dot *d);

/* A sink for struct run_options; `dot` is the struct dot. */
void dot_entry(void *dot, const struct sim_trace_entry *entry);

/* Writes the graph. Call once, when the run is over. */
void dot_print(struct dot *d, struct buffer *into);

#endif
