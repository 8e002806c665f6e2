/* Unit tests of src/log/recovery.c, retention.c and of cutting a log: what is left, and what must
 * not be. */
#include "hex.h"
#include "log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reopen(struct log_fixture *x, int64_t recovery_point, int64_t log_start, bool clean)
{
        assert_int_equal(fixture_open(x, recovery_point, log_start, clean), KERR_NONE);
}

/* The process dies; its page cache stays. */
static void kill_log(struct log_fixture *x)
{
        partition_log_abandon(x->log);
        x->log = NULL;
        fake_world_kill(&x->f);
}

/* The whole log as bytes; fails the test when it does not read well. */
static void read_all(struct log_fixture *x, struct buffer *into)
{
        buffer_clear(into);
        assert_int_equal(fixture_read(x, partition_log_start(x->log), into), KERR_NONE);
}

static void expect_same_bytes(const struct buffer *a, const struct buffer *b, size_t size)
{
        assert_true(a->size >= size && b->size >= size);
        if (size > 0)
                assert_memory_equal(a->data, b->data, size);
}

static void flip_byte(struct log_fixture *x, const char *path, size_t at)
{
        struct buffer content = {0};
        fake_world_read(&x->f, path, &content);
        content.data[at] ^= 0x40;
        fake_world_write(&x->f, path, buffer_span(&content));
        buffer_deinit(&content);
}

static void cut_file(struct log_fixture *x, const char *path, size_t size)
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
static void fill(struct log_fixture *x, int batches)
{
        fixture_init(x, small_config());
        for (int i = 0; i < batches; i++)
                assert_int_equal(fixture_append(x, hundred_bytes(1000 + i)), KERR_NONE);
}

/* --- after a clean stop --- */

/* Goal: closed and opened again, a log is the same and goes on as if it had not been closed.
 * Method: two logs with the same batches, one reopened after each; compare all files at the end.
 * (The time index may differ: closing completes it.) */
static void reopening_changes_nothing(void **state)
{
        (void)state;
        struct log_fixture x, y;
        fill(&x, 0);
        fill(&y, 0);
        for (int i = 0; i < 35; i++) {
                fixture_append(&x, hundred_bytes(i));
                fixture_append(&y, hundred_bytes(i));
                assert_int_equal(partition_log_flush(y.log), KERR_NONE);
                assert_int_equal(partition_log_close(y.log), KERR_NONE);
                reopen(&y, i + 1, 0, true);
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

/* Goal: opening after a clean stop reads a bounded number of bytes, whatever the log holds. Method:
 * count them for a log of 100 segments. */
static void opening_reads_little(void **state)
{
        (void)state;
        struct log_fixture x;
        fill(&x, 0);
        for (int i = 0; i < 1000; i++) {
                fixture_append(&x, hundred_bytes(i));
                while (x.f.sync_count > 0)
                        fixture_end_sync(&x, 0, KERR_NONE);
        }
        assert_int_equal(partition_log_segments(x.log), 100);
        partition_log_flush(x.log);
        partition_log_close(x.log);
        int64_t bytes = x.f.read_bytes;
        reopen(&x, 1000, 0, true);
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
                        fill(&x, 25);
                        partition_log_flush(x.log);
                        partition_log_close(x.log);
                        fake_world_read(&x.f, path, &before);
                        struct span junk = hex_bytes(zeros);
                        if (damage == 0)
                                sim_disk_remove(x.f.disk, path);
                        else if (damage == 1)
                                cut_file(&x, path, before.size - 1);
                        else
                                fake_world_write(&x.f, path, span_of(junk.data, 24));
                        free((void *)junk.data);
                        reopen(&x, 25, 0, i < 4);
                        assert_int_equal(partition_log_end(x.log), 25);
                        fake_world_read(&x.f, path, &after);
                        assert_int_equal(after.size, before.size);
                        expect_same_bytes(&after, &before, before.size);
                        assert_true(fake_world_logged(&x.f, "indexes are made anew"));
                        buffer_clear(&after);
                        read_all(&x, &after);
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
                fill(&x, 5);
                read_all(&x, &whole);
                kill_log(&x);
                cut_file(&x, FIRST ".log", size);
                reopen(&x, 0, 0, false);
                assert_int_equal(partition_log_end(x.log), size / 100);
                read_all(&x, &left);
                assert_int_equal(left.size, size / 100 * 100);
                expect_same_bytes(&left, &whole, left.size);
                snprintf(line, sizeof line, FIRST ".log: cut at position %zu, offset %zu,",
                         size / 100 * 100, size / 100);
                assert_int_equal(fake_world_logged(&x.f, line), size % 100 != 0);
                /* It goes on where it was cut. */
                assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
                read_all(&x, &left);
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
                fill(&x, 25);
                kill_log(&x);
                flip_byte(&x, SECOND ".log", at);
                reopen(&x, 0, 0, false);
                bool is_epoch = at >= 512 && at < 516, is_later = at >= 504 && at < 508;
                read_all(&x, &left);
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
                fill(&x, 25);
                kill_log(&x);
                flip_byte(&x, FIRST ".log", 550);
                int64_t bytes = x.f.read_bytes;
                reopen(&x, point, 0, false);
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
                kill_log(&x);
                if (damaged)
                        flip_byte(&x, FIRST ".log", size - 2);
                reopen(&x, 0, 0, false);
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
        fill(&x, 25);
        fill(&y, 25);
        kill_log(&x);
        for (int i = 0; i < 5; i++)
                fake_world_write(&x.f, files[i], span_of("garbage, and more of it..", 24));
        reopen(&x, 0, 0, false);
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
        fill(&x, 5);
        kill_log(&x);
        fake_world_read(&x.f, FIRST ".log", &bytes);
        buffer_reserve(&bytes, 100);
        buffer_append(&bytes, bytes.data + 300, 100);
        fake_world_write(&x.f, FIRST ".log", buffer_span(&bytes));
        reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 5);
        assert_int_equal(partition_log_size(x.log), 500);
        fixture_deinit(&x);

        fill(&x, 25);
        kill_log(&x);
        sim_disk_remove(x.f.disk, SECOND ".log");
        reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 10);
        assert_false(fake_world_exists(&x.f, THIRD ".log"));
        assert_false(fake_world_exists(&x.f, SECOND ".index")); /* an orphan */
        fixture_deinit(&x);

        fill(&x, 25);
        kill_log(&x);
        cut_file(&x, FIRST ".log", 900); /* at a batch's edge: the CRCs all hold */
        reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 9);
        assert_int_equal(partition_log_segments(x.log), 1);
        fixture_deinit(&x);
        buffer_deinit(&bytes);
}

/* Goal: a compacted log may have gaps between segments. Method: as the last case above, without
 * "delete" in the policy. */
static void compacted_logs_have_gaps(void **state)
{
        (void)state;
        struct log_fixture x;
        struct extent at;
        fill(&x, 25);
        kill_log(&x);
        cut_file(&x, FIRST ".log", 900);
        x.config.cleanup_delete = false;
        reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 25);
        /* A reader in the gap gets what follows. */
        assert_int_equal(partition_log_read(x.log, 9, 25, 100, true, &at), KERR_NONE);
        assert_int_equal(at.position, 0);
        assert_int_equal(at.length, 100);
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
                "t-0/00000000000000000007.log.deleted",
        };
        static const char *const kept[] = {"t-0/00000000000000000003.snapshot",
                                           "t-0/partition.metadata", "t-0/123.index",
                                           "t-0/99999999999999999999.log"};
        struct log_fixture x;
        fill(&x, 3);
        kill_log(&x);
        for (int i = 0; i < 7; i++)
                fake_world_write(&x.f, gone[i], span_of("x", 1));
        for (int i = 0; i < 4; i++)
                fake_world_write(&x.f, kept[i], span_of("x", 1));
        reopen(&x, 0, 0, false);
        assert_int_equal(partition_log_end(x.log), 3);
        for (int i = 0; i < 7; i++)
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
        kill_log(&x);
        sim_disk_remove(x.f.disk, "t-0/leader-epoch-checkpoint");
        reopen(&x, 0, 0, false);
        leader_epochs_end(partition_log_epochs(x.log), 0, 15, &found, &end);
        assert_int_equal(end, 5);
        leader_epochs_end(partition_log_epochs(x.log), 2, 15, &found, &end);
        assert_int_equal(end, 10);
        assert_int_equal(leader_epochs_latest(partition_log_epochs(x.log)), 4);
        kill_log(&x);
        cut_file(&x, FIRST ".log", 750);
        reopen(&x, 0, 0, false);
        assert_int_equal(leader_epochs_latest(partition_log_epochs(x.log)), 2);
        fixture_deinit(&x);
}

/* Goal: offsets below the log start are never given again. Method: the log start's checkpoint is
 * beyond what a crash left. */
static void the_log_start_outlives_its_records(void **state)
{
        (void)state;
        struct log_fixture x;
        fill(&x, 25);
        kill_log(&x);
        cut_file(&x, FIRST ".log", 500);
        reopen(&x, 0, 12, false);
        assert_int_equal(partition_log_start(x.log), 12);
        assert_int_equal(partition_log_end(x.log), 12);
        assert_int_equal(partition_log_segments(x.log), 1);
        assert_false(fake_world_exists(&x.f, FIRST ".log"));
        assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
        assert_int_equal(partition_log_end(x.log), 13);
        fixture_deinit(&x);
}

/* --- power cuts --- */

/* One life of a log: random appends, rolls, flushes and truncations, then the power fails, in some
 * operation or between two. What was flushed must be there, and all that is there must be what was
 * appended. */
struct life {
        struct log_fixture x;
        struct rng rng;
        int64_t value_bytes_max;
        struct buffer written; /* all batches of the log, stamped, as they should read */
        int64_t flushed;       /* offset below which all was flushed */
        size_t flushed_bytes;
};

static void note_written(struct life *life)
{
        struct buffer all = {0};
        if (fixture_read(&life->x, 0, &all) == KERR_NONE) {
                buffer_clear(&life->written);
                buffer_append(&life->written, all.data, all.size);
        }
        buffer_deinit(&all);
}

static void cut_life(struct life *life)
{
        struct partition_log *log = life->x.log;
        int64_t end = partition_log_end(log);
        int64_t offset = rng_between(&life->rng, end > 20 ? end - 20 : 0, end);
        if (offset < life->flushed) {
                life->flushed = 0; /* the cut may be half done when the power fails */
                life->flushed_bytes = 0;
        }
        if (partition_log_truncate(log, offset) == KERR_NONE) {
                note_written(life);
                if (partition_log_recovery_point(log) == partition_log_end(log)) {
                        life->flushed = partition_log_end(log);
                        life->flushed_bytes = life->written.size;
                }
        }
}

static void live(struct life *life, int steps)
{
        struct log_fixture *x = &life->x;
        for (int i = 0; i < steps && !sim_disk_has_crashed(x->f.disk); i++) {
                int64_t action = rng_between(&life->rng, 0, 20);
                struct sample s = {
                        .records = (int32_t)rng_between(&life->rng, 1, 4),
                        .value_bytes = (size_t)rng_between(&life->rng, 0, life->value_bytes_max),
                        .timestamp = 1000 + i,
                        .fill = (char)('a' + rng_between(&life->rng, 0, 25)),
                };
                if (action < 14) {
                        int32_t epoch = leader_epochs_latest(partition_log_epochs(x->log));
                        epoch = epoch < 0 ? 0 : epoch + rng_chance(&life->rng, 1, 20);
                        if (fixture_append_epoch(x, s, epoch) == KERR_NONE)
                                note_written(life);
                } else if (action < 16) {
                        if (partition_log_flush(x->log) == KERR_NONE) {
                                life->flushed = partition_log_end(x->log);
                                life->flushed_bytes = life->written.size;
                        }
                } else if (action < 17) {
                        partition_log_roll(x->log);
                } else if (action < 18) {
                        cut_life(life);
                } else if (x->f.sync_count > 0) {
                        fixture_end_sync(x, (int)rng_between(&life->rng, 0, x->f.sync_count - 1),
                                         KERR_NONE);
                }
        }
}

/* What is left must be a prefix of what was written and hold all that was flushed. */
static bool life_is_whole(struct life *life, int64_t recovery_point)
{
        struct log_fixture *x = &life->x;
        struct buffer left = {0};
        bool good = fixture_open(x, recovery_point, 0, false) == KERR_NONE &&
                    partition_log_end(x->log) >= life->flushed &&
                    fixture_read(x, 0, &left) == KERR_NONE && left.size >= life->flushed_bytes;
        size_t same = left.size < life->written.size ? left.size : life->written.size;
        if (good && same > 0)
                good = memcmp(left.data, life->written.data, same) == 0;
        buffer_deinit(&left);
        return good;
}

/* Returns whether all three lives of a log went well: each ends in a power cut. */
static bool three_lives(uint64_t seed, struct zoo zoo)
{
        struct life life = {0};
        rng_init(&life.rng, seed);
        /* Small segments, or batches that reach over the pages of a disk. */
        struct log_config config = small_config();
        config.segment_bytes = seed % 2 ? 1000 : 50000;
        life.value_bytes_max = seed % 2 ? 200 : 3000;
        fixture_init(&life.x, config);
        life.x.f.world.zoo = zoo;
        bool good = true;
        for (int i = 0; i < 3 && good; i++) {
                if (rng_chance(&life.rng, 1, 2))
                        sim_disk_crash_at(life.x.f.disk, rng_between(&life.rng, 1, 150));
                live(&life, 60);
                int64_t point = partition_log_recovery_point(life.x.log);
                partition_log_abandon(life.x.log);
                life.x.log = NULL;
                fake_world_power_cut(&life.x.f, "any", rng_u64(&life.rng));
                /* The checkpoint may be older than the recovery point. */
                if (rng_chance(&life.rng, 1, 2))
                        point = rng_between(&life.rng, 0, point);
                good = life_is_whole(&life, point);
                if (good) {
                        note_written(&life);
                        life.flushed =
                                partition_log_recovery_point(life.x.log); /* all that is promised */
                        life.flushed_bytes = 0;
                }
        }
        partition_log_abandon(life.x.log);
        life.x.log = NULL;
        buffer_deinit(&life.written);
        fixture_deinit(&life.x);
        return good;
}

/* Goal: what was flushed survives every power cut, and nothing else than what was written comes
 * back. Method: 300 random lives, any choice of what survives, crashes inside operations. */
static void power_cuts_lose_nothing_flushed(void **state)
{
        (void)state;
        for (uint64_t seed = 0; seed < 300; seed++) {
                if (!three_lives(seed, (struct zoo){0}))
                        fail_msg("seed %llu", (unsigned long long)seed);
        }
}

/* Goal: the same lives show the switches no-dir-sync and torn-tail-kept. Method: some seed must
 * fail with each. */
static void power_cuts_show_the_zoo(void **state)
{
        (void)state;
        static const enum zoo_bug bugs[] = {ZOO_NO_DIR_SYNC, ZOO_TORN_TAIL_KEPT};
        for (int i = 0; i < 2; i++) {
                uint64_t seed = 0;
                while (seed < 300 && three_lives(seed, (struct zoo){1u << bugs[i]}))
                        seed++;
                assert_true(seed < 300);
        }
}

/* Goal: the switch torn-tail-kept lets a batch of zeros through, and without it the log ends before
 * it. Method: a power cut that keeps the size of the last write and not its bytes. */
static void torn_tails_are_cut(void **state)
{
        (void)state;
        for (int switched = 0; switched < 2; switched++) {
                struct log_fixture x;
                struct buffer left = {0};
                fill(&x, 2);
                kill_log(&x);
                if (switched)
                        x.f.world.zoo.bits = 1u << ZOO_TORN_TAIL_KEPT;
                flip_byte(&x, FIRST ".log", 190); /* in the payload: lengths hold */
                reopen(&x, 0, 0, false);
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
                cut_file(&x, FIRST ".log", 500);
                reopen(&x, 0, 0, false);
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

/* --- cutting: followers and retention --- */

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
                read_all(&x, &a);
                read_all(&y, &b);
                assert_int_equal(a.size, b.size);
                expect_same_bytes(&a, &b, a.size);
                kill_log(&x);
                fake_world_power_cut(&x.f, "nothing", 1);
                reopen(&x, end, 0, false);
                assert_int_equal(partition_log_end(x.log), end);
                assert_int_equal(fixture_append_epoch(&x, s, 7), KERR_NONE);
                read_all(&x, &a);
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
        fill(&x, 25);
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
                fill(&x, 25);
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
                assert_true(partition_log_recovery_point(x.log) >= cases[i].start);
                assert_int_equal(fake_world_exists(&x.f, FIRST ".log"), removed == 0);
                read_all(&x, &left);
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
        fill(&x, 25);
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
                        fill(&x, 25);
                        partition_log_flush(x.log);
                        partition_log_advance_start(x.log, 20);
                        sim_disk_crash_at(x.f.disk, n);
                        partition_log_retain(x.log, 25, &removed);
                        partition_log_abandon(x.log);
                        fake_world_power_cut(&x.f, "any", seed);
                        reopen(&x, 25, 0, false);
                        int64_t start = partition_log_start(x.log);
                        assert_int_equal(start % 10, 0);
                        assert_int_equal(partition_log_end(x.log), 25);
                        read_all(&x, &left);
                        assert_int_equal(left.size, 100 * (25 - start));
                        buffer_deinit(&left);
                        fixture_deinit(&x);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reopening_changes_nothing),
                cmocka_unit_test(opening_reads_little),
                cmocka_unit_test(broken_indexes_are_rebuilt),
                cmocka_unit_test(a_cut_at_every_byte),
                cmocka_unit_test(a_wrong_byte_cuts),
                cmocka_unit_test(the_recovery_point_limits_recovery),
                cmocka_unit_test(large_batches_are_checked),
                cmocka_unit_test(indexes_are_made_anew),
                cmocka_unit_test(holes_and_overlaps_are_cut),
                cmocka_unit_test(compacted_logs_have_gaps),
                cmocka_unit_test(leftovers_are_removed),
                cmocka_unit_test(epochs_follow_the_batches),
                cmocka_unit_test(the_log_start_outlives_its_records),
                cmocka_unit_test(power_cuts_lose_nothing_flushed),
                cmocka_unit_test(power_cuts_show_the_zoo),
                cmocka_unit_test(torn_tails_are_cut),
                cmocka_unit_test(indexes_are_not_trusted),
                cmocka_unit_test(truncation_at_every_offset),
                cmocka_unit_test(truncation_below_the_start),
                cmocka_unit_test(retention_removes_what_it_should),
                cmocka_unit_test(retention_needs_an_age),
                cmocka_unit_test(extents_outlive_retention),
                cmocka_unit_test(interrupted_retention_leaves_no_hole),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
