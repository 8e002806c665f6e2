#include "log/append_list.h"

#include "base/crc32c.h"
#include "log/batch_filter.h"
#include "log/compression.h"

void append_list_deinit(struct append_list *list)
{
        buffer_deinit(&list->batch_memory);
        buffer_deinit(&list->span_memory);
        *list = (struct append_list){0};
}

/* What the format allows and a leader does not take. */
static enum kerr check_new_batch(const struct batch_header *h, const struct log_config *config,
                                 enum append_origin origin)
{
        if (batch_size(h) > config->max_message_bytes)
                return KERR_MESSAGE_TOO_LARGE;
        if ((h->attributes & BATCH_CODEC_MASK) >= COMPRESSION_CODECS)
                return KERR_UNSUPPORTED_COMPRESSION_TYPE;
        if (h->attributes & BATCH_CONTROL && origin == APPEND_CLIENT)
                return KERR_INVALID_RECORD;
        if (h->records_count == 0 || h->last_offset_delta != h->records_count - 1)
                return KERR_INVALID_RECORD;
        return KERR_NONE;
}

/* A compacted log has no place for a record without a key: the next round would drop it. */
static enum kerr check_keys(struct span batch, const struct batch_header *h)
{
        struct buffer plain = {0};
        struct record_iterator it;
        struct record r;
        bool more = true;
        enum kerr err = batch_unpack(batch, h, &plain);
        record_iterator_init(&it, h, buffer_span(&plain));
        while (!err && !(err = record_next(&it, &r, &more)) && more) {
                if (!r.key.data)
                        err = KERR_INVALID_RECORD;
        }
        buffer_deinit(&plain);
        return err;
}

/* The timestamp is under the CRC, unlike offset and epoch. */
static void stamp_time(struct stamped_batch *batch, struct span payload, int64_t now_ms)
{
        struct batch_header *h = &batch->header;
        h->attributes |= BATCH_LOG_APPEND_TIME;
        h->max_timestamp = now_ms;
        batch_write_header(h, batch->bytes);
        h->crc = crc32c(0, batch->bytes + BATCH_CRC_FROM, BATCH_HEADER_BYTES - BATCH_CRC_FROM);
        h->crc = crc32c(h->crc, payload.data, payload.size);
}

/* Takes the batch of this header off the front of *bytes; answers what is behind the header. */
static struct span take_batch(struct span *bytes, const struct batch_header *h)
{
        size_t size = (size_t)batch_size(h);
        struct span payload = span_of(bytes->data + BATCH_HEADER_BYTES, size - BATCH_HEADER_BYTES);
        *bytes = span_of(bytes->data + size, bytes->size - size);
        return payload;
}

/* Copies the header of the first batch in *bytes, stamped, and takes the batch off. */
static enum kerr stamp_batch(struct stamped_batch *batch, struct span *payload, struct span *bytes,
                             const struct log_config *config, const struct append_stamp *stamp)
{
        struct batch_header *h = &batch->header;
        enum kerr err = batch_check(*bytes, h);
        if (!err)
                err = check_new_batch(h, config, stamp->origin);
        if (!err && config->cleanup_compact && stamp->origin == APPEND_CLIENT)
                err = check_keys(*bytes, h);
        if (err)
                return err == KERR_TRUNCATED ? KERR_CORRUPT_MESSAGE : err;
        *payload = take_batch(bytes, h);
        h->base_offset = stamp->base_offset;
        h->leader_epoch = stamp->leader_epoch;
        if (config->log_append_time)
                stamp_time(batch, *payload, stamp->now_ms);
        batch_write_header(h, batch->bytes);
        return KERR_NONE;
}

/* One more batch is in the list. */
static void count(struct append_list *list, const struct batch_header *h)
{
        if (list->count == 0 || h->max_timestamp > list->max_timestamp)
                list->max_timestamp = h->max_timestamp;
        list->size_bytes += batch_size(h);
        list->count++;
}

static void add(struct append_list *list, const struct stamped_batch *batch, struct span payload)
{
        struct span spans[2] = {{NULL, BATCH_HEADER_BYTES}, payload};
        buffer_append(&list->batch_memory, batch, sizeof *batch);
        buffer_append(&list->span_memory, spans, sizeof spans);
        count(list, &batch->header);
}

static void clear(struct append_list *list)
{
        buffer_clear(&list->batch_memory);
        buffer_clear(&list->span_memory);
        list->count = 0;
        list->size_bytes = 0;
}

static enum kerr finish(struct append_list *list, enum kerr err)
{
        if (err)
                clear(list);
        /* Only now: the copies moved while the list grew. */
        list->batches = (struct stamped_batch *)(void *)list->batch_memory.data;
        list->spans = (struct span *)(void *)list->span_memory.data;
        for (int32_t i = 0; i < list->count; i++)
                list->spans[2 * i].data = list->batches[i].bytes;
        return err;
}

enum kerr append_list_fill(struct append_list *list, struct span bytes,
                           const struct log_config *config, struct append_stamp stamp)
{
        clear(list);
        enum kerr err = bytes.size > 0 ? KERR_NONE : KERR_CORRUPT_MESSAGE;
        while (!err && bytes.size > 0) {
                struct stamped_batch batch;
                struct span payload;
                err = stamp_batch(&batch, &payload, &bytes, config, &stamp);
                if (err)
                        break;
                add(list, &batch, payload);
                stamp.base_offset = batch_last_offset(&batch.header) + 1;
        }
        if (!err && list->size_bytes > config->segment_bytes)
                err = KERR_RECORD_LIST_TOO_LARGE;
        return finish(list, err);
}

/* One that ends farther behind `end_offset` would fit into no segment that begins there. */
static enum kerr check_fetched_batch(const struct batch_header *h, int64_t end_offset,
                                     int32_t last_epoch)
{
        if (h->leader_epoch < last_epoch)
                return KERR_CORRUPT_MESSAGE;
        if (h->base_offset < end_offset || batch_last_offset(h) - end_offset > INT32_MAX)
                return KERR_OFFSET_OUT_OF_RANGE;
        return KERR_NONE;
}

enum kerr append_list_fill_fetched(struct append_list *list, struct span bytes, int64_t end_offset,
                                   int32_t last_epoch)
{
        clear(list);
        enum kerr err = KERR_NONE;
        while (!err) {
                struct stamped_batch batch;
                const struct batch_header *h = &batch.header;
                err = batch_check(bytes, &batch.header);
                if (err == KERR_TRUNCATED)
                        return finish(list, KERR_NONE);
                if (!err)
                        err = check_fetched_batch(h, end_offset, last_epoch);
                if (err)
                        break;
                batch_write_header(h, batch.bytes);
                add(list, &batch, take_batch(&bytes, h));
                end_offset = batch_last_offset(h) + 1;
                last_epoch = h->leader_epoch;
        }
        return finish(list, err);
}

struct append_list append_list_part(const struct append_list *list, int32_t from,
                                    int64_t end_offset, int64_t size_bytes_max)
{
        struct append_list part = {.batches = list->batches + from,
                                   .spans = list->spans + 2 * from};
        for (int32_t i = from; i < list->count; i++) {
                const struct batch_header *h = &list->batches[i].header;
                bool fits = part.size_bytes + batch_size(h) <= size_bytes_max &&
                            batch_last_offset(h) - end_offset <= INT32_MAX;
                if (part.count > 0 && !fits)
                        break;
                count(&part, h);
        }
        return part;
}
