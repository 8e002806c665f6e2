#include "log/log_parts.h"

const char log_syncing[] = "sync";

static struct segment *active(const struct partition_log *log)
{
        return segment_list_active(&log->segments);
}

enum kerr log_tell_rolled(struct partition_log *log)
{
        return log->observer ? log->observer->rolled(log->observer) : KERR_NONE;
}

/* The rest of a sealed segment, when its batches are synced. */
static enum kerr finish_sync(struct segment *s)
{
        enum kerr err = segment_sync_name(s);
        if (!err)
                err = segment_sync_indexes(s);
        s->is_synced = !err;
        return err;
}

/* --- rolling --- */

enum kerr partition_log_roll(struct partition_log *log)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        struct world *w = log->world;
        struct segment *old = active(log), *new;
        if (old->size_bytes == 0)
                return KERR_NONE;
        enum kerr err = leader_epochs_write(&log->epochs);
        if (!err)
                err = segment_seal(old);
        old->is_synced = false;
        /* It is below the recovery point at once, so its indexes will be trusted. */
        if (!err && log->recovery_point == log->end)
                err = finish_sync(old);
        if (!err)
                err = segment_create(w, log->directory, &log->config, log->end, &new);
        if (err)
                return log_fail(log, "roll", err);
        segment_list_push(&log->segments, new);
        err = log_tell_rolled(log);
        if (err)
                return log_fail(log, "snapshot", err);
        if (old->is_synced)
                return KERR_NONE;
        if (old->sync_token) {
                /* Begun when it was sealed before, and then cut: what came since is not covered. */
                err = w->sync(w, old->file);
                return err ? log_fail(log, "roll", err) : KERR_NONE;
        }
        old->sync_token = ++log->shared->last_token;
        w->sync_start(w, old->file, old->sync_token);
        return KERR_NONE;
}

/* --- flushing --- */

int64_t partition_log_flush_due_ms(const struct partition_log *log)
{
        int64_t waiting = log->end - log->recovery_point;
        if (log->is_offline || waiting == 0)
                return INT64_MAX;
        if (waiting >= log->config.flush_messages)
                return log->unflushed_since_ms;
        bool never = log->config.flush_ms > INT64_MAX - log->unflushed_since_ms;
        return never ? INT64_MAX : log->unflushed_since_ms + log->config.flush_ms;
}

bool partition_log_wants_flush(const struct partition_log *log)
{
        return partition_log_flush_due_ms(log) <= log->world->mono_ms(log->world);
}

void log_schedule_flush(struct partition_log *log)
{
        int64_t due_ms = partition_log_flush_due_ms(log);
        if (due_ms < log->shared->flush_due_ms)
                log->shared->flush_due_ms = due_ms;
}

enum kerr partition_log_flush(struct partition_log *log)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        if (log->recovery_point == log->end)
                return KERR_NONE;
        enum kerr err = leader_epochs_write(&log->epochs);
        int32_t i = segment_list_floor(&log->segments, log->recovery_point);
        /* Sealed, but still waiting for the background: recovery will trust their indexes. */
        while (i > 0 && !log->segments.items[i - 1]->is_synced)
                i--;
        for (; i < log->segments.count && !err; i++) {
                struct segment *s = log->segments.items[i];
                if (s == active(log)) {
                        /* Its indexes can wait: after a crash they are made anew. */
                        err = segment_sync(s);
                } else if (!s->is_synced) {
                        err = log->world->sync(log->world, s->file);
                        if (!err)
                                err = finish_sync(s);
                }
        }
        if (err)
                return log_fail(log, log_syncing, err);
        log->recovery_point = log->end;
        return KERR_NONE;
}

bool partition_log_on_synced(struct partition_log *log, uint64_t token, enum kerr result)
{
        int32_t i = 0;
        while (i < log->segments.count && log->segments.items[i]->sync_token != token)
                i++;
        if (i == log->segments.count)
                return false;
        struct segment *s = log->segments.items[i];
        s->sync_token = 0;
        if (log->is_offline)
                return true; /* after a failed sync the next one may succeed and mean nothing */
        if (!result && !s->is_synced && s != active(log))
                result = finish_sync(s);
        if (result)
                log_fail(log, log_syncing, result);
        /* Syncs may end in any order: the recovery point stops at the first that has not. */
        i = segment_list_floor(&log->segments, log->recovery_point);
        for (; i + 1 < log->segments.count && log->segments.items[i]->is_synced; i++)
                log->recovery_point = log->segments.items[i + 1]->base_offset;
        return true;
}
