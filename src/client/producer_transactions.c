#include "client/producer_private.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { CONCURRENT_BACKOFF_MS = 20 }; /* the coordinator is about to end the last transaction */

static void set_state(struct producer *p, enum transaction_state state, enum kerr err)
{
        p->transactions->state = state;
        p->transactions->err = err;
        p->hopeless = state == TRANSACTION_FATAL;
        p->refusal = state == TRANSACTION_OPEN ? KERR_NONE
                     : p->hopeless             ? err
                                               : KERR_INVALID_TXN_STATE;
}

/* Records go out: while the transaction is open, and in front of its commit. */
static bool is_sending(const struct transactions *t)
{
        return t->state == TRANSACTION_OPEN ||
               (t->state == TRANSACTION_ENDING && t->step == TRANSACTION_COMMIT);
}

static void abort_only(struct producer *p, enum kerr err)
{
        if (is_sending(p->transactions))
                set_state(p, TRANSACTION_ABORTABLE, err);
}

/* --- for the sender --- */

bool transactions_hold(struct producer *p, struct partition_queue *q)
{
        if (!p->transactions)
                return false;
        if (!is_sending(p->transactions))
                return true;
        if (q->in_transaction == OUTSIDE)
                q->in_transaction = TO_ADD;
        return q->in_transaction != TAKES_PART;
}

bool transactions_drop(const struct producer *p)
{
        const struct transactions *t = p->transactions;
        return t && (t->state == TRANSACTION_ABORTABLE ||
                     (t->state == TRANSACTION_ENDING && t->step == TRANSACTION_ABORT));
}

void transactions_lost(struct producer *p, enum kerr err)
{
        abort_only(p, err);
}

void transactions_want_epoch(struct producer *p)
{
        p->transactions->wants_epoch = true;
}

/* --- steps --- */

static void begin_step(struct producer *p, enum transaction_step step)
{
        struct transactions *t = p->transactions;
        t->step = step;
        t->stepping = true;
        t->deadline_ms = p->world->mono_ms(p->world) + p->config.delivery_timeout_ms;
        client_wake(p->client);
}

static void end_step(struct producer *p, enum kerr err)
{
        struct transactions *t = p->transactions;
        t->stepping = false;
        if (err && t->step == TRANSACTION_OFFSETS)
                abort_only(p, err);
        if (!err && t->step != TRANSACTION_OFFSETS) {
                struct partition_queue *q;
                DL_FOREACH (p->accumulator.queues, q) {
                        q->in_transaction = OUTSIDE;
                        q->broken = false; /* if it was, the epoch is a new one */
                }
                set_state(p, TRANSACTION_READY, KERR_NONE);
        }
        if (p->config.on_transaction)
                p->config.on_transaction(p->config.context, t->step, err);
        client_wake(p->client);
}

/* What is to be asked next; ASK_NOTHING with *done: the step has come to its end. */
static enum coordinator_ask next_ask(const struct producer *p, bool *done)
{
        const struct transactions *t = p->transactions;
        const struct partition_queue *q;
        DL_FOREACH (p->accumulator.queues, q) {
                if (q->in_transaction == TO_ADD && is_sending(t))
                        return ASK_PARTITIONS;
        }
        bool waits = !t->stepping;
        enum coordinator_ask next = ASK_NOTHING;
        switch (t->step) {
        case TRANSACTION_INIT: next = p->numbers.id < 0 ? ASK_ID : ASK_NOTHING; break;
        case TRANSACTION_OFFSETS:
                next = !t->offsets_added ? ASK_OFFSETS : t->offsets_sent ? ASK_NOTHING : ASK_GROUP;
                break;
        case TRANSACTION_COMMIT:
                waits |= p->pending > 0;
                next = t->begun ? ASK_END : ASK_NOTHING;
                break;
        case TRANSACTION_ABORT: /* what still comes in could be appended behind the marker */
                waits |= p->pending > 0 || p->calls;
                next = t->begun ? ASK_END : t->wants_epoch ? ASK_ID : ASK_NOTHING;
                break;
        }
        *done = !waits && next == ASK_NOTHING;
        return waits ? ASK_NOTHING : next;
}

int64_t transactions_run(struct producer *p, int64_t now_ms)
{
        struct transactions *t = p->transactions;
        if (!t)
                return INT64_MAX;
        bool failed = t->state == TRANSACTION_FATAL || t->state == TRANSACTION_ABORTABLE;
        if (t->stepping && failed)
                end_step(p, t->err);
        if (t->asking || t->state == TRANSACTION_FATAL)
                return INT64_MAX;
        if (t->stepping && now_ms >= t->deadline_ms)
                end_step(p, KERR_REQUEST_TIMED_OUT);
        int64_t next_ms = t->stepping ? t->deadline_ms : INT64_MAX;
        if (now_ms < t->ask_after_ms)
                return min_ms(next_ms, t->ask_after_ms);
        bool done = false;
        enum coordinator_ask ask = next_ask(p, &done);
        if (ask)
                next_ms = min_ms(next_ms, coordinator_ask(p, ask));
        else if (done)
                end_step(p, KERR_NONE);
        return next_ms;
}

/* --- answers --- */

static void succeed(struct producer *p, enum coordinator_ask what)
{
        struct transactions *t = p->transactions;
        struct partition_queue *q;
        switch (what) {
        case ASK_NOTHING: break;
        case ASK_ID: t->wants_epoch = false; break;
        case ASK_PARTITIONS:
                DL_FOREACH (p->accumulator.queues, q) {
                        if (q->in_transaction == ADDING)
                                q->in_transaction = TAKES_PART;
                }
                t->confirmed = true;
                break;
        case ASK_OFFSETS: t->offsets_added = t->confirmed = true; break;
        case ASK_GROUP: t->offsets_sent = true; break;
        case ASK_END: t->begun = t->confirmed = false; break;
        }
}

/* Somebody else goes on with this transactional id, or we may not use it. */
static bool is_fatal(enum coordinator_ask what, enum kerr err)
{
        switch (err) {
        case KERR_PRODUCER_FENCED:
        case KERR_INVALID_PRODUCER_ID_MAPPING:
        case KERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        case KERR_CLUSTER_AUTHORIZATION_FAILED:
        case KERR_UNSUPPORTED_VERSION:
        case KERR_INVALID_TXN_STATE: return true;
        default: return what == ASK_ID || what == ASK_END;
        }
}

void transactions_answered(struct producer *p, enum coordinator_ask what, enum kerr err)
{
        struct transactions *t = p->transactions;
        /* It never heard of what we abort. */
        bool nothing_to_abort = what == ASK_END && t->step == TRANSACTION_ABORT && !t->confirmed;
        if (!err || (err == KERR_INVALID_TXN_STATE && nothing_to_abort)) {
                succeed(p, what);
                return;
        }
        struct partition_queue *q;
        DL_FOREACH (p->accumulator.queues, q) {
                if (q->in_transaction == ADDING)
                        q->in_transaction = TO_ADD;
        }
        if (err == KERR_INVALID_PRODUCER_EPOCH) /* as older versions say it (KIP-588) */
                err = KERR_PRODUCER_FENCED;
        if (err == KERR_CONCURRENT_TRANSACTIONS || error_is_retriable(err)) {
                int64_t delay_ms = err == KERR_CONCURRENT_TRANSACTIONS ? CONCURRENT_BACKOFF_MS
                                                                       : p->config.retry_backoff_ms;
                t->ask_after_ms = p->world->mono_ms(p->world) + delay_ms;
        } else if (is_fatal(what, err)) {
                world_log(p->world, WORLD_ERROR, "transactional id %s: %s",
                          p->config.transactional_id, kerr_text(err));
                set_state(p, TRANSACTION_FATAL, err);
        } else {
                abort_only(p, err);
        }
}

/* --- for callers --- */

void transactions_open(struct producer *p)
{
        struct transactions *t = calloc(1, sizeof *t);
        char *id = strdup(p->config.transactional_id);
        if (!t || !id)
                abort();
        p->transactions = t;
        p->config.transactional_id = id;
        coordinator_finder_init(&t->coordinator, p->client, &p->service, COORDINATOR_TRANSACTION,
                                id, p->config.request_timeout_ms, p->config.retry_backoff_ms);
        set_state(p, TRANSACTION_UNINITIALISED, KERR_NONE);
}

void transactions_close(struct producer *p)
{
        struct transactions *t = p->transactions;
        coordinator_drop_offsets(p);
        coordinator_finder_deinit(&t->coordinator);
        if (t->group.key)
                coordinator_finder_deinit(&t->group);
        free((void *)(uintptr_t)p->config.transactional_id);
        free(t);
        p->transactions = NULL;
}

/* True when no step is under way, in that state. */
static bool rests_in(const struct producer *p, enum transaction_state state)
{
        const struct transactions *t = p->transactions;
        return t && !t->stepping && t->state == state;
}

enum kerr producer_init_transactions(struct producer *p)
{
        if (!rests_in(p, TRANSACTION_UNINITIALISED))
                return KERR_INVALID_TXN_STATE;
        begin_step(p, TRANSACTION_INIT);
        return KERR_NONE;
}

enum kerr producer_begin_transaction(struct producer *p)
{
        if (!rests_in(p, TRANSACTION_READY))
                return KERR_INVALID_TXN_STATE;
        set_state(p, TRANSACTION_OPEN, KERR_NONE);
        return KERR_NONE;
}

enum kerr producer_send_offsets(struct producer *p, const struct transaction_offset *offsets,
                                int32_t count, const struct group_metadata *group)
{
        if (!rests_in(p, TRANSACTION_OPEN))
                return KERR_INVALID_TXN_STATE;
        coordinator_keep_offsets(p, offsets, count, group);
        begin_step(p, TRANSACTION_OFFSETS);
        return KERR_NONE;
}

enum kerr producer_end_transaction(struct producer *p, bool commit)
{
        enum transaction_step step = commit ? TRANSACTION_COMMIT : TRANSACTION_ABORT;
        bool again = rests_in(p, TRANSACTION_ENDING) && p->transactions->step == step;
        bool may = again || rests_in(p, TRANSACTION_OPEN) ||
                   (rests_in(p, TRANSACTION_ABORTABLE) && !commit);
        if (!may)
                return KERR_INVALID_TXN_STATE;
        set_state(p, TRANSACTION_ENDING, KERR_NONE);
        begin_step(p, step);
        if (commit)
                producer_flush(p);
        return KERR_NONE;
}

enum transaction_state producer_transaction_state(const struct producer *p)
{
        return p->transactions ? p->transactions->state : TRANSACTION_UNINITIALISED;
}
