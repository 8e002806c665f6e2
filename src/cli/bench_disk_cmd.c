/* odradek bench disk: from producers to the disk. The experiments W1 to W4, by what one wants to
 * know. */
#include "cli/bench_commands.h"

#include <stdio.h>
#include <string.h>

#include "bench/disk_tools.h"
#include "bench/experiments.h"
#include "cli/bench_common.h"

static const struct topic {
        const char *name;
        const struct experiment *experiment;
} topics[] = {
        {"sequential", &experiment_disk},
        {"batches", &experiment_append},
        {"sync", &experiment_durability},
        {"layout", &experiment_layout},
};

enum { TOPICS = sizeof topics / sizeof topics[0] };

static const char text[] =
        "Measures how this machine's disk likes to be written and read:\n"
        "  sequential  in order or at random, page cache or O_DIRECT, hot or cold (W4)\n"
        "  batches     a system call per message or per batch (W1)\n"
        "  sync        what it costs to acknowledge only what is on disk (W2)\n"
        "  layout      a file per partition or one commit log for all (W3)\n"
        "Scratch files hold 1 GiB at most, and are gone at the end.";

/* "all" is every topic; NULL: there is none of that name. */
static const struct topic *find_topic(const char *name)
{
        for (int i = 0; i < TOPICS; i++) {
                if (strcmp(topics[i].name, name) == 0)
                        return &topics[i];
        }
        return NULL;
}

static int run_all(struct bench_settings *s, const char *command)
{
        int status = CLI_DONE;
        for (int i = 0; i < TOPICS && status == CLI_DONE; i++) {
                if (i > 0)
                        putchar('\n');
                status = bench_settings_run(s, command, topics[i].experiment);
        }
        return status;
}

int bench_disk_cmd(int argc, char **argv)
{
        enum { BYTES_MIN = 1 << 20, BYTES_MAX = 512 << 20 };
        struct bench_settings s = BENCH_SETTINGS_DEFAULT;
        struct disk_knobs knobs = {0};
        const char *what = "all";
        const struct cli_option options[] = {
                {"what", CLI_TEXT, &what, "W", "sequential, batches, sync, layout or all (all)", 0,
                 0},
                {"bytes", CLI_NUMBER, &knobs.bytes, "N", "that a run moves, or its file has",
                 BYTES_MIN, BYTES_MAX},
                BENCH_OPTIONS(&s),
        };
        const struct cli_usage usage = {
                .synopsis = "[options]",
                .text = text,
                .example = "odradek bench disk --what layout --quick",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        bool all = strcmp(what, "all") == 0;
        const struct topic *topic = find_topic(what);
        if (!all && topic == NULL)
                return cli_misuse(argv[0],
                                  "--what must be sequential, batches, sync, layout or all, "
                                  "not '%s'",
                                  what);
        if (all && (s.csv || s.json))
                return cli_misuse(argv[0], "--csv and --json are for one --what at a time");
        status = bench_settings_ready(&s, argv[0]);
        s.options.knobs = &knobs;
        if (status == CLI_GO_ON)
                status = all ? run_all(&s, argv[0])
                             : bench_settings_run(&s, argv[0], topic->experiment);
        bench_settings_deinit(&s);
        return status;
}
