/* Tests of log/index_file.h: look-ups, whatever was looked up before. */
#include "base/rng.h"
#include "fake_world.h"
#include "log/offset_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ENTRIES = 5 * INDEX_BLOCK_ENTRIES + 17, STEP = 10 };

/* Entry n says: offset (n + 1) * STEP lies at position (n + 1) * 4096. */
static void fill(struct offset_index *index, int32_t from, int32_t to)
{
        for (int32_t n = from; n < to; n++)
                assert_int_equal(
                        offset_index_add(index, (n + 1) * (int64_t)STEP, (n + 1) * (int64_t)4096),
                        KERR_NONE);
}

static void check_floor(struct offset_index *index, int32_t count, int64_t offset)
{
        int64_t n = offset / STEP < count ? offset / STEP : count;
        struct place place;
        assert_int_equal(offset_index_floor(index, offset, &place), KERR_NONE);
        assert_int_equal(place.offset, n * STEP);
        assert_int_equal(place.position, n * 4096);
}

/* Goal: each look-up finds the same, whichever came before it. Method: random offsets, then runs
 * forwards and backwards, over an index of many blocks with a part still in memory; after cuts and
 * new entries too. */
static void test_floor(void **state)
{
        (void)state;
        struct fake_world fake;
        fake_world_init(&fake);
        struct offset_index index;
        struct rng rng;
        rng_init(&rng, 7);
        assert_int_equal(offset_index_open(&index, &fake.world, "x.index", WORLD_CREATE, 0),
                         KERR_NONE);
        check_floor(&index, 0, 5);
        fill(&index, 0, ENTRIES);
        assert_true(index.entries.tail_count > 0);
        for (int i = 0; i < 5000; i++)
                check_floor(&index, ENTRIES, rng_between(&rng, 0, (ENTRIES + 3) * STEP));
        for (int64_t offset = 0; offset < (ENTRIES + 2) * STEP; offset += 7)
                check_floor(&index, ENTRIES, offset);
        for (int64_t offset = (ENTRIES + 2) * STEP; offset >= 0; offset -= 33)
                check_floor(&index, ENTRIES, offset);

        /* The one that was looked up last is cut off. */
        check_floor(&index, ENTRIES, ENTRIES * STEP);
        assert_int_equal(offset_index_cut(&index, 700 * STEP), KERR_NONE);
        check_floor(&index, 699, ENTRIES * STEP);
        check_floor(&index, 699, 3 * STEP);
        fill(&index, 699, 720);
        check_floor(&index, 720, 715 * STEP + 1);

        /* A reader that goes forward costs one read each time. */
        int64_t reads = fake.reads;
        for (int32_t n = 0; n < 700; n += 100)
                check_floor(&index, 720, n * STEP);
        assert_true(fake.reads - reads <= 7 * 2 + 1);
        index_file_close(&index.entries);
        fake_world_deinit(&fake);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_floor)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
