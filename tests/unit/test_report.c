/* What a run tells: measures, the story of a cluster, the space-time diagram, the page. */
#include "sim/dot.h"
#include "sim/explain.h"
#include "sim/measure.h"
#include "sim/report.h"
#include "sim/swarm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "tests/unit/story.h"

static const char cluster[] = "brokers 3\n"
                              "topic t replication 3 min.insync.replicas 2\n"
                              "producer p topic t acks all rate 50/s\n"
                              "consumer c topic t\n"
                              "at 2s kill leader of t/0\n"
                              "at 4s restart all\n"
                              "run 5s\n"
                              "expect nothing lost\n";

static struct scenario *parse(const char *text)
{
        char error[500];
        struct scenario *s = malloc(sizeof *s);
        assert_non_null(s);
        if (!scenario_parse(s, "test", text, error, sizeof error))
                fail_msg("%s", error);
        return s;
}

static void assert_has(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("'%s' is missing", part);
}

/* Goal: the worst delays are found, and whose they are. Method: a record that is seen 6 ns after
 * its acknowledgement; a reader that polls again 9 ns after the next record was there. */
static void measures(void **state)
{
        (void)state;
        struct story s = begin();
        struct measures m;
        int32_t first = sent(&s, OUTCOME_OK, 0);  /* done at 1 */
        polled(&s, C, first, 0);                  /* at 2 */
        int32_t second = sent(&s, OUTCOME_OK, 1); /* done at 4 */
        sent(&s, OUTCOME_FAILED, -1);
        sent(&s, OUTCOME_UNKNOWN, -1);
        s.now_ns++;
        polled(&s, C2, second, 1); /* at 10 */
        s.now_ns = 13;
        polled(&s, C, second, 1);
        polled(&s, READER, second, 1);
        measure(&s.h, &m);
        assert_int_equal(m.acknowledged, 2);
        assert_int_equal(m.refused, 1);
        assert_int_equal(m.unknown, 1);
        assert_int_equal(m.read, 3);
        assert_int_equal(m.unseen_ns, 6);
        assert_int_equal(m.unseen_send, second);
        assert_int_equal(m.stale_ns, 9);
        assert_int_equal(m.stale_reader, C);
        history_deinit(&s.h);
}

/* Goal: the story of a cluster says who asked whom for what, and what that changed. Method: a
 * leader is killed and comes back; parts of lines that must be there. */
static void story_of_a_cluster(void **state)
{
        (void)state;
        static const char *const parts[] = {
                "is elected leader of the quorum in epoch",
                "is the active controller",
                "BrokerRegistration of broker 1",
                "is unfenced",
                "the metadata             leader of t/0: broker",
                "the metadata             ISR of t/0: {} -> {1,2,3}",
                "leads t/0 in epoch 0 from offset 0",
                "Produce t/0: 1 record",
                "answer to Fetch t/0: 1 record from 5, high watermark 5",
                "in epoch 0",
                "moves the high watermark of t/0 to 1",
                "is killed; its page cache survives",
                "leads t/0 in epoch 1 from offset",
                "follows broker",
                "proposes ISR {1,2,3} for t/0",
                "AlterPartition t/0: ISR {",
                "answer to AlterPartition t/0: taken",
        };
        struct scenario *s = parse(cluster);
        char *story = NULL;
        size_t size;
        FILE *out = open_memstream(&story, &size);
        struct run_report r;
        struct explain *e = explain_new(s, &r.history, explain_print, out);
        run_scenario(s, &(struct run_options){.seed = 1, .sink = explain_entry, .context = e}, &r);
        explain_free(e);
        fclose(out);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
                assert_has(story, parts[i]);
        run_report_deinit(&r);
        free(story);
        free(s);
}

/* Goal: the story of a pipeline says what its group and its transactions did, in its own words and
 * in those of the messages. Method: one transaction at least is committed; parts of lines that must
 * be there. */
static void story_of_a_pipeline(void **state)
{
        (void)state;
        static const char pipeline[] = "brokers 1\n"
                                       "topic in\n"
                                       "topic out\n"
                                       "producer p1 topic in rate 20/s\n"
                                       "pipeline t2 group g from in to out commit transaction\n"
                                       "run 800ms\n";
        static const char *const parts[] = {
                "FindCoordinator of group g",
                "answer to FindCoordinator: broker 1",
                "JoinGroup of g anew, knows",
                "answer to JoinGroup: generation 1 of",
                "SyncGroup of g in generation 1",
                "gets in/0",
                "answer to SyncGroup: you get in/0",
                "is given in/0 in group g",
                "OffsetFetch of g: in/0",
                "answer to OffsetFetch in/0: none",
                "Heartbeat of g in generation 1",
                "InitProducerId of t2",
                "answer to InitProducerId: producer ",
                "begins a transaction",
                "has processed p1/0 at in/0 offset 0",
                "AddPartitionsToTxn of t2 (producer",
                "out/0",
                "AddOffsetsToTxn of t2 (producer",
                ": group g",
                "commits in/0 at offset",
                "TxnOffsetCommit of g in generation 1 (producer",
                "is taken into the transaction",
                "asks to commit the transaction",
                "EndTxn of t2 (producer",
                ": commit",
                "WriteTxnMarkers COMMIT (producer",
                ": written",
                "the transaction is committed",
        };
        struct scenario *s = parse(pipeline);
        char *story = NULL;
        size_t size;
        FILE *out = open_memstream(&story, &size);
        struct run_report r;
        struct explain *e = explain_new(s, &r.history, explain_print, out);
        run_scenario(s, &(struct run_options){.seed = 1, .sink = explain_entry, .context = e}, &r);
        explain_free(e);
        fclose(out);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
                assert_has(story, parts[i]);
        assert_true(report_tells(&r, GUARANTEE_ATOMIC));
        assert_true(report_tells(&r, GUARANTEE_ONE_OWNER));
        run_report_deinit(&r);
        free(story);
        free(s);
}

/* True when graphviz takes the graph; also when it is not installed. */
static bool graphviz_takes(const struct buffer *graph)
{
        if (system("command -v dot >/dev/null 2>&1") != 0) {
                print_message("graphviz is not installed: the graph was not rendered\n");
                return true;
        }
        char path[] = "/tmp/odradek-dot-XXXXXX", command[200];
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, graph->data, graph->size), graph->size);
        close(fd);
        snprintf(command, sizeof command, "dot -Tsvg %s 2>&1 | grep -q '</svg>'", path);
        bool good = system(command) == 0;
        remove(path);
        return good;
}

/* Goal: the diagram has a column for each node and arrows for its messages, no heartbeats, nothing
 * outside of its window, and graphviz takes it. Method: the moment of the kill. */
static void diagram(void **state)
{
        (void)state;
        struct scenario *s = parse(cluster);
        struct run_report r;
        struct buffer graph = {0};
        struct dot *d = dot_new(s, &r.history, INT64_C(1900000000), INT64_C(2100000000));
        run_scenario(s, &(struct run_options){.seed = 1, .sink = dot_entry, .context = d}, &r);
        dot_print(d, &graph);
        dot_free(d);
        assert_true(graphviz_takes(&graph));
        buffer_append(&graph, "", 1);
        const char *text = (const char *)graph.data;
        assert_has(text, "label=\"broker 3\"");
        assert_has(text, "label=\"kill leader of t/0\"");
        assert_has(text, "Produce t/0: 1 record");
        assert_has(text, "[constraint=false]");
        assert_null(strstr(text, "Heartbeat"));
        assert_null(strstr(text, "label=\"0."));
        assert_null(strstr(text, "restart all"));
        buffer_deinit(&graph);
        run_report_deinit(&r);
        free(s);
}

/* Goal: whatever happens, the diagram is a graph. Method: whole runs of a sweep, with more messages
 * than fit. */
static void any_diagram(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= 3; seed++) {
                struct scenario *s = malloc(sizeof *s);
                struct run_report r;
                struct buffer graph = {0};
                swarm_draw(seed, s);
                struct dot *d = dot_new(s, &r.history, 0, INT64_MAX);
                run_scenario(s,
                             &(struct run_options){.seed = seed,
                                                   .sink = dot_entry,
                                                   .context = d,
                                                   .until_ns = INT64_C(600000000)},
                             &r);
                dot_print(d, &graph);
                dot_free(d);
                assert_true(graph.size > 100);
                assert_int_equal(graph.data[graph.size - 2], '}');
                buffer_deinit(&graph);
                run_report_deinit(&r);
                free(s);
        }
}

/* Goal: text and page have a line for each guarantee, the hash, and the command that replays; the
 * page shows the lives of the brokers, and what could be taken for HTML is escaped. Method: a run,
 * with a file name of that kind. */
static void text_and_page(void **state)
{
        (void)state;
        struct scenario *s = parse(cluster);
        struct run_report r;
        struct buffer text = {0};
        struct report_source source = {s, "<a>.scn", 1, "no-dir-sync", "build/odradek-sim"};
        struct report_page *page = report_page_new(&source);
        run_scenario(s,
                     &(struct run_options){.seed = 1, .sink = report_page_entry, .context = page},
                     &r);
        report_print(&source, &r, &text);
        buffer_append(&text, "", 1);
        assert_has((const char *)text.data, "all converges          kept\n");
        assert_has((const char *)text.data, "all that was expected came true\n");
        assert_has((const char *)text.data,
                   "again: build/odradek-sim replay <a>.scn --seed 1 --bug no-dir-sync\n");
        buffer_clear(&text);
        report_page_print(page, &r, &text);
        buffer_append(&text, "", 1);
        for (int g = 0; g < GUARANTEES; g++) {
                const char *name = guarantee_name((enum guarantee)g);
                if (report_tells(&r, (enum guarantee)g))
                        assert_has((const char *)text.data, name);
                else
                        assert_null(strstr((const char *)text.data, name));
        }
        assert_true(report_tells(&r, GUARANTEE_NOTHING_LOST));
        assert_false(report_tells(&r, GUARANTEE_ATOMIC));
        assert_has((const char *)text.data, "kill leader of t/0");
        assert_has((const char *)text.data, "broker 3");
        assert_has((const char *)text.data, "replay &lt;a&gt;.scn --seed 1");
        assert_null(strstr((const char *)text.data, "<a>"));
        report_page_free(page);
        buffer_deinit(&text);
        run_report_deinit(&r);
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(measures),
                cmocka_unit_test(story_of_a_cluster),
                cmocka_unit_test(story_of_a_pipeline),
                cmocka_unit_test(diagram),
                cmocka_unit_test(any_diagram),
                cmocka_unit_test(text_and_page),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
