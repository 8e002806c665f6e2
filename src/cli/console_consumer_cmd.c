/* odradek console-consumer: prints records, as kafka-console-consumer.sh does. */
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/real_client.h"
#include "cli/record_printer.h"
#include "client/consumer.h"
#include "posix/clock.h"

enum { STEP_MS = 100 };

struct console_consumer {
        const char *command, *topic;
        struct record_printer printer;
        struct real_client client;
        struct consumer *consumer;

        int64_t partition; /* -1: all */
        struct start start;
        bool exit_at_end;
        int64_t messages_max; /* -1: no limit */
        int64_t timeout_ms;   /* without a record; -1: none */
        enum isolation_level isolation_level;

        int64_t messages; /* printed */
        int64_t last_ms;  /* when the last one came */
        bool *at_end;     /* by partition */
        int32_t ends_missing;
        bool finished, failed;
};

/* --- what the consumer tells --- */

static void on_record(void *context, const struct consumer_record *record)
{
        struct console_consumer *c = context;
        if (c->finished)
                return;
        record_print(&c->printer, record, stdout);
        c->messages++;
        c->last_ms = clock_mono_ms();
        c->finished = c->messages == c->messages_max;
}

static void on_end(void *context, const char *topic, int32_t partition, int64_t offset)
{
        struct console_consumer *c = context;
        (void)topic;
        (void)offset;
        if (c->at_end[partition])
                return;
        c->at_end[partition] = true;
        if (--c->ends_missing == 0 && c->exit_at_end)
                c->finished = true;
}

static void on_error(void *context, const char *topic, int32_t partition, int64_t offset,
                     enum kerr err)
{
        struct console_consumer *c = context;
        if (err == KERR_OFFSET_OUT_OF_RANGE)
                return; /* it is logged, and reading goes on elsewhere */
        cli_fail(c->command, "topic %s, partition %d, offset %lld: %s", topic, partition,
                 (long long)offset, kerr_text(err));
        c->failed = true;
}

/* --- the run --- */

static int assign(struct console_consumer *c)
{
        int32_t count;
        int status = real_client_find_topic(&c->client, c->topic, &count);
        if (status != CLI_GO_ON)
                return status;
        if (c->partition >= count)
                return cli_fail(c->command, "topic %s has no partition %lld, only 0 to %d",
                                c->topic, (long long)c->partition, count - 1);
        c->at_end = calloc((size_t)count, sizeof *c->at_end);
        if (!c->at_end)
                abort();
        int32_t first = c->partition < 0 ? 0 : (int32_t)c->partition;
        int32_t end = c->partition < 0 ? count : first + 1;
        c->ends_missing = end - first;
        for (int32_t i = first; i < end; i++)
                consumer_assign(c->consumer, c->topic, i, c->start);
        c->last_ms = clock_mono_ms();
        return CLI_GO_ON;
}

static int run(struct console_consumer *c)
{
        bool can_write = true;
        while (!c->finished && !c->failed && can_write && !interrupted()) {
                real_client_step(&c->client, STEP_MS);
                can_write = fflush(stdout) == 0 && !ferror(stdout);
                if (c->timeout_ms >= 0 && clock_mono_ms() - c->last_ms >= c->timeout_ms)
                        c->finished = true;
        }
        fprintf(stderr, "Processed a total of %lld messages\n", (long long)c->messages);
        if (!can_write)
                return cli_fail(c->command, "cannot write to standard output");
        return c->failed ? CLI_FAILED : CLI_DONE;
}

/* --- the command --- */

struct arguments {
        const char *server, *offset, *isolation_level, *group;
        bool from_beginning;
        struct cli_list properties;
};

/* Where to begin reading. */
static int apply_start(struct console_consumer *c, const struct arguments *a)
{
        if (a->offset && (c->partition < 0 || a->from_beginning))
                return cli_misuse(c->command,
                                  "--offset goes with --partition, not with --from-beginning");
        c->start.kind = a->from_beginning ? START_EARLIEST : START_LATEST;
        if (a->offset && strcmp(a->offset, "earliest") == 0)
                c->start.kind = START_EARLIEST;
        else if (a->offset && cli_number(a->offset, 0, INT64_MAX, &c->start.value))
                c->start.kind = START_OFFSET;
        else if (a->offset && strcmp(a->offset, "latest") != 0)
                return cli_misuse(c->command,
                                  "--offset must be a number, earliest or latest, not '%s'",
                                  a->offset);
        return CLI_GO_ON;
}

static int apply(struct console_consumer *c, const struct arguments *a)
{
        if (!c->topic)
                return cli_misuse(c->command, "--topic is missing");
        if (a->group)
                return cli_misuse(c->command, "consumer groups come with a later chapter");
        if (strcmp(a->isolation_level, "read_committed") == 0)
                c->isolation_level = READ_COMMITTED;
        else if (strcmp(a->isolation_level, "read_uncommitted") != 0)
                return cli_misuse(c->command,
                                  "--isolation-level must be read_committed or "
                                  "read_uncommitted, not '%s'",
                                  a->isolation_level);
        for (int i = 0; i < a->properties.count; i++) {
                if (!record_printer_set(&c->printer, a->properties.items[i]))
                        return cli_misuse(c->command, "no such property: '%s'",
                                          a->properties.items[i]);
        }
        return apply_start(c, a);
}

static int parse(struct console_consumer *c, struct arguments *a, int argc, char **argv)
{
        const struct cli_option options[] = {
                {"topic", CLI_TEXT, &c->topic, "T", "the topic", 0, 0},
                OPTION_SERVER(&a->server),
                {"from-beginning", CLI_FLAG, &a->from_beginning, NULL,
                 "all records, not only new ones", 0, 0},
                {"partition", CLI_NUMBER, &c->partition, "P", "only this one", 0, INT32_MAX},
                {"offset", CLI_TEXT, &a->offset, "N",
                 "where to begin: a number, earliest or latest", 0, 0},
                {"max-messages", CLI_NUMBER, &c->messages_max, "N", "stop after so many", 1,
                 INT64_MAX},
                {"timeout-ms", CLI_NUMBER, &c->timeout_ms, "MS", "stop when none came for so long",
                 0, INT64_MAX},
                {"exit-at-end", CLI_FLAG, &c->exit_at_end, NULL,
                 "stop when the end of each partition was reached", 0, 0},
                {"property", CLI_LIST, &a->properties, "K=V",
                 "print.key=true and so on; key.separator=TEXT", 0, 0},
                {"isolation-level", CLI_TEXT, &a->isolation_level, "L",
                 "read_committed or read_uncommitted", 0, 0},
                {"group", CLI_TEXT, &a->group, "G", "(with a later chapter)", 0, 0},
        };
        const struct cli_usage usage = {
                .synopsis = "--topic T [options]",
                .text = "Prints the records of a topic. Properties: print.timestamp, "
                        "print.partition,\nprint.offset, print.headers, print.key, print.value "
                        "(true, false); key.separator,\nline.separator, headers.separator, "
                        "null.literal (text).",
                .example = "odradek console-consumer --topic numbers --from-beginning "
                           "--max-messages 10",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        return status == CLI_GO_ON ? apply(c, a) : status;
}

static void open_consumer(struct console_consumer *c)
{
        struct consumer_config config = consumer_config_default();
        config.isolation_level = c->isolation_level;
        config.auto_offset_reset =
                c->start.kind == START_EARLIEST ? OFFSET_RESET_EARLIEST : OFFSET_RESET_LATEST;
        config.context = c;
        config.on_record = on_record;
        config.on_end = on_end;
        config.on_error = on_error;
        c->consumer = consumer_open(c->client.client, &config);
}

int console_consumer_cmd(int argc, char **argv)
{
        struct console_consumer c = {
                .command = argv[0],
                .printer = record_printer_default(),
                .partition = -1,
                .messages_max = -1,
                .timeout_ms = -1,
        };
        struct arguments a = {.server = DEFAULT_SERVER, .isolation_level = "read_uncommitted"};
        int status = parse(&c, &a, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        struct client_config config = client_config_default();
        config.bootstrap_servers = a.server;
        config.client_id = "console-consumer";
        status = real_client_open(&c.client, c.command, &config);
        if (status != CLI_GO_ON)
                return status;
        open_consumer(&c);
        interrupts_catch();
        status = assign(&c);
        if (status == CLI_GO_ON)
                status = run(&c);
        consumer_close(c.consumer);
        real_client_close(&c.client);
        free(c.at_end);
        return status;
}
