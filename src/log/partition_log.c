#include "log/log_parts.h"
#include "log/recovery.h"

#include <stdlib.h>
#include <string.h>

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
        txn_index_deinit(&log->aborted);
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
        if (how->cleaned_end <= log->end)
                log->cleaned_end = how->cleaned_end;
        for (int32_t i = 0; i + 1 < log->segments.count; i++) {
                struct segment *s = log->segments.items[i];
                s->is_synced = s->next_offset <= log->recovery_point;
        }
        txn_index_cut_start(&log->aborted, base_offset);
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
                err = recovery_load(&recovery, &l->segments, &l->epochs, &l->aborted);
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
        enum kerr err = log->is_offline ? KERR_KAFKA_STORAGE_ERROR : log_tell_rolled(log);
        if (!err && log->recovery_point < log->end)
                err = leader_epochs_write(&log->epochs);
        if (!err)
                err = segment_seal(active(log));
        if (!err)
                err = segment_sync_indexes(active(log));
        partition_log_abandon(log);
        return err ? KERR_KAFKA_STORAGE_ERROR : KERR_NONE;
}

void partition_log_configure(struct partition_log *log, const struct log_config *config)
{
        log->config = *config;
        log->changes++;
        log->is_uncleanable = false;
        log_schedule_flush(log);
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

int64_t partition_log_cleaned_end(const struct partition_log *log)
{
        return log->cleaned_end;
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

/* --- the observer --- */

void partition_log_observe(struct partition_log *log, struct log_observer *observer)
{
        log->observer = observer;
}

struct log_observer *partition_log_observer(const struct partition_log *log)
{
        return log->observer;
}

enum kerr partition_log_note_aborted(struct partition_log *log, const struct aborted_txn *aborted)
{
        int32_t i = segment_list_floor(&log->segments, aborted->last_offset);
        if (i < 0)
                return KERR_NONE;
        struct segment *s = log->segments.items[i];
        enum kerr err = txn_index_add(&log->aborted, s, aborted);
        /* Replayed into a segment that nobody will sync again. */
        if (!err && s->is_synced)
                err = segment_sync_indexes(s);
        return err ? log_fail(log, "index of aborted transactions", err) : KERR_NONE;
}

void partition_log_each_aborted(const struct partition_log *log, int64_t from, int64_t to,
                                void (*each)(void *context, const struct aborted_txn *aborted),
                                void *context)
{
        txn_index_each(&log->aborted, from, to, each, context);
}

static void tell_appended(struct partition_log *log, const struct append_list *list)
{
        for (int32_t i = 0; log->observer && i < list->count; i++)
                log->observer->appended(log->observer, &list->batches[i].header,
                                        list->spans[2 * i + 1]);
}

enum kerr log_fail(struct partition_log *log, const char *doing, enum kerr err)
{
        world_log(log->world, WORLD_ERROR, "%s: %s at offset %lld failed: %s", log->directory,
                  doing, (long long)log->end, kerr_text(err));
        log->is_offline = true;
        /* A full disk takes nothing back of what is there, as a failed sync may. */
        if (err != KERR_NO_SPACE || doing == log_syncing)
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
                log_fail(log, "append", err);
                /* Half a batch may be at the end of the file: behind it nothing is safe. */
                if (zoo_has(log->world->zoo, ZOO_APPEND_AFTER_ERROR)) /* KAFKA-10778 */
                        log->is_offline = false;
                return KERR_KAFKA_STORAGE_ERROR;
        }
        if (log->end == log->recovery_point)
                log->unflushed_since_ms = log->world->mono_ms(log->world);
        log->end = active(log)->next_offset;
        log_schedule_flush(log);
        tell_appended(log, list);
        return KERR_NONE;
}

enum kerr partition_log_check(struct partition_log *log, struct span batches, int32_t leader_epoch,
                              enum append_origin origin, struct log_append *result)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        struct append_list *list = &log->appending;
        struct append_stamp stamp = {
                .base_offset = log->end,
                .leader_epoch = leader_epoch,
                .now_ms = log->world->wall_ms(log->world),
                .origin = origin,
        };
        enum kerr err = append_list_fill(list, batches, &log->config, stamp);
        if (err)
                return err;
        *result = (struct log_append){
                .base_offset = log->end,
                .last_offset = batch_last_offset(&list->batches[list->count - 1].header),
                .log_append_time_ms = log->config.log_append_time ? stamp.now_ms : -1,
        };
        if (log->observer)
                err = log->observer->check(log->observer, list, origin, result);
        return err;
}

enum kerr partition_log_append(struct partition_log *log, struct span batches, int32_t leader_epoch,
                               enum append_origin origin, struct log_append *result)
{
        enum kerr err = partition_log_check(log, batches, leader_epoch, origin, result);
        return err || result->is_duplicate ? err : write_list(log, &log->appending);
}

enum kerr partition_log_append_as_follower(struct partition_log *log, struct span batches,
                                           struct log_append *result)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        struct append_list *list = &log->appending;
        enum kerr err = append_list_fill_fetched(list, batches, log->end,
                                                 leader_epochs_latest(&log->epochs));
        *result = (struct log_append){.base_offset = log->end, .log_append_time_ms = -1};
        if (list->count > 0)
                result->base_offset = list->batches[0].header.base_offset;
        for (int32_t i = 0; i < list->count && !err;) {
                struct append_list part =
                        append_list_part(list, i, log->end, log->config.segment_bytes);
                err = write_list(log, &part);
                i += part.count;
        }
        result->last_offset = log->end - 1;
        return err;
}

enum kerr partition_log_begin_epoch(struct partition_log *log, int32_t leader_epoch)
{
        if (log->is_offline)
                return KERR_KAFKA_STORAGE_ERROR;
        leader_epochs_note(&log->epochs, leader_epoch, log->end);
        return KERR_NONE;
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

enum kerr partition_log_each_batch_from(struct partition_log *log, int64_t offset,
                                        enum kerr (*each)(void *context, const struct extent *where,
                                                          const struct batch_header *header),
                                        void *context)
{
        if (offset < log->start)
                offset = log->start;
        int32_t i = segment_list_floor(&log->segments, offset);
        for (; i < log->segments.count; i++) {
                struct segment *s = log->segments.items[i];
                struct extent where = {.file = s->file};
                struct batch_header h;
                enum kerr err = segment_find(s, offset, &where.position);
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

enum kerr partition_log_each_batch(struct partition_log *log,
                                   enum kerr (*each)(void *context, const struct extent *where,
                                                     const struct batch_header *header),
                                   void *context)
{
        return partition_log_each_batch_from(log, log->start, each, context);
}
