/* Whole runs: small scenarios through brokers, clients, faults and the checker. */
#include "sim/explain.h"
#include "sim/run.h"
#include "sim/swarm.h"
#include "sim/zoo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the first three above. */
#include <cmocka.h>

static struct scenario *parse(const char *text)
{
        struct scenario *s = malloc(sizeof *s);
        char error[600];
        if (!scenario_parse(s, "x.scn", text, error, sizeof error))
                fail_msg("%s", error);
        return s;
}

/* Runs the text with seed 1 and frees everything but the report. */
static enum run_result run(const char *text, struct run_report *report)
{
        struct scenario *s = parse(text);
        run_scenario(s, &(struct run_options){.seed = 1}, report);
        enum run_result result = run_judge(s, &report->verdict, NULL);
        free(s);
        return result;
}

/* Goal: with no faults every record arrives, with each codec and each acks, through rolls,
 * retention and DeleteRecords. */
static void quiet_runs_are_good(void **state)
{
        (void)state;
        static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd"};
        static const char *const acks[] = {"all", "1", "0"};
        for (int i = 0; i < 15; i++) {
                char text[500];
                struct run_report r;
                snprintf(text, sizeof text,
                         "topic t partitions 2 segment.bytes 3000 flush.messages %d\n"
                         "producer p topic t codec %s acks %s batch 1000\n"
                         "consumer c topic t\n"
                         "at 500ms delete records t/1 before 3\n"
                         "run 1s\n"
                         "expect nothing lost\nexpect no duplicate\nexpect order kept\n",
                         i % 4 + 1, codecs[i % 5], acks[i % 3]);
                assert_int_equal(run(text, &r), RUN_GOOD);
                assert_true(r.history.send_count > 30);
                for (int32_t k = 0; k < r.history.send_count; k++)
                        assert_int_equal(r.history.sends[k].outcome, OUTCOME_OK);
                run_report_deinit(&r);
        }
}

/* Goal: the same seed is the same run, another seed another one, and a sink changes nothing. */
static void count_entry(void *context, const struct sim_trace_entry *entry)
{
        *(uint64_t *)context = entry->number;
}

static void same_seed_same_run(void **state)
{
        (void)state;
        struct scenario *s = parse("topic t\nproducer p topic t\nat 300ms kill 1\n"
                                   "at 400ms restart 1\nrun 1s\n");
        struct run_report a, b, c;
        uint64_t entries = 0;
        run_scenario(s, &(struct run_options){.seed = 5}, &a);
        run_scenario(s, &(struct run_options){.seed = 5, .sink = count_entry, .context = &entries},
                     &b);
        run_scenario(s, &(struct run_options){.seed = 6}, &c);
        assert_true(a.hash == b.hash);
        assert_true(a.hash != c.hash);
        assert_int_equal(entries, a.events);
        run_report_deinit(&a);
        run_report_deinit(&b);
        run_report_deinit(&c);
        free(s);
}

/* Goal: the budget: an unsynced record may be lost in a power cut, a synced one may not, and what
 * is expected decides what is good. */
static void losses_and_expectations(void **state)
{
        (void)state;
        static const struct {
                const char *flush, *expect;
                enum run_result result;
                bool loses;
        } cases[] = {
                {"", "", RUN_GOOD, true},
                {"", "expect something lost\n", RUN_GOOD, true},
                {"", "expect nothing lost\n", RUN_BROKEN, true},
                {"flush.messages 1", "expect nothing lost\n", RUN_GOOD, false},
                {"flush.messages 1", "expect something lost\n", RUN_BROKEN, false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                char text[500];
                struct run_report r;
                snprintf(text, sizeof text,
                         "topic t %s\nproducer p topic t\n"
                         "when p has 10 acknowledged power-cut 1 keeps nothing\n"
                         "at 1s restart 1\nrun 1500ms\n%s",
                         cases[i].flush, cases[i].expect);
                assert_int_equal(run(text, &r), cases[i].result);
                const struct tally *lost = &r.verdict.tallies[ANOMALY_LOST_WRITE];
                assert_int_equal(lost->broken, 0);
                assert_int_equal(lost->unpromised > 0, cases[i].loses);
                run_report_deinit(&r);
        }
}

/* Goal: a wiped disk loses all, and that was never ruled out. */
static void wiped_disk(void **state)
{
        (void)state;
        struct run_report r;
        /* The topic is gone with the disk that its metadata was on, so nothing can go on. */
        assert_int_equal(run("topic t flush.messages 1\nproducer p topic t\n"
                             "at 500ms wipe 1\nat 600ms restart 1\nrun 1s\nexpect stuck\n",
                             &r),
                         RUN_GOOD);
        assert_int_equal(r.verdict.tallies[ANOMALY_LOST_WRITE].broken, 0);
        run_report_deinit(&r);
}

/* Goal: a run can be stopped at an entry and at a time, and checks nothing then. */
static void stops_where_told(void **state)
{
        (void)state;
        struct scenario *s = parse("topic t\nproducer p topic t\nrun 1s\n");
        struct run_report r;
        run_scenario(s, &(struct run_options){.seed = 1, .until_entry = 100}, &r);
        assert_true(r.was_stopped);
        assert_in_range(r.events, 100, 110);
        run_report_deinit(&r);
        run_scenario(s, &(struct run_options){.seed = 1, .until_ns = 500000000}, &r);
        assert_true(r.was_stopped);
        assert_in_range(r.virtual_ns, 500000000, 520000000);
        run_report_deinit(&r);
        free(s);
}

/* Goal: what a seed draws is a scenario like any other. Method: print it, read it, print it again;
 * and run both. */
static void seeds_are_scenarios(void **state)
{
        (void)state;
        struct scenario *drawn = malloc(sizeof *drawn);
        for (uint64_t seed = 1; seed <= 20; seed++) {
                struct buffer first = {0}, second = {0};
                swarm_draw(seed, drawn);
                scenario_print(drawn, &first);
                buffer_append(&first, "", 1);
                struct scenario *read = parse((char *)first.data);
                scenario_print(read, &second);
                buffer_append(&second, "", 1);
                assert_string_equal(first.data, second.data);
                buffer_deinit(&first);
                buffer_deinit(&second);
                struct run_report a, b;
                run_scenario(drawn, &(struct run_options){.seed = seed}, &a);
                run_scenario(read, &(struct run_options){.seed = seed}, &b);
                assert_true(a.hash == b.hash);
                assert_int_equal(run_judge(drawn, &a.verdict, NULL), RUN_GOOD);
                run_report_deinit(&a);
                run_report_deinit(&b);
                free(read);
        }
        free(drawn);
}

/* Goal: every bug of the zoo has its row, and the table can be printed. */
static void zoo_is_complete(void **state)
{
        (void)state;
        struct buffer text = {0};
        for (int bug = 0; bug < ZOO_BUGS; bug++) {
                const struct zoo_exhibit *e = zoo_exhibit((enum zoo_bug)bug);
                assert_int_equal(e->bug, bug);
                assert_non_null(e->source);
                assert_non_null(strstr(e->scenario, zoo_name(e->bug)));
        }
        zoo_print(&text);
        buffer_append(&text, "", 1);
        assert_non_null(strstr((char *)text.data, "no-dir-sync (KAFKA-3968)"));
        buffer_deinit(&text);
}

static struct scenario *load(const char *path)
{
        struct buffer text = {0};
        FILE *file = fopen(path, "r"); /* tests are run from the top of the tree */
        assert_non_null(file);
        text.size = fread(buffer_reserve(&text, 10000), 1, 9999, file);
        buffer_append(&text, "", 1);
        fclose(file);
        struct scenario *s = parse((char *)text.data);
        buffer_deinit(&text);
        return s;
}

/* Goal: each bug's scenario holds without it, and with it shows the anomaly that the table names,
 * at the same event each time. */
static void zoo_shows_its_anomalies(void **state)
{
        (void)state;
        for (int bug = 0; bug < ZOO_BUGS; bug++) {
                const struct zoo_exhibit *e = zoo_exhibit((enum zoo_bug)bug);
                struct scenario *s = load(e->scenario);
                struct run_options without = {.seed = 1};
                struct run_options with = {.seed = 1, .zoo = {UINT64_C(1) << bug}};
                struct run_report good, bad, again;
                run_scenario(s, &without, &good);
                run_scenario(s, &with, &bad);
                run_scenario(s, &with, &again);
                assert_int_equal(run_judge(s, &good.verdict, NULL), RUN_GOOD);
                assert_int_not_equal(run_judge(s, &bad.verdict, NULL), RUN_GOOD);
                if (bad.verdict.tallies[e->anomaly].broken == 0)
                        fail_msg("%s does not show: %s", zoo_name(e->bug),
                                 anomaly_name(e->anomaly));
                assert_true(bad.hash == again.hash);
                run_report_deinit(&good);
                run_report_deinit(&bad);
                run_report_deinit(&again);
                free(s);
        }
}

/* Goal: a bug needs its schedule: where nothing goes wrong nobody notices it. Method: what seeds
 * draw, without the faults, with all bugs at once; but for three that need none: the invariants or
 * a reader see them at the first record. Two producers of one transactional id are a fault, too. */
static void bugs_sleep_without_faults(void **state)
{
        (void)state;
        struct zoo all = {(UINT64_C(1) << ZOO_BUGS) - 1};
        all.bits &= ~(UINT64_C(1) << ZOO_ACTS_ON_UNCOMMITTED_METADATA);
        all.bits &= ~(UINT64_C(1) << ZOO_PAST_LSO);
        all.bits &= ~(UINT64_C(1) << ZOO_READS_PAST_HW);
        struct scenario *s = malloc(sizeof *s);
        for (uint64_t seed = 1; seed <= 100; seed++) {
                struct run_report r;
                int32_t steps = 0;
                swarm_draw(seed, s);
                for (int32_t i = 0; i < s->step_count; i++)
                        if (s->steps[i].action.verb == VERB_CREATE_TOPIC)
                                s->steps[steps++] = s->steps[i];
                s->step_count = steps;
                for (int32_t i = 0; i < s->client_count; i++)
                        s->clients[i].id[0] = '\0';
                for (int32_t i = 0; i < s->setting_count; i++)
                        if (strcmp(s->settings[i].key, "replica.lag.time.max.ms") == 0)
                                strcpy(s->settings[i].value, "30000");
                run_scenario(s, &(struct run_options){.seed = seed, .zoo = all}, &r);
                if (run_judge(s, &r.verdict, NULL) != RUN_GOOD) {
                        char first[FINDING_BYTES];
                        verdict_first(&r.verdict, first);
                        fail_msg("seed %d: %s", (int)seed, first);
                }
                run_report_deinit(&r);
        }
        free(s);
}

/* Goal: the story tells what the script did and what came of it. */
static void tells_a_story(void **state)
{
        (void)state;
        static const char *const parts[] = {
                "p -> broker 1            Produce t/0: 1 record",
                "broker 1                 appends t/0 offset 0 (not synced)",
                "p                        p/0: acknowledged at t/0 offset 0",
                "c                        reads p/0",
                "the script               power-cut broker 1 keeps nothing",
                "broker 1                 recovers t/0: cut at 0, it ended at",
                "--- the final read ---",
        };
        struct scenario *s = parse("topic t\nproducer p topic t\nconsumer c topic t\n"
                                   "at 500ms power-cut 1 keeps nothing\nat 600ms restart 1\n"
                                   "run 1s\n");
        char *story = NULL;
        size_t size;
        FILE *out = open_memstream(&story, &size);
        struct run_report r;
        struct explain *e = explain_new(s, &r.history, explain_print, out);
        run_scenario(s, &(struct run_options){.seed = 1, .sink = explain_entry, .context = e}, &r);
        explain_free(e);
        fclose(out);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
                if (!strstr(story, parts[i]))
                        fail_msg("the story lacks '%s'", parts[i]);
        run_report_deinit(&r);
        free(story);
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(quiet_runs_are_good),
                cmocka_unit_test(same_seed_same_run),
                cmocka_unit_test(losses_and_expectations),
                cmocka_unit_test(wiped_disk),
                cmocka_unit_test(stops_where_told),
                cmocka_unit_test(seeds_are_scenarios),
                cmocka_unit_test(zoo_is_complete),
                cmocka_unit_test(zoo_shows_its_anomalies),
                cmocka_unit_test(bugs_sleep_without_faults),
                cmocka_unit_test(tells_a_story),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
