/* Unit tests of src/log/recovery.c: what a stop or a crash leaves, and what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "log_test.h"

/* --- after a clean stop --- */

/* Goal: closed and opened again, a log is the same and goes on as if it had not been closed.
 * Method: two logs with the same batches, one reopened after each; compare all files at the end.
 * (The time index may differ: closing completes it.) */
static void reopening_changes_nothing(void **state)
{
        (void)state;
        struct log_fixture x, y;
        fixture_fill(&x, 0);
        fixture_fill(&y, 0);
        for (int i = 0; i < 35; i++) {
                fixture_append(&x, hundred_bytes(i));
                fixture_append(&y, hundred_bytes(i));
                assert_int_equal(partition_log_flush(y.log), KERR_NONE);
                assert_int_equal(partition_log_close(y.log), KERR_NONE);
                fixture_reopen(&y, i + 1, 0, true);
                assert_int_equal(partition_log_end(y.log), i + 1);
                assert_int_equal(partition_log_recovery_point(y.log), i + 1);
                assert_int_equal(partition_log_segments(y.log), partition_log_segments(x.log));
        }
        assert_int_equal(partition_log_close(x.log), KERR_NONE);
        assert_int_equal(partition_log_close(y.log), KERR_NONE);
        static const char *const files[] = {FIRST ".log",    FIRST ".index", SECOND ".log",
                                            SECOND ".index", THIRD ".log",   THIRD ".index"};
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
                struct buffer a = {0}, b = {0};
                fake_world_read(&x.f, files[i], &a);
                fake_world_read(&y.f, files[i], &b);
                assert_int_equal(a.size, b.size);
                expect_same_bytes(&a, &b, a.size);
                buffer_deinit(&a);
                buffer_deinit(&b);
        }
        x.log = y.log = NULL;
        fixture_deinit(&x);
        fixture_deinit(&y);
}

/* Goal: damage after a clean stop is refused, not cut: all of it had been synced. A start that does
 * not trust the stop cuts it. Method: a byte of the last batch's length changes on the disk. */
static void damage_after_a_clean_stop_is_refused(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_fill(&x, 5);
        assert_int_equal(partition_log_flush(x.log), KERR_NONE);
        assert_int_equal(partition_log_close(x.log), KERR_NONE);
        x.log = NULL;
        fixture_flip_byte(&x, FIRST ".log", 410);
        assert_int_not_equal(fixture_open(&x, 5, 0, true), KERR_NONE);
        assert_true(fake_world_logged(&x.f, FIRST ".log: its end is damaged after a clean stop"));
        assert_int_equal(sim_disk_open_files(x.f.disk), 0);
        fixture_reopen(&x, 5, 0, false);
        assert_int_equal(partition_log_end(x.log), 4);
        fixture_deinit(&x);
}

/* Goal: opening after a clean stop reads a bounded number of bytes, whatever the log holds. Method:
 * count them for a log of 100 segments. */
static void opening_reads_little(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_fill(&x, 0);
        for (int i = 0; i < 1000; i++) {
                fixture_append(&x, hundred_bytes(i));
                while (x.f.sync_count > 0)
                        fixture_end_sync(&x, 0, KERR_NONE);
        }
        assert_int_equal(partition_log_segments(x.log), 100);
        partition_log_flush(x.log);
        partition_log_close(x.log);
        int64_t bytes = x.f.read_bytes;
        fixture_reopen(&x, 1000, 0, true);
        /* Of each segment one offset entry and three time entries at most; of the active one the
         * headers from its last entry on; and the epochs. */
        assert_true(x.f.read_bytes - bytes <= 100 * (8 + 3 * 12) + 5 * 61 + 100);
        assert_int_equal(partition_log_end(x.log), 1000);
        fixture_deinit(&x);
}

/* Goal: the indexes of trusted segments are made anew when their ends are wrong, to the byte as
 * they were, without a look at other segments. Method: damage each index file of a closed log;
 * reopen it clean, and after a crash below the recovery point. */
static void broken_indexes_are_rebuilt(void **state)
{
        (void)state;
        static const char *const files[] = {FIRST ".index", FIRST ".timeindex", SECOND ".index",
                                            SECOND ".timeindex"};
        static const char *const zeros =
                "00000000 00000000 00000000 00000000 00000000 00000000 00000000";
        for (int damage = 0; damage < 3; damage++) {
                for (size_t i = 0; i < 8; i++) {
                        struct log_fixture x;
                        struct buffer before = {0}, after = {0};
                        const char *path = files[i % 4];
                        fixture_fill(&x, 25);
                        partition_log_flush(x.log);
                        partition_log_close(x.log);
                        fake_world_read(&x.f, path, &before);
                        struct span junk = hex_bytes(zeros);
                        if (damage == 0)
                                sim_disk_remove(x.f.disk, path);
                        else if (damage == 1)
                                fixture_cut_file(&x, path, before.size - 1);
                        else
                                fake_world_write(&x.f, path, span_of(junk.data, 24));
                        free((void *)junk.data);
                        fixture_reopen(&x, 25, 0, i < 4);
                        assert_int_equal(partition_log_end(x.log), 25);
                        fake_world_read(&x.f, path, &after);
                        assert_int_equal(after.size, before.size);
                        expect_same_bytes(&after, &before, before.size);
                        assert_true(fake_world_logged(&x.f, "indexes are made anew"));
                        buffer_clear(&after);
                        fixture_read_all(&x, &after);
                        assert_int_equal(after.size, 2500);
                        buffer_deinit(&before);
                        buffer_deinit(&after);
                        fixture_deinit(&x);
                }
        }
}

/* --- after a crash --- */

/* Goal: recovery keeps every whole batch and nothing else. Method: cut the file at every byte of
 * the last three batches. */
static void a_cut_at_every_byte(void **state)
{
        (void)state;
        struct buffer whole = {0}, left = {0};
        for (size_t size = 200; size <= 500; size++) {
                struct log_fixture x;
                char line[64];
                fixture_fill(&x, 5);
                fixture_read_all(&x, &whole);
                fixture_kill(&x);
                fixture_cut_file(&x, FIRST ".log", size);
                fixture_reopen(&x, 0, 0, false);
                assert_int_equal(partition_log_end(x.log), size / 100);
                fixture_read_all(&x, &left);
                assert_int_equal(left.size, size / 100 * 100);
                expect_same_bytes(&left, &whole, left.size);
                snprintf(line, sizeof line, FIRST ".log: cut at position %zu, offset %zu,",
                         size / 100 * 100, size / 100);
                assert_int_equal(fake_world_logged(&x.f, line), size % 100 != 0);
                /* It goes on where it was cut. */
                assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
                fixture_read_all(&x, &left);
                assert_int_equal(left.size, size / 100 * 100 + 100);
                fixture_deinit(&x);
        }
        buffer_deinit(&whole);
        buffer_deinit(&left);
}

/* Goal: a wrong bit anywhere cuts the log there, never later, with all segments behind it. Method:
 * flip a bit in each byte of a batch in the second of three segments. Offset and epoch are outside
 * the CRC: a wrong epoch passes, and a batch that claims a later offset does, but then the next one
 * does not rise. */
static void a_wrong_byte_cuts(void **state)
{
        (void)state;
        for (size_t at = 500; at < 600; at++) {
                struct log_fixture x;
                struct buffer left = {0};
                fixture_fill(&x, 25);
                fixture_kill(&x);
                fixture_flip_byte(&x, SECOND ".log", at);
                fixture_reopen(&x, 0, 0, false);
                bool is_epoch = at >= 512 && at < 516, is_later = at >= 504 && at < 508;
                fixture_read_all(&x, &left);
                assert_int_equal(left.size, is_epoch ? 2500 : is_later ? 1600 : 1500);
                assert_true(is_later || partition_log_end(x.log) == (is_epoch ? 25 : 15));
                assert_int_equal(fake_world_exists(&x.f, THIRD ".log"), is_epoch);
                assert_int_equal(fake_world_exists(&x.f, THIRD ".timeindex"), is_epoch);
                buffer_deinit(&left);
                fixture_deinit(&x);
        }
}

/* Goal: what lies wholly below the recovery point is not read again. Method: a wrong byte in the
 * first segment, recovery point behind it; then before it. */
static void the_recovery_point_limits_recovery(void **state)
{
        (void)state;
        for (int64_t point = 9; point <= 10; point++) {
                struct log_fixture x;
                fixture_fill(&x, 25);
                fixture_kill(&x);
                fixture_flip_byte(&x, FIRST ".log", 550);
                int64_t bytes = x.f.read_bytes;
                fixture_reopen(&x, point, 0, false);
                assert_int_equal(partition_log_end(x.log), point == 10 ? 25 : 5);
                assert_int_equal(partition_log_recovery_point(x.log), point == 10 ? 10 : 5);
                assert_true(point == 9 || x.f.read_bytes - bytes < 1500 + 500);
                fixture_deinit(&x);
        }
}

/* Goal: a batch larger than recovery's buffer is checked to its last byte. Method: a batch of 1 MB
 * between small ones, whole, and with its last byte wrong. */
static void large_batches_are_checked(void **state)
{
        (void)state;
        for (int damaged = 0; damaged < 2; damaged++) {
                struct log_config config = small_config();
                config.segment_bytes = 4 << 20;
                config.max_message_bytes = 2 << 20;
                struct log_fixture x;
                fixture_init(&x, config);
                fixture_append(&x, hundred_bytes(0));
                fixture_append(&x, (struct sample){.records = 1, .value_bytes = 1000000});
                size_t size = (size_t)partition_log_size(x.log);
                fixture_append(&x, hundred_bytes(0));
                fixture_kill(&x);
                if (damaged)
                        fixture_flip_byte(&x, FIRST ".log", size - 2);
                fixture_reopen(&x, 0, 0, false);
                assert_int_equal(partition_log_end(x.log), damaged ? 1 : 3);
                fixture_deinit(&x);
        }
}

/* Goal: indexes of recovered segments are made from the batches, to the byte. Method: garbage in
 * all index files of a crashed log, against a log that was closed. */
static void indexes_are_made_anew(void **state)
{
        (void)state;
        static const char *const files[] = {FIRST ".index", FIRST ".timeindex", SECOND ".index",
                                            SECOND ".timeindex", THIRD ".index"};
        struct log_fixture x, y;
        fixture_fill(&x, 25);
        fixture_fill(&y, 25);
        fixture_kill(&x);
        for (int i = 0; i < 5; i++)
                fake_world_write(&x.f, files[i], span_of("garbage, and more of it..", 24));
        fixture_reopen(&x, 0, 0, false);
        partition_log_close(x.log);
        partition_log_close(y.log);
        x.log = y.log = NULL;
        for (int i = 0; i < 5; i++) {
                struct buffer a = {0}, b = {0};
                fake_world_read(&x.f, files[i], &a);
                fake_world_read(&y.f, files[i], &b);
                assert_int_equal(a.size, b.size);
                expect_same_bytes(&a, &b, a.size);
                buffer_deinit(&a);
                buffer_deinit(&b);
        }
        fixture_deinit(&x);
        fixture_deinit(&y);
}

/* Goal: batches that overlap, or a segment that does not begin where the last one ends, are cut
 * off. Method: copy a batch behind itself; remove the middle segment; lose the end of the first. */
static void holes_and_overlaps_are_cut(void **state)
{
        (void)state;
        struct log_fixture x;
        struct buffer bytes = {0};
        fixture_fill(&x, 5);
        fixture_kill(&x);
        fake_world_read(&x.f, FIRST ".log", &bytes);
        buffer_reserve(&bytes, 100);
        buffer_append(&bytes, bytes.data + 300, 100);
        fake_world_write(&x.f, FIRST ".log", buffer_span(&bytes));
        fixture_reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 5);
        assert_int_equal(partition_log_size(x.log), 500);
        fixture_deinit(&x);

        fixture_fill(&x, 25);
        fixture_kill(&x);
        sim_disk_remove(x.f.disk, SECOND ".log");
        fixture_reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 10);
        assert_false(fake_world_exists(&x.f, THIRD ".log"));
        assert_false(fake_world_exists(&x.f, SECOND ".index")); /* an orphan */
        fixture_deinit(&x);

        fixture_fill(&x, 25);
        fixture_kill(&x);
        fixture_cut_file(&x, FIRST ".log", 900); /* at a batch's edge: the CRCs all hold */
        fixture_reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 9);
        assert_int_equal(partition_log_segments(x.log), 1);
        fixture_deinit(&x);
        buffer_deinit(&bytes);
}

/* Goal: a compacted log may have gaps between segments. Method: as the last case above, with
 * "compact" in the policy. */
static void compacted_logs_have_gaps(void **state)
{
        (void)state;
        struct log_fixture x;
        struct extent at;
        fixture_fill(&x, 25);
        fixture_kill(&x);
        fixture_cut_file(&x, FIRST ".log", 900);
        x.config.cleanup_compact = true;
        fixture_reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 25);
        /* A reader in the gap gets what follows. */
        assert_int_equal(partition_log_read(x.log, 9, 25, 100, true, &at), KERR_NONE);
        assert_int_equal(at.position, 0);
        assert_int_equal(at.length, 100);
        fixture_deinit(&x);
}

/* Goal: an index that speaks of bytes behind the file's end is not believed, even by a broker that
 * checks none: else the log would seem to end where its last segment begins, and the next one could
 * not be made. Method: zoo: trusts-index; cut the file below its last entry after a clean stop. */
static void indexes_behind_the_end(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_fill(&x, 25);
        partition_log_flush(x.log);
        assert_int_equal(partition_log_close(x.log), KERR_NONE);
        x.log = NULL;
        fixture_cut_file(&x, THIRD ".log", 100);
        x.f.world.zoo.bits = 1ULL << ZOO_TRUSTS_INDEX;
        assert_int_equal(fixture_open(&x, 25, 0, true), KERR_TRUNCATED);
        x.f.world.zoo.bits = 0;
        fixture_reopen(&x, 20, 0, false);
        assert_int_equal(partition_log_end(x.log), 21);
        assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
        assert_int_equal(partition_log_roll(x.log), KERR_NONE);
        fixture_deinit(&x);
}

/* Goal: leftovers of interrupted work go, and nothing else. Method: a directory with one of each.
 */
static void leftovers_are_removed(void **state)
{
        (void)state;
        static const char *const gone[] = {
                "t-0/00000000000000000003.index",       "t-0/00000000000000000003.timeindex",
                "t-0/00000000000000000003.txnindex",    "t-0/leader-epoch-checkpoint.tmp",
                "t-0/00000000000000000000.log.swap",    "t-0/00000000000000000000.log.cleaned",
                "t-0/00000000000000000007.log.deleted", "t-0/00000000000000000003.snapshot",
        };
        static const char *const kept[] = {"t-0/00000000000000000000.snapshot",
                                           "t-0/partition.metadata", "t-0/123.index",
                                           "t-0/99999999999999999999.log"};
        struct log_fixture x;
        fixture_fill(&x, 3);
        fixture_kill(&x);
        for (int i = 0; i < 8; i++)
                fake_world_write(&x.f, gone[i], span_of("x", 1));
        for (int i = 0; i < 4; i++)
                fake_world_write(&x.f, kept[i], span_of("x", 1));
        fixture_reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 3);
        for (int i = 0; i < 8; i++)
                assert_false(fake_world_exists(&x.f, gone[i]));
        for (int i = 0; i < 4; i++)
                assert_true(fake_world_exists(&x.f, kept[i]));
        fixture_deinit(&x);
}

/* Goal: epochs are found in the batches when their checkpoint is gone, and forgotten when their
 * batches are. Method: three epochs; lose the checkpoint; lose the tail. */
static void epochs_follow_the_batches(void **state)
{
        (void)state;
        struct log_fixture x;
        int32_t found;
        int64_t end;
        fixture_init(&x, small_config());
        for (int i = 0; i < 15; i++)
                fixture_append_epoch(&x, hundred_bytes(0), i / 5 * 2);
        fixture_kill(&x);
        sim_disk_remove(x.f.disk, "t-0/leader-epoch-checkpoint");
        fixture_reopen(&x, 0, 0, false);
        leader_epochs_end(partition_log_epochs(x.log), 0, 15, &found, &end);
        assert_int_equal(end, 5);
        leader_epochs_end(partition_log_epochs(x.log), 2, 15, &found, &end);
        assert_int_equal(end, 10);
        assert_int_equal(leader_epochs_latest(partition_log_epochs(x.log)), 4);
        fixture_kill(&x);
        fixture_cut_file(&x, FIRST ".log", 750);
        fixture_reopen(&x, 0, 0, false);
        assert_int_equal(leader_epochs_latest(partition_log_epochs(x.log)), 2);
        fixture_deinit(&x);
}

/* Goal: offsets below the log start are never given again. Method: the log start's checkpoint is
 * beyond what a crash left. */
static void the_log_start_outlives_its_records(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_fill(&x, 25);
        fixture_kill(&x);
        fixture_cut_file(&x, FIRST ".log", 500);
        fixture_reopen(&x, 0, 12, false);
        assert_int_equal(partition_log_start(x.log), 12);
        assert_int_equal(partition_log_end(x.log), 12);
        assert_int_equal(partition_log_segments(x.log), 1);
        assert_false(fake_world_exists(&x.f, FIRST ".log"));
        assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
        assert_int_equal(partition_log_end(x.log), 13);
        fixture_deinit(&x);
}

/* --- the zoo --- */

/* Goal: the switch torn-tail-kept lets a batch of zeros through, and without it the log ends before
 * it. Method: a power cut that keeps the size of the last write and not its bytes. */
static void torn_tails_are_cut(void **state)
{
        (void)state;
        for (int switched = 0; switched < 2; switched++) {
                struct log_fixture x;
                struct buffer left = {0};
                fixture_fill(&x, 2);
                fixture_kill(&x);
                if (switched)
                        x.f.world.zoo.bits = 1u << ZOO_TORN_TAIL_KEPT;
                fixture_flip_byte(&x, FIRST ".log", 190); /* in the payload: lengths hold */
                fixture_reopen(&x, 0, 0, false);
                assert_int_equal(partition_log_end(x.log), switched ? 2 : 1);
                assert_int_equal(fixture_read(&x, 0, &left),
                                 switched ? KERR_CORRUPT_MESSAGE : KERR_NONE);
                buffer_deinit(&left);
                fixture_deinit(&x);
        }
}

/* Goal: the switch trusts-index sends readers to a wrong place; without it they find theirs.
 * Method: the index survives and the tail of the log does not; records of other sizes are appended;
 * each offset is read. */
static void indexes_are_not_trusted(void **state)
{
        (void)state;
        for (int switched = 0; switched < 2; switched++) {
                struct log_fixture x;
                int wrong = 0;
                struct log_config config = small_config();
                config.segment_bytes = 10000;
                fixture_init(&x, config);
                for (int i = 0; i < 20; i++)
                        fixture_append(&x, hundred_bytes(0));
                partition_log_close(x.log);
                if (switched)
                        x.f.world.zoo.bits = 1u << ZOO_TRUSTS_INDEX;
                fixture_cut_file(&x, FIRST ".log", 500);
                fixture_reopen(&x, 0, 0, false);
                assert_int_equal(partition_log_end(x.log), 5);
                for (int i = 0; i < 20; i++)
                        fixture_append(&x, (struct sample){.records = 1, .value_bytes = 95});
                for (int64_t offset = 0; offset < 25; offset++) {
                        struct extent at;
                        enum kerr err = partition_log_read(x.log, offset, 25, 100, true, &at);
                        int64_t size = (partition_log_size(x.log) - 500) / 20;
                        int64_t expected = offset < 5 ? 100 * offset : 500 + size * (offset - 5);
                        wrong += err || at.position != expected;
                }
                assert_int_equal(wrong > 0, switched);
                fixture_deinit(&x);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reopening_changes_nothing),
                cmocka_unit_test(damage_after_a_clean_stop_is_refused),
                cmocka_unit_test(opening_reads_little),
                cmocka_unit_test(broken_indexes_are_rebuilt),
                cmocka_unit_test(a_cut_at_every_byte),
                cmocka_unit_test(a_wrong_byte_cuts),
                cmocka_unit_test(the_recovery_point_limits_recovery),
                cmocka_unit_test(large_batches_are_checked),
                cmocka_unit_test(indexes_are_made_anew),
                cmocka_unit_test(holes_and_overlaps_are_cut),
                cmocka_unit_test(compacted_logs_have_gaps),
                cmocka_unit_test(indexes_behind_the_end),
                cmocka_unit_test(leftovers_are_removed),
                cmocka_unit_test(epochs_follow_the_batches),
                cmocka_unit_test(the_log_start_outlives_its_records),
                cmocka_unit_test(torn_tails_are_cut),
                cmocka_unit_test(indexes_are_not_trusted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
