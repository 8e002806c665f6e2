/* The scenario language: what is read is what was written, and errors say where and what. */
#include "sim/scenario.h"

#include "sim/history.h"
#include "sim/survival.h"
#include "sim/swarm.h"
#include "sim/verdict.h"

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

/* `text` is refused with an error that contains `part`. */
static void refuse(const char *text, const char *part)
{
        struct scenario *s = malloc(sizeof *s);
        char error[600] = "accepted";
        bool parsed = scenario_parse(s, "x.scn", text, error, sizeof error);
        if (parsed || !strstr(error, part))
                fail_msg("'%s' gave '%s', which lacks '%s'", text, error, part);
        free(s);
}

/* Goal: every statement puts its values where its pattern says. */
static void reads_statements(void **state)
{
        (void)state;
        struct scenario *s =
                parse("# a comment\n"
                      "brokers 1 log.flush.interval.ms 100\n"
                      "\n"
                      "topic orders partitions 3 flush.messages 1   # and another\n"
                      "producer p1 topic orders size 2KB acks 1 rate 200/s codec zstd\n"
                      "consumer c1 topic orders\n"
                      "at 1.5s power-cut broker 1 keeps torn at operation 3\n"
                      "when 1 has orders/2 up to 10 cut p1 from 1\n"
                      "when p1 has 7 acknowledged clock 1 jumps -5s\n"
                      "run 300ms\n"
                      "expect nothing lost\n"
                      "expect order broken\n");
        assert_string_equal(s->settings[s->brokers.first_setting].key, "log.flush.interval.ms");
        assert_int_equal(s->topic_count, 1);
        assert_int_equal(s->topics[0].partitions, 3);
        assert_string_equal(s->settings[s->topics[0].first_setting].value, "1");
        assert_int_equal(s->client_count, 2);
        assert_int_equal(s->clients[0].bytes, 2048);
        assert_int_equal(s->clients[0].acks, 1);
        assert_int_equal(s->clients[0].rate, 200);
        assert_int_equal(s->clients[0].codec, 4);
        assert_int_equal(s->clients[1].verb, VERB_CONSUMER);
        assert_int_equal(s->step_count, 3);
        assert_int_equal(s->steps[0].trigger.time_ns, 1500000000);
        assert_int_equal(s->steps[0].action.node, 1);
        assert_int_equal(s->steps[0].action.operation, 3);
        assert_string_equal(sim_survival_name((int)s->steps[0].action.survival), "torn");
        assert_int_equal(s->steps[1].trigger.verb, VERB_LOG_HAS);
        assert_int_equal(s->steps[1].trigger.partition, 2);
        assert_int_equal(s->steps[1].trigger.offset, 10);
        assert_int_equal(s->steps[1].action.node, SCENARIO_CLIENT_ID);
        assert_int_equal(s->steps[1].action.other, 1);
        assert_int_equal(s->steps[2].trigger.count, 7);
        assert_int_equal(s->steps[2].action.jump_ns, -5000000000);
        assert_int_equal(s->run.time_ns, 300000000);
        assert_int_equal(s->expects[0].guarantee, 2 * GUARANTEE_NOTHING_LOST);
        assert_int_equal(s->expects[1].guarantee, 2 * GUARANTEE_ORDER_KEPT + 1);
        free(s);
}

/* Goal: what is left out has its default. */
static void knows_defaults(void **state)
{
        (void)state;
        struct scenario *s = parse("topic t\nproducer p topic t\nat 1s power-cut all\n");
        assert_int_equal(s->brokers.count, 1);
        assert_int_equal(s->topics[0].partitions, 1);
        assert_int_equal(s->clients[0].acks, -1);
        assert_string_equal(sim_survival_name((int)s->steps[0].action.survival), "any");
        assert_int_equal(s->steps[0].action.operation, 0);
        assert_int_equal(s->steps[0].action.node, SCENARIO_ALL_NODES);
        assert_int_equal(s->run.time_ns, 5000000000);
        free(s);
}

/* Goal: the same table reads and prints. Method: print a scenario with every action, read that,
 * print it again. */
static void prints_what_it_read(void **state)
{
        (void)state;
        static const char text[] =
                "brokers 1 log.flush.offset.checkpoint.interval.ms 500\n"
                "topic t partitions 2 flush.messages 1 segment.bytes 4096\n"
                "at 100ms create topic late partitions 3 retention.ms 1000\n"
                "producer p1 topic t acks 0 rate 10/s size 1KB codec lz4 batch 4KB linger 5ms\n"
                "producer p2 topic late\n"
                "consumer c1 topic t\n"
                "at 1s kill broker 1 at operation 4\n"
                "at 1500us power-cut broker 1 keeps torn-byte at operation 12\n"
                "at 2s stop broker 1\n"
                "at 2s restart all\n"
                "at 2s wipe broker 1\n"
                "at 2s pause p1\n"
                "at 2s stall c1\n"
                "at 2s resume p1\n"
                "at 2s cut p1 from broker 1\n"
                "at 2s cut broker 1 to p1\n"
                "at 2s heal p1 from broker 1\n"
                "at 2s heal network\n"
                "at 2s slow c1 from broker 1 by 20\n"
                "at 2s reset c1 from broker 1\n"
                "at 2s hold Produce from p1 to broker 1\n"
                "at 2s hold answers Fetch from broker 1 to c1\n"
                "at 2s release Produce from p1 to broker 1\n"
                "at 2s release answers Fetch from broker 1 to c1\n"
                "at 2s drop answers Produce from broker 1 to p1 times 2\n"
                "at 2s fail write at broker 1 after 3\n"
                "at 2s short write at broker 1\n"
                "at 2s fail syncs at broker 1 times 2\n"
                "at 2s fail syncs at broker 1 dropping pages\n"
                "at 2s full disk at broker 1 above 20KB\n"
                "at 2s free disk at broker 1\n"
                "at 2s clock broker 1 jumps +60s\n"
                "at 2s clock broker 1 drifts -200ppm\n"
                "at 2s delete records t/1 before 5\n"
                "at 2s delete records t/0\n"
                "at 2s delete topic late\n"
                "when broker 1 has t/0 up to 5 kill broker 1\n"
                "when p2 has 3 acknowledged kill broker 1\n"
                "run 4s\n"
                "expect something lost\n";
        struct scenario *s = parse(text);
        struct buffer printed = {0};
        scenario_print(s, &printed);
        buffer_append(&printed, "", 1);
        assert_string_equal((char *)printed.data, text);
        buffer_deinit(&printed);
        free(s);
}

/* Goal: the same for what only clusters have. */
static void prints_clusters(void **state)
{
        (void)state;
        static const char text[] =
                "brokers 3 broker.session.timeout.ms 900\n"
                "controllers 3\n"
                "topic t replication 3 min.insync.replicas 2\n"
                "topic u partitions 2\n"
                "producer p1 topic t\n"
                "consumer c1 topic t\n"
                "when HW of broker 2 passes 41 cut broker 2 from broker 3\n"
                "then after 300ms kill leader of t/0\n"
                "then when broker 2 leads u/1 pause another follower of u/1\n"
                "when HW of broker 2 for u/0 passes 41 cut broker 1 to controllers\n"
                "when ISR of t/0 is 2,1 stop active controller\n"
                "when ISR of t/0 shrinks to 1 restart all\n"
                "when ISR of t/0 grows to 3 power-cut controller 2\n"
                "when broker 3 is ready wipe broker 3 within budget\n"
                "when c1 has 9 read power-cut follower of t/0 keeps torn within budget\n"
                "at 2s fail syncs at broker 1 dropping pages within budget\n"
                "at 2s hold AlterPartition from leader of t/0 to active controller\n"
                "at 2s release AlterPartition from all to all\n"
                "at 2s elect preferred leader of t/0\n"
                "at 2s reassign t/0 to 3,1\n"
                "at 2s move leader of t/0 to follower of t/0\n"
                "run 4s\n";
        struct scenario *s = parse(text);
        struct scenario_role role;
        assert_true(scenario_as_role(s->steps[2].action.node, &role));
        assert_int_equal(role.role, ROLE_OTHER_FOLLOWER);
        assert_int_equal(role.topic, 1);
        assert_int_equal(role.partition, 1);
        assert_false(scenario_as_role(s->steps[4].action.node, &role));
        assert_true(s->steps[1].follows && s->steps[2].follows && !s->steps[3].follows);
        assert_int_equal(s->steps[6].action.node, SCENARIO_CONTROLLER_ID + 1);
        assert_int_equal(s->steps[13].action.brokers, 0x13);
        struct buffer printed = {0};
        scenario_print(s, &printed);
        buffer_append(&printed, "", 1);
        assert_string_equal((char *)printed.data, text);
        buffer_deinit(&printed);
        free(s);
}

/* Goal: the same for groups, transactions and those who coordinate them; and a transactional id is
 * the client's name, unless said. */
static void prints_groups(void **state)
{
        (void)state;
        static const char text[] =
                "brokers 3 offsets.topic.num.partitions 3\n"
                "topic orders partitions 2 cleanup.policy compact\n"
                "topic payments\n"
                "producer p1 topic orders idempotence off keys 5\n"
                "producer p2 topic orders transactions 7 abort every 3 timeout 900ms id p9\n"
                "consumer c1 topic orders group readers assignor cooperative-sticky commit before "
                "isolation read_committed process 5ms instance i1 session 300ms\n"
                "pipeline t1 group billing from orders to payments commit transaction "
                "isolation read_committed transactions 4\n"
                "when c1 owns orders/1 kill coordinator of readers\n"
                "when event 500 has happened pause transaction coordinator of p2\n"
                "at 1s cut transaction coordinator of t1 from coordinator of billing\n"
                "run 4s\n"
                "expect nothing skipped by groups\n"
                "expect something done twice\n"
                "expect c1 owns orders/0\n";
        struct scenario *s = parse(text);
        struct scenario_role role;
        assert_int_equal(s->clients[0].idempotence, 0);
        assert_string_equal(scenario_transactional_id(&s->clients[0]), "");
        assert_string_equal(scenario_transactional_id(&s->clients[1]), "p9");
        assert_string_equal(scenario_transactional_id(&s->clients[2]), "");
        assert_string_equal(scenario_transactional_id(&s->clients[3]), "t1");
        assert_int_equal(s->clients[2].policy, COMMIT_BEFORE);
        assert_int_equal(s->clients[3].topic, 0);
        assert_int_equal(s->clients[3].target, 1);
        assert_true(scenario_as_role(s->steps[1].action.node, &role));
        assert_int_equal(role.role, ROLE_TRANSACTION_COORDINATOR);
        assert_int_equal(role.topic, 1);
        struct buffer printed = {0};
        scenario_print(s, &printed);
        buffer_append(&printed, "", 1);
        assert_string_equal((char *)printed.data, text);
        buffer_deinit(&printed);
        free(s);
}

/* Goal: brokers vote where there are no controllers, and an odd number of them. */
static void counts_voters(void **state)
{
        (void)state;
        static const int32_t voters[] = {1, 1, 3, 3, 5, 5, 5};
        for (int32_t i = 0; i < 7; i++) {
                char text[40];
                snprintf(text, sizeof text, "brokers %d\n", (int)i + 1);
                struct scenario *s = parse(text);
                assert_int_equal(scenario_voting_brokers(s), voters[i]);
                free(s);
        }
        struct scenario *s = parse("brokers 3\ncontrollers 3\n");
        assert_int_equal(scenario_voting_brokers(s), 0);
        free(s);
}

/* Goal: a drawn scenario can be printed and read again, so that it can be cut down by hand. Method:
 * many seeds; what is read is printed once more. */
static void reads_what_is_drawn(void **state)
{
        (void)state;
        struct scenario *drawn = malloc(sizeof *drawn);
        for (uint64_t seed = 1; seed <= 300; seed++) {
                struct buffer first = {0}, second = {0};
                swarm_draw(seed, drawn);
                scenario_print(drawn, &first);
                buffer_append(&first, "", 1);
                struct scenario *s = parse((char *)first.data);
                scenario_print(s, &second);
                buffer_append(&second, "", 1);
                assert_string_equal((char *)first.data, (char *)second.data);
                buffer_deinit(&first);
                buffer_deinit(&second);
                free(s);
        }
        free(drawn);
}

/* Goal: an error names file and line, what was expected and what was found. */
static void explains_errors(void **state)
{
        (void)state;
        refuse("brokers 1\ntopics orders", "x.scn:2: expected brokers, controllers, topic, ");
        refuse("topic t\nproducer p topic u", "x.scn:2: expected a topic named above; found u");
        refuse("topic t\nproducer p topic t rate 5", "a rate (100/s); found 5");
        refuse("topic t\nproducer p topic t acks 2", "expected all, 0, 1; found 2");
        refuse("topic t\nproducer p topic t acks", "expected all, 0, 1; found the end of the line");
        refuse("topic t\nproducer p topic t rate 5/s rate 6/s", "found rate");
        refuse("topic t flush.messages", "found the end of the line");
        refuse("topic t flush.messages no", "found no");
        refuse("topic t flush.mesages 1", "a setting of topics; found flush.mesages");
        refuse("brokers 1 flush.messages 1", "a setting of brokers; found flush.messages");
        refuse("brokers 8", "1 to 7 brokers; found 8");
        refuse("controllers 6", "1 to 5 controllers; found 6");
        refuse("topic t\nconsumer c topic t group g commit transaction", "a consumer has no trans");
        refuse("topic t\nconsumer c topic t group g\nat 1s kill coordinator of h", "a role");
        refuse("topic t\nproducer p topic t\nat 1s kill transaction coordinator of p", "a role");
        refuse("topic t\npipeline x group g from t to u", "a topic named above; found u");
        refuse("topic t\nproducer p topic t transactions 0", "1 to 1000; found 0");
        refuse("topic t\nbrokers 3", "this line above topics, clients and steps");
        refuse("topic t replication 2", "no more replicas than brokers");
        refuse("topic t\ntopic t", "a new name");
        refuse("topic t\nproducer 1p topic t", "a new name");
        refuse("at 2 kill 1", "a time (2s, 300ms); found 2");
        refuse("at 2s kill 2", "a broker (1, broker 1), a role, a client's name or all; found 2");
        refuse("at 2s kill controller 1", "a broker (1, broker 1), a role, ");
        refuse("at 2s kill leader of t/0", "a partition of a topic named above (orders/0)");
        refuse("topic t\nat 2s reassign t/0 to 1,1", "brokers (1,2,3); found 1,1");
        refuse("topic t\nat 2s reassign t/0 to 1,2", "brokers (1,2,3); found 1,2");
        refuse("topic t\nat 2s reassign t/0 to 1,", "brokers (1,2,3); found 1,");
        refuse("when HW of 1 passes 3 kill 1", "a topic above");
        refuse("topic t\nwhen HW of all passes 3 kill 1", "one broker");
        refuse("then after 2s kill 1", "a step above");
        refuse("at 2s kill 1\nthen after 2s create topic t", "at or when");
        refuse("at 2s power-cut 1 within reason", "expected budget; found reason");
        refuse("at 2s kill broker all", "a broker (1, broker 1)");
        refuse("topic t\nproducer p topic t\nat 2s wipe p",
               "a broker (1, broker 1), a role or all; found p");
        refuse("at 2s slow 1 from all by 0", "a number from 1 on; found 0");
        refuse("topic t\nwhen all has t/0 up to 5 kill 1", "one broker");
        refuse("at 2s murder 1", "expected kill, power-cut, stop, ");
        refuse("at 2s kill 1 now", "expected at, the end of the line; found now");
        refuse("at 2s power-cut 1 keeps calm", "expected nothing, prefix, torn, ");
        refuse("at 2s clock 1 jumps 60s", "a jump (+60s, -5s); found 60s");
        refuse("topic t\nwhen 1 has t/1 up to 5 kill 1", "a partition");
        refuse("expect nothing found", "expected nothing lost, something lost, ");
        refuse("run forever", "a time");
}

/* Goal: no text, however wrong, breaks the parser. Method: all prefixes of a scenario, and each
 * line without one of its words; the sanitizers look on. */
static void survives_anything(void **state)
{
        (void)state;
        static const char text[] = "topic t partitions 2 flush.messages 1\n"
                                   "producer p topic t acks all rate 5/s\n"
                                   "when p has 3 acknowledged power-cut broker 1 keeps torn\n"
                                   "expect nothing lost\n";
        struct scenario *s = malloc(sizeof *s);
        char copy[sizeof text], error[600];
        for (size_t size = 0; size < sizeof text; size++) {
                memcpy(copy, text, size);
                copy[size] = '\0';
                scenario_parse(s, "x.scn", copy, error, sizeof error);
                for (size_t i = 0; i < size; i++)
                        copy[i] = text[i] == ' ' && i % 7 == size % 7 ? '/' : text[i];
                scenario_parse(s, "x.scn", copy, error, sizeof error);
        }
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_statements),    cmocka_unit_test(knows_defaults),
                cmocka_unit_test(prints_what_it_read), cmocka_unit_test(explains_errors),
                cmocka_unit_test(survives_anything),   cmocka_unit_test(prints_clusters),
                cmocka_unit_test(prints_groups),       cmocka_unit_test(counts_voters),
                cmocka_unit_test(reads_what_is_drawn),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
