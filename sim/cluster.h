/* cluster.h - the brokers and controllers of a run, and what the simulator knows about them.
 *
 * After each event it looks at whoever had a turn, and notes in the trace what has changed: logs
 * appended, synced, truncated; who leads and follows whom; high watermarks. Nothing here changes
 * what the brokers do.
 *
 * It checks the invariants that need no more than one broker, and adds what it finds to the
 * verdict (those between brokers: invariants.h):
 *     I5  after each event: log start and recovery point <= log end
 *     I8  after each recovery and at the end: the log is well formed (log_check.h)
 *     I9  after a power cut: what had been synced is there
 * And it tells the history when power was cut, and what had been synced by then: the fault budget
 * of partitions that have one replica (budget.h is about the others).
 *
 * Nodes are named by their ids: see scenario.h. */
#ifndef ODRADEK_SIM_CLUSTER_H
#define ODRADEK_SIM_CLUSTER_H

#include "broker/broker.h"
#include "cluster/image.h"
#include "sim/history.h"
#include "sim/invariants.h"
#include "sim/scenario.h"
#include "sim/sim.h"
#include "sim/verdict.h"

struct cluster;

/* Adds the scenario's brokers to `sim`, named "broker1" and so on, and its controllers. All
 * partitions must be in the history already. What is passed in must outlive the cluster. Never
 * NULL. */
struct cluster *cluster_new(struct sim *sim, const struct scenario *scenario,
                            struct history *history, struct verdict *verdict, struct zoo zoo);

/* Free the sim before. */
void cluster_free(struct cluster *c);

/* The brokers first, then the controllers; all by their ids. */
int32_t cluster_size(const struct cluster *c);
int32_t cluster_id(const struct cluster *c, int32_t index);

/* False for controllers of their own, and where there is no such node. */
bool cluster_is_broker(const struct cluster *c, int32_t id);
bool cluster_is_voter(const struct cluster *c, int32_t id);

struct sim_node *cluster_node(const struct cluster *c, int32_t id);

/* NULL: it does not run. */
struct broker *cluster_broker(const struct cluster *c, int32_t id);

/* --- what happens to them --- */

/* Boots what is down; what is stopping as soon as it has stopped. */
void cluster_start(struct cluster *c, int32_t id);

/* Replaces the broker's disk by an empty one. */
void cluster_wipe(struct cluster *c, int32_t id);

/* Something fails on the broker's disk from now on: it must be started anew to be whole. */
void cluster_hurt_disk(struct cluster *c, int32_t id);

/* Syncs will fail and the kernel forget the pages. Only a power cut shows what is on the disk then;
 * a broker that starts before that reads what is not there, and no program could know. */
void cluster_drop_syncs(struct cluster *c, int32_t id);

/* The partition's replicas are to be others: logs of it may come and go. */
void cluster_expect_move(struct cluster *c, int32_t partition);

/* Looks at everything, as told above. To be called after each event. */
void cluster_observe(struct cluster *c);

/* Ends all failures and starts every broker that is down or whose disk was hurt. */
void cluster_heal(struct cluster *c);

/* Every log once more (I8), and every broker must run. */
void cluster_check_end(struct cluster *c);

/* --- what is known of them; partitions by their index in the history --- */

/* What is known between brokers, and whether all has converged (I12). */
struct invariants *cluster_invariants(const struct cluster *c);

/* As last seen at a broker; 0 when it holds none. */
int64_t cluster_log_end(const struct cluster *c, int32_t id, int32_t partition);
int64_t cluster_high_watermark(const struct cluster *c, int32_t id, int32_t partition);

/* The broker takes itself for the leader. */
bool cluster_leads(const struct cluster *c, int32_t id, int32_t partition);

bool cluster_is_ready(const struct cluster *c, int32_t id);

/* The active controller, the one of the newest quorum epoch; -1: nobody is. */
int32_t cluster_active(const struct cluster *c);

/* The image of whoever has applied most, and a partition in it; NULL: nobody runs, or it is not
 * there. Valid until the next event. */
const struct image *cluster_newest_image(const struct cluster *c);
const struct image_partition *cluster_partition(const struct cluster *c, int32_t partition);

/* The nodes that a statement's node stands for: one, several or none. Fills ids[] (room for all
 * there are) and returns the count. */
enum { CLUSTER_IDS_MAX = SCENARIO_BROKERS_MAX + SCENARIO_CONTROLLERS_MAX };
int32_t cluster_resolve(const struct cluster *c, int64_t node, int32_t ids[CLUSTER_IDS_MAX]);

#endif
