#include "cli/generate_docs.h"

#include <string.h>

#include "broker/config.h"
#include "wire/api.h"

static const char *type_name(enum config_type type)
{
        switch (type) {
        case CONFIG_TYPE_BOOLEAN: return "boolean";
        case CONFIG_TYPE_INT: return "int";
        case CONFIG_TYPE_LONG: return "long";
        case CONFIG_TYPE_DOUBLE: return "double";
        case CONFIG_TYPE_LIST: return "list";
        default: return "string";
        }
}

/* A number that is the end of its type's range says nothing. */
static void write_limits(const struct config_key *key, FILE *to)
{
        if (key->min == key->max)
                return;
        fprintf(to, "%lld", (long long)key->min);
        if (key->max < (key->type == CONFIG_TYPE_INT ? INT32_MAX : INT64_MAX))
                fprintf(to, " to %lld", (long long)key->max);
        else
                fputs(" and up", to);
}

static void write_allowed(const struct config_key *key, FILE *to)
{
        const char *words = key->type == CONFIG_TYPE_BOOLEAN ? "false|true" : key->words;
        if (!words)
                write_limits(key, to);
        while (words && *words != '\0') {
                int size = (int)strcspn(words, "|");
                words += fprintf(to, "`%.*s`", size, words) - 2;
                if (*words == '|') {
                        words++;
                        fputs(" or ", to);
                }
        }
}

static void write_configs(FILE *to)
{
        fputs("| key | for one topic | type | default | range | meaning |\n"
              "| --- | --- | --- | --- | --- | --- |\n",
              to);
        for (int id = 0; id < CONFIG_KEYS; id++) {
                const struct config_key *key = config_key((enum config_id)id);
                const char *tick = key->topic_name ? "`" : "";
                fprintf(to, "| `%s` | %s%s%s | %s | %s | ", key->name, tick,
                        key->topic_name ? key->topic_name : "", tick, type_name(key->type),
                        key->value);
                write_allowed(key, to);
                fprintf(to, " | %s |\n", key->text);
        }
}

static void write_apis(FILE *to)
{
        int32_t count;
        const struct api *table = api_table(&count);
        fputs("| key | API | versions | offered | flexible from | since | what for | not supported "
              "|\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- |\n",
              to);
        for (int32_t i = 0; i < count; i++) {
                const struct api *api = &table[i];
                fprintf(to, "| %d | %s | %d-%d | ", api->key, api->name, api->min, api->max);
                if (api->advertised_min < 0)
                        fputs("no | ", to);
                else
                        fprintf(to, "%d-%d | ", api->advertised_min, api->max);
                if (api->flexible_from > api->max)
                        fputs("none", to);
                else
                        fprintf(to, "%d", api->flexible_from);
                fprintf(to, " | %s | %s | %s |\n", api->since, api->text, api->missing);
        }
}

bool generate_docs(const char *what, FILE *to)
{
        if (strcmp(what, "configs") == 0)
                write_configs(to);
        else if (strcmp(what, "apis") == 0)
                write_apis(to);
        else
                return false;
        return true;
}
