/* replica_set.h - a small set of broker ids, in an order that may mean something: the replicas of a
 * partition (the preferred leader first), its in-sync replicas, its eligible leader replicas. */
#ifndef ODRADEK_REPLICATION_REPLICA_SET_H
#define ODRADEK_REPLICATION_REPLICA_SET_H

#include <stdbool.h>
#include <stdint.h>

enum { REPLICAS_MAX = 16 };

struct replica_set {
        int32_t ids[REPLICAS_MAX];
        int32_t count;
};

bool replica_set_has(const struct replica_set *set, int32_t id);

/* Adds behind the last; nothing when it is there. At most REPLICAS_MAX, else it aborts: limits are
 * checked where sets come in. */
void replica_set_add(struct replica_set *set, int32_t id);

/* The others keep their order. */
void replica_set_remove(struct replica_set *set, int32_t id);

/* The same members, in whatever order. */
bool replica_set_equal(const struct replica_set *a, const struct replica_set *b);

/* False when there are more than REPLICAS_MAX, or one twice. */
bool replica_set_from(struct replica_set *set, const int32_t *ids, int32_t count);

#endif
