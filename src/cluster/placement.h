/* placement.h - which brokers get the replicas of new partitions.
 *
 * The brokers stand in a circle, in random order; partition p has its first replica (the preferred
 * leader) on broker p of it, and the others on those that follow. After each round the order is
 * drawn anew, so that not always the same broker inherits the leaderships of another.
 *
 * (1) Any n partitions in a row from a round's start give each of the n brokers one to lead, and
 *     all the same number of replicas.
 *
 * Only brokers that are active get any, but by hand. Source: Kafka's StripedReplicaPlacer, without
 * its racks. */
#ifndef ODRADEK_CLUSTER_PLACEMENT_H
#define ODRADEK_CLUSTER_PLACEMENT_H

#include "base/world.h"
#include "cluster/image.h"

struct placement {
        struct world *world;
        int32_t *brokers; /* owned; in the order of this round */
        int32_t count;
        int32_t next; /* in this round */
};

/* Over the brokers of `image` that are neither fenced nor shutting down. */
void placement_init(struct placement *p, struct world *w, const struct image *image);
void placement_deinit(struct placement *p);

/* Places the next partition; `replicas` is 1 … p->count, and at most REPLICAS_MAX. */
struct replica_set placement_next(struct placement *p, int32_t replicas);

/* Replicas placed by hand: registered brokers, each named once, at least one. Error:
 * INVALID_REPLICA_ASSIGNMENT, with a sentence in `why`. */
enum kerr placement_read(const struct image *image, const int32_t *ids, int32_t count,
                         struct replica_set *replicas, char *why, size_t why_size);

#endif
