#include "log/log_cleaner.h"

#include "log/cleanable.h"

void log_cleaner_init(struct log_cleaner *cleaner, struct world *world, int64_t backoff_ms,
                      int64_t buffer_bytes)
{
        *cleaner = (struct log_cleaner){
                .world = world,
                .alarm = {.interval_ms = backoff_ms},
                .buffer_bytes = buffer_bytes,
        };
        alarm_set(&cleaner->alarm, world);
}

bool log_cleaner_is_looking(struct log_cleaner *cleaner)
{
        return !cleaner->round && alarm_rings(&cleaner->alarm, cleaner->world);
}

void log_cleaner_offer(struct log_cleaner *cleaner, struct partition_log *log, int64_t bound)
{
        struct cleanable found = cleanable_look(log, bound);
        if (!found.is_due || found.dirty_ratio <= cleaner->dirty_ratio)
                return;
        cleaner->log = log;
        cleaner->bound = bound;
        cleaner->dirty_ratio = found.dirty_ratio;
}

void log_cleaner_stop(struct log_cleaner *cleaner)
{
        compaction_free(cleaner->round);
        cleaner->round = NULL;
        cleaner->log = NULL;
        cleaner->dirty_ratio = 0;
}

bool log_cleaner_run(struct log_cleaner *cleaner)
{
        if (cleaner->log && !cleaner->round)
                cleaner->round =
                        compaction_begin(cleaner->log, cleaner->bound, cleaner->buffer_bytes);
        if (!cleaner->round) {
                log_cleaner_stop(cleaner);
                return false;
        }
        cleaner->alarm.due_ms = cleaner->world->mono_ms(cleaner->world);
        enum compaction_state state = compaction_step(cleaner->round);
        if (state == COMPACTION_GOES_ON)
                return false;
        log_cleaner_stop(cleaner);
        if (state == COMPACTION_GAVE_UP)
                alarm_set(&cleaner->alarm, cleaner->world);
        return state == COMPACTION_DONE;
}
