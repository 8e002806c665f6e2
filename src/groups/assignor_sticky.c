#include "groups/assignor_plan.h"

#include <stdlib.h>

/* What members say that they own, for each partition. */
struct claim {
        int32_t member; /* NOBODY: no claim, or two that are as good */
        int32_t generation;
};

/* The newest claim of each partition. A member that has missed a rebalance may claim what is
 * another's now (KAFKA-12984). */
static struct claim *collect_claims(const struct plan *p)
{
        int32_t total = p->first[p->topic_count];
        struct claim *claims = malloc(((size_t)total + 1) * sizeof *claims);
        if (!claims)
                abort();
        for (int32_t i = 0; i < total; i++)
                claims[i] = (struct claim){NOBODY, INT32_MIN};
        for (int32_t m = 0; m < p->member_count; m++) {
                const struct assignor_member *member = p->members[m];
                for (int32_t k = 0; k < member->owned_count; k++) {
                        int32_t i = plan_find(p, &member->owned[k]);
                        if (i == NOBODY || claims[i].generation > member->generation ||
                            claims[i].member == m)
                                continue;
                        bool is_newer = claims[i].generation < member->generation;
                        claims[i] = (struct claim){is_newer ? m : NOBODY, member->generation};
                }
        }
        return claims;
}

/* The member with the least that may own the partition; the first of several. */
static int32_t find_lightest(const struct plan *p, int32_t partition)
{
        int32_t found = NOBODY;
        for (int32_t m = 0; m < p->member_count; m++)
                if (plan_may_own(p, m, partition) &&
                    (found == NOBODY || p->load[m] < p->load[found]))
                        found = m;
        return found;
}

/* The member with the most of those that have less than `limit`, or exactly as much but come behind
 * `after`: one after the other, from the heaviest down. */
static int32_t find_next_heaviest(const struct plan *p, int32_t limit, int32_t after)
{
        int32_t found = NOBODY;
        for (int32_t m = 0; m < p->member_count; m++)
                if ((p->load[m] < limit || (p->load[m] == limit && m > after)) &&
                    (found == NOBODY || p->load[m] > p->load[found]))
                        found = m;
        return found;
}

/* Takes one partition from `heavy`, the last one that another can take and still have less. */
static bool relieve(struct plan *p, int32_t heavy)
{
        for (int32_t i = p->first[p->topic_count] - 1; i >= 0; i--) {
                if (p->owner[i] != heavy)
                        continue;
                int32_t light = find_lightest(p, i);
                if (p->load[light] + 1 < p->load[heavy]) {
                        plan_give(p, i, light);
                        return true;
                }
        }
        return false;
}

/* The heaviest gives first: to take from others as well would move more than need be. */
static bool relieve_heaviest(struct plan *p)
{
        int32_t heavy = find_next_heaviest(p, INT32_MAX, NOBODY);
        while (heavy != NOBODY && p->load[heavy] > 1) {
                if (relieve(p, heavy))
                        return true;
                heavy = find_next_heaviest(p, p->load[heavy], heavy);
        }
        return false;
}

/* What somebody else says that he owns has to wait until he has given it up, even if his claim is
 * an old one. As CooperativeStickyAssignor.computePartitionsTransferringOwnership. */
static void withhold(struct plan *p)
{
        bool *is_kept = calloc((size_t)p->first[p->topic_count] + 1, sizeof *is_kept);
        if (!is_kept)
                abort();
        for (int32_t pass = 0; pass < 2; pass++) {
                for (int32_t m = 0; m < p->member_count; m++) {
                        for (int32_t k = 0; k < p->members[m]->owned_count; k++) {
                                int32_t i = plan_find(p, &p->members[m]->owned[k]);
                                if (i == NOBODY)
                                        continue;
                                if (p->owner[i] == m)
                                        is_kept[i] = true;
                                else if (pass == 1 && !is_kept[i]) {
                                        plan_give(p, i, NOBODY);
                                        p->members[m]->gives_up = true;
                                }
                        }
                }
        }
        free(is_kept);
}

void plan_sticky(struct plan *p, bool cooperative)
{
        struct claim *claims = collect_claims(p);
        int32_t total = p->first[p->topic_count];
        for (int32_t i = 0; i < total; i++)
                if (claims[i].member != NOBODY && plan_may_own(p, claims[i].member, i))
                        plan_give(p, i, claims[i].member);
        free(claims);
        for (int32_t i = 0; i < total; i++)
                if (p->owner[i] == NOBODY)
                        plan_give(p, i, find_lightest(p, i));
        while (relieve_heaviest(p))
                ;
        if (cooperative)
                withhold(p);
}
