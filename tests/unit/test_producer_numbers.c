#include "producer_fixture.h"

#include "client/producer_private.h"

enum { ID = 700 };

/* An idempotent producer that has its id. */
static void open_with_id(struct fixture *f, int64_t delivery_timeout_ms)
{
        struct producer_config config = producer_config_default();
        config.delivery_timeout_ms = delivery_timeout_ms;
        open_fixture(f, &config);
        answer_id(f, KERR_NONE, ID, 0);
}

static struct produced send_one(struct fixture *f, const char *text)
{
        assert_int_equal(put(f, 0, text), KERR_NONE);
        return take_produce(f);
}

static void expect_numbers(const struct produced *p, const char *text, int16_t epoch,
                           int32_t sequence)
{
        struct batch_header h = header_of(p);
        assert_string_equal(values(p, 0, 0), text);
        assert_int_equal(h.producer_id, ID);
        assert_int_equal(h.producer_epoch, epoch);
        assert_int_equal(h.base_sequence, sequence);
        assert_int_equal(h.attributes & BATCH_TRANSACTIONAL, 0);
}

/* Takes the next request after the back-off, and sees to it that it is the only one. */
static struct produced take_retry(struct fixture *f)
{
        script_advance(f->w, 100);
        struct produced p = take_produce(f);
        assert_int_equal(f->w->inbox_count, 0);
        return p;
}

/* Goal: batches carry id, epoch and the number of their first record; five of a partition are in
 * flight at once, the sixth waits; other partitions count for themselves.
 * Method: batches of two, one, one, one, one and one record. */
static void five_in_flight(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 120000);
        struct produced p[6];
        put(&f, 0, "a");
        p[0] = send_one(&f, "b");
        expect_numbers(&p[0], "a b ", 0, 0);
        for (int i = 1; i < 5; i++) {
                p[i] = send_one(&f, "c");
                expect_numbers(&p[i], "c ", 0, i + 1);
        }
        put(&f, 0, "late");
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 0);
        answer_produce(&f, &p[0], KERR_NONE, 0);
        p[5] = take_produce(&f);
        expect_numbers(&p[5], "late ", 0, 6);
        for (int i = 1; i < 6; i++)
                answer_produce(&f, &p[i], KERR_NONE, i + 1);
        put(&f, 1, "x");
        p[0] = take_produce(&f);
        expect_numbers(&p[0], "x ", 0, 0);
        answer_produce(&f, &p[0], KERR_NONE, 0);
        assert_int_equal(f.count, 8);
        close_fixture(&f);
}

/* Goal: batches wait for the producer id, which is asked for again after a passing error; one that
 * stays fails them for certain, and what is sent later is refused.
 * Method: COORDINATOR_NOT_AVAILABLE, then an id; and CLUSTER_AUTHORIZATION_FAILED. */
static void batches_wait_for_the_id(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = producer_config_default();
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct init_producer_id_request asked =
                answer_id(&f, KERR_COORDINATOR_NOT_AVAILABLE, -1, -1);
        assert_null(asked.transactional_id.data);
        assert_int_equal(asked.producer_id, -1);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 100);
        answer_id(&f, KERR_NONE, ID, 3);
        struct produced p = take_produce(&f);
        expect_numbers(&p, "a ", 3, 0);
        answer_produce(&f, &p, KERR_NONE, 0);
        int64_t id;
        int16_t epoch;
        producer_identity(f.producer, &id, &epoch);
        assert_int_equal(id, ID);
        assert_int_equal(epoch, 3);
        close_fixture(&f);

        open_fixture(&f, &config);
        put(&f, 0, "a");
        answer_id(&f, KERR_CLUSTER_AUTHORIZATION_FAILED, -1, -1);
        assert_int_equal(f.count, 1);
        assert_false(f.deliveries[0].unknown);
        assert_int_equal(put(&f, 0, "b"), KERR_CLUSTER_AUTHORIZATION_FAILED);
        close_fixture(&f);
}

/* Goal: without acks=all nobody asks for an id, and batches carry none.
 * Method: acks 1. */
static void acks_1_has_no_numbers(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = producer_config_default();
        config.acks = 1;
        open_fixture(&f, &config);
        struct produced p = send_one(&f, "a");
        assert_int_equal(header_of(&p).producer_id, -1);
        assert_int_equal(header_of(&p).base_sequence, -1);
        put(&f, 0, "b");
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 0); /* one in flight */
        answer_produce(&f, &p, KERR_NONE, 0);
        close_fixture(&f);
}

/* Goal: a refused batch is sent again with its numbers, and those behind it, one at a time, with
 * theirs; what is new waits until none is in retry.
 * Method: "a" is refused, "b" and "c" are out of order for want of it; "d" is put meanwhile. */
static void retries_keep_their_numbers(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 120000);
        struct produced a = send_one(&f, "a"), b = send_one(&f, "b"), c = send_one(&f, "c");
        answer_produce(&f, &a, KERR_NOT_LEADER_OR_FOLLOWER, -1);
        answer_produce(&f, &b, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, -1);
        answer_produce(&f, &c, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, -1);
        put(&f, 0, "d");
        a = take_retry(&f);
        expect_numbers(&a, "a ", 0, 0);
        answer_produce(&f, &a, KERR_NONE, 0);
        b = take_retry(&f);
        expect_numbers(&b, "b ", 0, 1);
        answer_produce(&f, &b, KERR_NONE, 1);
        c = take_retry(&f);
        expect_numbers(&c, "c ", 0, 2);
        answer_produce(&f, &c, KERR_NONE, 2);
        struct produced d = take_produce(&f);
        expect_numbers(&d, "d ", 0, 3);
        answer_produce(&f, &d, KERR_NONE, 3);
        for (int i = 0; i < 4; i++)
                assert_int_equal(f.deliveries[i].offset, i);
        close_fixture(&f);
}

/* Goal: a lost answer is made good: the same batch again, and the broker's "I have it" is success
 * with an offset that nobody remembers; the record is not in the log twice.
 * Method: the connection dies after a send; DUPLICATE_SEQUENCE_NUMBER for the second attempt. */
static void duplicate_is_success(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 120000);
        struct produced a = send_one(&f, "a");
        script_cut(f.w, a.request.stream);
        packet_free(a.request.packet);
        a = take_retry(&f);
        expect_numbers(&a, "a ", 0, 0);
        answer_produce(&f, &a, KERR_DUPLICATE_SEQUENCE_NUMBER, -1);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].err, KERR_NONE);
        assert_false(f.deliveries[0].twice);
        assert_int_equal(f.deliveries[0].offset, -1);
        struct produced b = send_one(&f, "b");
        expect_numbers(&b, "b ", 0, 1);
        answer_produce(&f, &b, KERR_NONE, 1);
        close_fixture(&f);
}

/* Goal: when the log does not know the number before ours (it was forgotten, or lost), the
 * partition goes on in a new epoch from 0, with all that is not in the log for certain, in order.
 * Method: each of the three errors for "b" and "c", with nothing before "b" under way. */
static void new_epoch_after_a_gap(void **state)
{
        (void)state;
        static const enum kerr errors[] = {KERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                           KERR_UNKNOWN_PRODUCER_ID, KERR_INVALID_PRODUCER_EPOCH};
        for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
                struct fixture f;
                open_with_id(&f, 120000);
                struct produced a = send_one(&f, "a");
                answer_produce(&f, &a, KERR_NONE, 0);
                struct produced b = send_one(&f, "b"), c = send_one(&f, "c");
                answer_produce(&f, &b, errors[i], -1);
                script_advance(f.w, 200);
                assert_int_equal(f.w->inbox_count, 0); /* "c" must end first */
                answer_produce(&f, &c, errors[i], -1);
                b = take_retry(&f);
                expect_numbers(&b, "b ", 1, 0);
                answer_produce(&f, &b, KERR_NONE, 1);
                c = take_retry(&f);
                expect_numbers(&c, "c ", 1, 1);
                answer_produce(&f, &c, KERR_NONE, 2);
                assert_int_equal(f.count, 3);
                for (int j = 0; j < 3; j++)
                        assert_int_equal(f.deliveries[j].offset, j);
                int64_t id;
                int16_t epoch;
                producer_identity(f.producer, &id, &epoch);
                assert_int_equal(epoch, 1);
                close_fixture(&f);
        }
}

/* Goal: a batch that may be in the log and that the broker refuses at last is reported as unknown,
 * never sent under another number.
 * Method: the answer to "a" is lost, then OUT_OF_ORDER_SEQUENCE_NUMBER for it. */
static void doubtful_batch_is_not_renumbered(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 120000);
        struct produced a = send_one(&f, "a");
        script_cut(f.w, a.request.stream);
        packet_free(a.request.packet);
        a = take_retry(&f);
        answer_produce(&f, &a, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, -1);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].err, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_true(f.deliveries[0].unknown);
        struct produced b = send_one(&f, "b");
        expect_numbers(&b, "b ", 1, 0);
        answer_produce(&f, &b, KERR_NONE, 0);
        close_fixture(&f);
}

/* Goal: nor when a batch before it is known to be missing: then it is reported as unknown at once,
 * and only the other one is numbered anew. Method: UNKNOWN_PRODUCER_ID for "a", and the connection
 * dies before "b" is answered. */
static void doubtful_successor_is_reported(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 120000);
        struct produced a = send_one(&f, "a"), b = send_one(&f, "b");
        int64_t stream = a.request.stream;
        answer_produce(&f, &a, KERR_UNKNOWN_PRODUCER_ID, -1);
        script_cut(f.w, stream);
        packet_free(b.request.packet);
        a = take_retry(&f);
        expect_numbers(&a, "a ", 1, 0);
        assert_int_equal(f.count, 1);
        assert_string_equal(f.deliveries[0].opaque, "b");
        assert_true(f.deliveries[0].unknown);
        answer_produce(&f, &a, KERR_NONE, 0);
        assert_int_equal(f.count, 2);
        close_fixture(&f);
}

/* Goal: behind a batch that was given up in doubt a doubtful one is asked for again under its old
 * numbers, what is new comes in a new epoch.
 * Method: "a" is sent at 0 ms and "b" at 500 ms, both answers are lost with the connection, nobody
 * can be reached until "a" is 1000 ms old; "c" is put then. */
static void given_up_in_doubt(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 1000);
        struct produced a = send_one(&f, "a");
        script_advance(f.w, 500);
        struct produced b = send_one(&f, "b");
        f.w->refused[0] = f.w->refused[1] = f.w->refused[2] = f.w->refused[3] = true;
        script_cut(f.w, a.request.stream);
        packet_free(a.request.packet);
        packet_free(b.request.packet);
        script_advance(f.w, 500);
        assert_int_equal(f.count, 1);
        assert_true(f.deliveries[0].unknown);
        memset(f.w->refused, 0, sizeof f.w->refused);
        put(&f, 0, "c");
        while (f.w->inbox_count == 0)
                script_advance(f.w, 10);
        b = take_produce(&f);
        expect_numbers(&b, "b ", 0, 1);
        assert_int_equal(f.w->inbox_count, 0);
        answer_produce(&f, &b, KERR_NONE, 1);
        struct produced c = take_produce(&f);
        expect_numbers(&c, "c ", 1, 0);
        answer_produce(&f, &c, KERR_NONE, 2);
        assert_int_equal(f.count, 3);
        assert_int_equal(f.deliveries[1].err, KERR_NONE);
        close_fixture(&f);
}

/* Goal: a batch refused for good leaves a gap; its successors come in a new epoch.
 * Method: MESSAGE_TOO_LARGE for "a", out of order for "b", which was sent behind it. */
static void refused_for_good_leaves_a_gap(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 120000);
        struct produced a = send_one(&f, "a"), b = send_one(&f, "b");
        answer_produce(&f, &a, KERR_MESSAGE_TOO_LARGE, -1);
        answer_produce(&f, &b, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, -1);
        assert_int_equal(f.count, 1);
        assert_false(f.deliveries[0].unknown);
        b = take_retry(&f);
        expect_numbers(&b, "b ", 1, 0);
        answer_produce(&f, &b, KERR_NONE, 0);
        close_fixture(&f);
}

static struct partition_queue *first_queue(struct fixture *f)
{
        return f->producer->accumulator.queues;
}

/* Goal: sequence numbers wrap from 2^31 - 1 to 0, also inside a batch.
 * Method: the counter is put two before the end; batches of one, three and one record. */
static void sequence_wraps(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 120000);
        struct produced p = send_one(&f, "a");
        answer_produce(&f, &p, KERR_NONE, 0);
        first_queue(&f)->next_sequence = INT32_MAX - 1;
        p = send_one(&f, "b");
        expect_numbers(&p, "b ", 0, INT32_MAX - 1);
        answer_produce(&f, &p, KERR_NONE, 1);
        put(&f, 0, "c");
        put(&f, 0, "c");
        p = send_one(&f, "c");
        expect_numbers(&p, "c c c ", 0, INT32_MAX);
        answer_produce(&f, &p, KERR_NONE, 2);
        p = send_one(&f, "d");
        expect_numbers(&p, "d ", 0, 2);
        answer_produce(&f, &p, KERR_NONE, 5);
        close_fixture(&f);
}

/* Goal: when the epochs of an id are used up, another id is asked for before the batch is sent.
 * Method: a gap in epoch 32767. */
static void last_epoch_needs_another_id(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = producer_config_default();
        open_fixture(&f, &config);
        answer_id(&f, KERR_NONE, ID - 1, INT16_MAX);
        struct produced p = send_one(&f, "a");
        assert_int_equal(header_of(&p).producer_id, ID - 1);
        answer_produce(&f, &p, KERR_OUT_OF_ORDER_SEQUENCE_NUMBER, -1);
        script_advance(f.w, 100);
        answer_id(&f, KERR_NONE, ID, 0);
        p = take_produce(&f);
        expect_numbers(&p, "a ", 0, 0);
        answer_produce(&f, &p, KERR_NONE, 0);
        close_fixture(&f);
}

/* Goal: bug 33 of the zoo is the one that the rules above prevent: a batch that may be in the log
 * comes again as a new one.
 * Method: the answer is lost, with the bug put back. */
static void zoo_unknown_is_failure(void **state)
{
        (void)state;
        struct fixture f;
        open_with_id(&f, 120000);
        f.w->world.zoo.bits = UINT64_C(1) << ZOO_UNKNOWN_IS_FAILURE;
        struct produced a = send_one(&f, "a");
        script_cut(f.w, a.request.stream);
        packet_free(a.request.packet);
        a = take_retry(&f);
        expect_numbers(&a, "a ", 1, 0);
        answer_produce(&f, &a, KERR_NONE, 1);
        close_fixture(&f);
}

/* Goal: bug 34 of the zoo: the partition is not muted while a batch is in retry.
 * Method: without idempotence, "a" is refused and "b" put behind it, with the bug put back. */
static void zoo_reorder_in_flight(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
        open_fixture(&f, &config);
        f.w->world.zoo.bits = UINT64_C(1) << ZOO_REORDER_IN_FLIGHT;
        struct produced a = send_one(&f, "a");
        put(&f, 0, "b");
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 200); /* so that metadata may be asked for at once */
        answer_produce(&f, &a, KERR_NOT_LEADER_OR_FOLLOWER, -1);
        struct produced b = take_produce(&f);
        assert_string_equal(values(&b, 0, 0), "b ");
        answer_produce(&f, &b, KERR_NONE, 0);
        script_advance(f.w, 100);
        a = take_produce(&f);
        assert_string_equal(values(&a, 0, 0), "a ");
        answer_produce(&f, &a, KERR_NONE, 1);
        close_fixture(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(five_in_flight),
                cmocka_unit_test(batches_wait_for_the_id),
                cmocka_unit_test(acks_1_has_no_numbers),
                cmocka_unit_test(retries_keep_their_numbers),
                cmocka_unit_test(duplicate_is_success),
                cmocka_unit_test(new_epoch_after_a_gap),
                cmocka_unit_test(doubtful_batch_is_not_renumbered),
                cmocka_unit_test(doubtful_successor_is_reported),
                cmocka_unit_test(given_up_in_doubt),
                cmocka_unit_test(refused_for_good_leaves_a_gap),
                cmocka_unit_test(sequence_wraps),
                cmocka_unit_test(last_epoch_needs_another_id),
                cmocka_unit_test(zoo_unknown_is_failure),
                cmocka_unit_test(zoo_reorder_in_flight),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
