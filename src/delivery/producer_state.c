#include "delivery/producer_state.h"

#include "delivery/producer_private.h"

#include <stdlib.h>
#include <utlist.h>

/* Of transactions whose end nobody has asked about: see shorten(). */
enum { UNDECIDED_MAX = 256 };

/* --- the table --- */

static struct producer_entry *find(const struct producer_state *s, int64_t producer_id)
{
        struct producer_entry *e;
        HASH_FIND(hh, s->producers, &producer_id, sizeof producer_id, e);
        return e;
}

const struct producer_entry *producer_state_find(const struct producer_state *s,
                                                 int64_t producer_id)
{
        return find(s, producer_id);
}

void producer_state_each(const struct producer_state *s,
                         void (*each)(void *context, const struct producer_entry *e), void *context)
{
        for (const struct producer_entry *e = s->producers; e; e = e->hh.next)
                each(context, e);
}

struct producer_entry *producer_state_add(struct producer_state *s, struct producer_entry entry)
{
        struct producer_entry *e = malloc(sizeof *e);
        if (!e)
                abort();
        *e = entry;
        HASH_ADD(hh, s->producers, producer_id, sizeof e->producer_id, e);
        return e;
}

static void drop_producer(struct producer_state *s, struct producer_entry *e)
{
        HASH_DEL(s->producers, e);
        free(e);
}

void producer_state_expire(struct producer_state *s)
{
        int64_t oldest_ms = s->world->wall_ms(s->world) - s->expiration_ms;
        struct producer_entry *e, *next;
        HASH_ITER (hh, s->producers, e, next) {
                if (e->txn_first_offset < 0 && e->last_timestamp_ms <= oldest_ms)
                        drop_producer(s, e);
        }
        producer_vouchings_drop_until(s, oldest_ms);
}

/* --- transactions --- */

static void drop_undecided(struct undecided_list *list, struct undecided_txn *t)
{
        DL_DELETE(list->head, t);
        list->count--;
        free(t);
}

void producer_state_open_txn(struct producer_state *s, const struct producer_entry *e)
{
        struct undecided_txn *t = malloc(sizeof *t);
        if (!t)
                abort();
        *t = (struct undecided_txn){
                .producer_id = e->producer_id,
                .first_offset = e->txn_first_offset,
                .marker_offset = -1,
        };
        DL_APPEND(s->undecided->head, t);
        s->undecided->count++;
}

/* From the end on: those that are open are the younger ones. */
static struct undecided_txn *find_open(const struct undecided_list *list, int64_t producer_id)
{
        struct undecided_txn *t = list->head ? list->head->prev : NULL;
        while (t && (t->producer_id != producer_id || t->marker_offset >= 0))
                t = t == list->head ? NULL : t->prev;
        return t;
}

/* Where nobody asks for the first undecided offset (on a follower) nothing is dropped. So the
 * oldest two that have ended are taken for one: a high watermark between their markers hears an
 * offset that is lower than need be, never a higher one. */
static void shorten(struct undecided_list *list)
{
        struct undecided_txn *t = list->head;
        while (t->next && (t->marker_offset < 0 || t->next->marker_offset < 0))
                t = t->next;
        if (!t->next)
                return;
        if (t->next->marker_offset > t->marker_offset)
                t->marker_offset = t->next->marker_offset;
        drop_undecided(list, t->next);
}

static enum kerr end_txn(struct producer_state *s, int64_t producer_id, int64_t marker_offset,
                         bool is_commit)
{
        struct undecided_txn *ended = find_open(s->undecided, producer_id);
        ended->marker_offset = marker_offset;
        const struct undecided_txn *oldest = s->undecided->head;
        while (oldest && oldest->marker_offset >= 0)
                oldest = oldest->next;
        struct aborted_txn aborted = {
                .producer_id = producer_id,
                .first_offset = ended->first_offset,
                .last_offset = marker_offset,
                .last_stable_offset = oldest ? oldest->first_offset : marker_offset + 1,
        };
        if (s->undecided->count > UNDECIDED_MAX)
                shorten(s->undecided);
        return is_commit ? KERR_NONE : partition_log_note_aborted(s->log, &aborted);
}

static int64_t first_unstable(const struct log_observer *o, int64_t high_watermark)
{
        const struct producer_state *s = (const void *)o;
        struct undecided_list *list = s->undecided;
        while (list->head && list->head->marker_offset >= 0 &&
               list->head->marker_offset < high_watermark)
                drop_undecided(list, list->head);
        if (!list->head)
                return INT64_MAX;
        /* What it wrote below the log start is gone, but it is open still. */
        int64_t start = partition_log_start(s->log);
        return list->head->first_offset > start ? list->head->first_offset : start;
}

/* --- the fold --- */

enum kerr producer_state_fold(struct producer_state *s, const struct batch_header *h,
                              struct span payload)
{
        struct txn_marker marker;
        /* Of a marker that compaction has emptied only the header counts. */
        bool is_marker = (h->attributes & BATCH_CONTROL) && h->records_count > 0;
        s->end = batch_last_offset(h) + 1;
        if (h->producer_id < 0 || (is_marker && !producer_read_marker(h, payload, &marker)))
                return KERR_NONE;
        struct producer_entry *e = find(s, h->producer_id);
        if (!e)
                e = producer_state_add(s, producer_entry_new(h->producer_id));
        int64_t open_since = e->txn_first_offset;
        producer_entry_apply(e, h, is_marker ? &marker : NULL);
        if (!is_marker) {
                if (e->txn_first_offset != open_since)
                        producer_state_open_txn(s, e);
                return KERR_NONE;
        }
        producer_vouching_drop(s, h->producer_id);
        return open_since < 0 ? KERR_NONE
                              : end_txn(s, h->producer_id, h->base_offset, marker.is_commit);
}

static void appended(struct log_observer *o, const struct batch_header *h, struct span payload)
{
        struct producer_state *s = (void *)o;
        /* An error has taken the log offline already. */
        if (h->base_offset >= s->end)
                producer_state_fold(s, h, payload);
}

static enum kerr replay(void *context, const struct extent *where, const struct batch_header *h)
{
        struct producer_state *s = context;
        struct buffer payload = {0};
        enum kerr err = KERR_NONE;
        if ((h->attributes & BATCH_CONTROL) && h->producer_id >= 0) {
                size_t size = (size_t)where->length - BATCH_HEADER_BYTES;
                err = world_read_exactly(s->world, where->file,
                                         where->position + BATCH_HEADER_BYTES,
                                         buffer_reserve(&payload, size), size);
                payload.size = size;
        }
        if (!err)
                err = producer_state_fold(s, h, buffer_span(&payload));
        buffer_deinit(&payload);
        return err;
}

static void clear(struct producer_state *s)
{
        struct producer_entry *e, *next;
        HASH_ITER (hh, s->producers, e, next) {
                drop_producer(s, e);
        }
        producer_vouchings_drop_until(s, INT64_MAX);
        while (s->undecided->head)
                drop_undecided(s->undecided, s->undecided->head);
}

static enum kerr reload(struct producer_state *s)
{
        clear(s);
        enum kerr err = producer_snapshot_load(s, &s->end);
        if (!err)
                err = partition_log_each_batch_from(s->log, s->end, replay, s);
        s->end = partition_log_end(s->log);
        return err;
}

static enum kerr rolled(struct log_observer *o)
{
        return producer_snapshot_write((void *)o);
}

/* Producers are known beyond the deletion of their records (KAFKA-7190): only a cut at the end
 * makes a difference. */
static enum kerr cut(struct log_observer *o)
{
        struct producer_state *s = (void *)o;
        return s->end == partition_log_end(s->log) ? KERR_NONE : reload(s);
}

/* A producer of whom only markers are left is known by these. */
static bool is_last(const struct log_observer *o, const struct batch_header *h)
{
        const struct producer_entry *e = find((const void *)o, h->producer_id);
        if (!e || e->epoch != h->producer_epoch)
                return false;
        if (e->batch_count == 0)
                return h->attributes & BATCH_CONTROL;
        return e->batches[e->batch_count - 1].last_offset == batch_last_offset(h);
}

enum kerr producer_state_open(struct world *w, struct partition_log *log, int64_t expiration_ms,
                              struct producer_state **state)
{
        struct producer_state *s = calloc(1, sizeof *s);
        if (!s || !(s->undecided = calloc(1, sizeof *s->undecided)))
                abort();
        s->observer = (struct log_observer){
                .check = producer_state_check,
                .appended = appended,
                .rolled = rolled,
                .cut = cut,
                .first_unstable = first_unstable,
                .is_last = is_last,
        };
        s->world = w;
        s->log = log;
        s->expiration_ms = expiration_ms;
        enum kerr err = reload(s);
        if (err) {
                producer_state_free(s);
                s = NULL;
        } else {
                partition_log_observe(log, &s->observer);
        }
        *state = s;
        return err;
}

void producer_state_free(struct producer_state *s)
{
        if (!s)
                return;
        clear(s);
        free(s->undecided);
        free(s);
}
