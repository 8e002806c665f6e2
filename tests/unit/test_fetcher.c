/* Unit tests of src/replication/fetcher.c: a follower and its leader, message by message. */
#include "fetch_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FIRST_REST_MS = 2 }; /* of 100 */

static void append(struct replica_fixture *x, int n, int32_t records)
{
        int64_t at;
        assert_int_equal(lead_append(x, n, records, false, &at), KERR_NONE);
}

/* Both logs, byte for byte. */
static void expect_same_logs(struct replica_fixture *x, int a, int b)
{
        struct buffer bytes[2] = {0};
        int nodes[2] = {a, b};
        assert_int_equal(end_of(x, a), end_of(x, b));
        for (int i = 0; i < 2; i++) {
                struct partition_log *log = x->nodes[nodes[i]].log;
                struct extent at;
                assert_int_equal(partition_log_read(log, partition_log_start(log), INT64_MAX,
                                                    1 << 20, true, &at),
                                 KERR_NONE);
                read_extent(x, &at, &bytes[i]);
        }
        assert_int_equal(bytes[0].size, bytes[1].size);
        if (bytes[0].size > 0)
                assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].size);
        buffer_deinit(&bytes[0]);
        buffer_deinit(&bytes[1]);
}

/* Node 0 leads epoch 1 with ten batches of two records, node 1 follows it over `l`. */
static void start(struct replica_fixture *x, struct fetch_link *l)
{
        replicas_init(x);
        assign_all(x, assignment(1, 1, 1, "12"));
        for (int i = 0; i < 10; i++)
                append(x, 0, 2);
        link_open(l, x, 1, 0);
        link_follow(l, 0);
}

static void stop(struct replica_fixture *x, struct fetch_link *l)
{
        link_close(l);
        replicas_deinit(x);
}

/* --- the loop --- */

/* Goal: a follower copies its leader's log, tells so, and hears of the high watermark one fetch
 * later. Method: rounds until both are equal. */
static void copies_a_log(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        assert_int_equal(fetcher_run(l.fetcher), INT64_MAX);
        assert_true(l.asked);
        assert_int_equal(l.rpc.node, 1);
        assert_int_equal(l.rpc.version, 15);
        assert_int_equal(l.m.replica_id, 2);
        assert_int_equal(l.m.replica_epoch, 101);
        assert_int_equal(l.m.topics.items[0].partitions.items[0].current_leader_epoch, 1);
        assert_int_equal(l.m.topics.items[0].partitions.items[0].last_fetched_epoch, -1);
        assert_int_equal(fetcher_run(l.fetcher), INT64_MAX);
        assert_int_equal(l.questions, 1);
        link_serve(&l, 0);
        link_deliver(&l, KERR_NONE);
        int64_t got = end_of(&x, 1);
        assert_true(got > 0 && got < 20); /* replica.fetch.max.bytes */
        assert_int_equal(hw_of(&x, 0), 0);
        while (end_of(&x, 1) < 20)
                assert_true(link_round(&l, 0));
        assert_true(hw_of(&x, 0) < 20);
        assert_true(link_round(&l, 0));
        assert_int_equal(hw_of(&x, 0), 20);
        assert_int_equal(hw_of(&x, 1), 20);
        expect_same_logs(&x, 0, 1);
        int moves = l.moves;
        assert_true(link_round(&l, 0));
        assert_int_equal(l.moves, moves);
        assert_int_equal(l.falls, 0);
        stop(&x, &l);
}

/* Goal: where logs diverge the follower cuts its own without taking the high watermark of that
 * answer, and then copies. Method: node 1 led before, unheard. */
static void cuts_what_diverges(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        while (end_of(&x, 1) < 20)
                link_round(&l, 0);
        struct replica_assignment a = assignment(2, 2, 2, "2");
        replica_apply(replica_of(&x, 1), &a);
        append(&x, 1, 3);
        append(&x, 0, 1);
        append(&x, 0, 1);
        assert_false(link_round(&l, 0)); /* it does not follow any more */
        int64_t committed = hw_of(&x, 1);
        assert_int_equal(committed, 23);
        a = assignment(1, 3, 3, "1");
        replica_apply(replica_of(&x, 0), &a);
        replica_apply(replica_of(&x, 1), &a);
        assert_true(link_round(&l, 0));
        assert_int_equal(end_of(&x, 1), 20);
        assert_int_equal(hw_of(&x, 1), 20);
        assert_int_equal(l.falls, 1);
        while (end_of(&x, 1) < 22)
                assert_true(link_round(&l, 0));
        expect_same_logs(&x, 0, 1);
        stop(&x, &l);
}

/* Goal: a follower far behind begins anew where the leader's log starts, and one that is close
 * follows that start; an empty one that gets the batch around it whole, goes back and forth, and
 * has that written down. Method: DeleteRecords at the leader, twice; then the follower is emptied.
 */
static void follows_the_log_start(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        partition_log_advance_start(x.nodes[0].log, 10);
        link_round(&l, 0);
        assert_int_equal(partition_log_start(x.nodes[1].log), 10);
        assert_int_equal(end_of(&x, 1), 10);
        assert_int_equal(hw_of(&x, 1), 10);
        while (end_of(&x, 1) < 20)
                assert_true(link_round(&l, 0));
        partition_log_advance_start(x.nodes[0].log, 15); /* inside a batch */
        link_round(&l, 0);
        assert_int_equal(partition_log_start(x.nodes[1].log), 15);
        expect_same_logs(&x, 0, 1);
        assert_int_equal(partition_log_restart_at(x.nodes[1].log, 15), KERR_NONE);
        int falls = l.falls;
        link_round(&l, 0);
        assert_int_equal(partition_log_start(x.nodes[1].log), 15);
        assert_int_equal(l.falls, falls + 1);
        stop(&x, &l);
}

/* Goal: an empty log that lies beyond the end of its leader (elected uncleanly) begins anew, and
 * one with records is not emptied for a leader that does not say enough (KAFKA-2143). Method: both.
 */
static void out_of_range_is_met_with_care(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        replica_restart_at(replica_of(&x, 1), 50);
        link_round(&l, 0);
        assert_int_equal(end_of(&x, 1), 0);
        assert_int_equal(hw_of(&x, 1), 0);
        assert_int_equal(l.falls, 1);
        while (end_of(&x, 1) < 20)
                assert_true(link_round(&l, 0));

        struct fetch_partition_response p = {.error_code = KERR_OFFSET_OUT_OF_RANGE,
                                             .high_watermark = -1,
                                             .log_start_offset = -1,
                                             .preferred_read_replica = -1,
                                             .records.bytes = span_of("", 0)};
        struct fetch_topic_response topic = {.topic_id = link_topic(),
                                             .partitions = {.items = &p, .count = 1}};
        struct fetch_response response = {.topics = {.items = &topic, .count = 1}};
        fetcher_run(l.fetcher);
        link_answer(&l, &response);
        link_deliver(&l, KERR_NONE);
        assert_int_equal(end_of(&x, 1), 20);
        assert_int_equal(fetcher_run(l.fetcher), x.f.mono_ms + FIRST_REST_MS);

        /* A leader that does not compare epochs, whose log is shorter: what is committed stays. */
        x.f.mono_ms += 100;
        p.high_watermark = 16;
        p.log_start_offset = 0;
        fetcher_run(l.fetcher);
        link_answer(&l, &response);
        link_deliver(&l, KERR_NONE);
        assert_int_equal(end_of(&x, 1), 16);
        stop(&x, &l);
}

/* --- answers that come too late --- */

/* Goal: an answer does not count for a partition that was told another leader epoch, was cut, or
 * was added anew since it asked (KAFKA-7786). Method: the answer is held meanwhile; with the bug it
 * is taken, and the log is cut again. */
static void late_answers_do_not_count(void **state)
{
        (void)state;
        enum { NEW_EPOCH, OTHER_LEADER, ADDED_ANEW, GONE, BUG, CASES };
        for (int i = 0; i < CASES; i++) {
                struct replica_fixture x;
                struct fetch_link l;
                start(&x, &l);
                if (i == BUG)
                        put_back(&x, ZOO_LATE_FETCH_ANSWER);
                struct replica *r = replica_of(&x, 1);
                link_round(&l, 0);
                int64_t end = end_of(&x, 1);
                fetcher_run(l.fetcher);
                link_serve(&l, 0);
                struct replica_assignment a = assignment(i == NEW_EPOCH ? 1 : 3, 2, 2, "123");
                if (i == ADDED_ANEW) {
                        fetcher_remove(l.fetcher, r);
                        link_follow(&l, 0);
                } else {
                        replica_apply(r, &a);
                }
                if (i == GONE || i == BUG)
                        fetcher_remove(l.fetcher, r);
                link_deliver(&l, KERR_NONE);
                if (i == BUG)
                        assert_true(end_of(&x, 1) > end);
                else
                        assert_int_equal(end_of(&x, 1), end);
                stop(&x, &l);
        }
}

/* Goal: the same for a log that has moved within the epoch. Method: truncate it meanwhile. */
static void an_answer_must_fit_the_end(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        link_round(&l, 0);
        fetcher_run(l.fetcher);
        link_serve(&l, 0);
        partition_log_truncate(x.nodes[1].log, 2);
        link_deliver(&l, KERR_NONE);
        assert_int_equal(end_of(&x, 1), 2);
        while (end_of(&x, 1) < 20)
                assert_true(link_round(&l, 0));
        expect_same_logs(&x, 0, 1);
        stop(&x, &l);
}

/* --- errors --- */

/* Goal: a partition with an error rests, longer each time, and when the leader is out of reach all
 * do. Method: an unknown epoch; a lost connection; an answer that is no answer. */
static void errors_make_a_pause(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        struct replica_assignment a = assignment(1, 2, 2, "12");
        replica_apply(replica_of(&x, 1), &a); /* the leader has not heard of it */
        static const int rests_ms[] = {FIRST_REST_MS, 4, 8, 16, 32, 64, 100, 100};
        for (size_t i = 0; i < sizeof rests_ms / sizeof *rests_ms; i++) {
                assert_true(link_round(&l, 0));
                assert_int_equal(fetcher_run(l.fetcher), x.f.mono_ms + rests_ms[i]);
                assert_false(l.asked);
                x.f.mono_ms += rests_ms[i];
        }
        replica_apply(replica_of(&x, 0), &a);
        assert_true(link_round(&l, 0));
        assert_true(end_of(&x, 1) > 0);
        a = assignment(1, 3, 3, "12");
        replica_apply(replica_of(&x, 1), &a);
        assert_true(link_round(&l, 0));
        assert_int_equal(fetcher_run(l.fetcher), x.f.mono_ms + FIRST_REST_MS);
        replica_apply(replica_of(&x, 0), &a);
        x.f.mono_ms += FIRST_REST_MS;

        fetcher_run(l.fetcher);
        link_deliver(&l, KERR_CONNECTION_FAILED);
        assert_int_equal(fetcher_run(l.fetcher), x.f.mono_ms + 100);
        assert_false(l.asked);
        x.f.mono_ms += 100;
        fetcher_run(l.fetcher);
        link_serve(&l, 0);
        l.answer->memory.size = 7;
        link_deliver(&l, KERR_NONE);
        assert_int_equal(fetcher_run(l.fetcher), x.f.mono_ms + 100);
        stop(&x, &l);
}

/* Goal: bytes that do not check are not appended, and the follower tries again. Method: one bit is
 * flipped on the way. */
static void corrupt_bytes_are_refused(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        fetcher_run(l.fetcher);
        link_serve(&l, 0);
        l.answer->memory.data[l.answer->memory.size / 2] ^= 1;
        link_deliver(&l, KERR_NONE);
        assert_int_equal(end_of(&x, 1), 0);
        assert_int_equal(fetcher_run(l.fetcher), x.f.mono_ms + FIRST_REST_MS);
        x.f.mono_ms += 100;
        while (end_of(&x, 1) < 20)
                assert_true(link_round(&l, 0));
        expect_same_logs(&x, 0, 1);
        stop(&x, &l);
}

/* Goal: nothing is asked for a log that is offline, and what is asked is synced where
 * flush.messages says so. Method: flush.messages 1, then a failing sync. */
static void asks_only_from_what_is_safe(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        x.config.flush_messages = 1;
        partition_log_configure(x.nodes[1].log, &x.config);
        link_round(&l, 0);
        int64_t end = end_of(&x, 1);
        assert_int_equal(partition_log_recovery_point(x.nodes[1].log), 0);
        fetcher_run(l.fetcher);
        assert_int_equal(partition_log_recovery_point(x.nodes[1].log), end);
        assert_int_equal(l.m.topics.items[0].partitions.items[0].fetch_offset, end);
        link_serve(&l, 0);
        link_deliver(&l, KERR_NONE);
        assert_true(end_of(&x, 1) > end);
        sim_disk_fail_syncs(x.f.disk, 1, false);
        assert_int_equal(fetcher_run(l.fetcher), INT64_MAX);
        assert_false(l.asked);
        assert_true(partition_log_is_offline(x.nodes[1].log));
        assert_int_equal(fetcher_run(l.fetcher), INT64_MAX);
        assert_false(l.asked);
        stop(&x, &l);
}

/* --- many partitions --- */

/* Goal: all partitions of a leader share one Fetch; one that got bytes goes to the end of the next;
 * one that is added, removed or resting comes and goes alone. Method: two partitions. */
static void partitions_take_turns(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct fetch_link l;
        start(&x, &l);
        l.partition_node[1] = 2;
        link_follow(&l, 1);
        fetcher_run(l.fetcher);
        assert_int_equal(l.m.topics.count, 1);
        assert_int_equal(l.m.topics.items[0].partitions.count, 2);
        assert_int_equal(l.m.topics.items[0].partitions.items[0].index, 0);
        link_serve(&l, 0);
        link_deliver(&l, KERR_NONE);

        replica_restart_at(replica_of(&x, 2), 20); /* nothing to get there */
        fetcher_run(l.fetcher);
        link_serve(&l, 0);
        link_deliver(&l, KERR_NONE);
        fetcher_run(l.fetcher);
        assert_int_equal(l.m.topics.items[0].partitions.items[0].index, 1);
        assert_int_equal(l.m.topics.items[0].partitions.items[1].index, 0);
        link_serve(&l, 0);
        link_deliver(&l, KERR_NONE);

        fetcher_remove(l.fetcher, replica_of(&x, 1));
        fetcher_remove(l.fetcher, replica_of(&x, 1));
        fetcher_run(l.fetcher);
        assert_int_equal(l.m.topics.items[0].partitions.count, 1);
        assert_int_equal(l.m.topics.items[0].partitions.items[0].index, 1);
        fetcher_remove(l.fetcher, replica_of(&x, 2));
        link_serve(&l, 0);
        link_deliver(&l, KERR_NONE);
        assert_int_equal(fetcher_run(l.fetcher), INT64_MAX);
        assert_false(l.asked);
        stop(&x, &l);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(copies_a_log),
                cmocka_unit_test(cuts_what_diverges),
                cmocka_unit_test(follows_the_log_start),
                cmocka_unit_test(out_of_range_is_met_with_care),
                cmocka_unit_test(late_answers_do_not_count),
                cmocka_unit_test(an_answer_must_fit_the_end),
                cmocka_unit_test(errors_make_a_pause),
                cmocka_unit_test(corrupt_bytes_are_refused),
                cmocka_unit_test(asks_only_from_what_is_safe),
                cmocka_unit_test(partitions_take_turns),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
