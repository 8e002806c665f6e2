/* odradek cluster: runs several brokers on this machine, for labs. */
#include "cli/commands.h"

#include <stdio.h>

#include "cli/cluster_nodes.h"

static int check_plan(const char *command, const struct cluster_plan *plan)
{
        if (plan->brokers == 0)
                return cli_misuse(command, "give --brokers, or --kill, --stop or --restart");
        if (plan->controllers % 2 == 0 && plan->controllers != 0)
                return cli_misuse(command, "--controllers must be 1, 3 or 5");
        if (plan->port + cluster_nodes(plan) - 1 > 65535)
                return cli_misuse(command, "there are no %d ports from --port %d on",
                                  cluster_nodes(plan), (int)plan->port);
        for (int i = 0; i < plan->overrides.count; i++) {
                struct str key;
                const char *value, *text = plan->overrides.items[i];
                if (!cli_key_value(text, &key, &value))
                        return cli_misuse(command, "--override must be key=value, not '%s'", text);
        }
        return CLI_GO_ON;
}

int cluster_cmd(int argc, char **argv)
{
        struct cluster_plan plan = {.data = "odradek-cluster", .port = 9092};
        int64_t victim = 0, leaver = 0, restarted = 0;
        const int64_t node_max = CLUSTER_BROKERS_MAX + 5;
        const struct cli_option options[] = {
                {"brokers", CLI_NUMBER, &plan.brokers, "N", "how many", 1, CLUSTER_BROKERS_MAX},
                {"data", CLI_TEXT, &plan.data, "DIR",
                 "for data, logs and process ids"
                 " (odradek-cluster)",
                 0, 0},
                {"port", CLI_NUMBER, &plan.port, "P", "of broker 1; the others follow (9092)", 1,
                 65535},
                {"controllers", CLI_NUMBER, &plan.controllers, "C",
                 "1, 3 or 5 of their own; else brokers are", 0, 5},
                {"override", CLI_LIST, &plan.overrides, "K=V", "a setting for every node", 0, 0},
                {"kill", CLI_NUMBER, &victim, "I", "kill -9 a node of the running cluster", 1,
                 node_max},
                {"stop", CLI_NUMBER, &leaver, "I", "stop a node in good order", 1, node_max},
                {"restart", CLI_NUMBER, &restarted, "I", "start a node again that has ended", 1,
                 node_max},
        };
        const struct cli_usage usage = {
                .synopsis = "--brokers N | --kill I | --stop I | --restart I [options]",
                .text = "Runs N brokers on this machine until Ctrl-C, each a process of its own.\n"
                        "From another terminal, ends one of them or starts it again.",
                .example = "odradek cluster --brokers 3 --data lab --port 9092",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        if ((plan.brokers > 0) + (victim > 0) + (leaver > 0) + (restarted > 0) > 1)
                return cli_misuse(argv[0], "give one of --brokers, --kill, --stop and --restart");
        if (victim > 0)
                return cluster_kill(argv[0], plan.data, (int)victim);
        if (leaver > 0)
                return cluster_stop(argv[0], plan.data, (int)leaver);
        if (restarted > 0)
                return cluster_restart(argv[0], plan.data, (int)restarted);
        status = check_plan(argv[0], &plan);
        return status == CLI_GO_ON ? cluster_run(argv[0], &plan) : status;
}
