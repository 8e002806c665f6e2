#include "client/fetched.h"

#include "log/compression.h"

enum { UNPACKED_BYTES_MAX = 256 << 20 };

struct walk {
        int64_t *position;
        fetched_take *take;
        void *context;
        bool ended; /* by the taker */
};

/* Takers get headers that can be walked without an error. */
static enum kerr check_headers(struct record r)
{
        for (int32_t i = 0; i < r.header_count; i++) {
                struct record_header header;
                if (record_next_header(&r, &header))
                        return KERR_CORRUPT_MESSAGE;
        }
        return r.headers.size == 0 ? KERR_NONE : KERR_CORRUPT_MESSAGE;
}

static enum kerr walk_records(struct walk *w, const struct batch_header *h, struct span plain)
{
        struct record_iterator it;
        record_iterator_init(&it, h, plain);
        int64_t lowest = h->base_offset; /* that the next record may have */
        for (;;) {
                struct record r;
                bool more;
                enum kerr err = record_next(&it, &r, &more);
                if (err || !more)
                        return err;
                if (r.offset < lowest || check_headers(r))
                        return KERR_CORRUPT_MESSAGE;
                lowest = r.offset + 1;
                if (r.offset < *w->position)
                        continue;
                *w->position = lowest;
                if (!w->take(w->context, h, &r)) {
                        w->ended = true;
                        return KERR_NONE;
                }
        }
}

static enum kerr walk_batch(struct walk *w, const struct batch_header *h, struct span batch)
{
        struct span payload = span_of(batch.data + BATCH_HEADER_BYTES,
                                      (size_t)batch_size(h) - BATCH_HEADER_BYTES);
        int codec = h->attributes & BATCH_CODEC_MASK;
        if (codec == COMPRESSION_NONE)
                return walk_records(w, h, payload);
        struct buffer plain = {0};
        enum kerr err = compression_decompress(codec, payload, UNPACKED_BYTES_MAX, &plain);
        if (!err)
                err = walk_records(w, h, buffer_span(&plain));
        buffer_deinit(&plain);
        return err;
}

static enum kerr read_batch(struct span bytes, bool check_crcs, struct batch_header *h)
{
        if (check_crcs)
                return batch_check(bytes, h);
        enum kerr err = batch_read_header(bytes, h);
        if (!err && (uint64_t)batch_size(h) > bytes.size)
                err = KERR_TRUNCATED;
        return err;
}

enum kerr fetched_walk(struct span bytes, bool check_crcs, int64_t *position, fetched_take *take,
                       void *context, int64_t *bad_offset)
{
        struct walk w = {.position = position, .take = take, .context = context};
        int64_t lowest = 0; /* where the next batch may begin */
        for (bool first = true; bytes.size > 0; first = false) {
                struct batch_header h = {.base_offset = *position};
                enum kerr err = read_batch(bytes, check_crcs, &h);
                *bad_offset = h.base_offset;
                if (err == KERR_TRUNCATED)
                        return first ? KERR_MESSAGE_TOO_LARGE : KERR_NONE;
                if (!err && h.base_offset < lowest)
                        err = KERR_CORRUPT_MESSAGE;
                bool wanted = !err && batch_last_offset(&h) >= *position;
                if (wanted && !(h.attributes & BATCH_CONTROL))
                        err = walk_batch(&w, &h, bytes);
                if (err || w.ended)
                        return err;
                lowest = batch_last_offset(&h) + 1;
                if (wanted)
                        *position = lowest;
                size_t size = (size_t)batch_size(&h);
                bytes = span_of(bytes.data + size, bytes.size - size);
        }
        return KERR_NONE;
}
