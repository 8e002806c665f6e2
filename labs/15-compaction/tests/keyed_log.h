/* A compacted log in a fake world, and what is in it as one line of text:
 *
 *     "0:k1=a 2:k3=- 5:commit(7)"      offset 0 has k1=a, 2 a tombstone of k3, 5 a marker of
 * producer 7
 *     "0:0x00000001=a"                 a key that is no text */
#ifndef ODRADEK_LABS_15_KEYED_LOG_H
#define ODRADEK_LABS_15_KEYED_LOG_H

#include "base/crc32c.h"
#include "labs/tool/lab_test.h"
#include "log/batch_filter.h"
#include "log/cleanable.h"
#include "log/compaction.h"
#include "tests/unit/log_fixture.h"

#include <stdio.h>

enum { ALL_KEYS = 1 << 20 };

static inline struct log_config keyed_config(void)
{
        struct log_config config = small_config();
        config.cleanup_delete = false;
        config.cleanup_compact = true;
        config.delete_retention_ms = 1000;
        return config;
}

/* What a batch is besides its records. */
struct kind {
        int64_t producer_id; /* 0: none */
        int64_t timestamp;   /* of the first record; one more for each */
        int16_t attributes;
};

/* The first blank-separated word of *updates, "k1=a" or "k1=-" for a tombstone, as a record. */
static inline bool next_update(const char **updates, struct record *r)
{
        const char *at = *updates + strspn(*updates, " ");
        size_t size = strcspn(at, " ");
        const char *equals = memchr(at, '=', size);
        if (!equals)
                return false;
        size_t value_bytes = size - (size_t)(equals + 1 - at);
        r->key = span_of(at, (size_t)(equals - at));
        r->value = span_of(equals + 1, value_bytes);
        if (value_bytes == 1 && equals[1] == '-')
                r->value = span_of(NULL, 0);
        *updates = at + size;
        return true;
}

static inline int64_t append_batch(struct log_fixture *x, struct batch_builder *b)
{
        struct buffer bytes = {0};
        struct log_append done;
        if (batch_builder_finish(b, 0, &bytes) ||
            partition_log_append(x->log, buffer_span(&bytes), 0, APPEND_COORDINATOR, &done))
                abort();
        batch_builder_deinit(b);
        buffer_deinit(&bytes);
        return done.base_offset;
}

/* One batch, "k1=a k2=b". Returns its base offset. */
static inline int64_t put_kind(struct log_fixture *x, const char *updates, struct kind kind)
{
        struct batch_builder b;
        struct record r = {.timestamp = kind.timestamp};
        batch_builder_init(&b);
        for (; next_update(&updates, &r); r.timestamp++)
                batch_builder_add(&b, &r, NULL, 0);
        b.header.attributes = kind.attributes;
        if (kind.producer_id > 0) {
                b.header.producer_id = kind.producer_id;
                b.header.producer_epoch = 0;
                b.header.base_sequence = 0;
        }
        return append_batch(x, &b);
}

static inline int64_t put(struct log_fixture *x, const char *updates)
{
        return put_kind(x, updates, (struct kind){0});
}

/* A batch for each of them. */
static inline void put_each(struct log_fixture *x, const char *updates)
{
        char word[40];
        while (*updates) {
                size_t size = strcspn(updates, " ");
                snprintf(word, sizeof word, "%.*s", (int)size, updates);
                put(x, word);
                updates += size + strspn(updates + size, " ");
        }
}

static inline int64_t put_in_transaction(struct log_fixture *x, int64_t producer_id,
                                         const char *updates)
{
        return put_kind(x, updates, (struct kind){producer_id, .attributes = BATCH_TRANSACTIONAL});
}

/* The marker that ends a transaction; `first` is the first offset of one that was aborted, which
 * the log's index is told, as the table of producers would. */
static inline void put_marker(struct log_fixture *x, int64_t producer_id, bool commit,
                              int64_t first)
{
        struct batch_builder b;
        struct record marker = {.key = span_of(commit ? "\0\0\0\1" : "\0\0\0\0", 4),
                                .value = span_of("\0\0\0\0\0\1", 6)};
        batch_builder_init(&b);
        batch_builder_add(&b, &marker, NULL, 0);
        b.header.attributes = BATCH_CONTROL | BATCH_TRANSACTIONAL;
        b.header.producer_id = producer_id;
        b.header.producer_epoch = 0;
        struct aborted_txn aborted = {producer_id, first, append_batch(x, &b), 0};
        if (!commit && partition_log_note_aborted(x->log, &aborted))
                abort();
}

static inline void roll(struct log_fixture *x)
{
        if (partition_log_roll(x->log))
                abort();
}

/* One round, whatever the dirty ratio, with room for so many bytes of keys. */
static inline enum compaction_state clean_below(struct log_fixture *x, int64_t bound,
                                                int64_t map_bytes)
{
        while (x->f.sync_count > 0)
                fixture_end_sync(x, 0, KERR_NONE);
        struct compaction *c = compaction_begin(x->log, bound, map_bytes);
        if (!c)
                return COMPACTION_GAVE_UP;
        enum compaction_state state;
        while ((state = compaction_step(c)) == COMPACTION_GOES_ON)
                ;
        compaction_free(c);
        return state;
}

/* Rolls, and cleans all there is. */
static inline bool clean(struct log_fixture *x)
{
        roll(x);
        return expect_that("a round of compaction ends well",
                           clean_below(x, partition_log_end(x->log), ALL_KEYS) == COMPACTION_DONE);
}

/* --- what is in the log --- */

static inline void line_key(struct buffer *line, struct span key)
{
        bool is_text = key.size == 0 || key.data[0] >= ' ';
        if (is_text)
                buffer_append(line, key.data, key.size);
        else
                buffer_printf(line, "0x");
        for (size_t i = 0; !is_text && i < key.size; i++)
                buffer_printf(line, "%02x", key.data[i]);
}

static inline bool line_batch(struct buffer *line, struct span batch, const struct batch_header *h)
{
        struct span records = {batch.data + BATCH_HEADER_BYTES,
                               (size_t)batch_size(h) - BATCH_HEADER_BYTES};
        struct record_iterator it;
        struct record r;
        bool more;
        record_iterator_init(&it, h, records);
        for (;;) {
                if (record_next(&it, &r, &more))
                        return false;
                if (!more)
                        return true;
                buffer_printf(line, "%s%lld:", line->size > 0 ? " " : "", (long long)r.offset);
                if (h->attributes & BATCH_CONTROL)
                        buffer_printf(line, "%s(%lld)", r.key.data[3] ? "commit" : "abort",
                                      (long long)h->producer_id);
                else {
                        line_key(line, r.key);
                        buffer_printf(line, "=%.*s", r.value.data ? (int)r.value.size : 1,
                                      r.value.data ? (const char *)r.value.data : "-");
                }
        }
}

/* The whole log, read as a follower reads it. Free it. */
static inline char *line_of(struct log_fixture *x)
{
        struct buffer all = {0}, line = {0};
        struct batch_header h;
        enum kerr err = fixture_read(x, partition_log_start(x->log), &all);
        struct span left = buffer_span(&all);
        while (!err && left.size > 0) {
                err = batch_check(left, &h);
                if (!err && !line_batch(&line, left, &h))
                        err = KERR_CORRUPT_MESSAGE;
                if (!err)
                        left = span_of(left.data + batch_size(&h),
                                       left.size - (size_t)batch_size(&h));
        }
        if (err)
                buffer_printf(&line, " and then it cannot be read: %s", kerr_text(err));
        buffer_append(&line, "", 1);
        buffer_deinit(&all);
        return (char *)line.data;
}

static inline bool expect_log(const char *what, struct log_fixture *x, const char *expected)
{
        char *line = line_of(x);
        bool good = expect_string(what, line, expected);
        free(line);
        return good;
}

#endif
