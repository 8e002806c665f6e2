/* Unit tests of src/groups/assignor.c and assignor_sticky.c. */
#include "base/rng.h"
#include "groups/assignor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMBERS_MAX = 8, TOPICS_MAX = 5, PARTITIONS_MAX = 9, ALL_MAX = TOPICS_MAX * PARTITIONS_MAX };

static const char *const topic_names[TOPICS_MAX] = {"t0", "t1", "t2", "t3", "t4"};
static const char *const member_names[MEMBERS_MAX] = {"c0", "c1", "c2", "c3",
                                                      "c4", "c5", "c6", "c7"};

/* A group whose members remember what they were given. */
struct group {
        struct assignor_member members[MEMBERS_MAX];
        int32_t member_count;
        struct assignor_topic topics[TOPICS_MAX];
        int32_t topic_count;
        struct str subscriptions[MEMBERS_MAX][TOPICS_MAX];
        struct assigned_partition owned[MEMBERS_MAX][ALL_MAX];
};

static void add_topic(struct group *g, int32_t partitions)
{
        g->topics[g->topic_count] =
                (struct assignor_topic){str_of(topic_names[g->topic_count]), partitions};
        g->topic_count++;
}

/* Subscribes to the topics whose bits are set. */
static struct assignor_member *add_member(struct group *g, const char *id, unsigned topics)
{
        struct assignor_member *m = &g->members[g->member_count];
        struct str *subscriptions = g->subscriptions[g->member_count++];
        *m = (struct assignor_member){.member_id = str_of(id),
                                      .group_instance_id = STR_NULL,
                                      .topics = subscriptions,
                                      .generation = -1};
        for (int t = 0; t < TOPICS_MAX; t++)
                if (topics >> t & 1)
                        subscriptions[m->topic_count++] = str_of(topic_names[t]);
        return m;
}

static void free_result(struct group *g)
{
        for (int32_t m = 0; m < g->member_count; m++) {
                free(g->members[m].assigned);
                g->members[m].assigned = NULL;
        }
}

static void assign(struct group *g, enum assignor_kind kind)
{
        assignor_assign(kind, g->members, g->member_count, g->topics, g->topic_count);
}

/* Each member owns what it was given, and knows that from `generation`. */
static void take_over(struct group *g, int32_t generation)
{
        for (int32_t m = 0; m < g->member_count; m++) {
                struct assignor_member *member = &g->members[m];
                for (int32_t i = 0; i < member->assigned_count; i++)
                        g->owned[m][i] = member->assigned[i];
                member->owned = g->owned[m];
                member->owned_count = member->assigned_count;
                member->generation = generation;
        }
}

/* "c0: t0/0 t1/2; c1: …" in the order in which the members were added. */
static void expect(struct group *g, enum assignor_kind kind, const char *expected)
{
        struct buffer text = {0};
        assign(g, kind);
        for (int32_t m = 0; m < g->member_count; m++) {
                const struct assignor_member *member = &g->members[m];
                buffer_printf(&text, "%s%.*s:", m ? "; " : "", (int)member->member_id.size,
                              member->member_id.data);
                for (int32_t i = 0; i < member->assigned_count; i++)
                        buffer_printf(&text, " %.*s/%d", (int)member->assigned[i].topic.size,
                                      member->assigned[i].topic.data,
                                      member->assigned[i].partition);
        }
        buffer_append(&text, "", 1);
        assert_string_equal((char *)text.data, expected);
        buffer_deinit(&text);
}

/* Goal: names are the protocol's. Method: there and back, and one that is none. */
static void names_are_kafkas(void **state)
{
        (void)state;
        static const char *const names[] = {"range", "roundrobin", "sticky", "cooperative-sticky"};
        for (int k = 0; k < ASSIGNORS; k++) {
                assert_string_equal(assignor_name((enum assignor_kind)k), names[k]);
                assert_int_equal(assignor_find(str_of(names[k])), k);
        }
        assert_int_equal(assignor_find(str_of("uniform")), ASSIGNORS);
        assert_int_equal(assignor_find(STR_NULL), ASSIGNORS);
}

/* Goal: range and round-robin give what Kafka's give. Method: the examples of Kafka's javadoc and
 * of its tests: two topics of three; different subscriptions; more members than partitions; a topic
 * that does not exist. */
static void range_and_round_robin_are_kafkas(void **state)
{
        (void)state;
        struct group g = {0};
        add_topic(&g, 3);
        add_topic(&g, 3);
        add_member(&g, "c0", 3);
        add_member(&g, "c1", 3);
        expect(&g, ASSIGNOR_RANGE, "c0: t0/0 t0/1 t1/0 t1/1; c1: t0/2 t1/2");
        free_result(&g);
        expect(&g, ASSIGNOR_ROUND_ROBIN, "c0: t0/0 t0/2 t1/1; c1: t0/1 t1/0 t1/2");
        free_result(&g);

        memset(&g, 0, sizeof g);
        add_topic(&g, 3);
        add_topic(&g, 2);
        add_member(&g, "c0", 1);
        add_member(&g, "c1", 3);
        add_member(&g, "c2", 1);
        expect(&g, ASSIGNOR_RANGE, "c0: t0/0; c1: t0/1 t1/0 t1/1; c2: t0/2");
        free_result(&g);
        expect(&g, ASSIGNOR_ROUND_ROBIN, "c0: t0/0; c1: t0/1 t1/0 t1/1; c2: t0/2");
        free_result(&g);

        memset(&g, 0, sizeof g); /* of RoundRobinAssignor's javadoc */
        add_topic(&g, 1);
        add_topic(&g, 2);
        add_topic(&g, 3);
        add_member(&g, "c0", 1);
        add_member(&g, "c1", 3);
        add_member(&g, "c2", 7);
        expect(&g, ASSIGNOR_ROUND_ROBIN, "c0: t0/0; c1: t1/0; c2: t1/1 t2/0 t2/1 t2/2");
        free_result(&g);

        memset(&g, 0, sizeof g);
        add_topic(&g, 2);
        add_member(&g, "c0", 1);
        add_member(&g, "c1", 1 | 8);
        add_member(&g, "c2", 1);
        add_member(&g, "c3", 8);
        expect(&g, ASSIGNOR_RANGE, "c0: t0/0; c1: t0/1; c2:; c3:");
        free_result(&g);
        expect(&g, ASSIGNOR_ROUND_ROBIN, "c0: t0/0; c1: t0/1; c2:; c3:");
        free_result(&g);
}

/* Goal: static members are taken first, by their instance ids. Method: member ids in the other
 * order. */
static void static_members_come_first(void **state)
{
        (void)state;
        struct group g = {0};
        add_topic(&g, 4);
        add_member(&g, "a", 1);
        add_member(&g, "b", 1)->group_instance_id = str_of("i2");
        add_member(&g, "c", 1)->group_instance_id = str_of("i1");
        expect(&g, ASSIGNOR_RANGE, "a: t0/3; b: t0/2; c: t0/0 t0/1");
        free_result(&g);
        expect(&g, ASSIGNOR_ROUND_ROBIN, "a: t0/2; b: t0/1; c: t0/0 t0/3");
        free_result(&g);
}

/* Goal: sticky keeps what it can. Method: KIP-54's first example: one of three members leaves, the
 * others keep all they have. */
static void sticky_keeps(void **state)
{
        (void)state;
        struct group g = {0};
        for (int t = 0; t < 4; t++)
                add_topic(&g, 2);
        for (int m = 0; m < 3; m++)
                add_member(&g, member_names[m], 15);
        expect(&g, ASSIGNOR_STICKY, "c0: t0/0 t1/1 t3/0; c1: t0/1 t2/0 t3/1; c2: t1/0 t2/1");
        take_over(&g, 1);
        free_result(&g);
        g.members[1] = g.members[2];
        g.member_count = 2;
        expect(&g, ASSIGNOR_STICKY, "c0: t0/0 t1/1 t2/0 t3/0; c2: t0/1 t1/0 t2/1 t3/1");
        free_result(&g);
}

/* Goal: an old claim does not count, two equal ones neither (KAFKA-12984). Method: two members
 * claim one partition. */
static void old_claims_do_not_count(void **state)
{
        (void)state;
        struct group g = {0};
        add_topic(&g, 2);
        for (int m = 0; m < 2; m++) {
                add_member(&g, member_names[m], 1);
                g.owned[m][0] = (struct assigned_partition){str_of("t0"), 0};
                g.members[m].owned = g.owned[m];
                g.members[m].owned_count = 1;
                g.members[m].generation = 5;
        }
        expect(&g, ASSIGNOR_STICKY, "c0: t0/0; c1: t0/1");
        free_result(&g);
        g.owned[0][0].partition = g.owned[1][0].partition = 1;
        g.members[1].generation = 4;
        expect(&g, ASSIGNOR_STICKY, "c0: t0/1; c1: t0/0");
        free_result(&g);
        expect(&g, ASSIGNOR_COOPERATIVE_STICKY, "c0: t0/1; c1: t0/0");
        free_result(&g);
        g.members[1].generation = 6;
        expect(&g, ASSIGNOR_STICKY, "c0: t0/0; c1: t0/1");
        free_result(&g);
        /* Claims of what does not exist, or is not subscribed to. */
        g.owned[0][0].partition = 2;
        g.owned[1][0].topic = str_of("t9");
        expect(&g, ASSIGNOR_STICKY, "c0: t0/0; c1: t0/1");
        free_result(&g);
}

/* Goal: with cooperative-sticky a partition is given to its new owner only when the old one has
 * given it up. Method: a second member joins; two rounds. */
static void cooperative_moves_in_two_rounds(void **state)
{
        (void)state;
        struct group g = {0};
        add_topic(&g, 4);
        add_member(&g, "c0", 1);
        expect(&g, ASSIGNOR_COOPERATIVE_STICKY, "c0: t0/0 t0/1 t0/2 t0/3");
        take_over(&g, 1);
        free_result(&g);
        add_member(&g, "c1", 1);
        expect(&g, ASSIGNOR_COOPERATIVE_STICKY, "c0: t0/0 t0/1; c1:");
        take_over(&g, 2);
        free_result(&g);
        expect(&g, ASSIGNOR_COOPERATIVE_STICKY, "c0: t0/0 t0/1; c1: t0/2 t0/3");
        free_result(&g);
}

/* Goal: groups without members, topics or partitions are no matter. Method: each. */
static void nothing_to_assign(void **state)
{
        (void)state;
        for (int k = 0; k < ASSIGNORS; k++) {
                struct group g = {0};
                expect(&g, (enum assignor_kind)k, "");
                add_topic(&g, 0);
                expect(&g, (enum assignor_kind)k, "");
                add_member(&g, "c0", 3);
                expect(&g, (enum assignor_kind)k, "c0:");
                free_result(&g);
        }
}

/* --- random groups --- */

static int32_t owner_of(const struct group *g, int32_t topic, int32_t partition, bool claimed)
{
        int32_t found = -1;
        for (int32_t m = 0; m < g->member_count; m++) {
                const struct assignor_member *member = &g->members[m];
                const struct assigned_partition *list = claimed ? member->owned : member->assigned;
                int32_t count = claimed ? member->owned_count : member->assigned_count;
                for (int32_t i = 0; i < count; i++) {
                        if (list[i].partition != partition ||
                            !str_equal_c(list[i].topic, topic_names[topic]))
                                continue;
                        assert_int_equal(found, -1); /* one owner at most */
                        found = m;
                }
        }
        return found;
}

static bool subscribes(const struct group *g, int32_t m, int32_t topic)
{
        for (int32_t i = 0; i < g->members[m].topic_count; i++)
                if (str_equal_c(g->members[m].topics[i], topic_names[topic]))
                        return true;
        return false;
}

/* Each partition has one owner who wants it, or nobody wants it. Nobody has more by two than
 * another who wants the same partition (sticky only). */
static void expect_valid(const struct group *g, bool is_even)
{
        for (int32_t t = 0; t < g->topic_count; t++) {
                for (int32_t p = 0; p < g->topics[t].partitions; p++) {
                        int32_t owner = owner_of(g, t, p, false);
                        assert_true(owner < 0 || subscribes(g, owner, t));
                        for (int32_t m = 0; m < g->member_count; m++) {
                                assert_true(owner >= 0 || !subscribes(g, m, t));
                                if (is_even && subscribes(g, m, t))
                                        assert_true(g->members[m].assigned_count + 1 >=
                                                    g->members[owner].assigned_count);
                        }
                }
        }
}

/* How many partitions stay where they were. */
static int32_t count_kept(const struct group *g)
{
        int32_t kept = 0;
        for (int32_t t = 0; t < g->topic_count; t++)
                for (int32_t p = 0; p < g->topics[t].partitions; p++) {
                        int32_t before = owner_of(g, t, p, true);
                        kept += before >= 0 && before == owner_of(g, t, p, false);
                }
        return kept;
}

/* The most that an even assignment can keep, when all subscribe to the same: each its even share,
 * and as many as there are odd ones one more. */
static int32_t most_kept(const struct group *g)
{
        int32_t all = 0, kept = 0;
        for (int32_t m = 0; m < g->member_count; m++)
                all += g->members[m].assigned_count;
        int32_t share = all / g->member_count, odd = all % g->member_count;
        for (int32_t m = 0; m < g->member_count; m++) {
                int32_t owned = g->members[m].owned_count;
                kept += owned < share ? owned : share;
                if (owned > share && odd-- > 0)
                        kept++;
        }
        return kept;
}

/* The same group with members and topics in another order gets the same. */
static void expect_order_is_no_matter(struct group *g, enum assignor_kind kind, struct rng *r)
{
        struct group other = *g;
        for (int32_t m = 0; m < g->member_count; m++) {
                int32_t k = (int32_t)rng_between(r, m, g->member_count - 1);
                struct assignor_member swapped = other.members[m];
                other.members[m] = other.members[k];
                other.members[k] = swapped;
        }
        for (int32_t t = 0; t < g->topic_count; t++) {
                int32_t k = (int32_t)rng_between(r, t, g->topic_count - 1);
                struct assignor_topic swapped = other.topics[t];
                other.topics[t] = other.topics[k];
                other.topics[k] = swapped;
        }
        assign(&other, kind);
        for (int32_t m = 0; m < g->member_count; m++) {
                const struct assignor_member *a = &g->members[m], *b = other.members;
                while (!str_equal(a->member_id, b->member_id))
                        b++;
                assert_int_equal(a->assigned_count, b->assigned_count);
                for (int32_t i = 0; i < a->assigned_count; i++) {
                        assert_true(str_equal(a->assigned[i].topic, b->assigned[i].topic));
                        assert_int_equal(a->assigned[i].partition, b->assigned[i].partition);
                }
        }
        free_result(&other);
}

static void random_group(struct group *g, struct rng *r, bool same)
{
        memset(g, 0, sizeof *g);
        int64_t topics = rng_between(r, 1, TOPICS_MAX), members = rng_between(r, 1, MEMBERS_MAX);
        unsigned all = (unsigned)rng_between(r, 1, (1 << TOPICS_MAX) - 1);
        for (int64_t t = 0; t < topics; t++)
                add_topic(g, (int32_t)rng_between(r, 0, PARTITIONS_MAX));
        for (int64_t m = 0; m < members; m++)
                add_member(g, member_names[m],
                           same ? all : (unsigned)rng_between(r, 0, (1 << TOPICS_MAX) - 1));
}

/* A member leaves, another comes, a topic grows. */
static void change_group(struct group *g, struct rng *r, int32_t joined, bool same)
{
        static const char *const later[] = {"a0", "d1", "b2", "e3"};
        if (g->member_count > 1 && rng_chance(r, 1, 2)) {
                int32_t gone = (int32_t)rng_between(r, 0, g->member_count - 2);
                g->members[gone] = g->members[g->member_count - 1];
                g->member_count--;
                /* `topics` and `owned` point into the rows of the last one: it came in last. */
                memcpy(g->subscriptions[gone], g->subscriptions[g->member_count],
                       sizeof g->subscriptions[gone]);
                memcpy(g->owned[gone], g->owned[g->member_count], sizeof g->owned[gone]);
                g->members[gone].topics = g->subscriptions[gone];
                g->members[gone].owned = g->owned[gone];
        }
        if (g->member_count < MEMBERS_MAX && rng_chance(r, 1, 2)) {
                unsigned topics = (unsigned)rng_between(r, 0, (1 << TOPICS_MAX) - 1);
                struct assignor_member *new = add_member(g, later[joined], topics);
                if (same) {
                        memcpy(g->subscriptions[g->member_count - 1], g->subscriptions[0],
                               sizeof g->subscriptions[0]);
                        new->topic_count = g->members[0].topic_count;
                }
        }
        struct assignor_topic *t = &g->topics[rng_between(r, 0, g->topic_count - 1)];
        if (t->partitions < PARTITIONS_MAX && rng_chance(r, 1, 3))
                t->partitions++;
}

/* Goal: assignments are valid, even, independent of the order given, and sticky ones move as little
 * as can be. Method: random groups that change, with equal and with different subscriptions. */
static void random_groups(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= 600; seed++) {
                struct rng r;
                struct group g;
                bool same = seed % 2;
                rng_init(&r, seed);
                random_group(&g, &r, same);
                for (int32_t round = 0; round < 4; round++) {
                        for (int k = ASSIGNOR_RANGE; k <= ASSIGNOR_STICKY; k++) {
                                assign(&g, (enum assignor_kind)k);
                                expect_valid(&g, k == ASSIGNOR_STICKY);
                                expect_order_is_no_matter(&g, (enum assignor_kind)k, &r);
                                if (k < ASSIGNOR_STICKY)
                                        free_result(&g);
                        }
                        if (same)
                                assert_int_equal(count_kept(&g), most_kept(&g));
                        take_over(&g, round);
                        free_result(&g);
                        change_group(&g, &r, round, same);
                }
        }
}

/* Goal: with cooperative-sticky nobody gets what another owns still, and when all have given up
 * what they lost, the next round gives out everything. Method: random groups that change; then the
 * same group again. */
static void random_cooperation(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= 600; seed++) {
                struct rng r;
                struct group g;
                rng_init(&r, seed);
                random_group(&g, &r, seed % 2);
                for (int32_t round = 0; round < 4; round++) {
                        assign(&g, ASSIGNOR_COOPERATIVE_STICKY);
                        expect_order_is_no_matter(&g, ASSIGNOR_COOPERATIVE_STICKY, &r);
                        for (int32_t t = 0; t < g.topic_count; t++)
                                for (int32_t p = 0; p < g.topics[t].partitions; p++) {
                                        int32_t before = owner_of(&g, t, p, true);
                                        int32_t after = owner_of(&g, t, p, false);
                                        assert_true(before < 0 || after < 0 || before == after);
                                }
                        take_over(&g, 2 * round);
                        free_result(&g);
                        assign(&g, ASSIGNOR_COOPERATIVE_STICKY);
                        expect_valid(&g, true);
                        take_over(&g, 2 * round + 1);
                        free_result(&g);
                        change_group(&g, &r, round, seed % 2);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_are_kafkas),
                cmocka_unit_test(range_and_round_robin_are_kafkas),
                cmocka_unit_test(static_members_come_first),
                cmocka_unit_test(sticky_keeps),
                cmocka_unit_test(old_claims_do_not_count),
                cmocka_unit_test(cooperative_moves_in_two_rounds),
                cmocka_unit_test(nothing_to_assign),
                cmocka_unit_test(random_groups),
                cmocka_unit_test(random_cooperation),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
