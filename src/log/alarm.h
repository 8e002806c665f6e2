/* alarm.h - a time to do something, again and again. Times are mono_ms(). */
#ifndef ODRADEK_LOG_ALARM_H
#define ODRADEK_LOG_ALARM_H

#include "base/world.h"

struct alarm {
        int64_t interval_ms; /* INT64_MAX: never */
        int64_t due_ms;
};

/* Due one interval from now. */
static inline void alarm_set(struct alarm *alarm, struct world *w)
{
        int64_t now_ms = w->mono_ms(w);
        bool never = alarm->interval_ms > INT64_MAX - now_ms;
        alarm->due_ms = never ? INT64_MAX : now_ms + alarm->interval_ms;
}

/* Due in `ms` at the latest. */
static inline void alarm_hasten(struct alarm *alarm, struct world *w, int64_t ms)
{
        int64_t due_ms = w->mono_ms(w) + ms;
        if (due_ms < alarm->due_ms)
                alarm->due_ms = due_ms;
}

/* True when it is due; then it is set anew. */
static inline bool alarm_rings(struct alarm *alarm, struct world *w)
{
        if (w->mono_ms(w) < alarm->due_ms)
                return false;
        alarm_set(alarm, w);
        return true;
}

#endif
