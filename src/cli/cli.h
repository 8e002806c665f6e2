/* cli.h - what every command shares: options, their help, and errors of one line.
 *
 * A command describes its options in one table; the same table parses them and prints --help.
 * Options are long ones, `--name value` or `--name=value`, and may be cut short while that is
 * unambiguous (getopt_long).
 *
 * Exit statuses: 0 done; 1 something went wrong; 2 the command was called wrongly. An error is one
 * line on stderr that begins with `odradek COMMAND: `. `command` below is the subcommand's name,
 * which is its argv[0]. */
#ifndef ODRADEK_CLI_CLI_H
#define ODRADEK_CLI_CLI_H

#include "base/bytes.h"

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_GO_ON = -1 };

enum { CLI_LIST_MAX = 64 };

/* Arguments in the order in which they were given; not copied. */
struct cli_list {
        const char *items[CLI_LIST_MAX];
        int count;
};

enum cli_type {
        CLI_FLAG,   /* bool; takes no argument */
        CLI_TEXT,   /* const char * */
        CLI_NUMBER, /* int64_t, within min and max */
        CLI_LIST,   /* struct cli_list: may be given several times */
};

struct cli_option {
        const char *name; /* without the dashes */
        enum cli_type type;
        void *into;           /* what it is put in, of the type above; holds the default before */
        const char *argument; /* what --help calls the argument; NULL: none */
        const char *text;     /* for --help */
        int64_t min, max;
};

struct cli_usage {
        const char *synopsis; /* what stands behind "odradek COMMAND " */
        const char *text;     /* what the command does */
        const char *example;  /* a whole command line */
        const struct cli_option *options;
        int option_count;
};

/* Parses argv. Arguments that are no options go to `rest`; NULL: there may be none. Returns
 * CLI_GO_ON, or the exit status: CLI_DONE after --help, CLI_USAGE after an error that it printed.
 */
int cli_parse(const struct cli_usage *usage, int argc, char **argv, struct cli_list *rest);

/* A whole decimal number from min to max; else false and *number untouched. */
bool cli_number(const char *text, int64_t min, int64_t max, int64_t *number);

/* Cuts "key=value" at the first '='; *key points into `text`, *value is the rest, whole. False when
 * there is no '=' or no key. */
bool cli_key_value(const char *text, struct str *key, const char **value);

/* Prints one error line and returns CLI_FAILED. */
int cli_fail(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints one error line that points to --help, and returns CLI_USAGE. */
int cli_misuse(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints one line on stderr that is no error, in the same form. */
void cli_note(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
