/* reassignment.h - moves a partition to other brokers while it is in use.
 *
 *     {1,2}  ->  replicas {3,2,1}, adding {3}, removing {1}  ->  3 is in the ISR:  {3,2}
 *
 * (1) While it lasts the replicas are the target's, and behind them those that will go. `adding`
 *     and `removing` are disjoint parts of them.
 * (2) It is complete when all that were added are in the ISR, and somebody is left there without
 *     those that go.
 * (3) To undo it, or to ask for another target, first takes out those that were being added.
 *
 * Source: KIP-455; Kafka's PartitionReassignmentReplicas, PartitionReassignmentRevert. */
#ifndef ODRADEK_CLUSTER_REASSIGNMENT_H
#define ODRADEK_CLUSTER_REASSIGNMENT_H

#include "cluster/image.h"

/* Changes `p` so that it moves to the brokers of `target`. False when that makes more than
 * REPLICAS_MAX at a time. `p` is to be settled then: see election.h. */
bool reassignment_begin(struct image_partition *p, const struct replica_set *target);

/* Changes `p` back to where it was before; the same. */
void reassignment_undo(struct image_partition *p);

/* Ends it, if there is one and it is complete: true. */
bool reassignment_finish(struct image_partition *p);

static inline bool reassignment_goes_on(const struct image_partition *p)
{
        return p->adding.count > 0 || p->removing.count > 0;
}

#endif
