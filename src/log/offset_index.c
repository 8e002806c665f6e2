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

/* n == -1: the start of the segment. */
static enum kerr read_place(const struct offset_index *index, int32_t n, struct place *place)
{
        uint8_t entry[OFFSET_INDEX_ENTRY_BYTES] = {0};
        enum kerr err = n < 0 ? KERR_NONE : index_file_read(&index->entries, n, entry);
        place->offset = index->base_offset + relative_offset(entry);
        place->position = load_be32(entry + 4);
        return err;
}

enum kerr offset_index_floor(struct offset_index *index, int64_t offset, struct place *place)
{
        int32_t n;
        enum kerr err =
                index_file_floor(&index->entries, relative_offset, offset - index->base_offset, &n);
        return err ? err : read_place(index, n, place);
}

enum kerr offset_index_last(const struct offset_index *index, struct place *place)
{
        return read_place(index, index_file_count(&index->entries) - 1, place);
}

enum kerr offset_index_cut(struct offset_index *index, int64_t offset)
{
        int32_t n;
        enum kerr err = index_file_floor(&index->entries, relative_offset,
                                         offset - index->base_offset - 1, &n);
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
