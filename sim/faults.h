/* faults.h - does to the machines, disks, clocks and the network what a step of a scenario says.
 *
 * Each action is one call into the layer it is about; what follows from it is that layer's. A step
 * on "all" is a step on every broker, but for cuts and slow links, where it means every machine. */
#ifndef ODRADEK_SIM_FAULTS_H
#define ODRADEK_SIM_FAULTS_H

#include "sim/cluster.h"
#include "sim/workload.h"

struct faults {
        struct sim *sim;
        struct cluster *cluster;
        struct workload *workload;
        struct rng rng; /* how much of a short write is written */
};

/* Not from inside an actor. Follow it by cluster_observe(). */
void faults_apply(struct faults *f, const struct statement *action);

#endif
