/* odradek console-consumer: prints records, as kafka-console-consumer.sh does. */
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/consumer_settings.h"
#include "cli/record_printer.h"
#include "posix/clock.h"

enum { STEP_MS = 100, IDLE_MS = 1000 };

struct console_consumer {
        const char *command, *topic;
        struct record_printer printer;
        struct real_client client;
        struct consumer_settings settings; /* group.id NULL: without a group */
        struct consumer *consumer;

        int64_t partition;  /* -1: all */
        struct start start; /* without a group */
        bool exit_at_end;
        int64_t messages_max; /* -1: no limit */
        int64_t timeout_ms;   /* without a record; -1: none */

        int64_t messages;                              /* printed */
        int64_t last_ms;                               /* when the last one came */
        enum { NOT_OURS, READING, AT_END } * progress; /* by partition */
        int32_t progress_count;
        int64_t idle_since_ms; /* in the group, without a partition; 0: it is not, or was told */
        bool finished, failed;
};

/* --- partitions --- */

static void set_progress(struct console_consumer *c, int32_t partition, int progress)
{
        int32_t count = partition + 1;
        if (count > c->progress_count) {
                c->progress = realloc(c->progress, (size_t)count * sizeof *c->progress);
                if (!c->progress)
                        abort();
                for (int32_t i = c->progress_count; i < count; i++)
                        c->progress[i] = NOT_OURS;
                c->progress_count = count;
        }
        c->progress[partition] = progress;
}

static int32_t count_progress(const struct console_consumer *c, int progress)
{
        int32_t count = 0;
        for (int32_t i = 0; i < c->progress_count; i++)
                count += (int)c->progress[i] == progress;
        return count;
}

/* What comes now will not be printed, so it must not be committed either. */
static void finish(struct console_consumer *c)
{
        c->finished = true;
        for (int32_t i = 0; i < c->progress_count; i++)
                consumer_pause(c->consumer, c->topic, i);
}

/* --- what the consumer tells --- */

static void on_record(void *context, const struct consumer_record *record)
{
        struct console_consumer *c = context;
        if (c->finished)
                return;
        record_print(&c->printer, record, stdout);
        c->messages++;
        c->last_ms = clock_mono_ms();
        if (c->messages == c->messages_max)
                finish(c);
}

static void on_end(void *context, const char *topic, int32_t partition, int64_t offset)
{
        struct console_consumer *c = context;
        (void)topic;
        (void)offset;
        set_progress(c, partition, AT_END);
        if (c->exit_at_end && count_progress(c, READING) == 0)
                finish(c);
}

static void on_error(void *context, const char *topic, int32_t partition, int64_t offset,
                     enum kerr err)
{
        struct console_consumer *c = context;
        if (err == KERR_OFFSET_OUT_OF_RANGE &&
            c->settings.consumer.auto_offset_reset != OFFSET_RESET_NONE)
                return; /* it is logged, and reading goes on elsewhere */
        cli_fail(c->command, "topic %s, partition %d, offset %lld: %s", topic, partition,
                 (long long)offset, kerr_text(err));
        c->failed = true;
}

static void on_assigned(void *context, const struct consumer_partition *partitions, int32_t count)
{
        struct console_consumer *c = context;
        for (int32_t i = 0; i < count; i++)
                set_progress(c, partitions[i].partition, READING);
        bool idle = count_progress(c, NOT_OURS) == c->progress_count;
        c->idle_since_ms = idle ? clock_mono_ms() : 0;
}

/* Not at once: a cooperative group gives a new member its partitions in a second round. */
static void tell_idle(struct console_consumer *c)
{
        if (c->idle_since_ms == 0 || clock_mono_ms() - c->idle_since_ms < IDLE_MS)
                return;
        c->idle_since_ms = 0;
        cli_note(c->command, "the group has more members than partitions: this one reads nothing "
                             "for now");
}

static void on_revoked(void *context, const struct consumer_partition *partitions, int32_t count,
                       enum revocation how)
{
        struct console_consumer *c = context;
        (void)how;
        for (int32_t i = 0; i < count; i++)
                set_progress(c, partitions[i].partition, NOT_OURS);
}

static void on_group_error(void *context, enum kerr err)
{
        struct console_consumer *c = context;
        cli_fail(c->command, "group %s: %s", c->settings.consumer.group_id, kerr_text(err));
        c->failed = true;
}

/* --- the run --- */

static int assign(struct console_consumer *c)
{
        int32_t count;
        int status = real_client_find_topic(&c->client, c->topic, &count);
        if (status != CLI_GO_ON)
                return status;
        c->last_ms = clock_mono_ms();
        if (c->settings.consumer.group_id) {
                consumer_subscribe(c->consumer, &c->topic, 1);
                return CLI_GO_ON;
        }
        if (c->partition >= count)
                return cli_fail(c->command, "topic %s has no partition %lld, only 0 to %d",
                                c->topic, (long long)c->partition, count - 1);
        int32_t first = c->partition < 0 ? 0 : (int32_t)c->partition;
        int32_t end = c->partition < 0 ? count : first + 1;
        for (int32_t i = first; i < end; i++) {
                set_progress(c, i, READING);
                consumer_assign(c->consumer, c->topic, i, c->start);
        }
        return CLI_GO_ON;
}

static int run(struct console_consumer *c)
{
        bool can_write = true;
        while (!c->finished && !c->failed && can_write && !interrupted()) {
                real_client_step(&c->client, STEP_MS);
                consumer_polled(c->consumer);
                tell_idle(c);
                can_write = fflush(stdout) == 0 && !ferror(stdout);
                if (c->timeout_ms >= 0 && clock_mono_ms() - c->last_ms >= c->timeout_ms)
                        c->finished = true;
        }
        if (can_write)
                consumer_settings_leave(&c->client, c->consumer);
        fprintf(stderr, "Processed a total of %lld messages\n", (long long)c->messages);
        if (!can_write)
                return cli_fail(c->command, "cannot write to standard output");
        return c->failed ? CLI_FAILED : CLI_DONE;
}

/* --- the command --- */

struct arguments {
        const char *server, *offset, *isolation_level, *group;
        bool from_beginning;
        struct cli_list properties, consumer_properties;
};

/* Where to begin reading: of a group, where it has committed nothing yet. */
static int apply_start(struct console_consumer *c, const struct arguments *a)
{
        enum offset_reset *reset = &c->settings.consumer.auto_offset_reset;
        if (a->offset && (c->partition < 0 || a->from_beginning))
                return cli_misuse(c->command,
                                  "--offset goes with --partition, not with --from-beginning");
        if (a->from_beginning || (a->offset && strcmp(a->offset, "earliest") == 0))
                *reset = OFFSET_RESET_EARLIEST;
        c->start.kind = *reset == OFFSET_RESET_EARLIEST ? START_EARLIEST : START_LATEST;
        if (a->offset && cli_number(a->offset, 0, INT64_MAX, &c->start.value))
                c->start.kind = START_OFFSET;
        else if (a->offset && strcmp(a->offset, "latest") == 0)
                c->start.kind = START_LATEST;
        else if (a->offset && strcmp(a->offset, "earliest") != 0)
                return cli_misuse(c->command,
                                  "--offset must be a number, earliest or latest, not '%s'",
                                  a->offset);
        return CLI_GO_ON;
}

static int apply(struct console_consumer *c, const struct arguments *a)
{
        if (!c->topic)
                return cli_misuse(c->command, "--topic is missing");
        struct consumer_config *config = &c->settings.consumer;
        c->settings.client.bootstrap_servers = a->server;
        int status = consumer_settings_apply(&c->settings, c->command, &a->consumer_properties);
        if (status != CLI_GO_ON)
                return status;
        if (a->group)
                config->group_id = a->group;
        if (config->group_id && c->partition >= 0)
                return cli_misuse(c->command, "--partition does not go with a group");
        if (a->isolation_level && strcmp(a->isolation_level, "read_committed") == 0)
                config->isolation_level = READ_COMMITTED;
        else if (a->isolation_level && strcmp(a->isolation_level, "read_uncommitted") == 0)
                config->isolation_level = READ_UNCOMMITTED;
        else if (a->isolation_level)
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
                {"group", CLI_TEXT, &a->group, "G",
                 "share the partitions with its other members, and commit what was read", 0, 0},
                {"consumer-property", CLI_LIST, &a->consumer_properties, "K=V",
                 "a setting of the consumer, such as auto.offset.reset=earliest", 0, 0},
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
        struct consumer_config config = c->settings.consumer;
        config.context = c;
        config.on_record = on_record;
        config.on_end = on_end;
        config.on_error = on_error;
        config.on_assigned = on_assigned;
        config.on_revoked = on_revoked;
        config.on_group_error = on_group_error;
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
                .settings = consumer_settings_default("console-consumer"),
        };
        struct arguments a = {.server = DEFAULT_SERVER};
        int status = parse(&c, &a, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        status = real_client_open(&c.client, c.command, &c.settings.client);
        if (status != CLI_GO_ON)
                return status;
        open_consumer(&c);
        interrupts_catch();
        status = assign(&c);
        if (status == CLI_GO_ON)
                status = run(&c);
        consumer_close(c.consumer);
        real_client_close(&c.client);
        free(c.progress);
        return status;
}
