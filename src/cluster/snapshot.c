#include "cluster/snapshot.h"

#include <stdlib.h>
#include <string.h>

enum {
        OFFSET_DIGITS = 20,
        EPOCH_DIGITS = 10,
        BATCH_BYTES = 64 << 10, /* a batch is finished when it has grown to this */
        SNAPSHOT_BYTES_MAX = 1 << 30,
};

static const char suffix[] = ".checkpoint";
static const char part_suffix[] = ".checkpoint.part";

/* --- names --- */

static struct path name_of(const char *directory, struct fetch_snapshot_id id, const char *ending)
{
        return path_of(directory, "%0*lld-%0*d%s", OFFSET_DIGITS, (long long)id.end_offset,
                       EPOCH_DIGITS, id.epoch, ending);
}

struct path snapshot_path(const char *directory, struct fetch_snapshot_id id)
{
        return name_of(directory, id, suffix);
}

struct path snapshot_part_path(const char *directory, struct fetch_snapshot_id id)
{
        return name_of(directory, id, part_suffix);
}

/* Takes `digits` digits off the front of *name. */
static bool take_number(const char **name, int digits, int64_t max, int64_t *value)
{
        *value = 0;
        for (int i = 0; i < digits; i++) {
                int digit = (*name)[i] - '0';
                if (digit < 0 || digit > 9 || *value > (max - digit) / 10)
                        return false;
                *value = *value * 10 + digit;
        }
        *name += digits;
        return true;
}

static bool parse_name(const char *name, struct fetch_snapshot_id *id, bool *is_part)
{
        int64_t epoch;
        if (!take_number(&name, OFFSET_DIGITS, INT64_MAX, &id->end_offset) || *name++ != '-' ||
            !take_number(&name, EPOCH_DIGITS, INT32_MAX, &epoch))
                return false;
        id->epoch = (int32_t)epoch;
        *is_part = strcmp(name, part_suffix) == 0;
        return *is_part || strcmp(name, suffix) == 0;
}

/* Names come sorted, so the newest come last. */
static void find_newest(const struct buffer *names, struct snapshots *kept)
{
        struct fetch_snapshot_id id;
        bool is_part;
        for (size_t at = 0; at < names->size;) {
                const char *name = (const char *)names->data + at;
                at += strlen(name) + 1;
                if (!parse_name(name, &id, &is_part) || is_part)
                        continue;
                if (id.end_offset > kept->newest.end_offset)
                        kept->older = kept->newest;
                kept->newest = id;
        }
}

static bool is_same(struct fetch_snapshot_id a, struct fetch_snapshot_id b)
{
        return a.end_offset == b.end_offset && a.epoch == b.epoch;
}

static enum kerr remove_others(struct world *w, const char *directory, const struct buffer *names,
                               const struct snapshots *kept)
{
        struct fetch_snapshot_id id;
        bool is_part;
        enum kerr err = KERR_NONE;
        for (size_t at = 0; at < names->size && !err;) {
                const char *name = (const char *)names->data + at;
                at += strlen(name) + 1;
                if (!parse_name(name, &id, &is_part) ||
                    (!is_part && (is_same(id, kept->newest) || is_same(id, kept->older))))
                        continue;
                err = w->remove(w, path_of(directory, "%s", name).text);
        }
        return err;
}

enum kerr snapshot_tidy(struct world *w, const char *directory, struct snapshots *kept)
{
        struct buffer names = {0};
        *kept = (struct snapshots){{-1, -1}, {-1, -1}};
        enum kerr err = w->list(w, directory, &names);
        if (!err) {
                find_newest(&names, kept);
                err = remove_others(w, directory, &names, kept);
        }
        buffer_deinit(&names);
        return err;
}

/* --- writing --- */

struct writer {
        struct world *world;
        struct file *file;
        int32_t epoch;
        int64_t next_offset;
        struct batch_builder batch;
        struct buffer bytes; /* of the batch that is being written */
        enum kerr err;       /* the first */
};

static void finish_batch(struct writer *out)
{
        struct batch_header *h = &out->batch.header;
        if (h->records_count == 0 || out->err)
                return;
        h->base_offset = out->next_offset;
        h->leader_epoch = out->epoch;
        out->next_offset += h->records_count;
        buffer_clear(&out->bytes);
        out->err = batch_builder_finish(&out->batch, 0, &out->bytes);
        struct span bytes = buffer_span(&out->bytes);
        if (!out->err)
                out->err = out->world->append(out->world, out->file, &bytes, 1);
}

static void put_record(void *to, const struct metadata_record *record)
{
        struct writer *out = to;
        metadata_log_add(out->world, &out->batch, record);
        if (out->batch.records.size >= BATCH_BYTES)
                finish_batch(out);
}

static enum kerr write_all(struct writer *out, snapshot_emit *emit, void *context)
{
        struct world *w = out->world;
        struct snapshot_header_record header = {w->wall_ms(w)};
        batch_builder_init(&out->batch);
        metadata_log_add_snapshot_header(w, &out->batch, &header);
        finish_batch(out);
        emit(context, put_record, out);
        finish_batch(out);
        metadata_log_add_snapshot_footer(w, &out->batch);
        finish_batch(out);
        batch_builder_deinit(&out->batch);
        buffer_deinit(&out->bytes);
        return out->err;
}

enum kerr snapshot_publish(struct world *w, const char *directory, struct fetch_snapshot_id id,
                           struct file *part)
{
        enum kerr err = w->sync(w, part);
        w->close(w, part);
        if (!err)
                err = w->rename(w, snapshot_part_path(directory, id).text,
                                snapshot_path(directory, id).text);
        return err ? err : w->sync_dir(w, directory);
}

enum kerr snapshot_write(struct world *w, const char *directory, struct fetch_snapshot_id id,
                         snapshot_emit *emit, void *context)
{
        struct writer out = {.world = w, .epoch = id.epoch};
        enum kerr err = w->open(w, snapshot_part_path(directory, id).text, WORLD_CREATE, &out.file);
        if (err)
                return err;
        err = write_all(&out, emit, context);
        if (!err)
                return snapshot_publish(w, directory, id, out.file);
        w->close(w, out.file);
        return err;
}

/* --- reading --- */

enum kerr snapshot_read(struct world *w, const char *directory, struct fetch_snapshot_id id,
                        metadata_each *each, void *context)
{
        struct buffer bytes = {0};
        struct batch_header last = {0};
        enum kerr err =
                world_read_file(w, snapshot_path(directory, id).text, SNAPSHOT_BYTES_MAX, &bytes);
        if (!err)
                err = metadata_log_read_batches(w, buffer_span(&bytes), each, context, &last);
        if (!err && !(last.attributes & BATCH_CONTROL))
                err = KERR_CORRUPT_MESSAGE;
        if (err)
                world_log(w, WORLD_ERROR, "%s cannot be read: %s",
                          snapshot_path(directory, id).text, kerr_text(err));
        buffer_deinit(&bytes);
        return err;
}
