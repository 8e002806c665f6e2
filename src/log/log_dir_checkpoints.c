#include "log/checkpoint.h"
#include "log/log_dir_parts.h"

#include <stdlib.h>
#include <string.h>

static const char *const checkpoint_names[CHECKPOINTS] = {
        [RECOVERY_POINTS] = "recovery-point-offset-checkpoint",
        [LOG_STARTS] = "log-start-offset-checkpoint",
        [HIGH_WATERMARKS] = "replication-offset-checkpoint",
        [CLEANED_ENDS] = "cleaner-offset-checkpoint",
};

enum kerr log_dir_read_checkpoint(struct log_dir *dir, enum checkpoint which)
{
        struct offset_checkpoint_line *lines;
        int32_t count;
        enum kerr err = checkpoint_read_offsets(dir->world, dir->path, checkpoint_names[which],
                                                &lines, &count);
        for (int32_t i = 0; i < count; i++) {
                struct partition_dir names;
                struct log_dir_entry *e = NULL;
                if (partition_dir_name(&names, str_of(lines[i].topic), lines[i].partition))
                        e = log_dir_find(dir, names.name);
                if (e)
                        e->offsets[which] = lines[i].offset;
                else
                        dir->has_stale_lines = true;
        }
        dir->has_cleaned |= which == CLEANED_ENDS && count > 0;
        free(lines);
        return err;
}

int64_t log_dir_high_watermark(const struct log_dir *dir, const char *topic, int32_t partition)
{
        struct partition_dir names;
        const struct log_dir_entry *e = NULL;
        if (partition_dir_name(&names, str_of(topic), partition))
                e = log_dir_find(dir, names.name);
        return e ? e->offsets[HIGH_WATERMARKS] : 0;
}

int64_t log_dir_high_watermark_of(const struct log_dir *dir, struct partition_log *log)
{
        return dir->high_watermark ? dir->high_watermark(dir->context, log) : -1;
}

/* What a checkpoint says of one partition; -1: nothing. */
static int64_t offset_of(const struct log_dir *dir, const struct log_dir_entry *e,
                         enum checkpoint which)
{
        if (!e->log)
                return e->offsets[which];
        if (which == RECOVERY_POINTS)
                return partition_log_recovery_point(e->log);
        if (which == LOG_STARTS)
                return partition_log_start(e->log);
        if (which == CLEANED_ENDS)
                return partition_log_cleaned_end(e->log);
        /* A log that is being cut may end below it. */
        int64_t high_watermark = log_dir_high_watermark_of(dir, e->log),
                end = partition_log_end(e->log);
        return high_watermark < end ? high_watermark : end;
}

enum kerr log_dir_write_checkpoint(struct log_dir *dir, enum checkpoint which)
{
        struct offset_checkpoint_line *lines = calloc(HASH_COUNT(dir->entries) + 1, sizeof *lines);
        if (!lines)
                abort();
        int32_t count = 0;
        for (const struct log_dir_entry *e = dir->entries; e; e = e->hh.next) {
                struct offset_checkpoint_line *line = &lines[count];
                memcpy(line->topic, e->names.topic, sizeof line->topic);
                line->partition = e->names.partition;
                line->offset = offset_of(dir, e, which);
                /* Kafka lists compacted logs only. */
                count += line->offset > 0 || (line->offset == 0 && which != CLEANED_ENDS);
        }
        enum kerr err = checkpoint_write_offsets(dir->world, dir->path, checkpoint_names[which],
                                                 lines, count);
        free(lines);
        return err;
}

enum kerr log_dir_checkpoint(struct log_dir *dir)
{
        enum kerr err = log_dir_write_checkpoint(dir, LOG_STARTS);
        if (!err)
                err = log_dir_write_checkpoint(dir, RECOVERY_POINTS);
        if (!err)
                err = log_dir_write_checkpoint(dir, HIGH_WATERMARKS);
        if (!err && dir->has_cleaned)
                err = log_dir_write_checkpoint(dir, CLEANED_ENDS);
        if (err)
                world_log(dir->world, WORLD_ERROR, "%s: writing the checkpoints failed: %s",
                          dir->path, kerr_text(err));
        else
                dir->has_stale_lines = false;
        return err;
}
