/* assignor_plan.h - the inside of the assignors: who is there, in order, and what goes to whom. For
 * assignor.c and assignor_sticky.c only.
 *
 * Partitions of all topics are numbered through, topic by topic in the order of their names.
 * Members are numbered in the order of their ids. */
#ifndef ODRADEK_GROUPS_ASSIGNOR_PLAN_H
#define ODRADEK_GROUPS_ASSIGNOR_PLAN_H

#include "groups/assignor.h"

enum { NOBODY = -1 };

struct plan {
        struct assignor_member **members;
        int32_t member_count;
        const struct assignor_topic **topics;
        int32_t topic_count;
        int32_t *first;      /* number of each topic's partition 0; one more: all partitions */
        int32_t *topic_of;   /* of each partition */
        int32_t *owner;      /* of each partition: a member or NOBODY */
        int32_t *load;       /* of each member: how many it owns */
        bool *is_subscribed; /* [topic * member_count + member] */
};

static inline bool plan_may_own(const struct plan *p, int32_t member, int32_t partition)
{
        return p->is_subscribed[p->topic_of[partition] * p->member_count + member];
}

/* The number of the partition, or NOBODY when there is none. */
int32_t plan_find(const struct plan *p, const struct assigned_partition *partition);

void plan_give(struct plan *p, int32_t partition, int32_t member); /* maybe NOBODY */

/* assignor_sticky.c. With `cooperative`, what must move is not given to the new owner yet. */
void plan_sticky(struct plan *p, bool cooperative);

#endif
