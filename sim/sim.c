#include "sim/sim.h"

#include <assert.h>
#include <stdlib.h>

struct sim *sim_new(uint64_t seed)
{
        struct sim *s = calloc(1, sizeof *s);
        if (!s)
                abort();
        s->seed = seed;
        rng_init(&s->rng, seed);
        s->trace.now_ns = &s->scheduler.now_ns;
        s->steps_max = UINT64_MAX;
        sim_network_init(&s->network, &s->scheduler, &s->trace, rng_fork(&s->rng, SIM_RNG_NETWORK));
        return s;
}

void sim_free(struct sim *s)
{
        for (int32_t i = 0; i < s->node_count; i++)
                sim_node_kill(s->nodes[i]);
        sim_network_deinit(&s->network);
        for (int32_t i = 0; i < s->node_count; i++)
                sim_node_free(s->nodes[i]);
        free(s->nodes);
        sim_scheduler_deinit(&s->scheduler);
        free(s);
}

struct sim_node *sim_add_node(struct sim *s, const struct sim_node_config *config)
{
        assert(config->id >= 0 && !sim_find_node(s, config->id));
        if (s->node_count == s->node_capacity) {
                s->node_capacity = s->node_capacity ? 2 * s->node_capacity : 16;
                s->nodes = realloc(s->nodes, (size_t)s->node_capacity * sizeof *s->nodes);
                if (!s->nodes)
                        abort();
        }
        struct rng rng = rng_fork(&s->rng, SIM_RNG_NODES + (uint64_t)config->id);
        struct sim_node *node = sim_node_new(config, &s->scheduler, &s->trace, &s->network, rng);
        s->nodes[s->node_count++] = node;
        return node;
}

struct sim_node *sim_find_node(const struct sim *s, int32_t id)
{
        for (int32_t i = 0; i < s->node_count; i++)
                if (s->nodes[i]->config.id == id)
                        return s->nodes[i];
        return NULL;
}

bool sim_step(struct sim *s)
{
        return s->scheduler.steps < s->steps_max && sim_scheduler_step(&s->scheduler);
}

enum sim_end sim_run_until(struct sim *s, int64_t time_ns)
{
        while (sim_scheduler_next_ns(&s->scheduler) <= time_ns)
                if (!sim_step(s))
                        return SIM_LIMIT;
        if (s->scheduler.now_ns < time_ns)
                s->scheduler.now_ns = time_ns;
        return SIM_REACHED;
}
