#include "client/fetched.h"

#include "log/compression.h"
#include "wire/control_records.h"

#include <stdlib.h>

enum { UNPACKED_BYTES_MAX = 256 << 20 };

struct walk {
        const struct fetched *fetched;
        bool *over; /* by aborted transaction: its ABORT marker has come */
        struct fetched_position *position;
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
                if (r.offset < w->position->offset)
                        continue;
                *w->position = (struct fetched_position){lowest, h->leader_epoch};
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

/* --- aborted transactions --- */

static bool is_aborted(const struct walk *w, const struct batch_header *h)
{
        if (!(h->attributes & BATCH_TRANSACTIONAL))
                return false;
        for (int32_t i = 0; i < w->fetched->aborted_count; i++) {
                const struct fetch_aborted_transaction *t = &w->fetched->aborted[i];
                if (t->producer_id == h->producer_id && t->first_offset <= batch_last_offset(h) &&
                    !w->over[i])
                        return true;
        }
        return false;
}

/* An ABORT ends what its producer had open: what it sends next belongs to another transaction. */
static enum kerr read_marker(struct walk *w, const struct batch_header *h, struct span batch)
{
        struct record_iterator it;
        struct record r;
        bool more;
        if (w->fetched->aborted_count == 0)
                return KERR_NONE;
        record_iterator_init(&it, h,
                             span_of(batch.data + BATCH_HEADER_BYTES,
                                     (size_t)batch_size(h) - BATCH_HEADER_BYTES));
        enum kerr err = record_next(&it, &r, &more);
        if (err || !more)
                return err;
        struct serde s = serde_reader(r.key, 0, false, NULL);
        struct control_record_key key = {0};
        serde_control_record_key(&s, &key);
        for (int32_t i = 0; i < w->fetched->aborted_count; i++) {
                const struct fetch_aborted_transaction *t = &w->fetched->aborted[i];
                if (key.type == CONTROL_ABORT && t->producer_id == h->producer_id &&
                    t->first_offset <= batch_last_offset(h))
                        w->over[i] = true;
        }
        return s.err ? KERR_CORRUPT_MESSAGE : KERR_NONE;
}

/* --- batches --- */

static enum kerr take_batch(struct walk *w, const struct batch_header *h, struct span batch)
{
        if (h->attributes & BATCH_CONTROL)
                return read_marker(w, h, batch);
        if (batch_last_offset(h) < w->position->offset || is_aborted(w, h))
                return KERR_NONE;
        return walk_batch(w, h, batch);
}

static enum kerr walk(struct walk *w, int64_t *bad_offset)
{
        struct span bytes = w->fetched->bytes;
        int64_t lowest = 0; /* where the next batch may begin */
        for (bool first = true; bytes.size > 0; first = false) {
                struct batch_header h = {.base_offset = w->position->offset};
                enum kerr err = read_batch(bytes, w->fetched->check_crcs, &h);
                *bad_offset = h.base_offset;
                if (err == KERR_TRUNCATED)
                        return first ? KERR_MESSAGE_TOO_LARGE : KERR_NONE;
                if (!err && h.base_offset < lowest)
                        err = KERR_CORRUPT_MESSAGE;
                if (!err)
                        err = take_batch(w, &h, bytes);
                if (err || w->ended)
                        return err;
                /* Compaction may have taken the last records of the batch: its end is what the
                 * header says. */
                lowest = batch_last_offset(&h) + 1;
                if (w->position->offset < lowest)
                        *w->position = (struct fetched_position){lowest, h.leader_epoch};
                size_t size = (size_t)batch_size(&h);
                bytes = span_of(bytes.data + size, bytes.size - size);
        }
        return KERR_NONE;
}

enum kerr fetched_walk(const struct fetched *fetched, struct fetched_position *position,
                       fetched_take *take, void *context, int64_t *bad_offset)
{
        size_t count = fetched->aborted_count > 0 ? (size_t)fetched->aborted_count : 0;
        struct walk w = {.fetched = fetched,
                         .over = calloc(count + 1, sizeof *w.over),
                         .position = position,
                         .take = take,
                         .context = context};
        if (!w.over)
                abort();
        enum kerr err = walk(&w, bad_offset);
        free(w.over);
        return err;
}
