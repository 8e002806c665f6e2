/* The program `odradek`: Apache Kafka's tools under one name, each a subcommand. */
#include "cli/cli.h"
#include "cli/commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct command {
        const char *name;
        int (*run)(int argc, char **argv);
        const char *text;
};

static const struct command commands[] = {
        {"broker", broker_cmd, "run a broker"},
        {"cluster", cluster_cmd, "run several brokers on this machine, kill and restart them"},
        {"topics", topics_cmd, "make, list, describe, change and delete topics"},
        {"configs", configs_cmd, "show and change the settings of topics and brokers"},
        {"leader-election", leader_election_cmd, "make preferred replicas leaders again"},
        {"reassign-partitions", reassign_partitions_cmd, "move partitions to other brokers"},
        {"metadata-quorum", metadata_quorum_cmd, "show who votes, who leads and who lags"},
        {"console-producer", console_producer_cmd, "send the lines of standard input"},
        {"console-consumer", console_consumer_cmd, "print the records of a topic"},
        {"consumer-groups", consumer_groups_cmd, "show how far groups have got, and move them"},
        {"transactions", transactions_cmd, "show transactions and who has one open"},
        {"producer-perf-test", producer_perf_cmd, "measure how fast records can be sent"},
        {"consumer-perf-test", consumer_perf_cmd, "measure how fast records can be read"},
        {"dump-log", dump_log_cmd, "print and check the files of a log"},
        {"bench", bench_cmd, "measure: copy strategies, the disk, brokers"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
        fputs("usage: odradek COMMAND [options]\n"
              "A Kafka to take apart: a broker and its tools.\n\n",
              to);
        for (int i = 0; i < COMMANDS; i++)
                fprintf(to, "  %-20s%s\n", commands[i].name, commands[i].text);
        fputs("\nEach command tells more with --help.\n\n"
              "Example:\n  odradek topics --help\n",
              to);
}

int main(int argc, char **argv)
{
        /* A peer or a pipe that goes away is an error like others, not a reason to die. */
        signal(SIGPIPE, SIG_IGN);
        if (argc < 2) {
                print_help(stderr);
                return CLI_USAGE;
        }
        if (strcmp(argv[1], "--help") == 0) {
                print_help(stdout);
                return CLI_DONE;
        }
        for (int i = 0; i < COMMANDS; i++) {
                if (strcmp(argv[1], commands[i].name) == 0)
                        return commands[i].run(argc - 1, argv + 1);
        }
        fprintf(stderr, "odradek: no such command: '%s' (see odradek --help)\n", argv[1]);
        return CLI_USAGE;
}
