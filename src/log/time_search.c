#include "log/time_search.h"

#include "log/compression.h"
#include "log/segment_list.h"

static const struct log_time_hit nothing = {-1, -1, -1};

struct target {
        int64_t log_start, timestamp;
};

/* The first record of a batch that meets the target. `payload` is what follows the header. */
static enum kerr search_records(const struct batch_header *h, struct span payload,
                                struct target target, struct log_time_hit *hit)
{
        struct buffer plain = {0};
        enum kerr err = compression_decompress(h->attributes & BATCH_CODEC_MASK, payload,
                                               PLAIN_BYTES_MAX, &plain);
        struct record_iterator it;
        struct record r;
        bool more = !err;
        record_iterator_init(&it, h, buffer_span(&plain));
        while (more && !(err = record_next(&it, &r, &more)) && more) {
                if (r.timestamp >= target.timestamp && r.offset >= target.log_start) {
                        *hit = (struct log_time_hit){r.offset, r.timestamp, h->leader_epoch};
                        break;
                }
        }
        buffer_deinit(&plain);
        return err;
}

static enum kerr search_batch(const struct segment *s, int64_t position,
                              const struct batch_header *h, struct target target,
                              struct log_time_hit *hit)
{
        struct buffer bytes = {0};
        size_t size = (size_t)batch_size(h);
        uint8_t *into = buffer_reserve(&bytes, size);
        enum kerr err = world_read_exactly(s->world, s->file, position, into, size);
        if (!err)
                err = search_records(h,
                                     span_of(into + BATCH_HEADER_BYTES, size - BATCH_HEADER_BYTES),
                                     target, hit);
        buffer_deinit(&bytes);
        return err;
}

static enum kerr search_segment(struct segment *s, struct target target, struct log_time_hit *hit)
{
        struct time_entry entry;
        struct batch_header h;
        int64_t position;
        enum kerr err = time_index_floor(&s->times, target.timestamp, &entry);
        if (err)
                return err;
        if (entry.offset < target.log_start)
                entry.offset = target.log_start;
        err = segment_find(s, entry.offset, &position);
        if (err)
                return err;
        for (; position < s->size_bytes && hit->offset < 0; position += batch_size(&h)) {
                err = segment_read_header(s, position, &h);
                /* A batch can lack what its header promises, when the log starts in its midst. */
                if (!err && h.max_timestamp >= target.timestamp)
                        err = search_batch(s, position, &h, target, hit);
                if (err)
                        return err;
        }
        return KERR_NONE;
}

enum kerr time_search_first(const struct segment_list *segments, int64_t log_start,
                            int64_t timestamp, struct log_time_hit *hit)
{
        struct target target = {log_start, timestamp};
        *hit = nothing;
        enum kerr err = KERR_NONE;
        int32_t i = segment_list_floor(segments, log_start);
        for (; i < segments->count && !err && hit->offset < 0; i++) {
                if (segments->items[i]->largest.timestamp >= timestamp)
                        err = search_segment(segments->items[i], target, hit);
        }
        return err;
}

/* The largest timestamp of the batches that end at or above `log_start`. */
static enum kerr largest_from(struct segment *s, int64_t log_start, int64_t *largest)
{
        struct batch_header h;
        int64_t position;
        *largest = s->largest.timestamp;
        if (log_start <= s->base_offset)
                return KERR_NONE;
        *largest = -1;
        enum kerr err = segment_find(s, log_start, &position);
        if (err)
                return err;
        for (; position < s->size_bytes; position += batch_size(&h)) {
                err = segment_read_header(s, position, &h);
                if (err)
                        return err;
                if (h.max_timestamp > *largest)
                        *largest = h.max_timestamp;
        }
        return KERR_NONE;
}

enum kerr time_search_largest(const struct segment_list *segments, int64_t log_start,
                              struct log_time_hit *hit)
{
        int64_t largest = -1;
        enum kerr err = KERR_NONE;
        for (int32_t i = segment_list_floor(segments, log_start); i < segments->count && !err;
             i++) {
                int64_t timestamp;
                err = largest_from(segments->items[i], log_start, &timestamp);
                if (!err && timestamp > largest)
                        largest = timestamp;
        }
        *hit = nothing;
        return err || largest < 0 ? err : time_search_first(segments, log_start, largest, hit);
}
