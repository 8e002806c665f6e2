/* Test 08: the range assignor, with the examples of Kafka's own. */
#include "base/bytes.h"
#include "groups/assignor.h"
#include "labs/tool/lab_test.h"

#include <stdlib.h>

enum { MEMBERS_MAX = 4, TOPICS_MAX = 2 };

/* `subscriptions`: one word a member, a bit for each of the topics "t0" and "t1". */
struct example {
        const char *what, *expected;
        int32_t partitions[TOPICS_MAX];
        int32_t members;
        unsigned subscriptions[MEMBERS_MAX];
};

static void expect_range(const struct example *x, bool backwards)
{
        static const char *const ids[MEMBERS_MAX] = {"c0", "c1", "c2", "c3"};
        struct str names[TOPICS_MAX] = {str_of("t0"), str_of("t1")};
        struct str topics[MEMBERS_MAX][TOPICS_MAX];
        struct assignor_topic all[TOPICS_MAX];
        struct assignor_member members[MEMBERS_MAX];
        struct buffer text = {0};
        for (int t = 0; t < TOPICS_MAX; t++)
                all[t] = (struct assignor_topic){names[t], x->partitions[t]};
        for (int32_t m = 0; m < x->members; m++) {
                int32_t k = backwards ? x->members - 1 - m : m, count = 0;
                for (int t = 0; t < TOPICS_MAX; t++) {
                        if (x->subscriptions[k] >> t & 1)
                                topics[m][count++] = names[t];
                }
                members[m] = (struct assignor_member){.member_id = str_of(ids[k]),
                                                      .group_instance_id = STR_NULL,
                                                      .topics = topics[m],
                                                      .topic_count = count,
                                                      .generation = -1};
        }
        assignor_assign(ASSIGNOR_RANGE, members, x->members, all, TOPICS_MAX);
        for (int32_t k = 0; k < x->members; k++) {
                const struct assignor_member *m = &members[backwards ? x->members - 1 - k : k];
                buffer_printf(&text, "%s%s:", k ? "; " : "", ids[k]);
                for (int32_t i = 0; i < m->assigned_count; i++)
                        buffer_printf(&text, " %.*s/%d", (int)m->assigned[i].topic.size,
                                      m->assigned[i].topic.data, (int)m->assigned[i].partition);
                free(m->assigned);
        }
        buffer_append(&text, "", 1);
        expect_string(x->what, (const char *)text.data, x->expected);
        buffer_deinit(&text);
}

LAB_TEST(08, "range: blocks of each topic, the first ones larger")
{
        static const struct example examples[] = {
                {"four partitions for two", "c0: t0/0 t0/1; c1: t0/2 t0/3", {4, 0}, 2, {1, 1}},
                {"seven partitions for three",
                 "c0: t0/0 t0/1 t0/2; c1: t0/3 t0/4; c2: t0/5 t0/6",
                 {7, 0},
                 3,
                 {1, 1, 1}},
                {"eight partitions for three",
                 "c0: t0/0 t0/1 t0/2; c1: t0/3 t0/4 t0/5; c2: t0/6 t0/7",
                 {8, 0},
                 3,
                 {1, 1, 1}},
                {"two topics of three for two: each topic by itself",
                 "c0: t0/0 t0/1 t1/0 t1/1; c1: t0/2 t1/2",
                 {3, 3},
                 2,
                 {3, 3}},
                {"only one wants the second topic",
                 "c0: t0/0; c1: t0/1 t1/0 t1/1; c2: t0/2",
                 {3, 2},
                 3,
                 {1, 3, 1}},
                {"more members than partitions",
                 "c0: t0/0; c1: t0/1; c2:; c3:",
                 {2, 0},
                 4,
                 {1, 1, 1, 1}},
                {"nobody wants the first topic", "c0: t1/0; c1: t1/1", {2, 2}, 2, {2, 2}},
        };
        for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
                expect_range(&examples[i], false);
                expect_range(&examples[i], true);
        }
}
