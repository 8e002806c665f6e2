#include "log/log_dir.h"

#include "log/partition_dir.h"
#include "log/root_files.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum checkpoint { RECOVERY_POINTS, LOG_STARTS, HIGH_WATERMARKS, CHECKPOINTS };

enum { HW_CHECKPOINT_DEFAULT_MS = 5000 };

static const char *const checkpoint_names[CHECKPOINTS] = {
        [RECOVERY_POINTS] = "recovery-point-offset-checkpoint",
        [LOG_STARTS] = "log-start-offset-checkpoint",
        [HIGH_WATERMARKS] = "replication-offset-checkpoint",
};

/* One partition directory. */
struct entry {
        struct partition_dir names;
        bool is_claimed;              /* by log_dir_partition() */
        struct partition_log *log;    /* NULL: not open */
        int64_t offsets[CHECKPOINTS]; /* what the checkpoints said when the root was opened */
        UT_hash_handle hh;            /* by names.name */
};

/* A time to do something again and again. */
struct alarm {
        int64_t interval_ms, due_ms; /* mono_ms() */
};

struct log_dir {
        struct log_shared shared; /* first: logs call us by it */
        struct world *world;
        char *path;
        char cluster_id[CLUSTER_ID_MAX + 1];
        bool was_clean;
        bool is_forgotten;    /* the broker-life file was removed: a log has failed */
        bool has_stale_lines; /* the checkpoints on disk speak of partitions that are gone */
        int64_t previous_epoch, broker_epoch; /* -1: none */
        struct entry *entries;                /* by name; iterates in the order of insertion */
        int64_t (*high_watermark)(void *context, struct partition_log *log);
        void *context;
        struct alarm retention, checkpoint, hw_checkpoint;
};

static struct entry *find_entry(const struct log_dir *dir, const char *name)
{
        struct entry *e;
        HASH_FIND_STR(dir->entries, name, e);
        return e;
}

static struct entry *add_entry(struct log_dir *dir, const struct partition_dir *names)
{
        struct entry *e = calloc(1, sizeof *e);
        if (!e)
                abort();
        e->names = *names;
        HASH_ADD_STR(dir->entries, names.name, e);
        return e;
}

static void drop_entry(struct log_dir *dir, struct entry *e)
{
        HASH_DEL(dir->entries, e);
        free(e);
}

static struct path path_to(const struct log_dir *dir, const struct entry *e)
{
        return path_of(dir->path, "%s", e->names.name);
}

/* --- opening --- */

/* One name in the root: a directory's ends in '/'. */
static enum kerr note_name(struct log_dir *dir, const char *name)
{
        struct partition_dir names;
        struct str directory = {name, (int32_t)strlen(name) - 1};
        if (directory.size < 0 || name[directory.size] != '/')
                return KERR_NONE;
        if (partition_dir_parse(&names, directory))
                add_entry(dir, &names);
        if (!partition_dir_is_deleted(directory))
                return KERR_NONE;
        world_log(dir->world, WORLD_INFO, "%s/%s: finishing the deletion", dir->path, name);
        return partition_dir_remove(dir->world,
                                    path_of(dir->path, "%.*s", directory.size, name).text);
}

static enum kerr list_partitions(struct log_dir *dir)
{
        struct buffer names = {0};
        enum kerr err = dir->world->list(dir->world, dir->path, &names);
        for (size_t at = 0; at < names.size && !err;) {
                const char *name = (const char *)names.data + at;
                at += strlen(name) + 1;
                err = note_name(dir, name);
        }
        buffer_deinit(&names);
        return err;
}

static enum kerr read_checkpoint(struct log_dir *dir, enum checkpoint which)
{
        struct offset_checkpoint_line *lines;
        int32_t count;
        enum kerr err = checkpoint_read_offsets(dir->world, dir->path, checkpoint_names[which],
                                                &lines, &count);
        for (int32_t i = 0; i < count; i++) {
                struct partition_dir names;
                struct entry *e = NULL;
                if (partition_dir_name(&names, str_of(lines[i].topic), lines[i].partition))
                        e = find_entry(dir, names.name);
                if (e)
                        e->offsets[which] = lines[i].offset;
                else
                        dir->has_stale_lines = true;
        }
        free(lines);
        return err;
}

/* Makes the root when it is missing. Its name is synced at each start: the process that made it may
 * have been killed before it could. */
static enum kerr make_root(struct log_dir *dir)
{
        struct world *w = dir->world;
        enum kerr err = w->make_dir(w, dir->path);
        if (err && err != KERR_EXISTS)
                return err;
        const char *slash = strrchr(dir->path, '/');
        struct path parent = {"."};
        if (slash)
                snprintf(parent.text, sizeof parent.text, "%.*s/", (int)(slash - dir->path),
                         dir->path);
        err = w->sync_dir(w, parent.text);
        return err ? err : w->sync_dir(w, dir->path);
}

/* A life that may have lost something is forgotten: were this one to stop cleanly without having
 * begun, the next would take the mark for that one's. */
static void read_life(struct log_dir *dir)
{
        static const struct uuid unknown;
        struct broker_life life;
        const struct uuid *boot = &dir->world->machine_boot;
        enum kerr err = root_files_read_life(dir->world, dir->path, &life);
        if (err == KERR_NOT_FOUND)
                return;
        bool is_up = !err && uuid_equal(&life.machine_boot, boot) && !uuid_equal(boot, &unknown);
        if (!err && (dir->was_clean || is_up))
                dir->previous_epoch = life.broker_epoch;
        else
                root_files_remove_life(dir->world, dir->path);
}

static enum kerr read_root(struct log_dir *dir, const struct log_dir_open *how)
{
        static const struct uuid none;
        struct uuid cluster = how->cluster_id;
        enum kerr err = make_root(dir);
        if (uuid_equal(&cluster, &none))
                cluster = uuid_random(dir->world);
        if (!err)
                err = root_files_identify(dir->world, dir->path, how->node_id, &cluster,
                                          dir->cluster_id);
        if (!err)
                err = list_partitions(dir);
        for (enum checkpoint which = 0; which < CHECKPOINTS && !err; which++) {
                if (which == HIGH_WATERMARKS && zoo_has(dir->world->zoo, ZOO_HW_FORGOTTEN))
                        continue; /* KAFKA-769 */
                err = read_checkpoint(dir, which);
        }
        if (!err)
                err = root_files_take_marker(dir->world, dir->path, &dir->was_clean);
        if (!err)
                read_life(dir);
        return err;
}

/* INT64_MAX is never. */
static void set_alarm(struct alarm *alarm, struct world *w)
{
        int64_t now_ms = w->mono_ms(w);
        bool never = alarm->interval_ms > INT64_MAX - now_ms;
        alarm->due_ms = never ? INT64_MAX : now_ms + alarm->interval_ms;
}

static bool rings(struct alarm *alarm, struct world *w)
{
        if (w->mono_ms(w) < alarm->due_ms)
                return false;
        set_alarm(alarm, w);
        return true;
}

static enum kerr write_checkpoints(struct log_shared *shared)
{
        return log_dir_checkpoint((struct log_dir *)shared);
}

static void free_dir(struct log_dir *dir)
{
        struct entry *e, *next;
        HASH_ITER (hh, dir->entries, e, next)
                drop_entry(dir, e);
        free(dir->path);
        free(dir);
}

enum kerr log_dir_open(const struct log_dir_open *how, struct log_dir **dir)
{
        *dir = NULL;
        size_t size = strlen(how->path);
        if (size == 0 || size > ROOT_PATH_MAX)
                return KERR_INVALID_CONFIG;
        struct log_dir *d = calloc(1, sizeof *d);
        if (!d || !(d->path = strdup(how->path)))
                abort();
        while (size > 1 && d->path[size - 1] == '/')
                d->path[--size] = '\0';
        d->world = how->world;
        d->shared.flush_due_ms = INT64_MAX;
        d->shared.write_checkpoints = write_checkpoints;
        d->previous_epoch = d->broker_epoch = -1;
        d->high_watermark = how->high_watermark;
        d->context = how->context;
        d->retention.interval_ms = how->retention_check_ms;
        d->checkpoint.interval_ms = how->checkpoint_ms;
        d->hw_checkpoint.interval_ms =
                how->hw_checkpoint_ms > 0 ? how->hw_checkpoint_ms : HW_CHECKPOINT_DEFAULT_MS;
        set_alarm(&d->retention, d->world);
        set_alarm(&d->checkpoint, d->world);
        set_alarm(&d->hw_checkpoint, d->world);
        enum kerr err = read_root(d, how);
        if (err) {
                free_dir(d);
                return err;
        }
        *dir = d;
        return KERR_NONE;
}

const char *log_dir_cluster_id(const struct log_dir *dir)
{
        return dir->cluster_id;
}

bool log_dir_was_clean(const struct log_dir *dir)
{
        return dir->was_clean;
}

int64_t log_dir_previous_epoch(const struct log_dir *dir)
{
        return dir->shared.has_failed ? -1 : dir->previous_epoch;
}

/* No need to sync the removal: only a power cut could undo it, and that ends the machine's life. */
static void forget_failed_life(struct log_dir *dir)
{
        if (dir->shared.has_failed && !dir->is_forgotten)
                root_files_remove_life(dir->world, dir->path);
        dir->is_forgotten = dir->shared.has_failed;
}

enum kerr log_dir_begin_life(struct log_dir *dir, int64_t broker_epoch)
{
        struct broker_life life = {dir->world->machine_boot, broker_epoch};
        if (dir->shared.has_failed)
                return KERR_NONE;
        enum kerr err = root_files_write_life(dir->world, dir->path, &life);
        if (!err)
                dir->broker_epoch = broker_epoch;
        return err;
}

/* --- partitions --- */

static enum kerr rename_away(struct log_dir *dir, const struct entry *e, const char *why,
                             struct path *to)
{
        dir->has_stale_lines = true;
        return partition_dir_rename_away(dir->world, dir->path, &e->names, why, to);
}

static enum kerr set_stray_aside(struct log_dir *dir, struct entry *e)
{
        struct path to;
        enum kerr err = rename_away(dir, e, "stray", &to);
        if (err)
                return err;
        world_log(dir->world, WORLD_WARN, "%s/%s: not of this cluster, set aside as %s", dir->path,
                  e->names.name, to.text);
        drop_entry(dir, e);
        return KERR_NONE;
}

enum kerr log_dir_set_strays_aside(struct log_dir *dir)
{
        enum kerr err = KERR_NONE;
        struct entry *e, *next;
        HASH_ITER (hh, dir->entries, e, next) {
                if (!e->is_claimed && !err)
                        err = set_stray_aside(dir, e);
        }
        return err;
}

/* Makes the directory, its name durable. */
static enum kerr make_partition(struct log_dir *dir, const struct partition_dir *names,
                                struct entry **entry)
{
        struct world *w = dir->world;
        /* A deleted partition of this name must not hand its offsets on to the new one. */
        enum kerr err = dir->has_stale_lines ? log_dir_checkpoint(dir) : KERR_NONE;
        if (!err)
                err = w->make_dir(w, path_of(dir->path, "%s", names->name).text);
        if (!err)
                err = w->sync_dir(w, dir->path);
        if (!err) {
                *entry = add_entry(dir, names);
                (*entry)->is_claimed = true;
        }
        return err;
}

/* *entry: the partition's directory, with the topic id in it. */
static enum kerr claim(struct log_dir *dir, const struct partition_dir *names,
                       const struct uuid *topic_id, struct entry **entry)
{
        struct entry *e = find_entry(dir, names->name);
        struct uuid found;
        enum kerr err = KERR_NOT_FOUND;
        if (e) {
                assert(!e->log);
                e->is_claimed = true;
                err = root_files_read_topic_id(dir->world, path_to(dir, e).text, &found);
        }
        if (!err && !uuid_equal(&found, topic_id)) {
                err = set_stray_aside(dir, e);
                if (err)
                        return err;
                e = NULL;
                err = KERR_NOT_FOUND;
        }
        if (err == KERR_NOT_FOUND) {
                err = e ? KERR_NONE : make_partition(dir, names, &e);
                if (!err)
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
        struct entry *e;
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
                .clean = dir->was_clean,
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

int64_t log_dir_high_watermark(const struct log_dir *dir, const char *topic, int32_t partition)
{
        struct partition_dir names;
        const struct entry *e = NULL;
        if (partition_dir_name(&names, str_of(topic), partition))
                e = find_entry(dir, names.name);
        return e ? e->offsets[HIGH_WATERMARKS] : 0;
}

enum kerr log_dir_delete(struct log_dir *dir, struct partition_log *log)
{
        struct entry *e = find_entry(dir, strrchr(partition_log_directory(log), '/') + 1);
        assert(e && e->log == log);
        partition_log_abandon(log);
        e->log = NULL;
        struct path to;
        enum kerr err = rename_away(dir, e, "delete", &to);
        if (err)
                return err;
        drop_entry(dir, e);
        return partition_dir_remove(dir->world, to.text);
}

/* --- checkpoints and timers --- */

static int64_t high_watermark_of(const struct log_dir *dir, struct partition_log *log)
{
        return dir->high_watermark ? dir->high_watermark(dir->context, log) : -1;
}

/* What a checkpoint says of one partition; -1: nothing. */
static int64_t offset_of(const struct log_dir *dir, const struct entry *e, enum checkpoint which)
{
        if (!e->log)
                return e->offsets[which];
        if (which == RECOVERY_POINTS)
                return partition_log_recovery_point(e->log);
        if (which == LOG_STARTS)
                return partition_log_start(e->log);
        /* A log that is being cut may end below it. */
        int64_t high_watermark = high_watermark_of(dir, e->log), end = partition_log_end(e->log);
        return high_watermark < end ? high_watermark : end;
}

static enum kerr write_checkpoint(struct log_dir *dir, enum checkpoint which)
{
        struct offset_checkpoint_line *lines = calloc(HASH_COUNT(dir->entries) + 1, sizeof *lines);
        if (!lines)
                abort();
        int32_t count = 0;
        for (const struct entry *e = dir->entries; e; e = e->hh.next) {
                struct offset_checkpoint_line *line = &lines[count];
                memcpy(line->topic, e->names.topic, sizeof line->topic);
                line->partition = e->names.partition;
                line->offset = offset_of(dir, e, which);
                count += line->offset >= 0;
        }
        enum kerr err = checkpoint_write_offsets(dir->world, dir->path, checkpoint_names[which],
                                                 lines, count);
        free(lines);
        return err;
}

enum kerr log_dir_checkpoint(struct log_dir *dir)
{
        enum kerr err = write_checkpoint(dir, LOG_STARTS);
        if (!err)
                err = write_checkpoint(dir, RECOVERY_POINTS);
        if (!err)
                err = write_checkpoint(dir, HIGH_WATERMARKS);
        if (err)
                world_log(dir->world, WORLD_ERROR, "%s: writing the checkpoints failed: %s",
                          dir->path, kerr_text(err));
        else
                dir->has_stale_lines = false;
        return err;
}

/* A log whose flush fails says so itself, and is offline then. */
static void flush_due_logs(struct log_dir *dir)
{
        if (dir->world->mono_ms(dir->world) < dir->shared.flush_due_ms)
                return;
        dir->shared.flush_due_ms = INT64_MAX;
        for (struct entry *e = dir->entries; e; e = e->hh.next) {
                if (e->log && partition_log_wants_flush(e->log))
                        partition_log_flush(e->log);
                int64_t due_ms = e->log ? partition_log_flush_due_ms(e->log) : INT64_MAX;
                if (due_ms < dir->shared.flush_due_ms)
                        dir->shared.flush_due_ms = due_ms;
        }
}

static void run_retention(struct log_dir *dir)
{
        for (struct entry *e = dir->entries; e; e = e->hh.next) {
                int32_t removed;
                if (e->log)
                        partition_log_retain(e->log, high_watermark_of(dir, e->log), &removed);
        }
}

int64_t log_dir_run_timers(struct log_dir *dir)
{
        struct world *w = dir->world;
        flush_due_logs(dir);
        if (rings(&dir->retention, w))
                run_retention(dir);
        if (rings(&dir->checkpoint, w))
                log_dir_checkpoint(dir);
        if (rings(&dir->hw_checkpoint, w))
                write_checkpoint(dir, HIGH_WATERMARKS);
        forget_failed_life(dir);
        int64_t next_ms = dir->shared.flush_due_ms;
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
        for (struct entry *e = dir->entries; e; e = e->hh.next) {
                if (e->log && partition_log_on_synced(e->log, token, result))
                        return;
        }
}

/* --- closing --- */

/* Without this a crash before the present run could be forgotten. */
static bool is_unrecovered(const struct log_dir *dir, const struct entry *e)
{
        return !e->log && (e->is_claimed || !dir->was_clean);
}

enum kerr log_dir_close(struct log_dir *dir)
{
        enum kerr err = KERR_NONE;
        bool may_mark = true;
        for (struct entry *e = dir->entries; e; e = e->hh.next) {
                may_mark = may_mark && !is_unrecovered(dir, e);
                if (e->log && partition_log_flush(e->log))
                        err = KERR_KAFKA_STORAGE_ERROR;
        }
        if (log_dir_checkpoint(dir))
                err = KERR_KAFKA_STORAGE_ERROR;
        for (struct entry *e = dir->entries; e; e = e->hh.next) {
                if (e->log && partition_log_close(e->log))
                        err = KERR_KAFKA_STORAGE_ERROR;
        }
        forget_failed_life(dir);
        if (!err && may_mark)
                err = root_files_set_marker(dir->world, dir->path, dir->broker_epoch);
        free_dir(dir);
        return err;
}

void log_dir_abandon(struct log_dir *dir)
{
        for (struct entry *e = dir->entries; e; e = e->hh.next)
                partition_log_abandon(e->log);
        free_dir(dir);
}
