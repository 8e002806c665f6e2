/* Compaction and the table of producers (src/delivery/producer_state.c): what is left of the log
 * folds to the same sequences, and no transaction is open that was ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compaction_fixture.h"
#include "delivery/producer_state.h"

enum { PRODUCERS = 5, STEPS = 300, SEEDS = 60, FIRST_TRANSACTIONAL = 3, EPOCH = 4 };

struct life {
        struct log_fixture x;
        struct producer_state *table;
        struct rng rng;
        int32_t sequences[PRODUCERS]; /* the next one */
        bool is_open[PRODUCERS];
};

/* What must survive. */
struct known {
        int64_t last_sequence;
        int64_t last_offset, txn_first_offset;
};

static void open_table(struct life *l)
{
        assert_int_equal(producer_state_open(&l->x.f.world, l->x.log, INT64_MAX, &l->table),
                         KERR_NONE);
}

static void write_some(struct life *l)
{
        int64_t id = rng_between(&l->rng, 0, PRODUCERS - 1);
        struct batch_builder b;
        struct buffer bytes = {0};
        struct log_append done;
        batch_builder_init(&b);
        int64_t count = rng_between(&l->rng, 1, 3);
        for (int64_t i = 0; i < count; i++) {
                char key[2] = {'k', (char)('a' + rng_between(&l->rng, 0, 5))};
                struct record r = {.timestamp = 1,
                                   .key = span_of(key, 2),
                                   .value = span_of("value", rng_chance(&l->rng, 1, 8) ? 0 : 5)};
                batch_builder_add(&b, &r, NULL, 0);
        }
        bool is_transactional = id >= FIRST_TRANSACTIONAL;
        b.header.attributes = is_transactional ? BATCH_TRANSACTIONAL : 0;
        b.header.producer_id = id;
        b.header.producer_epoch = EPOCH;
        b.header.base_sequence = l->sequences[id];
        l->sequences[id] += (int32_t)count;
        l->is_open[id] = is_transactional;
        uint64_t ticket;
        if (producer_state_must_verify(l->table, &b.header, &ticket))
                producer_state_vouch(l->table, id, EPOCH, ticket);
        assert_int_equal(batch_builder_finish(&b, 0, &bytes), KERR_NONE);
        batch_builder_deinit(&b);
        assert_int_equal(
                partition_log_append(l->x.log, buffer_span(&bytes), 0, APPEND_COORDINATOR, &done),
                KERR_NONE);
        buffer_deinit(&bytes);
}

static void end_some(struct life *l, int64_t id)
{
        struct buffer bytes = {0};
        struct log_append done;
        if (!l->is_open[id])
                return;
        l->is_open[id] = false;
        producer_state_marker(id, EPOCH, 1, rng_chance(&l->rng, 1, 2), 1, &bytes);
        assert_int_equal(
                partition_log_append(l->x.log, buffer_span(&bytes), 0, APPEND_COORDINATOR, &done),
                KERR_NONE);
        buffer_deinit(&bytes);
}

static void clean_some(struct life *l)
{
        const struct log_observer *o = partition_log_observer(l->x.log);
        int64_t end = partition_log_end(l->x.log), unstable = o->first_unstable(o, end);
        if (rng_chance(&l->rng, 1, 2))
                partition_log_roll(l->x.log);
        clean_below(&l->x, unstable < end ? unstable : end, 1 << 20);
}

static void remember(const struct life *l, struct known known[PRODUCERS])
{
        for (int64_t id = 0; id < PRODUCERS; id++) {
                const struct producer_entry *e = producer_state_find(l->table, id);
                known[id] = (struct known){-1, -1, -1};
                if (!e || e->batch_count == 0)
                        continue;
                const struct producer_batch_seen *last = &e->batches[e->batch_count - 1];
                known[id] =
                        (struct known){last->last_sequence, last->last_offset, e->txn_first_offset};
        }
}

static void remove_snapshots(struct life *l)
{
        struct buffer names = {0};
        struct world *w = &l->x.f.world;
        assert_int_equal(w->list(w, "t-0", &names), KERR_NONE);
        for (size_t at = 0; at < names.size;) {
                const char *name = (const char *)names.data + at;
                at += strlen(name) + 1;
                if (strstr(name, ".snapshot"))
                        assert_int_equal(w->remove(w, path_of("t-0", "%s", name).text), KERR_NONE);
        }
        buffer_deinit(&names);
}

/* A start that has nothing but the batches to learn from. */
static void start_from_batches(struct life *l)
{
        struct log_fixture *x = &l->x;
        struct known before[PRODUCERS], after[PRODUCERS];
        remember(l, before);
        assert_int_equal(partition_log_flush(x->log), KERR_NONE);
        int64_t end = partition_log_end(x->log);
        assert_int_equal(partition_log_close(x->log), KERR_NONE);
        producer_state_free(l->table);
        remove_snapshots(l);
        fixture_reopen(x, end, 0, true);
        open_table(l);
        remember(l, after);
        assert_memory_equal(before, after, sizeof before);
        for (int64_t id = 0; id < PRODUCERS; id++)
                assert_int_equal(after[id].txn_first_offset >= 0, l->is_open[id]);
}

/* Goal: sequences and open transactions can be learnt from what compaction leaves. Method: random
 * batches of idempotent and transactional producers, rounds, time, and starts without snapshots. */
static void tables_survive_compaction(void **state)
{
        (void)state;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
                struct life l = {0};
                rng_init(&l.rng, seed);
                fixture_init(&l.x, compact_config());
                open_table(&l);
                for (int i = 0; i < STEPS; i++) {
                        int64_t action = rng_between(&l.rng, 0, 99);
                        if (action < 70)
                                write_some(&l);
                        else if (action < 88)
                                end_some(&l, rng_between(&l.rng, 0, PRODUCERS - 1));
                        else if (action < 96)
                                clean_some(&l);
                        else if (action < 98)
                                start_from_batches(&l);
                        else
                                l.x.f.wall_ms += 1500; /* past the delete horizons */
                }
                start_from_batches(&l);
                partition_log_abandon(l.x.log);
                l.x.log = NULL;
                producer_state_free(l.table);
                fixture_deinit(&l.x);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tables_survive_compaction),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
