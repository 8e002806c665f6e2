/* Random lives of a compacted log and of a follower: whatever happens, both fold to what was
 * committed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compaction_fixture.h"

enum { KEYS = 20, PRODUCERS = 4, STEPS = 400, SEEDS = 150 };

struct open_txn {
        int64_t first;        /* -1: none is open */
        int32_t values[KEYS]; /* NO_VALUE: not written; TOMBSTONE */
        int64_t offsets[KEYS];
};

struct life {
        struct log_fixture x, follower;
        struct rng rng;
        int32_t values[KEYS];  /* what is committed; NO_VALUE: none */
        int64_t offsets[KEYS]; /* where it lies: a transaction may commit what is older */
        struct open_txn txns[PRODUCERS];
        int32_t next_value;
        int codec;
};

static void remember(struct life *l, int32_t key, int32_t value, int64_t offset)
{
        if (offset < l->offsets[key])
                return;
        l->values[key] = value == TOMBSTONE ? NO_VALUE : value;
        l->offsets[key] = offset;
}

/* The first offset of the oldest open transaction, or the log end. */
static int64_t stable_end(const struct life *l)
{
        int64_t end = partition_log_end(l->x.log);
        for (int i = 0; i < PRODUCERS; i++)
                if (l->txns[i].first >= 0 && l->txns[i].first < end)
                        end = l->txns[i].first;
        return end;
}

static void write_some(struct life *l)
{
        int producer = (int)rng_between(&l->rng, 0, PRODUCERS); /* PRODUCERS: none */
        struct update updates[5];
        int count = (int)rng_between(&l->rng, 1, 5);
        for (int i = 0; i < count; i++) {
                bool is_tombstone = rng_chance(&l->rng, 1, 6);
                updates[i] = (struct update){(int32_t)rng_between(&l->rng, 0, KEYS - 1),
                                             is_tombstone ? TOMBSTONE : l->next_value++};
        }
        struct batch_kind kind = {.codec = l->codec, .timestamp = l->next_value};
        if (producer < PRODUCERS) {
                kind.attributes = BATCH_TRANSACTIONAL;
                kind.producer_id = producer + 1;
        }
        int64_t base = append_updates(&l->x, updates, count, kind);
        assert_true(base >= 0);
        for (int i = 0; i < count; i++) {
                if (producer == PRODUCERS) {
                        remember(l, updates[i].key, updates[i].value, base + i);
                        continue;
                }
                struct open_txn *txn = &l->txns[producer];
                txn->first = txn->first < 0 ? base : txn->first;
                txn->values[updates[i].key] = updates[i].value;
                txn->offsets[updates[i].key] = base + i;
        }
}

static void end_some(struct life *l, int producer)
{
        struct open_txn *txn = &l->txns[producer];
        if (txn->first < 0)
                return;
        bool commit = rng_chance(&l->rng, 1, 2);
        end_txn(&l->x, producer + 1, txn->first, commit);
        for (int32_t key = 0; key < KEYS; key++) {
                if (commit && txn->values[key] != NO_VALUE)
                        remember(l, key, txn->values[key], txn->offsets[key]);
                txn->values[key] = NO_VALUE;
        }
        txn->first = -1;
}

/* The follower fetches what there is, or a part. */
static void fetch(struct life *l, int32_t size_max)
{
        struct buffer bytes = {0};
        struct log_append done;
        int64_t end = partition_log_end(l->x.log), from = -1;
        while (from != partition_log_end(l->follower.log)) {
                struct extent at;
                from = partition_log_end(l->follower.log);
                assert_int_equal(partition_log_read(l->x.log, from, end, size_max, true, &at),
                                 KERR_NONE);
                if (!at.file)
                        break;
                buffer_clear(&bytes);
                uint8_t *into = buffer_reserve(&bytes, (size_t)at.length);
                assert_int_equal(world_read_exactly(&l->x.f.world, at.file, at.position, into,
                                                    (size_t)at.length),
                                 KERR_NONE);
                bytes.size = (size_t)at.length;
                assert_int_equal(partition_log_append_as_follower(l->follower.log,
                                                                  buffer_span(&bytes), &done),
                                 KERR_NONE);
                if (rng_chance(&l->rng, 1, 3))
                        break;
        }
        buffer_deinit(&bytes);
}

static void start_again(struct life *l)
{
        struct log_fixture *x = &l->x;
        int64_t point = partition_log_recovery_point(x->log);
        bool is_clean = rng_chance(&l->rng, 1, 2);
        if (is_clean) {
                partition_log_flush(x->log);
                point = partition_log_end(x->log);
                partition_log_close(x->log);
                x->log = NULL;
        } else {
                fixture_kill(x);
        }
        fixture_reopen(x, point, 0, is_clean);
        assert_true(refold(x));
}

static void clean_some(struct life *l)
{
        int64_t bound = stable_end(l);
        if (rng_chance(&l->rng, 1, 4))
                bound = rng_between(&l->rng, 0, bound);
        if (rng_chance(&l->rng, 1, 2))
                partition_log_roll(l->x.log);
        clean_below(&l->x, bound, rng_chance(&l->rng, 1, 3) ? 500 : 1 << 20);
}

static void expect_committed(struct life *l, struct log_fixture *x)
{
        struct fold fold;
        assert_true(refold(x));
        assert_true(fold_log(x, &fold));
        assert_memory_equal(fold.values, l->values, sizeof l->values);
        assert_int_equal(fold.last_offset, partition_log_end(l->x.log) - 1);
}

static void init_life(struct life *l, uint64_t seed)
{
        struct log_config config = compact_config();
        memset(l, 0, sizeof *l);
        rng_init(&l->rng, seed);
        config.segment_bytes = seed % 3 ? 1000 : 4000;
        l->codec = (int)(seed % 5);
        fixture_init(&l->x, config);
        fixture_init(&l->follower, config);
        memset(l->values, 0xff, sizeof l->values);
        memset(l->offsets, 0xff, sizeof l->offsets);
        for (int i = 0; i < PRODUCERS; i++) {
                l->txns[i].first = -1;
                memset(l->txns[i].values, 0xff, sizeof l->txns[i].values);
        }
}

/* Goal: leader and follower fold to what was committed. Method: random updates, tombstones and
 * transactions, rolls, rounds, starts and fetches; time passes only when the follower has all (one
 * that lags by more than delete.retention.ms may miss a tombstone, as in Kafka). */
static void folds_stay_the_same(void **state)
{
        (void)state;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
                struct life l;
                init_life(&l, seed);
                for (int i = 0; i < STEPS; i++) {
                        int64_t action = rng_between(&l.rng, 0, 99);
                        if (action < 60)
                                write_some(&l);
                        else if (action < 75)
                                end_some(&l, (int)rng_between(&l.rng, 0, PRODUCERS - 1));
                        else if (action < 85)
                                fetch(&l, (int32_t)rng_between(&l.rng, 1, 3000));
                        else if (action < 93)
                                clean_some(&l);
                        else if (action < 95)
                                start_again(&l);
                        else if (partition_log_end(l.follower.log) == partition_log_end(l.x.log))
                                l.x.f.wall_ms += rng_between(&l.rng, 0, 1500);
                }
                for (int i = 0; i < PRODUCERS; i++)
                        end_some(&l, i);
                expect_committed(&l, &l.x);
                clean_all(&l.x);
                while (partition_log_end(l.follower.log) < partition_log_end(l.x.log))
                        fetch(&l, 3000);
                expect_committed(&l, &l.x);
                expect_committed(&l, &l.follower);
                fixture_deinit(&l.x);
                fixture_deinit(&l.follower);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(folds_stay_the_same),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
