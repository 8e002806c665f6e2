/* odradek bench targets: our broker against raw limits, each in a line with its verdict. */
#include "cli/bench_commands.h"

#include <errno.h>
#include <string.h>

#include "bench/targets.h"
#include "cli/bench_common.h"
#include "cli/real_client.h"

static int show(const struct bench_settings *s, const char *command, const struct results *r)
{
        machine_print(&r->machine, stdout);
        printf("%s\n\n", r->conditions);
        targets_print(r, stdout);
        if (s->csv && !results_write_csv(r, s->csv))
                return cli_fail(command, "cannot write %s: %s", s->csv, strerror(errno));
        if (s->json && !results_write_json(r, s->json))
                return cli_fail(command, "cannot write %s: %s", s->json, strerror(errno));
        return CLI_DONE;
}

static int run(const struct bench_settings *s, const char *command)
{
        struct results r;
        char why[CASE_WHY_BYTES];
        if (!experiment_run(&experiment_targets, &s->options, &r, why))
                return cli_fail(command, "%s", why);
        int status = interrupted() ? cli_fail(command, "interrupted") : show(s, command, &r);
        results_deinit(&r);
        return status;
}

int bench_targets_cmd(int argc, char **argv)
{
        struct bench_settings s = BENCH_SETTINGS_DEFAULT;
        const struct cli_option options[] = {BENCH_OPTIONS(&s)};
        const struct cli_usage usage = {
                .synopsis = "[options]",
                .text = "Measures our broker and, in the same run, the least program that moves "
                        "the\n"
                        "same bytes, and says whether it comes as near to that as it must.",
                .example = "odradek bench targets --quick",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        status = bench_settings_ready(&s, argv[0]);
        if (status == CLI_GO_ON)
                status = run(&s, argv[0]);
        bench_settings_deinit(&s);
        return status;
}
