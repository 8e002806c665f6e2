/* settings.h - the configuration of a run's brokers and topics: quick defaults, and over them what
 * the scenario says.
 *
 * Kafka's defaults are for machines that run for months. In a run that lasts seconds sessions must
 * end, coordinators look around and cleaners clean many times a second, and the topics of the
 * coordinators must be small. */
#ifndef ODRADEK_SIM_SETTINGS_H
#define ODRADEK_SIM_SETTINGS_H

#include "broker/config.h"
#include "sim/scenario.h"

/* What all brokers and controllers of the scenario have in common. Free it with config_deinit(). */
void settings_of_brokers(const struct scenario *s, struct config *into);

/* Adds what a statement says, with the topics' keys or the brokers'. */
void settings_add(const struct scenario *s, const struct statement *from, struct config *into);

/* Of the topics that brokers make for themselves. */
int64_t settings_number(const struct config *c, const char *key);

#endif
