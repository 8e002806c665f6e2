#include "log/cleanable.h"

#include "log/log_parts.h"

int64_t cleanable_start(const struct partition_log *log)
{
        return log->cleaned_end > log->start ? log->cleaned_end : log->start;
}

//@lab 15 begin
static bool is_too_young(const struct partition_log *log, const struct segment *s, int64_t now_ms)
{
        int64_t lag_ms = log->config.min_compaction_lag_ms;
        return lag_ms > 0 && s->next_offset > cleanable_start(log) &&
               s->largest.timestamp > now_ms - lag_ms;
}

int32_t cleanable_count(const struct partition_log *log, int64_t upper_bound)
{
        int64_t now_ms = log->world->wall_ms(log->world);
        if (zoo_has(log->world->zoo, ZOO_CLEANS_PAST_HW)) /* KAFKA-13194 */
                upper_bound = log->end;
        int32_t count = 0;
        while (count + 1 < log->segments.count &&
               log->segments.items[count]->next_offset <= upper_bound &&
               !is_too_young(log, log->segments.items[count], now_ms))
                count++;
        return count;
}
//@lab 15 starter
// int32_t cleanable_count(const struct partition_log *log, int64_t upper_bound)
// {
//         (void)log, (void)upper_bound;
//         return 0; /* yours to write: nothing may be cleaned yet */
// }
//@lab 15 end

static bool is_overdue(const struct partition_log *log, const struct segment *s)
{
        struct batch_header first;
        int64_t lag_ms = log->config.max_compaction_lag_ms;
        return s->size_bytes > 0 && !segment_read_header(s, 0, &first) &&
               first.max_timestamp >= 0 &&
               log->world->wall_ms(log->world) - first.max_timestamp > lag_ms;
}

struct cleanable cleanable_look(struct partition_log *log, int64_t upper_bound)
{
        struct cleanable found = {0};
        if (log->is_offline || log->is_uncleanable || !log->config.cleanup_compact)
                return found;
        int32_t count = cleanable_count(log, upper_bound);
        double clean_bytes = 0, dirty_bytes = 0;
        for (int32_t i = 0; i < count; i++) {
                const struct segment *s = log->segments.items[i];
                if (s->next_offset <= cleanable_start(log)) {
                        clean_bytes += (double)s->size_bytes;
                        continue;
                }
                if (dirty_bytes <= 0)
                        found.is_due = is_overdue(log, s);
                dirty_bytes += (double)s->size_bytes;
        }
        if (dirty_bytes > 0)
                found.dirty_ratio = dirty_bytes / (clean_bytes + dirty_bytes);
        found.is_due |= found.dirty_ratio > log->config.min_cleanable_dirty_ratio;
        return found;
}
