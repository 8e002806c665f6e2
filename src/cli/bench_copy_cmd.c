/* odradek bench copy: what each way from a file to a consumer costs, for any choice of knobs. */
#include "cli/bench_commands.h"

#include <stdio.h>
#include <string.h>

#include "bench/experiment_copy.h"
#include "bench/plot.h"
#include "bench/strawmen.h"
#include "cli/bench_common.h"

enum { RANGE_MIN = 512, RANGE_MAX = 16 << 20, CONSUMERS_MAX = 64, NAME_BYTES = 64 };

struct bench_copy {
        const char *command;
        struct bench_settings settings;
        const char *strategies, *bytes, *consumers, *cache, *receiver, *through, *plot;
        struct copy_knobs knobs;
};

/* --- lists with commas --- */

/* Cuts the next item off *list. False: there is none, or it is empty or too long. */
static bool next_item(const char **list, char item[NAME_BYTES])
{
        size_t length = strcspn(*list, ",");
        if (length == 0 || length >= NAME_BYTES)
                return false;
        memcpy(item, *list, length);
        item[length] = '\0';
        *list += length;
        *list += **list == ',';
        return true;
}

static int parse_numbers(const struct bench_copy *c, const char *option, const char *list,
                         int64_t min, int64_t max, int64_t *numbers, int *count)
{
        char item[NAME_BYTES];
        while (list && *list) {
                bool sound = *count < COPY_KNOB_VALUES_MAX && next_item(&list, item) &&
                             cli_number(item, min, max, &numbers[*count]);
                if (!sound)
                        return cli_misuse(c->command,
                                          "--%s takes up to %d numbers from %lld to %lld, with "
                                          "commas between them",
                                          option, COPY_KNOB_VALUES_MAX, (long long)min,
                                          (long long)max);
                ++*count;
        }
        return CLI_GO_ON;
}

static int parse_strategies(struct bench_copy *c)
{
        struct copy_knobs *k = &c->knobs;
        const char *list = c->strategies;
        char item[NAME_BYTES] = "";
        if (!list || strcmp(list, "all") == 0)
                return CLI_GO_ON;
        while (*list) {
                if (k->strategy_count == COPY_KNOB_VALUES_MAX || !next_item(&list, item))
                        return cli_misuse(c->command, "--strategies takes up to %d names",
                                          COPY_KNOB_VALUES_MAX);
                bool raw = strcmp(item, "raw") == 0;
                const struct copy_strategy *found =
                        k->through_broker ? copy_find(item) : strawmen_find(item);
                if (!found && (!raw || k->through_broker))
                        return cli_misuse(c->command, "no such strategy%s: '%s'",
                                          k->through_broker ? " of a broker" : "", item);
                k->strategies[k->strategy_count++] = found;
        }
        return CLI_GO_ON;
}

/* Which of the `count` words it is; -1: none. */
static int word_of(const char *text, const char *const *words, int count)
{
        for (int i = 0; i < count; i++) {
                if (strcmp(text, words[i]) == 0)
                        return i;
        }
        return -1;
}

static int parse_words(struct bench_copy *c)
{
        static const char *const caches[] = {"hot", "cold"};
        static const char *const receivers[] = {"discard", "copy", "crc"};
        static const char *const ways[] = {"none", "broker"};
        int cache = word_of(c->cache, caches, 2), receiver = word_of(c->receiver, receivers, 3);
        int way = word_of(c->through, ways, 2);
        if (cache < 0)
                return cli_misuse(c->command, "--cache must be hot or cold");
        if (receiver < 0)
                return cli_misuse(c->command, "--receiver must be discard, copy or crc");
        if (way < 0)
                return cli_misuse(c->command, "--through must be none or broker");
        if (way == 1 && receiver == RECEIVER_CRC)
                return cli_misuse(c->command, "--receiver crc is not for --through broker");
        c->knobs.cold = cache == 1;
        c->knobs.kind = (enum receiver_kind)receiver;
        c->knobs.through_broker = way == 1;
        return CLI_GO_ON;
}

static int parse_knobs(struct bench_copy *c)
{
        struct copy_knobs *k = &c->knobs;
        int status = parse_words(c);
        if (status == CLI_GO_ON)
                status = parse_strategies(c);
        if (status == CLI_GO_ON)
                status = parse_numbers(c, "bytes", c->bytes, RANGE_MIN, RANGE_MAX, k->bytes,
                                       &k->bytes_count);
        if (status == CLI_GO_ON)
                status = parse_numbers(c, "consumers", c->consumers, 1, CONSUMERS_MAX, k->consumers,
                                       &k->consumers_count);
        return status;
}

/* --- the run --- */

static int draw(const struct bench_copy *c, const struct results *r)
{
        const char *const figures[] = {experiment_copy.plot, experiment_copy.plot_more};
        for (int i = 0; c->plot && i < 2; i++) {
                enum plot_outcome outcome = plot_draw(r, figures[i], c->plot);
                if (outcome == PLOT_FAILED)
                        return cli_fail(c->command, "cannot write plots to %s", c->plot);
                if (outcome == PLOT_UNDRAWN)
                        cli_note(c->command, "%s: gnuplot is missing; data and script are in %s",
                                 figures[i], c->plot);
        }
        return CLI_DONE;
}

static int run(struct bench_copy *c)
{
        struct results r;
        char why[CASE_WHY_BYTES];
        c->settings.options.knobs = &c->knobs;
        if (!experiment_run(&experiment_copy, &c->settings.options, &r, why))
                return cli_fail(c->command, "%s", why);
        int status = c->settings.options.interrupted()
                             ? cli_fail(c->command, "interrupted")
                             : bench_settings_show(&c->settings, c->command, &r);
        if (status == CLI_DONE)
                status = draw(c, &r);
        results_deinit(&r);
        return status;
}

int bench_copy_cmd(int argc, char **argv)
{
        struct bench_copy c = {.command = argv[0],
                               .settings = BENCH_SETTINGS_DEFAULT,
                               .cache = "hot",
                               .receiver = "discard",
                               .through = "none"};
        const struct cli_option options[] = {
                {"strategies", CLI_TEXT, &c.strategies, "A,B", "which, or all", 0, 0},
                {"bytes", CLI_TEXT, &c.bytes, "N,M", "bytes per response", 0, 0},
                {"consumers", CLI_TEXT, &c.consumers, "N,M", "so many at a time (1)", 0, 0},
                {"cache", CLI_TEXT, &c.cache, "C", "the file is in the page cache: hot, cold", 0,
                 0},
                {"receiver", CLI_TEXT, &c.receiver, "R", "consumers discard, copy or crc", 0, 0},
                {"through", CLI_TEXT, &c.through, "T", "none: the strategy alone; or broker", 0, 0},
                {"plot", CLI_TEXT, &c.plot, "D", "draw throughput and CPU in this directory", 0, 0},
                BENCH_OPTIONS(&c.settings),
        };
        const struct cli_usage usage = {
                .synopsis = "[options]",
                .text = "Sends a file to consumers over loopback, each strategy in turn, and "
                        "counts "
                        "per GiB.\nStrategies are those of copy.strategy; raw (a plain sendfile "
                        "loop); and mmap-each,\nmmap-fresh, vmsplice, hot: ways that no broker "
                        "should take.",
                .example = "odradek bench copy --strategies raw,sendfile,read-write --bytes 65536",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status == CLI_GO_ON)
                status = parse_knobs(&c);
        if (status == CLI_GO_ON)
                status = bench_settings_ready(&c.settings, c.command);
        if (status == CLI_GO_ON)
                status = run(&c);
        bench_settings_deinit(&c.settings);
        return status;
}
