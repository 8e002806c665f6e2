/* isr.c - who is in sync: what the leader proposes, and what becomes of it. */
#include "replication/replica.h"

#include <assert.h>

enum { PAUSE_MS = 100 }; /* after a refusal: our image may be behind the controller's */

static int64_t now_of(const struct replica *r)
{
        return r->host->world->mono_ms(r->host->world);
}

/* --- who is in sync --- */

bool isr_waits_for(const struct replica *r, int32_t id)
{
        bool is_member =
                replica_set_has(&r->assignment.isr, id) || replica_set_has(&r->doubtful, id);
        if (r->isr_state == ISR_SETTLED)
                return is_member;
        if (zoo_has(r->host->world->zoo, ZOO_HW_ON_PROPOSED_ISR)) /* before KIP-497 */
                is_member = false;
        return is_member || replica_set_has(&r->proposal.isr, id);
}

struct replica_set isr_maximal(const struct replica *r)
{
        struct replica_set set = {0};
        for (int32_t i = 0; i < r->assignment.replicas.count; i++) {
                if (isr_waits_for(r, r->assignment.replicas.ids[i]))
                        replica_set_add(&set, r->assignment.replicas.ids[i]);
        }
        return set;
}

/* When a follower that has not all that we have is taken for slow. */
static int64_t slow_from_ms(const struct replica *r, const struct follower *f)
{
        if (f->caught_up_ms == REPLICA_NEVER_MS)
                return REPLICA_NEVER_MS;
        bool never = r->host->lag_time_max_ms >= INT64_MAX - f->caught_up_ms;
        return never ? INT64_MAX : f->caught_up_ms + r->host->lag_time_max_ms + 1;
}

bool isr_keeps_up(const struct replica *r, const struct follower *f)
{
        return f->log_end_offset == partition_log_end(r->log) || now_of(r) < slow_from_ms(r, f);
}

/* The broker epoch that we can vouch for; -1: whichever is the broker's. */
static int64_t epoch_vouched(const struct replica *r, const struct follower *f)
{
        /* What was told in an earlier life is taken for true in the next one. */
        return zoo_has(r->host->world->zoo, ZOO_REMEMBERED_LEO) ? -1 : f->broker_epoch;
}

bool isr_may_join(const struct replica *r, const struct follower *f)
{
        return f->broker_epoch >= 0 &&
               r->host->may_join(r->host->context, f->id, epoch_vouched(r, f));
}

/* One that does not fetch any more may have reached a high watermark that stands still. */
static bool has_reached_us(const struct replica *r, const struct follower *f, int64_t now_ms)
{
        if (f->log_end_offset < r->high_watermark)
                return false;
        /* KAFKA-7128: a new leader's high watermark is behind what the last one had committed. */
        if (f->log_end_offset < r->epoch_start &&
            !zoo_has(r->host->world->zoo, ZOO_JOIN_BEFORE_EPOCH_START))
                return false;
        return f->last_fetch_ms != REPLICA_NEVER_MS &&
               now_ms - f->last_fetch_ms <= r->host->lag_time_max_ms;
}

static bool belongs(const struct replica *r, const struct follower *f, int64_t now_ms)
{
        if (replica_set_has(&r->assignment.isr, f->id))
                return isr_keeps_up(r, f);
        return has_reached_us(r, f, now_ms) && isr_may_join(r, f);
}

/* --- proposals --- */

static void add(struct isr_proposal *p, int32_t id, int64_t broker_epoch)
{
        p->broker_epochs[p->isr.count] = broker_epoch;
        replica_set_add(&p->isr, id);
}

bool isr_propose(struct replica *r)
{
        int64_t now_ms = now_of(r);
        if (r->role != REPLICA_LEADER || r->isr_state != ISR_SETTLED ||
            now_ms < r->propose_after_ms)
                return false;
        struct isr_proposal *p = &r->proposal;
        *p = (struct isr_proposal){.leader_epoch = r->assignment.leader_epoch,
                                   .partition_epoch = r->assignment.partition_epoch};
        add(p, r->host->id, r->host->broker_epoch);
        for (int32_t i = 0; i < r->follower_count; i++) {
                const struct follower *f = &r->followers[i];
                if (belongs(r, f, now_ms))
                        add(p, f->id, epoch_vouched(r, f));
        }
        if (replica_set_equal(&p->isr, &r->assignment.isr) && r->doubtful.count == 0)
                return false;
        r->isr_state = ISR_UNSENT;
        r->sendings = 0;
        return true;
}

bool isr_must_send(const struct replica *r)
{
        return r->isr_state == ISR_UNSENT ||
               (r->isr_state == ISR_SENT && now_of(r) >= r->propose_after_ms);
}

void isr_sent(struct replica *r)
{
        assert(r->isr_state != ISR_SETTLED);
        r->isr_state = ISR_SENT;
        r->sendings++;
}

bool isr_refused(struct replica *r, enum kerr err)
{
        if (r->isr_state != ISR_SENT)
                return false; /* a newer assignment has ended that one already */
        r->propose_after_ms = now_of(r) + PAUSE_MS;
        if (err != KERR_INELIGIBLE_REPLICA && err != KERR_OPERATION_NOT_ATTEMPTED)
                return false;
        r->isr_state = ISR_SETTLED;
        for (int32_t i = 0; i < r->proposal.isr.count && r->sendings > 1; i++)
                replica_set_add(&r->doubtful, r->proposal.isr.ids[i]);
        return replica_advance(r);
}

bool isr_confirmed(struct replica *r, int32_t leader_epoch, int32_t partition_epoch,
                   const struct replica_set *isr)
{
        if (r->role != REPLICA_LEADER || leader_epoch != r->assignment.leader_epoch)
                return false;
        if (r->isr_state == ISR_SENT && partition_epoch == r->assignment.partition_epoch) {
                r->isr_state = ISR_SETTLED; /* for the controller that was no change */
                r->doubtful.count = 0;
        }
        struct replica_assignment a = r->assignment;
        a.partition_epoch = partition_epoch;
        a.isr = *isr;
        return replica_apply(r, &a);
}

int64_t isr_next_ms(const struct replica *r)
{
        if (r->role != REPLICA_LEADER)
                return INT64_MAX;
        int64_t now_ms = now_of(r), end = partition_log_end(r->log);
        int64_t next_ms = r->propose_after_ms > now_ms ? r->propose_after_ms : INT64_MAX;
        for (int32_t i = 0; i < r->follower_count; i++) {
                const struct follower *f = &r->followers[i];
                if (f->log_end_offset == end)
                        continue;
                int64_t due_ms = slow_from_ms(r, f);
                if (due_ms <= now_ms) {
                        if (r->isr_state != ISR_SETTLED ||
                            !replica_set_has(&r->assignment.isr, f->id))
                                continue;
                        if (due_ms < r->propose_after_ms)
                                due_ms = r->propose_after_ms;
                }
                if (due_ms < next_ms)
                        next_ms = due_ms;
        }
        return next_ms;
}
