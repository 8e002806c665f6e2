/* properties.h - Kafka's `key=value` properties put into the fields of a structure, by a table of
 * the keys. */
#ifndef ODRADEK_CLI_PROPERTIES_H
#define ODRADEK_CLI_PROPERTIES_H

#include "cli/cli.h"

#include <stddef.h>

struct property {
        const char *key;
        /* Puts the value into a field; false when it does not fit. */
        bool (*set)(const char *value, int64_t min, void *field);
        size_t at;   /* the field, in the structure */
        int64_t min; /* for numbers */
};

struct property_table {
        const struct property *items;
        size_t count;
};

#define PROPERTY_TABLE(items)                    \
        ((struct property_table){                \
                (items),                         \
                sizeof(items) / sizeof *(items), \
        })

/* For the tables: fields of type const char * (not copied), int32_t, int64_t. */
bool property_text(const char *value, int64_t min, void *field);
bool property_i32(const char *value, int64_t min, void *field);
bool property_i64(const char *value, int64_t min, void *field);

/* Sets one property of `structure`. Returns CLI_GO_ON, or CLI_USAGE after telling what is wrong
 * with the value. A key that the table does not have is told and left out. */
int properties_set(struct property_table table, void *structure, const char *command,
                   struct str key, const char *value);

/* The same for each "key=value" of a list, up to the first that is wrong. */
int properties_apply(struct property_table table, void *structure, const char *command,
                     const struct cli_list *properties);

#endif
