#include "log/compaction.h"

#include "log/batch_filter.h"
#include "log/cleanable.h"
#include "log/log_parts.h"
#include "log/log_swap.h"
#include "log/offset_map.h"

#include <stdlib.h>
#include <uthash.h>

/* So much is written before it is synced: the swap waits for the rest, and must not wait long. */
enum { SYNC_BYTES = 8 << 20 };

/* A producer of whom data has been seen since its last marker. */
struct busy_producer {
        int64_t producer_id;
        UT_hash_handle hh;
};

struct compaction {
        struct partition_log *log;
        uint64_t changes; /* of the log, when we began */
        int64_t now_ms;   /* wall clock, when we began */
        int64_t map_bytes_max;
        int32_t end; /* segments below this number are looked at */

        /* The next input. */
        int32_t segment;
        int64_t position;
        struct buffer input, output;

        /* First pass. */
        bool is_mapped;
        struct offset_map map;
        int64_t dirty_start, map_end; /* the map knows the keys of these offsets */

        /* Second pass. */
        int32_t group_first, group_end;
        int64_t group_end_offset;
        struct segment *cleaned; /* of the present group; NULL: none begun */
        struct busy_producer *busy;
        int64_t unsynced_bytes;
        int64_t bytes_read, bytes_written, keyless;
};

/* --- a round --- */

static void begin_at(struct compaction *c, int32_t segment, int64_t position)
{
        c->segment = segment;
        c->position = position;
}

/* After a crash a log may hold what nobody has synced yet: then we do. */
static enum kerr sync_input(struct partition_log *log, int32_t count)
{
        bool is_synced = log->segments.items[count - 1]->next_offset <= log->recovery_point;
        return is_synced ? KERR_NONE : partition_log_flush(log);
}

struct compaction *compaction_begin(struct partition_log *log, int64_t upper_bound,
                                    int64_t map_bytes_max)
{
        int64_t position, dirty_start = cleanable_start(log);
        int32_t first = segment_list_floor(&log->segments, dirty_start);
        int32_t count = cleanable_count(log, upper_bound);
        if (first >= count || sync_input(log, count) ||
            segment_find(log->segments.items[first], dirty_start, &position))
                return NULL;
        struct compaction *c = calloc(1, sizeof *c);
        if (!c)
                abort();
        c->log = log;
        c->changes = log->changes;
        c->now_ms = log->world->wall_ms(log->world);
        c->map_bytes_max = map_bytes_max;
        c->end = count;
        c->dirty_start = c->map_end = dirty_start;
        begin_at(c, first, position);
        return c;
}

void compaction_free(struct compaction *c)
{
        if (!c)
                return;
        struct busy_producer *p, *next;
        HASH_ITER (hh, c->busy, p, next) {
                HASH_DEL(c->busy, p);
                free(p);
        }
        if (c->cleaned)
                log_swap_discard(c->cleaned);
        offset_map_deinit(&c->map);
        buffer_deinit(&c->input);
        buffer_deinit(&c->output);
        free(c);
}

static enum kerr read_bytes(struct compaction *c, const struct segment *s, size_t size)
{
        buffer_clear(&c->input);
        uint8_t *into = buffer_reserve(&c->input, size);
        enum kerr err = world_read_exactly(s->world, s->file, c->position, into, size);
        if (!err)
                c->input.size = size;
        return err;
}

/* The next batches, one at least. Pre: the segment goes on. */
static enum kerr read_input(struct compaction *c)
{
        const struct segment *s = c->log->segments.items[c->segment];
        struct batch_header first;
        int64_t size = s->size_bytes - c->position;
        enum kerr err = segment_read_header(s, c->position, &first);
        if (err)
                return err;
        if (size > COMPACTION_STEP_BYTES)
                size = batch_size(&first) > COMPACTION_STEP_BYTES ? batch_size(&first)
                                                                  : COMPACTION_STEP_BYTES;
        return read_bytes(c, s, (size_t)size);
}

static bool is_aborted(const struct compaction *c, const struct batch_header *h)
{
        return (h->attributes & BATCH_TRANSACTIONAL) && !(h->attributes & BATCH_CONTROL) &&
               txn_index_is_aborted(&c->log->aborted, h->producer_id, h->base_offset);
}

/* --- first pass: where each key lies last --- */

//@lab 15 begin
static enum kerr map_records(struct compaction *c, struct span batch, const struct batch_header *h)
{
        struct buffer plain = {0};
        struct record_iterator it;
        struct record r;
        bool more = true;
        enum kerr err = batch_unpack(batch, h, &plain);
        record_iterator_init(&it, h, buffer_span(&plain));
        while (!err && !(err = record_next(&it, &r, &more)) && more) {
                if (r.key.data && r.offset >= c->dirty_start)
                        offset_map_put(&c->map, r.key, r.offset);
        }
        buffer_deinit(&plain);
        return err;
}

static enum kerr map_batch(struct compaction *c, struct span batch, const struct batch_header *h)
{
        enum kerr err = KERR_NONE;
        if (!(h->attributes & BATCH_CONTROL) && !is_aborted(c, h))
                err = map_records(c, batch, h);
        c->map_end = batch_last_offset(h) + 1;
        return err;
}
//@lab 15 starter
// static enum kerr map_batch(struct compaction *c, struct span batch, const struct batch_header *h)
// {
//         (void)batch, (void)is_aborted;
//         c->map_end = batch_last_offset(h) + 1;
//         return KERR_NONE; /* yours to write: no key is noted yet */
// }
//@lab 15 end

static bool is_map_full(const struct compaction *c)
{
        return c->map.size_bytes >= c->map_bytes_max;
}

/* The second pass begins with the oldest segment and ends with the one where the map does. */
static void end_map(struct compaction *c)
{
        if (c->segment == c->end)
                c->map_end = c->log->segments.items[c->end - 1]->next_offset;
        else
                c->end = segment_list_floor(&c->log->segments, c->map_end - 1) + 1;
        c->is_mapped = true;
        begin_at(c, 0, 0);
}

/* --- second pass: what stays --- */

static bool keeps(void *context, const struct batch_header *h, const struct record *r)
{
        //@lab 15 begin
        struct compaction *c = context;
        if (h->attributes & BATCH_CONTROL || r->offset >= c->map_end)
                return true;
        if (!r->key.data) {
                c->keyless++;
                return false;
        }
        bool is_last = r->offset >= offset_map_get(&c->map, r->key);
        return is_last && (r->value.data || !batch_is_past_horizon(h, c->now_ms));
        //@lab 15 starter
        // (void)context, (void)h, (void)r;
        // return true; /* yours to write: nothing is out of date yet */
        //@lab 15 end
}

static void note_busy(struct compaction *c, int64_t producer_id)
{
        struct busy_producer *p;
        HASH_FIND(hh, c->busy, &producer_id, sizeof producer_id, p);
        if (p)
                return;
        p = calloc(1, sizeof *p);
        if (!p)
                abort();
        p->producer_id = producer_id;
        HASH_ADD(hh, c->busy, producer_id, sizeof p->producer_id, p);
}

/* A marker ends the transaction. Answers whether it had data. */
static bool end_busy(struct compaction *c, int64_t producer_id)
{
        struct busy_producer *p;
        HASH_FIND(hh, c->busy, &producer_id, sizeof producer_id, p);
        if (!p)
                return false;
        HASH_DEL(c->busy, p);
        free(p);
        return true;
}

/* Neighbours share a segment: as long as what is written, what is about to be (`more_bytes`) and
 * the next one fit into it. */
static bool grow_group(struct compaction *c, int64_t more_bytes)
{
        const struct log_config *config = &c->log->config;
        const struct segment *written = c->cleaned;
        if (c->group_end == c->end)
                return false;
        const struct segment *next = c->log->segments.items[c->group_end];
        int64_t entries = index_file_count(&written->offsets.entries) +
                          index_file_count(&next->offsets.entries);
        int64_t times =
                index_file_count(&written->times.entries) + index_file_count(&next->times.entries);
        if (written->size_bytes + more_bytes + next->size_bytes > config->segment_bytes ||
            entries * OFFSET_INDEX_ENTRY_BYTES > config->segment_index_bytes ||
            times * TIME_INDEX_ENTRY_BYTES > config->segment_index_bytes ||
            next->next_offset - 1 - written->base_offset > INT32_MAX)
                return false;
        c->group_end++;
        c->group_end_offset = next->next_offset;
        return true;
}

static bool must_keep_header(struct compaction *c, const struct batch_header *h)
{
        const struct log_observer *o = c->log->observer;
        bool ends_group = batch_last_offset(h) + 1 == c->group_end_offset &&
                          !grow_group(c, (int64_t)c->output.size + batch_size(h));
        return ends_group || (h->producer_id >= 0 && o && o->is_last(o, h));
}

static enum kerr clean_batch(struct compaction *c, struct span batch, const struct batch_header *h)
{
        //@lab 15 begin
        int64_t retention_ms = c->log->config.delete_retention_ms;
        struct batch_filter filter = {
                .keeps = keeps,
                .context = c,
                .keeps_empty = must_keep_header(c, h),
                .horizon_ms =
                        retention_ms > INT64_MAX - c->now_ms ? INT64_MAX : c->now_ms + retention_ms,
        };
        if (h->attributes & BATCH_CONTROL) {
                bool is_spent = !end_busy(c, h->producer_id);
                filter.wants_horizon = is_spent;
                filter.drops_all = is_spent && batch_is_past_horizon(h, c->now_ms);
        } else if (h->attributes & BATCH_TRANSACTIONAL) {
                note_busy(c, h->producer_id);
                filter.drops_all = is_aborted(c, h);
        }
        return batch_filter(batch, h, &filter, &c->output);
        //@lab 15 starter
        // struct batch_filter filter = {.keeps = keeps, .context = c}; /* yours to complete */
        // (void)must_keep_header, (void)note_busy, (void)end_busy;
        // return batch_filter(batch, h, &filter, &c->output);
        //@lab 15 end
}

static enum kerr begin_group(struct compaction *c)
{
        const struct partition_log *log = c->log;
        c->group_first = c->segment;
        c->group_end = c->segment + 1;
        c->group_end_offset = log->segments.items[c->segment]->next_offset;
        return segment_create_cleaned(log->world, log->directory, &log->config,
                                      log->segments.items[c->group_first]->base_offset,
                                      &c->cleaned);
}

static enum kerr end_group(struct compaction *c)
{
        int32_t count = c->group_end - c->group_first;
        struct segment *cleaned = c->cleaned;
        c->cleaned = NULL;
        enum kerr err = log_swap(c->log, c->group_first, count, cleaned);
        c->end -= count - 1;
        begin_at(c, c->group_first + 1, 0);
        return err;
}

/* --- steps --- */

static enum kerr for_each_batch(struct compaction *c,
                                enum kerr (*each)(struct compaction *c, struct span batch,
                                                  const struct batch_header *h))
{
        struct span left = buffer_span(&c->input);
        struct batch_header h;
        enum kerr err = KERR_NONE;
        while (!err && left.size > 0 && !(!c->is_mapped && is_map_full(c))) {
                err = batch_check(left, &h);
                if (err == KERR_TRUNCATED)
                        return KERR_NONE; /* it comes with the next step */
                if (!err)
                        err = each(c, left, &h);
                if (err)
                        break;
                c->position += batch_size(&h);
                left = span_of(left.data + batch_size(&h), left.size - (size_t)batch_size(&h));
        }
        return err;
}

static enum kerr clean_input(struct compaction *c)
{
        int64_t begin = c->position;
        buffer_clear(&c->output);
        enum kerr err = for_each_batch(c, clean_batch);
        c->bytes_read += c->position - begin;
        c->bytes_written += (int64_t)c->output.size;
        if (err || c->output.size == 0)
                return err;
        err = segment_append_cleaned(c->cleaned, buffer_span(&c->output));
        c->unsynced_bytes += (int64_t)c->output.size;
        if (err || c->unsynced_bytes < SYNC_BYTES)
                return err;
        c->unsynced_bytes = 0;
        return c->log->world->sync(c->log->world, c->cleaned->file);
}

static enum kerr do_step(struct compaction *c)
{
        enum kerr err = KERR_NONE;
        if (c->is_mapped && !c->cleaned)
                err = begin_group(c);
        if (!err && c->position < c->log->segments.items[c->segment]->size_bytes)
                err = read_input(c);
        else
                buffer_clear(&c->input);
        if (!err)
                err = c->is_mapped ? clean_input(c) : for_each_batch(c, map_batch);
        if (err)
                return err;
        if (c->position == c->log->segments.items[c->segment]->size_bytes)
                begin_at(c, c->segment + 1, 0);
        if (c->is_mapped)
                return c->segment == c->group_end && !grow_group(c, 0) ? end_group(c) : KERR_NONE;
        if (c->segment == c->end || is_map_full(c))
                end_map(c);
        return KERR_NONE;
}

static enum compaction_state finish(struct compaction *c)
{
        struct partition_log *log = c->log;
        log->cleaned_end = c->map_end;
        world_log(log->world, WORLD_INFO, "%s: compacted up to offset %lld, %lld bytes to %lld",
                  log->directory, (long long)c->map_end, (long long)c->bytes_read,
                  (long long)c->bytes_written);
        if (c->keyless > 0)
                world_log(log->world, WORLD_WARN, "%s: %lld records without a key dropped",
                          log->directory, (long long)c->keyless);
        return COMPACTION_DONE;
}

enum compaction_state compaction_step(struct compaction *c)
{
        struct partition_log *log = c->log;
        if (log->changes != c->changes || log->is_offline)
                return COMPACTION_GAVE_UP;
        enum kerr err = do_step(c);
        if (err) {
                world_log(log->world, WORLD_ERROR, "%s: compaction failed: %s", log->directory,
                          kerr_text(err));
                log->is_uncleanable = segment_is_damage(err);
                return COMPACTION_GAVE_UP;
        }
        return c->is_mapped && c->segment == c->end ? finish(c) : COMPACTION_GOES_ON;
}
