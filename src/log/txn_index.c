#include "log/txn_index.h"

#include <stdlib.h>
#include <string.h>

enum { VERSION = 0, FILE_BYTES_MAX = 256 << 20 };

void txn_index_deinit(struct txn_index *index)
{
        free(index->entries);
        *index = (struct txn_index){0};
}

/* --- entries --- */

void txn_index_encode(const struct aborted_txn *aborted, uint8_t *into)
{
        store_be16(into, VERSION);
        store_be64(into + 2, (uint64_t)aborted->producer_id);
        store_be64(into + 10, (uint64_t)aborted->first_offset);
        store_be64(into + 18, (uint64_t)aborted->last_offset);
        store_be64(into + 26, (uint64_t)aborted->last_stable_offset);
}

bool txn_index_decode(const uint8_t *entry, struct aborted_txn *aborted)
{
        *aborted = (struct aborted_txn){
                .producer_id = (int64_t)load_be64(entry + 2),
                .first_offset = (int64_t)load_be64(entry + 10),
                .last_offset = (int64_t)load_be64(entry + 18),
                .last_stable_offset = (int64_t)load_be64(entry + 26),
        };
        return load_be16(entry) == VERSION && aborted->producer_id >= 0 &&
               aborted->first_offset >= 0 && aborted->last_offset > aborted->first_offset;
}

/* --- the list --- */

int32_t txn_index_ceiling(const struct txn_index *index, int64_t offset)
{
        int32_t low = 0, high = index->count;
        while (low < high) {
                int32_t middle = low + (high - low) / 2;
                if (index->entries[middle].last_offset < offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool holds(const struct txn_index *index, int64_t last_offset)
{
        int32_t n = txn_index_ceiling(index, last_offset);
        return n < index->count && index->entries[n].last_offset == last_offset;
}

static void insert(struct txn_index *index, const struct aborted_txn *aborted)
{
        if (index->count == index->capacity) {
                index->capacity = index->capacity ? 2 * index->capacity : 16;
                index->entries =
                        realloc(index->entries, (size_t)index->capacity * sizeof *index->entries);
                if (!index->entries)
                        abort();
        }
        int32_t n = txn_index_ceiling(index, aborted->last_offset);
        memmove(index->entries + n + 1, index->entries + n,
                (size_t)(index->count - n) * sizeof *index->entries);
        index->entries[n] = *aborted;
        index->count++;
}

void txn_index_drop(struct txn_index *index, int64_t from, int64_t to)
{
        int32_t first = txn_index_ceiling(index, from), end = txn_index_ceiling(index, to);
        if (first == end)
                return;
        memmove(index->entries + first, index->entries + end,
                (size_t)(index->count - end) * sizeof *index->entries);
        index->count -= end - first;
}

void txn_index_cut_start(struct txn_index *index, int64_t offset)
{
        txn_index_drop(index, 0, offset);
}

bool txn_index_is_aborted(const struct txn_index *index, int64_t producer_id, int64_t offset)
{
        for (int32_t n = txn_index_ceiling(index, offset); n < index->count; n++) {
                const struct aborted_txn *aborted = &index->entries[n];
                if (aborted->producer_id == producer_id)
                        return aborted->first_offset <= offset;
                if (aborted->last_stable_offset > offset)
                        break;
        }
        return false;
}

void txn_index_each(const struct txn_index *index, int64_t from, int64_t to,
                    void (*each)(void *context, const struct aborted_txn *aborted), void *context)
{
        for (int32_t n = txn_index_ceiling(index, from); n < index->count; n++) {
                const struct aborted_txn *aborted = &index->entries[n];
                if (aborted->first_offset < to)
                        each(context, aborted);
                if (aborted->last_stable_offset >= to)
                        break;
        }
}

/* --- the files --- */

/* Adds the entries, which all must belong to the segment. */
static bool take_entries(struct txn_index *index, const struct segment *s, struct span bytes)
{
        struct aborted_txn aborted;
        bool is_sane = bytes.size % TXN_INDEX_ENTRY_BYTES == 0;
        for (size_t at = 0; is_sane && at < bytes.size; at += TXN_INDEX_ENTRY_BYTES)
                is_sane = txn_index_decode(bytes.data + at, &aborted) &&
                          aborted.last_offset >= s->base_offset &&
                          aborted.last_offset < s->next_offset;
        for (size_t at = 0; is_sane && at < bytes.size; at += TXN_INDEX_ENTRY_BYTES) {
                txn_index_decode(bytes.data + at, &aborted);
                if (!holds(index, aborted.last_offset))
                        insert(index, &aborted);
        }
        return is_sane;
}

enum kerr txn_index_load(struct txn_index *index, struct segment *s, bool *is_sane)
{
        *is_sane = true;
        if (!s->has_txn_index)
                return KERR_NONE;
        struct buffer bytes = {0};
        struct path path = segment_path(s, "txnindex");
        enum kerr err = world_read_file(s->world, path.text, FILE_BYTES_MAX, &bytes);
        if (!err)
                *is_sane = take_entries(index, s, buffer_span(&bytes));
        buffer_deinit(&bytes);
        return err || *is_sane ? err : segment_remove_txn_index(s);
}

static enum kerr append_entries(struct segment *s, const struct aborted_txn *entries, int32_t count)
{
        struct world *w = s->world;
        struct buffer bytes = {0};
        for (int32_t i = 0; i < count; i++) {
                txn_index_encode(&entries[i], buffer_reserve(&bytes, TXN_INDEX_ENTRY_BYTES));
                bytes.size += TXN_INDEX_ENTRY_BYTES;
        }
        struct span span = buffer_span(&bytes);
        struct file *file;
        enum world_open how = s->has_txn_index ? WORLD_APPEND : WORLD_CREATE;
        enum kerr err = w->open(w, segment_path(s, "txnindex").text, how, &file);
        if (!err) {
                s->has_txn_index = true;
                err = w->append(w, file, &span, 1);
                w->close(w, file);
        }
        buffer_deinit(&bytes);
        return err;
}

enum kerr txn_index_add(struct txn_index *index, struct segment *s,
                        const struct aborted_txn *aborted)
{
        if (holds(index, aborted->last_offset))
                return KERR_NONE;
        insert(index, aborted);
        return append_entries(s, aborted, 1);
}

/* The file is written anew: a crash in the midst of it is no harm, because the segment that a log
 * ends with is folded anew after a crash. */
enum kerr txn_index_cut_end(struct txn_index *index, struct segment *active, int64_t offset)
{
        int32_t count = txn_index_ceiling(index, offset);
        if (count == index->count)
                return KERR_NONE;
        index->count = count;
        int32_t first = txn_index_ceiling(index, active->base_offset);
        enum kerr err = active->has_txn_index ? segment_remove_txn_index(active) : KERR_NONE;
        if (!err && first < count)
                err = append_entries(active, index->entries + first, count - first);
        return err;
}
