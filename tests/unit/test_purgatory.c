/* Purgatory: operations end exactly once, by completing, expiring or being cancelled. */
#include "broker/purgatory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct operation {
        struct delayed delayed;
        struct purgatory *purgatory;
        int needs; /* completes when *level has reached this */
        const int *level;
        int completed, expired;
};

static bool try_complete(struct delayed *d, bool late)
{
        struct operation *op = heap_owner(d, struct operation, delayed);
        bool ready = *op->level >= op->needs;
        if (!ready && !late)
                return false;
        purgatory_cancel(op->purgatory, d);
        op->completed += ready;
        op->expired += !ready;
        return true;
}

static struct operation operation(struct purgatory *p, const int *level, int needs)
{
        return (struct operation){.delayed.try_complete = try_complete,
                                  .purgatory = p,
                                  .level = level,
                                  .needs = needs};
}

/* Goal:   a change completes those it satisfies and leaves the others waiting.
 * Method: three operations that need levels 1, 2, 3 on one list; raise the level to 2. */
static void a_change_completes_what_it_satisfies(void **state)
{
        (void)state;
        struct purgatory p = {0};
        struct watch_list list = {0}, *lists[] = {&list};
        int level = 0;
        struct operation ops[3];
        for (int i = 0; i < 3; i++) {
                ops[i] = operation(&p, &level, i + 1);
                purgatory_add(&p, &ops[i].delayed, 100, lists, 1);
        }
        level = 2;
        purgatory_check(&list);
        assert_int_equal(ops[0].completed, 1);
        assert_int_equal(ops[1].completed, 1);
        assert_int_equal(ops[2].completed, 0);
        assert_int_equal(purgatory_expire(&p, 99), 100);
        assert_int_equal(purgatory_expire(&p, 100), INT64_MAX);
        assert_int_equal(ops[2].expired, 1);
        assert_null(list.first);
        purgatory_deinit(&p);
}

/* Goal:   an operation that watches several lists, one of them twice, ends once and leaves all.
 * Method: lists a, b, b; complete through b; then check both lists again. */
static void an_operation_on_several_lists_ends_once(void **state)
{
        (void)state;
        struct purgatory p = {0};
        struct watch_list a = {0}, b = {0}, *lists[] = {&a, &b, &b};
        int level = 0;
        struct operation op = operation(&p, &level, 1), other = operation(&p, &level, 5);
        purgatory_add(&p, &op.delayed, 10, lists, 3);
        purgatory_add(&p, &other.delayed, 20, lists, 2);
        level = 1;
        purgatory_check(&b);
        purgatory_check(&b);
        purgatory_check(&a);
        assert_int_equal(op.completed, 1);
        assert_int_equal(other.completed, 0);
        assert_ptr_equal(a.first->delayed, &other.delayed);
        assert_ptr_equal(a.first, a.last);
        purgatory_cancel(&p, &other.delayed);
        assert_null(a.first);
        assert_null(b.first);
        assert_int_equal(purgatory_expire(&p, 1000), INT64_MAX);
        purgatory_deinit(&p);
}

/* Goal:   when what is watched goes away, nobody stays behind.
 * Method: release a list with two operations, neither satisfied: both expire. */
static void release_ends_all(void **state)
{
        (void)state;
        struct purgatory p = {0};
        struct watch_list list = {0}, *lists[] = {&list};
        int level = 0;
        struct operation a = operation(&p, &level, 1), b = operation(&p, &level, 1);
        purgatory_add(&p, &a.delayed, 10, lists, 1);
        purgatory_add(&p, &b.delayed, 10, lists, 1);
        purgatory_release(&list);
        assert_int_equal(a.expired + b.expired, 2);
        assert_null(list.first);
        purgatory_deinit(&p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_change_completes_what_it_satisfies),
                cmocka_unit_test(an_operation_on_several_lists_ends_once),
                cmocka_unit_test(release_ends_all),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
