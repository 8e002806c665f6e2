/* swarm_parts.h - drawing; for swarm.c (brokers, topics, clients), swarm_groups.c (groups and
 * transactions), swarm_faults.c (what goes wrong) and swarm_habits.c (what goes wrong one thing
 * after another). */
#ifndef ODRADEK_SIM_SWARM_PARTS_H
#define ODRADEK_SIM_SWARM_PARTS_H

#include "base/rng.h"
#include "sim/scenario.h"

#define SWARM_MS INT64_C(1000000)

struct swarm {
        struct scenario *s;
        struct rng rng;
        int64_t run_ms;
        int64_t brokers, controllers; /* how many */
        int64_t min_isr[SCENARIO_TOPICS_MAX];
        bool compacts[SCENARIO_TOPICS_MAX];
        bool forgets_offsets; /* after a minute without members */
        bool has_groups;      /* this run has groups, transactions and compacted topics */
};

/* All draws go through these. Never two of them in one argument list: C leaves their order open. */
static inline int64_t between(struct swarm *w, int64_t low, int64_t high)
{
        return rng_between(&w->rng, low, high);
}

static inline bool one_in(struct swarm *w, uint32_t n)
{
        return rng_chance(&w->rng, 1, n);
}

/* In how many of 100 runs a kind of fault is, and how often at most it happens then. */
struct swarm_kind {
        void (*draw)(struct swarm *w, int64_t at_ms);
        uint32_t percent;
        int64_t times_max;
};

/* Sets a key to a number. */
void swarm_set(struct swarm *w, struct statement *of, const char *key, int64_t value);

void swarm_draw_kinds(struct swarm *w, const struct swarm_kind *kinds, size_t count);

/* Adds a step: at a time, and as soon as or so long after the one added before it is done. */
void swarm_add(struct swarm *w, int64_t at_ms, struct statement action);
void swarm_add_when(struct swarm *w, struct statement condition, bool follows,
                    struct statement action);
void swarm_add_after(struct swarm *w, int64_t after_ms, struct statement action);

/* --- swarm_groups.c; all of it only in runs with groups --- */

/* Settings of the brokers and of a topic; none of these may be drawn again. */
void swarm_draw_coordinators(struct swarm *w, struct statement *brokers);
void swarm_draw_compaction(struct swarm *w, struct statement *topic);

/* Makes the producers drawn so far what such runs need, and adds members of groups and pipelines.
 */
void swarm_draw_groups(struct swarm *w);

/* --- swarm_group_faults.c --- */

/* What goes wrong with members, transactions and those who coordinate them. */
void swarm_draw_group_faults(struct swarm *w);

/* --- swarm_faults.c --- */

/* Steps that come at their times. */
void swarm_draw_faults(struct swarm *w);

/* A machine of the cluster, or a role; one that is not a role; one of the clients. */
int64_t swarm_server(struct swarm *w);
int64_t swarm_machine(struct swarm *w);
int64_t swarm_client(struct swarm *w);

/* A request that one server sends to another. */
int64_t swarm_server_api(struct swarm *w);

/* A partition of a topic that is there from the start, in `action`. */
void swarm_place(struct swarm *w, struct statement *action);

int64_t swarm_survival(struct swarm *w);

/* --- swarm_habits.c --- */

/* Bad habits: sequences whose parts wait for each other. Clusters only. */
void swarm_draw_habits(struct swarm *w);

/* Instead of all else: so little goes wrong that the cluster must go on meanwhile. For at least
 * three controllers of their own. */
void swarm_draw_minority(struct swarm *w);

#endif
