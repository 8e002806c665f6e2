/* Model test of src/delivery/producer_*.c: random producers, markers, restarts and cuts against the
 * list of everything that was appended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "producer_state_fixture.h"

enum { STEPS = 250, SEEDS = 200, PRODUCERS = 4 };

struct item {
        struct sent m;
        int64_t base_offset, last_offset;
        bool is_marker, is_commit;
        int32_t coordinator_epoch;
};

/* The whole model: what is in the log, in order. */
struct model {
        struct bench *b;
        struct rng rng;
        struct item items[STEPS];
        int32_t count;
        int32_t vouched[PRODUCERS]; /* epoch; -1: none */
        int64_t hw_min;             /* high watermarks only rise */
};

/* What the list says of one producer. */
struct view {
        int32_t epoch, coordinator_epoch;
        int64_t txn_first;
        const struct item *batches[STEPS]; /* of this epoch */
        int32_t batch_count;
};

static uint64_t below(struct model *t, uint64_t limit)
{
        return rng_u64(&t->rng) % limit;
}

static struct view view_of(const struct model *t, int64_t producer_id)
{
        struct view v = {.epoch = -1, .coordinator_epoch = -1, .txn_first = -1};
        for (const struct item *i = t->items; i < t->items + t->count; i++) {
                if (i->m.producer_id != producer_id)
                        continue;
                if (i->m.epoch != v.epoch)
                        v.batch_count = 0;
                v.epoch = i->m.epoch;
                if (i->is_marker) {
                        v.coordinator_epoch = i->coordinator_epoch;
                        v.txn_first = -1;
                        continue;
                }
                v.batches[v.batch_count++] = i;
                if (i->m.is_transactional && v.txn_first < 0)
                        v.txn_first = i->base_offset;
        }
        return v;
}

/* The next sequence number in the view's epoch. */
static int32_t next_sequence(const struct view *v)
{
        if (v->batch_count == 0)
                return 0;
        const struct sent *last = &v->batches[v->batch_count - 1]->m;
        return (int32_t)(((int64_t)last->sequence + last->records) % (1ll << 31));
}

static const struct item *find_repeated(const struct model *t, const struct view *v, struct sent m)
{
        const struct producer_entry *e = producer_state_find(t->b->s, m.producer_id);
        int32_t remembered = e ? e->batch_count : 0;
        for (int32_t i = 1; i <= remembered && m.epoch == v->epoch; i++) {
                const struct item *b = v->batches[v->batch_count - i];
                if (b->m.sequence == m.sequence && b->m.records == m.records)
                        return b;
        }
        return NULL;
}

static enum kerr expected_error(const struct model *t, const struct view *v, struct sent m)
{
        bool is_open = v->txn_first >= 0 && v->epoch == m.epoch;
        if (m.epoch < v->epoch)
                return KERR_INVALID_PRODUCER_EPOCH;
        if (m.is_transactional ? !is_open && t->vouched[m.producer_id] != m.epoch
                               : v->txn_first >= 0)
                return KERR_INVALID_TXN_STATE;
        if (v->epoch < 0)
                return m.sequence == 0 ? KERR_NONE : KERR_UNKNOWN_PRODUCER_ID;
        int32_t next = v->epoch == m.epoch ? next_sequence(v) : 0;
        return m.sequence == next ? KERR_NONE : KERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
}

static void send(struct model *t)
{
        int64_t id = (int64_t)below(t, PRODUCERS);
        struct view v = view_of(t, id);
        struct sent m = {.producer_id = id, .records = 1 + (int32_t)below(t, 3)};
        m.epoch = (int16_t)(v.epoch < 0 ? 0 : v.epoch);
        m.epoch = (int16_t)(m.epoch + (int16_t[]){0, 0, 0, 0, 0, 0, 1, -1}[below(t, 8)]);
        if (m.epoch < 0)
                m.epoch = 0;
        m.is_transactional = v.txn_first >= 0 ? below(t, 20) > 0 : below(t, 2);
        m.sequence = m.epoch == v.epoch ? next_sequence(&v) : 0;
        if (below(t, 4) == 0 && v.batch_count > 0) { /* a repeat, of up to the seventh last */
                uint64_t back = 1 + below(t, 7);
                if (back <= (uint64_t)v.batch_count)
                        m = v.batches[v.batch_count - (int32_t)back]->m;
        } else if (below(t, 8) == 0) {
                m.sequence += 1 + (int32_t)below(t, 2);
        }
        const struct item *repeated = find_repeated(t, &v, m);
        bool is_open = v.txn_first >= 0 && v.epoch == m.epoch;
        if (below(t, 5) > 0) {
                bench_vouch(t->b, m);
                if (m.is_transactional && !repeated && !is_open && m.epoch > t->vouched[id])
                        t->vouched[id] = m.epoch;
        }
        enum kerr expected = repeated ? KERR_NONE : expected_error(t, &v, m);
        int64_t end = partition_log_end(t->b->x.log);
        assert_int_equal(bench_send(t->b, m), expected);
        if (expected)
                return;
        assert_int_equal(t->b->done.is_duplicate, repeated != NULL);
        assert_int_equal(t->b->done.base_offset, repeated ? repeated->base_offset : end);
        assert_int_equal(t->b->done.last_offset,
                         repeated ? repeated->last_offset : end + m.records - 1);
        if (repeated)
                return;
        t->items[t->count++] =
                (struct item){.m = m, .base_offset = end, .last_offset = end + m.records - 1};
}

static void mark(struct model *t)
{
        int64_t id = (int64_t)below(t, PRODUCERS);
        struct view v = view_of(t, id);
        int64_t end = partition_log_end(t->b->x.log);
        struct item i = {.m = {.producer_id = id, .epoch = (int16_t)(v.epoch < 0 ? 0 : v.epoch)},
                         .base_offset = end,
                         .last_offset = end,
                         .is_marker = true,
                         .is_commit = below(t, 2),
                         .coordinator_epoch = v.coordinator_epoch + 1 - (int32_t)below(t, 3)};
        i.m.epoch = (int16_t)(i.m.epoch + (int16_t[]){0, 0, 0, 1}[below(t, 4)]);
        if (i.coordinator_epoch < 0)
                i.coordinator_epoch = 0;
        enum kerr expected = i.coordinator_epoch < v.coordinator_epoch
                                     ? KERR_TRANSACTION_COORDINATOR_FENCED
                                     : KERR_NONE;
        assert_int_equal(bench_mark(t->b, id, i.m.epoch, i.coordinator_epoch, i.is_commit),
                         expected);
        if (expected)
                return;
        t->items[t->count++] = i;
        t->vouched[id] = -1;
}

/* The table was made anew from the log, which ends where it ends now. */
static void forget_behind_end(struct model *t)
{
        int64_t end = partition_log_end(t->b->x.log);
        while (t->count > 0 && t->items[t->count - 1].last_offset >= end)
                t->count--;
        memset(t->vouched, 0xff, sizeof t->vouched);
        t->hw_min = end;
}

static void cut(struct model *t)
{
        if (t->count == 0)
                return;
        uint64_t back = 1 + below(t, t->count < 12 ? (uint64_t)t->count : 12);
        int64_t to = t->items[t->count - (int32_t)back].base_offset;
        assert_int_equal(partition_log_truncate(t->b->x.log, to), KERR_NONE);
        forget_behind_end(t);
}

static void power_cut(struct model *t)
{
        int64_t recovery_point = partition_log_recovery_point(t->b->x.log);
        partition_log_abandon(t->b->x.log);
        producer_state_free(t->b->s);
        fake_world_power_cut(&t->b->x.f, "any", rng_u64(&t->rng));
        assert_int_equal(fixture_open(&t->b->x, recovery_point, 0, false), KERR_NONE);
        bench_load(t->b);
        forget_behind_end(t);
}

static void step(struct model *t)
{
        uint64_t dice = below(t, 100);
        if (dice < 70) {
                send(t);
        } else if (dice < 88) {
                mark(t);
        } else if (dice < 90) {
                assert_int_equal(partition_log_roll(t->b->x.log), KERR_NONE);
        } else if (dice < 92) {
                bench_restart(t->b);
                forget_behind_end(t);
        } else if (dice < 94) {
                bench_kill(t->b);
                forget_behind_end(t);
        } else if (dice < 95) {
                power_cut(t);
        } else if (dice < 97) {
                cut(t);
        } else {
                assert_int_equal(partition_log_flush(t->b->x.log), KERR_NONE);
        }
}

/* --- what must hold after each step --- */

static void compare_producer(const struct model *t, int64_t id)
{
        struct view v = view_of(t, id);
        const struct producer_entry *e = producer_state_find(t->b->s, id);
        assert_int_equal(e != NULL, v.epoch >= 0);
        if (!e)
                return;
        assert_int_equal(e->epoch, v.epoch);
        assert_int_equal(e->coordinator_epoch, v.coordinator_epoch);
        assert_int_equal(e->txn_first_offset, v.txn_first);
        assert_in_range(e->batch_count, v.batch_count > 0, PRODUCER_BATCHES_KEPT);
        for (int32_t i = 1; i <= e->batch_count; i++) {
                const struct producer_batch_seen *b = &e->batches[e->batch_count - i];
                const struct item *expected = v.batches[v.batch_count - i];
                assert_int_equal(b->first_sequence, expected->m.sequence);
                assert_int_equal(b->last_sequence, expected->m.sequence + expected->m.records - 1);
                assert_int_equal(b->base_offset, expected->base_offset);
                assert_int_equal(b->last_offset, expected->last_offset);
        }
}

/* The open transactions, and the first undecided offset, after `count` items. */
static int64_t first_open(const struct model *t, int32_t count, int64_t high_watermark,
                          struct buffer *aborted)
{
        int64_t open[PRODUCERS], first = INT64_MAX;
        memset(open, 0xff, sizeof open);
        for (const struct item *i = t->items; i < t->items + count; i++) {
                int64_t *o = &open[i->m.producer_id];
                if (!i->is_marker && i->m.is_transactional && *o < 0)
                        *o = i->base_offset;
                if (!i->is_marker || *o < 0)
                        continue;
                if (i->base_offset >= high_watermark && *o < first)
                        first = *o;
                struct aborted_txn a = {i->m.producer_id, *o, i->base_offset, i->base_offset + 1};
                *o = -1;
                for (int k = 0; k < PRODUCERS; k++)
                        if (open[k] >= 0 && open[k] < a.last_stable_offset)
                                a.last_stable_offset = open[k];
                if (!i->is_commit)
                        buffer_append(aborted, &a, sizeof a);
        }
        for (int k = 0; k < PRODUCERS; k++)
                if (open[k] >= 0 && open[k] < first)
                        first = open[k];
        return first;
}

static void collect(void *context, const struct aborted_txn *aborted)
{
        buffer_append(context, aborted, sizeof *aborted);
}

static void compare(struct model *t)
{
        int64_t end = partition_log_end(t->b->x.log);
        struct buffer expected = {0}, found = {0};
        for (int64_t id = 0; id < PRODUCERS; id++)
                compare_producer(t, id);
        t->hw_min += (int64_t)below(t, (uint64_t)(end - t->hw_min) + 1);
        assert_int_equal(bench_unstable(t->b, t->hw_min),
                         first_open(t, t->count, t->hw_min, &expected));
        partition_log_each_aborted(t->b->x.log, 0, INT64_MAX, collect, &found);
        assert_int_equal(found.size, expected.size);
        if (found.size > 0)
                assert_memory_equal(found.data, expected.data, found.size);
        buffer_deinit(&expected);
        buffer_deinit(&found);
}

/* Goal: whatever happens, the table is the fold of the log, and a leader refuses and repeats as
 * told. Method: random steps; after each one, all that can be asked against the list of what was
 * appended.
 */
static void the_table_is_the_fold_of_the_log(void **state)
{
        (void)state;
        int32_t appended = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                struct model t = {.b = bench_new()};
                rng_init(&t.rng, seed);
                memset(t.vouched, 0xff, sizeof t.vouched);
                for (int i = 0; i < STEPS; i++) {
                        step(&t);
                        compare(&t);
                }
                appended += t.count;
                bench_free(t.b);
        }
        assert_true(appended > SEEDS * 20); /* the steps are not all refused */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_table_is_the_fold_of_the_log),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
