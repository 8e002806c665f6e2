#include "groups/deferred.h"

struct deferred_part {
        struct state_wait wait;
        struct deferred *whole;
        int32_t index;
        const struct group_coordinator *coordinator;
};

struct deferred {
        struct parked parked;
        deferred_fail *fail;
        struct timer timeout;
        struct timers *timers; /* that it is set in; NULL: there is none */
        enum kerr late;        /* the error when it fires */
        int32_t left;          /* parts that wait, and one for deferred_end() */
        int32_t count;
        struct deferred_part parts[];
};

struct deferred *deferred_begin(struct group_call *call, void *answer, int32_t parts_max,
                                deferred_fail *fail)
{
        struct deferred *d = calloc(1, sizeof *d + (size_t)parts_max * sizeof d->parts[0]);
        if (!d)
                abort();
        d->parked = (struct parked){.call = call, .answer = answer};
        d->fail = fail;
        d->left = 1;
        call->state = &d->parked;
        return d;
}

static void one_less(struct deferred *d)
{
        if (--d->left > 0)
                return;
        struct group_call *call = d->parked.call;
        if (d->timers)
                timer_cancel(d->timers, &d->timeout);
        free(d);
        if (!call)
                return;
        call->state = NULL;
        call->done(call);
}

static void end_part(struct deferred_part *part, enum kerr err)
{
        struct deferred *d = part->whole;
        if (err && d->parked.call)
                d->fail(d->parked.call, d->parked.answer, part->index, err);
        one_less(d);
}

static void on_committed(struct state_wait *w, enum kerr err)
{
        struct deferred_part *part = heap_owner(w, struct deferred_part, wait);
        if (part->coordinator->is_closing)
                part->whole->parked.call = NULL;
        end_part(part, err);
}

static void on_timeout(struct timer *t)
{
        struct deferred *d = heap_owner(t, struct deferred, timeout);
        d->left++; /* it must live until the last part has ended */
        for (int32_t i = 0; i < d->count; i++) {
                struct deferred_part *part = &d->parts[i];
                if (!part->wait.log)
                        continue;
                state_log_forget(&part->wait);
                end_part(part, d->late);
        }
        one_less(d);
}

void deferred_wait(struct deferred *d, struct group_partition *p, int32_t index)
{
        struct deferred_part *part = &d->parts[d->count++];
        *part = (struct deferred_part){
                .wait.done = on_committed,
                .whole = d,
                .index = index,
                .coordinator = p->coordinator,
        };
        d->left++;
        state_log_wait(&p->log, &part->wait);
}

void deferred_end(struct deferred *d)
{
        one_less(d);
}

void deferred_end_within(struct deferred *d, struct group_coordinator *c, int64_t timeout_ms,
                         enum kerr err)
{
        if (d->left > 1) {
                d->timers = &c->timers;
                d->late = err;
                timer_set(d->timers, &d->timeout, group_now_ms(c) + timeout_ms, on_timeout);
        }
        deferred_end(d);
}

void deferred_answer(struct group_partition *p, struct group_call *call, void *answer,
                     deferred_fail *fail)
{
        struct deferred *d = deferred_begin(call, answer, 1, fail);
        deferred_wait(d, p, 0);
        deferred_end(d);
}
