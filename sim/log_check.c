#include "sim/log_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENT_BYTES_MAX = 1 << 30, OFFSET_INDEX_ENTRY = 8 };

/* Where a batch of the present segment lies. */
struct landmark {
        int64_t position, last_offset;
};

struct check {
        struct world *w;
        struct partition_log *log;
        char *why;
        int64_t next_offset; /* the least that the next batch may have */
        int32_t epoch;       /* of the last batch */
        struct landmark *landmarks;
        int32_t count, capacity;
};

/* Always false, for a return. */
__attribute__((format(printf, 2, 3))) static bool complain(struct check *c, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        vsnprintf(c->why, LOG_CHECK_BYTES, format, args);
        va_end(args);
        return false;
}

static bool read_file(struct check *c, const char *name, struct buffer *bytes)
{
        char path[512];
        snprintf(path, sizeof path, "%s/%s", partition_log_directory(c->log), name);
        enum kerr err = world_read_file(c->w, path, SEGMENT_BYTES_MAX, bytes);
        return !err || complain(c, "%s cannot be read: %s", name, kerr_text(err));
}

static void remember(struct check *c, int64_t position, int64_t last_offset)
{
        if (c->count == c->capacity) {
                c->capacity = c->capacity > 0 ? 2 * c->capacity : 64;
                c->landmarks = realloc(c->landmarks, (size_t)c->capacity * sizeof *c->landmarks);
                if (!c->landmarks)
                        abort();
        }
        c->landmarks[c->count++] = (struct landmark){position, last_offset};
}

/* The epoch that the checkpoint gives to an offset, or -1. The first entry also speaks for what
 * lies before it: a crash inside DeleteRecords may have moved it and not yet the log start. */
static int32_t epoch_at(struct partition_log *log, int64_t offset)
{
        const struct leader_epochs *e = partition_log_epochs(log);
        int32_t epoch = e->count > 0 ? e->entries[0].epoch : -1;
        for (int32_t i = 1; i < e->count && e->entries[i].start_offset <= offset; i++)
                epoch = e->entries[i].epoch;
        return epoch;
}

static bool check_batch(struct check *c, const char *name, int64_t position,
                        const struct batch_header *h)
{
        if (h->base_offset < c->next_offset)
                return complain(c, "%s position %" PRId64 ": offset %" PRId64 " after %" PRId64,
                                name, position, h->base_offset, c->next_offset - 1);
        if (h->leader_epoch < c->epoch)
                return complain(c, "%s position %" PRId64 ": epoch %" PRId32 " after %" PRId32,
                                name, position, h->leader_epoch, c->epoch);
        int64_t first = h->base_offset;
        if (first < partition_log_start(c->log))
                first = partition_log_start(c->log);
        if (batch_last_offset(h) >= first && epoch_at(c->log, first) != h->leader_epoch)
                return complain(
                        c, "offset %" PRId64 " has epoch %" PRId32 ", its checkpoint says %" PRId32,
                        first, h->leader_epoch, epoch_at(c->log, first));
        c->next_offset = batch_last_offset(h) + 1;
        c->epoch = h->leader_epoch;
        remember(c, position, batch_last_offset(h));
        return true;
}

static bool check_batches(struct check *c, const char *name, struct span bytes)
{
        for (size_t at = 0; at < bytes.size;) {
                struct batch_header h;
                enum kerr err = batch_check(span_of(bytes.data + at, bytes.size - at), &h);
                if (err)
                        return complain(c, "%s position %zu: %s", name, at, kerr_text(err));
                if (!check_batch(c, name, (int64_t)at, &h))
                        return false;
                at += (size_t)batch_size(&h);
        }
        return true;
}

static bool check_index(struct check *c, const char *name, int64_t base_offset, struct span bytes)
{
        int32_t next = 0;
        for (size_t at = 0; at + OFFSET_INDEX_ENTRY <= bytes.size; at += OFFSET_INDEX_ENTRY) {
                int64_t offset = base_offset + load_be32(bytes.data + at);
                int64_t position = load_be32(bytes.data + at + 4);
                while (next < c->count && c->landmarks[next].position < position)
                        next++;
                if (next == c->count || c->landmarks[next].position != position ||
                    c->landmarks[next].last_offset != offset)
                        return complain(c,
                                        "%s entry %zu: no batch that ends with offset %" PRId64
                                        " at position %" PRId64,
                                        name, at / OFFSET_INDEX_ENTRY, offset, position);
        }
        return true;
}

static bool check_segment(struct check *c, const char *name)
{
        struct buffer bytes = {0};
        char index[64];
        int64_t base_offset = strtoll(name, NULL, 10);
        if (base_offset < c->next_offset)
                return complain(c, "%s begins below offset %" PRId64, name, c->next_offset);
        c->next_offset = base_offset;
        c->count = 0;
        bool good = read_file(c, name, &bytes) && check_batches(c, name, buffer_span(&bytes));
        buffer_clear(&bytes);
        snprintf(index, sizeof index, "%.20s.index", name);
        good = good && read_file(c, index, &bytes) &&
               check_index(c, index, base_offset, buffer_span(&bytes));
        buffer_deinit(&bytes);
        return good;
}

/* Segments that end below the log start are about to go, and nobody reads them. */
static bool check_segments(struct check *c, const struct buffer *names)
{
        const char *waiting = NULL; /* until it is known where the next one begins */
        for (size_t at = 0; at < names->size;) {
                const char *name = (const char *)names->data + at;
                size_t size = strlen(name);
                at += size + 1;
                if (size <= 4 || strcmp(name + size - 4, ".log") != 0)
                        continue;
                if (waiting && strtoll(name, NULL, 10) > partition_log_start(c->log) &&
                    !check_segment(c, waiting))
                        return false;
                waiting = name;
        }
        return !waiting || check_segment(c, waiting);
}

bool log_check(struct world *w, struct partition_log *log, char why[LOG_CHECK_BYTES])
{
        struct check c = {.w = w, .log = log, .why = why, .epoch = -1};
        struct buffer names = {0};
        enum kerr err = w->list(w, partition_log_directory(log), &names);
        bool good =
                err ? complain(&c, "the directory cannot be listed") : check_segments(&c, &names);
        if (good && c.next_offset != partition_log_end(log))
                good = complain(&c, "the files end at offset %" PRId64 ", the log at %" PRId64,
                                c.next_offset, partition_log_end(log));
        buffer_deinit(&names);
        free(c.landmarks);
        return good;
}
