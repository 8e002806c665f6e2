#include "sim/gather.h"

#include "cluster/controller.h"
#include "sim/gather_groups.h"
#include "sim/notes.h"

#include <assert.h>
#include <stdlib.h>

/* One replica of a running broker. */
struct gathered_replica {
        struct seen_replica seen;
        struct log_source source;
        int32_t partition_epoch;
        uint64_t proposed;
        bool is_open;
};

struct gathered_node {
        bool is_running;
        int32_t boots;
        struct gathered_replica *replicas; /* by partition */
        struct seen_quorum quorum;
        struct log_source metadata;
        bool has_quorum, is_active, has_failed;
        struct gathered_group *groups; /* of the history */
};

struct gather {
        struct sim *sim;
        struct history *h;
        struct invariants *invariants;
        struct gathered_node nodes[INVARIANTS_NODES];
        int64_t newest_applied;           /* in the metadata log, anywhere */
        int8_t fenced[INVARIANTS_NODES];  /* in the newest metadata; -1: not registered yet */
        int64_t epochs[INVARIANTS_NODES]; /* of the brokers' registrations there */
        bool *told_beyond;                /* by partition */
};

static void *allocate(size_t count, size_t item_bytes)
{
        void *items = calloc(count + 1, item_bytes);
        if (!items)
                abort();
        return items;
}

struct gather *gather_new(struct sim *sim, struct history *h, struct verdict *v)
{
        struct gather *g = allocate(1, sizeof *g);
        g->sim = sim;
        g->h = h;
        g->invariants = invariants_new(h, v, &sim->scheduler.now_ns);
        g->newest_applied = -1;
        g->told_beyond = allocate((size_t)h->partition_count, sizeof *g->told_beyond);
        for (int i = 0; i < INVARIANTS_NODES; i++)
                g->fenced[i] = -1;
        return g;
}

void gather_free(struct gather *g)
{
        for (int i = 0; i < INVARIANTS_NODES; i++) {
                free(g->nodes[i].replicas);
                free(g->nodes[i].groups);
        }
        invariants_free(g->invariants);
        free(g->told_beyond);
        free(g);
}

struct invariants *gather_invariants(struct gather *g)
{
        return g->invariants;
}

static void note(const struct gather *g, int32_t node, enum note code, int64_t b, int64_t c,
                 int64_t d)
{
        sim_trace(&g->sim->trace, node, NOTE, NULL, code, b, c, d);
}

static uint64_t mask_of(const struct replica_set *set)
{
        uint64_t mask = 0;
        for (int32_t i = 0; i < set->count; i++)
                if (set->ids[i] >= 0 && set->ids[i] < INVARIANTS_NODES)
                        mask |= UINT64_C(1) << set->ids[i];
        return mask;
}

static struct gathered_node *node_of(struct gather *g, const struct sim_node *node)
{
        assert(node->config.id >= 0 && node->config.id < INVARIANTS_NODES);
        return &g->nodes[node->config.id];
}

/* A write or a sync has failed: the broker does not vouch any more for what it wrote, and the
 * controller will count it as one that has lost bytes. */
static void see_failure(struct gather *g, struct gathered_node *n, int32_t node, bool is_offline)
{
        if (!is_offline || n->has_failed)
                return;
        n->has_failed = true;
        for (int32_t i = 0; i < g->h->partition_count; i++)
                invariants_lost(g->invariants, node, i, LOSS_CLAIMED);
}

/* --- the metadata quorum --- */

static void note_quorum(const struct gather *g, const struct gathered_node *n,
                        const struct seen_quorum *now)
{
        const struct seen_quorum *before = &n->quorum;
        bool is_new = !n->has_quorum || now->epoch != before->epoch;
        if (is_new || now->role != before->role || now->leader != before->leader)
                note(g, now->node, NOTE_QUORUM, now->role, now->epoch, now->leader);
        if (now->voted_for >= 0 && (is_new || now->voted_for != before->voted_for))
                note(g, now->node, NOTE_VOTED, now->voted_for, now->epoch, 0);
}

static bool is_quorum_same(const struct seen_quorum *a, const struct seen_quorum *b)
{
        return a->role == b->role && a->epoch == b->epoch && a->leader == b->leader &&
               a->voted_for == b->voted_for && a->high_watermark == b->high_watermark &&
               a->applied == b->applied && a->log_start == b->log_start && a->log_end == b->log_end;
}

static void see_quorum(struct gather *g, struct gathered_node *n, struct sim_node *node,
                       struct broker *b)
{
        const struct quorum *q = broker_quorum(b);
        struct partition_log *log = broker_metadata_log(b);
        see_failure(g, n, node->config.id, quorum_has_failed(q) || partition_log_is_offline(log));
        if (quorum_has_failed(q))
                return; /* what it could not write down has not left it */
        n->metadata = (struct log_source){&node->files.world, log};
        struct seen_quorum now = {.node = node->config.id,
                                  .role = q->role,
                                  .epoch = q->epoch,
                                  .leader = q->leader,
                                  .voted_for = q->voted_for,
                                  .high_watermark = q->high_watermark,
                                  .applied = broker_applied(b),
                                  .log_start = partition_log_start(log),
                                  .log_end = partition_log_end(log),
                                  .batches = {.read = log_source_read, .context = &n->metadata}};
        if (n->has_quorum && is_quorum_same(&n->quorum, &now))
                return;
        note_quorum(g, n, &now);
        invariants_quorum(g->invariants, &now);
        n->quorum = now;
        n->has_quorum = true;
}

static void see_controller(struct gather *g, struct gathered_node *n, const struct sim_node *node,
                           const struct broker *b)
{
        const struct controller *c = broker_controller(b);
        bool is_active = c && c->active;
        if (is_active != n->is_active)
                note(g, node->config.id, NOTE_CONTROLS, is_active, 0, 0);
        n->is_active = is_active;
}

/* --- committed metadata --- */

static void note_assignment(const struct gather *g, const struct seen_assignment *before,
                            const struct seen_assignment *now)
{
        static const struct seen_assignment nothing = {.leader = -1, .leader_epoch = -1};
        if (!before)
                before = &nothing;
        if (now->leader_epoch != before->leader_epoch)
                note(g, -1, NOTE_ELECTED, now->partition, now->leader, now->leader_epoch);
        if (now->isr != before->isr)
                note(g, -1, NOTE_ISR, now->partition, (int64_t)before->isr, (int64_t)now->isr);
        if (now->elr != before->elr)
                note(g, -1, NOTE_ELR, now->partition, (int64_t)before->elr, (int64_t)now->elr);
}

static void note_beyond(struct gather *g, int32_t partition)
{
        if (g->h->partitions[partition].beyond_ns == 0 || g->told_beyond[partition])
                return;
        g->told_beyond[partition] = true;
        note(g, -1, NOTE_BEYOND, partition, 0, 0);
}

/* Brokers that were registered anew, and not taken for whole: the answer to a registration may have
 * been lost, so the next life could not name it. */
static void see_uncounted(struct gather *g, const struct seen_assignment *before,
                          const struct seen_assignment *now, uint64_t anew)
{
        uint64_t gone = anew & (before->isr | before->elr) & ~(now->isr | now->elr);
        for (int32_t id = 0; gone >> id; id++)
                if (gone >> id & 1)
                        invariants_lost(g->invariants, id, now->partition, LOSS_CLAIMED);
}

static void see_assignment(struct gather *g, int32_t partition, const struct image_partition *p,
                           uint64_t anew)
{
        const struct seen_assignment *before = invariants_newest(g->invariants, partition);
        if (before && before->partition_epoch == p->partition_epoch &&
            before->leader_epoch == p->leader_epoch)
                return;
        struct seen_assignment now = {.partition = partition,
                                      .leader = p->leader,
                                      .leader_epoch = p->leader_epoch,
                                      .partition_epoch = p->partition_epoch,
                                      .replicas = mask_of(&p->replicas),
                                      .isr = mask_of(&p->isr),
                                      .elr = mask_of(&p->elr),
                                      .last_known = mask_of(&p->last_known_elr)};
        note_assignment(g, before, &now);
        if (before)
                see_uncounted(g, before, &now, anew);
        invariants_assignment(g->invariants, &now);
        note_beyond(g, partition);
}

/* Returns those that were registered anew. */
static uint64_t see_brokers(struct gather *g, const struct image *image)
{
        uint64_t anew = 0;
        for (const struct image_broker *b = image->brokers; b; b = b->hh.next) {
                if (b->id < 0 || b->id >= INVARIANTS_NODES)
                        continue;
                if (b->epoch != g->epochs[b->id]) {
                        anew |= UINT64_C(1) << b->id;
                        invariants_registered(g->invariants, b->id);
                }
                if (b->fenced != g->fenced[b->id])
                        note(g, -1, NOTE_FENCED, b->id, b->fenced, b->epoch);
                g->epochs[b->id] = b->epoch;
                g->fenced[b->id] = b->fenced;
        }
        return anew;
}

/* Whoever applies the newest record first shows it to us. */
static void see_image(struct gather *g, const struct broker *b)
{
        const struct image *image = broker_image(b);
        int64_t applied = broker_applied(b);
        if (applied <= g->newest_applied)
                return;
        g->newest_applied = applied;
        uint64_t anew = see_brokers(g, image);
        for (int32_t i = 0; i < g->h->partition_count; i++) {
                struct history_partition *h = &g->h->partitions[i];
                const struct image_topic *topic = image_topic(image, str_of(h->topic));
                if (!topic || h->index >= topic->partition_count)
                        continue;
                h->topic_id = topic->id;
                see_assignment(g, i, &topic->partitions[h->index], anew);
        }
}

void gather_last(struct gather *g, const struct broker *b)
{
        see_image(g, b);
}

static void begin_life(struct gather *g, struct gathered_node *n, const struct sim_node *node)
{
        if (!n->replicas) {
                n->replicas = allocate((size_t)g->h->partition_count, sizeof *n->replicas);
                n->groups = allocate((size_t)g->h->group_count, sizeof *n->groups);
        }
        for (int32_t i = 0; i < g->h->group_count; i++)
                n->groups[i] = (struct gathered_group){0};
        for (int32_t i = 0; i < g->h->partition_count; i++)
                n->replicas[i].is_open = false;
        n->is_running = true;
        n->boots = node->boots;
        n->has_quorum = n->is_active = n->has_failed = false;
        invariants_started(g->invariants, node->config.id);
}

/* --- groups --- */

static int32_t epoch_led(const void *node, int32_t partition)
{
        const struct gathered_replica *r =
                &((const struct gathered_node *)node)->replicas[partition];
        return r->is_open && r->seen.role == REPLICA_LEADER ? r->seen.leader_epoch : -1;
}

static void see_groups(struct gather *g, struct gathered_node *n, const struct sim_node *node,
                       const struct broker *b)
{
        if (g->h->group_count > 0)
                gather_groups(&(struct gather_groups){.invariants = g->invariants,
                                                      .h = g->h,
                                                      .coordinator = broker_groups(b),
                                                      .groups = n->groups,
                                                      .now_ns = sim_now_ns(g->sim),
                                                      .node = node->config.id,
                                                      .leads = epoch_led,
                                                      .context = n});
}

void gather_node(struct gather *g, struct sim_node *node, struct broker *b)
{
        struct gathered_node *n = node_of(g, node);
        if (!n->is_running || n->boots != node->boots)
                begin_life(g, n, node);
        see_quorum(g, n, node, b);
        see_controller(g, n, node, b);
        see_image(g, b);
        see_groups(g, n, node, b);
}

void gather_ended(struct gather *g, const struct sim_node *node)
{
        struct gathered_node *n = node_of(g, node);
        if (n->is_running)
                invariants_ended(g->invariants, node->config.id);
        n->is_running = false;
}

/* --- replicas --- */

static bool is_same(const struct gathered_replica *seen, const struct replica *r, uint64_t proposed)
{
        return seen->is_open && seen->source.log == r->log &&
               seen->seen.high_watermark == r->high_watermark &&
               seen->seen.log_end == partition_log_end(r->log) &&
               seen->seen.log_start == partition_log_start(r->log) && seen->seen.role == r->role &&
               seen->seen.leader_epoch == r->assignment.leader_epoch &&
               seen->partition_epoch == r->assignment.partition_epoch && seen->proposed == proposed;
}

static uint64_t proposed_by(const struct replica *r)
{
        return r->role == REPLICA_LEADER && r->isr_state != ISR_SETTLED ? mask_of(&r->proposal.isr)
                                                                        : 0;
}

bool gather_is_unchanged(const struct gather *g, const struct sim_node *node, int32_t partition,
                         const struct replica *r)
{
        return is_same(&g->nodes[node->config.id].replicas[partition], r, proposed_by(r));
}

void gather_replica(struct gather *g, struct sim_node *node, int32_t partition,
                    const struct replica *r)
{
        struct gathered_node *n = node_of(g, node);
        struct gathered_replica *seen = &n->replicas[partition];
        uint64_t proposed = proposed_by(r);
        see_failure(g, n, node->config.id, partition_log_is_offline(r->log));
        if (is_same(seen, r, proposed))
                return;
        seen->source = (struct log_source){&node->files.world, r->log};
        struct seen_replica now = {.node = node->config.id,
                                   .partition = partition,
                                   .role = r->role,
                                   .leader_epoch = r->assignment.leader_epoch,
                                   .log_start = partition_log_start(r->log),
                                   .last_stable = replica_last_stable_offset(r),
                                   .high_watermark = r->high_watermark,
                                   .log_end = partition_log_end(r->log),
                                   .batches = {log_source_read, log_source_fold, &seen->source}};
        if (r->role == REPLICA_LEADER) {
                struct replica_set maximal = isr_maximal(r);
                now.isr = mask_of(&r->assignment.isr);
                now.maximal_isr = mask_of(&maximal);
        }
        if (proposed != 0 && proposed != seen->proposed)
                note(g, now.node, NOTE_PROPOSES, partition, (int64_t)proposed, 0);
        invariants_replica(g->invariants, &now);
        note_beyond(g, partition);
        seen->seen = now;
        seen->partition_epoch = r->assignment.partition_epoch;
        seen->proposed = proposed;
        seen->is_open = true;
}

void gather_closed(struct gather *g, const struct sim_node *node, int32_t partition)
{
        struct gathered_node *n = node_of(g, node);
        if (n->replicas)
                n->replicas[partition].is_open = false;
        invariants_closed(g->invariants, node->config.id, partition);
}
