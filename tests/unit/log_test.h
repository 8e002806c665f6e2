/* log_test.h - what cmocka tests of whole logs share, over log_fixture.h. Include cmocka first. */
#ifndef ODRADEK_TESTS_LOG_TEST_H
#define ODRADEK_TESTS_LOG_TEST_H

#include "log_fixture.h"

static inline void fixture_reopen(struct log_fixture *x, int64_t recovery_point, int64_t log_start,
                                  bool clean)
{
        assert_int_equal(fixture_open(x, recovery_point, log_start, clean), KERR_NONE);
}

/* The process dies; its page cache stays. */
static inline void fixture_kill(struct log_fixture *x)
{
        partition_log_abandon(x->log);
        x->log = NULL;
        fake_world_kill(&x->f);
}

/* The whole log as bytes; fails the test when it does not read well. */
static inline void fixture_read_all(struct log_fixture *x, struct buffer *into)
{
        buffer_clear(into);
        assert_int_equal(fixture_read(x, partition_log_start(x->log), into), KERR_NONE);
}

static inline void expect_same_bytes(const struct buffer *a, const struct buffer *b, size_t size)
{
        assert_true(a->size >= size && b->size >= size);
        if (size > 0)
                assert_memory_equal(a->data, b->data, size);
}

static inline void fixture_flip_byte(struct log_fixture *x, const char *path, size_t at)
{
        struct buffer content = {0};
        fake_world_read(&x->f, path, &content);
        content.data[at] ^= 0x40;
        fake_world_write(&x->f, path, buffer_span(&content));
        buffer_deinit(&content);
}

static inline void fixture_cut_file(struct log_fixture *x, const char *path, size_t size)
{
        struct buffer content = {0};
        fake_world_read(&x->f, path, &content);
        assert_true(size <= content.size);
        fake_world_write(&x->f, path, span_of(content.data, size));
        buffer_deinit(&content);
}

#define FIRST  "t-0/00000000000000000000"
#define SECOND "t-0/00000000000000000010"
#define THIRD  "t-0/00000000000000000020"

/* A log of `batches` batches of 100 bytes, ten to a segment, nothing synced. */
static inline void fixture_fill(struct log_fixture *x, int batches)
{
        fixture_init(x, small_config());
        for (int i = 0; i < batches; i++)
                assert_int_equal(fixture_append(x, hundred_bytes(1000 + i)), KERR_NONE);
}

/* Appends so many batches of 100 bytes, up to the first error. */
static inline enum kerr append_batches(struct partition_log *log, int batches)
{
        enum kerr err = KERR_NONE;
        for (int i = 0; i < batches && !err; i++) {
                struct buffer bytes = {0};
                struct log_append done;
                append_sample(&bytes, hundred_bytes(1000));
                err = partition_log_append(log, buffer_span(&bytes), 0, APPEND_CLIENT, &done);
                buffer_deinit(&bytes);
        }
        return err;
}

/* The file holds that text and no more. */
static inline void expect_text(struct fake_world *f, const char *path, const char *expected)
{
        struct buffer text = {0};
        fake_world_read(f, path, &text);
        buffer_append(&text, "", 1);
        assert_string_equal((char *)text.data, expected);
        buffer_deinit(&text);
}

#endif
