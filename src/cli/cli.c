#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_line(const char *command, const char *format, va_list arguments, const char *end)
{
        char text[1000];
        vsnprintf(text, sizeof text, format, arguments);
        fprintf(stderr, "odradek %s: %s%s\n", command, text, end);
}

int cli_fail(const char *command, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        print_line(command, format, arguments, "");
        va_end(arguments);
        return CLI_FAILED;
}

int cli_misuse(const char *command, const char *format, ...)
{
        char hint[100];
        snprintf(hint, sizeof hint, " (see odradek %s --help)", command);
        va_list arguments;
        va_start(arguments, format);
        print_line(command, format, arguments, hint);
        va_end(arguments);
        return CLI_USAGE;
}

void cli_note(const char *command, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        print_line(command, format, arguments, "");
        va_end(arguments);
}

bool cli_number(const char *text, int64_t min, int64_t max, int64_t *number)
{
        char *end;
        errno = 0;
        long long value = strtoll(text, &end, 10);
        bool starts_well = *text == '-' || (*text >= '0' && *text <= '9');
        if (errno || end == text || *end != '\0' || !starts_well || value < min || value > max)
                return false;
        *number = value;
        return true;
}

bool cli_key_value(const char *text, struct str *key, const char **value)
{
        const char *equals = strchr(text, '=');
        if (!equals || equals == text)
                return false;
        *key = (struct str){text, (int32_t)(equals - text)};
        *value = equals + 1;
        return true;
}

static void print_help(const struct cli_usage *usage, const char *command)
{
        printf("usage: odradek %s %s\n%s\n\n", command, usage->synopsis, usage->text);
        for (int i = 0; i < usage->option_count; i++) {
                const struct cli_option *o = &usage->options[i];
                int width = printf("  --%s%s%s", o->name, o->argument ? " " : "",
                                   o->argument ? o->argument : "");
                printf("%*s%s\n", width < 34 ? 36 - width : 2, "", o->text);
        }
        printf("  --help                            print this\n\nExample:\n  %s\n",
               usage->example);
}

static bool list_add(struct cli_list *list, const char *item)
{
        if (list->count == CLI_LIST_MAX)
                return false;
        list->items[list->count++] = item;
        return true;
}

/* Puts the argument where the option wants it. */
static int take(const struct cli_option *o, const char *command, const char *argument)
{
        switch (o->type) {
        case CLI_FLAG: *(bool *)o->into = true; break;
        case CLI_TEXT: *(const char **)o->into = argument; break;
        case CLI_NUMBER:
                if (!cli_number(argument, o->min, o->max, o->into))
                        return cli_misuse(command,
                                          "--%s must be a number between %lld and %lld, not '%s'",
                                          o->name, (long long)o->min, (long long)o->max, argument);
                break;
        case CLI_LIST:
                if (!list_add(o->into, argument))
                        return cli_misuse(command, "--%s is given more than %d times", o->name,
                                          CLI_LIST_MAX);
                break;
        }
        return CLI_GO_ON;
}

enum { OPTIONS_MAX = 40, HELP_OPTION = OPTIONS_MAX };

/* The table as getopt_long wants it; an option's `val` is its place. */
static void to_getopt(const struct cli_usage *usage, struct option *options)
{
        for (int i = 0; i < usage->option_count; i++) {
                const struct cli_option *o = &usage->options[i];
                int argument = o->type == CLI_FLAG ? no_argument : required_argument;
                options[i] = (struct option){o->name, argument, NULL, i};
        }
        options[usage->option_count] = (struct option){"help", no_argument, NULL, HELP_OPTION};
        options[usage->option_count + 1] = (struct option){0};
}

/* getopt stays at "-topic" until it has been through its letters; `at` is then the word before. */
static int unknown(const char *command, const char *at)
{
        if (strncmp(at, "--", 2) == 0)
                return cli_misuse(command, "no such option, or not in that form: %s", at);
        return cli_misuse(command, "no such option: -%c; options begin with two dashes", optopt);
}

int cli_parse(const struct cli_usage *usage, int argc, char **argv, struct cli_list *rest)
{
        struct option options[OPTIONS_MAX + 2];
        const char *command = argv[0];
        to_getopt(usage, options);
        opterr = 0;
        optind = 0; /* start anew: main() has been through its own arguments */
        for (int chosen; (chosen = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
                int status = CLI_GO_ON;
                if (chosen == ':')
                        status = cli_misuse(command, "%s needs an argument", argv[optind - 1]);
                else if (chosen == '?')
                        status = unknown(command, argv[optind - 1]);
                else if (chosen == HELP_OPTION)
                        print_help(usage, command), status = CLI_DONE;
                else
                        status = take(&usage->options[chosen], command, optarg);
                if (status != CLI_GO_ON)
                        return status;
        }
        for (; optind < argc; optind++) {
                if (!rest || !list_add(rest, argv[optind]))
                        return cli_misuse(command, "'%s' is one argument too many", argv[optind]);
        }
        return CLI_GO_ON;
}
