/* Tests 05 and 06: several epochs, several batches at once. */
#include "producers.h"

LAB_TEST(05, "an older epoch is fenced, a newer one begins at 0")
{
        struct led_log l;
        begin(&l);
        expect_taken(&l, batch(3, 0, 1), "epoch 3, number 0");
        expect_taken(&l, batch(3, 1, 1), "epoch 3, number 1");
        expect_refused(&l, batch(2, 0, 1), KERR_INVALID_PRODUCER_EPOCH, "epoch 2, number 0");
        expect_refused(&l, batch(2, 2, 1), KERR_INVALID_PRODUCER_EPOCH, "epoch 2, number 2");
        expect_refused(&l, batch(4, 2, 1), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "epoch 4, number 2");
        expect_taken(&l, batch(3, 2, 1), "epoch 3 goes on: of epoch 4 nothing was taken");
        expect_taken(&l, batch(4, 0, 1), "epoch 4, number 0");
        expect_taken(&l, batch(4, 1, 1), "epoch 4, number 1");
        expect_known(&l, batch(4, 0, 1), 3, "epoch 4, number 0 again");
        expect_refused(&l, batch(3, 1, 1), KERR_INVALID_PRODUCER_EPOCH, "a repeat of epoch 3");
        expect_refused(&l, batch(3, 3, 1), KERR_INVALID_PRODUCER_EPOCH, "epoch 3, number 3");

        /* A coordinator fences a producer by a marker of the next epoch. */
        expect_string("a marker of epoch 3", kerr_name(send_marker(&l, 3)),
                      "INVALID_PRODUCER_EPOCH");
        expect_string("a marker of epoch 5", kerr_name(send_marker(&l, 5)), "NONE");
        expect_refused(&l, batch(4, 2, 1), KERR_INVALID_PRODUCER_EPOCH, "epoch 4, number 2");
        expect_refused(&l, batch(5, 2, 1), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                       "epoch 5, of which only the marker is known, number 2");
        expect_taken(&l, batch(5, 0, 1), "epoch 5, number 0");
        end(&l);
}

LAB_TEST(06, "several batches in one append: all or nothing")
{
        struct led_log l;
        begin(&l);
        const struct sent pair[] = {batch(0, 0, 1), batch(0, 1, 1)};
        expect_all_taken(&l, pair, 2, "0 and 1 in two batches");
        expect_all_known(&l, pair, 2, 0, "both again");

        const struct sent half[] = {batch(0, 1, 1), batch(0, 2, 1)};
        expect_all_refused(&l, half, 2, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "1, a repeat, and 2");
        const struct sent gap[] = {batch(0, 2, 1), batch(0, 4, 1)};
        expect_all_refused(&l, gap, 2, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "2 and 4");
        expect_taken(&l, batch(0, 2, 1), "2 alone: nothing is left of what was refused");

        const struct sent epochs[] = {batch(0, 3, 1), batch(1, 0, 1)};
        expect_all_taken(&l, epochs, 2, "3, and then 0 of the next epoch");
        expect_taken(&l, batch(1, 1, 1), "1 of that epoch");
        end(&l);
}
