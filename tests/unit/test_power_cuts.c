/* Random lives of a log that end in power cuts: the guarantees of src/log as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log_test.h"

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(power_cuts_lose_nothing_flushed),
                cmocka_unit_test(power_cuts_show_the_zoo),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
