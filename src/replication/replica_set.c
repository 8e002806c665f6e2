#include "replication/replica_set.h"

#include <assert.h>

bool replica_set_has(const struct replica_set *set, int32_t id)
{
        for (int32_t i = 0; i < set->count; i++) {
                if (set->ids[i] == id)
                        return true;
        }
        return false;
}

void replica_set_add(struct replica_set *set, int32_t id)
{
        if (replica_set_has(set, id))
                return;
        assert(set->count < REPLICAS_MAX);
        set->ids[set->count++] = id;
}

void replica_set_remove(struct replica_set *set, int32_t id)
{
        int32_t kept = 0;
        for (int32_t i = 0; i < set->count; i++) {
                if (set->ids[i] != id)
                        set->ids[kept++] = set->ids[i];
        }
        set->count = kept;
}

bool replica_set_equal(const struct replica_set *a, const struct replica_set *b)
{
        for (int32_t i = 0; i < a->count; i++) {
                if (!replica_set_has(b, a->ids[i]))
                        return false;
        }
        return a->count == b->count;
}

bool replica_set_from(struct replica_set *set, const int32_t *ids, int32_t count)
{
        set->count = 0;
        if (count > REPLICAS_MAX)
                return false;
        for (int32_t i = 0; i < count; i++) {
                if (replica_set_has(set, ids[i]))
                        return false;
                replica_set_add(set, ids[i]);
        }
        return true;
}
