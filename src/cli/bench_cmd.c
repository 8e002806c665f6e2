/* odradek bench: what is fast, what is slow, and why. */
#include "cli/bench_commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report.h"
#include "cli/bench_common.h"
#include "cli/commands.h"
#include "cli/real_client.h"

/* --- bench list --- */

int bench_list_cmd(int argc, char **argv)
{
        const struct cli_usage usage = {
                .synopsis = "",
                .text = "Lists the experiments: number, name, question.",
                .example = "odradek bench list",
        };
        int status = cli_parse(&usage, argc, argv, NULL), count;
        if (status != CLI_GO_ON)
                return status;
        const struct experiment *const *all = experiments_all(&count);
        for (int i = 0; i < count; i++)
                printf("%-4s %-14s %s\n", all[i]->id, all[i]->name, all[i]->question);
        return CLI_DONE;
}

/* --- bench run --- */

static int run_named(struct bench_settings *s, const char *command, const struct cli_list *names)
{
        int status = CLI_DONE;
        for (int i = 0; i < names->count && status == CLI_DONE; i++) {
                if (i > 0)
                        putchar('\n');
                status = bench_settings_run(s, command, experiment_find(names->items[i]));
        }
        return status;
}

int bench_run_cmd(int argc, char **argv)
{
        struct bench_settings s = BENCH_SETTINGS_DEFAULT;
        struct cli_list names = {0};
        const struct cli_option options[] = {BENCH_OPTIONS(&s), BENCH_OPTION_OUTPUT(&s)};
        const struct cli_usage usage = {
                .synopsis = "NAME... [options]",
                .text = "Runs experiments, by name or number (see odradek bench list).",
                .example = "odradek bench run limits --quick",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, &names);
        if (status != CLI_GO_ON)
                return status;
        if (names.count == 0)
                return cli_misuse(argv[0], "which experiment?");
        if (names.count > 1 && (s.csv || s.json))
                return cli_misuse(argv[0], "--csv and --json are for one experiment at a time");
        for (int i = 0; i < names.count; i++) {
                if (!experiment_find(names.items[i]))
                        return cli_misuse(argv[0], "no such experiment: '%s'", names.items[i]);
        }
        status = bench_settings_ready(&s, argv[0]);
        if (status == CLI_GO_ON)
                status = run_named(&s, argv[0], &names);
        bench_settings_deinit(&s);
        return status;
}

/* --- bench experiments --- */

/* Runs one and writes its files. */
static int run_entry(struct bench_settings *s, const char *command, struct report_entry *entry)
{
        const struct experiment *e = entry->experiment;
        fprintf(stderr, "%s %s: %s\n", e->id, e->name, e->question);
        if (!experiment_run(e, &s->options, &entry->results, entry->why)) {
                cli_note(command, "%s: %s", e->name, entry->why);
                return CLI_DONE; /* the report tells */
        }
        if (interrupted())
                return cli_fail(command, "interrupted");
        if (!report_files(entry, s->output))
                return cli_fail(command, "cannot write to %s: %s", s->output, strerror(errno));
        return CLI_DONE;
}

static int run_all(struct bench_settings *s, const char *command)
{
        int count, status = CLI_DONE;
        const struct experiment *const *all = experiments_all(&count);
        struct report_entry *entries = calloc((size_t)count, sizeof *entries);
        if (!entries)
                abort();
        for (int i = 0; i < count && status == CLI_DONE; i++) {
                entries[i].experiment = all[i];
                status = run_entry(s, command, &entries[i]);
        }
        if (status == CLI_DONE && !report_write(entries, count, s->output))
                status = cli_fail(command, "cannot write %s/report.md: %s", s->output,
                                  strerror(errno));
        if (status == CLI_DONE)
                printf("%s/report.md\n", s->output);
        for (int i = 0; i < count; i++)
                results_deinit(&entries[i].results);
        free(entries);
        return status;
}

int bench_experiments_cmd(int argc, char **argv)
{
        struct bench_settings s = BENCH_SETTINGS_DEFAULT;
        const struct cli_option options[] = {
                {"output", CLI_TEXT, &s.output, "D", "directory for the report, made when missing",
                 0, 0},
                {"quick", CLI_FLAG, &s.quick, NULL, "fewer sizes, bytes and runs", 0, 0},
                {"dir", CLI_TEXT, &s.dir, "D", "where scratch files go (/var/tmp)", 0, 0},
        };
        const struct cli_usage usage = {
                .synopsis = "--output D [options]",
                .text = "Runs all experiments (ten minutes) and writes report.md, with CSV, JSON "
                        "and "
                        "plots.",
                .example = "odradek bench experiments --output build/experiments --quick",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        if (!s.output)
                return cli_misuse(argv[0], "--output must be given");
        status = bench_settings_ready(&s, argv[0]);
        if (status == CLI_GO_ON)
                status = run_all(&s, argv[0]);
        bench_settings_deinit(&s);
        return status;
}

/* --- the others --- */

struct subcommand {
        const char *name; /* as argv[0] of its own: with "bench" in front */
        int (*run)(int argc, char **argv);
        const char *text;
};

static const struct subcommand subcommands[] = {
        {"bench list", bench_list_cmd, "list the experiments"},
        {"bench run", bench_run_cmd, "run some of them"},
        {"bench experiments", bench_experiments_cmd, "run them all, and write a report with plots"},
        {"bench copy", bench_copy_cmd, "from files to consumers, alone and through a broker"},
        {"bench disk", bench_disk_cmd, "from producers to the disk"},
        {"bench wire", bench_wire_cmd, "load a broker without a client library's costs"},
        {"bench null-broker", bench_null_broker_cmd, "a server that answers and does nothing else"},
        {"bench targets", bench_targets_cmd, "hold our broker against raw limits"},
};

enum { SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0], PREFIX = sizeof "bench " - 1 };

static void print_help(FILE *to)
{
        fputs("usage: odradek bench COMMAND [options]\n"
              "Experiments that count what happens, not only how long it took.\n\n",
              to);
        for (int i = 0; i < SUBCOMMANDS; i++)
                fprintf(to, "  %-14s%s\n", subcommands[i].name + PREFIX, subcommands[i].text);
        fputs("\nEach command tells more with --help.\n\n"
              "Example:\n  odradek bench copy --quick\n",
              to);
}

int bench_cmd(int argc, char **argv)
{
        if (argc > 1 && strcmp(argv[1], "--help") == 0) {
                print_help(stdout);
                return CLI_DONE;
        }
        for (int i = 0; argc > 1 && i < SUBCOMMANDS; i++) {
                if (strcmp(argv[1], subcommands[i].name + PREFIX) != 0)
                        continue;
                argv[1] = (char *)subcommands[i].name;
                return subcommands[i].run(argc - 1, argv + 1);
        }
        if (argc < 2)
                return cli_misuse(argv[0], "which of its commands?");
        return cli_misuse(argv[0], "no such command: '%s'", argv[1]);
}
