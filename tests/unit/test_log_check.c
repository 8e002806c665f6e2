/* The check of a log's files (I8): each way of being malformed is found. */
#include "sim/log_check.h"

#include "log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the first three above. */
#include <cmocka.h>

static const char first_log[] = "t-0/00000000000000000000.log";
static const char first_index[] = "t-0/00000000000000000000.index";

/* 25 batches of one record in three segments of 1,000 bytes; from offset 12 on in epoch 1. */
static void fill(struct log_fixture *x)
{
        fixture_init(x, small_config());
        for (int64_t i = 0; i < 25; i++)
                assert_int_equal(fixture_append_epoch(x, hundred_bytes(i), i >= 12), KERR_NONE);
        assert_int_equal(partition_log_flush(x->log), KERR_NONE);
}

/* Puts other bytes in the place of a file. */
static void replace(struct log_fixture *x, const char *path, struct span bytes)
{
        struct world *w = &x->f.world;
        struct file *file;
        assert_int_equal(w->open(w, path, WORLD_CREATE, &file), KERR_NONE);
        assert_int_equal(w->append(w, file, &bytes, 1), KERR_NONE);
        w->close(w, file);
}

static struct buffer contents(struct log_fixture *x, const char *path)
{
        struct buffer bytes = {0};
        assert_int_equal(world_read_file(&x->f.world, path, 1 << 20, &bytes), KERR_NONE);
        return bytes;
}

static void expect_complaint(struct log_fixture *x, const char *part)
{
        char why[LOG_CHECK_BYTES] = "nothing";
        if (log_check(&x->f.world, x->log, why) || !strstr(why, part))
                fail_msg("'%s' does not say '%s'", why, part);
        fixture_deinit(x);
}

/* Goal: a log as the broker writes it passes, also behind a log start in the middle of a batch's
 * segment. */
static void good_log(void **state)
{
        (void)state;
        struct log_fixture x;
        char why[LOG_CHECK_BYTES] = "";
        fill(&x);
        assert_true(log_check(&x.f.world, x.log, why));
        partition_log_advance_start(x.log, 14);
        assert_true(log_check(&x.f.world, x.log, why));
        fixture_deinit(&x);
}

/* Goal: a wrong bit, half a batch at the end, a batch twice and a batch too few are found. */
static void bad_batches(void **state)
{
        (void)state;
        struct log_fixture x;
        fill(&x);
        struct buffer bytes = contents(&x, first_log);
        bytes.data[370] ^= 1;
        replace(&x, first_log, buffer_span(&bytes));
        buffer_deinit(&bytes);
        expect_complaint(&x, "00000000000000000000.log position 300: a batch fails its CRC");

        fill(&x);
        bytes = contents(&x, first_log);
        replace(&x, first_log, span_of(bytes.data, bytes.size - 30));
        buffer_deinit(&bytes);
        expect_complaint(&x, "position 900: bytes end before their message does");

        fill(&x);
        bytes = contents(&x, first_log);
        buffer_reserve(&bytes, 100);
        buffer_append(&bytes, bytes.data, 100);
        replace(&x, first_log, buffer_span(&bytes));
        buffer_deinit(&bytes);
        expect_complaint(&x, "position 1000: offset 0 after 9");

        fill(&x);
        bytes = contents(&x, "t-0/00000000000000000020.log");
        replace(&x, "t-0/00000000000000000020.log", span_of(bytes.data, bytes.size - 100));
        buffer_deinit(&bytes);
        expect_complaint(&x, "the files end at offset 24, the log at 25");
}

/* Goal: what lies in a segment below the log start is nobody's concern. Method: the same wrong bit
 * as above, with the log start behind the segment. */
static void deleted_segments_are_left_alone(void **state)
{
        (void)state;
        struct log_fixture x;
        char why[LOG_CHECK_BYTES];
        fill(&x);
        struct buffer bytes = contents(&x, first_log);
        bytes.data[370] ^= 1;
        replace(&x, first_log, buffer_span(&bytes));
        buffer_deinit(&bytes);
        partition_log_advance_start(x.log, 10);
        assert_true(log_check(&x.f.world, x.log, why));
        fixture_deinit(&x);
}

/* Goal: an index entry must point at the start of a batch and name its last offset. Method: move
 * the position, then the offset, of the first entry. */
static void bad_index(void **state)
{
        (void)state;
        for (int field = 0; field < 2; field++) {
                struct log_fixture x;
                fill(&x);
                struct buffer bytes = contents(&x, first_index);
                assert_true(bytes.size >= 8);
                bytes.data[4 * field + 3]++;
                replace(&x, first_index, buffer_span(&bytes));
                buffer_deinit(&bytes);
                expect_complaint(&x, "00000000000000000000.index entry 0: no batch that ends");
        }
}

/* Goal: the epochs must name each batch's own. Method: change an entry in memory. */
static void bad_epochs(void **state)
{
        (void)state;
        struct log_fixture x;
        fill(&x);
        partition_log_epochs(x.log)->entries[1].start_offset = 13;
        expect_complaint(&x, "offset 12 has epoch 1, its checkpoint says 0");

        fill(&x);
        partition_log_epochs(x.log)->count = 0;
        expect_complaint(&x, "offset 0 has epoch 0, its checkpoint says -1");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_log),
                cmocka_unit_test(bad_batches),
                cmocka_unit_test(deleted_segments_are_left_alone),
                cmocka_unit_test(bad_index),
                cmocka_unit_test(bad_epochs),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
