/* Tests 01 to 04: one producer, one epoch. */
#include "producers.h"

LAB_TEST(01, "sequence numbers follow each other")
{
        struct led_log l;
        begin(&l);
        expect_taken(&l, batch(0, 0, 3), "the first batch, numbers 0 to 2");
        expect_refused(&l, batch(0, 4, 1), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "4, and 3 is next");
        expect_refused(&l, batch(0, 2, 1), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "2, and 3 is next");
        expect_taken(&l, batch(0, 3, 2), "3 and 4");
        expect_taken(&l, batch(0, 5, 1), "5");

        expect_refused(&l, (struct sent){8, 0, 6, 1, 0}, KERR_UNKNOWN_PRODUCER_ID,
                       "6 of a producer that nobody knows");
        expect_taken(&l, (struct sent){8, 0, 0, 2, 0}, "0 and 1 of it");
        expect_taken(&l, batch(0, 6, 1), "6 of the first one, after another one's batch");
        end(&l);
}

LAB_TEST(02, "a repeat is told where it is")
{
        struct led_log l;
        begin(&l);
        expect_taken(&l, batch(0, 0, 2), "0 and 1");
        expect_taken(&l, batch(0, 2, 2), "2 and 3");
        expect_known(&l, batch(0, 2, 2), 2, "2 and 3 again");
        expect_known(&l, batch(0, 2, 2), 2, "2 and 3 for the third time");
        expect_refused(&l, batch(0, 2, 1), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "2 alone");
        expect_refused(&l, batch(0, 2, 3), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "2 to 4");
        expect_taken(&l, (struct sent){8, 0, 0, 2, 0}, "0 and 1 of another producer");
        expect_known(&l, batch(0, 2, 2), 2, "2 and 3, after another one's batch");
        expect_taken(&l, batch(0, 4, 1), "4");

        l.x.config.log_append_time = true;
        partition_log_configure(l.x.log, &l.x.config);
        expect_taken(&l, batch(0, 5, 1), "5, stamped with the leader's time");
        int64_t time_ms = l.done.log_append_time_ms;
        l.x.f.wall_ms += 5000;
        expect_known(&l, batch(0, 5, 1), 7, "5 again, later");
        expect_number("5 again: when it was appended", l.done.log_append_time_ms, time_ms);
        end(&l);
}

LAB_TEST(03, "the last five are known, and the sixth last is not")
{
        char what[60];
        struct led_log l;
        begin(&l);
        for (int32_t i = 0; i < 6; i++)
                expect_taken(&l, batch(0, 2 * i, 2), "six batches, one after the other");
        for (int32_t i = 1; i < 6; i++) {
                snprintf(what, sizeof what, "batch %d of 6 again", i + 1);
                expect_known(&l, batch(0, 2 * i, 2), 2 * i, what);
        }
        expect_refused(&l, batch(0, 0, 2), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "batch 1 of 6 again");
        expect_taken(&l, batch(0, 12, 2), "a seventh");
        expect_refused(&l, batch(0, 2, 2), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "batch 2 of 7 again");
        end(&l);
}

LAB_TEST(04, "after 2147483647 comes 0")
{
        /* Three records from `first` on; the next number. */
        static const struct {
                int32_t first, next;
        } turns[] = {{INT32_MAX - 2, 0}, {INT32_MAX - 1, 1}, {INT32_MAX, 2}};
        char what[80];
        for (int i = 0; i < 3; i++) {
                struct led_log l;
                begin(&l);
                copy(&l, batch(0, turns[i].first - 1, 1));
                snprintf(what, sizeof what, "three from %d on", (int)turns[i].first);
                expect_taken(&l, batch(0, turns[i].first, 3), what);
                snprintf(what, sizeof what, "three from %d on, again", (int)turns[i].first);
                expect_known(&l, batch(0, turns[i].first, 3), 1, what);
                snprintf(what, sizeof what, "behind them, %d", (int)turns[i].next + 1);
                expect_refused(&l, batch(0, turns[i].next + 1, 1),
                               KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, what);
                snprintf(what, sizeof what, "behind them, %d", (int)turns[i].next);
                expect_taken(&l, batch(0, turns[i].next, 1), what);
                end(&l);
        }
}
