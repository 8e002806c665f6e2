#include "delivery/producer_private.h"
#include "wire/control_records.h"

#include <stdlib.h>
#include <string.h>

struct producer_entry producer_entry_new(int64_t producer_id)
{
        return (struct producer_entry){
                .producer_id = producer_id,
                .epoch = -1,
                .coordinator_epoch = -1,
                .last_timestamp_ms = -1,
                .txn_first_offset = -1,
        };
}

//@lab 17 begin
static int32_t last_sequence(const struct batch_header *h)
{
        return (int32_t)(((uint32_t)h->base_sequence + (uint32_t)h->last_offset_delta) & INT32_MAX);
}

static void remember(struct producer_entry *e, const struct batch_header *h)
{
        if (e->batch_count == PRODUCER_BATCHES_KEPT) {
                e->batch_count--;
                memmove(e->batches, e->batches + 1, (size_t)e->batch_count * sizeof *e->batches);
        }
        e->batches[e->batch_count++] = (struct producer_batch_seen){
                .first_sequence = h->base_sequence,
                .last_sequence = last_sequence(h),
                .base_offset = h->base_offset,
                .last_offset = batch_last_offset(h),
                .timestamp_ms = h->max_timestamp,
        };
}
//@lab 17 starter
// /* yours to write, with last_sequence() before it if you like */
// static void remember(struct producer_entry *e, const struct batch_header *h)
// {
//         (void)e;
//         (void)h;
// }
//@lab 17 end

/* A batch that compaction has emptied tells its sequence numbers still. But it was part of a
 * transaction that is decided, whose marker may be gone, so it opens none. */
static bool opens_txn(const struct producer_entry *e, const struct batch_header *h)
{
        return (h->attributes & BATCH_TRANSACTIONAL) && e->txn_first_offset < 0 &&
               h->records_count > 0;
}

void producer_entry_apply(struct producer_entry *e, const struct batch_header *h,
                          const struct txn_marker *marker)
{
        //@lab 17 begin
        if (e->epoch != h->producer_epoch)
                e->batch_count = 0;
        //@lab 17 starter
        // /* yours to write: what is it that a new epoch ends? */
        //@lab 17 end
        e->epoch = h->producer_epoch;
        e->last_timestamp_ms = h->max_timestamp;
        if (marker) {
                e->coordinator_epoch = marker->coordinator_epoch;
                e->txn_first_offset = -1;
                return;
        }
        if (h->base_sequence >= 0)
                remember(e, h);
        if (opens_txn(e, h))
                e->txn_first_offset = h->base_offset;
}

bool producer_read_marker(const struct batch_header *h, struct span payload,
                          struct txn_marker *marker)
{
        struct record_iterator it;
        struct record r;
        bool more;
        record_iterator_init(&it, h, payload);
        if ((h->attributes & BATCH_CODEC_MASK) || record_next(&it, &r, &more) || !more)
                return false;
        struct control_record_key key;
        struct end_txn_marker value;
        struct serde s = serde_reader(r.key, 0, false, NULL);
        serde_control_record_key(&s, &key);
        if (s.err || (key.type != CONTROL_ABORT && key.type != CONTROL_COMMIT))
                return false;
        s = serde_reader(r.value, 0, false, NULL);
        serde_end_txn_marker(&s, &value);
        *marker = (struct txn_marker){key.type == CONTROL_COMMIT, value.coordinator_epoch};
        return !s.err;
}

void producer_state_marker(int64_t producer_id, int16_t producer_epoch, int32_t coordinator_epoch,
                           bool commit, int64_t timestamp_ms, struct buffer *into)
{
        uint8_t key[4] = {0}, value[6] = {0}; /* each begins with its version, 0 */
        store_be16(key + 2, commit ? CONTROL_COMMIT : CONTROL_ABORT);
        store_be32(value + 2, (uint32_t)coordinator_epoch);
        struct record r = {
                .timestamp = timestamp_ms,
                .key = span_of(key, sizeof key),
                .value = span_of(value, sizeof value),
        };
        struct batch_builder b;
        batch_builder_init(&b);
        b.header.attributes = BATCH_TRANSACTIONAL | BATCH_CONTROL;
        b.header.producer_id = producer_id;
        b.header.producer_epoch = producer_epoch;
        batch_builder_add(&b, &r, NULL, 0);
        if (batch_builder_finish(&b, 0, into))
                abort(); /* one small record, not compressed */
        batch_builder_deinit(&b);
}
