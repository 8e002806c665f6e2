/* odradek metadata-quorum: shows the quorum, as kafka-metadata-quorum.sh does. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/quorum_printer.h"
#include "cli/real_client.h"

struct show {
        struct real_client client;
        int status;
        char cluster_id[100];

        const char *server;
        bool of_status, of_replication;
};

static void on_cluster(void *context, const struct admin_result *result)
{
        struct show *s = context;
        s->status = real_client_outcome(&s->client, result, "cluster", NULL);
        if (!result->err)
                str_copy(result->cluster->cluster_id, s->cluster_id, sizeof s->cluster_id);
}

static void on_quorum(void *context, const struct admin_result *result)
{
        struct show *s = context;
        s->status = real_client_outcome(&s->client, result, "metadata quorum", NULL);
        if (result->err)
                return;
        if (s->of_status)
                quorum_print_status(result->quorum, str_of(s->cluster_id), stdout);
        else
                quorum_print_replication(result->quorum, stdout);
}

static int parse(struct show *s, int argc, char **argv)
{
        struct cli_list words = {0};
        const struct cli_option options[] = {
                {"status", CLI_FLAG, &s->of_status, NULL, "who leads, and how far all have got", 0,
                 0},
                {"replication", CLI_FLAG, &s->of_replication, NULL, "how far each node has got", 0,
                 0},
                OPTION_SERVER(&s->server),
        };
        const struct cli_usage usage = {
                .synopsis = "describe --status|--replication [options]",
                .text = "Shows the quorum that keeps the cluster's metadata.",
                .example = "odradek metadata-quorum describe --status",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, &words);
        if (status != CLI_GO_ON)
                return status;
        if (words.count != 1 || strcmp(words.items[0], "describe") != 0)
                return cli_misuse(argv[0], "say what to do: describe");
        if (s->of_status == s->of_replication)
                return cli_misuse(argv[0], "give one of --status and --replication");
        return CLI_GO_ON;
}

int metadata_quorum_cmd(int argc, char **argv)
{
        struct show s = {.server = DEFAULT_SERVER};
        int status = parse(&s, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        struct admin *admin;
        status = real_client_open_admin(&s.client, argv[0], s.server, &admin);
        if (status != CLI_GO_ON)
                return status;
        admin_describe_cluster(admin, on_cluster, &s);
        real_client_finish(&s.client, admin);
        if (s.status == CLI_DONE) {
                admin_describe_quorum(admin, on_quorum, &s);
                real_client_finish(&s.client, admin);
        }
        admin_close(admin);
        real_client_close(&s.client);
        return s.status;
}
