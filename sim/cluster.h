/* cluster.h - the brokers of a run, and what the simulator knows about their logs.
 *
 * After each event it looks at every log of every running broker and notes in the trace what has
 * changed: appended, synced, opened, gone offline. Nothing here changes what the brokers do.
 *
 * It checks the invariants that the clients cannot see, and adds what it finds to the verdict:
 *     I5  after each event: log start and recovery point <= log end
 *     I8  after each recovery and at the end: the log is well formed (log_check.h)
 *     I9  after a power cut: what had been synced is there
 * And it tells the history when power was cut, and what had been synced by then: the fault budget.
 */
#ifndef ODRADEK_SIM_CLUSTER_H
#define ODRADEK_SIM_CLUSTER_H

#include "sim/history.h"
#include "sim/scenario.h"
#include "sim/sim.h"
#include "sim/verdict.h"

struct cluster;

/* Adds the scenario's brokers to `sim`: node ids 1 to N, names "broker1" and so on. All partitions
 * must be in the history already. What is passed in must outlive the cluster. Never NULL. */
struct cluster *cluster_new(struct sim *sim, const struct scenario *scenario,
                            struct history *history, struct verdict *verdict, struct zoo zoo);

/* Free the sim before. */
void cluster_free(struct cluster *c);

int32_t cluster_size(const struct cluster *c);
struct sim_node *cluster_node(const struct cluster *c, int32_t broker_id);

/* Boots what is down. */
void cluster_start(struct cluster *c, int32_t broker_id);

/* Replaces the broker's disk by an empty one. */
void cluster_wipe(struct cluster *c, int32_t broker_id);

/* Something fails on the broker's disk from now on: it must be started anew to be whole. */
void cluster_hurt_disk(struct cluster *c, int32_t broker_id);

/* Syncs will fail and the kernel forget the pages. Only a power cut shows what is on the disk then;
 * a broker that starts before that reads what is not there, and no program could know. */
void cluster_drop_syncs(struct cluster *c, int32_t broker_id);

/* Looks at everything, as told above. To be called after each event. */
void cluster_observe(struct cluster *c);

/* The log end offset that was last seen at a broker, for a partition of the history. */
int64_t cluster_log_end(const struct cluster *c, int32_t broker_id, int32_t partition);

/* Ends all failures and starts every broker that is down or whose disk was hurt. */
void cluster_heal(struct cluster *c);

/* Every log once more (I8), and every broker must run. */
void cluster_check_end(struct cluster *c);

#endif
