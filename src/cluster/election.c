#include "cluster/election.h"

#include "cluster/reassignment.h"

#include <assert.h>
#include <string.h>

static bool is_active(const struct electorate *e, int32_t broker)
{
        return e->is_active(e->context, broker);
}

static void settle_isr(struct image_partition *wanted, const struct electorate *e)
{
        struct replica_set isr = {.count = 0};
        for (int32_t i = 0; i < wanted->isr.count; i++) {
                int32_t id = wanted->isr.ids[i];
                if (id != e->lost_broker && is_active(e, id) &&
                    replica_set_has(&wanted->replicas, id))
                        replica_set_add(&isr, id);
        }
        wanted->isr = isr;
}

/* Whoever was in either set and is not in the ISR now. */
static void settle_elr(const struct image_partition *now, struct image_partition *wanted,
                       const struct electorate *e)
{
        wanted->elr = (struct replica_set){.count = 0};
        for (int32_t i = 0; i < wanted->replicas.count; i++) {
                int32_t id = wanted->replicas.ids[i];
                if (id != e->lost_broker && !replica_set_has(&wanted->isr, id) &&
                    (replica_set_has(&now->isr, id) || replica_set_has(&now->elr, id)))
                        replica_set_add(&wanted->elr, id);
        }
}

/* The first replica that is active and in `among` (NULL: anywhere); -1. */
static int32_t first_active(const struct image_partition *p, const struct replica_set *among,
                            const struct electorate *e)
{
        for (int32_t i = 0; i < p->replicas.count; i++) {
                int32_t id = p->replicas.ids[i];
                if (is_active(e, id) && (!among || replica_set_has(among, id)))
                        return id;
        }
        return -1;
}

static int32_t elect(const struct image_partition *now, struct image_partition *wanted,
                     const struct electorate *e)
{
        if (wanted->isr.count > 0)
                return replica_set_has(&wanted->isr, wanted->leader)
                               ? wanted->leader
                               : first_active(wanted, &wanted->isr, e);
        int32_t leader = first_active(wanted, &wanted->elr, e);
        if (leader < 0 && wanted->elr.count == 0)
                leader = first_active(wanted, &now->last_known_elr, e);
        if (leader < 0 && e->unclean) {
                leader = first_active(wanted, NULL, e);
                /* What the new leader lacks is lost, so what others have counts no more. */
                if (leader >= 0)
                        wanted->elr.count = 0;
        }
        if (leader >= 0) {
                replica_set_add(&wanted->isr, leader);
                replica_set_remove(&wanted->elr, leader);
        }
        return leader;
}

void election_settle(const struct image_partition *now, struct image_partition *wanted,
                     const struct electorate *e)
{
        assert(wanted->replicas.count > 0 && "a partition has replicas");
        settle_isr(wanted, e);
        settle_elr(now, wanted, e);
        wanted->leader = elect(now, wanted, e);
        if (reassignment_finish(wanted)) /* it may take the leader away */
                wanted->leader = elect(now, wanted, e);
        int32_t enough = e->min_isr < wanted->replicas.count ? e->min_isr : wanted->replicas.count;
        if (wanted->isr.count >= enough)
                wanted->elr.count = 0;
        if (wanted->leader >= 0)
                wanted->last_known_elr.count = 0;
        else if (now->leader >= 0)
                wanted->last_known_elr = (struct replica_set){{now->leader}, 1};
        else
                wanted->last_known_elr = now->last_known_elr;
}

static struct broker_ids if_changed(const struct replica_set *now, struct replica_set *wanted)
{
        return replica_set_equal(now, wanted) ? (struct broker_ids){NULL, -1}
                                              : (struct broker_ids){wanted->ids, wanted->count};
}

static bool same_order(const struct replica_set *a, const struct replica_set *b)
{
        return a->count == b->count &&
               memcmp(a->ids, b->ids, (size_t)a->count * sizeof a->ids[0]) == 0;
}

static bool takes_away(const struct image_partition *now, const struct image_partition *wanted)
{
        for (int32_t i = 0; i < now->replicas.count; i++) {
                if (!replica_set_has(&wanted->replicas, now->replicas.ids[i]))
                        return true;
        }
        return false;
}

bool election_change(const struct image_partition *now, struct image_partition *wanted,
                     const struct uuid *topic_id, int32_t index, struct metadata_record *record)
{
        struct partition_change_record r = partition_change_of(topic_id, index);
        r.isr = if_changed(&now->isr, &wanted->isr);
        r.elr = if_changed(&now->elr, &wanted->elr);
        r.last_known_elr = if_changed(&now->last_known_elr, &wanted->last_known_elr);
        r.adding_replicas = if_changed(&now->adding, &wanted->adding);
        r.removing_replicas = if_changed(&now->removing, &wanted->removing);
        if (!same_order(&now->replicas, &wanted->replicas))
                r.replicas = (struct broker_ids){wanted->replicas.ids, wanted->replicas.count};
        if (wanted->leader != now->leader || takes_away(now, wanted))
                r.leader = wanted->leader;
        *record =
                (struct metadata_record){.type = METADATA_PARTITION_CHANGE, .partition_change = r};
        return r.isr.count >= 0 || r.elr.count >= 0 || r.last_known_elr.count >= 0 ||
               r.adding_replicas.count >= 0 || r.removing_replicas.count >= 0 ||
               r.replicas.count >= 0 || r.leader != PARTITION_CHANGE_SAME_LEADER;
}
