#include "log/log_dir_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- partitions --- */

static struct path path_to(const struct log_dir *dir, const struct log_dir_entry *e)
{
        return path_of(dir->path, "%s", e->names.name);
}

static enum kerr rename_away(struct log_dir *dir, const struct log_dir_entry *e, const char *why,
                             struct path *to)
{
        dir->has_stale_lines = true;
        return partition_dir_rename_away(dir->world, dir->path, &e->names, why, to);
}

static enum kerr set_stray_aside(struct log_dir *dir, struct log_dir_entry *e)
{
        struct path to;
        enum kerr err = rename_away(dir, e, "stray", &to);
        if (err)
                return err;
        world_log(dir->world, WORLD_WARN, "%s/%s: not of this cluster, set aside as %s", dir->path,
                  e->names.name, to.text);
        log_dir_drop(dir, e);
        return KERR_NONE;
}

enum kerr log_dir_set_strays_aside(struct log_dir *dir)
{
        enum kerr err = KERR_NONE;
        struct log_dir_entry *e, *next;
        HASH_ITER (hh, dir->entries, e, next) {
                if (!e->is_claimed && !err)
                        err = set_stray_aside(dir, e);
        }
        return err;
}

/* Its name is not durable yet. */
static enum kerr make_directory(struct log_dir *dir, const struct partition_dir *names)
{
        struct world *w = dir->world;
        /* A deleted partition of this name must not hand its offsets on to the new one. */
        enum kerr err = dir->has_stale_lines ? log_dir_checkpoint(dir) : KERR_NONE;
        return err ? err : w->make_dir(w, path_of(dir->path, "%s", names->name).text);
}

enum kerr log_dir_make(struct log_dir *dir, const char *topic, const int32_t *partitions,
                       int32_t count)
{
        struct partition_dir names;
        bool any_made = false;
        enum kerr err = KERR_NONE;
        int32_t there = 0;
        while (there < count && !err) {
                if (!partition_dir_name(&names, str_of(topic), partitions[there])) {
                        err = KERR_INVALID_TOPIC_EXCEPTION;
                } else if (!log_dir_find(dir, names.name)) {
                        err = make_directory(dir, &names);
                        any_made |= !err;
                }
                there += !err;
        }
        enum kerr sync_err = any_made ? dir->world->sync_dir(dir->world, dir->path) : KERR_NONE;
        for (int32_t i = 0; i < there && any_made && !sync_err; i++) {
                partition_dir_name(&names, str_of(topic), partitions[i]);
                if (!log_dir_find(dir, names.name))
                        log_dir_add(dir, &names)->is_new = true;
        }
        return err ? err : sync_err;
}

/* *entry: the partition's directory, with the topic id in it. */
static enum kerr claim(struct log_dir *dir, const struct partition_dir *names,
                       const struct uuid *topic_id, struct log_dir_entry **entry)
{
        struct log_dir_entry *e = log_dir_find(dir, names->name);
        struct uuid found;
        enum kerr err = KERR_NOT_FOUND;
        if (e) {
                assert(!e->log);
                e->is_claimed = true;
        }
        if (e && !e->is_new)
                err = root_files_read_topic_id(dir->world, path_to(dir, e).text, &found);
        if (!err && !uuid_equal(&found, topic_id)) {
                err = set_stray_aside(dir, e);
                if (err)
                        return err;
                e = NULL;
                err = KERR_NOT_FOUND;
        }
        if (err == KERR_NOT_FOUND) {
                err = log_dir_make(dir, names->topic, &names->partition, 1);
                if (err)
                        return err;
                e = log_dir_find(dir, names->name);
                e->is_claimed = true;
                err = root_files_write_topic_id(dir->world, path_to(dir, e).text, topic_id);
        }
        *entry = e;
        return err;
}

enum kerr log_dir_partition(struct log_dir *dir, const char *topic, int32_t partition,
                            const struct uuid *topic_id, const struct log_config *config,
                            struct partition_log **log)
{
        *log = NULL;
        struct partition_dir names;
        struct log_dir_entry *e;
        if (!partition_dir_name(&names, str_of(topic), partition))
                return KERR_INVALID_TOPIC_EXCEPTION;
        enum kerr err = claim(dir, &names, topic_id, &e);
        if (err)
                return err;
        struct path path = path_to(dir, e);
        struct partition_log_open how = {
                .world = dir->world,
                .shared = &dir->shared,
                .directory = path.text,
                .config = *config,
                .recovery_point = e->offsets[RECOVERY_POINTS],
                .log_start = e->offsets[LOG_STARTS],
                .cleaned_end = e->offsets[CLEANED_ENDS],
                .clean = dir->was_clean || e->is_new,
        };
        err = partition_log_open(&how, log);
        if (err)
                return err;
        /* A crash, in the midst of a cut perhaps, has made the checkpoints wrong: see
         * partition_log.h (5). */
        e->offsets[RECOVERY_POINTS] = partition_log_recovery_point(*log);
        e->offsets[LOG_STARTS] = partition_log_start(*log);
        if (e->offsets[RECOVERY_POINTS] < how.recovery_point ||
            e->offsets[LOG_STARTS] != how.log_start)
                err = log_dir_checkpoint(dir);
        if (err) {
                partition_log_abandon(*log);
                *log = NULL;
        }
        e->log = *log;
        return err;
}

enum kerr log_dir_delete(struct log_dir *dir, struct partition_log *log)
{
        if (dir->cleaner.log == log)
                log_cleaner_stop(&dir->cleaner);
        struct log_dir_entry *e = log_dir_find(dir, strrchr(partition_log_directory(log), '/') + 1);
        assert(e && e->log == log);
        partition_log_abandon(log);
        e->log = NULL;
        struct path to;
        enum kerr err = rename_away(dir, e, "delete", &to);
        if (err)
                return err;
        log_dir_drop(dir, e);
        return partition_dir_remove(dir->world, to.text);
}

/* --- timers --- */

/* A log whose flush fails says so itself, and is offline then. */
static void flush_due_logs(struct log_dir *dir)
{
        if (dir->world->mono_ms(dir->world) < dir->shared.flush_due_ms)
                return;
        dir->shared.flush_due_ms = INT64_MAX;
        for (struct log_dir_entry *e = dir->entries; e; e = e->hh.next) {
                if (e->log && partition_log_wants_flush(e->log))
                        partition_log_flush(e->log);
                int64_t due_ms = e->log ? partition_log_flush_due_ms(e->log) : INT64_MAX;
                if (due_ms < dir->shared.flush_due_ms)
                        dir->shared.flush_due_ms = due_ms;
        }
}

static void run_retention(struct log_dir *dir)
{
        for (struct log_dir_entry *e = dir->entries; e; e = e->hh.next) {
                int32_t removed;
                if (e->log)
                        partition_log_retain(e->log, log_dir_high_watermark_of(dir, e->log),
                                             &removed);
        }
}

/* Nothing at or above it may be cleaned; -1: nothing may. */
static int64_t cleaner_bound(const struct log_dir *dir, struct partition_log *log)
{
        int64_t high_watermark = log_dir_high_watermark_of(dir, log);
        if (high_watermark < 0)
                return -1;
        int64_t stable = dir->last_stable_offset(dir->context, log);
        return stable < high_watermark ? stable : high_watermark;
}

static void run_cleaner(struct log_dir *dir)
{
        bool is_looking = log_cleaner_is_looking(&dir->cleaner);
        for (struct log_dir_entry *e = dir->entries; e && is_looking; e = e->hh.next) {
                int64_t bound = e->log ? cleaner_bound(dir, e->log) : -1;
                if (bound >= 0)
                        log_cleaner_offer(&dir->cleaner, e->log, bound);
        }
        if (log_cleaner_run(&dir->cleaner)) {
                dir->has_cleaned = true;
                log_dir_write_checkpoint(dir, CLEANED_ENDS);
        }
}

int64_t log_dir_run_timers(struct log_dir *dir)
{
        struct world *w = dir->world;
        flush_due_logs(dir);
        if (alarm_rings(&dir->retention, w))
                run_retention(dir);
        if (alarm_rings(&dir->checkpoint, w))
                log_dir_checkpoint(dir);
        if (alarm_rings(&dir->hw_checkpoint, w))
                log_dir_write_checkpoint(dir, HIGH_WATERMARKS);
        run_cleaner(dir);
        log_dir_forget_failed_life(dir);
        int64_t next_ms = dir->shared.flush_due_ms;
        if (dir->cleaner.alarm.due_ms < next_ms)
                next_ms = dir->cleaner.alarm.due_ms;
        if (dir->retention.due_ms < next_ms)
                next_ms = dir->retention.due_ms;
        if (dir->checkpoint.due_ms < next_ms)
                next_ms = dir->checkpoint.due_ms;
        if (dir->hw_checkpoint.due_ms < next_ms)
                next_ms = dir->hw_checkpoint.due_ms;
        return next_ms;
}

void log_dir_on_synced(struct log_dir *dir, uint64_t token, enum kerr result)
{
        enum { SOON_MS = 1000 };
        for (struct log_dir_entry *e = dir->entries; e; e = e->hh.next) {
                if (!e->log)
                        continue;
                int64_t before = partition_log_recovery_point(e->log);
                if (!partition_log_on_synced(e->log, token, result))
                        continue;
                /* A crash would read all that the checkpoint does not know to be synced: a rolled
                 * segment need not wait for the checkpoint's own time. */
                if (partition_log_recovery_point(e->log) > before)
                        alarm_hasten(&dir->checkpoint, dir->world, SOON_MS);
                return;
        }
}

/* --- closing --- */

/* Without this a crash before the present run could be forgotten. */
static bool is_unrecovered(const struct log_dir *dir, const struct log_dir_entry *e)
{
        return !e->log && (e->is_claimed || !dir->was_clean);
}

enum kerr log_dir_close(struct log_dir *dir)
{
        enum kerr err = KERR_NONE;
        bool may_mark = true;
        log_cleaner_stop(&dir->cleaner);
        for (struct log_dir_entry *e = dir->entries; e; e = e->hh.next) {
                may_mark = may_mark && !is_unrecovered(dir, e);
                if (e->log && partition_log_flush(e->log))
                        err = KERR_KAFKA_STORAGE_ERROR;
        }
        if (log_dir_checkpoint(dir))
                err = KERR_KAFKA_STORAGE_ERROR;
        for (struct log_dir_entry *e = dir->entries; e; e = e->hh.next) {
                if (e->log && partition_log_close(e->log))
                        err = KERR_KAFKA_STORAGE_ERROR;
        }
        log_dir_forget_failed_life(dir);
        if (!err && may_mark)
                err = root_files_set_marker(dir->world, dir->path, dir->broker_epoch);
        log_dir_free(dir);
        return err;
}

void log_dir_abandon(struct log_dir *dir)
{
        log_cleaner_stop(&dir->cleaner);
        for (struct log_dir_entry *e = dir->entries; e; e = e->hh.next)
                partition_log_abandon(e->log);
        log_dir_free(dir);
}
