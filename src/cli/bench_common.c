#include "cli/bench_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/report.h"
#include "bench/scratch.h"
#include "cli/real_client.h"

static bool choose_mode(struct bench_settings *s)
{
        s->options.mode_given = s->mode != NULL;
        if (!s->mode || strcmp(s->mode, "same") == 0)
                s->options.mode = BENCH_SAME_CORE;
        else if (strcmp(s->mode, "two") == 0)
                s->options.mode = BENCH_TWO_CORES;
        else
                return false;
        return true;
}

static bool make_directory(const char *path)
{
        return mkdir(path, 0777) == 0 || errno == EEXIST;
}

int bench_settings_ready(struct bench_settings *s, const char *command)
{
        if (!choose_mode(s))
                return cli_misuse(command, "--mode must be same or two, not '%s'", s->mode);
        if (s->output && !make_directory(s->output))
                return cli_fail(command, "cannot make %s: %s", s->output, strerror(errno));
        ssize_t size = readlink("/proc/self/exe", s->program, sizeof s->program - 1);
        s->program[size > 0 ? size : 0] = '\0';
        int length = snprintf(s->scratch, sizeof s->scratch, "%s/odradek-bench-XXXXXX", s->dir);
        if (length >= (int)sizeof s->scratch || !mkdtemp(s->scratch)) {
                *s->scratch = '\0';
                return cli_fail(command, "cannot make a directory in %s: %s", s->dir,
                                strerror(errno));
        }
        s->options.quick = s->quick;
        s->options.runs = (int)s->runs;
        s->options.scratch = s->scratch;
        s->options.program = s->program;
        s->options.interrupted = interrupted;
        s->options.progress = isatty(STDERR_FILENO) ? stderr : NULL;
        interrupts_catch();
        return CLI_GO_ON;
}

static int write_files(const struct bench_settings *s, const char *command, const struct results *r)
{
        struct report_entry entry = {.experiment = r->experiment, .results = *r};
        const char *failed = NULL;
        if (s->csv && !results_write_csv(r, s->csv))
                failed = s->csv;
        else if (s->json && !results_write_json(r, s->json))
                failed = s->json;
        else if (s->output && !report_files(&entry, s->output))
                failed = s->output;
        return failed ? cli_fail(command, "cannot write %s: %s", failed, strerror(errno))
                      : CLI_DONE;
}

int bench_settings_show(const struct bench_settings *s, const char *command,
                        const struct results *r)
{
        results_print(r, stdout);
        if (r->experiment->tell) {
                putchar('\n');
                r->experiment->tell(r, stdout);
        }
        fflush(stdout);
        return write_files(s, command, r);
}

int bench_settings_run(struct bench_settings *s, const char *command, const struct experiment *e)
{
        struct results r;
        char why[CASE_WHY_BYTES];
        if (!experiment_run(e, &s->options, &r, why))
                return cli_fail(command, "%s: %s", e->name, why);
        int status = interrupted() ? cli_fail(command, "interrupted")
                                   : bench_settings_show(s, command, &r);
        results_deinit(&r);
        return status;
}

void bench_settings_deinit(struct bench_settings *s)
{
        if (*s->scratch)
                scratch_remove(s->scratch);
        *s->scratch = '\0';
}
