#include "script_world.h"

#include "client/membership_plan.h"
#include "wire/consumer_protocol.h"

#include <stdio.h>

struct fixture {
        struct script_world *w;
        struct arena arena;
        struct join_group_member members[4];
        int32_t count;
        struct membership_plan *plan;
        char text[200];
};

static void open_fixture(struct fixture *f)
{
        memset(f, 0, sizeof *f);
        f->w = script_open(NULL);
        arena_init(&f->arena, 1 << 20);
}

static void close_fixture(struct fixture *f)
{
        membership_plan_free(f->plan);
        arena_deinit(&f->arena);
        script_close(f->w);
}

static struct join_group_member *add_member(struct fixture *f, const char *id, struct span metadata)
{
        struct join_group_member *m = &f->members[f->count++];
        *m = (struct join_group_member){
                .member_id = str_of(id), .group_instance_id = STR_NULL, .metadata = metadata};
        return m;
}

static struct span subscribe(struct fixture *f, enum assignor_kind assignor, const char *topic,
                             const struct assigned_partition *owned, int32_t owned_count,
                             int32_t generation)
{
        struct str name = str_of(topic);
        struct subscription s = {assignor, &name, 1, owned, owned_count, generation};
        return subscription_write(&s, &f->w->world, &f->arena);
}

/* Makes the plan and assigns; the result is "m1:t-0,t-1 m2: ", with a "!" behind what a member gets
 * that has something to give up. */
static const char *assign(struct fixture *f, enum assignor_kind assignor)
{
        struct join_group_response joined = {.members = {f->members, f->count}};
        f->plan = membership_plan_new(assignor, f->w->client, &joined);
        while (!membership_plan_is_ready(f->plan))
                script_pump(f->w);
        int32_t count;
        struct sync_group_assignment *all = membership_plan_assign(f->plan, &count);
        struct buffer text = {0};
        for (int32_t i = 0; i < count; i++) {
                struct member_assignment a;
                assert_int_equal(assignment_read(all[i].assignment, &f->arena, &a), KERR_NONE);
                buffer_printf(&text, "%.*s:", all[i].member_id.size, all[i].member_id.data);
                for (int32_t k = 0; k < a.count; k++)
                        buffer_printf(&text, "%s%.*s-%d", k ? "," : "", a.partitions[k].topic.size,
                                      a.partitions[k].topic.data, a.partitions[k].partition);
                buffer_printf(&text, a.gives_up ? "! " : " ");
        }
        str_copy((struct str){(char *)text.data, (int32_t)text.size}, f->text, sizeof f->text);
        buffer_deinit(&text);
        return f->text;
}

/* Goal: the leader reads subscriptions, assigns by them, and writes what each member can read.
 * Method: two members of t and one of u, two partitions each; then there are three. */
static void each_gets_its_part(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        f.w->partition_count = 2;
        add_member(&f, "m1", subscribe(&f, ASSIGNOR_RANGE, "t", NULL, 0, -1));
        add_member(&f, "m2", subscribe(&f, ASSIGNOR_RANGE, "u", NULL, 0, -1));
        add_member(&f, "m3", subscribe(&f, ASSIGNOR_RANGE, "t", NULL, 0, -1));
        assert_string_equal(assign(&f, ASSIGNOR_RANGE), "m1:t-0 m2:u-0,u-1 m3:t-1 ");
        assert_false(membership_plan_is_outdated(f.plan));
        f.w->partition_count = 3;
        client_refresh_metadata(f.w->client);
        script_advance(f.w, 100);
        assert_true(membership_plan_is_outdated(f.plan));
        close_fixture(&f);
}

/* Goal: with more members than partitions some get nothing, which can be read too.
 * Method: one partition, two members. */
static void surplus_gets_nothing(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        f.w->partition_count = 1;
        add_member(&f, "m1", subscribe(&f, ASSIGNOR_ROUND_ROBIN, "t", NULL, 0, -1));
        add_member(&f, "m2", subscribe(&f, ASSIGNOR_ROUND_ROBIN, "t", NULL, 0, -1));
        assert_string_equal(assign(&f, ASSIGNOR_ROUND_ROBIN), "m1:t-0 m2: ");
        close_fixture(&f);
}

/* Goal: sticky members keep what they say that they had; old claims lose.
 * Method: m1 claims t-1 and t-2 of generation 4, m2 claims t-1 and t-0 of generation 3; both ways
 * to say it. */
static void claims_are_read(void **state)
{
        (void)state;
        static const enum assignor_kind kinds[] = {ASSIGNOR_STICKY, ASSIGNOR_COOPERATIVE_STICKY};
        const struct assigned_partition of_m1[] = {{str_of("t"), 1}, {str_of("t"), 2}};
        const struct assigned_partition of_m2[] = {{str_of("t"), 0}, {str_of("t"), 1}};
        for (int i = 0; i < 2; i++) {
                struct fixture f;
                open_fixture(&f);
                add_member(&f, "m1", subscribe(&f, kinds[i], "t", of_m1, 2, 4));
                add_member(&f, "m2", subscribe(&f, kinds[i], "t", of_m2, 2, 3));
                assert_string_equal(assign(&f, kinds[i]), "m1:t-1,t-2 m2:t-0 ");
                close_fixture(&f);
        }
}

/* Goal: who has what a cooperative plan withholds is told to give it up, and nobody else is: not in
 * the plan that follows, and not the sticky member that has given up all.
 * Method: m1 has t-0 to t-2 and m2 comes; then m1 has what was left to it. */
static void who_has_the_withheld_is_told(void **state)
{
        (void)state;
        static const struct {
                enum assignor_kind kind;
                int32_t owned;
                const char *result;
        } cases[] = {
                {ASSIGNOR_COOPERATIVE_STICKY, 3, "m1:t-0,t-1! m2: "},
                {ASSIGNOR_COOPERATIVE_STICKY, 2, "m1:t-0,t-1 m2:t-2 "},
                {ASSIGNOR_STICKY, 3, "m1:t-0,t-1 m2:t-2 "},
        };
        const struct assigned_partition owned[] = {
                {str_of("t"), 0}, {str_of("t"), 1}, {str_of("t"), 2}};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct fixture f;
                open_fixture(&f);
                add_member(&f, "m1", subscribe(&f, cases[i].kind, "t", owned, cases[i].owned, 4));
                add_member(&f, "m2", subscribe(&f, cases[i].kind, "t", NULL, 0, -1));
                assert_string_equal(assign(&f, cases[i].kind), cases[i].result);
                close_fixture(&f);
        }
}

/* Goal: a subscription that cannot be read gets its member nothing, and does no harm to others; one
 * of version 0 will do.
 * Method: every prefix of a good one, then one of version 0. */
static void bad_subscriptions_get_nothing(void **state)
{
        (void)state;
        const struct assigned_partition owned = {str_of("t"), 1};
        struct fixture f;
        open_fixture(&f);
        struct span good = subscribe(&f, ASSIGNOR_STICKY, "t", &owned, 1, 4);
        close_fixture(&f);
        for (size_t size = 0; size < 7; size++) {
                open_fixture(&f);
                good = subscribe(&f, ASSIGNOR_STICKY, "t", &owned, 1, 4);
                uint8_t *cut = test_malloc(size + 1);
                memcpy(cut, good.data, size);
                add_member(&f, "m1", span_of(cut, size));
                add_member(&f, "m2", good);
                assert_string_equal(assign(&f, ASSIGNOR_STICKY), "m1: m2:t-0,t-1,t-2 ");
                test_free(cut);
                close_fixture(&f);
        }
        open_fixture(&f);
        static const uint8_t oldest[] = {0, 0, 0, 0, 0, 1, 0, 1, 't', 0xff, 0xff, 0xff, 0xff};
        add_member(&f, "m1", span_of(oldest, sizeof oldest));
        assert_string_equal(assign(&f, ASSIGNOR_STICKY), "m1:t-0,t-1,t-2 ");
        close_fixture(&f);
}

/* Goal: an assignment is read in order and without repeats, whoever wrote it.
 * Method: topics and partitions in disorder, one of them twice. */
static void assignment_is_put_in_order(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f);
        static const uint8_t bytes[] = {0, 0, 0, 0, 0, 2,   0, 1, 'u',  0,    0,    0,   1, 0,
                                        0, 0, 7, 0, 1, 't', 0, 0, 0,    3,    0,    0,   0, 2,
                                        0, 0, 0, 1, 0, 0,   0, 2, 0xff, 0xff, 0xff, 0xff};
        struct member_assignment a;
        assert_int_equal(assignment_read(span_of(bytes, sizeof bytes), &f.arena, &a), KERR_NONE);
        assert_int_equal(a.count, 3);
        assert_true(str_equal_c(a.partitions[0].topic, "t") && a.partitions[0].partition == 1);
        assert_true(str_equal_c(a.partitions[1].topic, "t") && a.partitions[1].partition == 2);
        assert_true(str_equal_c(a.partitions[2].topic, "u") && a.partitions[2].partition == 7);
        assert_false(a.gives_up);
        assert_int_equal(assignment_read(span_of(bytes, 0), &f.arena, &a), KERR_NONE);
        assert_int_equal(a.count, 0);
        for (size_t size = 1; size < sizeof bytes; size++)
                assert_int_not_equal(assignment_read(span_of(bytes, size), &f.arena, &a),
                                     KERR_NONE);
        close_fixture(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_gets_its_part),
                cmocka_unit_test(surplus_gets_nothing),
                cmocka_unit_test(claims_are_read),
                cmocka_unit_test(who_has_the_withheld_is_told),
                cmocka_unit_test(bad_subscriptions_get_nothing),
                cmocka_unit_test(assignment_is_put_in_order),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
