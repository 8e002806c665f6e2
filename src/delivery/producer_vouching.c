/* KIP-890: a transaction is opened here only when the coordinator has said that it is open there.
 */
#include "delivery/producer_private.h"

#include <stdlib.h>

static struct vouching *find(const struct producer_state *s, int64_t producer_id)
{
        struct vouching *v;
        HASH_FIND(hh, s->vouchings, &producer_id, sizeof producer_id, v);
        return v;
}

static struct vouching *find_or_add(struct producer_state *s, int64_t producer_id)
{
        struct vouching *v = find(s, producer_id);
        if (v)
                return v;
        v = malloc(sizeof *v);
        if (!v)
                abort();
        *v = (struct vouching){.producer_id = producer_id, .epoch = -1};
        HASH_ADD(hh, s->vouchings, producer_id, sizeof v->producer_id, v);
        return v;
}

void producer_vouching_drop(struct producer_state *s, int64_t producer_id)
{
        struct vouching *v = find(s, producer_id);
        if (!v)
                return;
        HASH_DEL(s->vouchings, v);
        free(v);
}

void producer_vouchings_drop_until(struct producer_state *s, int64_t wall_ms)
{
        struct vouching *v, *next;
        HASH_ITER (hh, s->vouchings, v, next) {
                if (v->asked_ms <= wall_ms)
                        producer_vouching_drop(s, v->producer_id);
        }
}

bool producer_is_vouched(const struct producer_state *s, const struct batch_header *h)
{
        const struct vouching *v = find(s, h->producer_id);
        return v && v->is_vouched && v->epoch == h->producer_epoch;
}

bool producer_has_open_txn(const struct producer_entry *e, const struct batch_header *h)
{
        return e && e->epoch == h->producer_epoch && e->txn_first_offset >= 0;
}

bool producer_state_must_verify(struct producer_state *s, const struct batch_header *h,
                                uint64_t *ticket)
{
        const struct producer_entry *e = producer_state_find(s, h->producer_id);
        *ticket = 0;
        if (!(h->attributes & BATCH_TRANSACTIONAL) || (h->attributes & BATCH_CONTROL) ||
            h->producer_id < 0 || producer_has_open_txn(e, h) || producer_find_repeated(e, h) ||
            producer_is_vouched(s, h))
                return false;
        struct vouching *v = find_or_add(s, h->producer_id);
        if (h->producer_epoch > v->epoch) {
                v->epoch = h->producer_epoch;
                v->ticket = ++s->last_ticket;
                v->is_vouched = false;
        }
        v->asked_ms = s->world->wall_ms(s->world);
        if (v->epoch == h->producer_epoch) /* else it is a zombie's */
                *ticket = v->ticket;
        return true;
}

void producer_state_vouch(struct producer_state *s, int64_t producer_id, int16_t epoch,
                          uint64_t ticket)
{
        struct vouching *v = find(s, producer_id);
        if (v && v->ticket == ticket && v->epoch == epoch)
                v->is_vouched = true;
}
