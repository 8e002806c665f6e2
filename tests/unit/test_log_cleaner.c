/* Unit tests of compaction as src/log/log_cleaner.c and cleanable.c run it: when, which log first,
 * how far. */
#include "log/log_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compaction_fixture.h"

enum { BACKOFF_MS = 15000 };

static const struct uuid topic_id = {{1, 2, 3}};

struct fixture {
        struct fake_world f;
        struct log_dir *dir;
        struct log_config config;
        bool enabled;
        int64_t uncommitted, unstable; /* so many offsets of each log's end */
};

static int64_t high_watermark(void *context, struct partition_log *log)
{
        return partition_log_end(log) - ((struct fixture *)context)->uncommitted;
}

static int64_t last_stable_offset(void *context, struct partition_log *log)
{
        return partition_log_end(log) - ((struct fixture *)context)->unstable;
}

static void open_root(struct fixture *x)
{
        struct log_dir_open how = {
                .world = &x->f.world,
                .path = "/data",
                .retention_check_ms = INT64_MAX,
                .checkpoint_ms = INT64_MAX,
                .hw_checkpoint_ms = INT64_MAX,
                .high_watermark = high_watermark,
                .last_stable_offset = last_stable_offset,
                .context = x,
                .cleaner_enabled = x->enabled,
        };
        assert_int_equal(log_dir_open(&how, &x->dir), KERR_NONE);
}

static void setup(struct fixture *x)
{
        *x = (struct fixture){.config = compact_config(), .enabled = true};
        fake_world_init(&x->f);
        open_root(x);
}

static void teardown(struct fixture *x)
{
        log_dir_abandon(x->dir);
        assert_int_equal(sim_disk_open_files(x->f.disk), x->f.sync_count);
        fake_world_deinit(&x->f);
}

static struct partition_log *open_partition(struct fixture *x, const char *topic)
{
        struct partition_log *log;
        assert_int_equal(log_dir_partition(x->dir, topic, 0, &topic_id, &x->config, &log),
                         KERR_NONE);
        return log;
}

/* `count` updates of one key, rolled. */
static void fill(struct fixture *x, struct partition_log *log, int count)
{
        for (int i = 0; i < count; i++) {
                struct buffer bytes = {0};
                struct log_append done;
                build_updates(&bytes, &(struct update){1, i}, 1, (struct batch_kind){0});
                assert_int_equal(
                        partition_log_append(log, buffer_span(&bytes), 0, APPEND_CLIENT, &done),
                        KERR_NONE);
                buffer_deinit(&bytes);
        }
        assert_int_equal(partition_log_roll(log), KERR_NONE);
        assert_int_equal(partition_log_flush(log), KERR_NONE);
        while (x->f.sync_count > 0)
                log_dir_on_synced(x->dir, fake_world_end_sync(&x->f, 0, KERR_NONE), KERR_NONE);
}

/* Runs what is due until nothing is, for so long. */
static void run(struct fixture *x, int64_t ms)
{
        int64_t end_ms = x->f.mono_ms + ms, due_ms;
        while ((due_ms = log_dir_run_timers(x->dir)) <= end_ms) {
                if (due_ms > x->f.mono_ms)
                        x->f.mono_ms = due_ms;
        }
        x->f.mono_ms = end_ms;
}

static void expect_checkpoint(struct fixture *x, const char *expected)
{
        struct buffer text = {0};
        fake_world_read(&x->f, "data/cleaner-offset-checkpoint", &text);
        buffer_append(&text, "", 1);
        assert_string_equal((char *)text.data, expected);
        buffer_deinit(&text);
}

/* Goal: compaction runs by itself after the back-off, notes how far it got, and goes on from there
 * after a start. Method: run the timers; read the checkpoint. */
static void it_runs_and_remembers(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        struct partition_log *log = open_partition(&x, "t");
        fill(&x, log, 30);
        int64_t size = partition_log_size(log);
        run(&x, BACKOFF_MS - 1);
        assert_int_equal(partition_log_size(log), size);
        run(&x, 1);
        assert_true(partition_log_size(log) < size / 4);
        assert_int_equal(partition_log_cleaned_end(log), 30);
        expect_checkpoint(&x, "0\n1\nt 0 30\n");
        assert_int_equal(log_dir_close(x.dir), KERR_NONE);
        open_root(&x);
        log = open_partition(&x, "t");
        assert_int_equal(partition_log_cleaned_end(log), 30);
        /* A truncation below takes it back, durably. */
        assert_int_equal(partition_log_truncate(log, 10), KERR_NONE);
        assert_true(partition_log_cleaned_end(log) <= 10);
        log_dir_abandon(x.dir);
        fake_world_power_cut(&x.f, "nothing", 1);
        open_root(&x);
        log = open_partition(&x, "t");
        assert_true(partition_log_cleaned_end(log) <= partition_log_end(log));
        teardown(&x);
}

/* Goal: the dirtiest log goes first, one at a time. Method: two logs, one of them half clean; a
 * step after the other. */
static void the_dirtiest_goes_first(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        struct partition_log *a = open_partition(&x, "a"), *b = open_partition(&x, "b");
        fill(&x, a, 20);
        run(&x, BACKOFF_MS);
        fill(&x, a, 10);
        fill(&x, b, 20);
        x.f.mono_ms += BACKOFF_MS;
        for (int i = 0; i < 100 && partition_log_cleaned_end(b) == 0; i++) {
                assert_int_equal(partition_log_cleaned_end(a), 20);
                log_dir_run_timers(x.dir);
        }
        assert_int_equal(partition_log_cleaned_end(b), 20);
        run(&x, 0);
        assert_int_equal(partition_log_cleaned_end(a), 30);
        expect_checkpoint(&x, "0\n2\na 0 30\nb 0 20\n");
        teardown(&x);
}

/* Goal: nothing above high watermark and last stable offset is cleaned, and nothing at all when the
 * cleaner is off or the policy is another. Method: each. */
static void it_keeps_its_bounds(void **state)
{
        (void)state;
        for (int i = 0; i < 4; i++) {
                struct fixture x;
                setup(&x);
                log_dir_abandon(x.dir);
                x.uncommitted = i == 0 ? 1 : 0;
                x.unstable = i == 1 ? 1 : 0;
                x.enabled = i != 2;
                x.config.cleanup_compact = i != 3;
                open_root(&x);
                struct partition_log *log = open_partition(&x, "t");
                fill(&x, log, 5);
                run(&x, 2 * BACKOFF_MS);
                assert_int_equal(partition_log_cleaned_end(log), 0);
                teardown(&x);
        }
}

/* Goal: a log can be deleted, and the directory closed, in the midst of a round. Method: both after
 * each number of steps. */
static void rounds_can_be_interrupted(void **state)
{
        (void)state;
        for (int steps = 1; steps < 8; steps++) {
                struct fixture x;
                setup(&x);
                fill(&x, open_partition(&x, "a"), 30);
                fill(&x, open_partition(&x, "b"), 30);
                struct partition_log *c = open_partition(&x, "c");
                fill(&x, c, 40);
                x.f.mono_ms += BACKOFF_MS;
                for (int i = 0; i < steps; i++)
                        log_dir_run_timers(x.dir);
                assert_int_equal(log_dir_delete(x.dir, c), KERR_NONE);
                for (int i = 0; i < steps; i++)
                        log_dir_run_timers(x.dir);
                assert_int_equal(log_dir_close(x.dir), KERR_NONE);
                open_root(&x);
                assert_int_equal(partition_log_end(open_partition(&x, "a")), 30);
                assert_false(fake_world_exists(&x.f, "data/a-0/00000000000000000000.log.cleaned"));
                teardown(&x);
        }
}

/* Goal: a round is due by dirty ratio, or when the dirty part is old; young segments wait. Method:
 * look, at several settings. */
static void rounds_are_due(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_init(&x, compact_config());
        for (int i = 0; i < 40; i++)
                append_updates(&x, &(struct update){i % 40, i}, 1,
                               (struct batch_kind){.timestamp = 1000 + i});
        assert_true(cleanable_look(x.log, 40).is_due);
        assert_true(cleanable_look(x.log, 40).dirty_ratio > 0.99);
        assert_false(cleanable_look(x.log, 5).is_due); /* no segment ends below */
        clean_all(&x);
        assert_false(cleanable_look(x.log, 40).is_due);
        for (int i = 0; i < 20; i++)
                append_updates(&x, &(struct update){i, i}, 1,
                               (struct batch_kind){.timestamp = 2000 + i});
        partition_log_roll(x.log);
        struct cleanable need = cleanable_look(x.log, 60);
        assert_true(need.dirty_ratio > 0.3 && need.dirty_ratio < 0.4 && !need.is_due);
        x.f.wall_ms = 2600;
        x.config.max_compaction_lag_ms = 600;
        partition_log_configure(x.log, &x.config);
        assert_false(cleanable_look(x.log, 60).is_due);
        x.f.wall_ms = 2601;
        assert_true(cleanable_look(x.log, 60).is_due);
        x.config.max_compaction_lag_ms = INT64_MAX;
        x.config.min_cleanable_dirty_ratio = 0.3;
        x.config.min_compaction_lag_ms = 1000;
        partition_log_configure(x.log, &x.config);
        assert_false(cleanable_look(x.log, 60).is_due);
        x.f.wall_ms = 3100;
        assert_true(cleanable_look(x.log, 60).is_due);
        x.config.cleanup_compact = false;
        partition_log_configure(x.log, &x.config);
        assert_false(cleanable_look(x.log, 60).is_due);
        fixture_deinit(&x);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_runs_and_remembers),
                cmocka_unit_test(the_dirtiest_goes_first),
                cmocka_unit_test(it_keeps_its_bounds),
                cmocka_unit_test(rounds_can_be_interrupted),
                cmocka_unit_test(rounds_are_due),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
