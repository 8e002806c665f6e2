/* What happens while something else happens: an append that commits what waits in front of it, an
 * in-sync set that changes under a coordinator. */
#include "sim/run.h"
#include "txn_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* From now on the log's high watermark waits for node 1, which is in no ISR but keeps up; until
 * LAG_MS have passed, and somebody appends. */
static void wait_for_a_follower(struct txn_fixture *f)
{
        node_fetched(&f->x, 0, 1, end_of(&f->x, 0));
}

/* Goal:   the end of one transaction may be what commits the end of another.
 * Method: the younger of two has its marker first, and its end waits for a follower that is given
 *         up by the time when the older one ends. */
static void an_end_commits_another(void **state)
{
        (void)state;
        struct txn_fixture f;
        struct ask a, b;
        txn_fixture_init(&f, "1");
        int64_t ida = init_now(&f, "a", -1, -1).producer_id;
        int64_t idb = init_now(&f, "b", -1, -1).producer_id;
        assert_int_equal(add_now(&f, "a", ida, 0, "0"), KERR_NONE);
        assert_int_equal(add_now(&f, "b", idb, 0, "1"), KERR_NONE);
        ask_to_end(&f, &a, 3, "a", ida, 0, true);
        ask_to_end(&f, &b, 3, "b", idb, 0, true);
        run(&f);
        assert_int_equal(f.queued, 2);
        wait_for_a_follower(&f);
        deliver(&f, 1, KERR_NONE);
        run(&f);
        assert_true(hw_of(&f.x, 0) < end_of(&f.x, 0));
        pass_time(&f, LAG_MS + 1);
        deliver(&f, 0, KERR_NONE);
        run(&f);
        assert_int_equal(view_of(&f, "a").status, TRANSACTION_COMPLETE_COMMIT);
        assert_int_equal(view_of(&f, "b").status, TRANSACTION_COMPLETE_COMMIT);
        ask_end(&a);
        ask_end(&b);
        txn_fixture_deinit(&f);
}

/* Goal:   the tombstone of one id may be what commits the tombstone of the next.
 * Method: the same, with two ids that nobody uses any more. */
static void a_tombstone_commits_another(void **state)
{
        (void)state;
        struct txn_fixture f;
        txn_fixture_init(&f, "1");
        init_now(&f, "a", -1, -1);
        init_now(&f, "b", -1, -1);
        pass_time(&f, EXPIRATION_MS / 2);
        init_now(&f, "a", -1, -1);
        pass_time(&f, EXPIRATION_MS / 2);
        wait_for_a_follower(&f);
        run(&f);
        assert_true(hw_of(&f.x, 0) < end_of(&f.x, 0));
        assert_int_equal(view_of(&f, "b").status, TRANSACTION_EMPTY);
        pass_time(&f, EXPIRATION_MS / 2);
        run(&f);
        assert_int_equal(view_of(&f, "a").status, TRANSACTION_DEAD);
        assert_int_equal(view_of(&f, "b").status, TRANSACTION_DEAD);
        txn_fixture_deinit(&f);
}

/* How often each coordinator has begun, by the leader epoch it says. */
struct beginnings {
        char said[32][120];
        int count;
        bool again;
};

static void hear(void *context, const struct sim_trace_entry *entry)
{
        struct beginnings *b = context;
        char said[120];
        if (entry->kind != SIM_TRACE_LOG || !strstr(entry->text, "transactional ids, epoch"))
                return;
        snprintf(said, sizeof said, "%d %s", entry->node, entry->text);
        for (int i = 0; i < b->count; i++)
                b->again |= strcmp(b->said[i], said) == 0;
        assert_true(b->count < 32);
        memcpy(b->said[b->count++], said, sizeof said);
}

/* Goal:   a coordinator does not begin anew, and lets nobody down, when only the ISR of its
 *         partition changes.
 * Method: transactions all the time, while a follower stands still until it is out of the ISR. */
static void an_isr_change_is_no_new_leader(void **state)
{
        (void)state;
        struct scenario *s = malloc(sizeof *s);
        struct run_report report;
        struct beginnings b = {.count = 0};
        char error[600];
        assert_true(scenario_parse(s, "x.scn",
                                   "brokers 3 replica.lag.time.max.ms 1000 "
                                   "transaction.state.log.num.partitions 1\n"
                                   "topic t replication 3\n"
                                   "producer p topic t rate 100/s transactions 3\n"
                                   "producer q topic t rate 100/s transactions 3\n"
                                   "producer r topic t rate 100/s transactions 3\n"
                                   "at 3s pause broker 3\nat 5s resume broker 3\n"
                                   "at 6500ms pause broker 3\nat 8500ms resume broker 3\n"
                                   "at 10s pause broker 3\nat 12s resume broker 3\n"
                                   "run 14s\n",
                                   error, sizeof error));
        run_scenario(s, &(struct run_options){.seed = 2, .sink = hear, .context = &b}, &report);
        assert_false(b.again);
        run_report_deinit(&report);
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_end_commits_another),
                cmocka_unit_test(a_tombstone_commits_another),
                cmocka_unit_test(an_isr_change_is_no_new_leader),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
