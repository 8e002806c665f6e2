/* What a run had to keep: see checker.h. */
#include "sim/checker_private.h"

bool checker_is_beyond(const struct checker *c, int32_t partition)
{
        return c->h->nothing_promised || c->h->partitions[partition].beyond_ns > 0;
}

bool checker_is_kept(const struct checker *c, int32_t partition)
{
        if (c->h->nothing_promised)
                return false;
        if (partition < 0)
                return true;
        for (int32_t i = 0; i < c->h->cut_count; i++)
                if (c->h->cuts[i].partition == partition &&
                    (c->h->cuts[i].wiped || !c->h->partitions[partition].sync_first))
                        return false;
        return !checker_is_beyond(c, partition);
}

/* While there was one replica, a power cut was free to take fact `i`, and took nothing but a
 * suffix: no record behind it that was acknowledged before the cut is still there. Of a transaction
 * it may have taken the marker, which lies behind all that. */
static bool may_be_cut(const struct checker *c, int64_t i)
{
        const struct fact *f = &c->facts[i];
        for (int32_t k = 0; k < c->h->cut_count; k++) {
                const struct history_cut *cut = &c->h->cuts[k];
                if (cut->partition != f->partition || cut->time_ns < c->h->sends[f->send].invoke_ns)
                        continue;
                if (cut->wiped)
                        return true;
                if (c->h->partitions[f->partition].sync_first)
                        continue;
                if (c->h->sends[f->send].transaction >= 0 ||
                    (f->offset >= cut->synced_to && cut->time_ns < c->survivor_done_ns[i]))
                        return true;
        }
        return false;
}

/* What only the leader of the moment had acknowledged (acks=1) goes when another one leads. What
 * was acknowledged with acks=all, or was once read, was committed. */
bool checker_may_be_lost(const struct checker *c, int64_t i)
{
        const struct fact *f = &c->facts[i];
        if (checker_is_beyond(c, f->partition) || may_be_cut(c, i))
                return true;
        return c->h->partitions[f->partition].leader_moved && c->h->sends[f->send].acks != -1 &&
               !(f->vouchers & FACT_READ);
}

bool checker_is_looked_for(const struct checker *c, const struct fact *f)
{
        const struct history_partition *p = &c->h->partitions[f->partition];
        return p->final_end >= 0 && !p->deleted && f->offset >= p->deleted_to &&
               c->h->sends[f->send].done_ns <= c->final_ns &&
               !(p->expires && f->offset < p->final_start);
}

bool checker_keeps_transaction(const struct checker *c, int32_t transaction)
{
        int32_t client = c->h->transactions[transaction].client;
        return checker_is_kept(c, c->h->clients[client].coordinator);
}
