/* Test 07: what a broker knows when it starts again. */
#include "producers.h"

/* Of all that is remembered the snapshot has one batch, or none. */
static void expect_snapshot_is_whole(void)
{
        struct led_log l;
        begin(&l);
        l.x.config.log_append_time = true;
        partition_log_configure(l.x.log, &l.x.config);
        expect_taken(&l, batch(0, 0, 1), "0, stamped with the leader's time");
        int64_t time_ms = l.done.log_append_time_ms;
        stop_and_start(&l);
        l.x.f.wall_ms += 5000;
        expect_known(&l, batch(0, 0, 1), 0, "after a stop: 0 again");
        expect_number("after a stop: when 0 was appended", l.done.log_append_time_ms, time_ms);

        expect_string("a marker of epoch 1", kerr_name(send_marker(&l, 1)), "NONE");
        stop_and_start(&l);
        const struct producer_entry *e = producer_state_find(l.producers, 7);
        if (expect_that("after a stop: the producer is known", e != NULL))
                expect_number("its batches, when of its epoch there is only a marker",
                              e->batch_count, 0);
        end(&l);
}

/* Numbers go by the offsets of a batch, as the producer sent it. */
static void expect_compacted_counts_in_full(void)
{
        struct led_log l;
        begin(&l);
        copy(&l, (struct sent){.producer_id = 7, .sequence = 0, .records = 5, .compacted = 3});
        expect_taken(&l, batch(0, 5, 1), "5, behind 0 to 4 of which compaction has left two");
        expect_known(&l, batch(0, 0, 5), 0, "0 to 4 again, although compacted");
        end(&l);
}

LAB_TEST(07, "a broker that starts again knows its producers")
{
        char what[80];
        struct led_log l;
        begin(&l);
        for (int32_t i = 0; i < 6; i++)
                expect_taken(&l, batch(1, i, 1), "six batches, one after the other");
        kill_and_start(&l);
        for (int32_t i = 1; i < 6; i++) {
                snprintf(what, sizeof what, "after a kill: batch %d of 6 again", i + 1);
                expect_known(&l, batch(1, i, 1), i, what);
        }
        expect_refused(&l, batch(0, 0, 1), KERR_INVALID_PRODUCER_EPOCH,
                       "after a kill: an older epoch");
        expect_taken(&l, batch(1, 6, 3), "after a kill: 6 to 8");

        /* Kafka's snapshot holds the last batch of each producer. */
        stop_and_start(&l);
        expect_refused(&l, batch(0, 0, 1), KERR_INVALID_PRODUCER_EPOCH,
                       "after a stop: an older epoch");
        expect_refused(&l, batch(1, 10, 1), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                       "after a stop: 10, and 9 is next");
        expect_known(&l, batch(1, 6, 3), 6, "after a stop: 6 to 8 again");
        expect_refused(&l, batch(1, 6, 2), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                       "after a stop: 6 and 7");
        expect_taken(&l, batch(1, 9, 1), "after a stop: 9");
        end(&l);

        begin(&l);
        copy(&l, batch(1, INT32_MAX - 1, 3));
        stop_and_start(&l);
        expect_known(&l, batch(1, INT32_MAX - 1, 3), 0, "after a stop: a batch that ends with 0");
        expect_taken(&l, batch(1, 1, 1), "after a stop: 1");
        end(&l);

        expect_snapshot_is_whole();
        expect_compacted_counts_in_full();
}
