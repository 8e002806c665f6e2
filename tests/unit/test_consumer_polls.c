/* A program that does not say that it is alive loses its membership, whatever its heartbeats say.
 */
#include "consumer_fixture.h"

enum { HEARTBEAT_MS = 3000, POLL_MS = 10000 };

static void polls_open(struct group_fixture *f, const char *instance_id)
{
        struct consumer_config config = group_config();
        config.max_poll_interval_ms = POLL_MS;
        config.group_instance_id = instance_id;
        config.enable_auto_commit = true;
        config.auto_commit_interval_ms = 3600000;
        group_open(f, &config);
}

/* Three heartbeats, answered, up to a millisecond before the interval is over. */
static void live_without_polls(struct group_fixture *f)
{
        for (int i = 0; i < POLL_MS / HEARTBEAT_MS; i++) {
                script_advance(f->w, HEARTBEAT_MS);
                answer_heartbeat(f, KERR_NONE);
        }
        script_advance(f->w, POLL_MS % HEARTBEAT_MS - 1);
}

/* Neither heartbeats nor attempts to come back. */
static void expect_silence(struct group_fixture *f)
{
        script_advance(f->w, 60000);
        assert_int_equal(count_requests(f, API_HEARTBEAT), 0);
        assert_int_equal(count_requests(f, API_JOIN_GROUP), 0);
}

/* Reads "a" at offset 0 of t-0. */
static void read_one(struct group_fixture *f)
{
        struct buffer log = {0};
        add_letters(&log, 0, "a");
        answer_group_fetch(f, 1, buffer_span(&log), NULL, 0);
        expect_said(f, "t-0@0=a ");
        buffer_deinit(&log);
}

/* Goal: after max.poll.interval.ms without a word from the program its partitions are lost, nothing
 * is committed, and the group is left; not a millisecond before. At the next word it is joined
 * again, as a new member.
 * Method: heartbeats that are answered; one record that auto-commit would commit. */
static void leaves_when_silent(void **state)
{
        (void)state;
        struct group_fixture f;
        polls_open(&f, NULL);
        join_as_m1(&f, "01");
        read_one(&f);
        live_without_polls(&f);
        expect_said(&f, "");
        script_advance(f.w, HEARTBEAT_MS); /* found out when it would heartbeat */
        answer_leave(&f, KERR_NONE);
        expect_said(&f, "lost:t-0,t-1 leave[m1] ");
        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
        assert_false(consumer_has_left(f.consumer));
        expect_silence(&f);
        consumer_polled(f.consumer);
        answer_join(&f, KERR_NONE, "m2", 5, false);
        assert_string_equal(f.member_id, "");
        answer_sync(&f, KERR_NONE, "1");
        expect_said(&f, "join sync assigned:t-1 ");
        group_close(&f);
}

/* Goal: a program that says it is alive stays, for as long as it does.
 * Method: a word just before the interval is over, again and again; then no more. */
static void stays_while_polled(void **state)
{
        (void)state;
        struct group_fixture f;
        polls_open(&f, NULL);
        join_as_m1(&f, "0");
        for (int i = 0; i < 5; i++) {
                live_without_polls(&f);
                consumer_polled(f.consumer);
                expect_said(&f, "");
                assert_int_equal(count_requests(&f, API_LEAVE_GROUP), 0);
        }
        live_without_polls(&f);
        script_advance(f.w, HEARTBEAT_MS);
        answer_leave(&f, KERR_NONE);
        expect_said(&f, "lost:t-0 leave[m1] ");
        group_close(&f);
}

/* Goal: a static member sends no LeaveGroup: its place is kept until its session is over. It stops
 * its heartbeats, and comes back by its instance id.
 * Method: the same with an instance id. */
static void static_member_only_stops(void **state)
{
        (void)state;
        struct group_fixture f;
        polls_open(&f, "i1");
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "i1-1", 1, false);
        answer_sync(&f, KERR_NONE, "0");
        answer_offsets(&f, KERR_NONE, 0);
        live_without_polls(&f);
        expect_said(&f, "join sync assigned:t-0 ");
        script_advance(f.w, HEARTBEAT_MS);
        expect_said(&f, "lost:t-0 ");
        expect_silence(&f);
        assert_int_equal(count_requests(&f, API_LEAVE_GROUP), 0);
        consumer_polled(f.consumer);
        answer_join(&f, KERR_NONE, "i1-2", 1, false);
        assert_string_equal(f.member_id, "");
        assert_string_equal(f.instance_id, "i1");
        group_close(&f);
}

/* Goal: it does not join again before it has left; a LeaveGroup that nobody answers ends in
 * request.timeout.ms.
 * Method: a word right after it began to leave. */
static void leaves_before_it_joins(void **state)
{
        (void)state;
        struct group_fixture f;
        polls_open(&f, NULL);
        join_as_m1(&f, "0");
        live_without_polls(&f);
        script_advance(f.w, HEARTBEAT_MS);
        packet_free(take_request(&f, API_LEAVE_GROUP).packet);
        consumer_polled(f.consumer);
        assert_int_equal(count_requests(&f, API_JOIN_GROUP), 0);
        script_advance(f.w, 30000);
        answer_join(&f, KERR_NONE, "m2", 5, false);
        assert_string_equal(f.member_id, "");
        expect_said(&f, "lost:t-0 join ");
        group_close(&f);
}

/* Goal: a word joins nothing that the program has left itself, nor without a subscription.
 * Method: words before it subscribes and after it has left, and from a consumer without a group. */
static void joins_only_what_it_subscribes_to(void **state)
{
        (void)state;
        struct group_fixture f;
        polls_open(&f, NULL);
        consumer_polled(f.consumer);
        script_pump(f.w);
        join_as_m1(&f, "0");
        assert_int_equal(consumer_subscribe(f.consumer, NULL, 0), KERR_NONE);
        answer_leave(&f, KERR_NONE);
        consumer_polled(f.consumer);
        expect_silence(&f);
        expect_said(&f, "revoked:t-0 leave[m1] ");
        group_close(&f);
        struct consumer_config config = group_config();
        config.group_id = NULL;
        group_open(&f, &config);
        consumer_polled(f.consumer);
        group_close(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(leaves_when_silent),
                cmocka_unit_test(stays_while_polled),
                cmocka_unit_test(static_member_only_stops),
                cmocka_unit_test(leaves_before_it_joins),
                cmocka_unit_test(joins_only_what_it_subscribes_to),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
