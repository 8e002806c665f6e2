#include "sim/scheduler.h"

void sim_scheduler_deinit(struct sim_scheduler *s)
{
        heap_deinit(&s->heap);
}

void sim_schedule_at(struct sim_scheduler *s, struct sim_event *event, int64_t time_ns)
{
        heap_remove(&s->heap, &event->item);
        event->item.key = time_ns > s->now_ns ? time_ns : s->now_ns;
        event->item.order = s->scheduled++;
        heap_push(&s->heap, &event->item);
}

void sim_schedule_after(struct sim_scheduler *s, struct sim_event *event, int64_t delay_ns)
{
        sim_schedule_at(s, event, s->now_ns + delay_ns);
}

void sim_cancel(struct sim_scheduler *s, struct sim_event *event)
{
        heap_remove(&s->heap, &event->item);
}

int64_t sim_scheduler_next_ns(const struct sim_scheduler *s)
{
        const struct heap_item *first = heap_peek(&s->heap);
        return first ? first->key : INT64_MAX;
}

bool sim_scheduler_step(struct sim_scheduler *s)
{
        struct heap_item *first = heap_pop(&s->heap);
        if (!first)
                return false;
        struct sim_event *event = heap_owner(first, struct sim_event, item);
        s->now_ns = first->key;
        s->steps++;
        event->run(event->context);
        return true;
}
