/* odradek consumer-groups: lists and describes groups and moves their offsets, as
 * kafka-consumer-groups.sh does. */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

#include "cli/consumer_groups.h"

bool consumer_groups_go_on(struct consumer_groups *g)
{
        real_client_finish(&g->client, g->admin);
        return g->status == CLI_DONE;
}

/* Keeps the first error: later ones tell nothing new. */
static bool is_good(struct consumer_groups *g, const struct admin_result *result)
{
        if (g->status != CLI_DONE)
                return false;
        g->status = real_client_outcome(&g->client, result, "group", g->group);
        return g->status == CLI_DONE;
}

/* --- list --- */

static void on_groups(void *context, const struct admin_result *result)
{
        struct consumer_groups *g = context;
        if (!is_good(g, result))
                return;
        for (int32_t i = 0; i < result->groups->groups.count; i++)
                group_rows_at(&g->rows, result->groups->groups.items[i].group_id, 0);
}

static void list(struct consumer_groups *g)
{
        struct brokers brokers;
        g->status = real_client_brokers(&g->client, g->admin, &brokers);
        for (int32_t i = 0; i < brokers.count; i++)
                admin_list_groups(g->admin, brokers.ids[i], on_groups, g);
        bool good = consumer_groups_go_on(g);
        free(brokers.ids);
        if (!good)
                return;
        group_rows_sort(&g->rows);
        for (int32_t i = 0; i < g->rows.count; i++)
                printf("%s\n", g->rows.items[i].topic);
}

/* --- describe --- */

static void print_state(const struct describe_groups_group *group)
{
        printf("\n%-15s %-20s %-15s %s\n", "GROUP", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS");
        printf("%-15.*s %-20.*s %-15.*s %d\n", group->group_id.size, group->group_id.data,
               group->protocol_data.size, group->protocol_data.data, group->group_state.size,
               group->group_state.data, group->members.count);
}

static void on_group(void *context, const struct admin_result *result)
{
        struct consumer_groups *g = context;
        if (!is_good(g, result))
                return;
        const struct describe_groups_group *group = result->group;
        str_copy(group->group_state, g->state, sizeof g->state);
        if (g->describe && g->with_state)
                print_state(group);
        else if (g->describe && g->members)
                group_print_members(group, stdout);
        else if (!group_rows_add_members(&g->rows, group))
                cli_note(g->client.command, "the assignment of a member cannot be read");
}

static void on_offsets(void *context, const struct admin_result *result)
{
        struct consumer_groups *g = context;
        if (!is_good(g, result))
                return;
        for (int32_t t = 0; t < result->offsets->topics.count; t++) {
                const struct offset_fetch_topic_response *topic = &result->offsets->topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        const struct offset_fetch_partition_response *p =
                                &topic->partitions.items[i];
                        group_rows_at(&g->rows, topic->name, p->index)->committed =
                                p->committed_offset;
                }
        }
}

bool consumer_groups_fetch(struct consumer_groups *g)
{
        admin_describe_group(g->admin, g->group, on_group, g);
        if (!consumer_groups_go_on(g))
                return false;
        admin_list_group_offsets(g->admin, g->group, on_offsets, g);
        if (!consumer_groups_go_on(g))
                return false;
        group_rows_sort(&g->rows);
        return true;
}

struct end_question {
        struct consumer_groups *groups;
        int64_t *into;
};

static void on_end(void *context, const struct admin_result *result)
{
        struct end_question *q = context;
        /* A topic that was deleted since has no end, and that is no error. */
        if (result->err != KERR_UNKNOWN_TOPIC_OR_PARTITION && is_good(q->groups, result))
                *q->into = result->offset->offset;
}

bool consumer_groups_fetch_ends(struct consumer_groups *g)
{
        int32_t count = g->rows.count;
        struct end_question *questions = calloc(2 * (size_t)count + 1, sizeof *questions);
        if (!questions)
                abort();
        for (int32_t i = 0; i < count; i++) {
                struct group_row *row = &g->rows.items[i];
                if (!row->topic)
                        continue;
                questions[2 * i] = (struct end_question){g, &row->log_start};
                questions[2 * i + 1] = (struct end_question){g, &row->log_end};
                admin_list_offsets(g->admin, row->topic, row->partition, LIST_OFFSETS_EARLIEST,
                                   on_end, &questions[2 * i]);
                admin_list_offsets(g->admin, row->topic, row->partition, LIST_OFFSETS_LATEST,
                                   on_end, &questions[2 * i + 1]);
        }
        bool good = consumer_groups_go_on(g);
        free(questions);
        return good;
}

static void describe(struct consumer_groups *g)
{
        if (!consumer_groups_fetch(g))
                return;
        if (strcmp(g->state, "Dead") == 0 && g->rows.count == 0) {
                g->status = cli_fail(g->client.command, "there is no group '%s'", g->group);
                return;
        }
        if (g->members || g->with_state || !consumer_groups_fetch_ends(g))
                return;
        if (strcmp(g->state, "Empty") == 0 || strcmp(g->state, "Dead") == 0)
                cli_note(g->client.command, "the group '%s' has no active members", g->group);
        group_rows_print(&g->rows, g->group, stdout);
}

/* --- delete --- */

static void on_deleted(void *context, const struct admin_result *result)
{
        struct consumer_groups *g = context;
        if (is_good(g, result))
                printf("Deleted group %s.\n", g->group);
}

/* --- the command --- */

static int check(const struct consumer_groups *g, const char *command)
{
        if (g->list + g->describe + g->delete + g->reset + g->delete_offsets != 1)
                return cli_misuse(command, "give one of --list, --describe, --reset-offsets, "
                                           "--delete-offsets and --delete");
        if (!g->list && !g->group)
                return cli_misuse(command, "give --group");
        if (g->delete_offsets && g->topics.count == 0)
                return cli_misuse(command, "give --topic");
        if (!g->reset)
                return CLI_GO_ON;
        int ways = g->to_earliest + g->to_latest + g->to_current + (g->to_offset != INT64_MIN) +
                   (g->shift_by != INT64_MIN) + (g->to_datetime != NULL);
        if (ways != 1)
                return cli_misuse(command, "give one of --to-earliest, --to-latest, --to-current, "
                                           "--to-offset, --shift-by and --to-datetime");
        if (g->all_topics == (g->topics.count > 0))
                return cli_misuse(command, "give --topic or --all-topics");
        if (g->dry_run && g->execute)
                return cli_misuse(command, "give --dry-run or --execute");
        return CLI_GO_ON;
}

static int parse(struct consumer_groups *g, int argc, char **argv)
{
        const struct cli_option options[] = {
                {"list", CLI_FLAG, &g->list, NULL, "all groups", 0, 0},
                {"describe", CLI_FLAG, &g->describe, NULL, "how far the group has got", 0, 0},
                {"members", CLI_FLAG, &g->members, NULL, "describe its members instead", 0, 0},
                {"state", CLI_FLAG, &g->with_state, NULL, "describe its state instead", 0, 0},
                {"reset-offsets", CLI_FLAG, &g->reset, NULL, "move a group without members", 0, 0},
                {"delete-offsets", CLI_FLAG, &g->delete_offsets, NULL, "forget those of a topic", 0,
                 0},
                {"delete", CLI_FLAG, &g->delete, NULL, "forget a group without members", 0, 0},
                {"group", CLI_TEXT, &g->group, "G", "the group", 0, 0},
                {"topic", CLI_LIST, &g->topics, "T[:P,...]", "whose offsets; may be repeated", 0,
                 0},
                {"all-topics", CLI_FLAG, &g->all_topics, NULL, "all that it has committed for", 0,
                 0},
                {"to-earliest", CLI_FLAG, &g->to_earliest, NULL, "to the start of the log", 0, 0},
                {"to-latest", CLI_FLAG, &g->to_latest, NULL, "to its end", 0, 0},
                {"to-current", CLI_FLAG, &g->to_current, NULL, "to where it is", 0, 0},
                {"to-offset", CLI_NUMBER, &g->to_offset, "N", "to that offset", 0, INT64_MAX},
                {"shift-by", CLI_NUMBER, &g->shift_by, "N", "by so many; -N goes back", -INT64_MAX,
                 INT64_MAX},
                {"to-datetime", CLI_TEXT, &g->to_datetime, "TIME",
                 "to the first record of YYYY-MM-DDTHH:mm:SS, UTC, or later", 0, 0},
                {"dry-run", CLI_FLAG, &g->dry_run, NULL, "only show it (this is the default)", 0,
                 0},
                {"execute", CLI_FLAG, &g->execute, NULL, "do it", 0, 0},
                OPTION_SERVER(&g->server),
        };
        const struct cli_usage usage = {
                .synopsis = "--list | --describe|--reset-offsets|--delete-offsets|--delete "
                            "--group G [options]",
                .text = "Shows how far consumer groups have got, and moves them.",
                .example = "odradek consumer-groups --describe --group billing",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        return status == CLI_GO_ON ? check(g, argv[0]) : status;
}

static void run(struct consumer_groups *g)
{
        if (g->list) {
                list(g);
        } else if (g->describe) {
                describe(g);
        } else if (g->reset) {
                consumer_groups_reset(g);
        } else if (g->delete_offsets) {
                consumer_groups_delete_offsets(g);
        } else {
                admin_delete_group(g->admin, g->group, on_deleted, g);
                consumer_groups_go_on(g);
        }
}

int consumer_groups_cmd(int argc, char **argv)
{
        struct consumer_groups g = {
                .server = DEFAULT_SERVER, .to_offset = INT64_MIN, .shift_by = INT64_MIN};
        int status = parse(&g, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        status = real_client_open_admin(&g.client, argv[0], g.server, &g.admin);
        if (status != CLI_GO_ON)
                return status;
        run(&g);
        admin_close(g.admin);
        real_client_close(&g.client);
        group_rows_deinit(&g.rows);
        return g.status;
}
