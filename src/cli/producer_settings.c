#include "cli/producer_settings.h"

#include "cli/properties.h"
#include "cli/real_client.h"

#include <string.h>

static bool set_acks(const char *value, int64_t min, void *field)
{
        int64_t number = -1;
        (void)min;
        if (strcmp(value, "all") != 0 && !cli_number(value, -1, 1, &number))
                return false;
        *(int16_t *)field = (int16_t)number;
        return true;
}

static bool set_codec(const char *value, int64_t min, void *field)
{
        enum compression *codec = field;
        (void)min;
        *codec = compression_find(value);
        return *codec != COMPRESSION_CODECS;
}

static bool set_switch(const char *value, int64_t min, void *field)
{
        bool is_on = strcmp(value, "true") == 0;
        (void)min;
        *(enum setting_switch *)field = is_on ? SWITCH_ON : SWITCH_OFF;
        return is_on || strcmp(value, "false") == 0;
}

#define CLIENT(field)   offsetof(struct producer_settings, client.field)
#define PRODUCER(field) offsetof(struct producer_settings, producer.field)

static const struct property table[] = {
        {"bootstrap.servers", property_text, CLIENT(bootstrap_servers), 0},
        {"client.id", property_text, CLIENT(client_id), 0},
        {"acks", set_acks, PRODUCER(acks), 0},
        {"compression.type", set_codec, PRODUCER(compression_type), 0},
        {"batch.size", property_i32, PRODUCER(batch_size_bytes), 0},
        {"linger.ms", property_i64, PRODUCER(linger_ms), 0},
        {"buffer.memory", property_i64, PRODUCER(buffer_memory_bytes), 1},
        {"max.request.size", property_i32, PRODUCER(max_request_size_bytes), 1},
        {"max.in.flight.requests.per.connection", property_i32, PRODUCER(max_in_flight), 1},
        {"request.timeout.ms", property_i64, PRODUCER(request_timeout_ms), 1},
        {"delivery.timeout.ms", property_i64, PRODUCER(delivery_timeout_ms), 1},
        {"retry.backoff.ms", property_i64, PRODUCER(retry_backoff_ms), 0},
        {"enable.idempotence", set_switch, offsetof(struct producer_settings, idempotence), 0},
        {"transactional.id", property_text, PRODUCER(transactional_id), 0},
        {"transaction.timeout.ms", property_i32, PRODUCER(transaction_timeout_ms), 1},
};

struct producer_settings producer_settings_default(void)
{
        struct producer_settings s = {.client = client_config_default(),
                                      .producer = producer_config_default()};
        s.client.bootstrap_servers = DEFAULT_SERVER;
        s.client.client_id = "console-producer";
        return s;
}

int producer_settings_set(struct producer_settings *s, const char *command, struct str key,
                          const char *value)
{
        return properties_set(PROPERTY_TABLE(table), s, command, key, value);
}

int producer_settings_apply(struct producer_settings *s, const char *command,
                            const struct cli_list *properties)
{
        return properties_apply(PROPERTY_TABLE(table), s, command, properties);
}

int producer_settings_check(struct producer_settings *s, const char *command)
{
        const char *id = s->producer.transactional_id;
        if (id && *id == '\0')
                return cli_misuse(command, "transactional.id cannot be empty");
        if (id && s->idempotence == SWITCH_OFF)
                return cli_misuse(command, "transactional.id needs enable.idempotence=true");
        if ((id || s->idempotence == SWITCH_ON) && s->producer.acks != -1)
                return cli_misuse(command, "%s needs acks=all",
                                  id ? "transactional.id" : "enable.idempotence=true");
        s->producer.enable_idempotence = s->idempotence != SWITCH_OFF;
        return CLI_GO_ON;
}
