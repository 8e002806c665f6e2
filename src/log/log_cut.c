#include "log/log_parts.h"
#include "log/retention.h"
#include "log/snapshot_files.h"

enum kerr log_tell_cut(struct partition_log *log)
{
        return log->observer ? log->observer->cut(log->observer) : KERR_NONE;
}

/* The epochs below go with the segments, or at the next start: until the new start is in the
 * checkpoint a crash brings those records back, and then their epochs must be known. The recovery
 * point stays: what was deleted but lies in a file that goes on must be synced, or recovery would
 * cut the file there. */
enum kerr partition_log_advance_start(struct partition_log *log, int64_t offset)
{
        if (offset > log->end)
                return KERR_OFFSET_OUT_OF_RANGE;
        if (offset <= log->start)
                return KERR_NONE;
        log->start = offset;
        log->changes++;
        enum kerr err = log_tell_cut(log);
        return err ? log_fail(log, "raising the log start", err) : KERR_NONE;
}

enum kerr partition_log_retain(struct partition_log *log, int64_t upper_bound, int32_t *removed)
{
        *removed = 0;
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        struct retention_limits limits = {log->world->wall_ms(log->world), log->start, upper_bound};
        int32_t count = retention_count(&log->segments, &log->config, &limits);
        log->changes += count > 0;
        enum kerr err = KERR_NONE;
        if (count == log->segments.count) {
                err = partition_log_roll(log);
                if (err)
                        return err;
        }
        while (*removed < count && !err) {
                err = segment_list_remove_first(&log->segments);
                *removed += !err;
        }
        /* Epochs after segments: the checkpoint may know more than the log, never less. */
        int64_t base_offset = log->segments.items[0]->base_offset;
        if (base_offset > log->start)
                log->start = base_offset;
        if (base_offset > log->recovery_point)
                log->recovery_point = base_offset;
        txn_index_cut_start(&log->aborted, base_offset);
        if (!err)
                err = leader_epochs_cut_start(&log->epochs, base_offset);
        if (!err && *removed > 0)
                err = snapshot_files_remove_old(log->world, log->directory, base_offset);
        if (!err && *removed > 0)
                err = log_tell_cut(log);
        return err ? log_fail(log, "retention", err) : KERR_NONE;
}

/* The segments have been cut, durably. The caches and checkpoints follow. */
static enum kerr after_cut(struct partition_log *log)
{
        bool fell = log->recovery_point > log->end || log->start > log->end;
        if (log->start > log->end)
                log->start = log->end;
        if (log->cleaned_end > log->end)
                log->cleaned_end = log->end;
        if (log->recovery_point > log->end)
                log->recovery_point = log->end;
        enum kerr err = leader_epochs_cut_end(&log->epochs, log->end);
        if (!err && fell && log->shared->write_checkpoints)
                err = log->shared->write_checkpoints(log->shared);
        return err;
}

/* What follows from the batches that are gone. */
static enum kerr forget_above_end(struct partition_log *log)
{
        struct segment *active = segment_list_active(&log->segments);
        enum kerr err = txn_index_cut_end(&log->aborted, active, log->end);
        if (!err)
                err = snapshot_files_remove_above(log->world, log->directory, log->end);
        return err ? err : log_tell_cut(log);
}

/* Segments go one by one from the end, so a crash in between leaves a shorter log and no hole. */
enum kerr partition_log_truncate(struct partition_log *log, int64_t offset)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        if (log->segments.items[0]->base_offset > offset)
                return partition_log_restart_at(log, offset);
        enum kerr err = KERR_NONE;
        int64_t old_end = log->end;
        log->changes++;
        if (offset < log->end) {
                while (!err && segment_list_active(&log->segments)->base_offset > offset)
                        err = segment_list_remove_last(&log->segments);
                if (!err)
                        err = segment_truncate(segment_list_active(&log->segments), offset);
                log->end = segment_list_active(&log->segments)->next_offset;
        }
        if (!err)
                err = after_cut(log);
        if (!err && log->end < old_end)
                err = forget_above_end(log);
        return err ? log_fail(log, "truncation", err) : KERR_NONE;
}

/* All segments go before there is a new one: between the old ones and it would be a hole. */
static enum kerr replace_segments(struct partition_log *log, int64_t offset)
{
        enum kerr err = KERR_NONE;
        struct segment *new;
        while (!err && log->segments.count > 1)
                err = segment_list_remove_last(&log->segments);
        if (!err)
                err = segment_remove(segment_list_active(&log->segments));
        if (!err)
                err = leader_epochs_cut_end(&log->epochs, 0);
        if (!err)
                err = segment_create(log->world, log->directory, &log->config, offset, &new);
        if (err)
                return err;
        segment_list_close(&log->segments);
        segment_list_push(&log->segments, new);
        return KERR_NONE;
}

enum kerr partition_log_restart_at(struct partition_log *log, int64_t offset)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        log->changes++;
        enum kerr err = replace_segments(log, offset);
        if (err)
                return log_fail(log, "restart", err);
        log->start = log->recovery_point = log->end = log->cleaned_end = offset;
        log->aborted.count = 0;
        if (log->shared->write_checkpoints)
                err = log->shared->write_checkpoints(log->shared);
        if (!err)
                err = snapshot_files_remove_above(log->world, log->directory, -1);
        if (!err)
                err = log_tell_cut(log);
        return err ? log_fail(log, "restart", err) : KERR_NONE;
}
