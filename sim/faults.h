/* faults.h - does to the machines, disks, clocks and the network what a step of a scenario says.
 *
 * Each action is one call into the layer it is about; what follows from it is that layer's. A step
 * on "all" is a step on every broker, but for cuts and slow links, where it means every machine.
 * Roles are looked up when the step is taken; where nobody has the role, nothing happens.
 *
 * The fault budget: losing unsynced bytes (a power cut, a wiped disk, dropped syncs) is ruled out
 * by nobody, but a promise holds only as long as few lose them at a time (budget.h). A step "within
 * budget" happens only if all promises stay in force; any other happens anyway, and what it costs
 * is noted in the history. */
#ifndef ODRADEK_SIM_FAULTS_H
#define ODRADEK_SIM_FAULTS_H

#include "sim/budget.h"
#include "sim/workload.h"

struct faults {
        struct sim *sim;
        const struct scenario *scenario;
        struct history *history;
        struct cluster *cluster;
        struct workload *workload;
        struct rng rng; /* how much of a short write is written */
        struct budget budget;
};

/* Not from inside an actor. Follow it by cluster_observe(). False: it did not happen, because
 * nobody has the role or the budget does not allow it. */
bool faults_apply(struct faults *f, const struct statement *action);

#endif
