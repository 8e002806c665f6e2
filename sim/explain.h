/* explain.h - tells a trace as a story: each event in words that a student can follow.
 *
 *        3.120 s  #812    p1 -> broker 1    Produce orders/0: 5 records
 *        3.120 s  #815    broker 1          appends orders/0 offsets 41-45 (not synced)
 *        3.250 s  #831    broker 1          is without power; at stake is what was not synced: …
 *        3.600 s  #840    broker 1          recovers orders/0: cut at 43, it ended at 46
 *
 * What only the machinery sees (timers, handshakes, retries) is left out. Records that were sent,
 * read or acknowledged one after another become one line. A sink for struct run_options. */
#ifndef ODRADEK_SIM_EXPLAIN_H
#define ODRADEK_SIM_EXPLAIN_H

#include "sim/history.h"
#include "sim/scenario.h"
#include "sim/trace.h"

struct explain;

/* Hears each line of the story: the entry it is about, who does it ("broker 1", "p1 -> broker 1",
 * "the script"), and what. All is borrowed for the call. */
typedef void explain_line(void *context, const struct sim_trace_entry *entry, const char *who,
                          const char *text);

/* The history may still be empty: it is looked at when an entry speaks of it. All is borrowed.
 * Never NULL. */
struct explain *explain_new(const struct scenario *s, const struct history *h, explain_line *tell,
                            void *context);

/* Tells the last line and frees. */
void explain_free(struct explain *e);

/* `explain` is the struct explain. */
void explain_entry(void *explain, const struct sim_trace_entry *entry);

/* An explain_line that writes to a FILE, as above. */
void explain_print(void *file, const struct sim_trace_entry *entry, const char *who,
                   const char *text);

#endif
