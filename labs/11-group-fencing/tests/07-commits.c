/* Test 07: who may commit. */
#include "groups.h"

static void expect_refused(struct team *t, struct who who, enum kerr refusal, const char *what)
{
        expect_code(what, commit_of(&t->f, who, "orders", 99), refusal);
        expect_number("and the committed offset is the one before",
                      fetch_of(&t->f, "g", "orders", false), 10);
}

LAB_TEST(07, "who may commit")
{
        struct team t;
        struct ask newcomer;
        team_begin(&t, 2);
        struct who me = who_is(&t, 1), old = in_generation(me, 0);
        for (int i = 0; i < 2; i++) {
                groups_pass(&t.f, SESSION_MS - 1);
                heartbeat_of(&t.f, who_is(&t, 0));
                expect_code("a member of the generation", commit_of(&t.f, me, "orders", 10),
                            KERR_NONE);
        }
        expect_state(&t, "a commit is a sign of life", "Stable 2");
        expect_refused(&t, old, KERR_ILLEGAL_GENERATION, "one of the generation before");
        expect_refused(&t, in_generation(me, 2), KERR_ILLEGAL_GENERATION,
                       "one of a generation to come");
        expect_refused(&t, (struct who){"g", "stranger", NULL, 1}, KERR_UNKNOWN_MEMBER_ID,
                       "a stranger");
        expect_refused(&t, (struct who){"g", "", NULL, -1}, KERR_UNKNOWN_MEMBER_ID,
                       "nobody, while the group has members");
        expect_code("a transaction of a generation before",
                    txn_commit_of(&t.f, old, 5, "orders", 98), KERR_ILLEGAL_GENERATION);
        expect_code("a transaction that does not say for whom",
                    txn_commit_of(&t.f, (struct who){"g", "", NULL, -1}, 6, "clicks", 98),
                    KERR_NONE);
        expect_code("a generation of a group that is not there",
                    commit_of(&t.f, (struct who){"none", "m", NULL, 1}, "orders", 98),
                    KERR_ILLEGAL_GENERATION);
        expect_code("a transaction for one",
                    txn_commit_of(&t.f, (struct who){"none", "m", NULL, 1}, 7, "orders", 98),
                    KERR_UNKNOWN_MEMBER_ID);
        expect_code("nobody, in a group that is not there",
                    commit_of(&t.f, (struct who){"simple", "", NULL, -1}, "orders", 98), KERR_NONE);

        /* What a member has to give up it commits first; then it joins. */
        ask_join(&t.f, &newcomer, 3, (struct who){"g", "", NULL, 0}, "r");
        expect_code("a member, while the group waits for all to join",
                    commit_of(&t.f, me, "orders", 10), KERR_NONE);
        team_rejoin(&t);
        expect_refused(&t, me, KERR_ILLEGAL_GENERATION, "the same, when all have joined");
        expect_refused(&t, who_is(&t, 1), KERR_REBALANCE_IN_PROGRESS,
                       "a member that does not know its share yet");
        ask_end(&newcomer);

        /* Another process under the same instance id has taken the place (KIP-345). */
        struct ask first, second;
        ask_join(&t.f, &first, 5, (struct who){"h", "", "one", 0}, "r");
        groups_pass(&t.f, DELAY_MS);
        struct who replaced = {"h", joined_id(&first), "one", first.out.join.generation_id};
        ask_join(&t.f, &second, 5, (struct who){"h", "", "one", 0}, "r");
        expect_code("a static member whose place another has",
                    commit_of(&t.f, replaced, "orders", 98), KERR_FENCED_INSTANCE_ID);
        ask_end(&first), ask_end(&second);
        team_end(&t);
}
