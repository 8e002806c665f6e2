/* odradek configs: shows and changes the settings of a topic or a broker, as kafka-configs.sh does.
 */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/real_client.h"

struct configs {
        struct real_client client;
        struct admin *admin;
        int status;
        enum config_resource_type type;

        const char *server, *entity_type, *entity_name, *add, *remove;
        bool describe, alter, all;
};

static const char *entity(const struct configs *c)
{
        return c->type == CONFIG_RESOURCE_TOPIC ? "topic" : "broker";
}

static const char *source_name(int8_t source)
{
        switch (source) {
        case CONFIG_SOURCE_TOPIC: return "DYNAMIC_TOPIC_CONFIG";
        case CONFIG_SOURCE_DYNAMIC_BROKER: return "DYNAMIC_BROKER_CONFIG";
        case CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER: return "DYNAMIC_DEFAULT_BROKER_CONFIG";
        case CONFIG_SOURCE_STATIC_BROKER: return "STATIC_BROKER_CONFIG";
        case CONFIG_SOURCE_DEFAULT: return "DEFAULT_CONFIG";
        default: return "UNKNOWN";
        }
}

static void print_pair(struct str name, struct str value)
{
        printf("%.*s=", name.size, name.data);
        if (value.size < 0)
                printf("null");
        else
                printf("%.*s", value.size, value.data);
}

static void print_config(const struct describe_configs_config *config)
{
        printf("  ");
        print_pair(config->name, config->value);
        printf(" sensitive=%s synonyms={", config->is_sensitive ? "true" : "false");
        for (int32_t i = 0; i < config->synonyms.count; i++) {
                const struct describe_configs_synonym *synonym = &config->synonyms.items[i];
                printf("%s%s:", i > 0 ? ", " : "", source_name(synonym->source));
                print_pair(synonym->name, synonym->value);
        }
        printf("}\n");
}

static bool is_dynamic(const struct describe_configs_config *config)
{
        return config->source != CONFIG_SOURCE_DEFAULT &&
               config->source != CONFIG_SOURCE_STATIC_BROKER;
}

static int outcome(const struct configs *c, const struct admin_result *result)
{
        /* Of a broker that the others do not know, or know to be gone, nothing is heard. */
        if (c->type == CONFIG_RESOURCE_BROKER && result->err == KERR_TIMED_OUT_LOCALLY)
                return cli_fail(c->client.command,
                                "cannot reach broker %s by way of %s within %d s", c->entity_name,
                                c->server, REACH_MS / 1000);
        return real_client_outcome(&c->client, result, entity(c), c->entity_name);
}

static void print_configs(void *context, const struct admin_result *result)
{
        struct configs *c = context;
        c->status = outcome(c, result);
        if (result->err)
                return;
        printf("%s configs for %s %s are:\n", c->all ? "All" : "Dynamic", entity(c),
               c->entity_name);
        for (int32_t i = 0; i < result->configs->configs.count; i++) {
                const struct describe_configs_config *config = &result->configs->configs.items[i];
                if (c->all || is_dynamic(config))
                        print_config(config);
        }
}

static void on_altered(void *context, const struct admin_result *result)
{
        struct configs *c = context;
        c->status = outcome(c, result);
        if (!result->err)
                printf("Completed updating config for %s %s.\n", entity(c), c->entity_name);
}

/* --- the lists of --add-config and --delete-config --- */

struct changes {
        struct alter_configs_config items[CLI_LIST_MAX];
        int32_t count;
};

/* Takes the next change off "k=v,k2=[v,v],k3=v". False when it is none. */
static bool take_addition(const char **at, struct alter_configs_config *into)
{
        const char *value;
        if (!cli_key_value(*at, &into->name, &value) ||
            memchr(into->name.data, ',', (size_t)into->name.size))
                return false;
        size_t size = strcspn(value, ",");
        const char *end = value + size;
        if (*value == '[') {
                value++;
                size = strcspn(value, "]");
                end = value + size + 1;
                if (value[size] != ']' || (*end != ',' && *end != '\0'))
                        return false;
        }
        into->operation = CONFIG_SET;
        into->value = (struct str){value, (int32_t)size};
        *at = *end == ',' ? end + 1 : end;
        return true;
}

static bool take_removal(const char **at, struct alter_configs_config *into)
{
        size_t size = strcspn(*at, ",");
        *into = (struct alter_configs_config){{*at, (int32_t)size}, CONFIG_DELETE, STR_NULL};
        *at += size + ((*at)[size] == ',');
        return size > 0;
}

static bool collect(const char *text, bool (*take)(const char **, struct alter_configs_config *),
                    struct changes *changes)
{
        while (text && *text != '\0') {
                if (changes->count == CLI_LIST_MAX || !take(&text, &changes->items[changes->count]))
                        return false;
                changes->count++;
        }
        return true;
}

/* --- the command --- */

static int parse(struct configs *c, int argc, char **argv)
{
        const struct cli_option options[] = {
                {"describe", CLI_FLAG, &c->describe, NULL, "print the settings", 0, 0},
                {"all", CLI_FLAG, &c->all, NULL, "with --describe: those not set here too", 0, 0},
                {"alter", CLI_FLAG, &c->alter, NULL, "change settings", 0, 0},
                {"entity-type", CLI_TEXT, &c->entity_type, "TYPE", "topics or brokers", 0, 0},
                {"entity-name", CLI_TEXT, &c->entity_name, "N", "a topic, or a broker's id", 0, 0},
                {"add-config", CLI_TEXT, &c->add, "K=V,...",
                 "settings to change; [V,V] if V has commas", 0, 0},
                {"delete-config", CLI_TEXT, &c->remove, "K,...", "settings to take away", 0, 0},
                OPTION_SERVER(&c->server),
        };
        const struct cli_usage usage = {
                .synopsis = "--describe|--alter --entity-type TYPE --entity-name N [options]",
                .text = "Shows and changes the settings of topics and brokers.",
                .example = "odradek configs --alter --entity-type topics --entity-name orders "
                           "--add-config retention.ms=60000",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        if (c->describe == c->alter)
                return cli_misuse(argv[0], "give one of --describe and --alter");
        if (!c->entity_name)
                return cli_misuse(argv[0], "--entity-name is missing");
        if (c->entity_type && strcmp(c->entity_type, "topics") == 0)
                c->type = CONFIG_RESOURCE_TOPIC;
        else if (c->entity_type && strcmp(c->entity_type, "brokers") == 0)
                c->type = CONFIG_RESOURCE_BROKER;
        else
                return cli_misuse(argv[0], "--entity-type must be topics or brokers");
        return CLI_GO_ON;
}

int configs_cmd(int argc, char **argv)
{
        struct configs c = {.server = DEFAULT_SERVER};
        struct changes changes = {.count = 0};
        int status = parse(&c, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        if (!collect(c.add, take_addition, &changes))
                return cli_misuse(argv[0], "--add-config must be K=V,K=V, not '%s'", c.add);
        if (!collect(c.remove, take_removal, &changes))
                return cli_misuse(argv[0], "--delete-config must be K,K, not '%s'", c.remove);
        if (c.alter && changes.count == 0)
                return cli_misuse(argv[0], "--alter needs --add-config or --delete-config");

        status = real_client_open_admin(&c.client, argv[0], c.server, &c.admin);
        if (status != CLI_GO_ON)
                return status;
        if (c.describe)
                admin_describe_configs(c.admin, c.type, c.entity_name, print_configs, &c);
        else
                admin_alter_configs(c.admin, c.type, c.entity_name, changes.items, changes.count,
                                    false, on_altered, &c);
        real_client_finish(&c.client, c.admin);
        admin_close(c.admin);
        real_client_close(&c.client);
        return c.status;
}
