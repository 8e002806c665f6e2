/* Tests 05 and 06: who is out, and when. */
#include "groups.h"

LAB_TEST(05, "a session ends when nothing is heard, and not before")
{
        struct team t;
        team_begin(&t, 3);
        groups_pass(&t.f, SESSION_MS - 1);
        t.f.x.f.wall_ms += 3600000;
        group_coordinator_run(t.f.c);
        expect_state(&t, "somebody has set the clock one hour ahead", "Stable 3");
        for (int32_t i = 0; i < 2; i++)
                expect_code("a heartbeat", heartbeat_of(&t.f, who_is(&t, i)), KERR_NONE);
        expect_code("one of the third's, of the generation before",
                    heartbeat_of(&t.f, in_generation(who_is(&t, 2), 0)), KERR_ILLEGAL_GENERATION);
        t.f.x.f.wall_ms -= 7200000;
        groups_pass(&t.f, 1);
        expect_state(&t, "the third was silent for its session", "PreparingRebalance 2");
        expect_code("its heartbeat", heartbeat_of(&t.f, who_is(&t, 2)), KERR_UNKNOWN_MEMBER_ID);

        /* Who waits in JoinGroup cannot send heartbeats. */
        team_join(&t, 1);
        for (int i = 0; i < 2; i++) {
                groups_pass(&t.f, SESSION_MS - 2);
                expect_code("the first one's heartbeat", heartbeat_of(&t.f, who_is(&t, 0)),
                            KERR_REBALANCE_IN_PROGRESS);
        }
        expect_state(&t, "the second has waited for longer than its session",
                     "PreparingRebalance 2");
        team_join(&t, 0);
        t.count = 2;
        team_is_told(&t, "both have joined");
        team_end(&t);
}

LAB_TEST(06, "who does not join again is out")
{
        struct team t;
        team_begin(&t, 3);
        team_join(&t, 0); /* a leader that joins again wants another plan */
        team_join(&t, 1);
        for (int i = 0; i < 4; i++) {
                expect_number("the others wait", t.joins[0].done + t.joins[1].done, 0);
                expect_code("the third one's heartbeat", heartbeat_of(&t.f, who_is(&t, 2)),
                            KERR_REBALANCE_IN_PROGRESS);
                groups_pass(&t.f, REBALANCE_MS / 4);
        }
        expect_state(&t, "the rebalance time-out is over", "CompletingRebalance 2");
        expect_code("the third one's heartbeat", heartbeat_of(&t.f, who_is(&t, 2)),
                    KERR_UNKNOWN_MEMBER_ID);
        t.count = 2;
        team_is_told(&t, "the others have a new generation");
        team_share(&t, "AB");

        /* A static member may be away until its session ends (KIP-345). */
        struct ask one, two;
        ask_join(&t.f, &one, 5, (struct who){"h", "", "one", 0}, "r");
        groups_pass(&t.f, DELAY_MS);
        groups_pass(&t.f, DELAY_MS);
        expect_number("a static member has joined", one.done, 1);
        struct who stays = {"h", joined_id(&one), "one", 1};
        struct ask sync;
        ask_sync(&t.f, &sync, stays, NULL, 0);
        ask_join(&t.f, &two, 3, (struct who){"h", "", NULL, 0}, "r");
        for (int i = 0; i < 5; i++) {
                groups_pass(&t.f, REBALANCE_MS / 4);
                heartbeat_of(&t.f, stays);
        }
        expect_number("another one has joined without it", two.done, 1);
        expect_code("it is a member still", heartbeat_of(&t.f, in_generation(stays, 2)), KERR_NONE);
        ask_end(&one), ask_end(&two), ask_end(&sync);
        team_end(&t);
}
