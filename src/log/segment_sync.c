#include "log/segment.h"

enum kerr segment_sync_name(struct segment *s)
{
        if (s->name_is_synced)
                return KERR_NONE;
        enum kerr err = KERR_NONE;
        if (!zoo_has(s->world->zoo, ZOO_NO_DIR_SYNC)) /* KAFKA-3968 */
                err = s->world->sync_dir(s->world, s->directory);
        s->name_is_synced = !err;
        return err;
}

enum kerr segment_sync(struct segment *s)
{
        enum kerr err = s->world->sync(s->world, s->file);
        return err ? err : segment_sync_name(s);
}

enum kerr segment_seal(struct segment *s)
{
        enum kerr err = time_index_add(&s->times, s->largest);
        if (!err)
                err = index_file_write_tail(&s->offsets.entries);
        if (!err)
                err = index_file_write_tail(&s->times.entries);
        return err;
}

/* The file may be younger than the segment, so its name is synced too. */
static enum kerr sync_txn_index(const struct segment *s)
{
        struct world *w = s->world;
        struct file *file;
        enum kerr err = w->open(w, segment_path(s, "txnindex").text, WORLD_APPEND, &file);
        if (err)
                return err;
        err = w->sync(w, file);
        w->close(w, file);
        return err ? err : w->sync_dir(w, s->directory);
}

enum kerr segment_sync_indexes(struct segment *s)
{
        enum kerr err = s->world->sync(s->world, s->offsets.entries.file);
        if (!err)
                err = s->world->sync(s->world, s->times.entries.file);
        return err || !s->has_txn_index ? err : sync_txn_index(s);
}
