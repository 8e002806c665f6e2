#include "log/offset_index.h"

static int64_t relative_offset(const uint8_t *entry)
{
        return (int32_t)load_be32(entry);
}

enum kerr offset_index_open(struct offset_index *index, struct world *w, const char *path,
                            enum world_open how, int64_t base_offset)
{
        index->base_offset = base_offset;
        return index_file_open(&index->entries, w, path, how, OFFSET_INDEX_ENTRY_BYTES);
}

enum kerr offset_index_add(struct offset_index *index, int64_t last_offset, int64_t position)
{
        uint8_t entry[OFFSET_INDEX_ENTRY_BYTES];
        store_be32(entry, (uint32_t)(last_offset - index->base_offset));
        store_be32(entry + 4, (uint32_t)position);
        return index_file_add(&index->entries, entry);
}

/* An entry of zeros is the start of the segment. */
static struct place place_of(const struct offset_index *index, const uint8_t *entry)
{
        return (struct place){index->base_offset + relative_offset(entry), load_be32(entry + 4)};
}

enum kerr offset_index_floor(struct offset_index *index, int64_t offset, struct place *place)
{
        int32_t n;
        uint8_t entry[INDEX_ENTRY_BYTES_MAX] = {0};
        enum kerr err = index_file_floor(&index->entries, relative_offset,
                                         offset - index->base_offset, &n, entry);
        *place = place_of(index, entry);
        return err;
}

enum kerr offset_index_last(const struct offset_index *index, struct place *place)
{
        int32_t n = index_file_count(&index->entries) - 1;
        uint8_t entry[INDEX_ENTRY_BYTES_MAX] = {0};
        enum kerr err = n < 0 ? KERR_NONE : index_file_read(&index->entries, n, entry);
        *place = place_of(index, entry);
        return err;
}

enum kerr offset_index_cut(struct offset_index *index, int64_t offset)
{
        int32_t n;
        uint8_t entry[INDEX_ENTRY_BYTES_MAX];
        enum kerr err = index_file_floor(&index->entries, relative_offset,
                                         offset - index->base_offset - 1, &n, entry);
        return err ? err : index_file_cut(&index->entries, n + 1);
}

enum kerr offset_index_check(const struct offset_index *index, int64_t size_bytes,
                             int64_t next_offset, bool *is_sane)
{
        struct place last = {0};
        *is_sane = !index->entries.is_broken;
        if (!*is_sane || index_file_count(&index->entries) == 0)
                return KERR_NONE;
        enum kerr err = offset_index_last(index, &last);
        *is_sane = !err && last.offset > index->base_offset && last.offset < next_offset &&
                   last.position > 0 && last.position < size_bytes;
        return err;
}
