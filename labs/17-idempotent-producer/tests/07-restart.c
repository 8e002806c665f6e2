/* Test 07: what a broker knows when it starts again. */
#include "producers.h"

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
}
