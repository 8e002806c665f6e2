#include "log/index_file.h"

#include <assert.h>
#include <string.h>

enum kerr index_file_open(struct index_file *index, struct world *w, const char *path,
                          enum world_open how, int32_t entry_bytes)
{
        assert(entry_bytes <= INDEX_ENTRY_BYTES_MAX && INDEX_TAIL_BYTES % entry_bytes == 0);
        *index = (struct index_file){.world = w, .entry_bytes = entry_bytes};
        enum kerr err = w->open(w, path, how, &index->file);
        if (err == KERR_NOT_FOUND && how == WORLD_APPEND) {
                index->is_broken = true;
                err = w->open(w, path, WORLD_CREATE, &index->file);
        }
        if (err)
                return err;
        int64_t size = w->size(w, index->file);
        index->stored = (int32_t)(size / entry_bytes);
        index->is_broken |= size % entry_bytes != 0;
        return KERR_NONE;
}

void index_file_close(struct index_file *index)
{
        index->world->close(index->world, index->file);
}

int32_t index_file_count(const struct index_file *index)
{
        return index->stored + index->tail_count;
}

enum kerr index_file_read(const struct index_file *index, int32_t n, uint8_t *entry)
{
        assert(n >= 0 && n < index_file_count(index));
        size_t size = (size_t)index->entry_bytes;
        if (n < index->stored)
                return world_read_exactly(index->world, index->file,
                                          (int64_t)n * index->entry_bytes, entry, size);
        memcpy(entry, index->tail + (size_t)(n - index->stored) * size, size);
        return KERR_NONE;
}

enum kerr index_file_add(struct index_file *index, const uint8_t *entry)
{
        if ((index->tail_count + 1) * index->entry_bytes > INDEX_TAIL_BYTES) {
                enum kerr err = index_file_write_tail(index);
                if (err)
                        return err;
        }
        size_t size = (size_t)index->entry_bytes;
        memcpy(index->tail + (size_t)index->tail_count * size, entry, size);
        index->tail_count++;
        return KERR_NONE;
}

enum kerr index_file_write_tail(struct index_file *index)
{
        if (index->tail_count == 0)
                return KERR_NONE;
        struct span tail = span_of(index->tail, (size_t)(index->tail_count * index->entry_bytes));
        enum kerr err = index->world->append(index->world, index->file, &tail, 1);
        if (err)
                return err;
        index->stored += index->tail_count;
        index->tail_count = 0;
        return KERR_NONE;
}

enum kerr index_file_cut(struct index_file *index, int32_t count)
{
        if (count >= index->stored && !index->is_broken) {
                if (count < index_file_count(index))
                        index->tail_count = count - index->stored;
                return KERR_NONE;
        }
        index->stored = count < index->stored ? count : index->stored;
        index->tail_count = 0;
        index->is_broken = false;
        return index->world->truncate(index->world, index->file,
                                      (int64_t)index->stored * index->entry_bytes);
}

//@lab 02 begin
/* Where the first entry with a key above `key` lies: at `low` or behind, and not behind `high`. */
struct search {
        int64_t (*key_of)(const uint8_t *entry);
        int64_t key;
        int32_t low, high;
};

/* Halves the range, entry by entry, until one block holds it. */
static enum kerr narrow(const struct index_file *index, struct search *s)
{
        while (s->high - s->low > INDEX_BLOCK_ENTRIES) {
                int32_t middle = s->low + (s->high - s->low) / 2;
                uint8_t entry[INDEX_ENTRY_BYTES_MAX];
                enum kerr err = index_file_read(index, middle, entry);
                if (err)
                        return err;
                if (s->key_of(entry) <= s->key)
                        s->low = middle + 1;
                else
                        s->high = middle;
        }
        return KERR_NONE;
}

/* Reads `count` entries from `first` on: from the file, then from the tail. */
static enum kerr read_block(const struct index_file *index, int32_t first, int32_t count,
                            uint8_t *block)
{
        size_t size = (size_t)index->entry_bytes;
        int32_t from_file = index->stored - first;
        if (from_file > count)
                from_file = count;
        if (from_file > 0) {
                size_t bytes = (size_t)from_file * size;
                enum kerr err =
                        world_read_exactly(index->world, index->file,
                                           (int64_t)first * index->entry_bytes, block, bytes);
                if (err)
                        return err;
                block += bytes;
                first += from_file;
                count -= from_file;
        }
        memcpy(block, index->tail + (size_t)(first - index->stored) * size, (size_t)count * size);
        return KERR_NONE;
}

/* The range within one block, of which nothing is left then. *beyond: what is sought may lie in
 * front of the block (-1) or behind it (1). The entry before is copied if the block has it. */
static enum kerr search_block(const struct index_file *index, struct search *s, int *beyond,
                              uint8_t *entry)
{
        uint8_t block[INDEX_BLOCK_ENTRIES * INDEX_ENTRY_BYTES_MAX];
        int32_t first = s->low, end = s->high;
        enum kerr err = read_block(index, first, end - first, block);
        while (!err && s->low < s->high) {
                int32_t middle = s->low + (s->high - s->low) / 2;
                if (s->key_of(block + (size_t)((middle - first) * index->entry_bytes)) <= s->key)
                        s->low = middle + 1;
                else
                        s->high = middle;
        }
        *beyond = s->low == first && first > 0 ? -1 : s->low == end ? 1 : 0;
        if (!err && s->low > first)
                memcpy(entry, block + (size_t)((s->low - 1 - first) * index->entry_bytes),
                       (size_t)index->entry_bytes);
        return err;
}

enum kerr index_file_floor(struct index_file *index, int64_t (*key_of)(const uint8_t *entry),
                           int64_t key, int32_t *n, uint8_t *entry)
{
        int32_t count = index_file_count(index);
        int32_t first = index->near < count ? index->near : 0;
        int32_t end = count - first < INDEX_BLOCK_ENTRIES ? count : first + INDEX_BLOCK_ENTRIES;
        struct search s = {key_of, key, first, end};
        int beyond;
        enum kerr err = search_block(index, &s, &beyond, entry);
        if (!err && (beyond < 0 || (beyond > 0 && end < count))) {
                s.low = beyond < 0 ? 0 : end;
                s.high = beyond < 0 ? first : count;
                err = narrow(index, &s);
                if (!err)
                        err = search_block(index, &s, &beyond, entry);
                if (!err && beyond < 0)
                        err = index_file_read(index, s.low - 1, entry);
        }
        *n = s.low - 1;
        if (!err)
                index->near = s.low > 0 ? s.low - 1 : 0;
        return err;
}
//@lab 02 starter
// enum kerr index_file_floor(struct index_file *index, int64_t (*key_of)(const uint8_t *entry),
//                            int64_t key, int32_t *n, uint8_t *entry)
// {
//         (void)index;
//         (void)key_of;
//         (void)key;
//         (void)entry;
//         *n = -1; /* yours to write: no entry is ever found */
//         return KERR_NONE;
// }
//@lab 02 end
