/* Unit tests of src/groups/join.c, membership.c and rebalance.c: who is in a group, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka first: the fixture asserts */
#include "group_fixture.h"

#define NOBODY                    \
        (struct who)              \
        {                         \
                "g", "", NULL, -1 \
        }

static int join_code(struct group_fixture *f, int16_t version, struct who who,
                     const char *protocols)
{
        struct ask a;
        ask_join(f, &a, version, who, protocols);
        assert_int_equal(a.done, 1);
        int err = a.out.join.error_code;
        ask_end(&a);
        return err;
}

static int sync_code(struct group_fixture *f, struct who who)
{
        struct ask a;
        ask_sync(f, &a, who, NULL, 0);
        assert_int_equal(a.done, 1);
        int err = a.out.sync.error_code;
        ask_end(&a);
        return err;
}

/* Goal: JoinGroup refuses what no group can take. Method: one request for each error. */
static void joins_refused(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask a;
        groups_init(&f, "1");
        assert_int_equal(join_code(&f, 5, (struct who){"", "", NULL, 0}, "r"),
                         KERR_INVALID_GROUP_ID);
        assert_int_equal(join_code(&f, 5, (struct who){"g", "nobody", NULL, 0}, "r"),
                         KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(join_code(&f, 5, NOBODY, ""), KERR_INCONSISTENT_GROUP_PROTOCOL);
        ask_begin(&a, 5);
        a.in.join = (struct join_group_request){.group_id = str_of("g"),
                                                .session_timeout_ms = 5999,
                                                .member_id = str_of(""),
                                                .group_instance_id = STR_NULL};
        groups_join(f.c, &a.in.join, &a.out.join, &a.call);
        assert_int_equal(a.out.join.error_code, KERR_INVALID_SESSION_TIMEOUT);
        assert_int_equal(a.out.join.generation_id, -1);
        ask_end(&a);
        expect_group(&f, "g", "Dead 0");
        groups_deinit(&f);
}

/* Goal: a new member is given an id and must come back with it, from version 4 on (KIP-394); it has
 * a session's time for that. Method: an id used, one used too late, an old version that needs none.
 */
static void ids_are_required(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask first, second, old;
        groups_init(&f, "1");
        ask_join(&f, &first, 4, NOBODY, "r");
        assert_int_equal(first.out.join.error_code, KERR_MEMBER_ID_REQUIRED);
        assert_int_equal(first.out.join.member_id.size, 7 + 36);
        assert_memory_equal(first.out.join.member_id.data, "client-", 7);
        expect_group(&f, "g", "Empty 0");
        groups_pass(&f, SESSION_MS);
        expect_group(&f, "g", "Dead 0");
        assert_int_equal(join_code(&f, 4, (struct who){"g", joined_id(&first), NULL, 0}, "r"),
                         KERR_UNKNOWN_MEMBER_ID);
        ask_end(&first);

        ask_join(&f, &first, 4, NOBODY, "r");
        ask_join(&f, &second, 4, (struct who){"g", joined_id(&first), NULL, 0}, "r");
        ask_join(&f, &old, 3, NOBODY, "r");
        assert_int_equal(second.done, 0);
        groups_pass(&f, DELAY_MS);
        groups_pass(&f, DELAY_MS);
        assert_int_equal(second.done, 1);
        assert_int_equal(second.out.join.generation_id, 1);
        assert_int_equal(second.out.join.members.count, 2);
        assert_true(str_equal(second.out.join.leader, second.out.join.member_id));
        assert_int_equal(old.done, 1);
        assert_int_equal(old.out.join.members.count, 0);
        ask_end(&first), ask_end(&second), ask_end(&old);
        groups_deinit(&f);
}

/* Goal: the first rebalance waits for group.initial.rebalance.delay.ms, and again for newcomers, up
 * to the rebalance time-out (KIP-134). Method: a newcomer in every window. */
static void the_first_rebalance_waits(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask asks[12];
        groups_init(&f, "1");
        int n = 0;
        ask_join(&f, &asks[n++], 3, NOBODY, "r");
        int64_t waited = 0;
        while (!asks[0].done) {
                ask_join(&f, &asks[n++], 3, NOBODY, "r");
                groups_pass(&f, DELAY_MS);
                waited += DELAY_MS;
                assert_in_range(waited, DELAY_MS, REBALANCE_MS);
        }
        assert_int_equal(waited, REBALANCE_MS);
        assert_int_equal(asks[0].out.join.members.count, n);
        while (n > 0)
                ask_end(&asks[--n]);

        ask_join(&f, &asks[0], 3, (struct who){"alone", "", NULL, 0}, "r");
        groups_pass(&f, DELAY_MS - 1);
        assert_int_equal(asks[0].done, 0);
        groups_pass(&f, 1);
        assert_int_equal(asks[0].done, 1);
        ask_end(&asks[0]);
        groups_deinit(&f);
}

/* Goal: three members become stable; a fourth makes all join again, and they hear of it by their
 * heartbeats; all joined, it does not wait longer. Method: step by step. */
static void a_newcomer_makes_all_join_again(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask again[3], newcomer;
        groups_init(&f, "1");
        crew_make(&f, &c, "g", 3);
        expect_group(&f, "g", "Stable 3");
        assert_int_equal(c.generation, 1);
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 2)), KERR_NONE);

        ask_join(&f, &newcomer, 3, NOBODY, "r");
        expect_group(&f, "g", "PreparingRebalance 4");
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 2)), KERR_REBALANCE_IN_PROGRESS);
        assert_int_equal(sync_code(&f, crew_who(&c, "g", 2)), KERR_REBALANCE_IN_PROGRESS);
        for (int i = 0; i < 3; i++)
                ask_join(&f, &again[i], 5, crew_who(&c, "g", i), "r");
        assert_int_equal(newcomer.done, 1);
        expect_group(&f, "g", "CompletingRebalance 4");
        for (int i = 0; i < 3; i++) {
                assert_int_equal(again[i].done, 1);
                assert_int_equal(again[i].out.join.generation_id, 2);
                assert_int_equal(again[i].out.join.members.count, i == 0 ? 4 : 0);
                ask_end(&again[i]);
        }
        assert_int_equal(heartbeat_of(&f, (struct who){"g", c.ids[0], NULL, 2}), KERR_NONE);
        assert_int_equal(heartbeat_of(&f, (struct who){"g", c.ids[0], NULL, 1}),
                         KERR_ILLEGAL_GENERATION);
        ask_end(&newcomer);
        groups_deinit(&f);
}

/* Goal: a dynamic member that does not join again within the rebalance time-out is out, although
 * it heartbeats; the leader among them loses its post. Method: the leader does not rejoin. */
static void who_does_not_rejoin_is_out(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask again[2];
        groups_init(&f, "1");
        crew_make(&f, &c, "g", 3);
        assert_int_equal(leave_of(&f, crew_who(&c, "g", 2)), KERR_NONE);
        ask_join(&f, &again[1], 5, crew_who(&c, "g", 1), "r");
        for (int i = 0; i < 3; i++) {
                assert_int_equal(again[1].done, 0);
                groups_pass(&f, REBALANCE_MS / 4);
                assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 0)),
                                 KERR_REBALANCE_IN_PROGRESS);
        }
        groups_pass(&f, REBALANCE_MS / 4);
        assert_int_equal(again[1].done, 1);
        assert_int_equal(again[1].out.join.members.count, 1);
        assert_string_equal(joined_id(&again[1]), c.ids[1]);
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 0)), KERR_UNKNOWN_MEMBER_ID);
        ask_end(&again[1]);
        groups_deinit(&f);
}

/* Goal: a session ends when no heartbeat comes, but not while its JoinGroup or SyncGroup waits.
 * Method: one member goes silent; the others join and wait for longer than a session. */
static void sessions_end(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask again[2], sync;
        groups_init(&f, "1");
        crew_make(&f, &c, "g", 3);
        groups_pass(&f, SESSION_MS - 1);
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 0)), KERR_NONE);
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 1)), KERR_NONE);
        groups_pass(&f, 1);
        expect_group(&f, "g", "PreparingRebalance 2");
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 2)), KERR_UNKNOWN_MEMBER_ID);
        ask_join(&f, &again[1], 5, crew_who(&c, "g", 1), "r");
        groups_pass(&f, SESSION_MS - 2);
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 0)), KERR_REBALANCE_IN_PROGRESS);
        groups_pass(&f, SESSION_MS - 2);
        expect_group(&f, "g", "PreparingRebalance 2");
        ask_join(&f, &again[0], 5, crew_who(&c, "g", 0), "r");
        assert_int_equal(again[0].done + again[1].done, 2);

        ask_sync(&f, &sync, (struct who){"g", c.ids[1], NULL, 2}, NULL, 0);
        groups_pass(&f, SESSION_MS - 1);
        assert_int_equal(heartbeat_of(&f, (struct who){"g", c.ids[0], NULL, 2}), KERR_NONE);
        groups_pass(&f, SESSION_MS - 1);
        expect_group(&f, "g", "CompletingRebalance 2");
        groups_pass(&f, 1);
        expect_group(&f, "g", "PreparingRebalance 1"); /* the leader never assigned */
        assert_int_equal(sync.done, 1);
        assert_int_equal(sync.out.sync.error_code, KERR_REBALANCE_IN_PROGRESS);
        ask_end(&again[0]), ask_end(&again[1]), ask_end(&sync);
        groups_deinit(&f);
}

/* Goal: who heartbeats but never sends its SyncGroup is out after the rebalance time-out. Method: a
 * member of two that only heartbeats. */
static void who_does_not_sync_is_out(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask sync;
        groups_init(&f, "1");
        crew_join(&f, &c, "g", 2);
        groups_pass(&f, DELAY_MS);
        groups_pass(&f, DELAY_MS);
        crew_joined(&c);
        ask_sync(&f, &sync, crew_who(&c, "g", 0), NULL, 0);
        assert_int_equal(sync.done, 1);
        assert_int_equal(sync.out.sync.assignment.size, 0);
        expect_group(&f, "g", "Stable 2");
        for (int i = 0; i < 4; i++) {
                assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 0)), KERR_NONE);
                assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 1)), KERR_NONE);
                groups_pass(&f, REBALANCE_MS / 4);
        }
        expect_group(&f, "g", "PreparingRebalance 1");
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 1)), KERR_UNKNOWN_MEMBER_ID);
        ask_end(&sync);
        groups_deinit(&f);
}

/* Goal: SyncGroup answers each state and each wrong word with its error. Method: all of them. */
static void syncs_refused(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask a;
        groups_init(&f, "1");
        assert_int_equal(sync_code(&f, (struct who){"", "m", NULL, 1}), KERR_INVALID_GROUP_ID);
        assert_int_equal(sync_code(&f, (struct who){"g", "m", NULL, 1}), KERR_UNKNOWN_MEMBER_ID);
        crew_make(&f, &c, "g", 2);
        assert_int_equal(sync_code(&f, crew_who(&c, "g", 1)), KERR_NONE);
        assert_int_equal(sync_code(&f, (struct who){"g", "m", NULL, 1}), KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(sync_code(&f, (struct who){"g", c.ids[0], NULL, 2}),
                         KERR_ILLEGAL_GENERATION);
        const char *types[][2] = {{"consumer", "r"}, {"connect", "r"}, {"consumer", "x"}, {0, "r"}};
        for (int i = 0; i < 4; i++) {
                ask_begin(&a, 5);
                a.in.sync = (struct sync_group_request){.group_id = str_of("g"),
                                                        .generation_id = 1,
                                                        .member_id = str_of(c.ids[1]),
                                                        .group_instance_id = STR_NULL,
                                                        .protocol_type = str_of(types[i][0]),
                                                        .protocol_name = str_of(types[i][1])};
                groups_sync(f.c, &a.in.sync, &a.out.sync, &a.call);
                assert_int_equal(a.done, 1);
                assert_int_equal(a.out.sync.error_code,
                                 i == 0 ? KERR_NONE : KERR_INCONSISTENT_GROUP_PROTOCOL);
                ask_end(&a);
        }
        groups_deinit(&f);
}

/* Goal: heartbeats and leaves of strangers are refused. Method: no group, no member, no id. */
static void strangers(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        groups_init(&f, "1");
        assert_int_equal(heartbeat_of(&f, (struct who){"", "m", NULL, 1}), KERR_INVALID_GROUP_ID);
        assert_int_equal(heartbeat_of(&f, (struct who){"g", "m", NULL, 1}), KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(leave_of(&f, (struct who){"", "m", NULL, 1}), KERR_INVALID_GROUP_ID);
        assert_int_equal(leave_of(&f, (struct who){"g", "m", NULL, 1}), KERR_UNKNOWN_MEMBER_ID);
        crew_make(&f, &c, "g", 1);
        assert_int_equal(leave_of(&f, (struct who){"g", "m", NULL, 1}), KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(leave_of(&f, (struct who){"g", "", "nobody", 1}), KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(heartbeat_of(&f, (struct who){"g", c.ids[0], "i", 1}),
                         KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(leave_of(&f, crew_who(&c, "g", 0)), KERR_NONE);
        expect_group(&f, "g", "Empty 0");
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "g", 0)), KERR_UNKNOWN_MEMBER_ID);
        groups_deinit(&f);
}

/* Goal: the protocol that all know and most prefer is taken; one who shares none with all others,
 * or is of another type, is refused. Method: votes of three members. */
static void protocols_are_voted_for(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask a, b, c;
        groups_init(&f, "1");
        ask_join(&f, &a, 3, NOBODY, "xy");
        ask_join(&f, &b, 3, NOBODY, "yx");
        ask_join(&f, &c, 3, NOBODY, "yx");
        assert_int_equal(join_code(&f, 3, NOBODY, "z"), KERR_INCONSISTENT_GROUP_PROTOCOL);
        groups_pass(&f, DELAY_MS);
        groups_pass(&f, DELAY_MS);
        assert_int_equal(c.done, 1);
        assert_true(str_equal_c(c.out.join.protocol_name, "y"));
        ask_end(&a), ask_end(&b), ask_end(&c);
        groups_deinit(&f);
}

/* Goal: a JoinGroup that says nothing new changes nothing: in COMPLETING for all, in STABLE for all
 * but the leader. With another protocol it makes all join again. Method: repeat them. */
static void joining_again(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask a;
        groups_init(&f, "1");
        crew_join(&f, &c, "g", 2);
        groups_pass(&f, DELAY_MS);
        groups_pass(&f, DELAY_MS);
        crew_joined(&c);
        for (int i = 0; i < 2; i++) {
                ask_join(&f, &a, 5, crew_who(&c, "g", i), "r");
                assert_int_equal(a.done, 1);
                assert_int_equal(a.out.join.generation_id, 1);
                assert_int_equal(a.out.join.members.count, i == 0 ? 2 : 0);
                ask_end(&a);
        }
        crew_sync(&f, &c, "g");
        assert_int_equal(join_code(&f, 5, crew_who(&c, "g", 1), "r"), KERR_NONE);
        expect_group(&f, "g", "Stable 2");
        ask_join(&f, &a, 5, crew_who(&c, "g", 0), "r");
        expect_group(&f, "g", "PreparingRebalance 2");
        assert_int_equal(a.done, 0);

        /* a second one from the same member ends the first */
        struct ask b;
        ask_join(&f, &b, 5, crew_who(&c, "g", 0), "r");
        assert_int_equal(a.done, 1);
        assert_int_equal(a.out.join.error_code, KERR_REBALANCE_IN_PROGRESS);
        ask_end(&a), ask_end(&b);
        groups_deinit(&f);
}

/* Goal: group.max.size. Method: a group of two, a third member; new and stable. */
static void groups_are_full(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask a, b;
        groups_init(&f, "1");
        f.config.group_max_size = 2;
        groups_reload(&f);
        ask_join(&f, &a, 3, (struct who){"new", "", NULL, 0}, "r");
        ask_join(&f, &b, 3, (struct who){"new", "", NULL, 0}, "r");
        assert_int_equal(join_code(&f, 3, (struct who){"new", "", NULL, 0}, "r"),
                         KERR_GROUP_MAX_SIZE_REACHED);
        crew_make(&f, &c, "g", 2);
        assert_int_equal(join_code(&f, 3, NOBODY, "r"), KERR_GROUP_MAX_SIZE_REACHED);
        expect_group(&f, "g", "Stable 2");
        ask_end(&a), ask_end(&b);

        f.config.group_max_size = 1; /* a loaded group that is too large must shrink */
        groups_reload(&f);
        expect_group(&f, "g", "PreparingRebalance 2");
        ask_join(&f, &a, 5, crew_who(&c, "g", 1), "r");
        assert_int_equal(join_code(&f, 5, crew_who(&c, "g", 0), "r"), KERR_GROUP_MAX_SIZE_REACHED);
        assert_int_equal(a.done, 1);
        assert_int_equal(a.out.join.members.count, 1);
        ask_end(&a);
        groups_deinit(&f);
}

/* --- static members (KIP-345) --- */

/* Two static members, "one" (leads) and "two", stable in generation 1. */
static void make_static(struct group_fixture *f, struct crew *c)
{
        const char *names[] = {"one", "two"};
        struct ask a;
        c->count = 2;
        for (int i = 0; i < 2; i++)
                ask_join(f, &c->asks[i], 5, (struct who){"g", "", names[i], 0}, "r");
        groups_pass(f, DELAY_MS);
        groups_pass(f, DELAY_MS);
        for (int i = 0; i < 2; i++)
                assert_true(str_copy(c->asks[i].out.join.member_id, c->ids[i], sizeof c->ids[i]));
        crew_joined(c);
        assert_memory_equal(c->ids[0], "one-", 4);
        struct sync_group_assignment parts[2] = {{str_of(c->ids[0]), span_of("P", 1)},
                                                 {str_of(c->ids[1]), span_of("Q", 1)}};
        for (int i = 0; i < 2; i++) {
                ask_sync(f, &a, (struct who){"g", c->ids[i], names[i], 1}, parts, i == 0 ? 2 : 0);
                assert_int_equal(a.out.sync.error_code, KERR_NONE);
                ask_end(&a);
        }
        expect_group(f, "g", "Stable 2");
}

/* Goal: a static member that comes back takes its place, with its assignment and without a
 * rebalance; its former self is fenced everywhere. The leader is told of another leader, before
 * version 9, or to skip the assignment (KIP-814). Method: both versions; replay as well. */
static void static_members_return(void **state)
{
        (void)state;
        for (int16_t version = 5; version <= 9; version += 4) {
                struct group_fixture f;
                struct crew c;
                struct ask a, s;
                groups_init(&f, "1");
                make_static(&f, &c);
                struct who former = {"g", c.ids[0], "one", 1};
                ask_join(&f, &a, version, (struct who){"g", "", "one", 0}, "r");
                assert_int_equal(a.done, 1);
                assert_int_equal(a.out.join.error_code, KERR_NONE);
                assert_int_equal(a.out.join.generation_id, 1);
                assert_int_equal(a.out.join.skip_assignment, version == 9);
                assert_int_equal(a.out.join.members.count, version == 9 ? 2 : 0);
                assert_true(
                        str_equal_c(a.out.join.leader, version == 9 ? joined_id(&a) : c.ids[0]));
                assert_string_not_equal(joined_id(&a), c.ids[0]);
                assert_int_equal(heartbeat_of(&f, former), KERR_FENCED_INSTANCE_ID);
                assert_int_equal(sync_code(&f, former), KERR_FENCED_INSTANCE_ID);
                assert_int_equal(commit_of(&f, former, "t", 1), KERR_FENCED_INSTANCE_ID);
                assert_int_equal(leave_of(&f, former), KERR_FENCED_INSTANCE_ID);
                assert_int_equal(join_code(&f, 5, former, "r"), KERR_FENCED_INSTANCE_ID);
                groups_reload(&f);
                ask_sync(&f, &s, (struct who){"g", joined_id(&a), "one", 1}, NULL, 0);
                assert_int_equal(s.out.sync.error_code, KERR_NONE);
                assert_int_equal(s.out.sync.assignment.size, 1);
                assert_memory_equal(s.out.sync.assignment.data, "P", 1);
                ask_end(&a), ask_end(&s);
                groups_deinit(&f);
        }
}

/* Goal: a static member that does not rejoin is kept until its session ends; one that comes back
 * while its former JoinGroup waits fences it; people may remove it by its name. Method: a
 * rebalance without "two". */
static void static_members_are_kept(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask a, b;
        groups_init(&f, "1");
        make_static(&f, &c);
        ask_join(&f, &a, 5, (struct who){"g", c.ids[0], "one", 1}, "r");
        ask_join(&f, &b, 5, (struct who){"g", "", "one", 1}, "r");
        assert_int_equal(a.done, 1);
        assert_int_equal(a.out.join.error_code, KERR_FENCED_INSTANCE_ID);
        assert_int_equal(b.done, 0);
        ask_end(&a);
        for (int i = 0; i < 4; i++) {
                assert_int_equal(heartbeat_of(&f, (struct who){"g", c.ids[1], "two", 1}),
                                 KERR_REBALANCE_IN_PROGRESS);
                groups_pass(&f, REBALANCE_MS / 4);
        }
        assert_int_equal(b.done, 1);
        assert_int_equal(b.out.join.members.count, 2);
        assert_int_equal(leave_of(&f, (struct who){"g", "", "two", 0}), KERR_NONE);
        expect_group(&f, "g", "PreparingRebalance 1");
        ask_end(&b);
        groups_deinit(&f);
}

/* Goal: when nobody at all joins again, the generation waits until sessions have ended. Method: two
 * static members; one leaves, the other is silent, then heartbeats once. */
static void nobody_joins(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        groups_init(&f, "1");
        make_static(&f, &c);
        assert_int_equal(leave_of(&f, (struct who){"g", "", "two", 0}), KERR_NONE);
        for (int i = 0; i < 12; i++) {
                assert_int_equal(heartbeat_of(&f, (struct who){"g", c.ids[0], "one", 1}),
                                 KERR_REBALANCE_IN_PROGRESS);
                groups_pass(&f, REBALANCE_MS / 4);
        }
        expect_group(&f, "g", "PreparingRebalance 1");
        groups_pass(&f, SESSION_MS);
        expect_group(&f, "g", "Empty 0");
        groups_deinit(&f);
}

/* Goal: one LeaveGroup takes out many, each with its own error (version 3). Method: two that are
 * there and one that is not. */
static void many_leave_at_once(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask a;
        groups_init(&f, "1");
        crew_make(&f, &c, "g", 3);
        struct leave_group_member leaving[] = {{str_of(c.ids[0]), STR_NULL, STR_NULL},
                                               {str_of("nobody"), STR_NULL, STR_NULL},
                                               {str_of(c.ids[2]), STR_NULL, STR_NULL}};
        ask_begin(&a, 3);
        a.in.leave = (struct leave_group_request){str_of("g"), {leaving, 3}};
        groups_leave(f.c, &a.in.leave, &a.out.leave, &a.call);
        assert_int_equal(a.done, 1);
        assert_int_equal(a.out.leave.members.items[0].error_code, KERR_NONE);
        assert_int_equal(a.out.leave.members.items[1].error_code, KERR_UNKNOWN_MEMBER_ID);
        assert_int_equal(a.out.leave.members.items[2].error_code, KERR_NONE);
        expect_group(&f, "g", "PreparingRebalance 1");
        ask_end(&a);
        groups_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(joins_refused),
                cmocka_unit_test(ids_are_required),
                cmocka_unit_test(the_first_rebalance_waits),
                cmocka_unit_test(a_newcomer_makes_all_join_again),
                cmocka_unit_test(who_does_not_rejoin_is_out),
                cmocka_unit_test(sessions_end),
                cmocka_unit_test(who_does_not_sync_is_out),
                cmocka_unit_test(syncs_refused),
                cmocka_unit_test(strangers),
                cmocka_unit_test(protocols_are_voted_for),
                cmocka_unit_test(joining_again),
                cmocka_unit_test(groups_are_full),
                cmocka_unit_test(static_members_return),
                cmocka_unit_test(static_members_are_kept),
                cmocka_unit_test(nobody_joins),
                cmocka_unit_test(many_leave_at_once),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
