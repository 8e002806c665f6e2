/* Tests 04 to 06: looking up. Entry n of the index says: offset 10 (n + 1), position 4096 (n + 1).
 */
#include "base/rng.h"
#include "labs/tool/lab_test.h"
#include "log/segment_list.h"
#include "tests/unit/log_fixture.h"

#include <stdio.h>

enum { STEP = 10, ENTRIES = 5000 };

static void fill(struct offset_index *index, struct fake_world *f, int32_t entries)
{
        fake_world_init(f);
        if (offset_index_open(index, &f->world, "x.index", WORLD_CREATE, 0))
                abort();
        for (int32_t n = 0; n < entries; n++) {
                if (offset_index_add(index, (n + 1) * (int64_t)STEP, (n + 1) * (int64_t)4096))
                        abort();
        }
}

/* True when it is right; told when it is not. */
static bool check_floor(struct offset_index *index, int32_t entries, int64_t offset)
{
        char what[100];
        struct place place = {-1, -1};
        int64_t expected = offset / STEP < entries ? offset / STEP : entries;
        enum kerr err = offset_index_floor(index, offset, &place);
        if (!err && place.offset == expected * STEP && place.position == expected * 4096)
                return true;
        snprintf(what, sizeof what, "index of %d entries, floor of %lld: the entry's offset",
                 (int)entries, (long long)offset);
        expect_number(what, place.offset, expected * STEP);
        return false;
}

LAB_TEST(04, "the last entry at or below the key")
{
        static const int32_t sizes[] = {0, 1, 2, 29, 30, 31, 512, 513, 1500};
        struct offset_index index;
        struct fake_world f;
        bool good = true;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes && good; i++) {
                fill(&index, &f, sizes[i]);
                for (int64_t offset = 0; offset <= (sizes[i] + 2) * STEP && good; offset++)
                        good = check_floor(&index, sizes[i], offset);
                for (int64_t offset = (sizes[i] + 2) * STEP; offset >= 0 && good; offset -= 7)
                        good = check_floor(&index, sizes[i], offset);
                index_file_close(&index.entries);
                fake_world_deinit(&f);
        }
        expect_that("all look-ups in indexes of 0 to 1500 entries", good);
}

LAB_TEST(05, "a look-up reads little")
{
        struct offset_index index;
        struct fake_world f;
        struct rng rng;
        bool good = true;
        rng_init(&rng, 7);
        fill(&index, &f, ENTRIES);
        int64_t most = 0;
        for (int i = 0; i < 500 && good; i++) {
                int64_t reads = f.reads;
                good = check_floor(&index, ENTRIES, rng_between(&rng, 0, ENTRIES * STEP));
                if (f.reads - reads > most)
                        most = f.reads - reads;
        }
        expect_that("500 random look-ups are right", good);
        expect_that("in an index of 5000 entries none takes more than 20 reads", most <= 20);
        index_file_close(&index.entries);
        fake_world_deinit(&f);
}

/* Batches of random sizes, with gaps between their offsets. */
LAB_TEST(06, "any offset is found in a segment")
{
        enum { BATCHES = 200, BASE = 1000 };
        struct fake_world f;
        struct log_config config = small_config();
        struct segment *s;
        struct append_list list = {0};
        struct rng rng;
        int64_t last[BATCHES], position[BATCHES + 1] = {0};
        rng_init(&rng, 7);
        fake_world_init(&f);
        struct world *w = &f.world;
        if (w->make_dir(w, "t-0") || segment_create(w, "t-0", &config, BASE, &s))
                abort();
        bool good = true;
        for (int n = 0; n < BATCHES && good; n++) {
                struct buffer bytes = {0};
                int32_t records = (int32_t)rng_between(&rng, 1, 5);
                append_sample(&bytes,
                              (struct sample){.records = records,
                                              .value_bytes = (size_t)rng_between(&rng, 0, 100)});
                int64_t before = n ? last[n - 1] + 1 : BASE;
                struct append_stamp stamp = {.base_offset = before + rng_between(&rng, 0, 3)};
                good = !append_list_fill(&list, buffer_span(&bytes), &config, stamp) &&
                       !segment_append(s, &list);
                last[n] = stamp.base_offset + records - 1;
                position[n + 1] = position[n] + (int64_t)bytes.size;
                buffer_deinit(&bytes);
                for (int question = 0; question < 20 && good; question++) {
                        char what[100];
                        int64_t offset = rng_between(&rng, BASE, last[n] + 2), found = -1;
                        int expected = 0;
                        while (expected <= n && last[expected] < offset)
                                expected++;
                        if (!segment_find(s, offset, &found) && found == position[expected])
                                continue;
                        snprintf(what, sizeof what, "%d batches, find %lld: position", n + 1,
                                 (long long)offset);
                        expect_number(what, found, position[expected]);
                        good = false;
                }
        }
        expect_that("all look-ups in 200 growing segments", good);
        segment_close(s);
        append_list_deinit(&list);
        fake_world_deinit(&f);
}
