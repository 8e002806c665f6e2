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
        else
                sim_node_start(node);
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
        case VERB_STALL: workload_stall(f->workload, node->config.id, true); break;
        case VERB_RESUME:
                sim_node_resume(node);
                workload_stall(f->workload, node->config.id, false);
                break;
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

/* Does the step lose bytes that were not synced? After a failed write or sync a broker must take
 * its own for lost, whether they are or not. */
static bool is_loss(const struct statement *action, int32_t id, struct byte_loss *loss)
{
        *loss = (struct byte_loss){
                .id = id, .synced_too = action->verb == VERB_WIPE, .later = action->operation > 0};
        switch (action->verb) {
        case VERB_POWER_CUT:
        case VERB_WIPE: return id < SCENARIO_CLIENT_ID;
        case VERB_FAIL_WRITE:
        case VERB_SHORT_WRITE:
        case VERB_FAIL_SYNCS:
        case VERB_DROP_SYNCS: loss->later = true; return true;
        default: return false;
        }
}

static bool strike_one(struct faults *f, int32_t id, const struct statement *action)
{
        struct sim_node *node = sim_find_node(f->sim, id);
        struct byte_loss loss;
        if (is_loss(action, id, &loss)) {
                if (action->within && !budget_allows(&f->budget, f->cluster, f->history, &loss))
                        return false;
                budget_spend(&f->budget, f->cluster, &loss);
        }
        if (is_of_disk(action->verb))
                strike_disk(f, node, action);
        else
                strike_process(f, node, action);
        return true;
}

static bool strike(struct faults *f, const struct statement *action)
{
        int32_t ids[CLUSTER_IDS_MAX];
        int32_t count = cluster_resolve(f->cluster, action->node, ids);
        bool done = false;
        for (int32_t i = 0; i < count; i++)
                done |= strike_one(f, ids[i], action);
        /* "restart all" is what heals a script's cluster: the controllers as well. */
        for (int32_t i = 0; action->verb == VERB_RESTART && action->node == SCENARIO_ALL_NODES &&
                            i < cluster_size(f->cluster);
             i++)
                cluster_start(f->cluster, cluster_id(f->cluster, i));
        return done;
}

/* --- the network --- */

static void heal_link(struct sim_network *n, int32_t from, int32_t to)
{
        sim_network_heal(n, from, to);
        sim_network_slow(n, from, to, 1);
}

static void strike_link(struct sim_network *n, const struct statement *action, int32_t from,
                        int32_t to)
{
        int16_t api = (int16_t)action->api;
        switch (action->verb) {
        case VERB_CUT:
                sim_network_cut(n, from, to);
                sim_network_cut(n, to, from);
                break;
        case VERB_CUT_ONE_WAY: sim_network_cut(n, from, to); break;
        case VERB_HEAL:
                heal_link(n, from, to);
                heal_link(n, to, from);
                break;
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

/* On links "all" is every machine, also the clients'. */
static int32_t resolve_ends(const struct faults *f, int64_t node, int32_t ids[CLUSTER_IDS_MAX])
{
        if (node != SCENARIO_ALL_NODES)
                return cluster_resolve(f->cluster, node, ids);
        ids[0] = SIM_ANY_HOST;
        return 1;
}

static bool strike_network(struct faults *f, const struct statement *action)
{
        int32_t from[CLUSTER_IDS_MAX], to[CLUSTER_IDS_MAX];
        int32_t from_count = resolve_ends(f, action->node, from);
        int32_t to_count = resolve_ends(f, action->other, to);
        bool done = false;
        for (int32_t i = 0; i < from_count; i++)
                for (int32_t k = 0; k < to_count; k++) {
                        if (from[i] == to[k] && from[i] != SIM_ANY_HOST)
                                continue;
                        strike_link(&f->sim->network, action, from[i], to[k]);
                        done = true;
                }
        return done;
}

/* --- what the admin does --- */

static bool move_leader(struct faults *f, const struct statement *action)
{
        int32_t ids[CLUSTER_IDS_MAX], topic = (int32_t)action->topic;
        int32_t index = history_find_partition(f->history, f->scenario->topics[topic].name,
                                               (int32_t)action->partition);
        const struct image_partition *p = cluster_partition(f->cluster, index);
        if (cluster_resolve(f->cluster, action->node, ids) != 1 || !p ||
            !replica_set_has(&p->replicas, ids[0]))
                return false;
        int64_t brokers = ids[0];
        for (int32_t i = 0, shift = 4; i < p->replicas.count; i++)
                if (p->replicas.ids[i] != ids[0]) {
                        brokers |= (int64_t)p->replicas.ids[i] << shift;
                        shift += 4;
                }
        workload_reassign(f->workload, topic, (int32_t)action->partition, brokers, true);
        return true;
}

/* What was excused when there was one replica stays excused. */
static void grow(struct faults *f, struct history_partition *p, int32_t index, int32_t count)
{
        if (count <= p->replication)
                return;
        p->replication = count;
        for (int32_t i = 0; i < f->history->cut_count; i++)
                if (f->history->cuts[i].partition == index && p->beyond_ns == 0)
                        p->beyond_ns = sim_now_ns(f->sim);
}

static void reassign(struct faults *f, const struct statement *action)
{
        int32_t topic = (int32_t)action->topic, count = 0;
        int32_t index = history_find_partition(f->history, f->scenario->topics[topic].name,
                                               (int32_t)action->partition);
        for (int64_t rest = action->brokers; rest > 0; rest >>= 4)
                count++;
        grow(f, &f->history->partitions[index], index, count);
        cluster_expect_move(f->cluster, index);
        workload_reassign(f->workload, topic, (int32_t)action->partition, action->brokers, false);
}

bool faults_apply(struct faults *f, const struct statement *action)
{
        int32_t topic = (int32_t)action->topic, partition = (int32_t)action->partition;
        switch (action->verb) {
        case VERB_CREATE_TOPIC: workload_create_topic(f->workload, topic); return true;
        case VERB_DELETE_TOPIC: workload_delete_topic(f->workload, topic); return true;
        case VERB_DELETE_RECORDS:
                workload_delete_records(f->workload, topic, partition, action->offset);
                return true;
        case VERB_ELECT: workload_elect(f->workload, topic, partition); return true;
        case VERB_REASSIGN: reassign(f, action); return true;
        case VERB_MOVE: return move_leader(f, action);
        case VERB_HEAL_ALL: sim_network_heal_all(&f->sim->network); return true;
        default:
                if (action->verb >= VERB_CUT && action->verb <= VERB_DROP_ANSWERS)
                        return strike_network(f, action);
                return strike(f, action);
        }
}
