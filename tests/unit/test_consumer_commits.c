#include "consumer_fixture.h"

static void commit_t0(struct group_fixture *f, int64_t offset)
{
        struct consumer_offset o = {"t", 0, offset, 5};
        assert_int_equal(consumer_commit(f->consumer, &o, 1, note_committed, f), KERR_NONE);
        script_pump(f->w);
}

/* Hands out letters of the partition that the open Fetch asks for first. */
static void feed(struct group_fixture *f, int64_t base_offset, const char *letters)
{
        struct buffer log = {0};
        add_letters(&log, base_offset, letters);
        answer_group_fetch(f, 100, buffer_span(&log), NULL, 0);
        buffer_deinit(&log);
        buffer_clear(&f->said);
}

/* Goal: auto-commit commits what was handed out, every interval, and nothing when nothing is new.
 * Method: records at 0 and 1, then silence, then one more; a commit of the user's own counts. */
static void auto_commits_what_is_new(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.enable_auto_commit = true;
        config.heartbeat_interval_ms = 100000;
        group_open(&f, &config);
        join_as_m1(&f, "0");
        feed(&f, 0, "ab");
        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
        script_advance(f.w, 5000);
        answer_commit(&f, KERR_NONE);
        script_advance(f.w, 10000);
        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
        feed(&f, 2, "c");
        commit_t0(&f, 3);
        answer_commit(&f, KERR_NONE);
        expect_said(&f, "commit[m1/3]:t-0@3 committed:NONE ");
        script_advance(f.w, 5000);
        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
        group_close(&f);
}

/* Goal: with auto-commit, a revocation and leaving commit first; a loss commits nothing.
 * Method: each with a record that is not committed yet. */
static void auto_commits_before_it_gives_up(void **state)
{
        (void)state;
        for (int how = 0; how < 3; how++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                config.enable_auto_commit = true;
                group_open(&f, &config);
                join_as_m1(&f, "0");
                feed(&f, 0, "a");
                script_advance(f.w, 3000);
                if (how < 2)
                        answer_heartbeat(&f, how == 0 ? KERR_REBALANCE_IN_PROGRESS
                                                      : KERR_UNKNOWN_MEMBER_ID);
                else
                        answer_heartbeat(&f, KERR_NONE);
                if (how == 2)
                        consumer_leave(f.consumer);
                if (how != 1)
                        answer_commit(&f, KERR_NONE);
                assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
                if (how == 2)
                        answer_leave(&f, KERR_NONE);
                assert_int_equal(consumer_has_left(f.consumer), how == 2);
                expect_said(&f, how == 0   ? "revoked:t-0 commit[m1/3]:t-0@1 "
                                : how == 1 ? "lost:t-0 "
                                           : "revoked:t-0 commit[m1/3]:t-0@1 leave[m1] ");
                group_close(&f);
        }
}

/* Goal: a consumer that did not subscribe commits as a simple one, and auto-commits when it leaves.
 * Method: assigned by hand; the positions, with consumer_commit(NULL) and with consumer_leave(). */
static void simple_consumer_commits(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.enable_auto_commit = true;
        group_open(&f, &config);
        consumer_assign(f.consumer, "t", 0, (struct start){START_OFFSET, 5});
        consumer_assign(f.consumer, "t", 1, (struct start){START_OFFSET, 6});
        consumer_assign(f.consumer, "u", 1, (struct start){START_LATEST, 0});
        assert_int_equal(consumer_commit(f.consumer, NULL, 0, note_committed, &f), KERR_NONE);
        script_pump(f.w);
        answer_find(&f, KERR_NONE, 2);
        answer_commit(&f, KERR_NONE);
        expect_said(&f, "commit[/-1]:t-0@5,t-1@6 committed:NONE ");
        consumer_seek(f.consumer, "t", 1, (struct start){START_OFFSET, 8});
        consumer_leave(f.consumer);
        script_pump(f.w);
        assert_false(consumer_has_left(f.consumer));
        answer_commit(&f, KERR_NONE);
        expect_said(&f, "commit[/-1]:t-1@8 ");
        assert_true(consumer_has_left(f.consumer));
        assert_int_equal(count_requests(&f, API_LEAVE_GROUP), 0);
        group_close(&f);
}

/* Goal: commits go out one after the other, in order, through retries and a move of the
 * coordinator.
 * Method: two commits at once; errors that pass on the first. */
static void commits_keep_their_order(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.heartbeat_interval_ms = 100000;
        group_open(&f, &config);
        join_as_m1(&f, "0");
        commit_t0(&f, 4);
        commit_t0(&f, 5);
        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 1);
        answer_commit(&f, KERR_COORDINATOR_LOAD_IN_PROGRESS);
        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
        script_advance(f.w, 100);
        answer_commit(&f, KERR_NOT_COORDINATOR);
        script_advance(f.w, 100);
        answer_find(&f, KERR_NONE, 3);
        answer_commit(&f, KERR_UNKNOWN_TOPIC_OR_PARTITION);
        script_advance(f.w, 100);
        expect_said(&f, "commit[m1/3]:t-0@4 commit[m1/3]:t-0@4 commit[m1/3]:t-0@4 ");
        answer_commit(&f, KERR_NONE);
        answer_commit(&f, KERR_NONE);
        expect_said(&f, "commit[m1/3]:t-0@4 committed:NONE commit[m1/3]:t-0@5 committed:NONE ");
        group_close(&f);
}

/* Goal: refusals are told, and what they say about our membership is acted on after that.
 * Method: each error, in a group with t-0. */
static void refusals_are_told(void **state)
{
        (void)state;
        static const struct {
                enum kerr err;
                const char *said;
                bool joins;
        } cases[] = {
                {KERR_REBALANCE_IN_PROGRESS, "committed:REBALANCE_IN_PROGRESS revoked:t-0 ", true},
                {KERR_ILLEGAL_GENERATION, "committed:ILLEGAL_GENERATION lost:t-0 ", true},
                {KERR_UNKNOWN_MEMBER_ID, "committed:UNKNOWN_MEMBER_ID lost:t-0 ", true},
                {KERR_FENCED_INSTANCE_ID,
                 "committed:FENCED_INSTANCE_ID lost:t-0 refused:FENCED_INSTANCE_ID ", false},
                {KERR_OFFSET_METADATA_TOO_LARGE, "committed:OFFSET_METADATA_TOO_LARGE ", false},
                {KERR_GROUP_AUTHORIZATION_FAILED, "committed:GROUP_AUTHORIZATION_FAILED ", false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                group_open(&f, &config);
                join_as_m1(&f, "0");
                commit_t0(&f, 4);
                answer_commit(&f, cases[i].err);
                script_advance(f.w, 100);
                assert_int_equal(count_requests(&f, API_JOIN_GROUP), cases[i].joins);
                char said[200];
                snprintf(said, sizeof said, "commit[m1/3]:t-0@4 %s", cases[i].said);
                expect_said(&f, said);
                group_close(&f);
        }
}

/* Goal: a commit says who we were when it was asked for, and its refusal says nothing about who we
 * are since.
 * Method: a commit waits for its retry while the cooperative member joins the next generation. */
static void commit_of_an_old_generation(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.assignor = ASSIGNOR_COOPERATIVE_STICKY;
        group_open(&f, &config);
        join_as_m1(&f, "0");
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
        struct script_request join = take_request(&f, API_JOIN_GROUP);
        commit_t0(&f, 4);
        packet_free(join.packet);
        script_cut(f.w, join.stream); /* with the commit */
        packet_free(take_request(&f, API_OFFSET_COMMIT).packet);
        script_advance(f.w, 200);
        answer_find(&f, KERR_NONE, 3);
        answer_commit(&f, KERR_ILLEGAL_GENERATION);
        /* The lost attempt may have been done. */
        expect_said(&f, "commit[m1/3]:t-0@4 committed:CONNECTION_FAILED lost:t-0 ");
        group_close(&f);
}

/* Goal: who reads on while the group rebalances asks for nothing that must be refused, or the group
 * would share once more for it, and once more for that.
 * Method: a cooperative member commits between the answers to JoinGroup and to SyncGroup. */
static void commit_waits_for_the_plan(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.assignor = ASSIGNOR_COOPERATIVE_STICKY;
        group_open(&f, &config);
        join_as_m1(&f, "0");
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
        answer_join(&f, KERR_NONE, "m1", 4, false);
        commit_t0(&f, 4);
        script_advance(f.w, 100);
        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
        answer_sync(&f, KERR_NONE, "0");
        answer_commit(&f, KERR_NONE);
        expect_said(&f, "join sync assigned: commit[m1/4]:t-0@4 committed:NONE ");
        assert_int_equal(count_requests(&f, API_JOIN_GROUP), 0);
        group_close(&f);
}

/* Goal: who has subscribed commits as a member or not at all. An empty group would take offsets
 * from a stranger, so one that was replaced could set back what its heirs have committed. Method:
 * before the first JoinGroup is answered; after the membership is lost. */
static void no_member_commits_nothing(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        group_subscribe(&f, "t");
        commit_t0(&f, 4);
        answer_find(&f, KERR_NONE, 2);
        expect_said(&f, "committed:UNKNOWN_MEMBER_ID ");
        answer_join(&f, KERR_NONE, "m1", 3, false);
        answer_sync(&f, KERR_NONE, "0");
        answer_offsets(&f, KERR_NONE, 0);
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_UNKNOWN_MEMBER_ID);
        commit_t0(&f, 4);
        expect_said(&f, "join sync assigned:t-0 lost:t-0 committed:UNKNOWN_MEMBER_ID ");
        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
        group_close(&f);
}

/* Goal: when no answer comes nobody knows whether the offsets are committed, and the commit says so
 * in request.timeout.ms.
 * Method: silence; no coordinator at all. */
static void silence_is_told(void **state)
{
        (void)state;
        for (int coordinator = 0; coordinator < 2; coordinator++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                group_open(&f, &config);
                commit_t0(&f, 4);
                if (coordinator)
                        answer_find(&f, KERR_NONE, 2);
                script_advance(f.w, 29900);
                expect_said(&f, "");
                script_advance(f.w, 200);
                expect_said(&f, "committed:TIMED_OUT_LOCALLY ");
                group_close(&f);
        }
}

static void note_offsets(void *context, enum kerr err, const struct consumer_offset *offsets,
                         int32_t count)
{
        struct group_fixture *f = context;
        buffer_printf(&f->said, "offsets:%s", kerr_name(err));
        for (int32_t i = 0; !err && i < count; i++)
                buffer_printf(&f->said, ",%s-%d@%d/%d", offsets[i].topic, offsets[i].partition,
                              (int)offsets[i].offset, offsets[i].leader_epoch);
        buffer_printf(&f->said, " ");
}

/* Goal: committed offsets are shown as they are; what is not stable yet is waited for.
 * Method: UNSTABLE_OFFSET_COMMIT and NOT_COORDINATOR first; then silence. */
static void committed_offsets_are_shown(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        f.committed_epoch = 5;
        const struct consumer_partition partitions[] = {{"t", 1}, {"u", 0}, {"t", 0}};
        consumer_fetch_offsets(f.consumer, partitions, 3, note_offsets, &f);
        answer_find(&f, KERR_NONE, 2);
        answer_offsets(&f, KERR_UNSTABLE_OFFSET_COMMIT, -1);
        script_advance(f.w, 100);
        answer_offsets(&f, KERR_NOT_COORDINATOR, -1);
        script_advance(f.w, 100);
        answer_find(&f, KERR_NONE, 2);
        answer_offsets(&f, KERR_NONE, 7);
        expect_said(&f, "offsets:NONE,t-1@7/5,t-0@7/5,u-0@7/5 ");
        consumer_fetch_offsets(f.consumer, partitions, 1, note_offsets, &f);
        answer_offsets(&f, KERR_GROUP_AUTHORIZATION_FAILED, -1);
        expect_said(&f, "offsets:GROUP_AUTHORIZATION_FAILED ");
        consumer_fetch_offsets(f.consumer, partitions, 1, note_offsets, &f);
        script_advance(f.w, 30100);
        expect_said(&f, "offsets:TIMED_OUT_LOCALLY ");
        group_close(&f);
}

/* Goal: without a committed offset auto.offset.reset decides; none is an error; an error that stays
 * stops the partition.
 * Method: each. */
static void nothing_is_committed(void **state)
{
        (void)state;
        for (int reset = 0; reset < 4; reset++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                config.auto_offset_reset = reset < 3 ? (enum offset_reset)reset : OFFSET_RESET_NONE;
                group_open(&f, &config);
                group_subscribe(&f, "t");
                answer_find(&f, KERR_NONE, 2);
                answer_join(&f, KERR_NONE, "m1", 3, false);
                answer_sync(&f, KERR_NONE, "0");
                buffer_clear(&f.said);
                answer_offsets(&f, reset < 3 ? KERR_NONE : KERR_TOPIC_AUTHORIZATION_FAILED, -1);
                bool stops = reset >= OFFSET_RESET_NONE;
                assert_int_equal(count_requests(&f, API_LIST_OFFSETS), !stops);
                expect_said(&f, !stops      ? ""
                                : reset < 3 ? "error@-1:OFFSET_OUT_OF_RANGE "
                                            : "error@-1:TOPIC_AUTHORIZATION_FAILED ");
                group_close(&f);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(auto_commits_what_is_new),
                cmocka_unit_test(auto_commits_before_it_gives_up),
                cmocka_unit_test(simple_consumer_commits),
                cmocka_unit_test(commits_keep_their_order),
                cmocka_unit_test(refusals_are_told),
                cmocka_unit_test(commit_of_an_old_generation),
                cmocka_unit_test(commit_waits_for_the_plan),
                cmocka_unit_test(no_member_commits_nothing),
                cmocka_unit_test(silence_is_told),
                cmocka_unit_test(committed_offsets_are_shown),
                cmocka_unit_test(nothing_is_committed),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
