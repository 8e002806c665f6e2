/* What the commands for clusters are made of: the plan, lists of brokers, listeners, printing; and
 * how they are called wrongly. */
#include "cli/cluster_plan.h"
#include "cli/commands.h"
#include "cli/data_dir.h"
#include "cli/listeners.h"
#include "cli/node_list.h"
#include "cli/quorum_printer.h"
#include "cli/topic_printer.h"
#include "posix/machine_boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- the plan --- */

static int voters_of(int brokers, int controllers)
{
        struct cluster_plan plan = {.brokers = brokers, .controllers = controllers};
        int voters = 0;
        for (int id = 1; id <= cluster_nodes(&plan); id++) {
                if (!cluster_plan_is_voter(&plan, id))
                        continue;
                assert_int_equal(cluster_plan_is_broker(&plan, id), controllers == 0);
                voters++;
        }
        return voters;
}

/* Goal:   an odd number of voters, at most five; with controllers of their own no broker votes.
 * Method: a table. */
static void voters_are_odd(void **state)
{
        (void)state;
        static const int voters[] = {0, 1, 1, 3, 3, 5, 3, 3, 3, 3, 3};
        for (int brokers = 1; brokers <= 10; brokers++)
                assert_int_equal(voters_of(brokers, 0), voters[brokers]);
        assert_int_equal(voters_of(4, 1), 1);
        assert_int_equal(voters_of(3, 5), 5);
}

static void assert_properties(const struct cluster_plan *plan, int id, const char *expected)
{
        struct buffer text = {0};
        cluster_properties(plan, id, &text);
        buffer_append(&text, "", 1);
        assert_string_equal(strchr((char *)text.data, '\n') + 1, expected);
        buffer_deinit(&text);
}

/* Goal:   each node is told its roles, its port, the voters and what was asked for.
 * Method: a node of each kind; two brokers get no min.insync.replicas. */
static void properties_are_written(void **state)
{
        (void)state;
        struct cluster_plan plan = {.data = "d", .port = 9092, .brokers = 4};
        plan.overrides = (struct cli_list){{"num.partitions=7", "log.roll.ms=5"}, 2};
        assert_properties(
                &plan, 2,
                "process.roles=broker,controller\nnode.id=2\n"
                "listeners=PLAINTEXT://127.0.0.1:9093\ncontroller.listener.names=CONTROLLER\n"
                "log.dirs=d/broker-2\n"
                "controller.quorum.voters=1@127.0.0.1:9092,2@127.0.0.1:9093,3@127.0.0.1:9094\n"
                "default.replication.factor=3\noffsets.topic.replication.factor=3\n"
                "transaction.state.log.replication.factor=3\nmin.insync.replicas=2\n"
                "num.partitions=7\nlog.roll.ms=5\n");
        plan = (struct cluster_plan){.data = "d", .port = 1000, .brokers = 2, .controllers = 1};
        assert_properties(&plan, 2,
                          "process.roles=broker\nnode.id=2\n"
                          "listeners=PLAINTEXT://127.0.0.1:1001\n"
                          "controller.listener.names=CONTROLLER\nlog.dirs=d/broker-2\n"
                          "controller.quorum.voters=3@127.0.0.1:1002\n"
                          "default.replication.factor=2\noffsets.topic.replication.factor=2\n"
                          "transaction.state.log.replication.factor=2\n");
        assert_properties(&plan, 3,
                          "process.roles=controller\nnode.id=3\n"
                          "listeners=CONTROLLER://127.0.0.1:1002\n"
                          "controller.listener.names=CONTROLLER\nlog.dirs=d/broker-3\n"
                          "controller.quorum.voters=3@127.0.0.1:1002\n"
                          "default.replication.factor=2\noffsets.topic.replication.factor=2\n"
                          "transaction.state.log.replication.factor=2\n");
        struct buffer servers = {0};
        cluster_servers(&plan, &servers);
        assert_int_equal(servers.size, strlen("127.0.0.1:1000,127.0.0.1:1001"));
        assert_memory_equal(servers.data, "127.0.0.1:1000,127.0.0.1:1001", servers.size);
        buffer_deinit(&servers);
}

/* Goal:   a number in a file comes back; no file, or no number in it, is told apart.
 * Method: write and read one; empty the file; remove it. */
static void numbers_in_files(void **state)
{
        (void)state;
        char path[] = "/tmp/odradek-number.XXXXXX";
        int fd = mkstemp(path);
        int64_t number = 5;
        assert_true(fd >= 0);
        assert_false(number_file_read(path, &number));
        assert_int_equal(number_file_write("c", path, 1234567890123), CLI_GO_ON);
        assert_true(number_file_read(path, &number));
        assert_int_equal(number, 1234567890123);
        close(fd);
        unlink(path);
        assert_false(number_file_read(path, &number));
        assert_int_equal(number, 1234567890123);
}

/* --- lists --- */

/* Goal:   a list of brokers is read up to what does not belong to it; bad ones are refused.
 * Method: a table. */
static void node_lists(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                char separator;
                int32_t count; /* -1: refused */
                char rest;
        } cases[] = {
                {"1,2,3", ',', 3, '\0'},
                {"1:22,3", ':', 2, ','},
                {"7", ':', 1, '\0'},
                {"0x1", ',', 1, 'x'},
                {"", ',', -1, 0},
                {"1,", ',', -1, 0},
                {"1,,2", ',', -1, 0},
                {"1,2,1", ',', -1, 0},
                {"-1", ',', -1, 0},
                {" 1", ',', -1, 0},
                {"2147483648", ',', -1, 0},
                {"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", ',', -1, 0},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct replica_set set;
                const char *at = cases[i].text;
                bool read = node_list_read(&at, cases[i].separator, &set);
                assert_int_equal(read ? set.count : -1, cases[i].count);
                if (read)
                        assert_int_equal(*at, cases[i].rest);
        }
}

/* --- listeners --- */

static bool read_listeners(const char *text, const char *for_controllers, struct listeners *into)
{
        struct config config = {0};
        assert_int_equal(config_set(&config, CONFIG_LISTENERS, str_of(text), NULL, 0), KERR_NONE);
        assert_int_equal(
                config_set(&config, CONFIG_CONTROLLER_LISTENERS, str_of(for_controllers), NULL, 0),
                KERR_NONE);
        bool sound = listeners_read(&config, into);
        config_deinit(&config);
        return sound;
}

/* Goal:   every entry is found; clients are told of the first that is not for controllers.
 * Method: a table, with a node that has only a controller's. */
static void listeners_are_told(void **state)
{
        (void)state;
        static const struct {
                const char *text, *for_controllers;
                int count, told;
        } cases[] = {
                {"PLAINTEXT://:9092", "CONTROLLER", 1, 0},
                {"CONTROLLER://:9093,PLAINTEXT://:9092", "CONTROLLER", 2, 1},
                {"CONTROLLER://:9093", "CONTROLLER", 1, 0},
                {"A://:1,B://:2,CLIENTS://:3,D://:4", "B,A", 4, 2},
                {"CONTROLLERS://:1,X://:2", "CONTROLLER", 2, 0},
        };
        struct listeners l;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                assert_true(read_listeners(cases[i].text, cases[i].for_controllers, &l));
                assert_int_equal(l.count, cases[i].count);
                assert_int_equal(l.told, cases[i].told);
        }
        assert_true(read_listeners("C://here:9093,P://[::1]:9092", "C", &l));
        assert_string_equal(l.places[0].host, "here");
        assert_int_equal(l.places[0].port, 9093);
        assert_string_equal(l.places[1].host, "::1");
        assert_false(read_listeners("P://:1,", "C", &l));
        assert_false(read_listeners("P://:1,Q://x", "C", &l));
        assert_false(read_listeners(
                "A://:1,A://:1,A://:1,A://:1,A://:1,A://:1,A://:1,A://:1,A://:1", "C", &l));
}

/* --- printing --- */

static char *printed;
static size_t printed_size;

static void assert_printed(FILE *to, const char *expected)
{
        fclose(to);
        assert_string_equal(printed, expected);
        free(printed);
}

static FILE *print_begin(void)
{
        return open_memstream(&printed, &printed_size);
}

/* Goal:   a topic is described in Kafka's words; the filters leave only the partitions in trouble.
 * Method: one partition that is well, one with a replica missing, one without a leader. */
static void topics_are_printed(void **state)
{
        (void)state;
        int32_t three[] = {1, 2, 3}, two[] = {2, 3};
        struct metadata_partition_response partitions[] = {
                {.index = 0, .leader_id = 1, .replicas = {three, 3}, .isr = {three, 3}},
                {.index = 1, .leader_id = 2, .replicas = {three, 3}, .isr = {two, 2}},
                {.index = 2, .leader_id = -1, .replicas = {two, 2}, .isr = {two, 1}},
        };
        const struct metadata_topic_response topic = {.name = str_of("t"),
                                                      .partitions = {partitions, 3}};
        const char *one = "\tTopic: t\tPartition: 1\tLeader: 2\tReplicas: 1,2,3\tIsr: 2,3\n";
        const char *two_line = "\tTopic: t\tPartition: 2\tLeader: none\tReplicas: 2,3\tIsr: 2\n";
        char expected[600];
        FILE *to = print_begin();
        topic_print(&topic, str_of("a=b"), TOPIC_WHOLE, to);
        snprintf(expected, sizeof expected,
                 "Topic: t\tTopicId: AAAAAAAAAAAAAAAAAAAAAA\tPartitionCount: 3\t"
                 "ReplicationFactor: 3\tConfigs: a=b\n"
                 "\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2,3\tIsr: 1,2,3\n%s%s",
                 one, two_line);
        assert_printed(to, expected);
        to = print_begin();
        topic_print(&topic, str_of("a=b"), TOPIC_UNDER_REPLICATED, to);
        snprintf(expected, sizeof expected, "%s%s", one, two_line);
        assert_printed(to, expected);
        to = print_begin();
        topic_print(&topic, str_of("a=b"), TOPIC_UNAVAILABLE, to);
        assert_printed(to, two_line);
}

/* Goal:   the quorum's lag is that of the slowest voter; without a leader it is unknown.
 * Method: three voters and an observer; then the leader is nobody. */
static void quorums_are_printed(void **state)
{
        (void)state;
        struct describe_quorum_replica voters[] = {
                {1, 50, 1000, 990}, {2, 60, -1, 1010}, {3, 58, 1001, 1000}};
        struct describe_quorum_replica observer = {4, 40, 7, 6};
        struct describe_quorum_partition_response quorum = {.leader_id = 2,
                                                            .leader_epoch = 5,
                                                            .high_watermark = 58,
                                                            .current_voters = {voters, 3},
                                                            .observers = {&observer, 1}};
        FILE *to = print_begin();
        quorum_print_status(&quorum, str_of("id"), to);
        assert_printed(to, "ClusterId:              id\n"
                           "LeaderId:               2\n"
                           "LeaderEpoch:            5\n"
                           "HighWatermark:          58\n"
                           "MaxFollowerLag:         10\n"
                           "MaxFollowerLagTimeMs:   20\n"
                           "CurrentVoters:          [1,2,3]\n"
                           "CurrentObservers:       [4]\n");
        to = print_begin();
        quorum_print_replication(&quorum, to);
        assert_printed(
                to, "NodeId  LogEndOffset    Lag     LastFetchTimestamp  LastCaughtUpTimestamp   "
                    "Status\n"
                    "1       50              10      1000                990                     "
                    "Follower\n"
                    "2       60              0       -1                  1010                    "
                    "Leader\n"
                    "3       58              2       1001                1000                    "
                    "Follower\n"
                    "4       40              20      7                   6                       "
                    "Observer\n");
        quorum.leader_id = -1;
        to = print_begin();
        quorum_print_status(&quorum, STR_NULL, to);
        fclose(to);
        assert_non_null(strstr(printed, "MaxFollowerLag:         -1\n"));
        free(printed);
}

/* --- calls --- */

/* Goal:   the commands say what is wrong with a call, in one line, with status 2.
 * Method: a table of calls that reach no broker. */
static void misuse_is_named(void **state)
{
        (void)state;
        static const struct {
                int (*command)(int argc, char **argv);
                char *words[6];
                const char *complaint;
        } cases[] = {
                {cluster_cmd, {"c"}, "c: give --brokers, or --kill"},
                {cluster_cmd, {"c", "--brokers", "51"}, "between 1 and 50"},
                {cluster_cmd, {"c", "--brokers", "2", "--controllers", "2"}, "must be 1, 3 or 5"},
                {cluster_cmd, {"c", "--brokers", "2", "--port", "65535"}, "no 2 ports from"},
                {cluster_cmd, {"c", "--brokers", "2", "--override", "x"}, "key=value, not 'x'"},
                {cluster_cmd, {"c", "--kill", "2", "--stop", "1"}, "give one of"},
                {leader_election_cmd, {"l", "--election-type", "fair"}, "preferred or unclean"},
                {leader_election_cmd,
                 {"l", "--election-type=unclean", "--topic", "t"},
                 "--partition"},
                {leader_election_cmd,
                 {"l", "--election-type=unclean", "--topic=t", "--all-topic-partitions"},
                 "--partition"},
                {reassign_partitions_cmd, {"r", "--topic", "t"}, "give one of --replicas"},
                {reassign_partitions_cmd, {"r", "--list", "--cancel"}, "give one of --replicas"},
                {reassign_partitions_cmd, {"r", "--cancel", "--topic=t"}, "--partition is missing"},
                {reassign_partitions_cmd,
                 {"r", "--topic=t", "--partition=0", "--replicas=1,1"},
                 "like 1,2,3, not '1,1'"},
                {metadata_quorum_cmd, {"m", "--status"}, "say what to do: describe"},
                {metadata_quorum_cmd, {"m", "describe"}, "--status and --replication"},
                {topics_cmd, {"t", "--list", "--replica-assignment=1"}, "goes with --create"},
                {topics_cmd, {"t", "--list", "--unavailable-partitions"}, "go with --describe"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                char *words[7] = {NULL};
                int count = 0;
                for (; count < 6 && cases[i].words[count]; count++)
                        words[count] = cases[i].words[count];
                FILE *real_stderr = stderr;
                stderr = print_begin();
                int status = cases[i].command(count, words);
                fclose(stderr);
                stderr = real_stderr;
                if (!strstr(printed, cases[i].complaint))
                        fail_msg("'%s' is not in '%s'", cases[i].complaint, printed);
                assert_ptr_equal(strchr(printed, '\n'), printed + printed_size - 1);
                assert_int_equal(status, 2);
                free(printed);
        }
}

/* --- the boot of the machine --- */

/* Goal:   the boot id is the same in one boot; where there is none, or not in that form, all zeros.
 * Method: the kernel's, twice; no file; a file of our own. */
static void machine_boots(void **state)
{
        (void)state;
        static const struct uuid zeros;
        struct uuid one = machine_boot_read(MACHINE_BOOT_PATH);
        struct uuid two = machine_boot_read(MACHINE_BOOT_PATH);
        assert_true(uuid_equal(&one, &two));
        one = machine_boot_read("/nowhere/boot_id");
        assert_true(uuid_equal(&one, &zeros));

        static const char *const texts[] = {"00010203-0405-0607-0809-0a0b0c0d0eff\n",
                                            "00010203-0405-0607-0809-0a0b0c0d0e\n"};
        for (int i = 0; i < 2; i++) {
                char path[] = "/tmp/odradek-boot.XXXXXX";
                int fd = mkstemp(path);
                assert_true(write(fd, texts[i], strlen(texts[i])) > 0);
                close(fd);
                one = machine_boot_read(path);
                unlink(path);
                assert_int_equal(one.bytes[14], i == 0 ? 14 : 0);
                assert_int_equal(one.bytes[15], i == 0 ? 255 : 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(voters_are_odd),      cmocka_unit_test(properties_are_written),
                cmocka_unit_test(numbers_in_files),    cmocka_unit_test(node_lists),
                cmocka_unit_test(listeners_are_told),  cmocka_unit_test(topics_are_printed),
                cmocka_unit_test(quorums_are_printed), cmocka_unit_test(misuse_is_named),
                cmocka_unit_test(machine_boots),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
