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

enum kerr index_file_floor(const struct index_file *index, int64_t (*key_of)(const uint8_t *entry),
                           int64_t key, int32_t *n)
{
        /* All entries below `low` have a key of at most `key`; none from `high` on has. */
        int32_t low = 0, high = index_file_count(index);
        while (low < high) {
                int32_t middle = low + (high - low) / 2;
                uint8_t entry[INDEX_ENTRY_BYTES_MAX];
                enum kerr err = index_file_read(index, middle, entry);
                if (err)
                        return err;
                if (key_of(entry) <= key)
                        low = middle + 1;
                else
                        high = middle;
        }
        *n = low - 1;
        return KERR_NONE;
}
