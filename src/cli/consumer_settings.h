/* consumer_settings.h - a consumer's configuration from Kafka's `key=value` properties, as
 * --consumer-property gives them; and what commands do with a group. */
#ifndef ODRADEK_CLI_CONSUMER_SETTINGS_H
#define ODRADEK_CLI_CONSUMER_SETTINGS_H

#include "cli/cli.h"
#include "cli/real_client.h"
#include "client/consumer.h"

struct consumer_settings {
        struct client_config client;
        struct consumer_config consumer;
};

/* Kafka's defaults, and the default address. */
struct consumer_settings consumer_settings_default(const char *client_id);

/* Sets each "key=value" of a list; values are not copied. Returns CLI_GO_ON, or CLI_USAGE after
 * telling what is wrong. A key that we do not have is told and left out. */
int consumer_settings_apply(struct consumer_settings *s, const char *command,
                            const struct cli_list *properties);

/* Leaves the group, if there is one, and waits until that is done or given up. */
void consumer_settings_leave(struct real_client *client, struct consumer *consumer);

#endif
