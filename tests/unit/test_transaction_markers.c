/* Unit tests of src/delivery/txn_markers.c, and of coordinators that follow one another over the
 * same log: what is decided reaches every partition, once and for all. */
#include "txn_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void expect_status(struct txn_fixture *f, const char *id, enum transaction_status status)
{
        assert_int_equal(view_of(f, id).status, status);
}

/* A transaction with these partitions of "data", open, as producer `producer_id`, epoch 0. */
static void open_txn(struct txn_fixture *f, const char *id, int64_t producer_id,
                     const char *partitions)
{
        assert_int_equal(init_now(f, id, -1, -1).producer_id, producer_id);
        assert_int_equal(add_now(f, id, producer_id, 0, partitions), KERR_NONE);
}

static void decide(struct txn_fixture *f, const char *id, int64_t producer_id, bool commit)
{
        struct ask a;
        ask_to_end(f, &a, 3, id, producer_id, 0, commit);
        assert_true(a.is_done);
        assert_int_equal(a.end_answer.error_code, KERR_NONE);
        ask_end(&a);
}

static int32_t seen(const struct txn_fixture *f, int64_t producer_id, int32_t partition)
{
        int32_t count = 0;
        for (int32_t i = 0; i < f->seen_count; i++)
                count += f->seen[i].producer_id == producer_id && f->seen[i].partition == partition;
        return count;
}

/* Goal:   one request to a broker carries all that is due there, of all transactions; what becomes
 *         due meanwhile goes with the next one.
 * Method: two transactions end together, one more while they are on their way. */
static void markers_go_together(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "1");
        open_txn(&f, "a", 1000, "0123");
        open_txn(&f, "b", 1001, "02");
        open_txn(&f, "c", 1002, "1");
        decide(&f, "a", 1000, true);
        decide(&f, "b", 1001, false);
        run(&f);
        assert_int_equal(f.queued, 2);
        assert_int_equal(f.queue[0].rpc.node, 1);
        assert_int_equal(f.queue[1].rpc.node, 2);
        assert_int_equal(f.queue[0].rpc.api_key, API_WRITE_TXN_MARKERS);
        decide(&f, "c", 1002, true);
        run(&f);
        assert_int_equal(f.queued, 2);
        deliver(&f, 0, KERR_NONE);
        assert_int_equal(f.seen_count, 4); /* 0 and 2, of both */
        run(&f);
        expect_status(&f, "b", TRANSACTION_COMPLETE_ABORT);
        expect_status(&f, "a", TRANSACTION_PREPARE_COMMIT);
        assert_int_equal(view_of(&f, "a").partition_count, 2);
        deliver(&f, 0, KERR_NONE);
        run(&f);
        expect_status(&f, "a", TRANSACTION_COMPLETE_COMMIT);
        assert_int_equal(f.queued, 1);
        settle(&f);
        expect_status(&f, "c", TRANSACTION_COMPLETE_COMMIT);
        assert_int_equal(f.seen_count, 7);
        txn_fixture_deinit(&f);
}

/* Goal:   a marker goes out until it is written: the broker does not answer, refuses, has handed
 * its partition over, nobody leads it. There is a pause between two attempts. Method: one partition
 * through all of these; the other one is not asked again. */
static void markers_are_tried_again(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "1");
        open_txn(&f, "a", 1000, "01");
        decide(&f, "a", 1000, true);
        run(&f);
        drop(&f, 0);
        deliver(&f, 0, KERR_NONE);
        int64_t next = run(&f);
        assert_int_equal(f.queued, 0);
        assert_true(next > f.x.f.mono_ms && next <= f.x.f.mono_ms + 100);
        static const int16_t refusals[] = {KERR_NOT_ENOUGH_REPLICAS, KERR_NOT_LEADER_OR_FOLLOWER,
                                           KERR_TRANSACTION_COORDINATOR_FENCED,
                                           KERR_UNKNOWN_TOPIC_OR_PARTITION};
        for (int i = 0; i < 4; i++) {
                f.x.f.mono_ms = next;
                run(&f);
                assert_int_equal(f.queued, 1);
                f.refuse = refusals[i];
                deliver(&f, 0, KERR_NONE);
                f.refuse = 0;
                next = run(&f);
        }
        f.data_leaders[0] = NOBODY;
        f.x.f.mono_ms = next;
        next = run(&f);
        assert_int_equal(f.queued, 0);
        f.data_leaders[0] = 3;
        f.x.f.mono_ms = next;
        run(&f);
        assert_int_equal(f.queue[0].rpc.node, 3);
        deliver(&f, 0, KERR_TIMED_OUT_LOCALLY); /* written, but who knows */
        expect_status(&f, "a", TRANSACTION_PREPARE_COMMIT);
        f.x.f.mono_ms = run(&f);
        settle(&f);
        expect_status(&f, "a", TRANSACTION_COMPLETE_COMMIT);
        assert_int_equal(seen(&f, 1000, 0), 2);
        assert_int_equal(seen(&f, 1000, 1), 1);
        txn_fixture_deinit(&f);
}

/* Goal:   partitions that are gone need no marker, and a transaction without any completes.
 * Method: one is deleted before the end, one while its marker is on its way, then all of them. */
static void deleted_partitions_are_done_with(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "1");
        open_txn(&f, "a", 1000, "013");
        f.data_leaders[0] = GONE;
        decide(&f, "a", 1000, true);
        run(&f);
        assert_int_equal(f.queued, 1);
        f.data_leaders[1] = GONE;
        deliver(&f, 0, KERR_NONE);
        f.x.f.mono_ms = run(&f);
        settle(&f);
        expect_status(&f, "a", TRANSACTION_COMPLETE_COMMIT);
        assert_int_equal(seen(&f, 1000, 3), 1);
        assert_int_equal(f.seen_count, 1);
        assert_int_equal(add_now(&f, "a", 1000, 0, "23"), KERR_NONE);
        f.data_leaders[2] = f.data_leaders[3] = GONE;
        assert_int_equal(end_now(&f, "a", 1000, 0, false), KERR_NONE);
        expect_status(&f, "a", TRANSACTION_COMPLETE_ABORT);
        assert_int_equal(f.seen_count, 1);
        txn_fixture_deinit(&f);
}

/* Goal:   a broker that answers nonsense, or nothing of what was asked, is asked again.
 * Method: an empty answer, and one that is cut. */
static void strange_answers_count_for_nothing(void **state)
{
        (void)state;
        struct txn_fixture f;
        static const uint8_t empty[] = {1, 0}, cut[] = {5, 0};
        txn_fixture_init(&f, "1");
        open_txn(&f, "a", 1000, "0");
        decide(&f, "a", 1000, true);
        for (int i = 0; i < 2; i++) {
                struct arena arena;
                arena_init(&arena, 1000);
                f.x.f.mono_ms += 100;
                run(&f);
                struct rpc rpc = take_rpc(&f, 0);
                struct serde in = serde_reader(span_of(i ? cut : empty, 2), 1, true, &arena);
                rpc.on_answer(rpc.context, KERR_NONE, &in);
                arena_deinit(&arena);
                expect_status(&f, "a", TRANSACTION_PREPARE_COMMIT);
        }
        f.x.f.mono_ms += 100;
        settle(&f);
        expect_status(&f, "a", TRANSACTION_COMPLETE_COMMIT);
        txn_fixture_deinit(&f);
}

/* --- another coordinator --- */

/* Goal:   another broker takes over in each state and goes on from there, with its own coordinator
 *         epoch; what the old one has sent is no business of the new one.
 * Method: node 1 takes over an EMPTY, an ONGOING, a PREPARE_COMMIT with one marker of two written,
 * and a COMPLETE_COMMIT; the old one's answers come late. */
static void the_next_one_goes_on(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "12");
        open_txn(&f, "ongoing", 1000, "0");
        open_txn(&f, "prepared", 1001, "12");
        open_txn(&f, "complete", 1002, "3");
        init_now(&f, "empty", -1, -1);
        end_now(&f, "complete", 1002, 0, true);
        struct ask a;
        ask_to_end(&f, &a, 3, "prepared", 1001, 0, true);
        copy_all(&f.x, 0, 1);
        run(&f);
        assert_true(a.is_done);
        ask_end(&a);
        deliver(&f, 0, KERR_NONE);
        assert_int_equal(f.queued, 1);
        lead(&f, 1);
        run(&f);
        expect_status(&f, "empty", TRANSACTION_EMPTY);
        expect_status(&f, "ongoing", TRANSACTION_ONGOING);
        expect_status(&f, "prepared", TRANSACTION_PREPARE_COMMIT);
        expect_status(&f, "complete", TRANSACTION_COMPLETE_COMMIT);
        assert_int_equal(f.queued, 3);
        f.seen_count = 0;
        deliver(&f, 0, KERR_NONE); /* the old one's: it has nothing to say any more */
        assert_int_equal(f.seen_count, 0);
        txn_coordinator_run(f.nodes[0]);
        settle(&f);
        expect_status(&f, "prepared", TRANSACTION_COMPLETE_COMMIT);
        assert_int_equal(seen(&f, 1001, 1), 1);
        assert_int_equal(seen(&f, 1001, 2), 1);
        assert_int_equal(f.seen[0].coordinator_epoch, 2);
        assert_true(f.seen[0].commit);
        assert_int_equal(end_now(&f, "prepared", 1001, 0, true), KERR_NONE);
        assert_int_equal(end_now(&f, "complete", 1002, 0, true), KERR_NONE);
        assert_int_equal(end_now(&f, "ongoing", 1000, 0, false), KERR_NONE);
        expect_status(&f, "ongoing", TRANSACTION_COMPLETE_ABORT);
        txn_fixture_deinit(&f);
}

/* Goal:   what was not committed did not happen: the answer is NOT_COORDINATOR, and another
 *         coordinator may decide otherwise; what was is there.
 * Method: EndTxn(commit) on node 0 is not copied (then: is copied, the answer not given); node 1
 * leads. */
static void only_what_is_committed_counts(void **state)
{
        (void)state;
        for (int copied = 0; copied < 2; copied++) {
                struct txn_fixture f;
                struct ask a;
                txn_fixture_init(&f, "12");
                open_txn(&f, "a", 1000, "0");
                ask_to_end(&f, &a, 3, "a", 1000, 0, true);
                if (copied)
                        copy_all(&f.x, 0, 1);
                lead(&f, 1);
                assert_true(a.is_done);
                assert_int_equal(a.end_answer.error_code, KERR_NOT_COORDINATOR);
                ask_end(&a);
                settle(&f);
                expect_status(&f, "a", copied ? TRANSACTION_COMPLETE_COMMIT : TRANSACTION_ONGOING);
                assert_int_equal(end_now(&f, "a", 1000, 0, false),
                                 copied ? KERR_INVALID_TXN_STATE : KERR_NONE);
                assert_int_equal(f.seen_count, 1);
                assert_int_equal(f.seen[0].commit, copied);
                txn_fixture_deinit(&f);
        }
}

/* Goal:   a coordinator that is deposed and does not know it yet appends nothing, and tells so; its
 *         decisions that are not committed stay without markers.
 * Method: node 0's replica hears of its successor, its coordinator does not. */
static void a_deposed_one_does_nothing(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a, b;
        txn_fixture_init(&f, "12");
        open_txn(&f, "a", 1000, "0");
        open_txn(&f, "b", 1001, "1");
        ask_to_end(&f, &a, 3, "a", 1000, 0, true);
        assign_all(&f.x, assignment(2, f.leader_epoch + 1, f.leader_epoch + 1, "12"));
        ask_to_end(&f, &b, 3, "b", 1001, 0, true);
        assert_true(b.is_done);
        assert_int_equal(b.end_answer.error_code, KERR_NOT_COORDINATOR);
        ask_end(&b);
        run(&f);
        assert_true(a.is_done);
        assert_int_equal(a.end_answer.error_code, KERR_NOT_COORDINATOR);
        ask_end(&a);
        ask_to_end(&f, &a, 3, "a", 1000, 0, true);
        assert_int_equal(a.end_answer.error_code, KERR_NOT_COORDINATOR);
        ask_end(&a);
        f.x.f.mono_ms += TIMEOUT_MS + ABORT_CHECK_MS;
        run(&f);
        assert_int_equal(f.queued, 0);
        txn_fixture_deinit(&f);
}

/* Goal:   a transaction has its whole time again under a new coordinator, and no more.
 * Method: node 0 leads again just before the time-out. */
static void time_begins_anew(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "1");
        open_txn(&f, "a", 1000, "0");
        pass_time(&f, TIMEOUT_MS - 1);
        settle(&f);
        lead(&f, 0);
        settle(&f);
        pass_time(&f, TIMEOUT_MS);
        settle(&f);
        expect_status(&f, "a", TRANSACTION_ONGOING);
        pass_time(&f, ABORT_CHECK_MS);
        settle(&f);
        expect_status(&f, "a", TRANSACTION_COMPLETE_ABORT);
        txn_fixture_deinit(&f);
}

/* Goal:   a record that cannot be read is told, and left out; the rest is there.
 * Method: garbage and an empty id in the log between good records. */
static void bad_records_are_left_out(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct log_append done;
        int64_t at;
        struct batch_builder b;
        struct buffer batch = {0};
        txn_fixture_init(&f, "1");
        init_now(&f, "a", -1, -1);
        batch_builder_init(&b);
        struct record garbage = {.key = span_of("\0\0\0\1a", 5), .value = span_of("\0\0", 2)};
        struct record nobody = {.key = span_of("\0\0\0\0", 4)};
        struct record newer = {.key = span_of("\0\7\0\0", 4), .value = span_of("\0\0", 2)};
        batch_builder_add(&b, &garbage, NULL, 0);
        batch_builder_add(&b, &nobody, NULL, 0);
        batch_builder_add(&b, &newer, NULL, 0);
        assert_int_equal(batch_builder_finish(&b, 0, &batch), KERR_NONE);
        assert_int_equal(replica_append(replica_of(&f.x, 0), buffer_span(&batch), true,
                                        APPEND_COORDINATOR, &done, &at),
                         KERR_NONE);
        lead(&f, 0);
        settle(&f);
        expect_status(&f, "a", TRANSACTION_EMPTY);
        for (int i = 1; i <= 3; i++) {
                char text[80];
                snprintf(text, sizeof text, "the record at offset %d is ignored", i);
                assert_true(fake_world_logged(&f.x.f, text));
        }
        batch_builder_deinit(&b);
        buffer_deinit(&batch);
        txn_fixture_deinit(&f);
}

/* --- the zoo --- */

/* Goal:   with markers-before-prepare a marker is written of a decision that is lost; without it,
 *         none. Method: EndTxn(commit) on node 0 is never copied; node 1 aborts. */
static void the_zoo_sends_markers_too_soon(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                struct txn_fixture f;
                struct ask a;
                txn_fixture_init(&f, "12");
                if (bug)
                        put_back(&f.x, ZOO_MARKERS_BEFORE_PREPARE);
                open_txn(&f, "a", 1000, "01");
                ask_to_end(&f, &a, 3, "a", 1000, 0, true);
                run(&f);
                assert_int_equal(f.queued, bug ? 2 : 0);
                if (bug) {
                        deliver(&f, 0, KERR_NONE);
                        run(&f);
                        assert_true(f.seen[0].commit);
                }
                lead(&f, 1);
                ask_end(&a);
                settle(&f);
                assert_int_equal(end_now(&f, "a", 1000, 0, false), KERR_NONE);
                assert_false(f.seen[f.seen_count - 1].commit); /* torn, with the bug */
                assert_int_equal(f.seen_count, 2 + bug);
                txn_fixture_deinit(&f);
        }
}

/* Goal:   with forgets-prepared nobody sends the markers that are left; without it, the new
 *         coordinator does. Method: it takes over a PREPARE_COMMIT without markers. */
static void the_zoo_forgets_what_is_prepared(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                struct txn_fixture f;
                txn_fixture_init(&f, "1");
                if (bug)
                        put_back(&f.x, ZOO_FORGETS_PREPARED);
                open_txn(&f, "a", 1000, "01");
                decide(&f, "a", 1000, true);
                lead(&f, 0);
                settle(&f);
                pass_time(&f, TIMEOUT_MS);
                settle(&f);
                assert_int_equal(f.seen_count, bug ? 0 : 2);
                expect_status(&f, "a",
                              bug ? TRANSACTION_PREPARE_COMMIT : TRANSACTION_COMPLETE_COMMIT);
                txn_fixture_deinit(&f);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(markers_go_together),
                cmocka_unit_test(markers_are_tried_again),
                cmocka_unit_test(deleted_partitions_are_done_with),
                cmocka_unit_test(strange_answers_count_for_nothing),
                cmocka_unit_test(the_next_one_goes_on),
                cmocka_unit_test(only_what_is_committed_counts),
                cmocka_unit_test(a_deposed_one_does_nothing),
                cmocka_unit_test(time_begins_anew),
                cmocka_unit_test(bad_records_are_left_out),
                cmocka_unit_test(the_zoo_sends_markers_too_soon),
                cmocka_unit_test(the_zoo_forgets_what_is_prepared),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
