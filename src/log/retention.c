#include "log/retention.h"

static bool is_too_old(const struct segment *s, const struct log_config *config, int64_t now_ms)
{
        int64_t timestamp = s->largest.timestamp;
        return config->cleanup_delete && config->retention_ms >= 0 && timestamp >= 0 &&
               now_ms - timestamp > config->retention_ms;
}

/* `excess`: bytes that the log has, from this segment on, above retention.bytes. */
static bool is_too_much(const struct segment *s, const struct log_config *config, int64_t excess)
{
        return config->cleanup_delete && config->retention_bytes >= 0 && excess >= s->size_bytes;
}

int32_t retention_count(const struct segment_list *segments, const struct log_config *config,
                        const struct retention_limits *limits)
{
        int64_t excess = segment_list_size(segments) - config->retention_bytes;
        int32_t count = 0;
        while (count < segments->count) {
                const struct segment *s = segments->items[count];
                bool is_active = count == segments->count - 1;
                if ((is_active && s->size_bytes == 0) || s->next_offset > limits->upper_bound)
                        break;
                if (s->next_offset > limits->log_start && !is_too_old(s, config, limits->now_ms) &&
                    !is_too_much(s, config, excess))
                        break;
                excess -= s->size_bytes;
                count++;
        }
        return count;
}
