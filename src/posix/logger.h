/* logger.h - lines for people, on standard error:
 *
 *     [2026-11-21 02:40:28,123] INFO listening on 127.0.0.1:9092
 *
 * Local time, in the form of Kafka's own log. Each line is one write(), so lines of several threads
 * never mix. Any thread may log: a logger does not change once it is made. */
#ifndef ODRADEK_POSIX_LOGGER_H
#define ODRADEK_POSIX_LOGGER_H

#include "base/world.h"

struct logger {
        enum world_log threshold; /* lines below it are dropped */
};

/* Writes one line; cut at 1,000 bytes. */
void logger_line(const struct logger *logger, enum world_log level, const char *text);

void logger_printf(const struct logger *logger, enum world_log level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif
