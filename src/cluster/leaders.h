/* leaders.h - moves leaderships on purpose; for controller.c. */
#ifndef ODRADEK_CLUSTER_LEADERS_H
#define ODRADEK_CLUSTER_LEADERS_H

#include "cluster/controller.h"

/* Gives every preferred replica that is in the ISR its leadership back, so that load is spread as
 * the partitions were placed (auto.leader.rebalance.enable). */
void leaders_rebalance(struct controller *c);

#endif
