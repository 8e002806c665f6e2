/* Unit tests of what a follower does to its log: batches appended as the leader made them, cuts,
 * and new beginnings (src/log/partition_log.c, append_list.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log_test.h"

/* A batch that has its place already. */
struct placed {
        int64_t base_offset;
        int32_t leader_epoch;
        int32_t records;
        int16_t attributes;
        char fill;
};

static void append_placed(struct buffer *into, struct placed p)
{
        struct batch_builder b;
        char value[32];
        memset(value, p.fill ? p.fill : 'x', sizeof value);
        batch_builder_init(&b);
        for (int32_t i = 0; i < p.records; i++) {
                struct record r = {.timestamp = 1000 + p.base_offset + i,
                                   .value = span_of(value, sizeof value)};
                batch_builder_add(&b, &r, NULL, 0);
        }
        b.header.base_offset = p.base_offset;
        b.header.leader_epoch = p.leader_epoch;
        b.header.attributes = p.attributes;
        assert_int_equal(batch_builder_finish(&b, 0, into), KERR_NONE);
        batch_builder_deinit(&b);
}

static enum kerr follow(struct log_fixture *x, struct span bytes)
{
        struct log_append done;
        return partition_log_append_as_follower(x->log, bytes, &done);
}

static enum kerr follow_one(struct log_fixture *x, struct placed p)
{
        struct buffer bytes = {0};
        append_placed(&bytes, p);
        enum kerr err = follow(x, buffer_span(&bytes));
        buffer_deinit(&bytes);
        return err;
}

static void expect_epoch(struct log_fixture *x, int32_t i, int32_t epoch, int64_t start_offset)
{
        const struct leader_epochs *e = partition_log_epochs(x->log);
        assert_true(i < e->count);
        assert_int_equal(e->entries[i].epoch, epoch);
        assert_int_equal(e->entries[i].start_offset, start_offset);
}

/* --- appending --- */

/* Goal: a follower's log is its leader's, to the byte, whatever the pieces in which it comes, and
 * stays so over a crash. Method: a leader with two epochs, and a control batch; fetches of many
 * sizes, which cut batches; segments are smaller than some fetches and larger than others. */
static void a_follower_is_its_leaders_copy(void **state)
{
        (void)state;
        static const size_t sizes[] = {150, 250, 999, 1000, 1001, 3333, 100000};
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                struct log_fixture leader, x;
                struct buffer theirs = {0}, ours = {0};
                fixture_fill(&leader, 15);
                assert_int_equal(follow_one(&leader, (struct placed){15, 3, 1, BATCH_CONTROL, 0}),
                                 KERR_NONE);
                for (int n = 0; n < 20; n++)
                        fixture_append_epoch(&leader, hundred_bytes(2000), 3);
                fixture_read_all(&leader, &theirs);
                assert_int_equal(theirs.size, 3600);
                fixture_init(&x, small_config());
                while (partition_log_end(x.log) < 36) {
                        struct log_append done;
                        int64_t end = partition_log_end(x.log);
                        size_t from = (size_t)end * 100;
                        size_t size = theirs.size - from < sizes[i] ? theirs.size - from : sizes[i];
                        assert_int_equal(partition_log_append_as_follower(
                                                 x.log, span_of(theirs.data + from, size), &done),
                                         KERR_NONE);
                        assert_int_equal(done.base_offset, end);
                        assert_int_equal(done.last_offset, end + (int64_t)size / 100 - 1);
                        assert_int_equal(done.log_append_time_ms, -1);
                        assert_int_equal(partition_log_end(x.log), done.last_offset + 1);
                }
                assert_true(partition_log_segments(x.log) >= 4);
                assert_int_equal(partition_log_last_epoch(x.log), 3);
                for (int crashed = 0; crashed < 2; crashed++) {
                        fixture_read_all(&x, &ours);
                        assert_int_equal(ours.size, theirs.size);
                        expect_same_bytes(&ours, &theirs, theirs.size);
                        expect_epoch(&x, 0, 0, 0);
                        expect_epoch(&x, 1, 3, 15);
                        for (int64_t offset = 0; offset < 36; offset++) {
                                buffer_clear(&ours);
                                assert_int_equal(fixture_read(&x, offset, &ours), KERR_NONE);
                                assert_int_equal(ours.size, 3600 - offset * 100);
                        }
                        fixture_kill(&x);
                        fixture_reopen(&x, 0, 0, false);
                }
                buffer_deinit(&theirs);
                buffer_deinit(&ours);
                fixture_deinit(&leader);
                fixture_deinit(&x);
        }
}

/* Goal: no whole batch is no error. Method: nothing, and each beginning of a batch. */
static void no_batch_is_no_error(void **state)
{
        (void)state;
        struct log_fixture x;
        struct buffer bytes = {0};
        fixture_fill(&x, 5);
        append_placed(&bytes, (struct placed){5, 0, 1, 0, 0});
        for (size_t size = 0; size < bytes.size; size++) {
                struct log_append done;
                assert_int_equal(
                        partition_log_append_as_follower(x.log, span_of(bytes.data, size), &done),
                        KERR_NONE);
                assert_int_equal(done.base_offset, 5);
                assert_int_equal(done.last_offset, 4);
        }
        buffer_deinit(&bytes);
        fixture_deinit(&x);
}

/* Goal: what does not go on from our log is refused, and nothing of it is in the log. Method: a log
 * that ends at 5 in epoch 3; a good batch at 5 and a second one that is not. */
static void what_does_not_follow_is_refused(void **state)
{
        (void)state;
        static const struct {
                struct placed first, second;
                enum kerr expected;
        } cases[] = {
                {{5, 3, 2, 0, 0}, {7, 3, 1, 0, 0}, KERR_NONE},
                {{5, 3, 2, 0, 0}, {8, 4, 1, 0, 0}, KERR_NONE}, /* a gap */
                {{9, 3, 2, 0, 0}, {11, 3, 1, BATCH_CONTROL | BATCH_TRANSACTIONAL, 0}, KERR_NONE},
                {{4, 3, 2, 0, 0}, {6, 3, 1, 0, 0}, KERR_OFFSET_OUT_OF_RANGE},
                {{5, 3, 2, 0, 0}, {6, 3, 1, 0, 0}, KERR_OFFSET_OUT_OF_RANGE},
                {{5, 3, 2, 0, 0}, {5, 3, 1, 0, 0}, KERR_OFFSET_OUT_OF_RANGE},
                {{5, 3, 2, 0, 0}, {7LL + INT32_MAX, 3, 1, 0, 0}, KERR_NONE},
                {{5, 3, 2, 0, 0}, {8LL + INT32_MAX, 3, 1, 0, 0}, KERR_OFFSET_OUT_OF_RANGE},
                {{5, 2, 2, 0, 0}, {7, 3, 1, 0, 0}, KERR_CORRUPT_MESSAGE},
                {{5, 4, 2, 0, 0}, {7, 3, 1, 0, 0}, KERR_CORRUPT_MESSAGE},
                {{5, -1, 2, 0, 0}, {7, 3, 1, 0, 0}, KERR_CORRUPT_MESSAGE},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct log_fixture x;
                struct buffer bytes = {0};
                fixture_init(&x, small_config());
                for (int n = 0; n < 5; n++)
                        fixture_append_epoch(&x, hundred_bytes(1), 3);
                append_placed(&bytes, cases[i].first);
                append_placed(&bytes, cases[i].second);
                assert_int_equal(follow(&x, buffer_span(&bytes)), cases[i].expected);
                if (cases[i].expected) {
                        assert_int_equal(partition_log_end(x.log), 5);
                        assert_int_equal(partition_log_size(x.log), 500);
                        assert_int_equal(partition_log_epochs(x.log)->count, 1);
                        assert_int_equal(follow_one(&x, cases[0].first), KERR_NONE);
                } else {
                        assert_int_equal(partition_log_last_epoch(x.log),
                                         cases[i].second.leader_epoch);
                }
                buffer_deinit(&bytes);
                fixture_deinit(&x);
        }
}

/* Goal: damage on the way is found. Method: flip each byte of the second of two batches but its
 * length: an error, or a batch at another place or of another epoch; never other records. */
static void damaged_batches_are_refused(void **state)
{
        (void)state;
        struct buffer bytes = {0};
        append_placed(&bytes, (struct placed){0, 0, 1, 0, 0});
        append_placed(&bytes, (struct placed){1, 0, 1, 0, 0});
        for (size_t at = 100; at < 200; at++) {
                if (at >= 108 && at < 112)
                        continue;
                struct log_fixture x;
                fixture_init(&x, small_config());
                bytes.data[at] ^= 1;
                enum kerr err = follow(&x, buffer_span(&bytes));
                bytes.data[at] ^= 1;
                bool under_crc = at >= 116;
                assert_true(under_crc ? err == KERR_CORRUPT_MESSAGE : err != KERR_IO);
                assert_true(!err || partition_log_end(x.log) == 0);
                fixture_deinit(&x);
        }
        bytes.data[116] = 1;
        struct log_fixture x;
        fixture_init(&x, small_config());
        assert_int_equal(follow(&x, buffer_span(&bytes)), KERR_UNSUPPORTED_FOR_MESSAGE_FORMAT);
        buffer_deinit(&bytes);
        fixture_deinit(&x);
}

/* Goal: gaps are no end and no damage. Method: gaps within and between segments; read from each
 * offset, after a clean stop and a crash too. */
static void gaps_are_kept(void **state)
{
        (void)state;
        struct log_fixture x;
        struct buffer bytes = {0}, read = {0};
        fixture_init(&x, small_config());
        for (int64_t offset = 7; offset < 90; offset += 3)
                append_placed(&bytes, (struct placed){offset, (int32_t)offset / 30, 1, 0, 0});
        assert_int_equal(follow(&x, buffer_span(&bytes)), KERR_NONE);
        for (int stop = 0; stop < 3; stop++) {
                assert_int_equal(partition_log_segments(x.log), 3);
                assert_int_equal(partition_log_end(x.log), 89);
                for (int64_t offset = 0; offset < 89; offset++) {
                        buffer_clear(&read);
                        assert_int_equal(fixture_read(&x, offset, &read), KERR_NONE);
                        int64_t below = offset < 8 ? 0 : (offset - 5) / 3;
                        assert_int_equal(read.size, 2800 - below * 100);
                }
                if (stop == 0)
                        fixture_kill(&x);
                else
                        assert_int_equal(partition_log_close(x.log), KERR_NONE);
                fixture_reopen(&x, 0, 0, stop != 0);
        }
        /* The end after a cut in a gap is where the next start will find it. */
        assert_int_equal(partition_log_truncate(x.log, 60), KERR_NONE);
        assert_int_equal(partition_log_end(x.log), 59);
        fixture_kill(&x);
        fixture_reopen(&x, 59, 0, false);
        assert_int_equal(partition_log_end(x.log), 59);
        buffer_deinit(&bytes);
        buffer_deinit(&read);
        fixture_deinit(&x);
}

/* Goal: gaps that add up to more than a segment can name are split. Method: three batches, each
 * 2^30 offsets behind the one before. */
static void wide_gaps_are_split(void **state)
{
        (void)state;
        struct log_fixture x;
        struct buffer bytes = {0}, read = {0};
        fixture_init(&x, small_config());
        for (int64_t i = 1; i <= 3; i++)
                append_placed(&bytes, (struct placed){i << 30, 0, 1, 0, 0});
        assert_int_equal(follow(&x, buffer_span(&bytes)), KERR_NONE);
        assert_int_equal(partition_log_segments(x.log), 2);
        fixture_kill(&x);
        fixture_reopen(&x, 0, 0, false);
        fixture_read_all(&x, &read);
        assert_int_equal(read.size, 300);
        buffer_deinit(&bytes);
        buffer_deinit(&read);
        fixture_deinit(&x);
}

/* Goal: a failed write takes the log offline, also in the midst of a fetch that fills several
 * segments. Method: fail the n-th append; what is there after the next start is a prefix. */
static void a_failed_write_is_the_end(void **state)
{
        (void)state;
        for (int64_t n = 1; n <= 3; n++) {
                struct log_fixture x;
                struct buffer bytes = {0}, read = {0};
                fixture_init(&x, small_config());
                x.config.index_interval_bytes = INT32_MAX;
                partition_log_configure(x.log, &x.config);
                for (int64_t offset = 0; offset < 30; offset++)
                        append_placed(&bytes, (struct placed){offset, 0, 1, 0, 0});
                sim_disk_fail_append(x.f.disk, n, KERR_IO, 250);
                assert_int_equal(follow(&x, buffer_span(&bytes)), KERR_KAFKA_STORAGE_ERROR);
                assert_true(partition_log_is_offline(x.log));
                assert_true(x.shared.has_failed);
                assert_int_equal(follow(&x, buffer_span(&bytes)), KERR_KAFKA_STORAGE_ERROR);
                assert_int_equal(partition_log_truncate(x.log, 0), KERR_KAFKA_STORAGE_ERROR);
                assert_int_equal(partition_log_restart_at(x.log, 9), KERR_KAFKA_STORAGE_ERROR);
                fixture_kill(&x);
                fixture_reopen(&x, 0, 0, false);
                fixture_read_all(&x, &read);
                assert_true(read.size < 3000);
                expect_same_bytes(&read, &bytes, read.size);
                buffer_deinit(&bytes);
                buffer_deinit(&read);
                fixture_deinit(&x);
        }
}

/* --- cutting --- */

/* Goal: the epoch of a leadership that wrote nothing goes when the log is cut at its end; else a
 * follower would name it to its leader for ever. Method: assign, truncate at the end. */
static void an_epoch_without_records_is_cut(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_fill(&x, 5);
        assert_int_equal(leader_epochs_assign(partition_log_epochs(x.log), 4, 5), KERR_NONE);
        assert_int_equal(partition_log_last_epoch(x.log), 4);
        assert_int_equal(partition_log_truncate(x.log, 7), KERR_NONE);
        assert_int_equal(partition_log_end(x.log), 5);
        assert_int_equal(partition_log_last_epoch(x.log), 0);
        assert_int_equal(follow_one(&x, (struct placed){5, 2, 1, 0, 0}), KERR_NONE);
        fixture_deinit(&x);
}

static enum kerr count_writes(struct log_shared *shared)
{
        shared->last_token += 1000; /* the one number here that a test can see */
        return KERR_NONE;
}

/* Goal: the checkpoints are written when the recovery point or the log start falls, and only then.
 * Method: a log synced up to 25 of 26; cuts above and below, and a restart. */
static void falling_points_are_written(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_fill(&x, 25);
        x.shared.last_token = 0;
        x.shared.write_checkpoints = count_writes;
        assert_int_equal(partition_log_flush(x.log), KERR_NONE);
        fixture_append(&x, hundred_bytes(1));
        assert_int_equal(partition_log_truncate(x.log, 25), KERR_NONE);
        assert_int_equal(x.shared.last_token, 0);
        assert_int_equal(partition_log_truncate(x.log, 24), KERR_NONE);
        assert_int_equal(x.shared.last_token, 1000);
        partition_log_advance_start(x.log, 15);
        assert_int_equal(partition_log_truncate(x.log, 13), KERR_NONE);
        assert_int_equal(x.shared.last_token, 2000);
        assert_int_equal(partition_log_start(x.log), 13);
        assert_int_equal(partition_log_restart_at(x.log, 90), KERR_NONE);
        assert_int_equal(x.shared.last_token, 3000);
        fixture_deinit(&x);
}

/* Goal: a background sync that was begun before a cut does not speak for what came after it.
 * Method: roll, cut into the old segment, fill and roll it again, end the old sync, lose power. */
static void old_syncs_do_not_cover_new_bytes(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_fill(&x, 11);
        assert_int_equal(x.f.sync_count, 1);
        assert_int_equal(partition_log_truncate(x.log, 5), KERR_NONE);
        for (int i = 0; i < 6; i++)
                fixture_append(&x, hundred_bytes(1));
        assert_int_equal(partition_log_segments(x.log), 2);
        assert_true(fixture_end_sync(&x, 0, KERR_NONE));
        int64_t point = partition_log_recovery_point(x.log);
        assert_int_equal(point, 10);
        fixture_kill(&x);
        fake_world_power_cut(&x.f, "nothing", 1);
        fixture_reopen(&x, point, 0, false);
        assert_int_equal(partition_log_end(x.log), 10);
        fixture_deinit(&x);
}

/* Goal: a log can begin anew anywhere, and is then as a new one. Method: below, within and above;
 * append, crash, clean stop. */
static void a_log_begins_anew(void **state)
{
        (void)state;
        static const int64_t offsets[] = {0, 7, 10, 20, 24, 25, 26, 5000000000};
        for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
                struct log_fixture x;
                struct buffer names = {0};
                int64_t offset = offsets[i];
                fixture_fill(&x, 25);
                partition_log_flush(x.log);
                assert_int_equal(partition_log_restart_at(x.log, offset), KERR_NONE);
                for (int stop = 0; stop < 3; stop++) {
                        assert_int_equal(partition_log_start(x.log), offset);
                        assert_int_equal(partition_log_end(x.log), offset + stop);
                        assert_int_equal(partition_log_segments(x.log), 1);
                        assert_int_equal(partition_log_last_epoch(x.log), stop > 0 ? 6 : -1);
                        assert_int_equal(follow_one(&x, (struct placed){offset + stop, 6, 1, 0, 0}),
                                         KERR_NONE);
                        if (stop == 0)
                                fixture_kill(&x);
                        else
                                assert_int_equal(partition_log_close(x.log), KERR_NONE);
                        fixture_reopen(&x, offset, offset, stop != 0);
                }
                x.f.world.list(&x.f.world, "t-0", &names);
                assert_int_equal(names.size, 25 + 27 + 31 + 24); /* one segment, epochs */
                buffer_deinit(&names);
                fixture_deinit(&x);
        }
}

/* Goal: interrupted anywhere, a new beginning leaves a prefix of the old log, or an empty one.
 * Method: die in each operation, with each survival; recover with the old checkpoints. */
static void interrupted_beginnings(void **state)
{
        (void)state;
        static const int64_t offsets[] = {7, 15, 500};
        for (int64_t n = 1; n <= 24; n++) {
                for (uint64_t seed = 0; seed < 30; seed++) {
                        struct log_fixture x;
                        struct buffer before = {0}, left = {0};
                        int64_t offset = offsets[seed % 3];
                        fixture_fill(&x, 25);
                        partition_log_flush(x.log);
                        partition_log_advance_start(x.log, 10);
                        x.config.cleanup_delete = seed % 2;
                        fixture_read_all(&x, &before);
                        sim_disk_crash_at(x.f.disk, n);
                        enum kerr err = partition_log_restart_at(x.log, offset);
                        fixture_kill(&x);
                        fake_world_power_cut(&x.f, seed < 20 ? "any" : "nothing", seed);
                        fixture_reopen(&x, 25, 10, false);
                        fixture_read_all(&x, &left);
                        int64_t start = partition_log_start(x.log), end = partition_log_end(x.log);
                        assert_int_equal(left.size, 100 * (end - start));
                        assert_true(start == 10 || (start == offset && end == offset));
                        assert_true(err || end == start);
                        expect_same_bytes(&left, &before, left.size);
                        assert_int_equal(follow_one(&x, (struct placed){end, 9, 1, 0, 0}),
                                         KERR_NONE);
                        buffer_deinit(&before);
                        buffer_deinit(&left);
                        fixture_deinit(&x);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_follower_is_its_leaders_copy),
                cmocka_unit_test(no_batch_is_no_error),
                cmocka_unit_test(what_does_not_follow_is_refused),
                cmocka_unit_test(damaged_batches_are_refused),
                cmocka_unit_test(gaps_are_kept),
                cmocka_unit_test(wide_gaps_are_split),
                cmocka_unit_test(a_failed_write_is_the_end),
                cmocka_unit_test(an_epoch_without_records_is_cut),
                cmocka_unit_test(falling_points_are_written),
                cmocka_unit_test(old_syncs_do_not_cover_new_bytes),
                cmocka_unit_test(a_log_begins_anew),
                cmocka_unit_test(interrupted_beginnings),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
