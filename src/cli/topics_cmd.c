/* odradek topics: makes, lists, describes, changes and deletes topics, as kafka-topics.sh does. */
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/node_list.h"
#include "cli/real_client.h"
#include "cli/topic_printer.h"

struct topics {
        struct real_client client;
        struct admin *admin;
        int status;
        struct buffer names;   /* of the topics, a NUL behind each */
        struct buffer configs; /* "a=b,c=d" of the topic being described */

        const char *server, *topic, *assignment;
        bool under_replicated, unavailable;
        bool create, list, describe, delete, alter;
        bool if_exists, if_not_exists;
        int64_t partitions, replication_factor;
        struct cli_list settings;
};

static int topic_outcome(const struct topics *t, const struct admin_result *result)
{
        return real_client_outcome(&t->client, result, "topic", t->topic);
}

/* --- list --- */

static void take_names(void *context, const struct admin_result *result)
{
        struct topics *t = context;
        t->status = real_client_outcome(&t->client, result, "topics", NULL);
        if (result->err)
                return;
        for (int32_t i = 0; i < result->metadata->topics.count; i++) {
                struct str name = result->metadata->topics.items[i].name;
                buffer_append(&t->names, name.data, (size_t)name.size);
                buffer_append(&t->names, "", 1);
        }
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Asks for all topics; *names (to be freed) points to them, sorted. */
static int fetch_names(struct topics *t, const char ***names, size_t *count)
{
        admin_list_topics(t->admin, take_names, t);
        real_client_finish(&t->client, t->admin);
        const char *at = (const char *)t->names.data, *end = at + t->names.size;
        *count = 0;
        *names = malloc((t->names.size + 1) * sizeof **names);
        if (!*names)
                abort();
        for (; at < end; at += strlen(at) + 1)
                (*names)[(*count)++] = at;
        qsort(*names, *count, sizeof **names, compare_names);
        return t->status;
}

static int list(struct topics *t)
{
        const char **names;
        size_t count;
        int status = fetch_names(t, &names, &count);
        for (size_t i = 0; i < count; i++)
                puts(names[i]);
        free(names);
        return status;
}

/* --- describe --- */

static void take_configs(void *context, const struct admin_result *result)
{
        struct topics *t = context;
        t->status = topic_outcome(t, result);
        if (result->err)
                return;
        buffer_clear(&t->configs);
        for (int32_t i = 0; i < result->configs->configs.count; i++) {
                const struct describe_configs_config *c = &result->configs->configs.items[i];
                if (c->source == CONFIG_SOURCE_DEFAULT)
                        continue;
                buffer_printf(&t->configs, "%s%.*s=%.*s", t->configs.size > 0 ? "," : "",
                              c->name.size, c->name.data, c->value.size > 0 ? c->value.size : 0,
                              c->value.data);
        }
}

static void print_topic(void *context, const struct admin_result *result)
{
        struct topics *t = context;
        t->status = topic_outcome(t, result);
        if (result->err)
                return;
        struct str configs = {(const char *)t->configs.data, (int32_t)t->configs.size};
        enum topic_filter filter = t->under_replicated ? TOPIC_UNDER_REPLICATED
                                   : t->unavailable    ? TOPIC_UNAVAILABLE
                                                       : TOPIC_WHOLE;
        topic_print(&result->metadata->topics.items[0], configs, filter, stdout);
}

static int describe_one(struct topics *t)
{
        admin_describe_configs(t->admin, CONFIG_RESOURCE_TOPIC, t->topic, take_configs, t);
        real_client_finish(&t->client, t->admin);
        if (t->status == CLI_DONE) {
                admin_describe_topic(t->admin, t->topic, print_topic, t);
                real_client_finish(&t->client, t->admin);
        }
        return t->status;
}

static int describe(struct topics *t)
{
        if (t->topic)
                return describe_one(t);
        const char **names;
        size_t count;
        int status = fetch_names(t, &names, &count);
        for (size_t i = 0; i < count && status == CLI_DONE; i++) {
                t->topic = names[i];
                status = describe_one(t);
        }
        free(names);
        return status;
}

/* --- create, delete, alter --- */

static void on_created(void *context, const struct admin_result *result)
{
        struct topics *t = context;
        if (result->err == KERR_TOPIC_ALREADY_EXISTS && t->if_not_exists)
                return;
        t->status = topic_outcome(t, result);
        if (!result->err)
                printf("Created topic %s.\n", t->topic);
}

/* The lists of --replica-assignment, as the protocol wants them. */
struct assignments {
        struct replica_set sets[CLI_LIST_MAX];
        struct create_topics_assignment items[CLI_LIST_MAX];
        int32_t count;
};

static bool read_assignments(const char *at, struct assignments *into)
{
        do {
                int32_t i = into->count++;
                if (i == CLI_LIST_MAX || !node_list_read(&at, ':', &into->sets[i]))
                        return false;
                into->items[i].index = i;
                into->items[i].broker_ids.items = into->sets[i].ids;
                into->items[i].broker_ids.count = into->sets[i].count;
        } while (*at++ == ',');
        return at[-1] == '\0';
}

static int create(struct topics *t)
{
        struct create_topics_config configs[CLI_LIST_MAX];
        struct assignments assignments = {.count = 0};
        if (t->assignment && !read_assignments(t->assignment, &assignments))
                return cli_misuse("topics", "--replica-assignment must be like 1:2,2:3, not '%s'",
                                  t->assignment);
        struct create_topics_topic topic = {
                .name = str_of(t->topic),
                .num_partitions = (int32_t)t->partitions,
                .replication_factor = (int16_t)t->replication_factor,
                .assignments = {assignments.items, assignments.count},
                .configs = {configs, t->settings.count},
        };
        for (int i = 0; i < t->settings.count; i++) {
                const char *value, *text = t->settings.items[i];
                if (!cli_key_value(text, &configs[i].name, &value))
                        return cli_misuse("topics", "--config must be key=value, not '%s'", text);
                configs[i].value = str_of(value);
        }
        admin_create_topic(t->admin, &topic, false, on_created, t);
        return CLI_DONE;
}

static void on_changed(void *context, const struct admin_result *result)
{
        struct topics *t = context;
        if (result->err == KERR_UNKNOWN_TOPIC_OR_PARTITION && t->if_exists)
                return;
        t->status = topic_outcome(t, result);
}

static int run(struct topics *t)
{
        if (t->list)
                return list(t);
        if (t->describe)
                return describe(t);
        if (t->create)
                t->status = create(t);
        else if (t->delete)
                admin_delete_topic(t->admin, t->topic, on_changed, t);
        else
                admin_create_partitions(t->admin, t->topic, (int32_t)t->partitions, on_changed, t);
        real_client_finish(&t->client, t->admin);
        return t->status;
}

static int parse(struct topics *t, int argc, char **argv)
{
        const struct cli_option options[] = {
                {"create", CLI_FLAG, &t->create, NULL, "make a topic", 0, 0},
                {"list", CLI_FLAG, &t->list, NULL, "print the names of all topics", 0, 0},
                {"describe", CLI_FLAG, &t->describe, NULL, "print one topic, or all", 0, 0},
                {"alter", CLI_FLAG, &t->alter, NULL, "give a topic more partitions", 0, 0},
                {"delete", CLI_FLAG, &t->delete, NULL, "delete a topic", 0, 0},
                {"topic", CLI_TEXT, &t->topic, "T", "the topic", 0, 0},
                {"partitions", CLI_NUMBER, &t->partitions, "N", "how many there shall be", 1,
                 INT32_MAX},
                {"replication-factor", CLI_NUMBER, &t->replication_factor, "R",
                 "replicas of each partition", 1, INT16_MAX},
                {"replica-assignment", CLI_TEXT, &t->assignment, "LIST",
                 "instead: brokers of each, as 1:2:3,2:3:1", 0, 0},
                {"under-replicated-partitions", CLI_FLAG, &t->under_replicated, NULL,
                 "describe only those with replicas not in sync", 0, 0},
                {"unavailable-partitions", CLI_FLAG, &t->unavailable, NULL,
                 "describe only those without a leader", 0, 0},
                {"config", CLI_LIST, &t->settings, "K=V", "a setting of the new topic", 0, 0},
                {"if-exists", CLI_FLAG, &t->if_exists, NULL, "a missing topic is no error", 0, 0},
                {"if-not-exists", CLI_FLAG, &t->if_not_exists, NULL,
                 "a topic that is there is no error", 0, 0},
                OPTION_SERVER(&t->server),
        };
        const struct cli_usage usage = {
                .synopsis = "--create|--list|--describe|--alter|--delete [options]",
                .text = "Makes, lists, describes, changes and deletes topics.",
                .example = "odradek topics --create --topic orders --partitions 3",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        if (t->create + t->list + t->describe + t->alter + t->delete != 1)
                return cli_misuse(argv[0], "give one of --create, --list, --describe, --alter and "
                                           "--delete");
        if (!t->topic && !t->list && !t->describe)
                return cli_misuse(argv[0], "--topic is missing");
        if (t->assignment && (!t->create || t->partitions > 0 || t->replication_factor > 0))
                return cli_misuse(argv[0], "--replica-assignment goes with --create alone, instead "
                                           "of --partitions and --replication-factor");
        if ((t->under_replicated || t->unavailable) && !t->describe)
                return cli_misuse(argv[0], "--under-replicated-partitions and "
                                           "--unavailable-partitions go with --describe");
        if (t->alter && t->partitions < 0)
                return cli_misuse(argv[0], "--alter needs --partitions");
        return CLI_GO_ON;
}

int topics_cmd(int argc, char **argv)
{
        struct topics t = {.server = DEFAULT_SERVER, .partitions = -1, .replication_factor = -1};
        int status = parse(&t, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        status = real_client_open_admin(&t.client, argv[0], t.server, &t.admin);
        if (status != CLI_GO_ON)
                return status;
        status = run(&t);
        admin_close(t.admin);
        real_client_close(&t.client);
        buffer_deinit(&t.names);
        buffer_deinit(&t.configs);
        return status;
}
