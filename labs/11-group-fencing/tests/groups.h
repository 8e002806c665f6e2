/* groups.h - the coordinator and the calls of tests/unit/group_fixture.h, and a small team that
 * uses them. */
#ifndef ODRADEK_LABS_11_GROUPS_H
#define ODRADEK_LABS_11_GROUPS_H

#include "labs/tool/lab_test.h"

/* The fixture's own checks become checks of the lab. */
#define assert_int_equal(got, expected)    expect_number("in the fixture, " #got, (got), (expected))
#define assert_string_equal(got, expected) expect_string("in the fixture, " #got, (got), (expected))
#define assert_true(holds)                 expect_that("in the fixture, " #holds, (holds))
#define assert_memory_equal(got, expected, size) \
        expect_that("in the fixture, " #got, memcmp((got), (expected), (size)) == 0)
#include "tests/unit/group_fixture.h"

enum { TEAM_MAX = 3 };

/* Members of the group "g"; the first one leads. */
struct team {
        struct group_fixture f;
        char ids[TEAM_MAX][80];
        int32_t count, generation;
        struct ask joins[TEAM_MAX], syncs[TEAM_MAX];
};

static inline struct who who_is(const struct team *t, int32_t i)
{
        return (struct who){"g", t->ids[i], NULL, t->generation};
}

static inline struct who in_generation(struct who who, int32_t generation)
{
        who.generation = generation;
        return who;
}

static inline void expect_code(const char *what, int got, enum kerr expected)
{
        expect_string(what, kerr_name(got), kerr_name(expected));
}

/* Member i asks to join (again). */
static inline void team_join(struct team *t, int32_t i)
{
        ask_join(&t->f, &t->joins[i], 5, who_is(t, i), "r");
}

/* All are told of a generation: the next one. */
static inline void team_is_told(struct team *t, const char *what)
{
        for (int32_t i = 0; i < t->count; i++) {
                expect_number(what, t->joins[i].done, 1);
                expect_code(what, t->joins[i].out.join.error_code, KERR_NONE);
                t->generation = t->joins[i].out.join.generation_id;
                ask_end(&t->joins[i]);
        }
}

/* Member i sends its SyncGroup. `shares`: what the plan in it gives to each, one letter a member,
 * '-' for nobody's; "" for no plan. */
static inline void team_sync(struct team *t, struct who who, int32_t i, const char *shares)
{
        static struct sync_group_assignment plan[TEAM_MAX];
        int32_t count = 0;
        for (int32_t k = 0; shares[k]; k++) {
                if (shares[k] != '-')
                        plan[count++] = (struct sync_group_assignment){str_of(t->ids[k]),
                                                                       span_of(&shares[k], 1)};
        }
        ask_sync(&t->f, &t->syncs[i], who, plan, count);
}

/* What member i was given, as a word: its letter, "nothing", an error's name, or "no answer". Ends
 * the call. */
static inline void expect_share(struct team *t, int32_t i, const char *what, const char *expected)
{
        struct ask *a = &t->syncs[i];
        char letter[2] = "";
        const char *got = letter;
        if (!a->done)
                got = "no answer";
        else if (a->out.sync.error_code)
                got = kerr_name(a->out.sync.error_code);
        else if (a->out.sync.assignment.size == 0)
                got = "nothing";
        else
                letter[0] = (char)a->out.sync.assignment.data[0];
        expect_string(what, got, expected);
        ask_end(a);
}

/* One generation: all send their SyncGroup, the leader with this plan. */
static inline void team_share(struct team *t, const char *shares)
{
        for (int32_t i = t->count - 1; i >= 0; i--)
                team_sync(t, who_is(t, i), i, i == 0 ? shares : "");
        for (int32_t i = 0; i < t->count; i++) {
                char expected[2] = {shares[i], 0};
                expect_share(t, i, "in the fixture, what the leader's plan gives a member",
                             shares[i] == '-' ? "nothing" : expected);
        }
}

/* A stable group of so many. */
static inline void team_begin(struct team *t, int32_t count)
{
        memset(t, 0, sizeof *t);
        groups_init(&t->f, "1");
        t->count = count;
        for (int32_t i = 0; i < count; i++) {
                struct ask first;
                ask_join(&t->f, &first, 5, (struct who){"g", "", NULL, 0}, "r");
                str_copy(first.out.join.member_id, t->ids[i], sizeof t->ids[i]);
                ask_end(&first);
                team_join(t, i);
        }
        groups_pass(&t->f, DELAY_MS);
        groups_pass(&t->f, DELAY_MS);
        team_is_told(t, "the first generation begins");
        team_share(t, count == 2 ? "AB" : "ABC");
}

/* All join again, and the next generation begins. */
static inline void team_rejoin(struct team *t)
{
        for (int32_t i = 0; i < t->count; i++)
                team_join(t, i);
        team_is_told(t, "all have joined: the next generation begins");
}

static inline void team_end(struct team *t)
{
        groups_deinit(&t->f);
}

static inline void expect_state(struct team *t, const char *what, const char *expected)
{
        char is[24];
        expect_string(what, described(&t->f, "g", is), expected);
}

#endif
