/* The invariants of the metadata quorum: I6 and I7. */
#include "sim/invariants_state.h"

#include <inttypes.h>

/* --- I6: epochs, votes, leaders --- */

/* Over its lives a node keeps the epoch in which it has voted; one that it only has heard of it may
 * forget. */
static void check_epoch(struct invariants *v, const struct seen_quorum *now,
                        const struct node_state *n)
{
        int32_t before = n->has_quorum ? n->quorum.epoch : n->vote.epoch;
        if (now->epoch < before)
                verdict_add(v->verdict, ANOMALY_EPOCH_FELL, !v->h->nothing_promised,
                            "node %" PRId32 ": quorum epoch %" PRId32 " after %" PRId32 " (%.3f s)",
                            now->node, now->epoch, before, invariants_seconds(v));
}

static void check_vote(struct invariants *v, const struct seen_quorum *now, struct node_state *n)
{
        if (now->voted_for < 0)
                return;
        if (n->vote.epoch == now->epoch && n->vote.node != now->voted_for)
                verdict_add(v->verdict, ANOMALY_TWO_VOTES, !v->h->nothing_promised,
                            "node %" PRId32 " has voted for %" PRId32 " and for %" PRId32
                            " in quorum epoch %" PRId32 " (%.3f s)",
                            now->node, n->vote.node, now->voted_for, now->epoch,
                            invariants_seconds(v));
        n->vote = (struct epoch_leader){now->epoch, now->voted_for};
}

static bool has_become_leader(const struct seen_quorum *now, const struct node_state *n)
{
        return now->role == QUORUM_LEADER &&
               !(n->has_quorum && n->quorum.role == QUORUM_LEADER && n->quorum.epoch == now->epoch);
}

static void check_new_leader(struct invariants *v, const struct seen_quorum *now)
{
        int32_t other = epoch_leaders_add(&v->quorum_leaders, now->epoch, now->node);
        if (other >= 0 && other != now->node)
                verdict_add(v->verdict, ANOMALY_TWO_LEADERS, !v->h->nothing_promised,
                            "the quorum has two leaders in epoch %" PRId32 ": nodes %" PRId32
                            " and %" PRId32 " (%.3f s)",
                            now->epoch, other, now->node, invariants_seconds(v));
        if (now->epoch > v->newest_quorum_epoch)
                v->newest_quorum_epoch = now->epoch;
        if (now->epoch == v->newest_quorum_epoch && now->log_end < v->metadata_to)
                verdict_add(v->verdict, ANOMALY_METADATA_DIFFERS, !v->h->nothing_promised,
                            "node %" PRId32 " leads the quorum in epoch %" PRId32
                            " with a log that ends at %" PRId64 "; all below %" PRId64
                            " was committed (%.3f s)",
                            now->node, now->epoch, now->log_end, v->metadata_to,
                            invariants_seconds(v));
}

/* --- I7: the metadata log --- */

static void check_applied(struct invariants *v, const struct seen_quorum *now,
                          const struct node_state *n)
{
        if (now->applied <= now->high_watermark || now->applied <= v->metadata_to ||
            (n->has_quorum && n->quorum.applied == now->applied))
                return;
        verdict_add(v->verdict, ANOMALY_APPLIED_UNCOMMITTED, !v->h->nothing_promised,
                    "node %" PRId32 " has applied all below %" PRId64 ", and only what is below "
                    "%" PRId64 " was committed (%.3f s)",
                    now->node, now->applied, v->metadata_to, invariants_seconds(v));
}

static void tell_difference(struct invariants *v, const struct seen_quorum *now,
                            const struct seen_batch *found, const struct seen_batch *expected)
{
        verdict_add(v->verdict, ANOMALY_METADATA_DIFFERS, !v->h->nothing_promised,
                    "node %" PRId32 " has offsets %" PRId64 "-%" PRId64 " of epoch %" PRId32
                    " (sum %08" PRIx32 "); committed are %" PRId64 "-%" PRId64 " of epoch %" PRId32
                    " (sum %08" PRIx32 ") (%.3f s)",
                    now->node, found->base_offset, found->last_offset, found->leader_epoch,
                    found->crc, expected->base_offset, expected->last_offset,
                    expected->leader_epoch, expected->crc, invariants_seconds(v));
}

static void check_content(struct invariants *v, const struct seen_quorum *now, struct node_state *n)
{
        bool leads = now->role == QUORUM_LEADER;
        bool extends = leads && now->high_watermark > v->metadata_to;
        int64_t to = now->high_watermark;
        const struct seen_batch *expected;
        if (!extends && (to > v->metadata_to || (leads && now->epoch == v->newest_quorum_epoch)))
                to = v->metadata_to;
        if (to > now->log_end)
                to = now->log_end;
        if (n->metadata_checked_to < now->log_start)
                n->metadata_checked_to = now->log_start;
        if (n->metadata_checked_to > now->log_end)
                n->metadata_checked_to = now->log_end;
        if (!invariants_read(v, &now->batches, &n->metadata_checked_to, to))
                return;
        int64_t i = committed_compare(&v->metadata, &v->found, false, &expected);
        if (i >= 0)
                tell_difference(v, now, &v->found.items[i], expected);
        if (!extends)
                return;
        committed_extend(&v->metadata, &v->found);
        v->metadata_to = now->high_watermark;
}

void invariants_quorum(struct invariants *v, const struct seen_quorum *now)
{
        struct node_state *n = &v->nodes[now->node];
        check_epoch(v, now, n);
        check_vote(v, now, n);
        if (has_become_leader(now, n))
                check_new_leader(v, now);
        check_content(v, now, n);
        check_applied(v, now, n);
        n->quorum = *now;
        n->has_quorum = true;
}
