#include "cli/consumer_settings.h"

#include "cli/properties.h"

#include <string.h>

enum { STEP_MS = 100 };

/* Which of the words it is; -1: none. */
static int find_word(const char *value, const char *const *words, int count)
{
        for (int i = 0; i < count; i++) {
                if (strcmp(value, words[i]) == 0)
                        return i;
        }
        return -1;
}

static bool set_bool(const char *value, int64_t min, void *field)
{
        static const char *const words[] = {"false", "true"};
        int found = find_word(value, words, 2);
        (void)min;
        *(bool *)field = found == 1;
        return found >= 0;
}

static bool set_reset(const char *value, int64_t min, void *field)
{
        static const char *const words[] = {
                [OFFSET_RESET_LATEST] = "latest",
                [OFFSET_RESET_EARLIEST] = "earliest",
                [OFFSET_RESET_NONE] = "none",
        };
        int found = find_word(value, words, 3);
        (void)min;
        *(enum offset_reset *)field = (enum offset_reset)found;
        return found >= 0;
}

static bool set_isolation(const char *value, int64_t min, void *field)
{
        static const char *const words[] = {
                [READ_UNCOMMITTED] = "read_uncommitted",
                [READ_COMMITTED] = "read_committed",
        };
        int found = find_word(value, words, 2);
        (void)min;
        *(enum isolation_level *)field = (enum isolation_level)found;
        return found >= 0;
}

static bool set_assignor(const char *value, int64_t min, void *field)
{
        enum assignor_kind *assignor = field;
        (void)min;
        *assignor = assignor_find(str_of(value));
        return *assignor != ASSIGNORS;
}

#define CLIENT(field)   offsetof(struct consumer_settings, client.field)
#define CONSUMER(field) offsetof(struct consumer_settings, consumer.field)

static const struct property table[] = {
        {"bootstrap.servers", property_text, CLIENT(bootstrap_servers), 0},
        {"client.id", property_text, CLIENT(client_id), 0},
        {"group.id", property_text, CONSUMER(group_id), 0},
        {"group.instance.id", property_text, CONSUMER(group_instance_id), 0},
        {"partition.assignment.strategy", set_assignor, CONSUMER(assignor), 0},
        {"session.timeout.ms", property_i32, CONSUMER(session_timeout_ms), 1},
        {"heartbeat.interval.ms", property_i32, CONSUMER(heartbeat_interval_ms), 1},
        {"max.poll.interval.ms", property_i32, CONSUMER(max_poll_interval_ms), 1},
        {"enable.auto.commit", set_bool, CONSUMER(enable_auto_commit), 0},
        {"auto.commit.interval.ms", property_i64, CONSUMER(auto_commit_interval_ms), 1},
        {"auto.offset.reset", set_reset, CONSUMER(auto_offset_reset), 0},
        {"isolation.level", set_isolation, CONSUMER(isolation_level), 0},
        {"fetch.min.bytes", property_i32, CONSUMER(fetch_min_bytes), 0},
        {"fetch.max.wait.ms", property_i32, CONSUMER(fetch_max_wait_ms), 0},
        {"fetch.max.bytes", property_i32, CONSUMER(fetch_max_bytes), 1},
        {"max.partition.fetch.bytes", property_i32, CONSUMER(max_partition_fetch_bytes), 1},
        {"check.crcs", set_bool, CONSUMER(check_crcs), 0},
        {"request.timeout.ms", property_i64, CONSUMER(request_timeout_ms), 1},
        {"retry.backoff.ms", property_i64, CONSUMER(retry_backoff_ms), 0},
};

struct consumer_settings consumer_settings_default(const char *client_id)
{
        struct consumer_settings s = {client_config_default(), consumer_config_default()};
        s.client.bootstrap_servers = DEFAULT_SERVER;
        s.client.client_id = client_id;
        return s;
}

int consumer_settings_apply(struct consumer_settings *s, const char *command,
                            const struct cli_list *properties)
{
        int status = properties_apply(PROPERTY_TABLE(table), s, command, properties);
        if (status == CLI_GO_ON &&
            s->consumer.heartbeat_interval_ms >= s->consumer.session_timeout_ms)
                status = cli_misuse(command,
                                    "heartbeat.interval.ms (%d) must be below "
                                    "session.timeout.ms (%d)",
                                    s->consumer.heartbeat_interval_ms,
                                    s->consumer.session_timeout_ms);
        return status;
}

void consumer_settings_leave(struct real_client *client, struct consumer *consumer)
{
        consumer_leave(consumer);
        while (!consumer_has_left(consumer))
                real_client_step(client, STEP_MS);
}
