/* settings.h - fills the broker's configuration from a properties file and from --override.
 *
 * The file is Kafka's server.properties: `key=value` lines, comments that begin with '#'. inih
 * reads it, so ':' may stand for '=', and " ;" begins a comment behind a value. Keys that we do not
 * have are told and left out, so that a file written for Apache Kafka starts us. */
#ifndef ODRADEK_CLI_SETTINGS_H
#define ODRADEK_CLI_SETTINGS_H

#include "broker/config.h"

#include <stdio.h>

enum { SETTINGS_WHY_BYTES = 600 };

struct settings {
        struct config *config;
        void (*warn)(const char *text);
        char why[SETTINGS_WHY_BYTES]; /* after an error: what is wrong, with file and line */
};

/* Reads a whole file; `name` is what messages call it. False: see `why`; some keys may be set. */
bool settings_read(struct settings *s, FILE *file, const char *name);

/* Sets one "key=value". False: see `why`. */
bool settings_override(struct settings *s, const char *text);

#endif
