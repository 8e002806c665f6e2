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

/* The batches in one extent; false at the first that cannot be read. */
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
                batches_add(into, &(struct seen_batch){h.base_offset, batch_last_offset(&h),
                                                       h.leader_epoch, h.crc});
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

static bool is_same(const struct seen_batch *a, const struct seen_batch *b)
{
        return a->base_offset == b->base_offset && a->last_offset == b->last_offset &&
               a->leader_epoch == b->leader_epoch && a->crc == b->crc;
}

int64_t committed_compare(const struct batches *committed, const struct batches *found,
                          const struct seen_batch **expected)
{
        if (found->count == 0)
                return -1;
        int64_t k = committed_find(committed, found->items[0].base_offset);
        for (int64_t i = 0; i < found->count && k < committed->count; i++) {
                *expected = &committed->items[k];
                /* The oldest may have been gone when the first leader was seen. */
                if (k == 0 && found->items[i].last_offset < (*expected)->base_offset)
                        continue;
                if (!is_same(&found->items[i], *expected))
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
