/* Tests 01 and 02: what may be cleaned. Segments are made by rolling; each has few records. */
#include "labs/15-compaction/tests/keyed_log.h"

LAB_TEST(01, "never the active segment, and nothing that is still open")
{
        struct log_fixture x;
        fixture_init(&x, keyed_config());
        put(&x, "k1=a");
        expect_number("one segment, and it is the active one", cleanable_count(x.log, 1), 0);
        put(&x, "k2=b");
        roll(&x);
        for (int i = 0; i < 3; i++) {
                put(&x, "k1=c k2=d");
                roll(&x);
        }
        put(&x, "k1=e");
        expect_number("segments 0, 2, 4, 6 and the active one: how many",
                      partition_log_segments(x.log), 5);
        expect_number("all is stable, up to the end at 9", cleanable_count(x.log, 9), 4);
        expect_number("stable below 8: so are the four", cleanable_count(x.log, 8), 4);
        expect_number("offset 7 is open: the segment that holds it stays",
                      cleanable_count(x.log, 7), 3);
        expect_number("stable below 6", cleanable_count(x.log, 6), 3);
        expect_number("stable below 5", cleanable_count(x.log, 5), 2);
        expect_number("nothing is stable", cleanable_count(x.log, 0), 0);
        fixture_deinit(&x);
}

static void put_at(struct log_fixture *x, int64_t timestamp)
{
        put_kind(x, "k1=a", (struct kind){.timestamp = timestamp});
        roll(x);
}

LAB_TEST(02, "nothing that is too young, nor what lies behind it")
{
        struct log_fixture x;
        struct log_config config = keyed_config();
        fixture_init(&x, config);
        x.f.wall_ms = 10000;
        put_at(&x, 9000);
        put_at(&x, 9001);
        put_at(&x, 5000);
        expect_number("no min.compaction.lag.ms, three segments", cleanable_count(x.log, 3), 3);
        config.min_compaction_lag_ms = 1000;
        partition_log_configure(x.log, &config);
        expect_number("min.compaction.lag.ms 1000; they are 1000, 999 and 5000 ms old",
                      cleanable_count(x.log, 3), 1);
        x.f.wall_ms++;
        expect_number("a millisecond later", cleanable_count(x.log, 3), 3);

        x.f.wall_ms = 9002;
        if (partition_log_flush(x.log) || partition_log_close(x.log))
                abort();
        struct partition_log_open how = {.world = &x.f.world,
                                         .shared = &x.shared,
                                         .directory = "t-0",
                                         .config = config,
                                         .recovery_point = 3,
                                         .cleaned_end = 2,
                                         .clean = true};
        if (partition_log_open(&how, &x.log))
                abort();
        expect_number("the first two have been cleaned before: they may be again",
                      cleanable_count(x.log, 3), 3);
        x.f.wall_ms = 5500;
        expect_number("and now the third is too young, too", cleanable_count(x.log, 3), 2);
        fixture_deinit(&x);
}
