/* Unit tests of src/groups/commits.c, removal.c, offsets.c and group_views.c: how far groups got.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka first: the fixture asserts */
#include "group_fixture.h"

#define SIMPLE                    \
        (struct who)              \
        {                         \
                "g", "", NULL, -1 \
        }

enum { UNSTABLE = -100 - KERR_UNSTABLE_OFFSET_COMMIT };

/* Goal: a consumer without a group commits while the group is empty, and reads it back; what nobody
 * committed is -1 and no error. Method: commit, fetch one, fetch all. */
static void simple_consumers_commit(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask a;
        groups_init(&f, "1");
        assert_int_equal(fetch_of(&f, "g", "orders", true), -1);
        assert_int_equal(commit_of(&f, SIMPLE, "orders", 42), KERR_NONE);
        assert_int_equal(commit_of(&f, SIMPLE, "bills", 7), KERR_NONE);
        assert_int_equal(commit_of(&f, (struct who){"", "", NULL, -1}, "bills", 3), KERR_NONE);
        assert_int_equal(fetch_of(&f, "g", "orders", true), 42);
        assert_int_equal(fetch_of(&f, "g", "cellars", true), -1);
        assert_int_equal(fetch_of(&f, "h", "orders", true), -1);
        assert_int_equal(fetch_of(&f, "", "bills", true), 3);
        ask_fetch(&f, &a, "g", NULL, true);
        assert_int_equal(a.done, 1);
        const struct offset_fetch_group_response *g = &a.out.fetch.groups.items[0];
        assert_int_equal(g->topics.count, 2);
        assert_true(str_equal_c(g->topics.items[1].name, "bills"));
        assert_int_equal(g->topics.items[1].partitions.items[0].committed_offset, 7);
        assert_int_equal(g->topics.items[1].partitions.items[0].committed_leader_epoch, 4);
        assert_true(str_equal_c(g->topics.items[1].partitions.items[0].metadata, "m"));
        ask_end(&a);
        expect_group(&f, "g", "Empty 0");
        groups_deinit(&f);
}

/* Goal: only members of the current generation commit, and not while they wait for their
 * assignment; with the bug put back anyone does. Method: each stranger, in each state. */
static void strangers_do_not_commit(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        groups_init(&f, "1");
        assert_int_equal(commit_of(&f, (struct who){"g", "m", NULL, 1}, "t", 1),
                         KERR_ILLEGAL_GENERATION);
        crew_join(&f, &c, "g", 2);
        groups_pass(&f, DELAY_MS);
        groups_pass(&f, DELAY_MS);
        crew_joined(&c);
        assert_int_equal(commit_of(&f, crew_who(&c, "g", 0), "t", 1), KERR_REBALANCE_IN_PROGRESS);
        crew_sync(&f, &c, "g");
        assert_int_equal(commit_of(&f, crew_who(&c, "g", 0), "t", 50), KERR_NONE);
        assert_int_equal(commit_of(&f, SIMPLE, "t", 1), KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(commit_of(&f, (struct who){"g", "m", NULL, 1}, "t", 1),
                         KERR_UNKNOWN_MEMBER_ID);
        struct who old = {"g", c.ids[1], NULL, 0};
        assert_int_equal(commit_of(&f, old, "t", 20), KERR_ILLEGAL_GENERATION);
        assert_int_equal(commit_of(&f, (struct who){NULL, "", NULL, -1}, "t", 1),
                         KERR_INVALID_GROUP_ID);
        assert_int_equal(fetch_of(&f, "g", "t", true), 50);
        assert_int_equal(leave_of(&f, crew_who(&c, "g", 1)), KERR_NONE);
        assert_int_equal(commit_of(&f, crew_who(&c, "g", 0), "t", 51), KERR_NONE); /* PREPARING */

        put_back(&f.x, ZOO_OLD_GENERATION_COMMITS);
        assert_int_equal(commit_of(&f, old, "t", 20), KERR_NONE);
        assert_int_equal(fetch_of(&f, "g", "t", true), 20);
        groups_deinit(&f);
}

/* Goal: a commit keeps its member's session alive. Method: commits instead of heartbeats. */
static void commits_are_heartbeats(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        groups_init(&f, "1");
        crew_make(&f, &c, "g", 1);
        for (int i = 0; i < 5; i++) {
                groups_pass(&f, SESSION_MS - 1);
                assert_int_equal(commit_of(&f, crew_who(&c, "g", 0), "t", i), KERR_NONE);
        }
        expect_group(&f, "g", "Stable 1");
        groups_deinit(&f);
}

/* Goal: offset.metadata.max.bytes refuses one offset and takes the other. Method: both in one
 * request. */
static void metadata_has_a_limit(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask a;
        char text[101];
        memset(text, 'x', sizeof text);
        groups_init(&f, "1");
        ask_begin(&a, 7);
        struct offset_commit_partition partitions[] = {
                {.index = 0, .committed_offset = 5, .committed_metadata = {text, 101}},
                {.index = 1, .committed_offset = 6, .committed_metadata = {text, 100}}};
        a.topic = (struct offset_commit_topic){str_of("t"), {partitions, 2}};
        a.in.commit = (struct offset_commit_request){.group_id = str_of("g"),
                                                     .generation_id = -1,
                                                     .member_id = str_of(""),
                                                     .group_instance_id = STR_NULL,
                                                     .topics = {&a.topic, 1}};
        groups_commit(f.c, &a.in.commit, &a.out.commit, &a.call);
        assert_int_equal(a.done, 1);
        const struct offset_commit_topic_response *t = &a.out.commit.topics.items[0];
        assert_int_equal(t->partitions.items[0].error_code, KERR_OFFSET_METADATA_TOO_LARGE);
        assert_int_equal(t->partitions.items[1].error_code, KERR_NONE);
        assert_int_equal(t->partitions.items[1].index, 1);
        ask_end(&a);
        assert_int_equal(fetch_of(&f, "g", "t", true), -1);
        groups_deinit(&f);
}

/* --- transactions --- */

/* Goal: offsets of an open transaction are unstable to those who ask, and not there for others,
 * until its marker comes; with the bug they leak. Method: commit, abort, a second transaction. */
static void offsets_in_transactions(void **state)
{
        (void)state;
        struct group_fixture f;
        groups_init(&f, "1");
        assert_int_equal(commit_of(&f, SIMPLE, "t", 5), KERR_NONE);
        assert_int_equal(txn_commit_of(&f, SIMPLE, 9, "t", 10), KERR_NONE);
        assert_int_equal(fetch_of(&f, "g", "t", true), UNSTABLE);
        assert_int_equal(fetch_of(&f, "g", "t", false), 5);
        end_txn(&f, 8, true); /* another's */
        assert_int_equal(fetch_of(&f, "g", "t", true), UNSTABLE);
        end_txn(&f, 9, true);
        assert_int_equal(fetch_of(&f, "g", "t", true), 10);

        assert_int_equal(txn_commit_of(&f, SIMPLE, 9, "t", 20), KERR_NONE);
        put_back(&f.x, ZOO_OFFSETS_LEAK);
        assert_int_equal(fetch_of(&f, "g", "t", true), 20);
        f.x.f.world.zoo.bits = 0;
        end_txn(&f, 9, false);
        assert_int_equal(fetch_of(&f, "g", "t", true), 10);

        /* what was committed later, outside of it, counts more than the transaction's */
        assert_int_equal(txn_commit_of(&f, SIMPLE, 9, "t", 30), KERR_NONE);
        assert_int_equal(txn_commit_of(&f, SIMPLE, 9, "t", 31), KERR_NONE);
        assert_int_equal(commit_of(&f, SIMPLE, "t", 40), KERR_NONE);
        end_txn(&f, 9, true);
        assert_int_equal(fetch_of(&f, "g", "t", true), 40);

        assert_int_equal(txn_commit_of(&f, (struct who){"h", "", NULL, -1}, 9, "t", 1), KERR_NONE);
        expect_group(&f, "h", "Empty 0");
        end_txn(&f, 9, false);
        expect_group(&f, "h", "Dead 0");
        groups_deinit(&f);
}

/* Goal: a transaction that says for whom it commits is fenced like its member; one that does not
 * (generation -1) is not checked (KIP-447). Method: a stable group. */
static void transactions_are_fenced(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        groups_init(&f, "1");
        crew_make(&f, &c, "g", 2);
        assert_int_equal(txn_commit_of(&f, crew_who(&c, "g", 0), 9, "t", 1), KERR_NONE);
        assert_int_equal(txn_commit_of(&f, SIMPLE, 9, "t", 1), KERR_NONE);
        assert_int_equal(txn_commit_of(&f, (struct who){"g", "m", NULL, 1}, 9, "t", 1),
                         KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(txn_commit_of(&f, (struct who){"g", c.ids[0], NULL, 0}, 9, "t", 1),
                         KERR_ILLEGAL_GENERATION);
        assert_int_equal(txn_commit_of(&f, (struct who){"g", c.ids[0], "i", 1}, 9, "t", 1),
                         KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(txn_commit_of(&f, SIMPLE, -1, "t", 1), KERR_INVALID_PRODUCER_ID_MAPPING);
        groups_deinit(&f);
}

/* --- removal --- */

/* Goal: OffsetDelete takes what no member reads; DeleteGroups takes empty groups only. Method: a
 * group that reads "orders", in each state; one that is no group of consumers. */
static void people_delete(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        groups_init(&f, "1");
        assert_int_equal(delete_offset_of(&f, "g", "bills"), KERR_GROUP_ID_NOT_FOUND);
        assert_int_equal(delete_of(&f, "g"), KERR_GROUP_ID_NOT_FOUND);
        crew_make(&f, &c, "g", 2);
        struct who member = crew_who(&c, "g", 0);
        assert_int_equal(commit_of(&f, member, "orders", 1), KERR_NONE);
        assert_int_equal(commit_of(&f, member, "bills", 2), KERR_NONE);
        assert_int_equal(delete_offset_of(&f, "g", "orders"), KERR_GROUP_SUBSCRIBED_TO_TOPIC);
        assert_int_equal(delete_offset_of(&f, "g", "bills"), KERR_NONE);
        assert_int_equal(delete_offset_of(&f, "g", "bills"), KERR_NONE);
        assert_int_equal(fetch_of(&f, "g", "orders", true), 1);
        assert_int_equal(fetch_of(&f, "g", "bills", true), -1);
        assert_int_equal(delete_of(&f, "g"), KERR_NON_EMPTY_GROUP);
        assert_int_equal(leave_of(&f, crew_who(&c, "g", 1)), KERR_NONE);
        assert_int_equal(leave_of(&f, member), KERR_NONE);
        expect_group(&f, "g", "Empty 0");
        assert_int_equal(delete_of(&f, "g"), KERR_NONE);
        expect_group(&f, "g", "Dead 0");
        assert_int_equal(fetch_of(&f, "g", "orders", true), -1);
        assert_int_equal(commit_of(&f, SIMPLE, "orders", 1), KERR_NONE);
        assert_int_equal(delete_offset_of(&f, "g", "orders"), KERR_NONE);
        expect_group(&f, "g", "Dead 0");

        struct ask a;
        struct join_group_protocol protocol = {str_of("p"), span_of("x", 1)};
        ask_begin(&a, 3);
        a.in.join = (struct join_group_request){.group_id = str_of("connectors"),
                                                .session_timeout_ms = SESSION_MS,
                                                .member_id = str_of(""),
                                                .group_instance_id = STR_NULL,
                                                .protocol_type = str_of("connect"),
                                                .protocols = {&protocol, 1}};
        groups_join(f.c, &a.in.join, &a.out.join, &a.call);
        assert_int_equal(delete_offset_of(&f, "connectors", "bills"), KERR_NON_EMPTY_GROUP);
        ask_end(&a);
        groups_deinit(&f);
}

/* Goal: a simple consumer's offset expires so long after its commit, and its group with it. An
 * explicit retention (versions 2-4) counts instead. Method: the clock. */
static void simple_offsets_expire(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask a;
        groups_init(&f, "1");
        assert_int_equal(commit_of(&f, SIMPLE, "t", 1), KERR_NONE);
        ask_commit(&f, &a, (struct who){"own", "", NULL, -1}, "t", 1);
        ask_end(&a);
        a.call.version = 3;
        arena_init(&a.arena, SIZE_MAX);
        a.in.commit.retention_time_ms = 2 * RETENTION_MS;
        groups_commit(f.c, &a.in.commit, &a.out.commit, &a.call);
        ask_end(&a);
        groups_pass(&f, RETENTION_MS - 1);
        assert_int_equal(fetch_of(&f, "g", "t", true), 1);
        groups_pass(&f, CHECK_MS);
        expect_group(&f, "g", "Dead 0");
        assert_int_equal(fetch_of(&f, "own", "t", true), 1);
        groups_reload(&f);
        assert_int_equal(fetch_of(&f, "g", "t", true), -1);
        assert_int_equal(fetch_of(&f, "own", "t", true), 1);
        groups_pass(&f, RETENTION_MS);
        expect_group(&f, "own", "Dead 0");
        groups_deinit(&f);
}

/* A stable group that lives for `ms`. */
static void live_on(struct group_fixture *f, const struct crew *c, int64_t ms)
{
        for (int64_t past = 0; past < ms; past += SESSION_MS / 2) {
                groups_pass(f, SESSION_MS / 2);
                assert_int_equal(heartbeat_of(f, crew_who(c, "g", 0)), KERR_NONE);
        }
}

/* Goal: a group's offsets stay while it has members that read the topic, however old they are
 * (KIP-211); they expire when the group has been empty for so long. With the bug they expire by
 * age. Method: a group that only heartbeats; then it leaves. */
static void live_offsets_stay(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                struct group_fixture f;
                struct crew c;
                groups_init(&f, "1");
                if (bug)
                        put_back(&f.x, ZOO_EXPIRES_LIVE_OFFSETS);
                crew_make(&f, &c, "g", 1);
                assert_int_equal(commit_of(&f, crew_who(&c, "g", 0), "orders", 1), KERR_NONE);
                assert_int_equal(commit_of(&f, crew_who(&c, "g", 0), "bills", 1), KERR_NONE);
                live_on(&f, &c, RETENTION_MS + CHECK_MS);
                assert_int_equal(fetch_of(&f, "g", "orders", true), bug ? -1 : 1);
                assert_int_equal(fetch_of(&f, "g", "bills", true), -1); /* nobody reads it */
                if (!bug) {
                        assert_int_equal(leave_of(&f, crew_who(&c, "g", 0)), KERR_NONE);
                        groups_pass(&f, RETENTION_MS - CHECK_MS);
                        groups_reload(&f);
                        assert_int_equal(fetch_of(&f, "g", "orders", true), 1);
                        groups_pass(&f, CHECK_MS);
                        expect_group(&f, "g", "Dead 0");
                }
                groups_deinit(&f);
        }
}

/* Goal: an offset with a transaction open on it does not expire. Method: commit, wait, decide. */
static void pending_offsets_stay(void **state)
{
        (void)state;
        struct group_fixture f;
        groups_init(&f, "1");
        assert_int_equal(commit_of(&f, SIMPLE, "t", 1), KERR_NONE);
        assert_int_equal(txn_commit_of(&f, SIMPLE, 9, "t", 2), KERR_NONE);
        groups_pass(&f, 2 * RETENTION_MS);
        assert_int_equal(fetch_of(&f, "g", "t", false), 1);
        end_txn(&f, 9, false);
        groups_pass(&f, CHECK_MS);
        assert_int_equal(fetch_of(&f, "g", "t", false), -1);
        groups_deinit(&f);
}

/* --- views --- */

/* How many groups ListGroups names, in a state or (NULL) in any, of a type. */
static int list_count(struct group_fixture *f, const char *in_state, const char *type)
{
        struct ask a;
        struct str states = str_of(in_state), types = str_of(type);
        ask_begin(&a, 5);
        a.in.list.states_filter.items = &states;
        a.in.list.states_filter.count = in_state ? 1 : 0;
        a.in.list.types_filter.items = &types;
        a.in.list.types_filter.count = type ? 1 : 0;
        groups_list(f->c, &a.in.list, &a.out.list, &a.call);
        assert_int_equal(a.done, 1);
        assert_int_equal(a.out.list.error_code, KERR_NONE);
        ask_end(&a);
        return a.out.list.groups.count;
}

/* Goal: ListGroups filters by state and type, in any case; DescribeGroups shows subscriptions and
 * assignments of a stable group only. Method: an empty group and a stable one. */
static void groups_are_shown(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask a, newcomer;
        groups_init(&f, "1");
        assert_int_equal(commit_of(&f, (struct who){"simple", "", NULL, -1}, "t", 1), KERR_NONE);
        crew_make(&f, &c, "g", 2);
        assert_int_equal(list_count(&f, NULL, NULL), 2);
        assert_int_equal(list_count(&f, "stable", NULL), 1);
        assert_int_equal(list_count(&f, "Empty", "Classic"), 1);
        assert_int_equal(list_count(&f, "Dead", NULL), 0);
        assert_int_equal(list_count(&f, NULL, "consumer"), 0);
        for (int stable = 1; stable >= 0; stable--) {
                ask_begin(&a, 4);
                a.group_id = str_of("g");
                a.in.describe.groups.items = &a.group_id;
                a.in.describe.groups.count = 1;
                groups_describe(f.c, &a.in.describe, &a.out.describe, &a.call);
                const struct describe_groups_group *g = &a.out.describe.groups.items[0];
                const struct describe_groups_member *m = &g->members.items[1];
                assert_true(str_equal_c(g->protocol_type, "consumer"));
                assert_true(str_equal_c(g->protocol_data, stable ? "r" : ""));
                assert_true(str_equal_c(m->client_host, "/127.0.0.1"));
                assert_int_equal(m->member_metadata.size,
                                 stable ? subscription_to_orders().size : 0);
                assert_int_equal(m->member_assignment.size, stable ? strlen(c.ids[1]) : 0);
                ask_end(&a);
                if (stable) {
                        ask_join(&f, &newcomer, 3, (struct who){"g", "", NULL, 0}, "r");
                        ask_end(&newcomer);
                }
        }
        groups_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(simple_consumers_commit),
                cmocka_unit_test(strangers_do_not_commit),
                cmocka_unit_test(commits_are_heartbeats),
                cmocka_unit_test(metadata_has_a_limit),
                cmocka_unit_test(offsets_in_transactions),
                cmocka_unit_test(transactions_are_fenced),
                cmocka_unit_test(people_delete),
                cmocka_unit_test(simple_offsets_expire),
                cmocka_unit_test(live_offsets_stay),
                cmocka_unit_test(pending_offsets_stay),
                cmocka_unit_test(groups_are_shown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
