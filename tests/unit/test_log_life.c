/* Unit tests of what a log root remembers from one life of its broker to the next: high watermarks,
 * the life itself, and followers' logs that were cut (src/log/log_dir.c, root_files.c). */
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

/* The owner of a log is its high watermark. */
static int64_t owners_number(void *context, struct partition_log *log)
{
        int64_t *high_watermark = partition_log_owner(log);
        (void)context;
        return high_watermark ? *high_watermark : -1;
}

static void open_root(struct fixture *x)
{
        struct log_dir_open how = {
                .world = &x->f.world,
                .path = "/data",
                .node_id = 7,
                .retention_check_ms = 300000,
                .checkpoint_ms = 60000,
                .high_watermark = owners_number,
        };
        assert_int_equal(log_dir_open(&how, &x->dir), KERR_NONE);
}

static void setup(struct fixture *x)
{
        *x = (struct fixture){.config = small_config()};
        fake_world_init(&x->f);
        open_root(x);
}

static void teardown(struct fixture *x)
{
        if (x->dir)
                log_dir_abandon(x->dir);
        assert_int_equal(sim_disk_open_files(x->f.disk), x->f.sync_count);
        fake_world_deinit(&x->f);
}

static struct partition_log *open_as(struct fixture *x, const char *topic, struct uuid id)
{
        struct partition_log *log;
        assert_int_equal(log_dir_partition(x->dir, topic, 0, &id, &x->config, &log), KERR_NONE);
        return log;
}

static struct partition_log *open_partition(struct fixture *x, const char *topic)
{
        return open_as(x, topic, id_a);
}

/* How a life ends. */
enum stop { CLEAN, KILL, POWER_CUT };

static void stop(struct fixture *x, enum stop how)
{
        if (how == CLEAN)
                assert_int_equal(log_dir_close(x->dir), KERR_NONE);
        else
                log_dir_abandon(x->dir);
        x->dir = NULL;
        if (how == POWER_CUT)
                fake_world_power_cut(&x->f, "nothing", 1);
        else
                fake_world_kill(&x->f);
}

/* --- high watermarks --- */

#define HW_FILE "data/replication-offset-checkpoint"

/* Goal: high watermarks are written every 5 s, as Kafka writes them, and are there after a crash;
 * the metadata log's is not. Method: two logs with one, a log without; the clock; the switch
 * hw-forgotten (KAFKA-769). */
static void high_watermarks_are_remembered(void **state)
{
        (void)state;
        for (int forgotten = 0; forgotten < 2; forgotten++) {
                struct fixture x;
                int64_t a = 4, b = 0;
                setup(&x);
                append_batches(open_partition(&x, "__cluster_metadata"), 5);
                struct partition_log *log = open_partition(&x, "a");
                append_batches(log, 5);
                partition_log_set_owner(log, &a);
                partition_log_set_owner(open_partition(&x, "b"), &b);
                assert_int_equal(log_dir_high_watermark(x.dir, "a", 0), 0);
                x.f.mono_ms += 4999;
                assert_int_equal(log_dir_run_timers(x.dir), x.f.mono_ms + 1);
                assert_false(fake_world_exists(&x.f, HW_FILE));
                x.f.mono_ms++;
                assert_int_equal(log_dir_run_timers(x.dir), x.f.mono_ms + 5000);
                expect_text(&x.f, HW_FILE, "0\n2\na 0 4\nb 0 0\n");
                assert_false(fake_world_exists(&x.f, "data/log-start-offset-checkpoint"));
                a = 5;
                stop(&x, KILL);
                if (forgotten)
                        x.f.world.zoo.bits = UINT64_C(1) << ZOO_HW_FORGOTTEN;
                open_root(&x);
                assert_int_equal(log_dir_high_watermark(x.dir, "a", 0), forgotten ? 0 : 4);
                assert_int_equal(log_dir_high_watermark(x.dir, "a", 1), 0);
                assert_int_equal(log_dir_high_watermark(x.dir, "nobody", 0), 0);
                log = open_partition(&x, "a");
                partition_log_set_owner(log, &a);
                open_partition(&x, "b");
                open_partition(&x, "__cluster_metadata");
                stop(&x, CLEAN);
                expect_text(&x.f, HW_FILE, "0\n1\na 0 5\n");
                teardown(&x);
        }
}

/* Goal: a high watermark is not handed on to another topic of the name, and one above the end of a
 * log that was cut is not kept. Method: delete and make anew; truncate. */
static void high_watermarks_end_with_their_records(void **state)
{
        (void)state;
        struct fixture x;
        int64_t hw = 12;
        setup(&x);
        struct partition_log *log = open_partition(&x, "t");
        append_batches(log, 12);
        partition_log_set_owner(log, &hw);
        partition_log_flush(log);
        assert_int_equal(log_dir_checkpoint(x.dir), KERR_NONE);
        assert_int_equal(partition_log_truncate(log, 8), KERR_NONE);
        expect_text(&x.f, HW_FILE, "0\n1\nt 0 8\n");
        assert_int_equal(log_dir_delete(x.dir, log), KERR_NONE);
        append_batches(open_as(&x, "t", id_b), 12);
        stop(&x, KILL);
        open_root(&x);
        assert_int_equal(log_dir_high_watermark(x.dir, "t", 0), 0);
        teardown(&x);
}

/* Goal: retention leaves a log without a high watermark alone. Method: all of it is too old. */
static void no_high_watermark_keeps_all(void **state)
{
        (void)state;
        struct fixture x;
        int64_t hw = 25;
        setup(&x);
        x.config.retention_ms = 1000;
        struct partition_log *kept = open_partition(&x, "kept"), *log = open_partition(&x, "t");
        append_batches(kept, 25);
        append_batches(log, 25);
        partition_log_set_owner(log, &hw);
        x.f.mono_ms += 300000;
        log_dir_run_timers(x.dir);
        assert_int_equal(partition_log_start(kept), 0);
        assert_int_equal(partition_log_start(log), 25);
        teardown(&x);
}

/* --- lives --- */

/* Goal: a life is claimed by the next one if, and only if, all that it wrote is there. Method: a
 * table of lives, each with the epoch it begins (0: it does not), its end, and what the next one
 * finds. */
static void lives_are_claimed_when_nothing_is_lost(void **state)
{
        (void)state;
        struct life {
                int64_t epoch;
                enum stop stop;
                int64_t next_finds;
        };
        static const struct life lives[][4] = {
                {{10, CLEAN, 10}, {20, KILL, 20}, {30, POWER_CUT, -1}, {40, CLEAN, 40}},
                {{0, CLEAN, -1}, {0, KILL, -1}, {10, KILL, 10}, {0, KILL, 10}},
                /* 30 was never begun: the mark of its stop says nothing of 20. */
                {{10, CLEAN, 10}, {20, POWER_CUT, -1}, {0, CLEAN, -1}, {0, CLEAN, -1}},
                {{10, KILL, 10}, {0, CLEAN, 10}, {0, POWER_CUT, -1}, {0, CLEAN, -1}},
                {{10, POWER_CUT, -1}, {0, KILL, -1}, {0, POWER_CUT, -1}, {0, CLEAN, -1}},
        };
        for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
                struct fixture x;
                setup(&x);
                assert_int_equal(log_dir_previous_epoch(x.dir), -1);
                for (int n = 0; n < 4; n++) {
                        const struct life *l = &lives[i][n];
                        append_batches(open_partition(&x, "t"), 1);
                        if (l->epoch)
                                assert_int_equal(log_dir_begin_life(x.dir, l->epoch), KERR_NONE);
                        stop(&x, l->stop);
                        open_root(&x);
                        assert_int_equal(log_dir_previous_epoch(x.dir), l->next_finds);
                }
                teardown(&x);
        }
}

/* Goal: the files of a life say what they should. Method: their texts. */
static void lives_are_written_down(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        open_partition(&x, "t");
        assert_int_equal(log_dir_begin_life(x.dir, 1234567890123), KERR_NONE);
        expect_text(&x.f, "data/broker-life",
                    "version: 0\nmachine_boot: AQAAAAAAAAAAAAAAAAAAAA\n"
                    "broker_epoch: 1234567890123\n");
        stop(&x, CLEAN);
        expect_text(&x.f, "data/.kafka_cleanshutdown",
                    "{\"version\":0,\"brokerEpoch\":1234567890123}");
        teardown(&x);
}

/* Goal: a machine that cannot tell its boots apart claims only clean stops. Method: zeros. */
static void unknown_machines_claim_nothing(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        x.f.world.machine_boot = (struct uuid){{0}};
        assert_int_equal(log_dir_begin_life(x.dir, 10), KERR_NONE);
        stop(&x, CLEAN);
        open_root(&x);
        assert_int_equal(log_dir_previous_epoch(x.dir), 10);
        assert_int_equal(log_dir_begin_life(x.dir, 20), KERR_NONE);
        stop(&x, KILL);
        open_root(&x);
        assert_int_equal(log_dir_previous_epoch(x.dir), -1);
        teardown(&x);
}

/* Goal: nobody claims a life in which a write or sync failed. Method: fail an append, a flush, a
 * background sync, and the opening; before and after the life began; die, or try to stop cleanly.
 */
static void failed_lives_are_not_claimed(void **state)
{
        (void)state;
        enum { APPEND, FLUSH, BACKGROUND, OPENING, FAILURES };
        for (int i = 0; i < FAILURES * 4; i++) {
                struct fixture x;
                bool late = i & FAILURES, closes = i & 2 * FAILURES;
                setup(&x);
                struct partition_log *log = open_partition(&x, "t");
                append_batches(log, 11);
                assert_int_equal(log_dir_begin_life(x.dir, 10), KERR_NONE);
                if (!late) {
                        int32_t syncs = x.f.sync_count;
                        assert_int_equal(syncs, 1);
                        stop(&x, KILL);
                        open_root(&x);
                        assert_int_equal(log_dir_previous_epoch(x.dir), 10);
                        if (i % FAILURES == OPENING)
                                sim_disk_fail_append(x.f.disk, 1, KERR_IO, 0);
                        log_dir_partition(x.dir, "t", 0, &id_a, &x.config, &log);
                        append_batches(log, i % FAILURES == OPENING ? 0 : 10);
                }
                switch (i % FAILURES) {
                case APPEND:
                        sim_disk_fail_append(x.f.disk, 1, KERR_IO, 5);
                        append_batches(log, 1);
                        break;
                case FLUSH:
                        sim_disk_fail_syncs(x.f.disk, 1, true);
                        partition_log_flush(log);
                        break;
                case BACKGROUND:
                        log_dir_on_synced(x.dir, fake_world_end_sync(&x.f, 0, KERR_IO), KERR_IO);
                        break;
                default: /* the first append at opening seals an index */
                        if (late) {
                                sim_disk_fail_append(x.f.disk, 1, KERR_IO, 5);
                                append_batches(log, 1);
                        }
                }
                assert_int_equal(log_dir_previous_epoch(x.dir), -1);
                assert_int_equal(log_dir_begin_life(x.dir, 20), KERR_NONE);
                if (closes) {
                        log_dir_close(x.dir);
                        x.dir = NULL;
                        fake_world_kill(&x.f);
                } else {
                        log_dir_run_timers(x.dir);
                        log_dir_run_timers(x.dir);
                        stop(&x, KILL);
                }
                assert_false(fake_world_exists(&x.f, "data/broker-life"));
                assert_false(fake_world_exists(&x.f, "data/.kafka_cleanshutdown"));
                open_root(&x);
                assert_int_equal(log_dir_previous_epoch(x.dir), -1);
                teardown(&x);
        }
}

/* Goal: a file that is none is no life, and no reason to refuse the root. Method: broken texts. */
static void broken_lives_are_forgotten(void **state)
{
        (void)state;
        static const char *const texts[] = {
                "",
                "version: 0\nmachine_boot: AQAAAAAAAAAAAAAAAAAAAA\n",
                "version: 0\nmachine_boot: AQAAAAAAAAAAAAAAAAAAAA\nbroker_epoch: -1\n",
                "version: 0\nmachine_boot: AQ\nbroker_epoch: 5\n",
        };
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                struct fixture x;
                setup(&x);
                stop(&x, CLEAN);
                fake_world_write(&x.f, "data/broker-life", span_of(texts[i], strlen(texts[i])));
                open_root(&x);
                assert_int_equal(log_dir_previous_epoch(x.dir), -1);
                assert_false(fake_world_exists(&x.f, "data/broker-life"));
                teardown(&x);
        }
}

/* Goal: a life that has begun is durable, and one whose beginning was interrupted leaves the one
 * before or the new. Method: die in each operation; then look, with and without a power cut. */
static void beginnings_are_durable(void **state)
{
        (void)state;
        for (int64_t n = 1; n <= 7; n++) {
                struct fixture x;
                setup(&x);
                assert_int_equal(log_dir_begin_life(x.dir, 10), KERR_NONE);
                sim_disk_crash_at(x.f.disk, n);
                enum kerr err = log_dir_begin_life(x.dir, 20);
                log_dir_abandon(x.dir);
                fake_world_kill(&x.f);
                open_root(&x);
                int64_t found = log_dir_previous_epoch(x.dir);
                assert_true(found == 20 || (err && found == 10));
                stop(&x, POWER_CUT);
                x.f.world.machine_boot.bytes[0]--; /* as if it had stayed up: to see the file */
                open_root(&x);
                assert_true(log_dir_previous_epoch(x.dir) == found || err);
                teardown(&x);
        }
}

/* --- followers --- */

enum { OFFSETS_MAX = 4000 };

/* What a follower's log should hold. */
struct model {
        struct fixture x;
        struct rng rng;
        struct partition_log *log;
        char fills[OFFSETS_MAX]; /* of the batch at each offset */
        int64_t start, end;
        int64_t durable;      /* all below was flushed */
        int64_t restarted_at; /* in this life, perhaps not to the end; -1: not */
};

static void follow(struct model *m)
{
        struct buffer bytes = {0};
        struct log_append done;
        int64_t count = rng_between(&m->rng, 1, 15), end = m->end;
        for (int64_t i = 0; i < count && end < OFFSETS_MAX; i++) {
                struct sample s = hundred_bytes(1000);
                m->fills[end] = s.fill = (char)('a' + rng_between(&m->rng, 0, 25));
                append_sample(&bytes, s);
                store_be64(bytes.data + bytes.size - 100, (uint64_t)end++);
                store_be32(bytes.data + bytes.size - 100 + 12, 0);
        }
        partition_log_append_as_follower(m->log, buffer_span(&bytes), &done);
        m->end = end; /* in a write that failed, a part may be there */
        buffer_deinit(&bytes);
}

static void cut(struct model *m)
{
        int64_t from = m->end - 25 > m->start ? m->end - 25 : m->start;
        int64_t offset = rng_between(&m->rng, from, m->end);
        if (offset < m->durable)
                m->durable = offset;
        if (!partition_log_truncate(m->log, offset))
                m->end = offset;
}

static void begin_anew(struct model *m)
{
        int64_t from = m->start > 50 ? m->start - 50 : 0;
        m->restarted_at = rng_between(&m->rng, from, m->end + 50);
        m->durable = 0;
        if (!partition_log_restart_at(m->log, m->restarted_at))
                m->start = m->end = m->durable = m->restarted_at;
}

static void live(struct model *m)
{
        for (int i = 0; i < 40 && !sim_disk_has_crashed(m->x.f.disk) && m->end < 3000; i++) {
                int64_t action = rng_between(&m->rng, 0, 20);
                if (action < 10)
                        follow(m);
                else if (action < 13)
                        cut(m);
                else if (action < 14)
                        begin_anew(m);
                else if (action < 16)
                        m->durable = partition_log_flush(m->log) ? m->durable : m->end;
                else if (m->x.f.sync_count > 0)
                        log_dir_on_synced(m->x.dir, fake_world_end_sync(&m->x.f, 0, KERR_NONE),
                                          KERR_NONE);
                m->x.f.mono_ms += 2000;
                log_dir_run_timers(m->x.dir);
        }
}

/* What is there is a prefix of what should be, and holds all that was flushed. */
static bool is_whole(struct model *m)
{
        struct log_fixture reader = {.f = {.files = m->x.f.files}, .log = m->log};
        struct buffer bytes = {0};
        int64_t start = partition_log_start(m->log), end = partition_log_end(m->log);
        bool anew = m->restarted_at >= 0 && start == end && start == m->restarted_at;
        bool good = anew || (start == m->start && end >= m->durable && end <= m->end);
        good = good && fixture_read(&reader, start, &bytes) == KERR_NONE &&
               bytes.size == (size_t)(end - start) * 100;
        for (int64_t offset = start; good && offset < end; offset++)
                good = bytes.data[(offset - start + 1) * 100 - 2] == m->fills[offset];
        buffer_deinit(&bytes);
        m->start = start;
        m->end = end;
        m->restarted_at = -1;
        return good;
}

static void open_again(struct model *m, const char *survival)
{
        log_dir_abandon(m->x.dir);
        m->x.dir = NULL;
        if (survival)
                fake_world_power_cut(&m->x.f, survival, rng_u64(&m->rng));
        else
                fake_world_kill(&m->x.f);
        open_root(&m->x);
        m->log = open_partition(&m->x, "t");
}

/* Goal: a follower may append other records behind a cut, and no crash takes what it had before for
 * them, or loses what it flushed; nor does a flush after a crash say more than is true. Method:
 * random lives with cuts and new beginnings that end in a kill or a power cut, with each survival;
 * the checkpoints are the root's own. */
static void cut_logs_recover(void **state)
{
        (void)state;
        for (uint64_t seed = 0; seed < 400; seed++) {
                struct model m = {.restarted_at = -1};
                rng_init(&m.rng, seed);
                setup(&m.x);
                m.log = open_partition(&m.x, "t");
                for (int life = 0; life < 4; life++) {
                        const char *survival = sim_survival_name((int)rng_between(&m.rng, 0, 10));
                        if (rng_chance(&m.rng, 1, 2))
                                sim_disk_crash_at(m.x.f.disk, rng_between(&m.rng, 1, 300));
                        live(&m);
                        open_again(&m, rng_chance(&m.rng, 1, 4) ? NULL : survival);
                        if (!is_whole(&m))
                                fail_msg("seed %llu, life %d", (unsigned long long)seed, life);
                        m.durable = m.start;
                        if (rng_chance(&m.rng, 1, 2)) {
                                assert_int_equal(partition_log_flush(m.log), KERR_NONE);
                                m.durable = m.end;
                                open_again(&m, "nothing");
                                if (!is_whole(&m))
                                        fail_msg("seed %llu, flush %d", (unsigned long long)seed,
                                                 life);
                        }
                }
                teardown(&m.x);
        }
}

/* Goal: checkpoints that a crash has made wrong are mended before the log is handed out. Method: a
 * recovery point behind the end; a log start behind all, or before the first segment. */
static void wrong_checkpoints_are_mended(void **state)
{
        (void)state;
        struct fixture x;
        setup(&x);
        append_batches(open_partition(&x, "t"), 25);
        stop(&x, KILL);
        static const struct {
                const char *recovery_points, *log_starts, *mended_points, *mended_starts;
        } cases[] = {
                {"0\n1\nt 0 40\n", "0\n1\nt 0 0\n", "0\n1\nt 0 25\n", "0\n1\nt 0 0\n"},
                {"0\n1\nt 0 95\n", "0\n1\nt 0 90\n", "0\n1\nt 0 90\n", "0\n1\nt 0 90\n"},
                {"0\n1\nt 0 90\n", "0\n1\nt 0 3\n", "0\n1\nt 0 90\n", "0\n1\nt 0 90\n"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                fake_world_write(
                        &x.f, "data/recovery-point-offset-checkpoint",
                        span_of(cases[i].recovery_points, strlen(cases[i].recovery_points)));
                fake_world_write(&x.f, "data/log-start-offset-checkpoint",
                                 span_of(cases[i].log_starts, strlen(cases[i].log_starts)));
                open_root(&x);
                open_partition(&x, "t");
                expect_text(&x.f, "data/recovery-point-offset-checkpoint", cases[i].mended_points);
                expect_text(&x.f, "data/log-start-offset-checkpoint", cases[i].mended_starts);
                stop(&x, KILL);
        }
        int64_t syncs = x.f.file_syncs;
        open_root(&x);
        open_partition(&x, "t");
        assert_int_equal(x.f.file_syncs, syncs + 1); /* of the log alone */
        teardown(&x);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(high_watermarks_are_remembered),
                cmocka_unit_test(high_watermarks_end_with_their_records),
                cmocka_unit_test(no_high_watermark_keeps_all),
                cmocka_unit_test(lives_are_claimed_when_nothing_is_lost),
                cmocka_unit_test(lives_are_written_down),
                cmocka_unit_test(unknown_machines_claim_nothing),
                cmocka_unit_test(failed_lives_are_not_claimed),
                cmocka_unit_test(broken_lives_are_forgotten),
                cmocka_unit_test(beginnings_are_durable),
                cmocka_unit_test(cut_logs_recover),
                cmocka_unit_test(wrong_checkpoints_are_mended),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
