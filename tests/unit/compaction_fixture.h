/* compaction_fixture.h - keyed records, transactions and folds for tests of compaction. Include
 * cmocka first. */
#ifndef ODRADEK_TESTS_COMPACTION_FIXTURE_H
#define ODRADEK_TESTS_COMPACTION_FIXTURE_H

#include "log/batch_filter.h"
#include "log/cleanable.h"
#include "log/compaction.h"
#include "log_test.h"

#include <stdio.h>

enum { KEYS_MAX = 1000, NO_VALUE = -1, TOMBSTONE = -2, NO_KEY = -1 };

static inline struct log_config compact_config(void)
{
        struct log_config config = small_config();
        config.cleanup_delete = false;
        config.cleanup_compact = true;
        config.min_cleanable_dirty_ratio = 0.5;
        config.max_compaction_lag_ms = INT64_MAX;
        config.delete_retention_ms = 1000;
        return config;
}

/* One record: key number, and value or TOMBSTONE. */
struct update {
        int32_t key, value;
};

/* What the batch is besides its records. */
struct batch_kind {
        int codec;
        int16_t attributes;
        int64_t producer_id; /* 0: none */
        int32_t sequence;
        int64_t timestamp;
};

static inline void build_updates(struct buffer *into, const struct update *updates, int count,
                                 struct batch_kind kind)
{
        struct batch_builder b;
        batch_builder_init(&b);
        for (int i = 0; i < count; i++) {
                char key[16], value[16];
                int key_size = snprintf(key, sizeof key, "key-%d", updates[i].key);
                int value_size = snprintf(value, sizeof value, "%d", updates[i].value);
                struct record r = {.timestamp = kind.timestamp + i};
                if (updates[i].key != NO_KEY)
                        r.key = span_of(key, (size_t)key_size);
                if (updates[i].value != TOMBSTONE)
                        r.value = span_of(value, (size_t)value_size);
                struct record_header h = {str_of("h"), span_of("x", 1)};
                batch_builder_add(&b, &r, &h, i % 2);
        }
        b.header.attributes = kind.attributes;
        if (kind.producer_id > 0) {
                b.header.producer_id = kind.producer_id;
                b.header.producer_epoch = 0;
                b.header.base_sequence = kind.sequence;
        }
        if (batch_builder_finish(&b, kind.codec, into))
                abort();
        batch_builder_deinit(&b);
}

/* Returns the batch's base offset, or -1. */
static inline int64_t append_updates(struct log_fixture *x, const struct update *updates, int count,
                                     struct batch_kind kind)
{
        struct buffer bytes = {0};
        struct log_append done;
        build_updates(&bytes, updates, count, kind);
        enum kerr err =
                partition_log_append(x->log, buffer_span(&bytes), 0, APPEND_COORDINATOR, &done);
        buffer_deinit(&bytes);
        return err ? -1 : done.base_offset;
}

static inline int64_t put(struct log_fixture *x, int32_t key, int32_t value)
{
        return append_updates(x, &(struct update){key, value}, 1, (struct batch_kind){0});
}

/* A transaction's marker; an abort is noted as an observer would, `first` is its first offset. The
 * last stable offset is not known here: 0 is always true. */
static inline int64_t end_txn(struct log_fixture *x, int64_t producer_id, int64_t first,
                              bool commit)
{
        struct buffer bytes = {0};
        struct log_append done;
        struct batch_builder b;
        struct record marker = {.key = span_of(commit ? "\0\0\0\1" : "\0\0\0\0", 4),
                                .value = span_of("\0\0\0\0\0\1", 6)};
        batch_builder_init(&b);
        batch_builder_add(&b, &marker, NULL, 0);
        b.header.attributes = BATCH_CONTROL | BATCH_TRANSACTIONAL;
        b.header.producer_id = producer_id;
        b.header.producer_epoch = 0;
        if (batch_builder_finish(&b, 0, &bytes) ||
            partition_log_append(x->log, buffer_span(&bytes), 0, APPEND_COORDINATOR, &done))
                abort();
        batch_builder_deinit(&b);
        buffer_deinit(&bytes);
        struct aborted_txn aborted = {producer_id, first, done.base_offset, 0};
        if (!commit && partition_log_note_aborted(x->log, &aborted))
                abort();
        return done.base_offset;
}

/* What a reader of committed records ends with. */
struct fold {
        int32_t values[KEYS_MAX]; /* NO_VALUE: none */
        int64_t records, tombstones, batches, empty_batches, markers, horizons, keyless;
        int64_t last_offset;
};

struct abort_search {
        const struct batch_header *h;
        bool found;
};

static inline void match_aborted(void *context, const struct aborted_txn *aborted)
{
        struct abort_search *s = context;
        s->found |= aborted->producer_id == s->h->producer_id &&
                    aborted->first_offset <= s->h->base_offset &&
                    aborted->last_offset > s->h->base_offset;
}

static inline bool batch_is_aborted(struct log_fixture *x, const struct batch_header *h)
{
        struct abort_search search = {.h = h};
        if (h->attributes & BATCH_TRANSACTIONAL)
                partition_log_each_aborted(x->log, h->base_offset, h->base_offset + 1,
                                           match_aborted, &search);
        return search.found;
}

static inline void fold_record(struct fold *fold, const struct record *r)
{
        char text[16] = {0};
        fold->records++;
        if (!r->key.data) {
                fold->keyless++;
                return;
        }
        assert_true(r->key.size > 4 && r->key.size < sizeof text);
        memcpy(text, r->key.data, r->key.size);
        int key = atoi(text + 4);
        assert_in_range(key, 0, KEYS_MAX - 1);
        memset(text, 0, sizeof text);
        if (r->value.size > 0)
                memcpy(text, r->value.data, r->value.size);
        fold->values[key] = r->value.data ? atoi(text) : NO_VALUE;
        fold->tombstones += !r->value.data;
}

/* False when a batch cannot be read. */
static inline bool fold_batch(struct log_fixture *x, struct fold *fold, struct span batch,
                              const struct batch_header *h)
{
        struct buffer plain = {0};
        struct record_iterator it;
        struct record r;
        bool more = true;
        fold->batches++;
        fold->empty_batches += h->records_count == 0;
        fold->markers += (h->attributes & BATCH_CONTROL) != 0;
        fold->horizons += (h->attributes & BATCH_DELETE_HORIZON) != 0;
        fold->last_offset = batch_last_offset(h);
        if (h->attributes & BATCH_CONTROL || batch_is_aborted(x, h))
                return true;
        bool good = !batch_unpack(batch, h, &plain);
        record_iterator_init(&it, h, buffer_span(&plain));
        while (good && (good = !record_next(&it, &r, &more)) && more)
                fold_record(fold, &r);
        buffer_deinit(&plain);
        return good;
}

/* Reads the whole log as a consumer does. False when it does not read well. */
static inline bool fold_log(struct log_fixture *x, struct fold *fold)
{
        struct buffer all = {0};
        memset(fold, 0, sizeof *fold);
        for (int i = 0; i < KEYS_MAX; i++)
                fold->values[i] = NO_VALUE;
        fold->last_offset = -1;
        bool good = fixture_read(x, partition_log_start(x->log), &all) == KERR_NONE;
        struct span left = buffer_span(&all);
        while (good && left.size > 0) {
                struct batch_header h;
                good = !batch_check(left, &h) && h.base_offset > fold->last_offset &&
                       fold_batch(x, fold, left, &h);
                left = span_of(left.data + batch_size(&h), left.size - (size_t)batch_size(&h));
        }
        buffer_deinit(&all);
        return good;
}

static inline bool same_values(const struct fold *a, const struct fold *b)
{
        return memcmp(a->values, b->values, sizeof a->values) == 0;
}

enum { PRODUCERS_MAX = 16 };

struct replay {
        struct log_fixture *x;
        int64_t first[PRODUCERS_MAX]; /* of the open transaction; -1: none */
};

static inline enum kerr replay_batch(void *context, const struct extent *where,
                                     const struct batch_header *h)
{
        struct replay *replay = context;
        enum { TYPE_AT = BATCH_HEADER_BYTES + 8 }; /* behind the version in the record's key */
        uint8_t type;
        struct world *w = &replay->x->f.world;
        if (!(h->attributes & BATCH_TRANSACTIONAL))
                return KERR_NONE;
        assert_in_range(h->producer_id, 0, PRODUCERS_MAX - 1);
        int64_t *first = &replay->first[h->producer_id];
        if (!(h->attributes & BATCH_CONTROL) && *first < 0)
                *first = h->base_offset;
        if (!(h->attributes & BATCH_CONTROL) || h->records_count == 0)
                return KERR_NONE;
        enum kerr err = world_read_exactly(w, where->file, where->position + TYPE_AT, &type, 1);
        struct aborted_txn aborted = {h->producer_id, *first, h->base_offset, 0};
        if (!err && type == 0 && *first >= 0)
                err = partition_log_note_aborted(replay->x->log, &aborted);
        *first = -1;
        return err;
}

/* Notes the aborts that are found in the batches, as an observer does after a start. */
static inline bool refold(struct log_fixture *x)
{
        struct replay replay = {.x = x};
        memset(replay.first, 0xff, sizeof replay.first);
        return partition_log_each_batch(x->log, replay_batch, &replay) == KERR_NONE;
}

/* One round, whatever the ratio. Syncs that were asked for have ended. */
static inline enum compaction_state clean_below(struct log_fixture *x, int64_t upper_bound,
                                                int64_t map_bytes_max)
{
        while (x->f.sync_count > 0)
                fixture_end_sync(x, 0, KERR_NONE);
        struct compaction *c = compaction_begin(x->log, upper_bound, map_bytes_max);
        if (!c)
                return COMPACTION_GAVE_UP;
        enum compaction_state state;
        while ((state = compaction_step(c)) == COMPACTION_GOES_ON)
                ;
        compaction_free(c);
        return state;
}

/* Rolls and cleans everything. */
static inline void clean_all(struct log_fixture *x)
{
        assert_int_equal(partition_log_roll(x->log), KERR_NONE);
        assert_int_equal(clean_below(x, partition_log_end(x->log), 1 << 30), COMPACTION_DONE);
}

#endif
