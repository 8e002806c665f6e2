/* odradek consumer-perf-test: how fast can records be read? The lines are those of
 * kafka-consumer-perf-test.sh; without a group nothing rebalances, so that column is 0. */
#include "cli/commands.h"

#include <stdio.h>
#include <time.h>

#include "cli/consumer_settings.h"
#include "cli/perf_stats.h"
#include "posix/clock.h"

enum { STEP_MS = 100 };

struct consumer_perf {
        const char *command, *topic, *server;
        const char *group; /* NULL: none */
        int64_t messages_wanted, fetch_bytes, timeout_ms, interval_ms;
        bool detailed, hide_header, from_latest;
        struct real_client client;
        struct consumer *consumer;

        int64_t messages, bytes;
        int64_t last_us;       /* when the last record came */
        int64_t rebalance_us;  /* without an assignment, so far */
        int64_t unassigned_us; /* since when; 0: it is assigned */
        bool failed;
};

/* A moment of the run. */
struct mark {
        int64_t wall_ms, mono_us;
        int64_t messages, bytes;
        int64_t rebalance_us;
};

static struct mark mark_now(const struct consumer_perf *c)
{
        int64_t now_us = perf_now_us();
        int64_t open_us = c->unassigned_us > 0 ? now_us - c->unassigned_us : 0;
        return (struct mark){clock_wall_ms(), now_us, c->messages, c->bytes,
                             c->rebalance_us + open_us};
}

static void on_record(void *context, const struct consumer_record *record)
{
        struct consumer_perf *c = context;
        if (c->messages == c->messages_wanted)
                return;
        c->messages++;
        c->bytes += (int64_t)(record->key.size + record->value.size);
}

static void on_error(void *context, const char *topic, int32_t partition, int64_t offset,
                     enum kerr err)
{
        struct consumer_perf *c = context;
        if (err == KERR_OFFSET_OUT_OF_RANGE)
                return; /* it is logged, and reading goes on elsewhere */
        cli_fail(c->command, "topic %s, partition %d, offset %lld: %s", topic, partition,
                 (long long)offset, kerr_text(err));
        c->failed = true;
}

static void on_assigned(void *context, const struct consumer_partition *partitions, int32_t count)
{
        struct consumer_perf *c = context;
        (void)partitions;
        (void)count;
        if (c->unassigned_us > 0)
                c->rebalance_us += perf_now_us() - c->unassigned_us;
        c->unassigned_us = 0;
}

static void on_revoked(void *context, const struct consumer_partition *partitions, int32_t count,
                       enum revocation how)
{
        struct consumer_perf *c = context;
        (void)partitions;
        (void)count;
        (void)how;
        c->unassigned_us = perf_now_us();
}

static void on_group_error(void *context, enum kerr err)
{
        struct consumer_perf *c = context;
        cli_fail(c->command, "group %s: %s", c->group, kerr_text(err));
        c->failed = true;
}

/* --- what is printed --- */

static void print_time(int64_t wall_ms)
{
        time_t seconds = wall_ms / 1000;
        struct tm local;
        char text[40];
        localtime_r(&seconds, &local);
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
        printf("%s:%03d, ", text, (int)(wall_ms % 1000));
}

/* The numbers of a line: the totals, and the rates between two marks. */
static void print_rates(const struct mark *from, const struct mark *to)
{
        double elapsed_s = (double)(to->mono_us - from->mono_us + 1) / 1e6; /* never 0 */
        double mb_per_s = perf_megabytes(to->bytes - from->bytes) / elapsed_s;
        double messages_per_s = (double)(to->messages - from->messages) / elapsed_s;
        double rebalance_s = (double)(to->rebalance_us - from->rebalance_us) / 1e6;
        double fetch_s = elapsed_s - rebalance_s;
        printf("%.4f, %.4f, %lld, %.4f, %lld, %lld, %.4f, %.4f\n", perf_megabytes(to->bytes),
               mb_per_s, (long long)to->messages, messages_per_s, (long long)(rebalance_s * 1000),
               (long long)(fetch_s * 1000), mb_per_s * elapsed_s / fetch_s,
               messages_per_s * elapsed_s / fetch_s);
        fflush(stdout);
}

static void print_header(const struct consumer_perf *c)
{
        if (!c->hide_header)
                printf("%s, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, "
                       "rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n",
                       c->detailed ? "time, threadId" : "start.time, end.time");
}

/* --- the run --- */

static int assign(struct consumer_perf *c)
{
        int32_t count;
        int status = real_client_find_topic(&c->client, c->topic, &count);
        struct start start = {.kind = c->from_latest ? START_LATEST : START_EARLIEST};
        if (status == CLI_GO_ON && c->group) {
                c->unassigned_us = perf_now_us();
                consumer_subscribe(c->consumer, &c->topic, 1);
                return status;
        }
        for (int32_t i = 0; status == CLI_GO_ON && i < count; i++)
                consumer_assign(c->consumer, c->topic, i, start);
        return status;
}

/* True while the run goes on. */
static bool more_to_come(const struct consumer_perf *c)
{
        if (c->messages == c->messages_wanted || c->failed || interrupted())
                return false;
        if (perf_now_us() - c->last_us < c->timeout_ms * 1000)
                return true;
        cli_note(c->command, "stopping before all messages came: none for %lld ms (see --timeout)",
                 (long long)c->timeout_ms);
        return false;
}

static int run(struct consumer_perf *c)
{
        struct mark start = mark_now(c), shown = start;
        c->last_us = start.mono_us;
        print_header(c);
        while (more_to_come(c)) {
                int64_t before = c->messages;
                real_client_step(&c->client, STEP_MS);
                consumer_polled(c->consumer);
                if (c->messages > before)
                        c->last_us = perf_now_us();
                struct mark now = mark_now(c);
                if (c->detailed && now.mono_us - shown.mono_us >= c->interval_ms * 1000) {
                        print_time(now.wall_ms);
                        printf("0, ");
                        print_rates(&shown, &now);
                        shown = now;
                }
        }
        if (!c->detailed) {
                struct mark end = mark_now(c);
                print_time(start.wall_ms);
                print_time(end.wall_ms);
                print_rates(&start, &end);
        }
        consumer_settings_leave(&c->client, c->consumer);
        return c->failed ? CLI_FAILED : CLI_DONE;
}

/* --- the command --- */

static int parse(struct consumer_perf *c, int argc, char **argv)
{
        const struct cli_option options[] = {
                {"topic", CLI_TEXT, &c->topic, "T", "the topic", 0, 0},
                {"messages", CLI_NUMBER, &c->messages_wanted, "N", "how many to read", 1,
                 INT64_MAX},
                OPTION_SERVER(&c->server),
                {"fetch-size", CLI_NUMBER, &c->fetch_bytes, "BYTES",
                 "of a partition in one answer (1048576)", 1, INT32_MAX},
                {"timeout", CLI_NUMBER, &c->timeout_ms, "MS",
                 "give up when none came for so long (10000)", 1, INT32_MAX},
                {"from-latest", CLI_FLAG, &c->from_latest, NULL, "only new records", 0, 0},
                {"show-detailed-stats", CLI_FLAG, &c->detailed, NULL,
                 "a line for each interval instead of one for all", 0, 0},
                {"reporting-interval", CLI_NUMBER, &c->interval_ms, "MS", "see above (5000)", 1,
                 INT32_MAX},
                {"group", CLI_TEXT, &c->group, "G", "read as a member of this group", 0, 0},
                {"hide-header", CLI_FLAG, &c->hide_header, NULL, "only numbers", 0, 0},
        };
        const struct cli_usage usage = {
                .synopsis = "--topic T --messages N [options]",
                .text = "Reads records and tells how fast that went.",
                .example = "odradek consumer-perf-test --topic perf --messages 1000000",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status == CLI_GO_ON && (!c->topic || c->messages_wanted == 0))
                return cli_misuse(argv[0], "--topic and --messages must be given");
        return status;
}

static void open_consumer(struct consumer_perf *c)
{
        struct consumer_config config = consumer_config_default();
        config.max_partition_fetch_bytes = (int32_t)c->fetch_bytes;
        config.auto_offset_reset = c->from_latest ? OFFSET_RESET_LATEST : OFFSET_RESET_EARLIEST;
        config.group_id = c->group;
        config.context = c;
        config.on_record = on_record;
        config.on_error = on_error;
        config.on_assigned = on_assigned;
        config.on_revoked = on_revoked;
        config.on_group_error = on_group_error;
        c->consumer = consumer_open(c->client.client, &config);
}

int consumer_perf_cmd(int argc, char **argv)
{
        struct consumer_perf c = {
                .command = argv[0],
                .server = DEFAULT_SERVER,
                .fetch_bytes = 1048576,
                .timeout_ms = 10000,
                .interval_ms = 5000,
        };
        int status = parse(&c, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        struct client_config config = client_config_default();
        config.bootstrap_servers = c.server;
        config.client_id = "perf-consumer-client";
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
        return status;
}
