#include "sim/budget.h"

#include "cluster/controller.h"

/* A disk that kept nothing must be filled anew, wherever the broker is a replica. */
static bool is_in_sync(const struct image *image, int32_t id)
{
        for (const struct image_topic *t = image->topics; t; t = t->hh.next)
                for (int32_t i = 0; i < t->partition_count; i++)
                        if (replica_set_has(&t->partitions[i].replicas, id) &&
                            !replica_set_has(&t->partitions[i].isr, id))
                                return false;
        return true;
}

static void see_who_is_back(struct budget *b, const struct cluster *c)
{
        for (int32_t id = 1; cluster_is_broker(c, id); id++)
                if (b->brokers[id].is_out && cluster_node(c, id)->boots > b->brokers[id].boots &&
                    cluster_is_ready(c, id) && is_in_sync(broker_image(cluster_broker(c, id)), id))
                        b->brokers[id].is_out = false;
}

/* The broker has, or may have, what nobody else need have. */
static bool counts(const struct image_partition *p, const struct byte_loss *loss)
{
        if (loss->later)
                return replica_set_has(&p->replicas, loss->id);
        return replica_set_has(&p->isr, loss->id) || replica_set_has(&p->elr, loss->id) ||
               replica_set_has(&p->last_known_elr, loss->id);
}

static bool allows(const struct budget *b, const struct history_partition *h,
                   const struct image_partition *p, const struct byte_loss *loss)
{
        int32_t out = 1;
        if (!counts(p, loss) || (h->sync_first && !loss->synced_too))
                return true;
        for (int32_t i = 0; i < p->replicas.count; i++) {
                int32_t id = p->replicas.ids[i];
                out += id != loss->id && b->brokers[id].is_out &&
                       (!h->sync_first || b->brokers[id].lost_synced);
        }
        return out < h->min_isr;
}

static bool allows_in(const struct budget *b, const struct image *image, const struct history *h,
                      const struct byte_loss *loss)
{
        for (int32_t i = 0; i < h->partition_count; i++) {
                const struct history_partition *p = &h->partitions[i];
                const struct image_partition *now =
                        image_partition(image, str_of(p->topic), p->index);
                if (now && p->replication > 1 && !p->unclean && !allows(b, p, now, loss))
                        return false;
        }
        return true;
}

static bool has_replicas(const struct history *h)
{
        for (int32_t i = 0; i < h->partition_count; i++)
                if (h->partitions[i].replication > 1)
                        return true;
        return false;
}

bool budget_allows(struct budget *b, const struct cluster *c, const struct history *h,
                   const struct byte_loss *loss)
{
        if (loss->synced_too && cluster_is_voter(c, loss->id))
                return false;
        if (!cluster_is_broker(c, loss->id) || !has_replicas(h))
                return true;
        see_who_is_back(b, c);
        /* What is committed may be known to nobody who runs, and what the controller has decided
         * may not have been committed yet. Without one nobody can say what will be. */
        const struct image *newest = cluster_newest_image(c);
        int32_t active = cluster_active(c);
        return newest && active >= 0 && allows_in(b, newest, h, loss) &&
               allows_in(b, &broker_controller(cluster_broker(c, active))->image, h, loss);
}

void budget_spend(struct budget *b, const struct cluster *c, const struct byte_loss *loss)
{
        if (!cluster_is_broker(c, loss->id))
                return;
        b->brokers[loss->id].lost_synced = loss->synced_too || (b->brokers[loss->id].is_out &&
                                                                b->brokers[loss->id].lost_synced);
        b->brokers[loss->id].is_out = true;
        b->brokers[loss->id].boots = cluster_node(c, loss->id)->boots;
}
