#include "sim/invariants_state.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

static void *allocate(size_t count, size_t item_bytes)
{
        void *items = calloc(count + 1, item_bytes);
        if (!items)
                abort();
        return items;
}

struct invariants *invariants_new(struct history *h, struct verdict *verdict, const int64_t *now_ns)
{
        struct invariants *v = allocate(1, sizeof *v);
        v->h = h;
        v->verdict = verdict;
        v->now_ns = now_ns;
        v->newest_quorum_epoch = -1;
        v->partitions = allocate((size_t)h->partition_count, sizeof *v->partitions);
        for (int32_t i = 0; i < h->partition_count; i++) {
                v->partitions[i].newest_epoch = -1;
                v->partitions[i].first_leader = -1;
                v->partitions[i].gap_end = -1;
        }
        for (int32_t i = 0; i < INVARIANTS_NODES; i++)
                v->nodes[i].vote.epoch = -1;
        return v;
}

void invariants_free(struct invariants *v)
{
        for (int32_t i = 0; i < v->h->partition_count; i++) {
                batches_deinit(&v->partitions[i].committed);
                invariants_forget_sequences(&v->partitions[i]);
                free(v->partitions[i].leaders.items);
        }
        for (int32_t i = 0; i < INVARIANTS_NODES; i++)
                free(v->nodes[i].replicas);
        free(v->partitions);
        free(v->quorum_leaders.items);
        batches_deinit(&v->found);
        batches_deinit(&v->metadata);
        free(v);
}

int32_t epoch_leaders_add(struct epoch_leaders *l, int32_t epoch, int32_t node)
{
        for (int32_t i = l->count - 1; i >= 0; i--)
                if (l->items[i].epoch == epoch)
                        return l->items[i].node;
        if (l->count == l->capacity) {
                l->capacity = l->capacity > 0 ? 2 * l->capacity : 8;
                l->items = realloc(l->items, (size_t)l->capacity * sizeof *l->items);
                if (!l->items)
                        abort();
        }
        l->items[l->count++] = (struct epoch_leader){epoch, node};
        return -1;
}

bool invariants_read(struct invariants *v, const struct batch_source *source, int64_t *checked_to,
                     int64_t to)
{
        v->found.count = 0;
        if (*checked_to >= to)
                return true;
        if (!source->read(source->context, *checked_to, to, &v->found))
                return false;
        *checked_to = to;
        return true;
}

/* --- who and what --- */

static const char *name_of(const struct invariants *v, int32_t partition)
{
        return v->h->partitions[partition].name;
}

/* Nothing about its records is promised any more; or there is nothing left of it. */
static bool is_beyond(const struct invariants *v, int32_t partition)
{
        const struct history_partition *p = &v->h->partitions[partition];
        return p->deleted || p->beyond_ns > 0 || v->partitions[partition].is_cut;
}

static struct replica_state *state_of(struct invariants *v, int32_t node, int32_t partition)
{
        assert(node >= 0 && node < INVARIANTS_NODES);
        struct node_state *n = &v->nodes[node];
        if (!n->replicas)
                n->replicas = allocate((size_t)v->h->partition_count, sizeof *n->replicas);
        return &n->replicas[partition];
}

/* The controller may elect it, and it has lost nothing. */
static bool is_candidate(const struct partition_state *p, int32_t node)
{
        return p->is_known && (assignment_members(&p->newest) & ~p->lossy & node_bit(node));
}

/* No newer leader than this one is known. */
static bool is_rightful(const struct partition_state *p, const struct seen_replica *r)
{
        return r->role == REPLICA_LEADER && r->leader_epoch >= p->newest_epoch;
}

/* --- lives --- */

/* It has led in an old epoch up to now, and may have answered as if it still were the leader. */
static void end_lead(struct invariants *v, int32_t partition, const struct replica_state *s)
{
        if (s->is_open && s->last.role == REPLICA_LEADER &&
            s->last.leader_epoch < v->partitions[partition].newest_epoch)
                v->h->partitions[partition].stale_ns = *v->now_ns;
}

static void end_life(struct invariants *v, int32_t node)
{
        struct node_state *n = &v->nodes[node];
        for (int32_t i = 0; n->replicas && i < v->h->partition_count; i++) {
                end_lead(v, i, &n->replicas[i]);
                n->replicas[i].is_open = false;
        }
        n->metadata_checked_to = 0;
        n->has_quorum = false;
}

void invariants_started(struct invariants *v, int32_t node)
{
        end_life(v, node);
        v->nodes[node].is_running = true;
}

void invariants_ended(struct invariants *v, int32_t node)
{
        end_life(v, node);
        v->nodes[node].is_running = false;
}

void invariants_closed(struct invariants *v, int32_t node, int32_t partition)
{
        struct replica_state *s = state_of(v, node, partition);
        end_lead(v, partition, s);
        s->is_open = false;
}

/* Nobody is left whom the controller will take for whole, and somebody is not. */
static void settle_budget(struct invariants *v, int32_t partition)
{
        struct partition_state *p = &v->partitions[partition];
        struct history_partition *h = &v->h->partitions[partition];
        uint64_t members = assignment_members(&p->newest);
        if (members == 0) /* then the last one leads again */
                members = p->newest.last_known;
        if (!p->is_known || members == 0 || (members & ~p->doubted) != 0 || p->lossy == 0)
                return;
        if (h->replication <= 1)
                p->is_cut = true;
        else if (h->beyond_ns == 0)
                h->beyond_ns = *v->now_ns;
}

void invariants_lost(struct invariants *v, int32_t node, int32_t partition, enum loss_kind loss)
{
        struct partition_state *p = &v->partitions[partition];
        p->doubted |= node_bit(node);
        if (loss != LOSS_CLAIMED)
                v->unregistered |= node_bit(node);
        /* What is not synced does not count where all must be. */
        if (loss == LOSS_ALL || (loss == LOSS_UNSYNCED && !v->h->partitions[partition].sync_first))
                p->lossy |= node_bit(node);
        settle_budget(v, partition);
}

void invariants_registered(struct invariants *v, int32_t node)
{
        v->unregistered &= ~node_bit(node);
}

void invariants_wiped(struct invariants *v, int32_t node)
{
        v->nodes[node].vote.epoch = -1;
}

/* --- I6: leaders and epochs of partitions --- */

static void check_epoch(struct invariants *v, const struct seen_replica *now,
                        const struct replica_state *before)
{
        struct partition_state *p = &v->partitions[now->partition];
        bool promised = !v->h->nothing_promised;
        if (before->is_open && now->leader_epoch < before->last.leader_epoch)
                verdict_add(v->verdict, ANOMALY_EPOCH_FELL, promised,
                            "%s at broker %" PRId32 ": leader epoch %" PRId32 " after %" PRId32
                            " (%.3f s)",
                            name_of(v, now->partition), now->node, now->leader_epoch,
                            before->last.leader_epoch, invariants_seconds(v));
        if (now->leader_epoch > p->newest_epoch && now->role != REPLICA_IDLE)
                p->newest_epoch = now->leader_epoch;
        if (now->role != REPLICA_LEADER)
                return;
        int32_t other = epoch_leaders_add(&p->leaders, now->leader_epoch, now->node);
        bool is_new = !before->is_open || before->last.role != REPLICA_LEADER ||
                      before->last.leader_epoch != now->leader_epoch;
        if (other >= 0 && other != now->node && is_new)
                verdict_add(v->verdict, ANOMALY_TWO_LEADERS, promised,
                            "%s has two leaders in epoch %" PRId32 ": brokers %" PRId32
                            " and %" PRId32 " (%.3f s)",
                            name_of(v, now->partition), now->leader_epoch, other, now->node,
                            invariants_seconds(v));
}

/* --- I5: marks --- */

static void check_fall(struct invariants *v, const struct seen_replica *now, const char *mark,
                       enum anomaly a, int64_t before, int64_t after)
{
        if (after < before)
                verdict_add(v->verdict, a, !v->h->nothing_promised,
                            "%s: the leader, broker %" PRId32 ", moved %s from %" PRId64
                            " to %" PRId64 " in epoch %" PRId32 " (%.3f s)",
                            name_of(v, now->partition), now->node, mark, before, after,
                            now->leader_epoch, invariants_seconds(v));
}

static void check_marks(struct invariants *v, const struct seen_replica *now,
                        struct replica_state *s)
{
        if (now->role == REPLICA_IDLE)
                return;
        if (s->is_open && now->role == REPLICA_LEADER && s->last.role == REPLICA_LEADER &&
            now->leader_epoch == s->last.leader_epoch) {
                check_fall(v, now, "it", ANOMALY_HW_FELL, s->last.high_watermark,
                           now->high_watermark);
                if (now->high_watermark >= s->last.high_watermark)
                        check_fall(v, now, "its last stable offset", ANOMALY_LSO_FELL,
                                   s->last.last_stable, now->last_stable);
        }
        if (now->log_start <= now->last_stable && now->last_stable <= now->high_watermark &&
            now->high_watermark <= now->log_end)
                return;
        if (!(s->told & TOLD_MARKS))
                verdict_add(v->verdict, ANOMALY_MARKS_DISORDERED, !v->h->nothing_promised,
                            "%s at broker %" PRId32 ": log start %" PRId64
                            ", last stable offset %" PRId64 ", high watermark %" PRId64
                            ", log end %" PRId64 " (%.3f s)",
                            name_of(v, now->partition), now->node, now->log_start, now->last_stable,
                            now->high_watermark, now->log_end, invariants_seconds(v));
        s->told |= TOLD_MARKS;
}

/* --- I1: contents --- */

static void tell_difference(struct invariants *v, const struct seen_replica *now,
                            const struct seen_batch *found, const struct seen_batch *expected)
{
        enum anomaly a = ANOMALY_LOGS_DIFFER;
        if (found->base_offset >= now->high_watermark)
                a = now->role == REPLICA_LEADER ? ANOMALY_LEADER_INCOMPLETE
                                                : ANOMALY_CANDIDATE_INCOMPLETE;
        verdict_add(v->verdict, a, !v->h->nothing_promised,
                    "%s at broker %" PRId32 " has offsets %" PRId64 "-%" PRId64 " of epoch %" PRId32
                    " (sum %08" PRIx32 "); committed are %" PRId64 "-%" PRId64 " of epoch %" PRId32
                    " (sum %08" PRIx32 ") (%.3f s)",
                    name_of(v, now->partition), now->node, found->base_offset, found->last_offset,
                    found->leader_epoch, found->crc, expected->base_offset, expected->last_offset,
                    expected->leader_epoch, expected->crc, invariants_seconds(v));
}

/* What this leader's high watermark has passed is committed. */
static void extend_committed(struct invariants *v, const struct seen_replica *now)
{
        struct partition_state *p = &v->partitions[now->partition];
        int64_t count = p->committed.count;
        committed_extend(&p->committed, &v->found);
        invariants_sequences(v, now->partition, count);
        p->committed_to = now->high_watermark;
        const struct batches *c = &p->committed;
        if (c->count > 0 && c->items[c->count - 1].last_offset >= now->high_watermark)
                verdict_add(v->verdict, ANOMALY_MARKS_DISORDERED, !v->h->nothing_promised,
                            "%s at broker %" PRId32 ": high watermark %" PRId64
                            " lies inside the batch %" PRId64 "-%" PRId64 " (%.3f s)",
                            name_of(v, now->partition), now->node, now->high_watermark,
                            c->items[c->count - 1].base_offset, c->items[c->count - 1].last_offset,
                            invariants_seconds(v));
}

/* How far its batches must be the committed ones: to its own high watermark, and where it must be
 * complete, to the end of what is committed. */
static int64_t must_match_to(const struct partition_state *p, const struct seen_replica *now)
{
        int64_t to = now->high_watermark;
        if (to > p->committed_to || is_rightful(p, now) || is_candidate(p, now->node))
                to = p->committed_to;
        return to < now->log_end ? to : now->log_end;
}

/* Compares what was not compared before. True when this leader has committed more. */
static bool check_content(struct invariants *v, const struct seen_replica *now,
                          struct replica_state *s)
{
        struct partition_state *p = &v->partitions[now->partition];
        bool extends = now->role == REPLICA_LEADER && now->high_watermark > p->committed_to;
        int64_t to = extends ? now->high_watermark : must_match_to(p, now);
        const struct seen_batch *expected;
        if (!s->is_open)
                s->checked_to = 0;
        if (s->checked_to < now->log_start)
                s->checked_to = now->log_start;
        if (s->checked_to > now->log_end)
                s->checked_to = now->log_end;
        if (!invariants_read(v, &now->batches, &s->checked_to, to))
                return false;
        int64_t i = committed_compare(&p->committed, &v->found,
                                      v->h->partitions[now->partition].compacts, &expected);
        if (i >= 0)
                tell_difference(v, now, &v->found.items[i], expected);
        if (extends)
                extend_committed(v, now);
        return extends;
}

/* --- I2, I3: lengths --- */

static void check_leader(struct invariants *v, const struct seen_replica *now,
                         struct replica_state *s)
{
        const struct partition_state *p = &v->partitions[now->partition];
        int64_t acked = v->h->partitions[now->partition].acked_end;
        int64_t needed = acked > p->committed_to ? acked : p->committed_to;
        if (!is_rightful(p, now) || now->log_end >= needed || (s->told & TOLD_SHORT))
                return;
        s->told |= TOLD_SHORT;
        verdict_add(v->verdict, ANOMALY_LEADER_INCOMPLETE, !v->h->nothing_promised,
                    "%s: broker %" PRId32 " leads in epoch %" PRId32 " with a log that ends at "
                    "%" PRId64 "; all below %" PRId64 " was %s (%.3f s)",
                    name_of(v, now->partition), now->node, now->leader_epoch, now->log_end, needed,
                    needed == p->committed_to ? "committed" : "acknowledged",
                    invariants_seconds(v));
}

/* The replica as last seen, in the light of the newest metadata and of what is committed. */
static void check_candidate(struct invariants *v, int32_t node, int32_t partition)
{
        const struct partition_state *p = &v->partitions[partition];
        struct replica_state *s = state_of(v, node, partition);
        if (!v->nodes[node].is_running || !s->is_open || !is_candidate(p, node) ||
            s->last.role == REPLICA_LEADER || s->last.log_end >= p->committed_to ||
            (s->told & TOLD_SHORT))
                return;
        s->told |= TOLD_SHORT;
        verdict_add(v->verdict, ANOMALY_CANDIDATE_INCOMPLETE, !v->h->nothing_promised,
                    "%s: broker %" PRId32 " may be elected, and its log ends at %" PRId64
                    "; all below %" PRId64 " was committed (%.3f s)",
                    name_of(v, partition), node, s->last.log_end, p->committed_to,
                    invariants_seconds(v));
}

static void check_candidates(struct invariants *v, int32_t partition)
{
        uint64_t members = assignment_members(&v->partitions[partition].newest);
        for (int32_t i = 0; members >> i; i++)
                if (members >> i & 1)
                        check_candidate(v, i, partition);
}

/* --- I4: the leader waits for all whom the controller may elect --- */

static void check_quorums(struct invariants *v, int32_t node, int32_t partition)
{
        const struct partition_state *p = &v->partitions[partition];
        const struct seen_assignment *a = &p->newest;
        struct replica_state *s = state_of(v, node, partition);
        const struct seen_replica *r = &s->last;
        if (!p->is_known || !s->is_open || r->role != REPLICA_LEADER || a->leader != node ||
            a->leader_epoch != r->leader_epoch || (s->told & TOLD_APART))
                return;
        uint64_t needed = a->isr;
        if (__builtin_popcountll(r->isr) >= v->h->partitions[partition].min_isr)
                needed |= a->elr;
        uint64_t missing = needed & ~r->maximal_isr;
        if (missing == 0)
                return;
        s->told |= TOLD_APART;
        verdict_add(v->verdict, ANOMALY_QUORUMS_APART, !v->h->nothing_promised,
                    "%s: the leader, broker %" PRId32 ", does not wait for broker %d, whom the "
                    "controller may elect (%.3f s)",
                    name_of(v, partition), node, __builtin_ctzll(missing), invariants_seconds(v));
}

/* --- I10: one owner --- */

void invariants_group(struct invariants *v, const struct seen_group *now)
{
        for (int32_t i = 0; i < now->owner_count; i++)
                for (int32_t k = 0; k < i; k++)
                        if (now->owners[k].partition == now->owners[i].partition)
                                verdict_add(v->verdict, ANOMALY_TWO_OWNERS, !v->h->nothing_promised,
                                            "group %s at broker %" PRId32
                                            " has assigned %s to two members in generation %" PRId32
                                            " (%.3f s)",
                                            v->h->groups[now->group].name, now->node,
                                            name_of(v, now->owners[i].partition), now->generation,
                                            invariants_seconds(v));
}

/* --- what comes in --- */

void invariants_replica(struct invariants *v, const struct seen_replica *now)
{
        struct replica_state *s = state_of(v, now->node, now->partition);
        if (now->role != REPLICA_LEADER || now->leader_epoch != s->last.leader_epoch)
                end_lead(v, now->partition, s);
        check_epoch(v, now, s);
        if (is_beyond(v, now->partition)) {
                s->last = *now;
                s->is_open = true;
                return;
        }
        if (!s->is_open || s->last.role != now->role || s->last.leader_epoch != now->leader_epoch)
                s->told = 0;
        check_marks(v, now, s);
        bool extended = check_content(v, now, s);
        s->last = *now;
        s->is_open = true;
        check_leader(v, now, s);
        check_quorums(v, now->node, now->partition);
        if (extended)
                check_candidates(v, now->partition);
        else
                check_candidate(v, now->node, now->partition);
}

/* An election among those who may lack what is committed; or several at once, of which any may have
 * been that. The last known leader is no such one: it was the last member of the ISR. */
static bool is_unclean(const struct partition_state *p, const struct seen_assignment *now)
{
        uint64_t may_lead = assignment_members(&p->newest);
        if (may_lead == 0)
                may_lead = p->newest.last_known;
        if (!p->is_known || now->leader_epoch <= p->newest.leader_epoch)
                return false;
        return now->leader_epoch > p->newest.leader_epoch + 1 ||
               (now->leader >= 0 && !(may_lead & node_bit(now->leader)));
}

void invariants_assignment(struct invariants *v, const struct seen_assignment *now)
{
        struct partition_state *p = &v->partitions[now->partition];
        struct history_partition *h = &v->h->partitions[now->partition];
        if (h->unclean && h->beyond_ns == 0 && is_unclean(p, now))
                h->beyond_ns = *v->now_ns;
        if (p->first_leader < 0)
                p->first_leader = now->leader;
        else if (now->leader >= 0 && now->leader != p->first_leader)
                h->leader_moved = true;
        if (now->leader_epoch > p->newest_epoch)
                p->newest_epoch = now->leader_epoch;
        /* One that the leader had asked to take in before it lost bytes has not joined anew. */
        uint64_t joined = assignment_members(now) & ~assignment_members(&p->newest);
        joined &= ~v->unregistered;
        p->lossy &= ~joined;
        p->doubted &= ~joined;
        p->was_away |= p->is_known ? p->newest.isr & ~now->isr : 0;
        if (now->leader >= 0 && (p->was_away & node_bit(now->leader)))
                h->led_by_returned = true;
        p->newest = *now;
        p->is_known = true;
        settle_budget(v, now->partition);
        if (is_beyond(v, now->partition))
                return;
        if (now->leader >= 0)
                check_quorums(v, now->leader, now->partition);
        check_candidates(v, now->partition);
}

/* --- what is known --- */

const struct seen_assignment *invariants_newest(const struct invariants *v, int32_t partition)
{
        const struct partition_state *p = &v->partitions[partition];
        return p->is_known ? &p->newest : NULL;
}

bool invariants_last_seen(const struct invariants *v, int32_t node, int32_t partition,
                          struct seen_replica *last)
{
        const struct node_state *n = &v->nodes[node];
        if (!n->is_running || !n->replicas || !n->replicas[partition].is_open)
                return false;
        *last = n->replicas[partition].last;
        return true;
}
