#include "log/log_swap.h"

#include "log/log_parts.h"

#include <string.h>

static enum kerr rename_to(const struct segment *s, const char *suffix, const char *from,
                           const char *to)
{
        struct path path =
                path_of(s->directory, "%020lld.%s%s", (long long)s->base_offset, suffix, from);
        struct path new_path =
                path_of(s->directory, "%020lld.%s%s", (long long)s->base_offset, suffix, to);
        return s->world->rename(s->world, path.text, new_path.text);
}

void log_swap_discard(struct segment *cleaned)
{
        struct world *w = cleaned->world;
        struct path log = segment_path(cleaned, "log");
        struct path offsets = segment_path(cleaned, "index");
        struct path times = segment_path(cleaned, "timeindex");
        segment_close(cleaned);
        /* What stays goes at the next start. */
        w->remove(w, log.text);
        w->remove(w, offsets.text);
        w->remove(w, times.text);
}

/* The .log of the first one goes when the new one takes its name. */
static enum kerr remove_files(struct segment *s, bool with_log)
{
        struct world *w = s->world;
        enum kerr err = with_log ? w->remove(w, segment_path(s, "log").text) : KERR_NONE;
        if (!err)
                err = w->remove(w, segment_path(s, "index").text);
        if (!err)
                err = w->remove(w, segment_path(s, "timeindex").text);
        if (!err && s->has_txn_index)
                err = segment_remove_txn_index(s);
        return err;
}

static enum kerr remove_old(struct partition_log *log, int32_t first, int32_t count,
                            bool with_first)
{
        enum kerr err = KERR_NONE;
        for (int32_t i = 0; i < count && !err; i++)
                err = remove_files(log->segments.items[first + i], i > 0 || with_first);
        return err ? err : log->world->sync_dir(log->world, log->directory);
}

static enum kerr sync_cleaned(struct segment *cleaned)
{
        enum kerr err = segment_seal(cleaned);
        if (!err)
                err = segment_sync_indexes(cleaned);
        return err ? err : cleaned->world->sync(cleaned->world, cleaned->file);
}

static enum kerr rename_in(struct segment *cleaned)
{
        enum kerr err = rename_to(cleaned, "index", ".cleaned", "");
        if (!err)
                err = rename_to(cleaned, "timeindex", ".cleaned", "");
        if (!err)
                err = rename_to(cleaned, "log", ".swap", "");
        return err ? err : cleaned->world->sync_dir(cleaned->world, cleaned->directory);
}

static enum kerr swap_files(struct partition_log *log, int32_t first, int32_t count,
                            struct segment *cleaned)
{
        //@lab 15 begin
        bool removes_first = zoo_has(log->world->zoo, ZOO_SWAP_ORDER); /* KAFKA-6264 */
        enum kerr err = sync_cleaned(cleaned);
        if (!err && removes_first)
                err = remove_old(log, first, count, true);
        if (!err)
                err = rename_to(cleaned, "log", ".cleaned", ".swap");
        if (!err)
                err = log->world->sync_dir(log->world, log->directory);
        if (!err && !removes_first)
                err = remove_old(log, first, count, false);
        return err ? err : rename_in(cleaned);
        //@lab 15 starter
        // (void)log, (void)first, (void)count, (void)cleaned;
        // (void)rename_to, (void)remove_old, (void)sync_cleaned, (void)rename_in; /* the steps */
        // return KERR_IO; /* yours to write: nothing is swapped yet */
        //@lab 15 end
}

enum kerr log_swap(struct partition_log *log, int32_t first, int32_t count, struct segment *cleaned)
{
        const struct segment *last = log->segments.items[first + count - 1];
        cleaned->next_offset = last->next_offset;
        enum kerr err = swap_files(log, first, count, cleaned);
        if (err) {
                /* Reads go on in the old files, which are open; a start sorts out the names. */
                segment_close(cleaned);
                return log_fail(log, "swap of segments", err);
        }
        cleaned->mark = "";
        cleaned->name_is_synced = cleaned->is_synced = true;
        segment_list_replace(&log->segments, first, count, cleaned);
        txn_index_drop(&log->aborted, cleaned->base_offset, cleaned->next_offset);
        return KERR_NONE;
}

/* --- after a crash --- */

/* *end: behind the last batch of the file. */
static enum kerr find_end(struct world *w, const char *path, int64_t *end)
{
        struct file *file;
        struct batch_header h;
        uint8_t bytes[BATCH_HEADER_BYTES];
        enum kerr err = w->open(w, path, WORLD_READ, &file);
        if (err)
                return err;
        int64_t size = w->size(w, file);
        for (int64_t at = 0; at < size && !err; at += batch_size(&h)) {
                err = world_read_exactly(w, file, at, bytes, sizeof bytes);
                if (!err)
                        err = batch_read_header(span_of(bytes, sizeof bytes), &h);
                if (err)
                        break;
                *end = batch_last_offset(&h) + 1;
        }
        w->close(w, file);
        return err;
}

/* Removes the segments between `base_offset` and `end`, and the indexes at `base_offset`. */
static enum kerr remove_replaced(struct world *w, const char *directory, const struct buffer *names,
                                 int64_t base_offset, int64_t end)
{
        enum kerr err = KERR_NONE;
        for (size_t at = 0; at < names->size && !err;) {
                const char *name = (const char *)names->data + at, *suffix;
                int64_t offset;
                at += strlen(name) + 1;
                if (!path_parse_offset(name, &offset, &suffix))
                        continue;
                bool is_log = strcmp(suffix, ".log") == 0;
                bool is_index = strcmp(suffix, ".index") == 0 ||
                                strcmp(suffix, ".timeindex") == 0 ||
                                strcmp(suffix, ".txnindex") == 0;
                if ((is_log && offset > base_offset && offset < end) ||
                    (is_index && offset >= base_offset && offset < end))
                        err = w->remove(w, path_of(directory, "%s", name).text);
        }
        return err ? err : w->sync_dir(w, directory);
}

static enum kerr finish_swap(struct world *w, const char *directory, const struct buffer *names,
                             int64_t base_offset)
{
        struct path swap = path_of(directory, "%020lld.log.swap", (long long)base_offset);
        struct path log = path_of(directory, "%020lld.log", (long long)base_offset);
        int64_t end = base_offset;
        enum kerr err = find_end(w, swap.text, &end);
        if (err == KERR_END_OF_FILE || segment_is_damage(err)) {
                /* It was synced before it got this name: the disk has failed. */
                world_log(w, WORLD_ERROR, "%s: removed, damaged", swap.text);
                return w->remove(w, swap.text);
        }
        if (err)
                return err;
        world_log(w, WORLD_INFO, "%s: takes the place of the segments below offset %lld", swap.text,
                  (long long)end);
        err = remove_replaced(w, directory, names, base_offset, end);
        if (!err)
                err = w->rename(w, swap.text, log.text);
        return err ? err : w->sync_dir(w, directory);
}

enum kerr log_swap_recover(struct world *w, const char *directory)
{
        struct buffer names = {0};
        enum kerr err = w->list(w, directory, &names);
        for (size_t at = 0; at < names.size && !err;) {
                const char *name = (const char *)names.data + at, *suffix;
                int64_t base_offset;
                at += strlen(name) + 1;
                if (path_parse_offset(name, &base_offset, &suffix) &&
                    strcmp(suffix, ".log.swap") == 0)
                        err = finish_swap(w, directory, &names, base_offset);
        }
        buffer_deinit(&names);
        return err;
}
