/* scheduler.h - virtual time: what happens next, and when.
 *
 * Nothing waits in a simulation. The scheduler takes the earliest event off its heap, sets the
 * clock to its time and runs it; an hour in which nothing happens costs nothing.
 *
 * (1) Time never goes back.
 * (2) Events of the same instant run in the order in which they were scheduled.
 *
 * An event is embedded in its owner (a node's timer, a stream's next arrival), so scheduling
 * allocates nothing; the owner must cancel it before it goes away. Times are nanoseconds since the
 * start of the run. */
#ifndef ODRADEK_SIM_SCHEDULER_H
#define ODRADEK_SIM_SCHEDULER_H

#include "base/heap.h"

#define SIM_NS_PER_US INT64_C(1000)
#define SIM_NS_PER_MS INT64_C(1000000)
#define SIM_NS_PER_S  INT64_C(1000000000)

/* Set run and context once; the rest is the scheduler's. */
struct sim_event {
        struct heap_item item;
        void (*run)(void *context);
        void *context;
};

/* Zero-initialise; sim_scheduler_deinit() frees. The events are their owners'. */
struct sim_scheduler {
        struct heap heap;
        int64_t now_ns;
        uint64_t scheduled; /* events ever scheduled: the tie-breaker */
        uint64_t steps;     /* events ever run */
};

void sim_scheduler_deinit(struct sim_scheduler *s);

/* Runs `event` at `time_ns`, or now when that is past. An event that is waiting already is moved.
 * An event may schedule itself anew while it runs. */
void sim_schedule_at(struct sim_scheduler *s, struct sim_event *event, int64_t time_ns);
void sim_schedule_after(struct sim_scheduler *s, struct sim_event *event, int64_t delay_ns);

/* Does nothing when the event is not waiting. */
void sim_cancel(struct sim_scheduler *s, struct sim_event *event);

static inline bool sim_is_scheduled(const struct sim_event *event)
{
        return heap_contains(&event->item);
}

/* The time of the next event; INT64_MAX when there is none. */
int64_t sim_scheduler_next_ns(const struct sim_scheduler *s);

/* Runs the next event. False when there is none. */
bool sim_scheduler_step(struct sim_scheduler *s);

#endif
