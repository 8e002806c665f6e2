#include "cli/producer_settings.h"

#include <stddef.h>
#include <string.h>

#include "cli/real_client.h"

enum setting_type { SETTING_TEXT, SETTING_I32, SETTING_I64, SETTING_ACKS, SETTING_CODEC };

struct setting {
        const char *key;
        enum setting_type type;
        size_t at; /* in struct producer_settings */
        int64_t min;
};

#define CLIENT(field)   offsetof(struct producer_settings, client.field)
#define PRODUCER(field) offsetof(struct producer_settings, producer.field)

static const struct setting table[] = {
        {"bootstrap.servers", SETTING_TEXT, CLIENT(bootstrap_servers), 0},
        {"client.id", SETTING_TEXT, CLIENT(client_id), 0},
        {"acks", SETTING_ACKS, PRODUCER(acks), 0},
        {"compression.type", SETTING_CODEC, PRODUCER(compression_type), 0},
        {"batch.size", SETTING_I32, PRODUCER(batch_size_bytes), 0},
        {"linger.ms", SETTING_I64, PRODUCER(linger_ms), 0},
        {"buffer.memory", SETTING_I64, PRODUCER(buffer_memory_bytes), 1},
        {"max.request.size", SETTING_I32, PRODUCER(max_request_size_bytes), 1},
        {"max.in.flight.requests.per.connection", SETTING_I32, PRODUCER(max_in_flight), 1},
        {"request.timeout.ms", SETTING_I64, PRODUCER(request_timeout_ms), 1},
        {"delivery.timeout.ms", SETTING_I64, PRODUCER(delivery_timeout_ms), 1},
        {"retry.backoff.ms", SETTING_I64, PRODUCER(retry_backoff_ms), 0},
};

struct producer_settings producer_settings_default(void)
{
        struct producer_settings s = {client_config_default(), producer_config_default()};
        s.client.bootstrap_servers = DEFAULT_SERVER;
        s.client.client_id = "console-producer";
        return s;
}

static bool set_acks(const char *value, int16_t *acks)
{
        int64_t number = -1;
        if (strcmp(value, "all") != 0 && !cli_number(value, -1, 1, &number))
                return false;
        *acks = (int16_t)number;
        return true;
}

static bool set(const struct setting *setting, const char *value, void *into)
{
        int64_t number;
        switch (setting->type) {
        case SETTING_TEXT: *(const char **)into = value; return true;
        case SETTING_ACKS: return set_acks(value, into);
        case SETTING_CODEC:
                *(enum compression *)into = compression_find(value);
                return *(enum compression *)into != COMPRESSION_CODECS;
        case SETTING_I32:
                if (!cli_number(value, setting->min, INT32_MAX, &number))
                        return false;
                *(int32_t *)into = (int32_t)number;
                return true;
        case SETTING_I64: break;
        }
        return cli_number(value, setting->min, INT64_MAX, into);
}

static const struct setting *find(struct str key)
{
        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
                if (str_equal_c(key, table[i].key))
                        return &table[i];
        }
        return NULL;
}

int producer_settings_set(struct producer_settings *s, const char *command, struct str key,
                          const char *value)
{
        const struct setting *setting = find(key);
        if (!setting)
                cli_note(command, "unknown property '%.*s' is left out", key.size, key.data);
        else if (!set(setting, value, (char *)s + setting->at))
                return cli_misuse(command, "%s cannot be '%s'", setting->key, value);
        return CLI_GO_ON;
}

int producer_settings_apply(struct producer_settings *s, const char *command,
                            const struct cli_list *properties)
{
        int status = CLI_GO_ON;
        for (int i = 0; i < properties->count && status == CLI_GO_ON; i++) {
                const char *text = properties->items[i], *value;
                struct str key;
                if (!cli_key_value(text, &key, &value))
                        return cli_misuse(command, "a property must be key=value, not '%s'", text);
                status = producer_settings_set(s, command, key, value);
        }
        return status;
}
