/* Asks what is known: by a broker of itself, and by the newest metadata. */
#include "sim/cluster_parts.h"

#include "cluster/controller.h"
#include "cluster/quorum.h"

static struct watched *watched(const struct cluster *c, int32_t id, int32_t partition)
{
        return &cluster_member(c, id)->logs[partition];
}

int64_t cluster_log_end(const struct cluster *c, int32_t id, int32_t partition)
{
        return watched(c, id, partition)->end;
}

int64_t cluster_high_watermark(const struct cluster *c, int32_t id, int32_t partition)
{
        return watched(c, id, partition)->high_watermark;
}

bool cluster_leads(const struct cluster *c, int32_t id, int32_t partition)
{
        return watched(c, id, partition)->leader == id;
}

bool cluster_is_ready(const struct cluster *c, int32_t id)
{
        const struct broker *b = cluster_broker(c, id);
        return b && broker_is_ready(b);
}

int32_t cluster_active(const struct cluster *c)
{
        int32_t active = -1, epoch = -1;
        for (int32_t i = 0; i < c->count; i++) {
                const struct broker *b = c->members[i].broker;
                if (!b || !broker_controller(b)->active || broker_quorum(b)->epoch <= epoch)
                        continue;
                active = cluster_id(c, i);
                epoch = broker_quorum(b)->epoch;
        }
        return active;
}

const struct image *cluster_newest_image(const struct cluster *c)
{
        const struct broker *newest = NULL;
        for (int32_t i = 0; i < c->count; i++) {
                const struct broker *b = c->members[i].broker;
                if (b && (!newest || broker_applied(b) > broker_applied(newest)))
                        newest = b;
        }
        return newest ? broker_image(newest) : NULL;
}

const struct image_partition *cluster_partition(const struct cluster *c, int32_t partition)
{
        const struct history_partition *p = &c->history->partitions[partition];
        const struct image *image = cluster_newest_image(c);
        return image ? image_partition(image, str_of(p->topic), p->index) : NULL;
}

/* --- roles --- */

/* The members of the ISR that do not lead, from the `skip`-th on: the first of them; -1: none. */
static int32_t find_follower(const struct image_partition *p, int32_t skip)
{
        for (int32_t i = 0; i < p->isr.count; i++)
                if (p->isr.ids[i] != p->leader && skip-- == 0)
                        return p->isr.ids[i];
        return -1;
}

/* The history knows the scenario's clients by the same indexes. */
static int32_t partition_of_role(const struct cluster *c, const struct scenario_role *role)
{
        const struct history *h = c->history;
        switch (role->role) {
        case ROLE_COORDINATOR: return h->groups[h->clients[role->topic].group].coordinator;
        case ROLE_TRANSACTION_COORDINATOR: return h->clients[role->topic].coordinator;
        default:
                return history_find_partition(h, c->scenario->topics[role->topic].name,
                                              (int32_t)role->partition);
        }
}

static int32_t find_role(const struct cluster *c, const struct scenario_role *role)
{
        const struct image_partition *p = cluster_partition(c, partition_of_role(c, role));
        if (!p)
                return -1;
        switch (role->role) {
        case ROLE_COORDINATOR:
        case ROLE_TRANSACTION_COORDINATOR:
        case ROLE_LEADER: return p->leader;
        case ROLE_FOLLOWER: return find_follower(p, 0);
        case ROLE_OTHER_FOLLOWER: return find_follower(p, 1);
        }
        return -1;
}

static int32_t find_one(const struct cluster *c, int64_t node)
{
        struct scenario_role role;
        if (node == SCENARIO_ACTIVE)
                return cluster_active(c);
        return scenario_as_role(node, &role) ? find_role(c, &role) : (int32_t)node;
}

int32_t cluster_resolve(const struct cluster *c, int64_t node, int32_t ids[CLUSTER_IDS_MAX])
{
        int32_t first = 0, count = c->broker_count;
        if (node == SCENARIO_CONTROLLERS) {
                int32_t voting = scenario_voting_brokers(c->scenario);
                first = voting > 0 ? 0 : c->broker_count;
                count = voting > 0 ? voting : c->count - c->broker_count;
        } else if (node != SCENARIO_ALL_NODES) {
                ids[0] = find_one(c, node);
                return ids[0] >= 0;
        }
        for (int32_t i = 0; i < count; i++)
                ids[i] = cluster_id(c, first + i);
        return count;
}

struct invariants *cluster_invariants(const struct cluster *c)
{
        return gather_invariants(c->gather);
}
