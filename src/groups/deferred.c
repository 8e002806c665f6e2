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
        int32_t left; /* parts that wait, and one for deferred_end() */
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
        free(d);
        if (!call)
                return;
        call->state = NULL;
        call->done(call);
}

static void on_committed(struct state_wait *w, enum kerr err)
{
        struct deferred_part *part = heap_owner(w, struct deferred_part, wait);
        struct deferred *d = part->whole;
        if (part->coordinator->is_closing)
                d->parked.call = NULL;
        if (err && d->parked.call)
                d->fail(d->parked.call, d->parked.answer, part->index, err);
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

void deferred_answer(struct group_partition *p, struct group_call *call, void *answer,
                     deferred_fail *fail)
{
        struct deferred *d = deferred_begin(call, answer, 1, fail);
        deferred_wait(d, p, 0);
        deferred_end(d);
}
