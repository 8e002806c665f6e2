/* Compaction and crashes: whatever the moment, what is found afterwards is the log before or the
 * log after, and folds to the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compaction_fixture.h"

enum { CUTS_PER_OPERATION = 16, OPERATIONS_MAX = 500 };

/* A log that has been cleaned once, and is dirty again: nine segments with overwritten keys,
 * tombstones, an aborted transaction and a committed one, all synced. */
static void prepare(struct log_fixture *x, struct zoo zoo)
{
        fixture_init(x, compact_config());
        for (int i = 0; i < 40; i++)
                put(x, i % 4 ? i % 7 : 100 + i, i); /* some keys are never written again */
        clean_all(x);
        int64_t first = append_updates(
                x, &(struct update){3, 666}, 1,
                (struct batch_kind){.producer_id = 9, .attributes = BATCH_TRANSACTIONAL});
        append_updates(x, &(struct update){4, 444}, 1,
                       (struct batch_kind){.producer_id = 8, .attributes = BATCH_TRANSACTIONAL});
        for (int i = 40; i < 70; i++)
                put(x, i % 11, i % 5 ? i : TOMBSTONE);
        end_txn(x, 8, -1, true);
        end_txn(x, 9, first, false);
        for (int i = 70; i < 75; i++)
                put(x, i % 11, i);
        assert_int_equal(partition_log_roll(x->log), KERR_NONE);
        put(x, 1, 1111);
        assert_int_equal(partition_log_flush(x->log), KERR_NONE);
        while (x->f.sync_count > 0)
                fixture_end_sync(x, 0, KERR_NONE);
        x->f.world.zoo = zoo;
}

enum how { KILLED, POWER_CUT };

/* One life that ends in operation `n` of a compaction, and the one after. Returns whether the log
 * was whole. *reached is false when the compaction ended before. */
static bool survives(struct zoo zoo, enum how how, int64_t n, uint64_t seed, bool *reached)
{
        struct log_fixture x;
        struct fold before, after;
        prepare(&x, zoo);
        assert_true(fold_log(&x, &before));
        int64_t end = partition_log_end(x.log), point = partition_log_recovery_point(x.log);
        sim_disk_crash_at(x.f.disk, n);
        clean_below(&x, end, 1 << 20);
        *reached = sim_disk_has_crashed(x.f.disk);
        partition_log_abandon(x.log);
        x.log = NULL;
        if (how == KILLED)
                fake_world_kill(&x.f);
        else
                fake_world_power_cut(&x.f, seed == 0 ? "nothing" : "any", seed);
        bool good = fixture_open(&x, seed % 2 ? point : 0, 0, false) == KERR_NONE && refold(&x) &&
                    partition_log_end(x.log) == end && partition_log_start(x.log) == 0 &&
                    fold_log(&x, &after) && same_values(&before, &after);
        if (good) {
                /* It goes on: cleaned again, and started once more. */
                clean_all(&x);
                good = fold_log(&x, &after) && same_values(&before, &after);
                assert_int_equal(partition_log_flush(x.log), KERR_NONE);
                assert_int_equal(partition_log_close(x.log), KERR_NONE);
                x.log = NULL;
                good = good && fixture_open(&x, end, 0, true) == KERR_NONE &&
                       fold_log(&x, &after) && same_values(&before, &after);
        }
        fixture_deinit(&x);
        return good;
}

/* The number of lives that went wrong. */
static int count_losses(struct zoo zoo, enum how how, uint64_t seeds, int64_t *operations)
{
        int losses = 0;
        bool reached = true;
        for (int64_t n = 1; reached; n++) {
                assert_true(n < OPERATIONS_MAX);
                for (uint64_t seed = 0; seed < seeds; seed++)
                        losses += !survives(zoo, how, n, seed, &reached);
                *operations = n;
        }
        return losses;
}

/* Goal: the death of the process at any point of a compaction loses nothing. Method: die in each
 * file operation in turn, recover from the last checkpoint and from none. */
static void kills_lose_nothing(void **state)
{
        (void)state;
        int64_t operations;
        assert_int_equal(count_losses((struct zoo){0}, KILLED, 2, &operations), 0);
        assert_true(operations > 50); /* the whole of it */
}

/* Goal: nor does a power cut. Method: the same, with many choices of what survives. */
static void power_cuts_lose_nothing(void **state)
{
        (void)state;
        int64_t operations;
        assert_int_equal(count_losses((struct zoo){0}, POWER_CUT, CUTS_PER_OPERATION, &operations),
                         0);
}

/* Goal: these tests see what happens when the old segments go too early. Method: zoo: swap-order.
 */
static void swap_order_loses(void **state)
{
        (void)state;
        int64_t operations;
        struct zoo zoo = {1ULL << ZOO_SWAP_ORDER};
        assert_true(count_losses(zoo, KILLED, 1, &operations) > 0);
        assert_true(count_losses(zoo, POWER_CUT, 2, &operations) > 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(kills_lose_nothing),
                cmocka_unit_test(power_cuts_lose_nothing),
                cmocka_unit_test(swap_order_loses),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
