/* Unit tests of cutting a log at its ends: truncation by followers, and src/log/retention.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log_test.h"

/* Goal: a truncated log is the log that it would have been. Method: truncate at every offset of a
 * log of three segments, with two epochs; compare with a log that stopped there; append; then lose
 * power with nothing flushed, and the cut must still stand. */
static void truncation_at_every_offset(void **state)
{
        (void)state;
        for (int64_t cut = 0; cut <= 50; cut++) {
                struct log_fixture x, y;
                struct buffer a = {0}, b = {0};
                fixture_init(&x, small_config());
                fixture_init(&y, small_config());
                struct sample s = {.records = 2, .value_bytes = 20, .timestamp = 5};
                for (int i = 0; i < 25; i++) {
                        fixture_append_epoch(&x, s, i / 10);
                        if (2 * i + 2 <= cut)
                                fixture_append_epoch(&y, s, i / 10);
                }
                assert_int_equal(partition_log_flush(x.log), KERR_NONE);
                assert_int_equal(partition_log_truncate(x.log, cut), KERR_NONE);
                int64_t end = cut - cut % 2; /* whole batches */
                assert_int_equal(partition_log_end(x.log), end);
                assert_int_equal(partition_log_recovery_point(x.log), end);
                assert_true(leader_epochs_latest(partition_log_epochs(x.log)) ==
                            leader_epochs_latest(partition_log_epochs(y.log)));
                fixture_read_all(&x, &a);
                fixture_read_all(&y, &b);
                assert_int_equal(a.size, b.size);
                expect_same_bytes(&a, &b, a.size);
                fixture_kill(&x);
                fake_world_power_cut(&x.f, "nothing", 1);
                fixture_reopen(&x, end, 0, false);
                assert_int_equal(partition_log_end(x.log), end);
                assert_int_equal(fixture_append_epoch(&x, s, 7), KERR_NONE);
                fixture_read_all(&x, &a);
                assert_true(a.size > b.size);
                buffer_deinit(&a);
                buffer_deinit(&b);
                fixture_deinit(&x);
                fixture_deinit(&y);
        }
}

/* Goal: a log can be cut below its first segment: it starts anew there. Method: retention first. */
static void truncation_below_the_start(void **state)
{
        (void)state;
        struct log_fixture x;
        int32_t removed;
        fixture_fill(&x, 25);
        partition_log_advance_start(x.log, 20);
        assert_int_equal(partition_log_retain(x.log, 25, &removed), KERR_NONE);
        assert_int_equal(removed, 2);
        assert_int_equal(partition_log_truncate(x.log, 7), KERR_NONE);
        assert_int_equal(partition_log_start(x.log), 7);
        assert_int_equal(partition_log_end(x.log), 7);
        assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
        assert_int_equal(partition_log_end(x.log), 8);
        fixture_deinit(&x);
}

/* Goal: each limit of retention removes what it should. Method: 25 batches of 100 bytes with
 * timestamps 1000 + n, ten to a segment; a table of limits. */
static void retention_removes_what_it_should(void **state)
{
        (void)state;
        static const struct {
                int64_t retention_ms, retention_bytes, now_ms, log_start, upper_bound;
                bool cleanup_delete;
                int32_t removed;
                int64_t start;
        } cases[] = {
                {-1, -1, 9000, 0, 25, true, 0, 0},
                {100, -1, 1109, 0, 25, true, 0, 0}, /* the oldest segment ends at 1009 */
                {100, -1, 1110, 0, 25, true, 1, 10},
                {100, -1, 1120, 0, 25, true, 2, 20},
                {100, -1, 1125, 0, 25, true, 3, 25}, /* the active one is rolled first */
                {100, -1, 1125, 0, 24, true, 2, 20}, /* never at or above the high watermark */
                {100, -1, 1125, 0, 10, true, 1, 10},
                {100, -1, 1125, 0, 9, true, 0, 0},
                {100, -1, 1125, 0, 25, false, 0, 0}, /* cleanup.policy without delete */
                {-1, 2500, 0, 0, 25, true, 0, 0},
                {-1, 1501, 0, 0, 25, true, 0, 0},
                {-1, 1500, 0, 0, 25, true, 1, 10},
                {-1, 500, 0, 0, 25, true, 2, 20},
                {-1, 0, 0, 0, 25, true, 3, 25},
                {-1, 0, 0, 0, 20, true, 2, 20},
                {-1, -1, 0, 9, 25, true, 0, 9}, /* DeleteRecords */
                {-1, -1, 0, 10, 25, false, 1, 10},
                {-1, -1, 0, 15, 25, false, 1, 15},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct log_fixture x;
                struct buffer left = {0};
                int32_t removed;
                fixture_fill(&x, 25);
                x.config.retention_ms = cases[i].retention_ms;
                x.config.retention_bytes = cases[i].retention_bytes;
                x.config.cleanup_delete = cases[i].cleanup_delete;
                partition_log_configure(x.log, &x.config);
                x.f.wall_ms = cases[i].now_ms;
                partition_log_advance_start(x.log, cases[i].log_start);
                assert_int_equal(partition_log_retain(x.log, cases[i].upper_bound, &removed),
                                 KERR_NONE);
                assert_int_equal(removed, cases[i].removed);
                assert_int_equal(partition_log_start(x.log), cases[i].start);
                assert_int_equal(partition_log_end(x.log), 25);
                int64_t base_offset = removed == 3 ? 25 : 10 * removed;
                assert_int_equal(partition_log_epochs(x.log)->entries[0].start_offset, base_offset);
                assert_int_equal(partition_log_recovery_point(x.log), base_offset);
                assert_int_equal(fake_world_exists(&x.f, FIRST ".log"), removed == 0);
                fixture_read_all(&x, &left);
                assert_int_equal(left.size, 100 * (25 - cases[i].start));
                assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
                buffer_deinit(&left);
                fixture_deinit(&x);
        }
}

/* Goal: records without timestamps have no age; an empty log keeps its segment. Method: both. */
static void retention_needs_an_age(void **state)
{
        (void)state;
        struct log_config config = small_config();
        config.retention_ms = 0;
        config.retention_bytes = 0;
        struct log_fixture x;
        int32_t removed;
        fixture_init(&x, config);
        assert_int_equal(partition_log_retain(x.log, 0, &removed), KERR_NONE);
        assert_int_equal(removed, 0);
        config.retention_bytes = -1;
        partition_log_configure(x.log, &config);
        fixture_append(&x, hundred_bytes(-1));
        assert_int_equal(partition_log_retain(x.log, 1, &removed), KERR_NONE);
        assert_int_equal(removed, 0);
        fixture_deinit(&x);
}

/* Goal: a reader of a removed segment keeps its bytes. Method: hold the extent's file over a
 * removal, as a packet does. */
static void extents_outlive_retention(void **state)
{
        (void)state;
        struct log_fixture x;
        struct extent at;
        struct batch_header h;
        uint8_t bytes[100];
        int32_t removed;
        fixture_fill(&x, 25);
        assert_int_equal(partition_log_read(x.log, 3, 25, 100, true, &at), KERR_NONE);
        x.f.world.retain(&x.f.world, at.file);
        partition_log_advance_start(x.log, 20);
        assert_int_equal(partition_log_retain(x.log, 25, &removed), KERR_NONE);
        assert_int_equal(removed, 2);
        assert_int_equal(world_read_exactly(&x.f.world, at.file, at.position, bytes, 100),
                         KERR_NONE);
        assert_int_equal(batch_check(span_of(bytes, 100), &h), KERR_NONE);
        assert_int_equal(h.base_offset, 3);
        x.f.world.close(&x.f.world, at.file);
        fixture_deinit(&x);
}

/* Goal: retention interrupted anywhere leaves a log without a hole. Method: die in each operation
 * of removing two segments, lose any names, recover. */
static void interrupted_retention_leaves_no_hole(void **state)
{
        (void)state;
        for (int64_t n = 1; n <= 12; n++) {
                for (uint64_t seed = 0; seed < 20; seed++) {
                        struct log_fixture x;
                        struct buffer left = {0};
                        int32_t removed;
                        fixture_fill(&x, 25);
                        partition_log_flush(x.log);
                        partition_log_advance_start(x.log, 20);
                        sim_disk_crash_at(x.f.disk, n);
                        partition_log_retain(x.log, 25, &removed);
                        partition_log_abandon(x.log);
                        fake_world_power_cut(&x.f, "any", seed);
                        fixture_reopen(&x, 25, 0, false);
                        int64_t start = partition_log_start(x.log);
                        assert_int_equal(start % 10, 0);
                        assert_int_equal(partition_log_end(x.log), 25);
                        fixture_read_all(&x, &left);
                        assert_int_equal(left.size, 100 * (25 - start));
                        buffer_deinit(&left);
                        fixture_deinit(&x);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(truncation_at_every_offset),
                cmocka_unit_test(truncation_below_the_start),
                cmocka_unit_test(retention_removes_what_it_should),
                cmocka_unit_test(retention_needs_an_age),
                cmocka_unit_test(extents_outlive_retention),
                cmocka_unit_test(interrupted_retention_leaves_no_hole),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
