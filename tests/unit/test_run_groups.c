/* Whole runs with groups, transactions and pipelines: what each of them sees is in the history, and
 * what is promised holds. */
#include "sim/crash_points.h"
#include "sim/run.h"

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

/* Runs the text with seed 1; it must be good. */
static void run(const char *text, struct run_report *report)
{
        struct scenario *s = parse(text);
        struct buffer unmet = {0};
        char first[FINDING_BYTES];
        run_scenario(s, &(struct run_options){.seed = 1}, report);
        verdict_first(&report->verdict, first);
        if (run_judge(s, &report->verdict, &unmet) != RUN_GOOD)
                fail_msg("%s %.*s", first, (int)unmet.size, (char *)unmet.data);
        buffer_deinit(&unmet);
        free(s);
}

/* Goal: members of a group share the partitions: each record is processed, by one of them, and its
 * offset is committed. Method: two members, each policy, each assignor. */
static void members_share(void **state)
{
        (void)state;
        static const char *const policies[] = {"after", "before", "auto"};
        static const char *const assignors[] = {"range", "roundrobin", "sticky",
                                                "cooperative-sticky"};
        for (int i = 0; i < 12; i++) {
                char text[600];
                struct run_report r;
                snprintf(text, sizeof text,
                         "topic t partitions 3\nproducer p topic t rate 100/s\n"
                         "consumer c1 topic t group g commit %s assignor %s\n"
                         "consumer c2 topic t group g commit %s assignor %s\n"
                         "run 1s\nexpect nothing skipped by groups\nexpect one owner\n",
                         policies[i % 3], assignors[i / 3], policies[i % 3], assignors[i / 3]);
                run(text, &r);
                bool members[3] = {false};
                int32_t processed = 0;
                for (int32_t k = 0; k < r.history.read_count; k++) {
                        const struct history_read *read = &r.history.reads[k];
                        if (read->group != 0 || read->processed_ns == INT64_MAX)
                                continue;
                        members[read->client] = true;
                        processed++;
                }
                assert_true(processed >= r.history.send_count);
                assert_true(members[1] && members[2]);
                assert_true(r.history.assignment_count >= 3);
                assert_true(r.history.commit_count > 0 || i % 3 == 2);
                run_report_deinit(&r);
        }
}

/* Goal: a program that is busy does nothing and is handed nothing; after max.poll.interval.ms,
 * three sessions, its partitions are lost and go to others; it joins again when it goes on. Method:
 * c1 is busy from second 1 to second 4, with each policy. */
static void busy_program_is_replaced(void **state)
{
        (void)state;
        static const char *const policies[] = {"after", "before", "auto"};
        const int64_t second = INT64_C(1000000000);
        for (int i = 0; i < 3; i++) {
                char text[600];
                struct run_report r;
                snprintf(text, sizeof text,
                         "topic t partitions 4\nproducer p topic t rate 100/s\n"
                         "consumer c1 topic t group g commit %s session 600ms\n"
                         "consumer c2 topic t group g commit %s session 600ms\n"
                         "at 1s stall c1\nat 4s resume c1\nrun 5s\n"
                         "expect nothing skipped by groups\nexpect one owner\n",
                         policies[i], policies[i]);
                run(text, &r);
                for (int32_t k = 0; k < r.history.read_count; k++) {
                        const struct history_read *read = &r.history.reads[k];
                        if (read->client == 1 && read->done_ns > second)
                                assert_true(read->done_ns >= 4 * second);
                }
                int32_t lost = 0, inherited = 0, given_again = 0;
                for (int32_t k = 0; k < r.history.assignment_count; k++) {
                        const struct history_assignment *a = &r.history.assignments[k];
                        bool is_given = a->kind == ASSIGNMENT_GIVEN;
                        if (a->client == 1 && a->kind == ASSIGNMENT_LOST) {
                                assert_in_range(a->time_ns, 27 * second / 10, 30 * second / 10);
                                lost++;
                        }
                        inherited += a->client == 2 && is_given && lost > 0 &&
                                     a->time_ns < 35 * second / 10;
                        given_again += a->client == 1 && is_given && a->time_ns > 4 * second;
                }
                assert_int_equal(lost, 2);
                assert_true(inherited >= 2);
                assert_int_equal(given_again, 2);
                run_report_deinit(&r);
        }
}

/* Goal: a transactional producer commits and aborts as it is told, and readers of committed data
 * see the former only. */
static void transactions_end_as_wished(void **state)
{
        (void)state;
        struct run_report r;
        run("topic t\nproducer p topic t rate 200/s transactions 5 abort every 3\n"
            "consumer c topic t isolation read_committed\nrun 1s\n"
            "expect no aborted reads\nexpect transactions are atomic\nexpect no duplicate\n",
            &r);
        const struct history *h = &r.history;
        int32_t aborted = 0, read_of_aborted = 0;
        assert_true(h->transaction_count > 10);
        for (int32_t i = 0; i < h->transaction_count; i++) {
                assert_int_equal(h->transactions[i].outcome, OUTCOME_OK);
                aborted += history_visibility(h, i) == VISIBILITY_ABORTED;
        }
        assert_true(aborted > 3 && aborted < h->transaction_count / 2);
        for (int32_t i = 0; i < h->read_count; i++) {
                int32_t send = h->reads[i].send;
                read_of_aborted += send >= 0 && history_visibility(h, h->sends[send].transaction) ==
                                                        VISIBILITY_ABORTED;
        }
        assert_int_equal(read_of_aborted, 0);
        run_report_deinit(&r);
}

/* Goal: every output of a pipeline names the input it was made from. */
static void outputs_name_their_inputs(void **state)
{
        (void)state;
        static const char *const policies[] = {"after", "before", "transaction"};
        for (int i = 0; i < 3; i++) {
                char text[400];
                struct run_report r;
                snprintf(text, sizeof text,
                         "topic a partitions 2\ntopic b\nproducer p topic a\n"
                         "pipeline x group g from a to b commit %s\nrun 1s\n"
                         "expect nothing skipped by groups\nexpect nothing done twice\n",
                         policies[i]);
                run(text, &r);
                const struct history *h = &r.history;
                int32_t inputs = 0, outputs = 0;
                for (int32_t k = 0; k < h->send_count; k++) {
                        const struct history_send *s = &h->sends[k];
                        inputs += s->client == 0;
                        if (s->client != 1)
                                continue;
                        outputs++;
                        assert_true(s->input >= 0);
                        assert_int_equal(h->sends[h->reads[s->input].send].client, 0);
                }
                assert_true(inputs > 30);
                assert_int_equal(inputs, outputs);
                run_report_deinit(&r);
        }
}

/* Goal: records with keys and null values are known again when they are read. */
static void tombstones_are_known(void **state)
{
        (void)state;
        struct run_report r;
        run("topic t cleanup.policy compact segment.bytes 2000 min.cleanable.dirty.ratio 0.0\n"
            "producer p topic t rate 200/s keys 4 batch 500\nconsumer c topic t\nrun 2s\n"
            "expect last values kept\n",
            &r);
        const struct history *h = &r.history;
        int32_t tombstones = 0, final = 0;
        for (int32_t i = 0; i < h->read_count; i++) {
                assert_true(h->reads[i].kind != READ_RECORD || h->reads[i].send >= 0);
                final += h->reads[i].is_final && h->reads[i].kind == READ_RECORD;
                tombstones += h->reads[i].send >= 0 && h->sends[h->reads[i].send].is_tombstone;
        }
        assert_true(tombstones > 10);
        assert_true(final < h->send_count / 2); /* the cleaner has been there */
        run_report_deinit(&r);
}

/* Goal: where a crash strikes decides what is lost and doubled: commit first never doubles, process
 * first never loses, a transaction does neither. */
static void crash_points_tell_the_policies_apart(void **state)
{
        (void)state;
        struct scenario *s = parse("topic a\ntopic b\nproducer p topic a rate 20/s\n"
                                   "pipeline x group g from a to b process 5ms session 300ms "
                                   "isolation read_committed\nrun 400ms\n");
        char *table = NULL;
        size_t size;
        FILE *out = open_memstream(&table, &size);
        struct crash_points_options options = {
                .scenario = s, .name = "x.scn", .seed = 1, .node = -1, .policy = -1, .out = out};
        assert_int_equal(crash_points(&options), RUN_GOOD);
        fclose(out);
        int lost[3], doubled[3], exact[3];
        const char *all = strstr(table, "\nall");
        assert_non_null(all);
        char words[9][12];
        assert_int_equal(sscanf(all + 4, "%11s %11s %11s %11s %11s %11s %11s %11s %11s", words[0],
                                words[1], words[2], words[3], words[4], words[5], words[6],
                                words[7], words[8]),
                         9);
        for (int i = 0; i < 3; i++) {
                lost[i] = atoi(words[3 * i]); /* "-" is 0 */
                doubled[i] = atoi(words[3 * i + 1]);
                exact[i] = atoi(words[3 * i + 2]);
                assert_true(exact[i] > 0);
        }
        assert_true(lost[0] > 0 && doubled[0] == 0);
        assert_true(lost[1] == 0 && doubled[1] > 0);
        assert_true(lost[2] == 0 && doubled[2] == 0);
        free(table);
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(members_share),
                cmocka_unit_test(busy_program_is_replaced),
                cmocka_unit_test(transactions_end_as_wished),
                cmocka_unit_test(outputs_name_their_inputs),
                cmocka_unit_test(tombstones_are_known),
                cmocka_unit_test(crash_points_tell_the_policies_apart),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
