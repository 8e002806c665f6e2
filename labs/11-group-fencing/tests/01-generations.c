/* Tests 01 to 04: who is heard, and whose plan counts. */
#include "groups.h"

LAB_TEST(01, "only the current generation is heard")
{
        struct team t;
        team_begin(&t, 2);
        struct who leader = who_is(&t, 0), stranger = {"g", "stranger", NULL, 1};
        expect_code("a heartbeat", heartbeat_of(&t.f, leader), KERR_NONE);
        expect_code("a heartbeat of the generation before",
                    heartbeat_of(&t.f, in_generation(leader, 0)), KERR_ILLEGAL_GENERATION);
        expect_code("a heartbeat of a generation to come",
                    heartbeat_of(&t.f, in_generation(leader, 2)), KERR_ILLEGAL_GENERATION);
        expect_code("a stranger's heartbeat", heartbeat_of(&t.f, stranger), KERR_UNKNOWN_MEMBER_ID);
        team_sync(&t, in_generation(leader, 0), 0, "");
        expect_share(&t, 0, "a SyncGroup of the generation before", "ILLEGAL_GENERATION");
        team_sync(&t, stranger, 0, "");
        expect_share(&t, 0, "a stranger's SyncGroup", "UNKNOWN_MEMBER_ID");
        team_sync(&t, who_is(&t, 1), 1, "");
        expect_share(&t, 1, "a SyncGroup once more: the share there is", "B");

        /* Another process under the same instance id has taken the place (KIP-345). */
        struct ask a;
        ask_join(&t.f, &a, 5, (struct who){"h", "", "one", 0}, "r");
        groups_pass(&t.f, DELAY_MS);
        struct who old = {"h", joined_id(&a), "one", a.out.join.generation_id};
        expect_code("a static member's heartbeat", heartbeat_of(&t.f, old), KERR_NONE);
        struct ask b;
        ask_join(&t.f, &b, 5, (struct who){"h", "", "one", 0}, "r");
        expect_code("its heartbeat when another has its place", heartbeat_of(&t.f, old),
                    KERR_FENCED_INSTANCE_ID);
        ask_end(&a), ask_end(&b);
        team_end(&t);
}

LAB_TEST(02, "members hear of a rebalance by their heartbeats")
{
        struct team t;
        struct ask newcomer;
        team_begin(&t, 2);
        ask_join(&t.f, &newcomer, 3, (struct who){"g", "", NULL, 0}, "r");
        for (int32_t i = 0; i < 2; i++)
                expect_code("a heartbeat, when a third wants to join",
                            heartbeat_of(&t.f, who_is(&t, i)), KERR_REBALANCE_IN_PROGRESS);
        int32_t before = t.generation;
        team_rejoin(&t);
        expect_number("the generation", t.generation, before + 1);
        expect_number("the newcomer was told, too", newcomer.done, 1);
        expect_code("a heartbeat of the new generation", heartbeat_of(&t.f, who_is(&t, 1)),
                    KERR_NONE);
        expect_code("one of the old generation",
                    heartbeat_of(&t.f, in_generation(who_is(&t, 1), before)),
                    KERR_ILLEGAL_GENERATION);
        ask_end(&newcomer);
        team_end(&t);
}

LAB_TEST(03, "each gets what the leader says, and nobody else")
{
        struct team t;
        team_begin(&t, 3);
        team_rejoin(&t);
        team_sync(&t, who_is(&t, 2), 2, "XYZ");
        expect_number("a plan of one that does not lead: nobody is answered", t.syncs[2].done, 0);
        team_sync(&t, who_is(&t, 0), 0, "P-R");
        team_sync(&t, who_is(&t, 1), 1, "");
        expect_share(&t, 0, "the leader", "P");
        expect_share(&t, 1, "whom the plan leaves out", "nothing");
        expect_share(&t, 2, "the third, whose share comes second in the plan", "R");
        team_end(&t);
}

LAB_TEST(04, "a plan of an older generation is refused")
{
        struct team t;
        team_begin(&t, 2);
        struct who before = who_is(&t, 0);
        team_rejoin(&t);
        team_sync(&t, who_is(&t, 1), 1, "");
        team_sync(&t, before, 0, "XY");
        expect_share(&t, 0, "the leader's plan of the generation before", "ILLEGAL_GENERATION");
        expect_number("the other one waits", t.syncs[1].done, 0);
        expect_state(&t, "the group waits for a plan", "CompletingRebalance 2");
        team_sync(&t, who_is(&t, 0), 0, "QP");
        expect_share(&t, 0, "the leader", "Q");
        expect_share(&t, 1, "the other one", "P");
        team_end(&t);
}
