#include "log/log_dir_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        HW_CHECKPOINT_DEFAULT_MS = 5000,
        CLEANER_BACKOFF_DEFAULT_MS = 15000,
        CLEANER_BUFFER_DEFAULT_BYTES = 128 << 20,
};

/* --- partition directories --- */

struct log_dir_entry *log_dir_find(const struct log_dir *dir, const char *name)
{
        struct log_dir_entry *e;
        HASH_FIND_STR(dir->entries, name, e);
        return e;
}

struct log_dir_entry *log_dir_add(struct log_dir *dir, const struct partition_dir *names)
{
        struct log_dir_entry *e = calloc(1, sizeof *e);
        if (!e)
                abort();
        e->names = *names;
        HASH_ADD_STR(dir->entries, names.name, e);
        return e;
}

void log_dir_drop(struct log_dir *dir, struct log_dir_entry *e)
{
        HASH_DEL(dir->entries, e);
        free(e);
}

/* One name in the root: a directory's ends in '/'. */
static enum kerr note_name(struct log_dir *dir, const char *name)
{
        struct partition_dir names;
        struct str directory = {name, (int32_t)strlen(name) - 1};
        if (directory.size < 0 || name[directory.size] != '/')
                return KERR_NONE;
        if (partition_dir_parse(&names, directory))
                log_dir_add(dir, &names);
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

/* --- the root --- */

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
                err = log_dir_read_checkpoint(dir, which);
        }
        if (!err)
                err = root_files_take_marker(dir->world, dir->path, &dir->was_clean);
        if (!err)
                read_life(dir);
        return err;
}

static enum kerr write_checkpoints(struct log_shared *shared)
{
        return log_dir_checkpoint((struct log_dir *)shared);
}

void log_dir_free(struct log_dir *dir)
{
        struct log_dir_entry *e, *next;
        HASH_ITER (hh, dir->entries, e, next)
                log_dir_drop(dir, e);
        free(dir->path);
        free(dir);
}

static void configure_cleaner(struct log_dir *dir, const struct log_dir_open *how)
{
        int64_t backoff_ms = INT64_MAX, buffer_bytes = how->cleaner_buffer_bytes;
        if (how->cleaner_enabled && how->last_stable_offset)
                backoff_ms = how->cleaner_backoff_ms > 0 ? how->cleaner_backoff_ms
                                                         : CLEANER_BACKOFF_DEFAULT_MS;
        if (buffer_bytes <= 0)
                buffer_bytes = CLEANER_BUFFER_DEFAULT_BYTES;
        log_cleaner_init(&dir->cleaner, dir->world, backoff_ms, buffer_bytes);
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
        d->last_stable_offset = how->last_stable_offset;
        d->context = how->context;
        configure_cleaner(d, how);
        d->retention.interval_ms = how->retention_check_ms;
        d->checkpoint.interval_ms = how->checkpoint_ms;
        d->hw_checkpoint.interval_ms =
                how->hw_checkpoint_ms > 0 ? how->hw_checkpoint_ms : HW_CHECKPOINT_DEFAULT_MS;
        alarm_set(&d->retention, d->world);
        alarm_set(&d->checkpoint, d->world);
        alarm_set(&d->hw_checkpoint, d->world);
        enum kerr err = read_root(d, how);
        if (err) {
                log_dir_free(d);
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
void log_dir_forget_failed_life(struct log_dir *dir)
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
