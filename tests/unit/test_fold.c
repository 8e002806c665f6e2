/* Folds of logs, and reading the batches of a log with holes (sim/fold.c, sim/committed.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "delivery/producer_state.h"
#include "sim/committed.h"
#include "tests/unit/log_fixture.h"

/* One record with its place; value NULL: a tombstone. `producer` -1: of no transaction. */
static void put(struct log_fixture *x, int64_t offset, const char *key, const char *value,
                int64_t producer)
{
        struct batch_builder b;
        struct buffer bytes = {0};
        struct log_append done;
        struct record r = {.timestamp = 1000,
                           .key = span_of(key, strlen(key)),
                           .value = span_of(value, value ? strlen(value) : 0)};
        batch_builder_init(&b);
        batch_builder_add(&b, &r, NULL, 0);
        b.header.base_offset = offset;
        b.header.leader_epoch = 0;
        if (producer >= 0) {
                b.header.attributes = BATCH_TRANSACTIONAL;
                b.header.producer_id = producer;
                b.header.producer_epoch = 0;
                b.header.base_sequence = (int32_t)offset;
        }
        assert_int_equal(batch_builder_finish(&b, 0, &bytes), KERR_NONE);
        assert_int_equal(partition_log_append_as_follower(x->log, buffer_span(&bytes), &done),
                         KERR_NONE);
        batch_builder_deinit(&b);
        buffer_deinit(&bytes);
}

static void mark(struct log_fixture *x, int64_t producer, bool commit)
{
        struct buffer bytes = {0};
        struct log_append done;
        producer_state_marker(producer, 0, 0, commit, 1000, &bytes);
        assert_int_equal(
                partition_log_append(x->log, buffer_span(&bytes), 0, APPEND_COORDINATOR, &done),
                KERR_NONE);
        buffer_deinit(&bytes);
}

static struct fold fold_of(struct log_fixture *x)
{
        struct fold f = {0};
        assert_true(fold_log(&x->f.world, x->log, &f));
        return f;
}

/* Goal: a compacted log folds to what the whole one does. Method: two logs, the second without what
 * the first has replaced and deleted; then the second loses a last value, a key, a deletion. */
static void compacted_or_not(void **state)
{
        (void)state;
        for (int fault = 0; fault < 4; fault++) {
                struct log_fixture whole, left;
                fixture_init(&whole, small_config());
                fixture_init(&left, small_config());
                put(&whole, 0, "a", "1", -1);
                put(&whole, 1, "b", "2", -1);
                put(&whole, 2, "a", "3", -1);
                put(&whole, 3, "b", NULL, -1);
                put(&whole, 4, "c", "4", -1);
                if (fault == 1)
                        put(&left, 0, "a", "1", -1);
                if (fault == 3)
                        put(&left, 1, "b", "2", -1);
                if (fault != 1)
                        put(&left, 2, "a", "3", -1);
                if (fault != 2)
                        put(&left, 4, "c", "4", -1);
                struct fold a = fold_of(&whole), b = fold_of(&left);
                struct fold_difference first = fold_compare(&a, &b);
                static const int64_t offsets[] = {-1, 0, 4, 1};
                assert_int_equal(a.count, 2);
                assert_int_equal(first.offset, offsets[fault]);
                assert_int_equal(first.has_left, fault == 1 || fault == 2);
                assert_int_equal(first.has_right, fault == 1 || fault == 3);
                fold_deinit(&a);
                fold_deinit(&b);
                fixture_deinit(&whole);
                fixture_deinit(&left);
        }
}

/* Goal: aborted records do not count, nor do those of open transactions; each is decided by its
 * producer's next marker. Method: three producers, of which one aborts and then commits. */
static void transactions(void **state)
{
        (void)state;
        struct log_fixture x, plain;
        fixture_init(&x, small_config());
        fixture_init(&plain, small_config());
        put(&x, 0, "a", "1", -1);
        put(&x, 1, "a", "2", 7);
        put(&x, 2, "b", "3", 8);
        mark(&x, 7, false);
        mark(&x, 8, true);
        put(&x, 5, "c", "4", 7);
        put(&x, 6, "b", NULL, 9);
        mark(&x, 7, true);
        put(&plain, 0, "a", "1", -1);
        put(&plain, 2, "b", "3", -1);
        put(&plain, 5, "c", "4", -1);
        struct fold a = fold_of(&x), b = fold_of(&plain);
        assert_int_equal(a.count, 3);
        assert_int_equal(fold_compare(&a, &b).offset, -1);
        fold_deinit(&a);
        fold_deinit(&b);
        fixture_deinit(&x);
        fixture_deinit(&plain);
}

/* Goal: the batches below an offset are read, and none above, though there is a hole between.
 * Method: offsets 0 and 5 are there; up to 1, 3, 5 and 6. */
static void holes(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_init(&x, small_config());
        put(&x, 0, "a", "1", -1);
        put(&x, 5, "a", "2", 7);
        struct log_source source = {&x.f.world, x.log};
        static const struct {
                int64_t from, to, count;
        } cases[] = {{0, 1, 1}, {0, 3, 1}, {0, 5, 1}, {1, 5, 0}, {0, 6, 2}, {3, 6, 1}};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct batches found = {0};
                assert_true(log_source_read(&source, cases[i].from, cases[i].to, &found));
                assert_int_equal(found.count, cases[i].count);
                if (cases[i].to == 6) {
                        const struct seen_batch *last = &found.items[found.count - 1];
                        assert_true(last->is_numbered);
                        assert_int_equal(last->producer_id, 7);
                        assert_int_equal(last->base_sequence, 5);
                }
                batches_deinit(&found);
        }
        fixture_deinit(&x);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(compacted_or_not),
                cmocka_unit_test(transactions),
                cmocka_unit_test(holes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
