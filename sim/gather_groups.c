#include "sim/gather_groups.h"

#include "wire/consumer_protocol.h"

#include <stdlib.h>

enum { ARENA_BYTES = 1 << 20 };

static int32_t find_group(const struct history *h, struct str name)
{
        for (int32_t i = 0; i < h->group_count; i++)
                if (str_equal_c(name, h->groups[i].name))
                        return i;
        return -1;
}

static int32_t find_partition(const struct history *h, struct str topic, int32_t index)
{
        for (int32_t i = 0; i < h->partition_count; i++)
                if (h->partitions[i].index == index && str_equal_c(topic, h->partitions[i].topic))
                        return i;
        return -1;
}

/* What the member was assigned, behind the others. Returns how many there are then. Nobody is
 * assigned more than all partitions, unless the assignment is a lie. */
static int32_t add_owned(const struct gather_groups *l, struct span assignment, int32_t member,
                         struct seen_owner *owners, int32_t count)
{
        struct consumer_protocol_assignment a = {0};
        struct arena arena;
        int32_t end = count + l->h->partition_count;
        arena_init(&arena, ARENA_BYTES);
        struct serde in = serde_reader(assignment, 0, false, &arena);
        serde_consumer_protocol_assignment(&in, &a);
        for (int32_t t = 0; !in.err && t < a.topics.count; t++)
                for (int32_t i = 0; i < a.topics.items[t].partitions.count; i++) {
                        int32_t partition = find_partition(l->h, a.topics.items[t].name,
                                                           a.topics.items[t].partitions.items[i]);
                        if (partition >= 0 && count < end)
                                owners[count++] = (struct seen_owner){partition, member};
                }
        arena_deinit(&arena);
        return count;
}

static void see_group(void *context, const struct group_view *g)
{
        const struct gather_groups *l = context;
        int32_t group = find_group(l->h, g->group_id);
        if (group < 0)
                return;
        l->groups[group].is_there = true;
        if (g->state != GROUP_STABLE || l->groups[group].generation == g->generation)
                return;
        l->groups[group].generation = g->generation;
        size_t most = (size_t)g->member_count * (size_t)l->h->partition_count;
        struct seen_owner *owners = calloc(most + 1, sizeof *owners);
        if (!owners)
                abort();
        int32_t count = 0;
        for (int32_t i = 0; i < g->member_count; i++)
                if (g->members[i].assignment.size > 0)
                        count = add_owned(l, g->members[i].assignment, i, owners, count);
        invariants_group(l->invariants, &(struct seen_group){.node = l->node,
                                                             .group = group,
                                                             .generation = g->generation,
                                                             .owners = owners,
                                                             .owner_count = count});
        free(owners);
}

/* Missing for the first time, it may be that the node has just resigned: the next look will tell.
 */
static void see_missing(const struct gather_groups *look, int32_t group, struct gathered_group *g,
                        int32_t leader_epoch)
{
        bool goes_on = leader_epoch >= 0 && leader_epoch == g->leader_epoch;
        g->is_missing = !g->is_missing;
        if (g->is_missing) {
                g->missing_ns = look->now_ns;
                return;
        }
        g->was_there = false;
        g->generation = 0;
        if (goes_on)
                history_add_assignment(look->h,
                                       &(struct history_assignment){.time_ns = g->missing_ns,
                                                                    .kind = ASSIGNMENT_FORGOTTEN,
                                                                    .group = group,
                                                                    .client = -1,
                                                                    .generation = -1,
                                                                    .partition = -1});
}

void gather_groups(const struct gather_groups *look)
{
        for (int32_t i = 0; i < look->h->group_count; i++)
                look->groups[i].is_there = false;
        if (look->coordinator)
                group_coordinator_each(look->coordinator, see_group, (void *)(uintptr_t)look);
        for (int32_t i = 0; i < look->h->group_count; i++) {
                struct gathered_group *g = &look->groups[i];
                int32_t leader_epoch = look->leads(look->context, look->h->groups[i].coordinator);
                if (!g->is_there && g->was_there) {
                        see_missing(look, i, g, leader_epoch);
                } else if (g->is_there) {
                        g->leader_epoch = leader_epoch;
                        g->was_there = true;
                        g->is_missing = false;
                }
        }
}
