#include "broker/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct config_key keys[CONFIG_KEYS] = {
#define CONFIG_ROW(id, key, topic_key, type, value, min, max, words, text) \
        [CONFIG_##id] = {key, topic_key, CONFIG_TYPE_##type, value, min, max, words, text},
        CONFIG_LIST(CONFIG_ROW)
#undef CONFIG_ROW
};

const struct config_key *config_key(enum config_id id)
{
        return &keys[id];
}

enum config_id config_find(struct str name)
{
        if (str_equal_c(name, "broker.id"))
                return CONFIG_NODE_ID;
        if (str_equal_c(name, "log.dir"))
                return CONFIG_LOG_DIRS;
        int id = 0;
        while (id < CONFIG_KEYS && !str_equal_c(name, keys[id].name))
                id++;
        return (enum config_id)id;
}

enum config_id config_find_topic(struct str name)
{
        int id = 0;
        while (id < CONFIG_KEYS && !(keys[id].topic_name && str_equal_c(name, keys[id].topic_name)))
                id++;
        return (enum config_id)id;
}

void config_deinit(struct config *c)
{
        for (int id = 0; id < CONFIG_KEYS; id++)
                free(c->values[id]);
        *c = (struct config){0};
}

static bool parse_number(const char *text, int64_t *number)
{
        char *end;
        errno = 0;
        *number = strtoll(text, &end, 10);
        return errno == 0 && end != text && *end == '\0' && !isspace((unsigned char)*text);
}

static bool parse_fraction(const char *text, double *fraction)
{
        char *end;
        *fraction = strtod(text, &end);
        return end != text && *end == '\0' && (isdigit((unsigned char)*text) || *text == '.');
}

/* True when `value` is one of "a|b|c". */
static bool is_one_of(const char *words, const char *value)
{
        for (;;) {
                size_t size = strcspn(words, "|");
                if (size == strlen(value) && strncmp(words, value, size) == 0)
                        return true;
                if (words[size] == '\0')
                        return false;
                words += size + 1;
        }
}

/* Writes into `why` what is wrong with `value`; nothing when it is right. */
static void find_fault(const struct config_key *key, const char *value, char *why, size_t size)
{
        int64_t number;
        double fraction;
        switch (key->type) {
        case CONFIG_TYPE_BOOLEAN:
                if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
                        snprintf(why, size, "%s must be true or false, not '%s'", key->name, value);
                break;
        case CONFIG_TYPE_INT:
        case CONFIG_TYPE_LONG:
                if (!parse_number(value, &number))
                        snprintf(why, size, "%s must be a number, not '%s'", key->name, value);
                else if (number < key->min || number > key->max)
                        snprintf(why, size, "%s must be between %lld and %lld, not %s", key->name,
                                 (long long)key->min, (long long)key->max, value);
                break;
        case CONFIG_TYPE_DOUBLE:
                if (!parse_fraction(value, &fraction) || fraction < (double)key->min ||
                    fraction > (double)key->max)
                        snprintf(why, size, "%s must be a number between %lld and %lld, not '%s'",
                                 key->name, (long long)key->min, (long long)key->max, value);
                break;
        default:
                if (key->words && !is_one_of(key->words, value))
                        snprintf(why, size, "%s must be one of %s, not '%s'", key->name, key->words,
                                 value);
                break;
        }
}

enum kerr config_set(struct config *c, enum config_id id, struct str value, char *why,
                     size_t why_size)
{
        char *copy = NULL;
        if (value.size >= 0) {
                char fault[300] = "";
                copy = strndup(value.data, (size_t)value.size);
                if (!copy)
                        abort();
                find_fault(&keys[id], copy, fault, sizeof fault);
                if (fault[0] != '\0') {
                        if (why)
                                snprintf(why, why_size, "%s", fault);
                        free(copy);
                        return KERR_INVALID_CONFIG;
                }
        }
        free(c->values[id]);
        c->values[id] = copy;
        return KERR_NONE;
}

const char *config_string(const struct config *c, enum config_id id)
{
        for (; c; c = c->under) {
                if (c->values[id])
                        return c->values[id];
        }
        return keys[id].value;
}

int64_t config_number(const struct config *c, enum config_id id)
{
        return strtoll(config_string(c, id), NULL, 10);
}

double config_fraction(const struct config *c, enum config_id id)
{
        return strtod(config_string(c, id), NULL);
}

bool config_bool(const struct config *c, enum config_id id)
{
        return strcmp(config_string(c, id), "true") == 0;
}

int config_depth(const struct config *c, enum config_id id)
{
        for (int depth = 0; c; c = c->under, depth++) {
                if (c->values[id])
                        return depth;
        }
        return -1;
}

int8_t config_source(const struct config *c, enum config_id id, bool is_topic)
{
        int depth = config_depth(c, id);
        if (depth < 0)
                return CONFIG_SOURCE_DEFAULT;
        return depth == 0 && is_topic ? CONFIG_SOURCE_TOPIC : CONFIG_SOURCE_STATIC_BROKER;
}

struct log_config config_of_log(const struct config *c)
{
        const char *policy = config_string(c, CONFIG_CLEANUP_POLICY);
        return (struct log_config){
                .segment_bytes = config_number(c, CONFIG_SEGMENT_BYTES),
                .segment_ms = config_number(c, CONFIG_SEGMENT_MS),
                .segment_index_bytes = config_number(c, CONFIG_SEGMENT_INDEX_BYTES),
                .index_interval_bytes = config_number(c, CONFIG_INDEX_INTERVAL_BYTES),
                .retention_bytes = config_number(c, CONFIG_RETENTION_BYTES),
                .retention_ms = config_number(c, CONFIG_RETENTION_MS),
                .flush_messages = config_number(c, CONFIG_FLUSH_MESSAGES),
                .flush_ms = config_number(c, CONFIG_FLUSH_MS),
                .max_message_bytes = (int32_t)config_number(c, CONFIG_MESSAGE_MAX_BYTES),
                .log_append_time =
                        strcmp(config_string(c, CONFIG_TIMESTAMP_TYPE), "LogAppendTime") == 0,
                .cleanup_delete = strstr(policy, "delete") != NULL,
                .cleanup_compact = strstr(policy, "compact") != NULL,
                .min_cleanable_dirty_ratio = config_fraction(c, CONFIG_CLEANABLE_RATIO),
                .min_compaction_lag_ms = config_number(c, CONFIG_COMPACTION_LAG_MS),
                .max_compaction_lag_ms = config_number(c, CONFIG_COMPACTION_LAG_MAX_MS),
                .delete_retention_ms = config_number(c, CONFIG_DELETE_RETENTION_MS),
        };
}

bool config_parse_listener(const char *text, char *host, size_t host_size, int32_t *port)
{
        char first[300];
        if (!str_copy((struct str){text, (int32_t)strcspn(text, ",")}, first, sizeof first))
                return false;
        const char *scheme = strstr(first, "://");
        text = scheme ? scheme + 3 : first;
        const char *colon = strrchr(text, ':');
        int64_t number;
        if (!colon || !parse_number(colon + 1, &number) || number < 0 || number > 65535)
                return false;
        struct str name = {text, (int32_t)(colon - text)};
        if (name.size > 1 && name.data[0] == '[' && name.data[name.size - 1] == ']')
                name = (struct str){name.data + 1, name.size - 2}; /* an IPv6 address */
        if (!str_copy(name.size == 0 ? str_of("127.0.0.1") : name, host, host_size))
                return false;
        *port = (int32_t)number;
        return true;
}
