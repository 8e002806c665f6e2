#include "cluster/placement.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void placement_init(struct placement *p, struct world *w, const struct image *image)
{
        *p = (struct placement){.world = w};
        p->brokers = calloc(HASH_COUNT(image->brokers) + 1, sizeof p->brokers[0]);
        if (!p->brokers)
                abort();
        for (const struct image_broker *b = image->brokers; b; b = b->hh.next) {
                if (!b->fenced && !b->in_shutdown)
                        p->brokers[p->count++] = b->id;
        }
}

void placement_deinit(struct placement *p)
{
        free(p->brokers);
        p->brokers = NULL;
}

/* Fisher and Yates. */
static void shuffle(struct placement *p)
{
        for (int32_t i = p->count - 1; i > 0; i--) {
                int32_t j = (int32_t)(p->world->random_u64(p->world) % (uint64_t)(i + 1));
                int32_t id = p->brokers[i];
                p->brokers[i] = p->brokers[j];
                p->brokers[j] = id;
        }
}

struct replica_set placement_next(struct placement *p, int32_t replicas)
{
        assert(replicas >= 1 && replicas <= p->count && "the caller counts the brokers first");
        if (p->next == 0)
                shuffle(p);
        struct replica_set set = {.count = 0};
        for (int32_t i = 0; i < replicas; i++)
                replica_set_add(&set, p->brokers[(p->next + i) % p->count]);
        p->next = (p->next + 1) % p->count;
        return set;
}

enum kerr placement_read(const struct image *image, const int32_t *ids, int32_t count,
                         struct replica_set *replicas, char *why, size_t why_size)
{
        why[0] = '\0';
        if (count < 1)
                snprintf(why, why_size, "The replica list is empty.");
        else if (!replica_set_from(replicas, ids, count))
                snprintf(why, why_size, "A replica is named twice, or more than %d are.",
                         REPLICAS_MAX);
        for (int32_t i = 0; !why[0] && i < count; i++) {
                if (!image_broker(image, ids[i]))
                        snprintf(why, why_size, "No broker %d is registered.", ids[i]);
        }
        return why[0] ? KERR_INVALID_REPLICA_ASSIGNMENT : KERR_NONE;
}
