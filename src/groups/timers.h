/* timers.h - everything in a group coordinator that has a deadline, in one heap.
 *
 * Setting a timer again moves it: a heartbeat allocates nothing. Times are mono_ms. */
#ifndef ODRADEK_GROUPS_TIMERS_H
#define ODRADEK_GROUPS_TIMERS_H

#include "base/heap.h"

/* Embedded in what has a deadline; zero-initialise. */
struct timer {
        struct heap_item item;
        void (*fire)(struct timer *t); /* its time is up; it is not set any more */
};

/* Zero-initialise. */
struct timers {
        struct heap heap;
        uint64_t order;
};

static inline void timer_cancel(struct timers *all, struct timer *t)
{
        heap_remove(&all->heap, &t->item);
}

static inline void timer_set(struct timers *all, struct timer *t, int64_t at_ms,
                             void (*fire)(struct timer *t))
{
        timer_cancel(all, t);
        t->item.key = at_ms;
        t->item.order = all->order++;
        t->fire = fire;
        heap_push(&all->heap, &t->item);
}

/* Fires what is due; returns when the next one is, or INT64_MAX. */
static inline int64_t timers_run(struct timers *all, int64_t now_ms)
{
        struct heap_item *first;
        while ((first = heap_peek(&all->heap)) && first->key <= now_ms) {
                heap_pop(&all->heap);
                struct timer *t = heap_owner(first, struct timer, item);
                t->fire(t);
        }
        return first ? first->key : INT64_MAX;
}

#endif
