/* Runs of clusters: roles, steps that wait for each other, the fault budget, what must hold at the
 * end. */
#include "sim/notes.h"
#include "sim/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the first three above. */
#include <cmocka.h>

enum { STEPS = 16 };

/* When each step was taken, in the order of the trace, and whether it could be. */
struct story {
        int order[STEPS];
        int64_t at_ns[STEPS];
        bool refused[STEPS];
        int count;
        int kills[SCENARIO_CLIENT_ID];
        int leads; /* the broker that leads now, of whatever partition */
};

static void hear(void *context, const struct sim_trace_entry *entry)
{
        struct story *s = context;
        if (entry->kind == SIM_TRACE_KILL && entry->node < SCENARIO_CLIENT_ID)
                s->kills[entry->node]++;
        if (entry->kind != SIM_TRACE_NOTE)
                return;
        int64_t step = entry->numbers[1];
        if (entry->numbers[0] == NOTE_STEP) {
                s->order[s->count++] = (int)step;
                s->at_ns[step] = entry->time_ns;
        }
        if (entry->numbers[0] == NOTE_NOT_DONE)
                s->refused[step] = true;
        if (entry->numbers[0] == NOTE_LEADS)
                s->leads = entry->node;
}

static enum run_result run(const char *text, struct story *story, struct run_report *report)
{
        struct scenario *s = malloc(sizeof *s);
        char error[600];
        if (!scenario_parse(s, "x.scn", text, error, sizeof error))
                fail_msg("%s", error);
        *story = (struct story){0};
        run_scenario(s, &(struct run_options){.seed = 1, .sink = hear, .context = story}, report);
        enum run_result result = run_judge(s, &report->verdict, NULL);
        free(s);
        return result;
}

/* Goal: the followers of a new partition begin at once, though their Fetches wait at its leader and
 * do not ask for it. Method: brokers whose Fetches wait for long, for topics that get nothing. */
static void new_partitions_are_followed_at_once(void **state)
{
        (void)state;
        struct story story;
        struct run_report r;
        assert_int_equal(run("brokers 3 replica.fetch.wait.max.ms 500\ncontrollers 1\n"
                             "topic idle partitions 3 replication 3\n"
                             "at 1200ms create topic new replication 3\n"
                             "producer p topic new rate 1000/s\n"
                             "when p has 1 acknowledged kill p\n"
                             "run 4s\nexpect nothing lost\n",
                             &story, &r),
                         RUN_GOOD);
        assert_int_equal(story.count, 2);
        assert_true(story.at_ns[1] - story.at_ns[0] < 50000000);
        run_report_deinit(&r);
}

/* Goal: a role is who has it when the step is taken. Method: three leaders are killed in turn. */
static void roles_are_looked_up(void **state)
{
        (void)state;
        struct story story;
        struct run_report r;
        assert_int_equal(run("brokers 3 broker.session.timeout.ms 400 "
                             "broker.heartbeat.interval.ms 80\ncontrollers 1\n"
                             "topic t replication 3\nproducer p topic t\n"
                             "at 500ms reassign t/0 to 2,3,1\n"
                             "then after 100ms elect preferred leader of t/0\n"
                             "then when 2 leads t/0 kill leader of t/0\n"
                             "then when 3 leads t/0 kill leader of t/0\n"
                             "then when 1 leads t/0 kill leader of t/0\n"
                             "then after 0s kill leader of t/0\n"
                             "run 4s\nexpect nothing lost\n",
                             &story, &r),
                         RUN_GOOD);
        assert_int_equal(story.kills[1], 1);
        assert_int_equal(story.kills[2], 1);
        assert_int_equal(story.kills[3], 1);
        assert_int_equal(story.count, 6);
        run_report_deinit(&r);
}

/* Goal: steps that follow others come in that order, at their distance; others at their time. */
static void steps_follow_each_other(void **state)
{
        (void)state;
        struct story story;
        struct run_report r;
        assert_int_equal(run("brokers 3\ntopic t replication 3\nproducer p topic t rate 100/s\n"
                             "consumer c topic t\n"
                             "when p has 20 acknowledged pause p\n"
                             "then after 250ms resume p\n"
                             "then when p has 1 acknowledged slow c from 1 by 2\n"
                             "at 50ms heal network\n"
                             "when HW of leader of t/0 passes 10 reset c from all\n"
                             "when ISR of t/0 is 3,2,1 reset p from all\n"
                             "when ISR of t/0 grows to 3 reset p from all\n"
                             "when c has 10 read reset c from all\n"
                             "when active controller is ready reset p from all\n"
                             "when leader of t/0 is ready heal network\n"
                             "run 2s\nexpect c has 15 read\nexpect ISR of t/0 grows to 3\n",
                             &story, &r),
                         RUN_GOOD);
        assert_int_equal(story.count, 10);
        assert_true(story.at_ns[1] == story.at_ns[0] + 250 * INT64_C(1000000));
        assert_true(story.at_ns[2] == story.at_ns[1]); /* it held before */
        assert_int_equal(story.at_ns[3], 50000000);
        assert_true(story.at_ns[4] < story.at_ns[0]);
        assert_true(story.at_ns[5] == story.at_ns[6]);
        run_report_deinit(&r);
}

/* Goal: with min.insync.replicas=2 one broker of three may lose its unsynced bytes, and no second
 * one before it is back; with flush.messages=1 all may, but no disk may be wiped then. A step that
 * does not ask strikes anyway, and then nothing is promised. */
static void the_budget_is_kept(void **state)
{
        (void)state;
        static const struct {
                const char *settings, *steps;
                int refused; /* how many of the steps */
                bool loses;
        } cases[] = {
                {"", "power-cut 1 keeps nothing within budget", 1, false},
                {"min.insync.replicas 2", "power-cut 1 keeps nothing within budget", 0, false},
                {"min.insync.replicas 2",
                 "power-cut 1 keeps nothing within budget\n"
                 "then after 0s power-cut 2 keeps nothing within budget",
                 1, false},
                {"min.insync.replicas 2",
                 "power-cut 1 keeps nothing within budget\n"
                 "then after 0s restart 1\n"
                 "then when ISR of t/0 shrinks to 2 heal network\n"
                 "then when ISR of t/0 grows to 3 heal network\n"
                 "then after 50ms power-cut 2 keeps nothing within budget",
                 0, false},
                {"min.insync.replicas 2 flush.messages 1",
                 "power-cut all keeps nothing within budget", 0, false},
                {"min.insync.replicas 2 flush.messages 1",
                 "wipe 1 within budget\nthen after 0s wipe 2 within budget", 1, false},
                {"min.insync.replicas 2", "power-cut all keeps nothing", 0, true},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                char text[1000];
                struct story story;
                struct run_report r;
                snprintf(text, sizeof text,
                         "brokers 3\ncontrollers 3\ntopic t replication 3 %s\n"
                         "producer p topic t rate 100/s\n"
                         "when p has 30 acknowledged %s\nrun 4s\n",
                         cases[i].settings, cases[i].steps);
                assert_int_equal(run(text, &story, &r), RUN_GOOD);
                int refused = 0;
                for (int k = 0; k < STEPS; k++)
                        refused += story.refused[k];
                assert_int_equal(refused, cases[i].refused);
                const struct tally *lost = &r.verdict.tallies[ANOMALY_LOST_WRITE];
                assert_int_equal(lost->broken, 0);
                assert_int_equal(lost->unpromised > 0, cases[i].loses);
                run_report_deinit(&r);
        }
}

/* Goal: what is demanded at the end of the run, and is not so, is a finding, though all is healed
 * later. */
static void demands_are_checked(void **state)
{
        (void)state;
        struct story story;
        struct run_report r;
        assert_int_equal(run("brokers 3\ntopic t replication 3 min.insync.replicas 3\n"
                             "producer p topic t\nat 1s kill 1\nrun 3s\n"
                             "expect p has 100 acknowledged\n",
                             &story, &r),
                         RUN_STUCK);
        assert_non_null(
                strstr(r.verdict.tallies[ANOMALY_STUCK].first_broken, "p has 100 acknowledged"));
        run_report_deinit(&r);
}

/* Goal: every size of cluster starts, with the brokers as voters and with controllers of their
 * own, and loses nothing when a leader is moved and stopped. */
static void clusters_of_all_sizes(void **state)
{
        (void)state;
        for (int brokers = 2; brokers <= 7; brokers++)
                for (int controllers = 0; controllers <= 3; controllers += 3) {
                        char text[500], own[40] = "";
                        struct story story;
                        struct run_report r;
                        if (controllers > 0)
                                snprintf(own, sizeof own, "controllers %d\n", controllers);
                        snprintf(text, sizeof text,
                                 "brokers %d\n%stopic t partitions 2 replication 2\n"
                                 "producer p topic t\nconsumer c topic t\n"
                                 "at 1s move leader of t/0 to follower of t/0\n"
                                 "at 1200ms stop leader of t/0\nat 1500ms restart all\n"
                                 "run 2s\nexpect nothing lost\nexpect all ends\n",
                                 brokers, own);
                        assert_int_equal(run(text, &story, &r), RUN_GOOD);
                        run_report_deinit(&r);
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(new_partitions_are_followed_at_once),
                cmocka_unit_test(roles_are_looked_up),
                cmocka_unit_test(steps_follow_each_other),
                cmocka_unit_test(the_budget_is_kept),
                cmocka_unit_test(demands_are_checked),
                cmocka_unit_test(clusters_of_all_sizes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
