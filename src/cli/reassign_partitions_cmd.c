/* odradek reassign-partitions: moves a partition to other brokers. Kafka's kafka-reassign-
 * partitions.sh takes a JSON file for many at once; here one partition is named by options. */
#include "cli/commands.h"

#include <stdio.h>

#include "cli/node_list.h"
#include "cli/real_client.h"
#include "cli/topic_printer.h"

struct reassign {
        struct real_client client;
        int status;

        const char *server, *topic, *replicas_text;
        struct replica_set replicas;
        int64_t partition;
        bool list, cancel;
};

static void on_reassigned(void *context, const struct admin_result *result)
{
        struct reassign *r = context;
        char partition[300];
        snprintf(partition, sizeof partition, "%s-%lld", r->topic, (long long)r->partition);
        r->status = real_client_outcome(&r->client, result, "partition", partition);
        if (!result->err)
                printf("Successfully %s partition reassignment for %s.\n",
                       r->cancel ? "cancelled" : "started", partition);
}

static void print_moves(struct str topic, const struct list_reassignments_partition_response *p)
{
        printf("%.*s-%d: replicas: ", topic.size, topic.data, p->index);
        node_list_print(p->replicas.items, p->replicas.count, stdout);
        if (p->adding_replicas.count > 0)
                printf(". adding: ");
        node_list_print(p->adding_replicas.items, p->adding_replicas.count, stdout);
        if (p->removing_replicas.count > 0)
                printf(". removing: ");
        node_list_print(p->removing_replicas.items, p->removing_replicas.count, stdout);
        printf(".\n");
}

static void on_listed(void *context, const struct admin_result *result)
{
        struct reassign *r = context;
        r->status = real_client_outcome(&r->client, result, "reassignments", NULL);
        if (result->err)
                return;
        const struct list_reassignments_response *found = result->reassignments;
        puts(found->topics.count > 0 ? "Current partition reassignments:"
                                     : "No partition reassignments found.");
        for (int32_t t = 0; t < found->topics.count; t++) {
                const struct list_reassignments_topic_response *topic = &found->topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        print_moves(topic->name, &topic->partitions.items[i]);
        }
}

static int parse(struct reassign *r, int argc, char **argv)
{
        const struct cli_option options[] = {
                {"topic", CLI_TEXT, &r->topic, "T", "the topic", 0, 0},
                {"partition", CLI_NUMBER, &r->partition, "P", "the partition", 0, INT32_MAX},
                {"replicas", CLI_TEXT, &r->replicas_text, "I,I,...",
                 "brokers to move it to, the preferred leader first", 0, 0},
                {"cancel", CLI_FLAG, &r->cancel, NULL, "stop moving it and go back", 0, 0},
                {"list", CLI_FLAG, &r->list, NULL, "print what is being moved", 0, 0},
                OPTION_SERVER(&r->server),
        };
        const struct cli_usage usage = {
                .synopsis = "--topic T --partition P (--replicas LIST | --cancel) | --list "
                            "[options]",
                .text = "Moves a partition to other brokers. The new ones copy it, then the old\n"
                        "ones leave; --list shows those on the way.",
                .example = "odradek reassign-partitions --topic orders --partition 0 --replicas "
                           "2,3,4",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        if ((r->replicas_text != NULL) + r->cancel + r->list != 1)
                return cli_misuse(argv[0], "give one of --replicas, --cancel and --list");
        if (!r->list && (!r->topic || r->partition < 0))
                return cli_misuse(argv[0], "--topic or --partition is missing");
        const char *end = r->replicas_text;
        if (end && (!node_list_read(&end, ',', &r->replicas) || *end != '\0'))
                return cli_misuse(argv[0], "--replicas must be like 1,2,3, not '%s'",
                                  r->replicas_text);
        return CLI_GO_ON;
}

int reassign_partitions_cmd(int argc, char **argv)
{
        struct reassign r = {.server = DEFAULT_SERVER, .partition = -1};
        int status = parse(&r, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        struct admin *admin;
        status = real_client_open_admin(&r.client, argv[0], r.server, &admin);
        if (status != CLI_GO_ON)
                return status;
        if (r.list)
                admin_list_reassignments(admin, on_listed, &r);
        else
                admin_reassign(admin, r.topic, (int32_t)r.partition, r.replicas.ids,
                               r.cancel ? -1 : r.replicas.count, on_reassigned, &r);
        real_client_finish(&r.client, admin);
        admin_close(admin);
        real_client_close(&r.client);
        return r.status;
}
