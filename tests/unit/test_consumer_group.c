#include "consumer_fixture.h"

/* The offset that the next Fetch asks of its first partition; the request is dropped. */
static int64_t fetched_from(struct group_fixture *f)
{
        struct script_request r = take_request(f, API_FETCH);
        struct fetch_request m = {0};
        serde_fetch_request(&r.body, &m);
        int64_t offset = m.topics.items[0].partitions.items[0].fetch_offset;
        packet_free(r.packet);
        return offset;
}

/* Goal: a new member asks for the coordinator, joins with the id it is given, syncs, and reads from
 * the committed offset.
 * Method: the whole way, request by request. */
static void joins_and_reads(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        struct group_metadata who;
        assert_false(consumer_group_metadata(f.consumer, &who));
        group_subscribe(&f, "t");
        assert_int_equal(count_requests(&f, API_JOIN_GROUP), 0);
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_MEMBER_ID_REQUIRED, "m1", -1, false);
        assert_string_equal(f.member_id, "");
        answer_join(&f, KERR_NONE, "m1", 3, false);
        assert_string_equal(f.member_id, "m1");
        assert_string_equal(f.protocol, "range");
        assert_string_equal(f.topics, "t ");
        expect_said(&f, "join join ");
        answer_sync(&f, KERR_NONE, "02");
        expect_said(&f, "sync assigned:t-0,t-2 ");
        assert_int_equal(count_requests(&f, API_FETCH), 0);
        answer_offsets(&f, KERR_NONE, 7);
        struct buffer log = {0};
        add_letters(&log, 7, "a");
        answer_group_fetch(&f, 8, buffer_span(&log), NULL, 0);
        struct consumer_position position;
        consumer_position(f.consumer, "t", 2, &position);
        expect_said(&f, position.position == 8 ? "t-2@7=a " : "t-0@7=a ");
        assert_true(consumer_group_metadata(f.consumer, &who));
        assert_string_equal(who.group_id, "g");
        assert_string_equal(who.member_id, "m1");
        assert_int_equal(who.generation, 3);
        buffer_deinit(&log);
        group_close(&f);
}

/* Goal: a JoinGroup that is answered late holds up nothing else.
 * Method: the coordinator leads t-0 too, which the cooperative member goes on reading meanwhile. */
static void coordinator_has_its_own_connection(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.assignor = ASSIGNOR_COOPERATIVE_STICKY;
        group_open(&f, &config);
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 1);
        answer_join(&f, KERR_NONE, "m1", 3, false);
        answer_sync(&f, KERR_NONE, "0");
        answer_offsets(&f, KERR_NONE, 0);
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
        assert_int_equal(count_requests(&f, API_JOIN_GROUP), 1);
        buffer_clear(&f.said);
        for (int i = 0; i < 3; i++) {
                struct buffer log = {0};
                add_letters(&log, i, "a");
                answer_group_fetch(&f, 3, buffer_span(&log), NULL, 0);
                buffer_deinit(&log);
        }
        expect_said(&f, "t-0@0=a t-0@1=a t-0@2=a ");
        script_advance(f.w, 40000); /* longer than request.timeout.ms */
        answer_join(&f, KERR_NONE, "m1", 4, false);
        group_close(&f);
}

/* Goal: without a group_id there are no groups.
 * Method: each call of the group's part. */
static void needs_a_group_id(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = consumer_config_default();
        group_open(&f, &config);
        const char *topic = "t";
        struct consumer_partition partition = {"t", 0};
        struct group_metadata who;
        assert_int_equal(consumer_subscribe(f.consumer, &topic, 1), KERR_INVALID_GROUP_ID);
        assert_int_equal(consumer_commit(f.consumer, NULL, 0, NULL, NULL), KERR_INVALID_GROUP_ID);
        assert_int_equal(consumer_fetch_offsets(f.consumer, &partition, 1, NULL, NULL),
                         KERR_INVALID_GROUP_ID);
        assert_false(consumer_group_metadata(f.consumer, &who));
        consumer_leave(f.consumer);
        assert_true(consumer_has_left(f.consumer));
        group_close(&f);
}

/* Goal: the leader waits for the partition counts, assigns them all, and has the group share again
 * when a topic grows.
 * Method: one member; metadata withheld at first; two partitions, then three. */
static void leader_assigns(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        f.w->partition_count = 2;
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        script_pump(f.w);
        f.w->mute = true;
        answer_join(&f, KERR_NONE, "m1", 1, true);
        assert_int_equal(count_requests(&f, API_SYNC_GROUP), 0);
        f.w->mute = false;
        answer_sync(&f, KERR_NONE, "plan");
        expect_said(&f, "join sync assigned:t-0,t-1 ");
        answer_offsets(&f, KERR_NONE, 0);
        f.w->partition_count = 3;
        client_refresh_metadata(f.w->client);
        script_advance(f.w, 100);
        expect_said(&f, "revoked:t-0,t-1 ");
        answer_join(&f, KERR_NONE, "m1", 2, true);
        answer_sync(&f, KERR_NONE, "plan");
        expect_said(&f, "join sync assigned:t-0,t-1,t-2 ");
        group_close(&f);
}

/* Goal: a topic that does not exist yet leaves the leader with nothing, until it is made.
 * Method: no partitions at first. */
static void leader_waits_for_a_topic(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        f.w->partition_count = 0;
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "m1", 1, true);
        answer_sync(&f, KERR_NONE, "plan");
        expect_said(&f, "join sync assigned: ");
        f.w->partition_count = 1;
        script_advance(f.w, 200);
        answer_join(&f, KERR_NONE, "m1", 2, true);
        answer_sync(&f, KERR_NONE, "plan");
        expect_said(&f, "join sync assigned:t-0 ");
        group_close(&f);
}

/* Goal: with an eager assignor everything is revoked before the member joins again, and what it
 * commits in on_revoked is committed, in the old generation, before that.
 * Method: a heartbeat says REBALANCE_IN_PROGRESS. */
static void commits_before_it_rejoins(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        join_as_m1(&f, "01");
        f.commit_in_revoked = true;
        f.commit_offset = 42;
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
        expect_said(&f, "revoked:t-0,t-1 ");
        assert_int_equal(count_requests(&f, API_JOIN_GROUP), 0);
        script_advance(f.w, 3000); /* it stays alive meanwhile */
        assert_int_equal(count_requests(&f, API_HEARTBEAT), 1);
        answer_commit(&f, KERR_NONE);
        answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
        answer_join(&f, KERR_NONE, "m1", 4, false);
        answer_sync(&f, KERR_NONE, "1");
        expect_said(&f, "commit[m1/3]:t-0@42 committed:NONE join sync assigned:t-1 ");
        answer_offsets(&f, KERR_NONE, 5);
        answer_group_fetch(&f, 0, span_of("", 0), NULL, 0); /* of before */
        assert_int_equal(fetched_from(&f), 5);
        group_close(&f);
}

/* Goal: nothing that was fetched before a revocation is handed out after it (KAFKA-7096); with the
 * bug put back it is, and its position is committed.
 * Method: revoke while a Fetch is under way, then answer it. */
static void drops_what_was_fetched_before(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                config.enable_auto_commit = true;
                group_open(&f, &config);
                f.w->world.zoo.bits = (uint64_t)bug << ZOO_BUFFERED_AFTER_REVOKE;
                join_as_m1(&f, "0");
                script_advance(f.w, 3000);
                answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
                answer_join(&f, KERR_NONE, "m1", 4, false);
                answer_sync(&f, KERR_NONE, "1");
                expect_said(&f, "revoked:t-0 join sync assigned:t-1 ");
                struct buffer log = {0};
                add_letters(&log, 0, "ab");
                answer_group_fetch(&f, 2, buffer_span(&log), NULL, 0);
                expect_said(&f, bug ? "t-0@0=a t-0@1=b " : "");
                script_advance(f.w, 2500);
                if (bug) {
                        answer_commit(&f, KERR_NONE);
                        expect_said(&f, "commit[m1/4]:t-0@2 ");
                } else {
                        assert_int_equal(count_requests(&f, API_OFFSET_COMMIT), 0);
                }
                buffer_deinit(&log);
                group_close(&f);
        }
}

/* Goal: an answer about the committed offset that was asked before a revocation is not taken for
 * one asked after it.
 * Method: lose t-0 and get it back while the first OffsetFetch waits for a transaction to end. */
static void drops_late_offsets(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.retry_backoff_ms = 4000;
        group_open(&f, &config);
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "m1", 3, false);
        answer_sync(&f, KERR_NONE, "0");
        answer_offsets(&f, KERR_UNSTABLE_OFFSET_COMMIT, -1);
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
        answer_join(&f, KERR_NONE, "m1", 4, false);
        answer_sync(&f, KERR_NONE, "0");
        script_advance(f.w, 1000);
        assert_int_equal(count_requests(&f, API_OFFSET_FETCH), 2);
        answer_offsets(&f, KERR_NONE, 9);
        assert_int_equal(fetched_from(&f), 9);
        answer_offsets(&f, KERR_NONE, 5);
        assert_int_equal(count_requests(&f, API_FETCH), 0);
        group_close(&f);
}

/* Goal: JoinGroup is tried again after errors that pass, at the coordinator that the error means
 * and as the member that it leaves us.
 * Method: each such error once. */
static void join_is_retried(void **state)
{
        (void)state;
        static const struct {
                enum kerr err;
                bool finds_again;
                const char *member_id; /* of the next attempt */
        } cases[] = {
                {KERR_COORDINATOR_LOAD_IN_PROGRESS, false, "m1"},
                {KERR_REBALANCE_IN_PROGRESS, false, "m1"},
                {KERR_NOT_COORDINATOR, true, "m1"},
                {KERR_COORDINATOR_NOT_AVAILABLE, true, "m1"},
                {KERR_UNKNOWN_MEMBER_ID, false, ""},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                group_open(&f, &config);
                group_subscribe(&f, "t");
                answer_find(&f, KERR_NONE, 2);
                answer_join(&f, KERR_MEMBER_ID_REQUIRED, "m1", -1, false);
                answer_join(&f, cases[i].err, "", -1, false);
                assert_int_equal(count_requests(&f, API_JOIN_GROUP), 0); /* it backs off */
                script_advance(f.w, 100);
                if (cases[i].finds_again)
                        answer_find(&f, KERR_NONE, 3);
                struct script_request *r = &f.w->inbox[0];
                assert_int_equal(r->port, SCRIPT_PORT + (cases[i].finds_again ? 3 : 2));
                answer_join(&f, KERR_NONE, "m1", 1, false);
                assert_string_equal(f.member_id, cases[i].member_id);
                answer_sync(&f, KERR_NONE, "0");
                expect_said(&f, "join join join sync assigned:t-0 ");
                group_close(&f);
        }
}

/* Goal: a group that refuses the member for good is left alone.
 * Method: errors of JoinGroup and FindCoordinator that stay; nothing is sent after them; a new
 * subscription tries again. */
static void refusal_ends_it(void **state)
{
        (void)state;
        static const enum kerr errors[] = {
                KERR_GROUP_MAX_SIZE_REACHED,      KERR_INVALID_GROUP_ID,
                KERR_INCONSISTENT_GROUP_PROTOCOL, KERR_INVALID_SESSION_TIMEOUT,
                KERR_FENCED_INSTANCE_ID,          KERR_GROUP_AUTHORIZATION_FAILED};
        for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
                struct group_fixture f;
                char said[80];
                struct consumer_config config = group_config();
                group_open(&f, &config);
                group_subscribe(&f, "t");
                answer_find(&f, KERR_NONE, 2);
                answer_join(&f, errors[i], "", -1, false);
                snprintf(said, sizeof said, "join refused:%s ", kerr_name(errors[i]));
                expect_said(&f, said);
                script_advance(f.w, 60000);
                assert_int_equal(f.w->inbox_count, 0);
                group_subscribe(&f, "t");
                answer_join(&f, KERR_NONE, "m2", 1, false);
                assert_string_equal(f.member_id, "");
                group_close(&f);
        }
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        group_subscribe(&f, "t");
        answer_find(&f, KERR_GROUP_AUTHORIZATION_FAILED, -1);
        expect_said(&f, "refused:GROUP_AUTHORIZATION_FAILED ");
        group_close(&f);
}

/* Goal: after an error of SyncGroup the member joins again: as itself where the group still knows
 * it, else as a new one.
 * Method: each error. */
static void sync_is_retried(void **state)
{
        (void)state;
        static const struct {
                enum kerr err;
                bool finds_again;
                const char *member_id;
        } cases[] = {
                {KERR_REBALANCE_IN_PROGRESS, false, "m1"},    {KERR_UNKNOWN_MEMBER_ID, false, ""},
                {KERR_ILLEGAL_GENERATION, false, "m1"},       {KERR_NOT_COORDINATOR, true, "m1"},
                {KERR_COORDINATOR_NOT_AVAILABLE, true, "m1"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                group_open(&f, &config);
                group_subscribe(&f, "t");
                answer_find(&f, KERR_NONE, 2);
                answer_join(&f, KERR_NONE, "m1", 1, false);
                answer_sync(&f, cases[i].err, "");
                script_advance(f.w, 100);
                if (cases[i].finds_again)
                        answer_find(&f, KERR_NONE, 3);
                answer_join(&f, KERR_NONE, "m1", 2, false);
                assert_string_equal(f.member_id, cases[i].member_id);
                answer_sync(&f, KERR_NONE, "0");
                expect_said(&f, "join sync join sync assigned:t-0 ");
                group_close(&f);
        }
}

/* Goal: what a heartbeat says about our membership is acted on: partitions are lost only when the
 * group has dropped us.
 * Method: each error, in a group with t-0. */
static void heartbeats_are_heeded(void **state)
{
        (void)state;
        static const struct {
                enum kerr err;
                const char *said;
                const char *member_id; /* of the JoinGroup that follows; NULL: none does */
        } cases[] = {
                {KERR_NONE, "", NULL},
                {KERR_REBALANCE_IN_PROGRESS, "revoked:t-0 join ", "m1"},
                {KERR_UNKNOWN_MEMBER_ID, "lost:t-0 join ", ""},
                {KERR_ILLEGAL_GENERATION, "lost:t-0 join ", "m1"},
                {KERR_FENCED_INSTANCE_ID, "lost:t-0 refused:FENCED_INSTANCE_ID ", NULL},
                {KERR_COORDINATOR_LOAD_IN_PROGRESS, "", NULL},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                group_open(&f, &config);
                join_as_m1(&f, "0");
                script_advance(f.w, 3000);
                answer_heartbeat(&f, cases[i].err);
                script_advance(f.w, 100);
                if (cases[i].member_id) {
                        answer_join(&f, KERR_NONE, "m1", 4, false);
                        assert_string_equal(f.member_id, cases[i].member_id);
                }
                expect_said(&f, cases[i].said);
                struct group_metadata who;
                assert_int_equal(consumer_group_metadata(f.consumer, &who),
                                 cases[i].err != KERR_FENCED_INSTANCE_ID);
                group_close(&f);
        }
}

/* Goal: when the coordinator moves or dies, the member goes on at the next one, and loses nothing
 * by it.
 * Method: NOT_COORDINATOR, a cut connection, and silence. */
static void follows_the_coordinator(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        join_as_m1(&f, "0");
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_NOT_COORDINATOR);
        script_advance(f.w, 100);
        answer_find(&f, KERR_NONE, 3);
        script_advance(f.w, 100);
        struct script_request r = take_request(&f, API_HEARTBEAT);
        assert_int_equal(r.port, SCRIPT_PORT + 3);
        packet_free(r.packet);
        script_cut(f.w, r.stream);
        script_advance(f.w, 200);
        answer_find(&f, KERR_COORDINATOR_NOT_AVAILABLE, -1);
        script_advance(f.w, 100);
        answer_find(&f, KERR_NONE, 2);
        answer_heartbeat(&f, KERR_NONE);
        expect_said(&f, "");
        script_advance(f.w, 3000);
        r = take_request(&f, API_HEARTBEAT); /* and now it says nothing */
        packet_free(r.packet);
        script_advance(f.w, 30200);
        assert_int_equal(count_requests(&f, API_FIND_COORDINATOR), 1);
        expect_said(&f, "");
        group_close(&f);
}

/* Goal: cooperative members give up only what moves, join again after that, and go on reading the
 * rest meanwhile; they say what they have and since when.
 * Method: t-0 and t-1, then only t-1, then t-1 and t-2. */
static void cooperative_keeps_the_rest(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.assignor = ASSIGNOR_COOPERATIVE_STICKY;
        group_open(&f, &config);
        join_as_m1(&f, "01");
        assert_string_equal(f.protocol, "cooperative-sticky");
        assert_string_equal(f.owned, "");
        assert_int_equal(f.owned_generation, -1);
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
        expect_said(&f, "");
        assert_int_equal(count_requests(&f, API_FETCH), 1);
        f.commit_in_revoked = true;
        f.commit_offset = 6;
        answer_join(&f, KERR_NONE, "m1", 4, false);
        assert_string_equal(f.owned, "t-0 t-1 ");
        assert_int_equal(f.owned_generation, 3);
        answer_sync(&f, KERR_NONE, "1");
        expect_said(&f, "join sync revoked:t-0 assigned: ");
        answer_commit(&f, KERR_NONE);
        expect_said(&f, "commit[m1/4]:t-0@6 committed:NONE ");
        answer_join(&f, KERR_NONE, "m1", 5, false);
        assert_string_equal(f.owned, "t-1 ");
        assert_int_equal(f.owned_generation, 4);
        answer_sync(&f, KERR_NONE, "12");
        expect_said(&f, "join sync assigned:t-2 ");
        answer_offsets(&f, KERR_NONE, 4);
        assert_int_equal(count_requests(&f, API_JOIN_GROUP), 0);

        f.commit_in_revoked = false;
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_UNKNOWN_MEMBER_ID);
        script_advance(f.w, 100);
        answer_join(&f, KERR_NONE, "m2", 6, false);
        assert_string_equal(f.owned, "");
        expect_said(&f, "lost:t-1,t-2 join ");
        group_close(&f);
}

/* Goal: the sticky assignor gets back in the user data what the member had before it gave it up.
 * Method: read the bytes that the member sends, laid out as Kafka's StickyAssignor does. */
static void sticky_tells_what_it_had(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.assignor = ASSIGNOR_STICKY;
        group_open(&f, &config);
        join_as_m1(&f, "02");
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_REBALANCE_IN_PROGRESS);
        answer_join(&f, KERR_NONE, "m1", 4, false);
        expect_said(&f, "revoked:t-0,t-2 join ");
        assert_string_equal(f.owned, "");
        struct serde s = serde_reader(f.subscription, 0, false, &f.w->arena);
        struct consumer_protocol_subscription m = {0};
        serde_consumer_protocol_subscription(&s, &m);
        static const uint8_t expected[] = {0, 0, 0, 1, 0, 1, 't', 0, 0, 0, 2, 0,
                                           0, 0, 0, 0, 0, 0, 2,   0, 0, 0, 3};
        assert_int_equal(m.user_data.size, sizeof expected);
        assert_memory_equal(m.user_data.data, expected, sizeof expected);
        group_close(&f);
}

/* Goal: a static member joins by its instance id, and only stops when it leaves.
 * Method: join, leave; no LeaveGroup. */
static void static_member_keeps_its_place(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.group_instance_id = "i1";
        group_open(&f, &config);
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "i1-1", 1, false);
        assert_string_equal(f.instance_id, "i1");
        answer_sync(&f, KERR_NONE, "0");
        answer_offsets(&f, KERR_NONE, 0);
        struct group_metadata who;
        assert_true(consumer_group_metadata(f.consumer, &who));
        assert_string_equal(who.group_instance_id, "i1");
        consumer_leave(f.consumer);
        script_pump(f.w);
        assert_true(consumer_has_left(f.consumer));
        assert_int_equal(count_requests(&f, API_LEAVE_GROUP), 0);
        expect_said(&f, "join sync assigned:t-0 revoked:t-0 ");
        group_close(&f);
}

/* Goal: a static member that restarts while the group waits for it to give something up joins
 * again, once, though it has nothing to give up any more (KIP-345 and KIP-429 together). Method:
 * its first assignment says so, the next does not. */
static void restarted_member_is_waited_for(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        config.group_instance_id = "i1";
        config.assignor = ASSIGNOR_COOPERATIVE_STICKY;
        group_open(&f, &config);
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "i1-2", 1, false);
        answer_sync(&f, KERR_NONE, "0!");
        answer_join(&f, KERR_NONE, "i1-2", 2, false);
        assert_string_equal(f.owned, "t-0 ");
        answer_offsets(&f, KERR_NONE, 0);
        answer_sync(&f, KERR_NONE, "0");
        expect_said(&f, "join sync assigned:t-0 join sync assigned: ");
        assert_int_equal(count_requests(&f, API_JOIN_GROUP), 0);
        group_close(&f);
}

/* Goal: leaving is revocation, commits, LeaveGroup, in this order; and it can come back.
 * Method: consumer_subscribe() with no topics, then with one. */
static void leaves_in_good_order(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        join_as_m1(&f, "0");
        f.commit_in_revoked = true;
        f.commit_offset = 5;
        assert_int_equal(consumer_subscribe(f.consumer, NULL, 0), KERR_NONE);
        assert_int_equal(count_requests(&f, API_LEAVE_GROUP), 0);
        answer_commit(&f, KERR_NONE);
        assert_false(consumer_has_left(f.consumer));
        answer_leave(&f, KERR_NONE);
        expect_said(&f, "revoked:t-0 commit[m1/3]:t-0@5 committed:NONE leave[m1] ");
        assert_true(consumer_has_left(f.consumer));
        script_advance(f.w, 60000);
        assert_int_equal(count_requests(&f, API_HEARTBEAT), 0);
        group_subscribe(&f, "t");
        answer_join(&f, KERR_NONE, "m2", 5, false);
        assert_string_equal(f.member_id, "");
        assert_false(consumer_has_left(f.consumer));
        group_close(&f);
}

/* Goal: leaving ends in request.timeout.ms, whoever is silent, and from every state.
 * Method: no answer to LeaveGroup; no answer to JoinGroup; no coordinator. */
static void leaving_ends(void **state)
{
        (void)state;
        for (int how = 0; how < 3; how++) {
                struct group_fixture f;
                struct consumer_config config = group_config();
                group_open(&f, &config);
                group_subscribe(&f, "t");
                if (how > 0)
                        answer_find(&f, KERR_NONE, 2);
                if (how > 1)
                        answer_join(&f, KERR_MEMBER_ID_REQUIRED, "m1", -1, false);
                consumer_leave(f.consumer);
                script_pump(f.w);
                /* One that has no id yet has nothing to say. */
                assert_int_equal(consumer_has_left(f.consumer), how < 2);
                script_advance(f.w, 30000);
                assert_true(consumer_has_left(f.consumer));
                group_close(&f);
        }
}

/* Goal: a member that gets nothing is told so, and waits.
 * Method: an empty assignment. */
static void surplus_member_idles(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "m1", 1, false);
        answer_sync(&f, KERR_NONE, "");
        expect_said(&f, "join sync assigned: ");
        script_advance(f.w, 3000);
        answer_heartbeat(&f, KERR_NONE);
        assert_int_equal(f.w->inbox_count, 0);
        group_close(&f);
}

/* Goal: another subscription makes the member join again, and what it does not subscribe to any
 * more is not read, even if the group assigned it.
 * Method: from t to u, while SyncGroup is under way; the same subscription twice. */
static void subscription_changes(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        group_subscribe(&f, "t");
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "m1", 1, false);
        group_subscribe(&f, "u");
        answer_sync(&f, KERR_NONE, "0");
        answer_join(&f, KERR_NONE, "m1", 2, false);
        assert_string_equal(f.topics, "u ");
        expect_said(&f, "join sync assigned: join ");
        answer_sync(&f, KERR_NONE, "");
        group_subscribe(&f, "u");
        assert_int_equal(count_requests(&f, API_JOIN_GROUP), 0);
        group_close(&f);
}

/* Goal: an assignment that cannot be read is a refusal, not a crash.
 * Method: bytes that end too early. */
static void malformed_assignment(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "m1", 1, false);
        struct script_request r = take_request(&f, API_SYNC_GROUP);
        struct sync_group_response m = {.protocol_type = STR_NULL,
                                        .protocol_name = STR_NULL,
                                        .assignment = span_of("\0\1\0\0\0\7", 6)};
        script_reply(f.w, &r, -1, group_write_sync_group, &m);
        script_pump(f.w);
        expect_said(&f, "join refused:TRUNCATED ");
        group_close(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(joins_and_reads),
                cmocka_unit_test(coordinator_has_its_own_connection),
                cmocka_unit_test(needs_a_group_id),
                cmocka_unit_test(leader_assigns),
                cmocka_unit_test(leader_waits_for_a_topic),
                cmocka_unit_test(commits_before_it_rejoins),
                cmocka_unit_test(drops_what_was_fetched_before),
                cmocka_unit_test(drops_late_offsets),
                cmocka_unit_test(join_is_retried),
                cmocka_unit_test(refusal_ends_it),
                cmocka_unit_test(sync_is_retried),
                cmocka_unit_test(heartbeats_are_heeded),
                cmocka_unit_test(follows_the_coordinator),
                cmocka_unit_test(cooperative_keeps_the_rest),
                cmocka_unit_test(sticky_tells_what_it_had),
                cmocka_unit_test(static_member_keeps_its_place),
                cmocka_unit_test(restarted_member_is_waited_for),
                cmocka_unit_test(leaves_in_good_order),
                cmocka_unit_test(leaving_ends),
                cmocka_unit_test(surplus_member_idles),
                cmocka_unit_test(subscription_changes),
                cmocka_unit_test(malformed_assignment),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
