#include "sim/committed.h"

#include <stdlib.h>

void batches_deinit(struct batches *b)
{
        free(b->items);
        *b = (struct batches){0};
}

void batches_add(struct batches *b, const struct seen_batch *batch)
{
        if (b->count == b->capacity) {
                b->capacity = b->capacity > 0 ? 2 * b->capacity : 64;
                b->items = realloc(b->items, (size_t)b->capacity * sizeof *b->items);
                if (!b->items)
                        abort();
        }
        b->items[b->count++] = *batch;
}

/* --- from a log --- */

static struct seen_batch seen_of(const struct batch_header *h)
{
        bool has_producer = h->producer_id >= 0;
        bool is_marker = h->attributes & BATCH_CONTROL;
        return (struct seen_batch){
                .base_offset = h->base_offset,
                .last_offset = batch_last_offset(h),
                .leader_epoch = h->leader_epoch,
                .crc = h->crc,
                .records = h->records_count,
                .has_horizon = h->attributes & BATCH_DELETE_HORIZON,
                .is_numbered = has_producer && !is_marker && h->base_sequence >= 0,
                .is_marker = has_producer && is_marker,
                .producer_epoch = h->producer_epoch,
                .producer_id = h->producer_id,
                .base_sequence = h->base_sequence,
        };
}

/* The batches in one extent; false at the first that cannot be read. What is missing before `to`
 * was compacted away. */
static bool read_extent(struct world *w, const struct extent *extent, int64_t to,
                        struct batches *into, int64_t *next)
{
        int64_t position = extent->position, end = position + extent->length;
        while (position + BATCH_HEADER_BYTES <= end && *next < to) {
                uint8_t bytes[BATCH_HEADER_BYTES];
                struct batch_header h;
                if (world_read_exactly(w, extent->file, position, bytes, sizeof bytes) ||
                    batch_read_header(span_of(bytes, sizeof bytes), &h))
                        return false;
                if (h.base_offset >= to) {
                        *next = to;
                        return true;
                }
                struct seen_batch seen = seen_of(&h);
                batches_add(into, &seen);
                position += batch_size(&h);
                *next = batch_last_offset(&h) + 1;
        }
        return true;
}

bool log_source_read(void *log_source, int64_t from, int64_t to, struct batches *into)
{
        struct log_source *s = log_source;
        int64_t next = from;
        while (next < to) {
                struct extent extent = {0};
                int64_t before = next;
                if (partition_log_read(s->log, next, partition_log_end(s->log), INT32_MAX, true,
                                       &extent) ||
                    !extent.file)
                        return false;
                if (!read_extent(s->world, &extent, to, into, &next) || next == before)
                        return false;
        }
        return true;
}

/* --- comparing --- */

int64_t committed_find(const struct batches *committed, int64_t offset)
{
        int64_t low = 0, high = committed->count;
        while (low < high) {
                int64_t middle = low + (high - low) / 2;
                if (committed->items[middle].last_offset < offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

bool log_source_fold(void *log_source, struct fold *into)
{
        struct log_source *s = log_source;
        return fold_log(s->world, s->log, into);
}

/* Compaction tells by itself when it has touched a batch. */
static bool is_same(const struct seen_batch *a, const struct seen_batch *b, bool compacts)
{
        bool is_rewritten =
                compacts && (a->records != b->records || a->has_horizon || b->has_horizon);
        return a->base_offset == b->base_offset && a->last_offset == b->last_offset &&
               a->leader_epoch == b->leader_epoch && (a->crc == b->crc || is_rewritten);
}

int64_t committed_compare(const struct batches *committed, const struct batches *found,
                          bool compacts, const struct seen_batch **expected)
{
        if (found->count == 0)
                return -1;
        int64_t k = committed_find(committed, found->items[0].base_offset);
        for (int64_t i = 0; i < found->count && k < committed->count; i++) {
                while (compacts && k + 1 < committed->count &&
                       committed->items[k].last_offset < found->items[i].base_offset)
                        k++;
                *expected = &committed->items[k];
                /* The oldest may have been gone when the first leader was seen. */
                if (k == 0 && found->items[i].last_offset < (*expected)->base_offset)
                        continue;
                if (compacts && found->items[i].base_offset > (*expected)->last_offset)
                        return -1;
                if (!is_same(&found->items[i], *expected, compacts))
                        return i;
                k++;
        }
        return -1;
}

void committed_extend(struct batches *committed, const struct batches *found)
{
        int64_t end =
                committed->count > 0 ? committed->items[committed->count - 1].last_offset : -1;
        for (int64_t i = 0; i < found->count; i++)
                if (found->items[i].base_offset > end)
                        batches_add(committed, &found->items[i]);
}
