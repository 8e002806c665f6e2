/* Unit tests of src/log/log_dir.c, log_dir_open.c, log_dir_checkpoints.c,
 * partition_dir.c and root_files.c. */
#include "log/log_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log_test.h"

struct fixture {
        struct fake_world f;
        struct log_dir *dir;
        struct log_config config;
};

static const struct uuid id_a = {{1, 2, 3}}, id_b = {{4, 5, 6}};

static int64_t all_is_committed(void *context, struct partition_log *log)
{
        (void)context;
        return partition_log_end(log);
}

static enum kerr open_root(struct fixture *x)
{
        struct log_dir_open how = {
                .world = &x->f.world,
                .path = "/data",
                .node_id = 7,
                .retention_check_ms = 300000,
                .checkpoint_ms = 60000,
                .hw_checkpoint_ms = INT64_MAX,
                .high_watermark = all_is_committed,
        };
        return log_dir_open(&how, &x->dir);
}

static void setup(struct fixture *x)
{
        *x = (struct fixture){.config = small_config()};
        fake_world_init(&x->f);
        assert_int_equal(open_root(x), KERR_NONE);
}

static void teardown(struct fixture *x)
{
        if (x->dir)
                log_dir_abandon(x->dir);
        assert_int_equal(sim_disk_open_files(x->f.disk), x->f.sync_count);
        fake_world_deinit(&x->f);
}

static struct partition_log *open_partition(struct fixture *x, const char *topic, int32_t partition)
{
        struct partition_log *log;
        assert_int_equal(log_dir_partition(x->dir, topic, partition, &id_a, &x->config, &log),
                         KERR_NONE);
        return log;
}

static void crash(struct fixture *x)
{
        log_dir_abandon(x->dir);
        x->dir = NULL;
        fake_world_kill(&x->f);
}

/* Whether the root has a directory whose name begins and ends so. */
static bool has_directory(struct fixture *x, const char *begin, const char *end)
{
        struct buffer names = {0};
        bool found = false;
        assert_int_equal(x->f.world.list(&x->f.world, "data", &names), KERR_NONE);
        for (size_t at = 0; at < names.size;) {
                const char *name = (const char *)names.data + at;
                size_t size = strlen(name), end_size = strlen(end);
                at += size + 1;
                found |= strncmp(name, begin, strlen(begin)) == 0 && size >= end_size &&
                         strcmp(name + size - end_size, end) == 0;
        }
        buffer_deinit(&names);
        return found;
}

/* --- start and stop --- */

/* Goal: a new root's files are Kafka's. Method: their texts, after a stop. */
static void files_are_kafkas(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        assert_false(log_dir_was_clean(x.dir));
        assert_int_equal(strlen(log_dir_cluster_id(x.dir)), 22);
        char first_lines[100];
        snprintf(first_lines, sizeof first_lines, "version=1\ncluster.id=%s\nnode.id=7\n",
                 log_dir_cluster_id(x.dir));
        struct buffer meta = {0};
        fake_world_read(&x.f, "data/meta.properties", &meta);
        assert_memory_equal(meta.data, first_lines, strlen(first_lines));
        assert_memory_equal(meta.data + strlen(first_lines), "directory.id=", 13);
        assert_int_equal(meta.size, strlen(first_lines) + 13 + 22 + 1);
        buffer_deinit(&meta);

        struct partition_log *log = open_partition(&x, "orders", 3);
        expect_text(&x.f, "data/orders-3/partition.metadata",
                    "version: 0\ntopic_id: AQIDAAAAAAAAAAAAAAAAAA\n");
        append_batches(log, 12);
        partition_log_advance_start(log, 5);
        assert_int_equal(log_dir_close(x.dir), KERR_NONE);
        x.dir = NULL;
        expect_text(&x.f, "data/recovery-point-offset-checkpoint", "0\n1\norders 3 12\n");
        expect_text(&x.f, "data/log-start-offset-checkpoint", "0\n1\norders 3 5\n");
        expect_text(&x.f, "data/replication-offset-checkpoint", "0\n1\norders 3 12\n");
        expect_text(&x.f, "data/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":-1}");
        teardown(&x);
}

/* Goal: a root comes back as it was, and its marker is gone while it runs. Method: stop, start,
 * crash, start. */
static void stops_are_remembered(void **state)
{
        (void)state;
        struct fixture x;
        char cluster_id[23];
        setup(&x);
        strcpy(cluster_id, log_dir_cluster_id(x.dir));
        struct partition_log *log = open_partition(&x, "t", 0);
        append_batches(log, 12);
        partition_log_advance_start(log, 5);
        assert_int_equal(log_dir_close(x.dir), KERR_NONE);
        fake_world_power_cut(&x.f, "nothing", 1); /* all of it was durable */

        assert_int_equal(open_root(&x), KERR_NONE);
        assert_true(log_dir_was_clean(x.dir));
        assert_string_equal(log_dir_cluster_id(x.dir), cluster_id);
        assert_false(fake_world_exists(&x.f, "data/.kafka_cleanshutdown"));
        log = open_partition(&x, "t", 0);
        assert_int_equal(partition_log_start(log), 5);
        assert_int_equal(partition_log_end(log), 12);
        assert_int_equal(partition_log_recovery_point(log), 12);
        crash(&x);

        assert_int_equal(open_root(&x), KERR_NONE);
        assert_false(log_dir_was_clean(x.dir));
        log = open_partition(&x, "t", 0);
        assert_int_equal(partition_log_end(log), 12);
        teardown(&x);
}

/* Goal: a root made by Kafka of another id is refused, one with Kafka's layout is taken. Method:
 * meta.properties as Kafka writes it, in versions 0 and 1; broken ones. */
static void foreign_roots(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                enum kerr expected;
        } cases[] = {
                {"#\n#Thu Nov 21 02:37:00 UTC 2024\nnode.id=7\ndirectory.id=x\nversion=1\n"
                 "cluster.id=abc\n",
                 KERR_NONE},
                {"#\nbroker.id=7\nversion=0\ncluster.id=abc\n", KERR_NONE},
                {"version=1\r\ncluster.id = abc\r\nnode.id = 7", KERR_NONE},
                {"version=1\ncluster.id=abc\nnode.id=8\n", KERR_INVALID_CONFIG},
                {"version=1\ncluster.id=abc\n", KERR_MALFORMED},
                {"version=1\nnode.id=7\n", KERR_MALFORMED},
                {"version=1\ncluster.id=abc\nnode.id=7x\n", KERR_MALFORMED},
                {"", KERR_MALFORMED},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct fixture x = {.config = small_config()};
                fake_world_init(&x.f);
                x.f.world.make_dir(&x.f.world, "data");
                fake_world_write(&x.f, "data/meta.properties",
                                 span_of(cases[i].text, strlen(cases[i].text)));
                assert_int_equal(open_root(&x), cases[i].expected);
                assert_true((x.dir != NULL) == !cases[i].expected);
                if (x.dir)
                        assert_string_equal(log_dir_cluster_id(x.dir), "abc");
                teardown(&x);
        }
        struct fixture x = {0};
        fake_world_init(&x.f);
        char path[600];
        memset(path, 'a', sizeof path);
        path[599] = '\0';
        struct log_dir_open how = {.world = &x.f.world, .path = path};
        assert_int_equal(log_dir_open(&how, &x.dir), KERR_INVALID_CONFIG);
        fake_world_deinit(&x.f);
}

/* Goal: no marker is left behind when something is not clean. Method: an offline log; a failing
 * flush; a partition that nobody opened after a crash. */
static void markers_are_earned(void **state)
{
        (void)state;
        for (int i = 0; i < 3; i++) {
                struct fixture x;
                setup(&x);
                append_batches(open_partition(&x, "t", 0), 1);
                struct partition_log *log = open_partition(&x, "t", 1);
                append_batches(log, 1);
                if (i == 0) {
                        sim_disk_fail_append(x.f.disk, 1, KERR_IO, 5);
                        append_batches(log, 1);
                } else if (i == 1) {
                        sim_disk_fail_syncs(x.f.disk, 1, false);
                } else {
                        crash(&x);
                        assert_int_equal(open_root(&x), KERR_NONE);
                        open_partition(&x, "t", 0);
                }
                assert_int_equal(log_dir_close(x.dir),
                                 i < 2 ? KERR_KAFKA_STORAGE_ERROR : KERR_NONE);
                x.dir = NULL;
                assert_false(fake_world_exists(&x.f, "data/.kafka_cleanshutdown"));
                teardown(&x);
        }
}

/* Goal: the switch stale-clean-marker makes a start after a crash skip recovery (KAFKA-10471).
 * Method: stop, start, append, tear the tail, start. */
static void stale_markers_skip_recovery(void **state)
{
        (void)state;
        for (int switched = 0; switched < 2; switched++) {
                struct fixture x;
                setup(&x);
                if (switched)
                        x.f.world.zoo.bits = 1u << ZOO_STALE_CLEAN_MARKER;
                append_batches(open_partition(&x, "t", 0), 2);
                assert_int_equal(log_dir_close(x.dir), KERR_NONE);
                assert_int_equal(open_root(&x), KERR_NONE);
                append_batches(open_partition(&x, "t", 0), 1);
                crash(&x);
                struct buffer bytes = {0};
                fake_world_read(&x.f, "data/t-0/00000000000000000000.log", &bytes);
                bytes.data[290] ^= 1;
                fake_world_write(&x.f, "data/t-0/00000000000000000000.log", buffer_span(&bytes));
                buffer_deinit(&bytes);
                assert_int_equal(open_root(&x), KERR_NONE);
                assert_int_equal(log_dir_was_clean(x.dir), switched);
                assert_int_equal(partition_log_end(open_partition(&x, "t", 0)), switched ? 3 : 2);
                teardown(&x);
        }
}

/* Goal: when a log is handed out, root and partition survive a power cut. Method: flush one append
 * in a new root, cut the power so that no unsynced name stays. Also when the process that made the
 * directories was killed before it could sync them. */
static void directories_are_durable(void **state)
{
        (void)state;
        for (int64_t n = 0; n <= 20; n++) {
                struct fixture x = {.config = small_config()};
                fake_world_init(&x.f);
                struct partition_log *log = NULL;
                if (n > 0) {
                        sim_disk_crash_at(x.f.disk, n);
                        if (open_root(&x) == KERR_NONE) {
                                log_dir_partition(x.dir, "t", 0, &id_a, &x.config, &log);
                                crash(&x);
                        }
                        fake_world_kill(&x.f);
                }
                assert_int_equal(open_root(&x), KERR_NONE);
                log = open_partition(&x, "t", 0);
                assert_int_equal(append_batches(log, 1), KERR_NONE);
                assert_int_equal(partition_log_flush(log), KERR_NONE);
                log_dir_abandon(x.dir);
                fake_world_power_cut(&x.f, "nameless", 1);
                assert_int_equal(open_root(&x), KERR_NONE);
                assert_int_equal(partition_log_end(open_partition(&x, "t", 0)), 1);
                teardown(&x);
        }
}

/* --- partitions --- */

/* Goal: a new topic costs one sync for all its directories, and two for each partition. Method:
 * count; with one that is there, and twice. The names stay when the power fails, and a log that was
 * killed while new is recovered. */
static void topics_are_made_together(void **state)
{
        (void)state;
        static const int32_t partitions[] = {0, 1, 2, 3};
        struct fixture x;
        setup(&x);
        open_partition(&x, "t", 2);
        int64_t directories = x.f.directory_syncs, files = x.f.file_syncs;
        for (int i = 0; i < 2; i++)
                assert_int_equal(log_dir_make(x.dir, "t", partitions, 4), KERR_NONE);
        assert_int_equal(x.f.directory_syncs - directories, 1);
        for (int32_t i = 0; i < 4; i++) {
                struct partition_log *log = i == 2 ? NULL : open_partition(&x, "t", i);
                if (log)
                        assert_int_equal(partition_log_begin_epoch(log, 0), KERR_NONE);
        }
        assert_int_equal(x.f.directory_syncs - directories, 1 + 3);
        assert_int_equal(x.f.file_syncs - files, 3);

        log_dir_abandon(x.dir);
        fake_world_power_cut(&x.f, "nameless", 1);
        for (int32_t i = 0; i < 4; i++) {
                char path[40];
                snprintf(path, sizeof path, "data/t-%d/partition.metadata", i);
                assert_true(fake_world_exists(&x.f, path));
        }
        assert_int_equal(open_root(&x), KERR_NONE);
        append_batches(open_partition(&x, "t", 3), 2);
        crash(&x);
        assert_int_equal(open_root(&x), KERR_NONE);
        assert_int_equal(partition_log_end(open_partition(&x, "t", 3)), 2);
        teardown(&x);
}

/* Goal: a directory whose name may not stay is not used. Method: its sync fails. */
static void unsynced_directories_are_not_used(void **state)
{
        (void)state;
        static const int32_t partitions[] = {0, 1};
        struct fixture x;
        struct partition_log *log;
        setup(&x);
        sim_disk_fail_syncs(x.f.disk, 1, false);
        assert_int_equal(log_dir_make(x.dir, "t", partitions, 2), KERR_IO);
        assert_int_equal(log_dir_partition(x.dir, "t", 1, &id_a, &x.config, &log), KERR_EXISTS);
        assert_null(log);
        teardown(&x);
}

/* Goal: directories that nobody knows are set aside and not touched; other names are left alone.
 * Method: known, unknown and odd names. */
static void strays_are_set_aside(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        open_partition(&x, "known", 0);
        append_batches(open_partition(&x, "old-topic", 12), 1);
        static const char *const odd[] = {"data/orders-007", "data/-5", "data/a-0.12-future",
                                          "data/nothing", "data/x-"};
        for (int i = 0; i < 5; i++)
                assert_int_equal(x.f.world.make_dir(&x.f.world, odd[i]), KERR_NONE);
        crash(&x);
        assert_int_equal(open_root(&x), KERR_NONE);
        open_partition(&x, "known", 0);
        assert_int_equal(log_dir_set_strays_aside(x.dir), KERR_NONE);
        assert_true(has_directory(&x, "known-0/", ""));
        assert_false(has_directory(&x, "old-topic-12/", ""));
        assert_true(has_directory(&x, "old-topic-12.", "-stray/"));
        assert_true(fake_world_logged(&x.f, "data/old-topic-12: not of this cluster"));
        for (int i = 0; i < 5; i++) {
                struct buffer names = {0};
                assert_int_equal(x.f.world.list(&x.f.world, odd[i], &names), KERR_NONE);
                buffer_deinit(&names);
        }
        /* Kafka's name: 32 hex digits between dot and dash. */
        struct buffer names = {0};
        x.f.world.list(&x.f.world, "data", &names);
        const char *stray = memmem(names.data, names.size, "old-topic-12.", 13);
        assert_int_equal(strspn(stray + 13, "0123456789abcdef"), 32);
        assert_string_equal(stray + 13 + 32, "-stray/");
        buffer_deinit(&names);
        teardown(&x);
}

/* Goal: a topic deleted and made again while the broker was away does not get the old one's
 * records. Method: open the same name with another topic id. */
static void another_topic_of_the_name(void **state)
{
        (void)state;
        struct fixture x;
        struct partition_log *log;
        setup(&x);
        append_batches(open_partition(&x, "t", 0), 12);
        assert_int_equal(log_dir_close(x.dir), KERR_NONE);
        assert_int_equal(open_root(&x), KERR_NONE);
        assert_int_equal(log_dir_partition(x.dir, "t", 0, &id_b, &x.config, &log), KERR_NONE);
        assert_int_equal(partition_log_end(log), 0);
        assert_true(has_directory(&x, "t-0.", "-stray/"));
        append_batches(log, 1);
        crash(&x);
        assert_int_equal(open_root(&x), KERR_NONE);
        assert_int_equal(log_dir_partition(x.dir, "t", 0, &id_b, &x.config, &log), KERR_NONE);
        assert_int_equal(partition_log_end(log), 1);
        teardown(&x);
}

/* Goal: names that no directory can have are refused. Method: a topic of 250 characters; one whose
 * directory would be too long. */
static void long_names_are_refused(void **state)
{
        (void)state;
        struct fixture x;
        struct partition_log *log;
        char topic[251];
        setup(&x);
        memset(topic, 't', 250);
        topic[250] = '\0';
        assert_int_equal(log_dir_partition(x.dir, topic, 0, &id_a, &x.config, &log),
                         KERR_INVALID_TOPIC_EXCEPTION);
        topic[249] = '\0';
        assert_int_equal(log_dir_partition(x.dir, topic, 123456, &id_a, &x.config, &log),
                         KERR_INVALID_TOPIC_EXCEPTION);
        assert_null(log);
        log = open_partition(&x, topic, 12345);
        assert_int_equal(log_dir_delete(x.dir, log), KERR_NONE); /* its name is cut to fit */
        assert_false(has_directory(&x, "t", ""));
        teardown(&x);
}

/* Goal: a deletion leaves nothing, or is finished at the next start; the topic can be made again
 * and gets none of the old one's offsets. Method: die in each operation. */
static void deletions_are_finished(void **state)
{
        (void)state;
        for (int64_t n = 0; n <= 16; n++) {
                struct fixture x;
                setup(&x);
                struct partition_log *log = open_partition(&x, "t", 0);
                append_batches(log, 25);
                partition_log_advance_start(log, 20);
                partition_log_flush(log);
                log_dir_checkpoint(x.dir); /* 25 and 20: what the new one must not get */
                if (n > 0)
                        sim_disk_crash_at(x.f.disk, n);
                log_dir_delete(x.dir, log);
                if (n > 0) {
                        log_dir_abandon(x.dir);
                        fake_world_power_cut(&x.f, "any", (uint64_t)n);
                        assert_int_equal(open_root(&x), KERR_NONE);
                }
                assert_false(has_directory(&x, "t-0.", "-delete/"));
                if (!has_directory(&x, "t-0/", "")) {
                        assert_int_equal(log_dir_partition(x.dir, "t", 0, &id_b, &x.config, &log),
                                         KERR_NONE);
                        append_batches(log, 12);
                        crash(&x);
                        assert_int_equal(open_root(&x), KERR_NONE);
                        assert_int_equal(log_dir_partition(x.dir, "t", 0, &id_b, &x.config, &log),
                                         KERR_NONE);
                        assert_int_equal(partition_log_start(log), 0);
                        assert_int_equal(partition_log_end(log), 12);
                        assert_int_equal(partition_log_recovery_point(log), 0);
                }
                teardown(&x);
        }
}

/* Goal: a partition that cannot be opened is not taken for a stray. Method: broken metadata. */
static void broken_partitions_stay(void **state)
{
        (void)state;
        struct fixture x;
        struct partition_log *log;
        setup(&x);
        append_batches(open_partition(&x, "t", 0), 1);
        crash(&x);
        fake_world_write(&x.f, "data/t-0/partition.metadata", span_of("version: 0\n", 11));
        assert_int_equal(open_root(&x), KERR_NONE);
        assert_int_equal(log_dir_partition(x.dir, "t", 0, &id_a, &x.config, &log), KERR_MALFORMED);
        assert_int_equal(log_dir_set_strays_aside(x.dir), KERR_NONE);
        assert_true(has_directory(&x, "t-0/", ""));
        assert_int_equal(log_dir_close(x.dir), KERR_NONE);
        x.dir = NULL;
        assert_false(fake_world_exists(&x.f, "data/.kafka_cleanshutdown"));
        teardown(&x);
}

/* Goal: a checkpoint keeps the lines of partitions that are not open yet. Method: write it between
 * the openings of two partitions. */
static void checkpoints_keep_what_is_not_open(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        append_batches(open_partition(&x, "a", 0), 3);
        append_batches(open_partition(&x, "b", 0), 4);
        assert_int_equal(log_dir_close(x.dir), KERR_NONE);
        assert_int_equal(open_root(&x), KERR_NONE);
        open_partition(&x, "b", 0);
        assert_int_equal(log_dir_checkpoint(x.dir), KERR_NONE);
        expect_text(&x.f, "data/recovery-point-offset-checkpoint", "0\n2\na 0 3\nb 0 4\n");
        teardown(&x);
}

/* --- timers --- */

/* Goal: one call of the timers flushes each log that wants it, once, and a log that does not is
 * left alone; the next time is the earliest that anybody wants. Method: three logs with
 * flush.messages 1, flush.ms 500, and never. */
static void timers_flush(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        x.config.flush_messages = 1;
        struct partition_log *each = open_partition(&x, "each", 0);
        x.config.flush_messages = INT64_MAX;
        x.config.flush_ms = 500;
        struct partition_log *timed = open_partition(&x, "timed", 0);
        x.config.flush_ms = INT64_MAX;
        struct partition_log *never = open_partition(&x, "never", 0);
        int64_t start_ms = x.f.mono_ms;
        assert_int_equal(log_dir_run_timers(x.dir), start_ms + 60000);

        append_batches(each, 5);
        append_batches(timed, 1);
        append_batches(never, 1);
        int64_t syncs = x.f.file_syncs;
        assert_int_equal(log_dir_run_timers(x.dir), start_ms + 500);
        assert_int_equal(x.f.file_syncs - syncs, 1);
        assert_int_equal(partition_log_recovery_point(each), 5);
        assert_int_equal(partition_log_recovery_point(timed), 0);
        x.f.mono_ms += 500;
        assert_int_equal(log_dir_run_timers(x.dir), start_ms + 60000);
        assert_int_equal(partition_log_recovery_point(timed), 1);
        assert_int_equal(partition_log_recovery_point(never), 0);
        teardown(&x);
}

/* Goal: retention and checkpoints run at their times. Method: move the clock to each. */
static void timers_retain_and_checkpoint(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        x.config.retention_ms = 1000;
        struct partition_log *log = open_partition(&x, "t", 0);
        append_batches(log, 25);
        partition_log_flush(log);
        x.f.mono_ms += 59999;
        log_dir_run_timers(x.dir);
        assert_false(fake_world_exists(&x.f, "data/recovery-point-offset-checkpoint"));
        x.f.mono_ms++;
        log_dir_run_timers(x.dir);
        expect_text(&x.f, "data/recovery-point-offset-checkpoint", "0\n1\nt 0 25\n");
        assert_int_equal(partition_log_start(log), 0);
        x.f.mono_ms += 240000;
        log_dir_run_timers(x.dir);
        assert_int_equal(partition_log_start(log), 25);
        expect_text(&x.f, "data/log-start-offset-checkpoint", "0\n1\nt 0 25\n");
        teardown(&x);
}

/* Goal: the end of a background sync finds its log, and what a crash need not read again is written
 * down within a second. Method: two logs roll; end the second's first, and look at the checkpoint
 * long before its own time. */
static void syncs_find_their_log(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        struct partition_log *a = open_partition(&x, "a", 0), *b = open_partition(&x, "b", 0);
        append_batches(a, 11);
        append_batches(b, 11);
        assert_int_equal(x.f.sync_count, 2);
        log_dir_on_synced(x.dir, fake_world_end_sync(&x.f, 1, KERR_NONE), KERR_NONE);
        assert_int_equal(partition_log_recovery_point(a), 0);
        assert_int_equal(partition_log_recovery_point(b), 10);
        x.f.mono_ms += 999;
        log_dir_run_timers(x.dir);
        assert_false(fake_world_exists(&x.f, "data/recovery-point-offset-checkpoint"));
        x.f.mono_ms++;
        log_dir_run_timers(x.dir);
        expect_text(&x.f, "data/recovery-point-offset-checkpoint", "0\n2\na 0 0\nb 0 10\n");
        log_dir_on_synced(x.dir, fake_world_end_sync(&x.f, 0, KERR_IO), KERR_IO);
        assert_true(partition_log_is_offline(a));
        log_dir_on_synced(x.dir, 12345, KERR_NONE); /* of a log that is gone */
        teardown(&x);
}

/* Goal: no recovery point in the checkpoint is ahead of what is synced. Method: random work on two
 * partitions with timers, power cuts that keep nothing unsynced; all below the checkpoint's point
 * is there again. */
static void checkpoints_never_run_ahead(void **state)
{
        (void)state;
        for (uint64_t seed = 0; seed < 100; seed++) {
                struct fixture x;
                struct rng rng;
                rng_init(&rng, seed);
                setup(&x);
                x.config.flush_messages = 7;
                struct partition_log *logs[2] = {open_partition(&x, "a", 0),
                                                 open_partition(&x, "b", 0)};
                for (int i = 0; i < 40; i++) {
                        struct partition_log *log = logs[rng_between(&rng, 0, 1)];
                        append_batches(log, (int)rng_between(&rng, 0, 4));
                        if (rng_chance(&rng, 1, 5)) {
                                int64_t end = partition_log_end(log);
                                partition_log_truncate(log, end - rng_between(&rng, 0, end));
                        }
                        x.f.mono_ms += 10000;
                        log_dir_run_timers(x.dir);
                        if (x.f.sync_count > 0)
                                log_dir_on_synced(x.dir, fake_world_end_sync(&x.f, 0, KERR_NONE),
                                                  KERR_NONE);
                }
                log_dir_abandon(x.dir);
                x.dir = NULL;
                fake_world_power_cut(&x.f, "nothing", seed);
                struct offset_checkpoint_line *lines;
                int32_t count;
                assert_int_equal(checkpoint_read_offsets(&x.f.world, "data",
                                                         "recovery-point-offset-checkpoint", &lines,
                                                         &count),
                                 KERR_NONE);
                assert_int_equal(open_root(&x), KERR_NONE);
                for (int32_t i = 0; i < count; i++) {
                        struct partition_log *log = open_partition(&x, lines[i].topic, 0);
                        assert_true(partition_log_end(log) >= lines[i].offset);
                }
                free(lines);
                teardown(&x);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(files_are_kafkas),
                cmocka_unit_test(stops_are_remembered),
                cmocka_unit_test(foreign_roots),
                cmocka_unit_test(markers_are_earned),
                cmocka_unit_test(stale_markers_skip_recovery),
                cmocka_unit_test(directories_are_durable),
                cmocka_unit_test(topics_are_made_together),
                cmocka_unit_test(unsynced_directories_are_not_used),
                cmocka_unit_test(strays_are_set_aside),
                cmocka_unit_test(another_topic_of_the_name),
                cmocka_unit_test(long_names_are_refused),
                cmocka_unit_test(deletions_are_finished),
                cmocka_unit_test(broken_partitions_stay),
                cmocka_unit_test(checkpoints_keep_what_is_not_open),
                cmocka_unit_test(timers_flush),
                cmocka_unit_test(timers_retain_and_checkpoint),
                cmocka_unit_test(syncs_find_their_log),
                cmocka_unit_test(checkpoints_never_run_ahead),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
