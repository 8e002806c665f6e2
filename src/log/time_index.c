#include "log/time_index.h"

static int64_t timestamp_of(const uint8_t *entry)
{
        return (int64_t)load_be64(entry);
}

static int64_t relative_offset(const uint8_t *entry)
{
        return (int32_t)load_be32(entry + 8);
}

enum kerr time_index_open(struct time_index *index, struct world *w, const char *path,
                          enum world_open how, int64_t base_offset)
{
        index->base_offset = base_offset;
        return index_file_open(&index->entries, w, path, how, TIME_INDEX_ENTRY_BYTES);
}

static struct time_entry entry_of(const struct time_index *index, const uint8_t *bytes)
{
        return (struct time_entry){timestamp_of(bytes),
                                   index->base_offset + relative_offset(bytes)};
}

static enum kerr read_entry(const struct time_index *index, int32_t n, struct time_entry *entry)
{
        uint8_t bytes[TIME_INDEX_ENTRY_BYTES];
        *entry = (struct time_entry){-1, index->base_offset};
        if (n < 0)
                return KERR_NONE;
        enum kerr err = index_file_read(&index->entries, n, bytes);
        if (!err)
                *entry = entry_of(index, bytes);
        return err;
}

enum kerr time_index_add(struct time_index *index, struct time_entry entry)
{
        struct time_entry last;
        enum kerr err = time_index_last(index, &last);
        if (err || entry.timestamp <= last.timestamp)
                return err;
        uint8_t bytes[TIME_INDEX_ENTRY_BYTES];
        store_be64(bytes, (uint64_t)entry.timestamp);
        store_be32(bytes + 8, (uint32_t)(entry.offset - index->base_offset));
        return index_file_add(&index->entries, bytes);
}

enum kerr time_index_floor(struct time_index *index, int64_t timestamp, struct time_entry *entry)
{
        int32_t n;
        uint8_t bytes[INDEX_ENTRY_BYTES_MAX];
        enum kerr err = index_file_floor(&index->entries, timestamp_of, timestamp, &n, bytes);
        *entry = (struct time_entry){-1, index->base_offset};
        if (!err && n >= 0)
                *entry = entry_of(index, bytes);
        return err;
}

enum kerr time_index_last(const struct time_index *index, struct time_entry *entry)
{
        return read_entry(index, index_file_count(&index->entries) - 1, entry);
}

enum kerr time_index_cut(struct time_index *index, int64_t offset)
{
        int32_t n;
        uint8_t bytes[INDEX_ENTRY_BYTES_MAX];
        enum kerr err = index_file_floor(&index->entries, relative_offset,
                                         offset - index->base_offset - 1, &n, bytes);
        return err ? err : index_file_cut(&index->entries, n + 1);
}

enum kerr time_index_check(const struct time_index *index, int64_t next_offset, bool *is_sane)
{
        int32_t count = index_file_count(&index->entries);
        *is_sane = !index->entries.is_broken;
        if (!*is_sane || count == 0)
                return KERR_NONE;
        struct time_entry before, last;
        enum kerr err = read_entry(index, count - 2, &before);
        if (!err)
                err = read_entry(index, count - 1, &last);
        *is_sane = !err && last.timestamp > before.timestamp && last.offset >= before.offset &&
                   last.offset >= index->base_offset && last.offset < next_offset;
        return err;
}
