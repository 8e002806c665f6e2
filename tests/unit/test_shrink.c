/* Shrinking a script that breaks a promise. */
#include "sim/shrink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above. */
#include <cmocka.h>

static void parse(struct scenario *s, const char *text)
{
        char error[600];
        if (!scenario_parse(s, "x.scn", text, error, sizeof error))
                fail_msg("%s", error);
}

/* acks=all is answered too early, and the leader dies; all else takes no part in that. */
static const char lost_among_others[] =
        "brokers 3 broker.session.timeout.ms 600 broker.heartbeat.interval.ms 100\n"
        "controllers 3\n"
        "topic t replication 3 min.insync.replicas 2\n"
        "at 100ms create topic late\n"
        "at 200ms create topic unused\n"
        "producer p1 topic t rate 100/s\n"
        "producer p2 topic late\n"
        "at 300ms slow broker 1 from broker 2 by 3\n"
        "when p1 has 50 acknowledged hold Fetch from all to leader of t/0\n"
        "then after 300ms kill leader of t/0\n"
        "then after 2s heal network\n"
        "then after 0s restart all\n"
        "at 4s pause p1\n"
        "run 5s\n";

/* Goal: what is left breaks the same promise, and is a script that can be read: a topic that a
 * client names is made, one that nobody names is not. Method: shrink, print, parse, run. */
static void leaves_a_script(void **state)
{
        (void)state;
        struct scenario *s = malloc(sizeof *s);
        struct run_options options = {.seed = 1, .zoo = {UINT64_C(1) << ZOO_ACK_ON_APPEND}};
        struct shrink_result result;
        struct run_report report;
        struct buffer text = {0};
        parse(s, lost_among_others);
        assert_true(shrink(s, &options, &result));
        assert_int_equal(result.anomaly, ANOMALY_LOST_WRITE);
        scenario_print(s, &text);
        buffer_append(&text, "", 1);
        parse(s, (const char *)text.data);
        assert_int_equal(s->topic_count, 2);
        assert_string_equal(s->topics[1].name, "late");
        assert_int_equal(s->step_count, 3); /* that one, hold, kill */
        run_scenario(s, &options, &report);
        assert_true(report.verdict.tallies[ANOMALY_LOST_WRITE].broken > 0);
        run_report_deinit(&report);
        buffer_deinit(&text);
        free(s);
}

/* Goal: where every promise is kept there is nothing to shrink, and nothing is changed. */
static void leaves_the_good_alone(void **state)
{
        (void)state;
        struct scenario *s = malloc(sizeof *s);
        struct run_options options = {.seed = 1};
        struct shrink_result result;
        parse(s, lost_among_others);
        assert_false(shrink(s, &options, &result));
        assert_int_equal(s->step_count, 8);
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(leaves_a_script),
                cmocka_unit_test(leaves_the_good_alone),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
