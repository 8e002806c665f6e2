/* producer_settings.h - a producer's configuration from Kafka's `key=value` properties, as
 * --producer-property and --producer-props give them. */
#ifndef ODRADEK_CLI_PRODUCER_SETTINGS_H
#define ODRADEK_CLI_PRODUCER_SETTINGS_H

#include "cli/cli.h"
#include "client/producer.h"

enum setting_switch { SWITCH_NOT_SET, SWITCH_OFF, SWITCH_ON };

struct producer_settings {
        struct client_config client;
        struct producer_config producer;
        enum setting_switch idempotence; /* as it was asked for; see producer_settings_check() */
};

/* Kafka's defaults, and the default address. */
struct producer_settings producer_settings_default(void);

/* Sets one property; `value` is not copied. Returns CLI_GO_ON, or CLI_USAGE after telling what is
 * wrong with it. A key that we do not have is told and left out. */
int producer_settings_set(struct producer_settings *s, const char *command, struct str key,
                          const char *value);

/* The same for each "key=value" of a list. */
int producer_settings_apply(struct producer_settings *s, const char *command,
                            const struct cli_list *properties);

/* To be called when all are set. As in Kafka idempotence is on, unless acks are not all: then it is
 * off without a word, but an error when it, or a transactional.id, was asked for. Returns
 * CLI_GO_ON, or CLI_USAGE after telling. */
int producer_settings_check(struct producer_settings *s, const char *command);

#endif
