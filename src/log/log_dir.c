#include "log/log_dir.h"

#include "log/partition_dir.h"
#include "log/root_files.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum checkpoint { RECOVERY_POINTS, LOG_STARTS, CHECKPOINTS };

static const char *const checkpoint_names[CHECKPOINTS] = {
        [RECOVERY_POINTS] = "recovery-point-offset-checkpoint",
        [LOG_STARTS] = "log-start-offset-checkpoint",
};

/* One partition directory. */
struct entry {
        struct partition_dir names;
        bool is_claimed;              /* by log_dir_partition() */
        struct partition_log *log;    /* NULL: not open */
        int64_t offsets[CHECKPOINTS]; /* what the checkpoints said when the root was opened */
        UT_hash_handle hh;            /* by names.name */
};

struct log_dir {
        struct world *world;
        char *path;
        char cluster_id[CLUSTER_ID_MAX + 1];
        bool was_clean;
        bool has_stale_lines;  /* the checkpoints on disk speak of partitions that are gone */
        struct entry *entries; /* by name; iterates in the order of insertion */
        struct log_shared shared;
        int64_t retention_check_ms, checkpoint_ms;
        int64_t retention_due_ms, checkpoint_due_ms; /* mono_ms() */
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

static enum kerr read_root(struct log_dir *dir, int32_t node_id)
{
        enum kerr err = make_root(dir);
        if (!err)
                err = root_files_identify(dir->world, dir->path, node_id, dir->cluster_id);
        if (!err)
                err = list_partitions(dir);
        for (enum checkpoint which = 0; which < CHECKPOINTS && !err; which++)
                err = read_checkpoint(dir, which);
        if (!err)
                err = root_files_take_marker(dir->world, dir->path, &dir->was_clean);
        return err;
}

/* mono_ms() of `wait_ms` from now; INT64_MAX is never. */
static int64_t after(struct world *w, int64_t wait_ms)
{
        int64_t now_ms = w->mono_ms(w);
        return wait_ms > INT64_MAX - now_ms ? INT64_MAX : now_ms + wait_ms;
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
        d->shared = (struct log_shared){0, INT64_MAX};
        d->retention_check_ms = how->retention_check_ms;
        d->checkpoint_ms = how->checkpoint_ms;
        d->retention_due_ms = after(d->world, d->retention_check_ms);
        d->checkpoint_due_ms = after(d->world, d->checkpoint_ms);
        enum kerr err = read_root(d, how->node_id);
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
        err = partition_log_open(&how, &e->log);
        *log = e->log;
        return err;
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

static int64_t offset_of(const struct entry *e, enum checkpoint which)
{
        if (!e->log)
                return e->offsets[which];
        return which == RECOVERY_POINTS ? partition_log_recovery_point(e->log)
                                        : partition_log_start(e->log);
}

static enum kerr write_checkpoint(struct log_dir *dir, enum checkpoint which)
{
        struct offset_checkpoint_line *lines = calloc(HASH_COUNT(dir->entries) + 1, sizeof *lines);
        if (!lines)
                abort();
        int32_t count = 0;
        for (const struct entry *e = dir->entries; e; e = e->hh.next) {
                struct offset_checkpoint_line *line = &lines[count++];
                memcpy(line->topic, e->names.topic, sizeof line->topic);
                line->partition = e->names.partition;
                line->offset = offset_of(e, which);
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

int64_t log_dir_run_timers(struct log_dir *dir,
                           int64_t (*high_watermark)(void *context, struct partition_log *log),
                           void *context)
{
        flush_due_logs(dir);
        int64_t now_ms = dir->world->mono_ms(dir->world);
        if (now_ms >= dir->retention_due_ms) {
                for (struct entry *e = dir->entries; e; e = e->hh.next) {
                        int32_t removed;
                        if (e->log)
                                partition_log_retain(e->log, high_watermark(context, e->log),
                                                     &removed);
                }
                dir->retention_due_ms = after(dir->world, dir->retention_check_ms);
        }
        if (now_ms >= dir->checkpoint_due_ms) {
                log_dir_checkpoint(dir);
                dir->checkpoint_due_ms = after(dir->world, dir->checkpoint_ms);
        }
        int64_t next_ms = dir->shared.flush_due_ms;
        if (dir->retention_due_ms < next_ms)
                next_ms = dir->retention_due_ms;
        if (dir->checkpoint_due_ms < next_ms)
                next_ms = dir->checkpoint_due_ms;
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
        if (!err && may_mark)
                err = root_files_set_marker(dir->world, dir->path);
        free_dir(dir);
        return err;
}

void log_dir_abandon(struct log_dir *dir)
{
        for (struct entry *e = dir->entries; e; e = e->hh.next)
                partition_log_abandon(e->log);
        free_dir(dir);
}
