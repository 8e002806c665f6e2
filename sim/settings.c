#include "sim/settings.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static const struct {
        const char *key, *value;
} brisk[] = {
        {"log.dirs", "/data"},
        {"auto.create.topics.enable", "false"},
        {"broker.session.timeout.ms", "1500"},
        {"broker.heartbeat.interval.ms", "300"},
        {"controller.quorum.election.timeout.ms", "300"},
        {"controller.quorum.election.backoff.max.ms", "300"},
        {"controller.quorum.fetch.timeout.ms", "600"},
        {"controller.quorum.request.timeout.ms", "600"},
        {"replica.lag.time.max.ms", "1000"},
        {"replica.fetch.wait.max.ms", "200"},
        {"replica.fetch.backoff.ms", "100"},
        {"replica.socket.timeout.ms", "1500"},
        {"replica.high.watermark.checkpoint.interval.ms", "1000"},
        {"offsets.topic.num.partitions", "2"},
        {"transaction.state.log.num.partitions", "2"},
        {"offsets.load.buffer.size", "1"}, /* one batch at a time: loading takes a while */
        {"transaction.state.log.load.buffer.size", "1"},
        {"group.min.session.timeout.ms", "50"},
        {"group.initial.rebalance.delay.ms", "50"},
        {"offsets.retention.check.interval.ms", "500"},
        {"transaction.abort.timed.out.transaction.cleanup.interval.ms", "100"},
        {"log.cleaner.backoff.ms", "200"},
};

static void set(struct config *into, const char *key, const char *value)
{
        enum kerr err = config_set(into, config_find(str_of(key)), str_of(value), NULL, 0);
        assert(!err);
}

static void set_number(struct config *into, const char *key, int64_t value)
{
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, value);
        set(into, key, text);
}

void settings_of_brokers(const struct scenario *s, struct config *into)
{
        int64_t replicas = s->brokers.count < 3 ? s->brokers.count : 3;
        for (size_t i = 0; i < sizeof brisk / sizeof brisk[0]; i++)
                set(into, brisk[i].key, brisk[i].value);
        set_number(into, "offsets.topic.replication.factor", replicas);
        set_number(into, "transaction.state.log.replication.factor", replicas);
        set_number(into, "transaction.state.log.min.isr", replicas < 2 ? 1 : 2);
        settings_add(s, &s->brokers, into);
}

void settings_add(const struct scenario *s, const struct statement *from, struct config *into)
{
        for (int32_t i = 0; i < from->setting_count; i++) {
                const struct setting *setting = &s->settings[from->first_setting + i];
                enum config_id id = from->verb == VERB_BROKERS
                                            ? config_find(str_of(setting->key))
                                            : config_find_topic(str_of(setting->key));
                config_set(into, id, str_of(setting->value), NULL, 0);
        }
}

int64_t settings_number(const struct config *c, const char *key)
{
        return config_number(c, config_find(str_of(key)));
}
