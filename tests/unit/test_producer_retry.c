#include "producer_fixture.h"

/* Goal: a batch refused by an old leader goes to the new one, after the back-off and with fresh
 * metadata.
 * Method: NOT_LEADER_OR_FOLLOWER from broker 1; the metadata then names broker 2. */
static void follows_the_leader(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
        config.acks = 1;
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        f.w->leader[0] = 2;
        f.w->leader_epoch++;
        answer_produce(&f, &p, KERR_NOT_LEADER_OR_FOLLOWER, -1);
        assert_int_equal(f.count, 0);
        script_advance(f.w, 99);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 1);
        p = take_produce(&f);
        assert_int_equal(p.request.port, SCRIPT_PORT + 2);
        answer_produce(&f, &p, KERR_NONE, 5);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].offset, 5);
        close_fixture(&f);
}

/* Goal: a partition whose batch is in retry sends nothing else, so the order is kept; other
 * partitions go on (KAFKA-3197, bug 34 of the zoo).
 * Method: batch "a" is refused; put "b" behind it and "x" elsewhere. */
static void retry_keeps_the_order(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        put(&f, 0, "b");
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 0); /* one in flight at a time */
        answer_produce(&f, &p, KERR_NOT_ENOUGH_REPLICAS, -1);
        put(&f, 1, "x");
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "x ");
        answer_produce(&f, &p, KERR_NONE, 0);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 100);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "a ");
        answer_produce(&f, &p, KERR_NONE, 0);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "b ");
        answer_produce(&f, &p, KERR_NONE, 1);
        assert_string_equal(f.deliveries[0].opaque, "x");
        assert_string_equal(f.deliveries[1].opaque, "a");
        assert_string_equal(f.deliveries[2].opaque, "b");
        close_fixture(&f);
}

/* Goal: with more than one batch in flight per partition a refused batch ends up behind its
 * successor: the price that the header names.
 * Method: "a" and "b" in flight, "a" is refused, "b" is taken, "a" comes again. */
static void two_in_flight_may_reorder(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
        config.max_in_flight_per_partition = 2;
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced a = take_produce(&f);
        put(&f, 0, "b");
        struct produced b = take_produce(&f);
        answer_produce(&f, &a, KERR_NOT_ENOUGH_REPLICAS, -1);
        put(&f, 0, "c");
        answer_produce(&f, &b, KERR_NONE, 0);
        assert_int_equal(f.w->inbox_count, 0); /* closed while "a" backs off */
        script_advance(f.w, 100);
        a = take_produce(&f);
        assert_string_equal(values(&a, 0, 0), "a ");
        answer_produce(&f, &a, KERR_NONE, 1);
        assert_string_equal(f.deliveries[0].opaque, "b");
        assert_string_equal(f.deliveries[1].opaque, "a");
        close_fixture(&f);
}

/* Goal: an error that retrying does not mend is reported at once, as a certain failure.
 * Method: MESSAGE_TOO_LARGE. */
static void final_error_is_certain(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        answer_produce(&f, &p, KERR_MESSAGE_TOO_LARGE, -1);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].err, KERR_MESSAGE_TOO_LARGE);
        assert_false(f.deliveries[0].unknown);
        assert_int_equal(f.deliveries[0].offset, -1);
        close_fixture(&f);
}

/* Goal: what was never sent has failed for certain when delivery.timeout.ms is over.
 * Method: a partition without a leader, a topic that does not exist, and no broker at all. */
static void unsent_expires_for_certain(void **state)
{
        (void)state;
        for (int round = 0; round < 3; round++) {
                struct fixture f;
                struct producer_config config = plain_config();
                config.delivery_timeout_ms = 1000;
                open_fixture(&f, &config);
                if (round == 0)
                        f.w->leader[0] = -1;
                if (round == 1)
                        f.w->partition_count = 0;
                if (round == 2)
                        f.w->refused[0] = true;
                put(&f, 0, "a");
                put(&f, -1, "b");
                producer_flush(f.producer);
                if (round == 0) { /* "b" may be anywhere but there */
                        f.w->leader[1] = f.w->leader[2] = -1;
                }
                script_advance(f.w, 999);
                assert_int_equal(f.count, 0);
                script_advance(f.w, 1);
                assert_int_equal(f.count, 2);
                static const enum kerr expected[] = {KERR_LEADER_NOT_AVAILABLE,
                                                     KERR_UNKNOWN_TOPIC_OR_PARTITION,
                                                     KERR_LEADER_NOT_AVAILABLE};
                for (int i = 0; i < 2; i++) {
                        if (strcmp(f.deliveries[i].opaque, "a") == 0)
                                assert_int_equal(f.deliveries[i].err, expected[round]);
                        assert_int_not_equal(f.deliveries[i].err, KERR_NONE);
                        assert_false(f.deliveries[i].unknown);
                }
                assert_int_equal(producer_pending(f.producer), 0);
                close_fixture(&f);
        }
}

/* Goal: a batch that is in flight when delivery.timeout.ms is over may be in the log; its records
 * are reported then, once, and its partition stays closed until the request ends.
 * Method: no answer for 1 s; then "b" is put, then the answer comes. */
static void sent_expires_as_unknown(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
        config.delivery_timeout_ms = 1000;
        config.request_timeout_ms = 5000;
        open_fixture(&f, &config);
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        script_advance(f.w, 1000);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.deliveries[0].err, KERR_TIMED_OUT_LOCALLY);
        assert_true(f.deliveries[0].unknown);
        put(&f, 0, "b");
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 0);
        answer_produce(&f, &p, KERR_NONE, 0);
        assert_int_equal(f.count, 1);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "b ");
        answer_produce(&f, &p, KERR_NONE, 1);
        assert_int_equal(f.count, 2);
        close_fixture(&f);
}

/* Goal: a connection lost after a send leaves the batch unknown, even if later attempts are
 * refused for certain; without a loss the same refusals are certain.
 * Method: (cut or not), then NOT_ENOUGH_REPLICAS until delivery.timeout.ms is over. */
static void lost_connection_is_unknown(void **state)
{
        (void)state;
        for (int cut = 0; cut < 2; cut++) {
                struct fixture f;
                struct producer_config config = plain_config();
                config.delivery_timeout_ms = 1000;
                open_fixture(&f, &config);
                put(&f, 0, "a");
                if (cut) {
                        struct produced p = take_produce(&f);
                        script_cut(f.w, p.request.stream);
                        packet_free(p.request.packet);
                        assert_int_equal(f.count, 0); /* it is tried again */
                        script_advance(f.w, 100);
                }
                while (f.count == 0) {
                        script_advance(f.w, 50);
                        if (f.w->inbox_count == 0)
                                continue;
                        struct produced p = take_produce(&f);
                        assert_string_equal(values(&p, 0, 0), "a ");
                        answer_produce(&f, &p, KERR_NOT_ENOUGH_REPLICAS, -1);
                }
                assert_int_equal(f.w->now_ms, 1000);
                assert_int_equal(f.deliveries[0].err, KERR_NOT_ENOUGH_REPLICAS);
                assert_int_equal(f.deliveries[0].unknown, cut);
                close_fixture(&f);
        }
}

/* Goal: which answers of a broker leave it open whether the batch is in the log.
 * Method: give each until the time is over; retriable ones are worth it only until then. */
static void answers_that_leave_it_unknown(void **state)
{
        (void)state;
        static const struct {
                int16_t acks;
                enum kerr err;
                bool unknown;
        } cases[] = {
                {-1, KERR_REQUEST_TIMED_OUT, true},
                {-1, KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, true},
                {-1, KERR_NOT_LEADER_OR_FOLLOWER, true},
                {1, KERR_NOT_LEADER_OR_FOLLOWER, false},
                {1, KERR_KAFKA_STORAGE_ERROR, true},
                {-1, KERR_UNKNOWN_SERVER_ERROR, true},
                {-1, KERR_INVALID_RECORD, false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct fixture f;
                struct producer_config config = plain_config();
                config.acks = cases[i].acks;
                config.delivery_timeout_ms = 50; /* less than the back-off: one attempt */
                open_fixture(&f, &config);
                put(&f, 0, "a");
                struct produced p = take_produce(&f);
                answer_produce(&f, &p, cases[i].err, -1);
                script_advance(f.w, 50);
                assert_int_equal(f.count, 1);
                assert_int_equal(f.deliveries[0].err, cases[i].err);
                assert_int_equal(f.deliveries[0].unknown, cases[i].unknown);
                close_fixture(&f);
        }
}

/* Goal: closing reports everything that is left, once: what was sent as unknown, the rest as
 * certain; a callback may try to send, but gets an error.
 * Method: one batch in flight, one behind it, one record whose topic is not known. */
static void close_reports_the_rest(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
        open_fixture(&f, &config);
        put(&f, 0, "sent");
        struct produced p = take_produce(&f);
        packet_free(p.request.packet);
        put(&f, 0, "behind");
        script_pump(f.w);
        struct producer_record record = {.topic = "v", .partition = -1};
        producer_send(f.producer, &record, NULL);
        producer_close(f.producer);
        assert_int_equal(f.count, 3);
        for (int i = 0; i < 3; i++) {
                const char *opaque = f.deliveries[i].opaque;
                bool sent = opaque && strcmp(opaque, "sent") == 0;
                assert_int_equal(f.deliveries[i].unknown, sent);
                assert_int_equal(f.deliveries[i].err,
                                 sent ? KERR_CONNECTION_FAILED : KERR_OPERATION_NOT_ATTEMPTED);
        }
        script_close(f.w);
}

/* Goal: a callback may send, and what it sends goes out without another event.
 * Method: on_delivery sends one more record, after an answer and after an expiry. */
static void callbacks_may_send(void **state)
{
        (void)state;
        struct fixture f;
        struct producer_config config = plain_config();
        config.delivery_timeout_ms = 1000;
        open_fixture(&f, &config);
        f.send_again = true;
        put(&f, 0, "a");
        struct produced p = take_produce(&f);
        answer_produce(&f, &p, KERR_NONE, 0);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "again ");
        answer_produce(&f, &p, KERR_NONE, 1);
        f.w->leader[1] = -1;
        f.w->leader_epoch++;
        client_refresh_metadata(f.w->client);
        script_advance(f.w, 200);
        put(&f, 1, "b");
        f.send_again = true;
        script_advance(f.w, 1000);
        assert_int_equal(f.count, 3);
        p = take_produce(&f);
        assert_string_equal(values(&p, 0, 0), "again ");
        answer_produce(&f, &p, KERR_NONE, 2);
        close_fixture(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(follows_the_leader),
                cmocka_unit_test(retry_keeps_the_order),
                cmocka_unit_test(two_in_flight_may_reorder),
                cmocka_unit_test(final_error_is_certain),
                cmocka_unit_test(unsent_expires_for_certain),
                cmocka_unit_test(sent_expires_as_unknown),
                cmocka_unit_test(lost_connection_is_unknown),
                cmocka_unit_test(answers_that_leave_it_unknown),
                cmocka_unit_test(close_reports_the_rest),
                cmocka_unit_test(callbacks_may_send),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
