/* The checker over hand-made histories: each anomaly is found, and its innocent twin is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "tests/unit/story.h"

/* Goal: a history in which all went well has no finding. Method: three records, read twice. */
static void good_history(void **state)
{
        (void)state;
        struct story s = begin();
        for (int64_t i = 0; i < 3; i++)
                sent(&s, OUTCOME_OK, i);
        for (int32_t i = 0; i < 3; i++)
                polled(&s, C, i, i);
        for (int32_t i = 0; i < 3; i++)
                polled(&s, READER, i, i);
        expect_nothing(&s);
}

/* Goal: an acknowledged record that the final read lacks is a lost write; one whose send failed or
 * is unknown is not, and one with acks 0 was not promised. Method: one of each, none of them read.
 */
static void lost_write(void **state)
{
        (void)state;
        struct story s = begin();
        sent(&s, OUTCOME_OK, 0);
        expect(&s, ANOMALY_LOST_WRITE, 1, 0);

        s = begin();
        sent(&s, OUTCOME_FAILED, -1);
        sent(&s, OUTCOME_UNKNOWN, -1);
        expect_nothing(&s);

        s = begin();
        sent_with(&s, 0, OUTCOME_OK, -1);
        expect(&s, ANOMALY_LOST_WRITE, 0, 1);
}

/* Goal: nothing is missed where clients deleted it, or where the final read did not come to its
 * end. Method: the lost write of before, three times. */
static void deleted_is_not_lost(void **state)
{
        (void)state;
        struct story s = begin();
        sent(&s, OUTCOME_OK, 0);
        s.h.partitions[0].deleted_to = 1;
        expect_nothing(&s);

        s = begin();
        sent(&s, OUTCOME_OK, 0);
        s.h.partitions[0].deleted = true;
        expect_nothing(&s);

        s = begin();
        sent(&s, OUTCOME_OK, 0);
        s.h.partitions[0].expires = true;
        s.h.partitions[0].final_start = 1;
        expect_nothing(&s);
}

/* Goal: a power cut excuses the loss of what was not synced: a suffix, appended before the cut, at
 * or above the synced offset, of a partition that does not sync first. Method: the same loss with
 * each of these conditions broken in turn. */
static void power_cut_takes_a_suffix(void **state)
{
        (void)state;
        struct story s = begin();
        polled(&s, READER, sent(&s, OUTCOME_OK, 0), 0);
        sent(&s, OUTCOME_OK, 1);
        cut(&s, 1);
        expect(&s, ANOMALY_LOST_WRITE, 0, 1);

        s = begin(); /* it was synced */
        sent(&s, OUTCOME_OK, 1);
        cut(&s, 2);
        expect(&s, ANOMALY_LOST_WRITE, 1, 0);

        s = begin(); /* it was sent after the cut */
        cut(&s, 0);
        sent(&s, OUTCOME_OK, 0);
        expect(&s, ANOMALY_LOST_WRITE, 1, 0);

        s = begin(); /* what was behind it is still there */
        sent(&s, OUTCOME_OK, 0);
        int32_t behind = sent(&s, OUTCOME_OK, 1);
        cut(&s, 0);
        polled(&s, READER, behind, 1);
        expect(&s, ANOMALY_LOST_WRITE, 1, 0);

        s = begin(); /* flush.messages=1 */
        s.h.partitions[0].sync_first = true;
        sent(&s, OUTCOME_OK, 0);
        cut(&s, 0);
        expect(&s, ANOMALY_LOST_WRITE, 1, 0);

        s = begin(); /* the same, but the disk was wiped */
        s.h.partitions[0].sync_first = true;
        sent(&s, OUTCOME_OK, 0);
        cut(&s, 0);
        s.h.cuts[0].wiped = true;
        expect(&s, ANOMALY_LOST_WRITE, 0, 1);
}

/* Goal: after a cut the freed offsets are used again, and that is no finding against the new
 * records. Method: offset 1 holds one record before the cut and another one after it. */
static void offsets_after_a_cut(void **state)
{
        (void)state;
        struct story s = begin();
        sent(&s, OUTCOME_OK, 0);
        sent(&s, OUTCOME_OK, 1);
        cut(&s, 1);
        sent(&s, OUTCOME_OK, 1);
        polled(&s, READER, 0, 0);
        polled(&s, READER, 2, 1);
        struct verdict v = {0};
        s.h.partitions[0].final_end = 2;
        checker_run(&s.h, &v);
        assert_int_equal(v.tallies[ANOMALY_LOST_WRITE].unpromised, 1);
        assert_int_equal(v.tallies[ANOMALY_INCONSISTENT_OFFSET].unpromised, 1);
        char first[FINDING_BYTES];
        assert_false(verdict_first(&v, first));
        history_deinit(&s.h);
}

/* Goal: what a reader saw must stay. Method: a record of unknown outcome, read, then missing. */
static void vanished_read(void **state)
{
        (void)state;
        struct story s = begin();
        polled(&s, C, sent(&s, OUTCOME_UNKNOWN, -1), 0);
        expect(&s, ANOMALY_VANISHED_READ, 1, 0);
}

/* Goal: two values at one offset are found. Method: the final read itself shows both. */
static void inconsistent_offset(void **state)
{
        (void)state;
        struct story s = begin();
        int32_t a = sent(&s, OUTCOME_UNKNOWN, -1), b = sent(&s, OUTCOME_UNKNOWN, -1);
        polled(&s, READER, a, 0);
        polled(&s, READER, b, 0);
        /* The same step is one that no reader may take. */
        struct verdict v = {0};
        s.h.partitions[0].final_end = 1;
        checker_run(&s.h, &v);
        assert_int_equal(v.tallies[ANOMALY_NONMONOTONIC_POLL].broken, 1);
        assert_int_equal(v.tallies[ANOMALY_INCONSISTENT_OFFSET].broken, 1);
        assert_string_equal(v.tallies[ANOMALY_INCONSISTENT_OFFSET].first_broken,
                            "t/0 offset 0 was p1/0 and p1/1");
        history_deinit(&s.h);
};

/* Goal: a record that is in the log twice is an error only when it went out once for certain. */
static void duplicate(void **state)
{
        (void)state;
        for (int retried = 0; retried < 2; retried++) {
                struct story s = begin();
                int32_t send = sent(&s, OUTCOME_OK, 0);
                s.h.sends[send].retried = retried;
                polled(&s, READER, send, 0);
                polled(&s, READER, send, 1);
                expect(&s, ANOMALY_DUPLICATE, !retried, retried);
        }
        struct story s = begin();
        int32_t send = sent(&s, OUTCOME_UNKNOWN, -1);
        polled(&s, READER, send, 0);
        polled(&s, READER, send, 1);
        expect(&s, ANOMALY_DUPLICATE, 0, 1);
}

/* Goal: values that nobody sent, batches that fail their CRC and records whose send failed for
 * certain are all found. */
static void phantoms(void **state)
{
        (void)state;
        struct story s = begin();
        polled(&s, C, SEND_PHANTOM, 0);
        expect(&s, ANOMALY_PHANTOM_READ, 1, 0);

        s = begin();
        history_add_read(&s.h, &(struct history_read){.kind = READ_CORRUPT, .client = C});
        expect(&s, ANOMALY_PHANTOM_READ, 1, 0);

        s = begin();
        int32_t send = sent(&s, OUTCOME_FAILED, -1);
        polled(&s, READER, send, 0);
        expect(&s, ANOMALY_FAILED_READ, 1, 0);
}

/* Goal: a producer's records lie in the order in which it sent them. */
static void nonmonotonic_send(void **state)
{
        (void)state;
        struct story s = begin();
        sent(&s, OUTCOME_OK, 1);
        sent(&s, OUTCOME_OK, 0);
        polled(&s, READER, 1, 0);
        polled(&s, READER, 0, 1);
        expect(&s, ANOMALY_NONMONOTONIC_SEND, 1, 0);
}

/* Goal: a reader goes forward record by record, unless it was reset. Method: it repeats one; it
 * skips one; it does either after a reset. */
static void steps_of_a_reader(void **state)
{
        (void)state;
        static const struct {
                int64_t first, second;
                bool reset;
                enum anomaly anomaly;
                int64_t broken;
        } cases[] = {
                {1, 0, false, ANOMALY_NONMONOTONIC_POLL, 1},
                {1, 1, false, ANOMALY_NONMONOTONIC_POLL, 1},
                {0, 2, false, ANOMALY_POLL_SKIP, 1},
                {0, 1, false, ANOMALY_POLL_SKIP, 0},
                {1, 0, true, ANOMALY_NONMONOTONIC_POLL, 0},
                {0, 2, true, ANOMALY_POLL_SKIP, 0},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct story s = begin();
                for (int64_t k = 0; k < 3; k++)
                        polled(&s, READER, sent(&s, OUTCOME_OK, k), k);
                for (int32_t k = 0; k < 3; k++)
                        polled(&s, C2, k, k);
                polled(&s, C, (int32_t)cases[i].first, cases[i].first);
                if (cases[i].reset)
                        history_add_read(&s.h,
                                         &(struct history_read){.kind = READ_START, .client = C});
                polled(&s, C, (int32_t)cases[i].second, cases[i].second);
                expect(&s, cases[i].anomaly, cases[i].broken, 0);
        }
}

/* Goal: neither end of a log goes back, but the end may after a cut that took unsynced records.
 * Answers that overlap prove nothing. */
static void marks_go_forward(void **state)
{
        (void)state;
        struct story s = begin();
        marked(&s, MARK_END, 5);
        marked(&s, MARK_END, 4);
        expect(&s, ANOMALY_END_WENT_BACK, 1, 0);

        s = begin();
        marked(&s, MARK_START, 5);
        cut(&s, 0);
        marked(&s, MARK_START, 4);
        expect(&s, ANOMALY_START_WENT_BACK, 1, 0);

        s = begin();
        marked(&s, MARK_END, 5);
        cut(&s, 4);
        marked(&s, MARK_END, 4);
        expect(&s, ANOMALY_END_WENT_BACK, 0, 1);

        s = begin();
        marked(&s, MARK_END, 5);
        cut(&s, 5);
        marked(&s, MARK_END, 4);
        expect(&s, ANOMALY_END_WENT_BACK, 1, 0);

        s = begin();
        history_add_mark(&s.h, &(struct history_mark){0, 10, 0, MARK_END, true, 5});
        history_add_mark(&s.h, &(struct history_mark){5, 15, 0, MARK_END, true, 4});
        expect_nothing(&s);

        s = begin(); /* a start that no answer to DeleteRecords vouched for */
        history_add_mark(&s.h, &(struct history_mark){0, 10, 0, MARK_START, false, 5});
        history_add_mark(&s.h, &(struct history_mark){15, 20, 0, MARK_START, false, 4});
        expect_nothing(&s);
}

/* Goal: a value names its send, to the last byte. Method: ask for a value, for the same with one
 * byte changed, cut short, and for names and serials that do not exist. */
static void values_name_their_sends(void **state)
{
        (void)state;
        struct story s = begin();
        struct buffer value = {0};
        for (int i = 0; i < 12; i++)
                sent(&s, OUTCOME_OK, i);
        history_value(&s.h, 11, &value);
        assert_int_equal(value.size, 20);
        assert_memory_equal(value.data, "p1/11 ", 6);
        assert_int_equal(history_find_value(&s.h, buffer_span(&value)), 11);
        assert_int_equal(history_find_value(&s.h, span_of(value.data, 19)), SEND_PHANTOM);
        value.data[19] ^= 1;
        assert_int_equal(history_find_value(&s.h, buffer_span(&value)), SEND_PHANTOM);
        assert_int_equal(history_find_value(&s.h, span_of("p1/99 ", 6)), SEND_PHANTOM);
        assert_int_equal(history_find_value(&s.h, span_of("p7/0 ", 5)), SEND_PHANTOM);
        assert_int_equal(history_find_value(&s.h, span_of(NULL, 0)), SEND_PHANTOM);
        buffer_deinit(&value);
        history_deinit(&s.h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_history),
                cmocka_unit_test(lost_write),
                cmocka_unit_test(deleted_is_not_lost),
                cmocka_unit_test(power_cut_takes_a_suffix),
                cmocka_unit_test(offsets_after_a_cut),
                cmocka_unit_test(vanished_read),
                cmocka_unit_test(inconsistent_offset),
                cmocka_unit_test(duplicate),
                cmocka_unit_test(phantoms),
                cmocka_unit_test(nonmonotonic_send),
                cmocka_unit_test(steps_of_a_reader),
                cmocka_unit_test(marks_go_forward),
                cmocka_unit_test(values_name_their_sends),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
