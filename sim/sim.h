/* sim.h - a whole simulated cluster: one seed, one sequence of events.
 *
 * (1) All that happens follows from the seed and from the calls made: the same seed and the same
 *     calls give the same trace, on every machine and with every compiler.
 * (2) Each part draws from a generator of its own, forked off by a label, so a new draw in one
 *     place does not shift the draws of another.
 *
 * Use: sim_new(), sim_add_node() for each machine, sim_node_boot(), then sim_step() until done.
 * Whoever wants to look at every event puts a sink into the trace or looks after each step. */
#ifndef ODRADEK_SIM_SIM_H
#define ODRADEK_SIM_SIM_H

#include "sim/node.h"

enum sim_end {
        SIM_REACHED, /* the time asked for has come */
        SIM_LIMIT,   /* more events than steps_max */
};

struct sim {
        uint64_t seed;
        struct rng rng; /* fork from it with a label of your own, from SIM_RNG_FREE on */
        struct sim_scheduler scheduler;
        struct sim_trace trace;
        struct sim_network network;
        struct sim_node **nodes; /* in the order of sim_add_node() */
        int32_t node_count, node_capacity;
        uint64_t steps_max; /* a run that takes more events goes round in circles */
};

enum { SIM_RNG_NETWORK, SIM_RNG_FREE = 16, SIM_RNG_NODES = 1 << 20 };

struct sim *sim_new(uint64_t seed);

/* Kills all that runs. */
void sim_free(struct sim *s);

/* The node's generator depends on the seed and on its id, not on the order of adding. */
struct sim_node *sim_add_node(struct sim *s, const struct sim_node_config *config);

/* NULL when there is no node of that id. */
struct sim_node *sim_find_node(const struct sim *s, int32_t id);

/* Runs one event. False when there is none left, or steps_max is reached. */
bool sim_step(struct sim *s);

/* Runs all events up to and including `time_ns`, and sets the clock to it. */
enum sim_end sim_run_until(struct sim *s, int64_t time_ns);

static inline int64_t sim_now_ns(const struct sim *s)
{
        return s->scheduler.now_ns;
}

#endif
