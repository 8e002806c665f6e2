#include "sim/fold.h"

#include "log/batch_filter.h"
#include "sim/trace.h"
#include "wire/control_records.h"

#include <stdlib.h>

/* One record, before it is known whether it counts. */
struct item {
        uint64_t key, value;
        int64_t offset;
        int64_t producer_id; /* whose transaction decides; -1: it counts at once */
        bool is_tombstone;
};

struct marker {
        int64_t producer_id, offset;
        bool commits;
};

struct reading {
        struct world *w;
        struct buffer batch, plain;
        struct item *items;
        struct marker *markers;
        int64_t item_count, item_capacity, marker_count, marker_capacity;
};

void fold_deinit(struct fold *f)
{
        free(f->entries);
        *f = (struct fold){0};
}

static void *grow(void *items, int64_t count, int64_t *capacity, size_t item_bytes)
{
        if (count < *capacity)
                return items;
        *capacity = count > 0 ? 2 * count : 64;
        items = realloc(items, (size_t)*capacity * item_bytes);
        if (!items)
                abort();
        return items;
}

/* --- reading --- */

static void add_marker(struct reading *r, const struct batch_header *h, const struct record *record)
{
        struct serde in = serde_reader(record->key, 0, false, NULL);
        struct control_record_key key = {.type = CONTROL_ABORT};
        serde_control_record_key(&in, &key);
        r->markers = grow(r->markers, r->marker_count, &r->marker_capacity, sizeof *r->markers);
        r->markers[r->marker_count++] =
                (struct marker){h->producer_id, record->offset, key.type == CONTROL_COMMIT};
}

static void add_item(struct reading *r, const struct batch_header *h, const struct record *record)
{
        bool is_transactional = h->attributes & BATCH_TRANSACTIONAL;
        r->items = grow(r->items, r->item_count, &r->item_capacity, sizeof *r->items);
        r->items[r->item_count++] = (struct item){
                .key = sim_trace_sum(record->key.data, record->key.size),
                .value = sim_trace_sum(record->value.data, record->value.size),
                .offset = record->offset,
                .producer_id = is_transactional ? h->producer_id : -1,
                .is_tombstone = !record->value.data,
        };
}

static enum kerr read_batch(void *context, const struct extent *where, const struct batch_header *h)
{
        struct reading *r = context;
        struct record_iterator it;
        struct record record;
        bool more = true;
        buffer_clear(&r->batch);
        buffer_clear(&r->plain);
        uint8_t *bytes = buffer_reserve(&r->batch, (size_t)batch_size(h));
        enum kerr err = world_read_exactly(r->w, where->file, where->position, bytes,
                                           (size_t)batch_size(h));
        if (!err)
                err = batch_unpack(span_of(bytes, (size_t)batch_size(h)), h, &r->plain);
        record_iterator_init(&it, h, buffer_span(&r->plain));
        while (!err && !(err = record_next(&it, &record, &more)) && more) {
                if (h->attributes & BATCH_CONTROL)
                        add_marker(r, h, &record);
                else if (record.key.data)
                        add_item(r, h, &record);
        }
        return err;
}

/* --- what counts --- */

static int by_producer(const void *left, const void *right)
{
        const struct marker *a = left, *b = right;
        if (a->producer_id != b->producer_id)
                return a->producer_id < b->producer_id ? -1 : 1;
        return (a->offset > b->offset) - (a->offset < b->offset);
}

/* The next marker of its producer decides. */
static bool counts(const struct reading *r, const struct item *item)
{
        struct marker key = {.producer_id = item->producer_id, .offset = item->offset};
        int64_t low = 0, high = r->marker_count;
        if (item->producer_id < 0)
                return true;
        while (low < high) {
                int64_t middle = low + (high - low) / 2;
                if (by_producer(&r->markers[middle], &key) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < r->marker_count && r->markers[low].producer_id == item->producer_id &&
               r->markers[low].commits;
}

/* The last of each key first. */
static int by_key(const void *left, const void *right)
{
        const struct item *a = left, *b = right;
        if (a->key != b->key)
                return a->key < b->key ? -1 : 1;
        return (a->offset < b->offset) - (a->offset > b->offset);
}

static void fold_items(struct reading *r, struct fold *into)
{
        bool is_known = false;
        if (r->marker_count > 0)
                qsort(r->markers, (size_t)r->marker_count, sizeof *r->markers, by_producer);
        if (r->item_count > 0)
                qsort(r->items, (size_t)r->item_count, sizeof *r->items, by_key);
        for (int64_t i = 0; i < r->item_count; i++) {
                const struct item *item = &r->items[i];
                is_known &= i > 0 && item[-1].key == item->key;
                if (is_known || !counts(r, item))
                        continue;
                is_known = true;
                if (item->is_tombstone)
                        continue;
                into->entries =
                        grow(into->entries, into->count, &into->capacity, sizeof *into->entries);
                into->entries[into->count++] =
                        (struct fold_entry){item->key, item->offset, item->value};
        }
}

bool fold_log(struct world *w, struct partition_log *log, struct fold *into)
{
        struct reading r = {.w = w};
        enum kerr err = partition_log_each_batch(log, read_batch, &r);
        if (!err)
                fold_items(&r, into);
        buffer_deinit(&r.batch);
        buffer_deinit(&r.plain);
        free(r.items);
        free(r.markers);
        return !err;
}

static void keep_first(struct fold_difference *first, int64_t offset, bool has_left, bool has_right)
{
        if (first->offset < 0 || offset < first->offset)
                *first = (struct fold_difference){offset, has_left, has_right};
}

struct fold_difference fold_compare(const struct fold *left, const struct fold *right)
{
        struct fold_difference first = {.offset = -1};
        for (int64_t i = 0, k = 0; i < left->count || k < right->count;) {
                const struct fold_entry *a = i < left->count ? &left->entries[i] : NULL;
                const struct fold_entry *b = k < right->count ? &right->entries[k] : NULL;
                bool has_left = a && (!b || a->key <= b->key);
                bool has_right = b && (!a || b->key <= a->key);
                bool has_both = has_left && has_right;
                int64_t offset = has_left ? a->offset : b->offset;
                if (has_both && b->offset < offset)
                        offset = b->offset;
                if (!has_both || a->offset != b->offset || a->value != b->value)
                        keep_first(&first, offset, has_left, has_right);
                i += has_left;
                k += has_right;
        }
        return first;
}
