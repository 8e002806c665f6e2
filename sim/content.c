#include "sim/content.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR_BYTES = 512, PAGE_BYTES = 4096 };

static void add_range(struct sim_ranges *ranges, struct sim_range range)
{
        if (ranges->count == ranges->capacity) {
                ranges->capacity = ranges->capacity ? 2 * ranges->capacity : 8;
                ranges->items =
                        realloc(ranges->items, (size_t)ranges->capacity * sizeof *ranges->items);
                if (!ranges->items)
                        abort();
        }
        ranges->items[ranges->count++] = range;
}

/* Cuts off what lies at or above `size`. Ranges are in rising order. */
static void clip(struct sim_ranges *ranges, int64_t size)
{
        while (ranges->count > 0 && ranges->items[ranges->count - 1].from >= size)
                ranges->count--;
        if (ranges->count > 0 && ranges->items[ranges->count - 1].to > size)
                ranges->items[ranges->count - 1].to = size;
}

/* Zeros what `lost` says of the file's bytes from..to - 1, which stand at `data`. */
static void reveal_lost(const struct sim_content *c, uint8_t *data, int64_t from, int64_t to)
{
        for (int32_t i = 0; i < c->lost.count; i++) {
                struct sim_range r = c->lost.items[i];
                int64_t begin = r.from > from ? r.from : from;
                int64_t end = r.to < to ? r.to : to;
                if (begin < end)
                        memset(data + (begin - from), 0, (size_t)(end - begin));
        }
}

void sim_content_deinit(struct sim_content *c)
{
        buffer_deinit(&c->bytes);
        buffer_deinit(&c->cut_off);
        free(c->unsynced.items);
        free(c->lost.items);
}

size_t sim_content_append(struct sim_content *c, const struct span *spans, int count,
                          size_t size_max)
{
        size_t before = c->bytes.size;
        for (int i = 0; i < count; i++) {
                size_t room = size_max - (c->bytes.size - before);
                buffer_append(&c->bytes, spans[i].data,
                              spans[i].size < room ? spans[i].size : room);
        }
        if (c->bytes.size > before)
                add_range(&c->unsynced,
                          (struct sim_range){(int64_t)before, (int64_t)c->bytes.size});
        return c->bytes.size - before;
}

void sim_content_truncate(struct sim_content *c, int64_t size)
{
        assert(size >= 0 && size <= (int64_t)c->bytes.size);
        if (size < c->kept) {
                /* These bytes leave the page cache but stay on the disk until the next sync. */
                struct buffer durable = {0};
                buffer_append(&durable, c->bytes.data + size, (size_t)(c->kept - size));
                reveal_lost(c, durable.data, size, c->kept);
                buffer_append(&durable, c->cut_off.data, c->cut_off.size);
                buffer_deinit(&c->cut_off);
                c->cut_off = durable;
                c->kept = size;
        }
        c->bytes.size = (size_t)size;
        clip(&c->unsynced, size);
        clip(&c->lost, size);
}

void sim_content_sync(struct sim_content *c, int64_t size)
{
        if (size > (int64_t)c->bytes.size)
                size = (int64_t)c->bytes.size;
        if (size > c->kept)
                c->kept = size;
        buffer_clear(&c->cut_off);
        int32_t synced = 0;
        while (synced < c->unsynced.count && c->unsynced.items[synced].to <= size)
                synced++;
        c->unsynced.count -= synced;
        if (c->unsynced.count > 0) {
                memmove(c->unsynced.items, c->unsynced.items + synced,
                        (size_t)c->unsynced.count * sizeof *c->unsynced.items);
                if (c->unsynced.items[0].from < size)
                        c->unsynced.items[0].from = size;
        }
}

void sim_content_drop_unsynced(struct sim_content *c)
{
        for (int32_t i = 0; i < c->unsynced.count; i++)
                add_range(&c->lost, c->unsynced.items[i]);
        c->unsynced.count = 0;
}

/* Where a write is torn: behind its first byte at the earliest, before its last at the latest. */
static int64_t torn_at(struct sim_range write, int64_t unit_bytes, struct rng *r)
{
        int64_t first = write.from / unit_bytes + 1, last = (write.to - 1) / unit_bytes;
        if (first <= last)
                return unit_bytes * rng_between(r, first, last);
        return unit_bytes > 1 ? torn_at(write, 1, r) : write.from;
}

/* Loses some of the pages that hold unsynced bytes, never the last one: that is the later write
 * that came through. Within one page it is sectors: the least that a disk writes alone. */
static void punch_hole(struct sim_content *c, bool garbage, struct rng *r)
{
        int64_t from = c->unsynced.items[0].from, to = (int64_t)c->bytes.size;
        int64_t unit = from / PAGE_BYTES < (to - 1) / PAGE_BYTES ? PAGE_BYTES : SECTOR_BYTES;
        int64_t first = from / unit, last = (to - 1) / unit;
        if (first == last) {
                c->bytes.size = (size_t)from;
                return;
        }
        int64_t begin = rng_between(r, first, last - 1);
        int64_t end = unit * (rng_between(r, begin, last - 1) + 1);
        begin = begin * unit > from ? begin * unit : from;
        for (int64_t at = begin; at < end; at++)
                c->bytes.data[at] = garbage ? (uint8_t)rng_u64(r) : 0;
}

static void keep_some(struct sim_content *c, enum sim_keep_bytes keep, struct rng *r)
{
        const struct sim_range *writes = c->unsynced.items;
        int32_t count = c->unsynced.count;
        int64_t end;
        switch (keep) {
        case SIM_KEEP_PREFIX:
                end = rng_between(r, 0, count);
                c->bytes.size = (size_t)(end < count ? writes[end].from : writes[count - 1].to);
                break;
        case SIM_KEEP_TORN:
        case SIM_KEEP_TORN_BYTE:
                c->bytes.size = (size_t)torn_at(writes[rng_between(r, 0, count - 1)],
                                                keep == SIM_KEEP_TORN ? SECTOR_BYTES : 1, r);
                break;
        case SIM_KEEP_HOLE:
        case SIM_KEEP_GARBAGE: punch_hole(c, keep == SIM_KEEP_GARBAGE, r); break;
        case SIM_KEEP_SIZE_ONLY:
                end = writes[rng_between(r, 0, count - 1)].to;
                memset(c->bytes.data + writes[0].from, 0, (size_t)(end - writes[0].from));
                c->bytes.size = (size_t)end;
                break;
        default: assert(keep == SIM_KEEP_ALL_BYTES);
        }
}

void sim_content_power_cut(struct sim_content *c, enum sim_keep_bytes keep, struct rng *r)
{
        if (keep == SIM_KEEP_NO_BYTES) {
                reveal_lost(c, c->bytes.data, 0, c->kept);
                c->lost.count = 0;
                c->bytes.size = (size_t)c->kept;
                buffer_append(&c->bytes, c->cut_off.data, c->cut_off.size);
        } else if (c->unsynced.count > 0) {
                keep_some(c, keep, r);
        }
        reveal_lost(c, c->bytes.data, 0, (int64_t)c->bytes.size);
        c->lost.count = 0;
        c->unsynced.count = 0;
        sim_content_sync(c, (int64_t)c->bytes.size);
}
