/* gather_groups.h - looks at the groups of a coordinator, for the invariants. Internal to
 * gather*.c.
 */
#ifndef ODRADEK_SIM_GATHER_GROUPS_H
#define ODRADEK_SIM_GATHER_GROUPS_H

#include "groups/coordinator.h"
#include "sim/invariants.h"

/* A group, as a coordinator had it when looked at last; zero-initialise. */
struct gathered_group {
        int32_t generation;   /* that was stable */
        int32_t leader_epoch; /* of its coordinator */
        bool is_there, was_there, is_missing;
        int64_t missing_ns; /* since when */
};

struct gather_groups {
        struct invariants *invariants;
        struct history *h;
        const struct group_coordinator *coordinator; /* NULL: none runs on the node */
        struct gathered_group *groups;               /* by group of the history */
        int64_t now_ns;
        int32_t node;
        /* In which epoch the node led the partition of the history when looked at last; -1: it did
         * not. */
        int32_t (*leads)(const void *context, int32_t partition);
        const void *context;
};

/* Tells the invariants of each group that is stable in another generation than when looked at last,
 * and the history of those that the coordinator has forgotten: they are missing at two looks while
 * it goes on to lead their partition. */
void gather_groups(const struct gather_groups *look);

#endif
