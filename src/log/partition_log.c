#include "log/partition_log.h"

#include "log/recovery.h"
#include "log/retention.h"

#include <stdlib.h>
#include <string.h>

struct partition_log {
        struct world *world;
        struct log_shared *shared;
        char *directory;
        struct log_config config;
        struct segment_list segments; /* one at least */
        struct leader_epochs epochs;
        struct append_list appending; /* empty between appends; its memory is kept */
        int64_t start, recovery_point, end;
        int64_t unflushed_since_ms; /* mono_ms() of the first append since the last flush */
        bool is_offline;
        void *owner;
};

static struct segment *active(const struct partition_log *log)
{
        return segment_list_active(&log->segments);
}

/* --- opening and closing --- */

void partition_log_abandon(struct partition_log *log)
{
        if (!log)
                return;
        segment_list_close(&log->segments);
        leader_epochs_close(&log->epochs);
        append_list_deinit(&log->appending);
        free(log->directory);
        free(log);
}

/* What the segments say, after recovery, about the three offsets. */
static enum kerr set_offsets(struct partition_log *log, const struct partition_log_open *how)
{
        int64_t base_offset = log->segments.items[0]->base_offset;
        log->start = how->log_start > base_offset ? how->log_start : base_offset;
        log->end = active(log)->next_offset;
        log->recovery_point = how->recovery_point < log->end ? how->recovery_point : log->end;
        if (log->recovery_point < base_offset)
                log->recovery_point = base_offset;
        for (int32_t i = 0; i + 1 < log->segments.count; i++) {
                struct segment *s = log->segments.items[i];
                s->is_synced = s->next_offset <= log->recovery_point;
        }
        return leader_epochs_cut_start(&log->epochs, log->start);
}

enum kerr partition_log_open(const struct partition_log_open *how, struct partition_log **log)
{
        struct partition_log *l = calloc(1, sizeof *l);
        if (!l || !(l->directory = strdup(how->directory)))
                abort();
        l->world = how->world;
        l->shared = how->shared;
        l->config = how->config;
        l->unflushed_since_ms = l->world->mono_ms(l->world);
        struct recovery recovery = {
                .world = how->world,
                .directory = l->directory,
                .config = &l->config,
                .recovery_point = how->recovery_point,
                .log_start = how->log_start,
                .clean = how->clean,
        };
        enum kerr err = leader_epochs_open(&l->epochs, l->world, l->directory);
        if (!err)
                err = recovery_load(&recovery, &l->segments, &l->epochs);
        if (!err)
                err = set_offsets(l, how);
        /* The crash may have come between a cut and its sync. Were there nothing to flush, a power
         * cut could undo it later. */
        if (!err && !how->clean && l->recovery_point == l->end)
                err = segment_sync(active(l));
        if (err) {
                partition_log_abandon(l);
                l = NULL;
                how->shared->has_failed = true;
        } else {
                partition_log_configure(l, &how->config);
        }
        *log = l;
        return err;
}

enum kerr partition_log_close(struct partition_log *log)
{
        enum kerr err = log->is_offline ? KERR_KAFKA_STORAGE_ERROR : segment_seal(active(log));
        if (!err)
                err = segment_sync_indexes(active(log));
        partition_log_abandon(log);
        return err ? KERR_KAFKA_STORAGE_ERROR : KERR_NONE;
}

/* The earliest time at which the owner has to look at this log again. */
static void schedule_flush(struct partition_log *log)
{
        int64_t due_ms = partition_log_flush_due_ms(log);
        if (due_ms < log->shared->flush_due_ms)
                log->shared->flush_due_ms = due_ms;
}

void partition_log_configure(struct partition_log *log, const struct log_config *config)
{
        log->config = *config;
        schedule_flush(log);
}

int64_t partition_log_start(const struct partition_log *log)
{
        return log->start;
}

int64_t partition_log_end(const struct partition_log *log)
{
        return log->end;
}

int64_t partition_log_recovery_point(const struct partition_log *log)
{
        return log->recovery_point;
}

int64_t partition_log_size(const struct partition_log *log)
{
        return segment_list_size(&log->segments);
}

int32_t partition_log_segments(const struct partition_log *log)
{
        return log->segments.count;
}

bool partition_log_is_offline(const struct partition_log *log)
{
        return log->is_offline;
}

const char *partition_log_directory(const struct partition_log *log)
{
        return log->directory;
}

struct leader_epochs *partition_log_epochs(struct partition_log *log)
{
        return &log->epochs;
}

int32_t partition_log_last_epoch(const struct partition_log *log)
{
        return leader_epochs_latest(&log->epochs);
}

void *partition_log_owner(const struct partition_log *log)
{
        return log->owner;
}

void partition_log_set_owner(struct partition_log *log, void *owner)
{
        log->owner = owner;
}

static const char syncing[] = "sync";

/* After a failed write or sync nobody knows what the disk holds behind the recovery point. */
static enum kerr fail(struct partition_log *log, const char *doing, enum kerr err)
{
        world_log(log->world, WORLD_ERROR, "%s: %s at offset %lld failed: %s", log->directory,
                  doing, (long long)log->end, kerr_text(err));
        log->is_offline = true;
        /* A full disk takes nothing back of what is there, as a failed sync may. */
        if (err != KERR_NO_SPACE || doing == syncing)
                log->shared->has_failed = true;
        return KERR_KAFKA_STORAGE_ERROR;
}

/* --- appending --- */

/* Into one segment, the active one or a new one. */
static enum kerr write_list(struct partition_log *log, const struct append_list *list)
{
        enum kerr err = KERR_NONE;
        if (segment_must_roll(active(log), list)) {
                err = partition_log_roll(log);
                if (err)
                        return err;
        }
        for (int32_t i = 0; i < list->count && !err; i++) {
                const struct batch_header *h = &list->batches[i].header;
                err = leader_epochs_assign(&log->epochs, h->leader_epoch, h->base_offset);
        }
        if (!err)
                err = segment_append(active(log), list);
        if (err) {
                fail(log, "append", err);
                /* Half a batch may be at the end of the file: behind it nothing is safe. */
                if (zoo_has(log->world->zoo, ZOO_APPEND_AFTER_ERROR)) /* KAFKA-10778 */
                        log->is_offline = false;
                return KERR_KAFKA_STORAGE_ERROR;
        }
        if (log->end == log->recovery_point)
                log->unflushed_since_ms = log->world->mono_ms(log->world);
        log->end = active(log)->next_offset;
        schedule_flush(log);
        return KERR_NONE;
}

enum kerr partition_log_append(struct partition_log *log, struct span batches, int32_t leader_epoch,
                               struct log_append *result)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        struct append_list *list = &log->appending;
        struct append_stamp stamp = {log->end, leader_epoch, log->world->wall_ms(log->world)};
        enum kerr err = append_list_fill(list, batches, &log->config, stamp);
        if (err)
                return err;
        result->base_offset = log->end;
        err = write_list(log, list);
        result->last_offset = log->end - 1;
        result->log_append_time_ms = log->config.log_append_time ? stamp.now_ms : -1;
        return err;
}

enum kerr partition_log_append_as_follower(struct partition_log *log, struct span batches,
                                           struct log_append *result)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        struct append_list *list = &log->appending;
        enum kerr err = append_list_fill_fetched(list, batches, log->end,
                                                 leader_epochs_latest(&log->epochs));
        result->base_offset = list->count > 0 ? list->batches[0].header.base_offset : log->end;
        for (int32_t i = 0; i < list->count && !err;) {
                struct append_list part =
                        append_list_part(list, i, log->end, log->config.segment_bytes);
                err = write_list(log, &part);
                i += part.count;
        }
        result->last_offset = log->end - 1;
        result->log_append_time_ms = -1;
        return err;
}

enum kerr partition_log_begin_epoch(struct partition_log *log, int32_t leader_epoch)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        enum kerr err = leader_epochs_assign(&log->epochs, leader_epoch, log->end);
        return err ? fail(log, "new epoch", err) : KERR_NONE;
}

enum kerr partition_log_roll(struct partition_log *log)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        struct world *w = log->world;
        struct segment *old = active(log), *new;
        if (old->size_bytes == 0)
                return KERR_NONE;
        enum kerr err = segment_seal(old);
        if (!err)
                err = segment_create(w, log->directory, &log->config, log->end, &new);
        if (err)
                return fail(log, "roll", err);
        segment_list_push(&log->segments, new);
        old->is_synced = false;
        if (old->sync_token) {
                /* Begun when it was sealed before, and then cut: what came since is not covered. */
                err = w->sync(w, old->file);
                return err ? fail(log, "roll", err) : KERR_NONE;
        }
        old->sync_token = ++log->shared->last_token;
        w->sync_start(w, old->file, old->sync_token);
        return KERR_NONE;
}

/* --- syncing --- */

/* The rest of a sealed segment, when its batches are synced. */
static enum kerr finish_sync(struct segment *s)
{
        enum kerr err = segment_sync_name(s);
        if (!err)
                err = segment_sync_indexes(s);
        s->is_synced = !err;
        return err;
}

enum kerr partition_log_flush(struct partition_log *log)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        if (log->recovery_point == log->end)
                return KERR_NONE;
        enum kerr err = KERR_NONE;
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
                return fail(log, syncing, err);
        log->recovery_point = log->end;
        return KERR_NONE;
}

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
                fail(log, syncing, result);
        /* Syncs may end in any order: the recovery point stops at the first that has not. */
        i = segment_list_floor(&log->segments, log->recovery_point);
        for (; i + 1 < log->segments.count && log->segments.items[i]->is_synced; i++)
                log->recovery_point = log->segments.items[i + 1]->base_offset;
        return true;
}

/* --- reading --- */

/* As partition_log_read(), for an offset within the log. */
static enum kerr read_from(struct partition_log *log, int64_t offset, int64_t upper_bound,
                           int32_t size_max, bool at_least_one, struct extent *extent)
{
        struct segment *s;
        struct batch_header first;
        int64_t start, end;
        enum kerr err = segment_list_find(&log->segments, offset, &s, &start);
        if (err || !s)
                return err;
        err = segment_find(s, upper_bound, &end);
        if (err || end <= start)
                return err;
        int64_t length = end - start;
        if (length > size_max)
                length = size_max > 0 ? size_max : 0;
        if (length < end - start) {
                err = segment_read_header(s, start, &first);
                if (err)
                        return err;
                if (length < batch_size(&first))
                        length = at_least_one ? batch_size(&first) : 0;
        }
        if (length > 0)
                *extent = (struct extent){s->file, start, (int32_t)length};
        return KERR_NONE;
}

enum kerr partition_log_read(struct partition_log *log, int64_t offset, int64_t upper_bound,
                             int32_t size_max, bool at_least_one, struct extent *extent)
{
        *extent = (struct extent){0};
        if (offset < log->start || offset > log->end)
                return KERR_OFFSET_OUT_OF_RANGE;
        if (offset >= upper_bound)
                return KERR_NONE;
        enum kerr err = read_from(log, offset, upper_bound, size_max, at_least_one, extent);
        if (!err)
                return KERR_NONE;
        world_log(log->world, WORLD_ERROR, "%s: reading at offset %lld failed: %s", log->directory,
                  (long long)offset, kerr_text(err));
        return KERR_KAFKA_STORAGE_ERROR;
}

enum kerr partition_log_find_time(struct partition_log *log, int64_t timestamp,
                                  struct log_time_hit *hit)
{
        return time_search_first(&log->segments, log->start, timestamp, hit);
}

enum kerr partition_log_find_max_time(struct partition_log *log, struct log_time_hit *hit)
{
        return time_search_largest(&log->segments, log->start, hit);
}

enum kerr partition_log_each_batch(struct partition_log *log,
                                   enum kerr (*each)(void *context, const struct extent *where,
                                                     const struct batch_header *header),
                                   void *context)
{
        int32_t i = segment_list_floor(&log->segments, log->start);
        for (; i < log->segments.count; i++) {
                struct segment *s = log->segments.items[i];
                struct extent where = {.file = s->file};
                struct batch_header h;
                enum kerr err = segment_find(s, log->start, &where.position);
                for (; !err && where.position < s->size_bytes; where.position += where.length) {
                        err = segment_read_header(s, where.position, &h);
                        if (err)
                                break;
                        where.length = (int32_t)batch_size(&h);
                        err = each(context, &where, &h);
                }
                if (err)
                        return err;
        }
        return KERR_NONE;
}

/* --- cutting --- */

/* The epochs below go with the segments, or at the next start: until the new start is in the
 * checkpoint a crash brings those records back, and then their epochs must be known. The recovery
 * point stays: what was deleted but lies in a file that goes on must be synced, or recovery would
 * cut the file there. */
enum kerr partition_log_advance_start(struct partition_log *log, int64_t offset)
{
        if (offset > log->end)
                return KERR_OFFSET_OUT_OF_RANGE;
        if (offset > log->start)
                log->start = offset;
        return KERR_NONE;
}

enum kerr partition_log_retain(struct partition_log *log, int64_t upper_bound, int32_t *removed)
{
        *removed = 0;
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        struct retention_limits limits = {log->world->wall_ms(log->world), log->start, upper_bound};
        int32_t count = retention_count(&log->segments, &log->config, &limits);
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
        if (!err)
                err = leader_epochs_cut_start(&log->epochs, base_offset);
        return err ? fail(log, "retention", err) : KERR_NONE;
}

/* The segments have been cut, durably. The caches and checkpoints follow. */
static enum kerr after_cut(struct partition_log *log)
{
        bool fell = log->recovery_point > log->end || log->start > log->end;
        if (log->start > log->end)
                log->start = log->end;
        if (log->recovery_point > log->end)
                log->recovery_point = log->end;
        enum kerr err = leader_epochs_cut_end(&log->epochs, log->end);
        if (!err && fell && log->shared->write_checkpoints)
                err = log->shared->write_checkpoints(log->shared);
        return err;
}

/* Segments go one by one from the end, so a crash in between leaves a shorter log and no hole. */
enum kerr partition_log_truncate(struct partition_log *log, int64_t offset)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        if (log->segments.items[0]->base_offset > offset)
                return partition_log_restart_at(log, offset);
        enum kerr err = KERR_NONE;
        if (offset < log->end) {
                while (!err && active(log)->base_offset > offset)
                        err = segment_list_remove_last(&log->segments);
                if (!err)
                        err = segment_truncate(active(log), offset);
                log->end = active(log)->next_offset;
        }
        if (!err)
                err = after_cut(log);
        return err ? fail(log, "truncation", err) : KERR_NONE;
}

/* All segments go before there is a new one: between the old ones and it would be a hole. */
static enum kerr replace_segments(struct partition_log *log, int64_t offset)
{
        enum kerr err = KERR_NONE;
        struct segment *new;
        while (!err && log->segments.count > 1)
                err = segment_list_remove_last(&log->segments);
        if (!err)
                err = segment_remove(active(log));
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
        enum kerr err = replace_segments(log, offset);
        if (err)
                return fail(log, "restart", err);
        log->start = log->recovery_point = log->end = offset;
        if (log->shared->write_checkpoints)
                err = log->shared->write_checkpoints(log->shared);
        return err ? fail(log, "restart", err) : KERR_NONE;
}
