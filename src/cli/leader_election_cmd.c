/* odradek leader-election: elects leaders, as kafka-leader-election.sh does. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/real_client.h"

struct election {
        struct real_client client;
        int status;
        enum election_type type;

        const char *server, *type_name, *topic;
        int64_t partition;
        bool all;
};

/* One partition's outcome. That nothing had to be done is no error. */
static int tell(const struct election *e, const char *partition, enum kerr err, struct str message)
{
        if (err && err != KERR_ELECTION_NOT_NEEDED)
                return real_client_outcome(&e->client,
                                           &(struct admin_result){.err = err, .message = message},
                                           "leader election for", partition);
        if (err)
                printf("Valid replica already elected for partition %s\n", partition);
        else
                printf("Successfully completed leader election (%s) for partition %s\n",
                       e->type == ELECTION_PREFERRED ? "PREFERRED" : "UNCLEAN", partition);
        return CLI_DONE;
}

static void on_elected(void *context, const struct admin_result *result)
{
        struct election *e = context;
        char partition[300];
        snprintf(partition, sizeof partition, "%s-%lld", e->topic, (long long)e->partition);
        if (result->err == KERR_ELECTION_NOT_NEEDED || !result->err)
                e->status = tell(e, partition, result->err, STR_NULL);
        else
                e->status =
                        real_client_outcome(&e->client, result, "leader election for", partition);
}

static void on_all_elected(void *context, const struct admin_result *result)
{
        struct election *e = context;
        e->status = real_client_outcome(&e->client, result, "leader election", NULL);
        if (result->err)
                return;
        for (int32_t t = 0; t < result->elected->topics.count; t++) {
                const struct elect_leaders_topic_response *topic =
                        &result->elected->topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        const struct elect_leaders_partition_response *p =
                                &topic->partitions.items[i];
                        char name[300];
                        snprintf(name, sizeof name, "%.*s-%d", topic->name.size, topic->name.data,
                                 p->index);
                        if (tell(e, name, (enum kerr)p->error_code, p->error_message) != CLI_DONE)
                                e->status = CLI_FAILED;
                }
        }
}

static int parse(struct election *e, int argc, char **argv)
{
        const struct cli_option options[] = {
                {"election-type", CLI_TEXT, &e->type_name, "TYPE", "preferred or unclean", 0, 0},
                {"topic", CLI_TEXT, &e->topic, "T", "the topic", 0, 0},
                {"partition", CLI_NUMBER, &e->partition, "P", "the partition", 0, INT32_MAX},
                {"all-topic-partitions", CLI_FLAG, &e->all, NULL, "all that need an election", 0,
                 0},
                OPTION_SERVER(&e->server),
        };
        const struct cli_usage usage = {
                .synopsis = "--election-type TYPE (--topic T --partition P | "
                            "--all-topic-partitions) [options]",
                .text = "Makes the preferred replica the leader; or, unclean, a replica that may\n"
                        "lack records where no other is left.",
                .example = "odradek leader-election --election-type preferred --topic orders "
                           "--partition 0",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        if (e->type_name && strcmp(e->type_name, "preferred") == 0)
                e->type = ELECTION_PREFERRED;
        else if (e->type_name && strcmp(e->type_name, "unclean") == 0)
                e->type = ELECTION_UNCLEAN;
        else
                return cli_misuse(argv[0], "--election-type must be preferred or unclean");
        bool one = e->topic && e->partition >= 0;
        bool any = e->topic || e->partition >= 0;
        if (e->all ? any : !one)
                return cli_misuse(argv[0],
                                  "give --topic and --partition, or --all-topic-partitions");
        return CLI_GO_ON;
}

int leader_election_cmd(int argc, char **argv)
{
        struct election e = {.server = DEFAULT_SERVER, .partition = -1};
        int status = parse(&e, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        struct admin *admin;
        status = real_client_open_admin(&e.client, argv[0], e.server, &admin);
        if (status != CLI_GO_ON)
                return status;
        if (e.all)
                admin_elect_all_leaders(admin, e.type, on_all_elected, &e);
        else
                admin_elect_leader(admin, e.type, e.topic, (int32_t)e.partition, on_elected, &e);
        real_client_finish(&e.client, admin);
        admin_close(admin);
        real_client_close(&e.client);
        return e.status;
}
