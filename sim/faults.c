#include "sim/faults.h"

#include <assert.h>

static struct sim_survival survival_of(const struct statement *action)
{
        struct sim_survival survival;
        bool found = sim_survival_find(sim_survival_name((int)action->survival), &survival);
        assert(found);
        return survival;
}

/* --- one machine --- */

static void start(struct faults *f, struct sim_node *node)
{
        if (node->config.id < SCENARIO_CLIENT_ID)
                cluster_start(f->cluster, node->config.id);
        else if (!sim_node_is_running(node))
                sim_node_boot(node);
}

static void strike_process(struct faults *f, struct sim_node *node, const struct statement *action)
{
        struct sim_survival survival = survival_of(action);
        switch (action->verb) {
        case VERB_KILL:
                if (action->operation > 0)
                        sim_node_crash_at(node, action->operation, NULL);
                else
                        sim_node_kill(node);
                break;
        case VERB_POWER_CUT:
                if (action->operation > 0)
                        sim_node_crash_at(node, action->operation, &survival);
                else
                        sim_node_power_cut(node, &survival);
                break;
        case VERB_STOP: sim_node_stop(node); break;
        case VERB_RESTART: start(f, node); break;
        case VERB_PAUSE: sim_node_pause(node); break;
        case VERB_RESUME: sim_node_resume(node); break;
        case VERB_CLOCK_JUMP: sim_node_jump_clock(node, action->jump_ns / SIM_NS_PER_MS); break;
        case VERB_CLOCK_DRIFT: sim_node_drift_clock(node, action->drift_ppm); break;
        default: assert(false);
        }
}

static void strike_disk(struct faults *f, struct sim_node *node, const struct statement *action)
{
        struct sim_disk *disk = node->files.disk;
        int32_t id = node->config.id;
        assert(id < SCENARIO_CLIENT_ID); /* the parser knows */
        if (action->verb == VERB_DROP_SYNCS)
                cluster_drop_syncs(f->cluster, id);
        else if (action->verb != VERB_WIPE)
                cluster_hurt_disk(f->cluster, id);
        switch (action->verb) {
        case VERB_WIPE: cluster_wipe(f->cluster, id); break;
        case VERB_FAIL_WRITE: sim_disk_fail_append(disk, action->after + 1, KERR_IO, 0); break;
        case VERB_SHORT_WRITE:
                sim_disk_fail_append(disk, action->after + 1, KERR_IO, rng_u64(&f->rng));
                break;
        case VERB_FAIL_SYNCS: sim_disk_fail_syncs(disk, (int32_t)action->times, false); break;
        case VERB_DROP_SYNCS: sim_disk_fail_syncs(disk, (int32_t)action->times, true); break;
        case VERB_FULL_DISK: sim_disk_set_capacity(disk, action->bytes); break;
        case VERB_FREE_DISK: sim_disk_set_capacity(disk, INT64_MAX); break;
        default: assert(false);
        }
}

static bool is_of_disk(enum verb verb)
{
        return verb == VERB_WIPE || (verb >= VERB_FAIL_WRITE && verb <= VERB_FREE_DISK);
}

static void strike(struct faults *f, const struct statement *action)
{
        for (int32_t i = 0; i < f->sim->node_count; i++) {
                struct sim_node *node = f->sim->nodes[i];
                bool is_broker = node->config.id < SCENARIO_CLIENT_ID;
                if (action->node == SCENARIO_ALL_NODES ? !is_broker
                                                       : action->node != node->config.id)
                        continue;
                if (is_of_disk(action->verb))
                        strike_disk(f, node, action);
                else
                        strike_process(f, node, action);
        }
}

/* --- the network --- */

static void both_ways(struct sim_network *n, const struct statement *action,
                      void (*each)(struct sim_network *n, int32_t from, int32_t to))
{
        each(n, (int32_t)action->node, (int32_t)action->other);
        each(n, (int32_t)action->other, (int32_t)action->node);
}

static void heal_link(struct sim_network *n, int32_t from, int32_t to)
{
        sim_network_heal(n, from, to);
        sim_network_slow(n, from, to, 1);
}

static void strike_network(struct sim_network *n, const struct statement *action)
{
        int32_t from = (int32_t)action->node, to = (int32_t)action->other;
        int16_t api = (int16_t)action->api;
        switch (action->verb) {
        case VERB_CUT: both_ways(n, action, sim_network_cut); break;
        case VERB_CUT_ONE_WAY: sim_network_cut(n, from, to); break;
        case VERB_HEAL: both_ways(n, action, heal_link); break;
        case VERB_HEAL_ALL: sim_network_heal_all(n); break;
        case VERB_SLOW:
                sim_network_slow(n, from, to, (int32_t)action->factor);
                sim_network_slow(n, to, from, (int32_t)action->factor);
                break;
        case VERB_RESET: sim_network_reset(n, from, to); break;
        case VERB_HOLD: sim_network_hold(n, api, false, from, to); break;
        case VERB_HOLD_ANSWERS: sim_network_hold(n, api, true, from, to); break;
        case VERB_RELEASE: sim_network_release_held(n, api, false, from, to); break;
        case VERB_RELEASE_ANSWERS: sim_network_release_held(n, api, true, from, to); break;
        case VERB_DROP_ANSWERS:
                sim_network_drop_answers(n, api, from, to, (int32_t)action->times);
                break;
        default: assert(false);
        }
}

void faults_apply(struct faults *f, const struct statement *action)
{
        switch (action->verb) {
        case VERB_CREATE_TOPIC: workload_create_topic(f->workload, (int32_t)action->topic); break;
        case VERB_DELETE_TOPIC: workload_delete_topic(f->workload, (int32_t)action->topic); break;
        case VERB_DELETE_RECORDS:
                workload_delete_records(f->workload, (int32_t)action->topic,
                                        (int32_t)action->partition, action->offset);
                break;
        default:
                if (action->verb >= VERB_CUT && action->verb <= VERB_DROP_ANSWERS)
                        strike_network(&f->sim->network, action);
                else
                        strike(f, action);
        }
}
