/* odradek producer-perf-test: how fast can records be sent, and how long does each take? The lines
 * are those of kafka-producer-perf-test.sh. */
#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cli/perf_stats.h"
#include "cli/producer_settings.h"
#include "cli/real_client.h"
#include "cli/transaction_step.h"

enum {
        REPORT_US = 5000000,
        STEP_US = 1000, /* records are handed over for so long before the network has its turn */
        BLOCKED_WAIT_MS = 100,
        SIZE_BITS = 24, /* of an opaque: see send_record() */
        RECORD_BYTES_MAX = (1 << SIZE_BITS) - 1,
        TRANSACTION_MS = 3000, /* Kafka's, when only the id is given */
};

struct producer_perf {
        const char *command, *topic, *payload_path;
        int64_t record_count, record_bytes; /* record_bytes 0: payloads come from the file */
        int64_t throughput;                 /* records a second; -1: as many as go */
        struct producer_settings settings;
        struct real_client client;
        struct producer *producer;
        struct transaction_steps transaction;
        int64_t transaction_ms; /* how long each lasts; 0: no transactions */
        int64_t transaction_since_us;

        struct rng rng;
        uint8_t *random_payload;
        struct buffer file;    /* of --payload-file */
        struct span *payloads; /* its lines */
        int64_t payload_count;

        struct perf_stats stats;
        int64_t failed; /* deliveries */
        enum kerr first_error;
};

/* --- payloads --- */

/* Random capital letters: as hard to compress as Kafka's. */
static struct span random_payload(struct producer_perf *p)
{
        size_t size = (size_t)p->record_bytes;
        uint64_t bits = 0;
        for (size_t i = 0; i < size; i++) {
                if (i % 8 == 0)
                        bits = rng_u64(&p->rng);
                p->random_payload[i] = (uint8_t)('A' + ((bits & 0xff) * 26 >> 8));
                bits >>= 8;
        }
        return span_of(p->random_payload, size);
}

static struct span next_payload(struct producer_perf *p)
{
        if (p->record_bytes > 0)
                return random_payload(p);
        return p->payloads[rng_between(&p->rng, 0, p->payload_count - 1)];
}

static bool read_file(const char *path, struct buffer *into)
{
        FILE *file = fopen(path, "r");
        if (!file)
                return false;
        enum { CHUNK_BYTES = 65536 };
        size_t got;
        while ((got = fread(buffer_reserve(into, CHUNK_BYTES), 1, CHUNK_BYTES, file)) > 0)
                into->size += got;
        bool sound = !ferror(file);
        fclose(file);
        return sound;
}

static int load_payloads(struct producer_perf *p)
{
        if (!read_file(p->payload_path, &p->file))
                return cli_fail(p->command, "cannot read %s: %s", p->payload_path, strerror(errno));
        p->payloads = calloc(p->file.size + 1, sizeof *p->payloads);
        if (!p->payloads)
                abort();
        for (size_t at = 0; at < p->file.size;) {
                const uint8_t *start = p->file.data + at;
                const uint8_t *newline = memchr(start, '\n', p->file.size - at);
                size_t size = newline ? (size_t)(newline - start) : p->file.size - at;
                if (size > RECORD_BYTES_MAX)
                        return cli_fail(p->command, "%s: a line is too long", p->payload_path);
                if (size > 0)
                        p->payloads[p->payload_count++] = span_of(start, size);
                at += size + 1;
        }
        if (p->payload_count == 0)
                return cli_fail(p->command, "%s holds no payloads", p->payload_path);
        return CLI_GO_ON;
}

/* --- sending --- */

/* Lets the network have its turn; says how it goes every five seconds. */
static void step(struct producer_perf *p, int wait_ms)
{
        real_client_step(&p->client, wait_ms);
        if (perf_now_us() - p->stats.window.start_us >= REPORT_US)
                perf_stats_print_window(&p->stats);
}

static void on_delivery(void *context, const struct delivery *delivery)
{
        struct producer_perf *p = context;
        uint64_t opaque = (uintptr_t)delivery->opaque;
        if (delivery->err && p->failed++ == 0)
                p->first_error = delivery->err;
        if (!delivery->err)
                perf_stats_add(&p->stats, p->stats.whole.start_us + (int64_t)(opaque >> SIZE_BITS),
                               (int64_t)(opaque & RECORD_BYTES_MAX));
}

static void on_transaction(void *context, enum transaction_step step, enum kerr err)
{
        struct producer_perf *p = context;
        (void)step;
        transaction_step_ended(&p->transaction, err);
}

static void begin_transaction(struct producer_perf *p)
{
        producer_begin_transaction(p->producer);
        p->transaction_since_us = perf_now_us();
}

/* Commits the transaction that has lasted long enough, and begins the next; false when it failed.
 */
static bool turn_transaction(struct producer_perf *p)
{
        if (perf_now_us() - p->transaction_since_us < p->transaction_ms * 1000)
                return true;
        if (transaction_step_run(&p->transaction, TRANSACTION_COMMIT) != CLI_GO_ON)
                return false;
        begin_transaction(p);
        return true;
}

static int end_transaction(struct producer_perf *p)
{
        switch (producer_transaction_state(p->producer)) {
        case TRANSACTION_OPEN: return transaction_step_run(&p->transaction, TRANSACTION_COMMIT);
        case TRANSACTION_ABORTABLE: return transaction_step_run(&p->transaction, TRANSACTION_ABORT);
        default: return CLI_GO_ON;
        }
}

/* What must be known at delivery fits the opaque itself: 40 bits of microseconds since the start
 * (12 days) and the size. */
static enum kerr send_record(struct producer_perf *p, struct span payload)
{
        uint64_t since_us = (uint64_t)(perf_now_us() - p->stats.whole.start_us);
        const struct producer_record record = {
                .topic = p->topic,
                .partition = -1,
                .value = payload,
                .timestamp_ms = -1,
        };
        return producer_send(p->producer, &record,
                             (void *)(uintptr_t)(since_us << SIZE_BITS | payload.size));
}

/* True when `sent` records are all that throughput allows by now. */
static bool is_ahead(const struct producer_perf *p, int64_t sent, int64_t now_us)
{
        double allowed = (double)(now_us - p->stats.whole.start_us) / 1e6 * (double)p->throughput;
        return p->throughput > 0 && (double)sent > allowed;
}

static enum kerr send_all(struct producer_perf *p)
{
        int64_t step_us = 0; /* when the last step was over */
        for (int64_t sent = 0; sent < p->record_count && !interrupted(); sent++) {
                struct span payload = next_payload(p);
                enum kerr err;
                while (is_ahead(p, sent, perf_now_us()) && !interrupted())
                        step(p, 1);
                while ((err = send_record(p, payload)) == KERR_QUEUE_FULL)
                        step(p, BLOCKED_WAIT_MS);
                if (err)
                        return err;
                if (perf_now_us() - step_us >= STEP_US) {
                        step(p, 0);
                        if (p->transaction_ms > 0 && !turn_transaction(p))
                                return KERR_OPERATION_NOT_ATTEMPTED;
                        step_us = perf_now_us();
                }
        }
        return KERR_NONE;
}

static int run(struct producer_perf *p)
{
        if (p->transaction_ms > 0) {
                if (transaction_step_run(&p->transaction, TRANSACTION_INIT) != CLI_GO_ON)
                        return CLI_FAILED;
                begin_transaction(p);
        }
        perf_stats_init(&p->stats, p->record_count);
        enum kerr err = send_all(p);
        producer_flush(p->producer);
        while (producer_pending(p->producer) > 0)
                step(p, BLOCKED_WAIT_MS);
        int status = end_transaction(p);
        if (p->settings.producer.acks == 0)
                real_client_drain(&p->client, p->topic);
        perf_stats_print_whole(&p->stats);
        perf_stats_deinit(&p->stats);
        if (err && p->failed == 0) /* else that is why */
                return cli_fail(p->command, "cannot send: %s", kerr_text(err));
        if (p->failed > 0)
                return cli_fail(p->command, "%lld records were not delivered; the first: %s",
                                (long long)p->failed, kerr_text(p->first_error));
        return status == CLI_GO_ON ? CLI_DONE : status;
}

/* --- the command --- */

static int parse(struct producer_perf *p, int argc, char **argv)
{
        struct cli_list properties = {0}, more_properties = {0};
        p->settings.client.bootstrap_servers = DEFAULT_SERVER;
        const struct cli_option options[] = {
                {"topic", CLI_TEXT, &p->topic, "T", "the topic", 0, 0},
                {"num-records", CLI_NUMBER, &p->record_count, "N", "how many records", 1,
                 INT64_MAX},
                {"record-size", CLI_NUMBER, &p->record_bytes, "B", "bytes of each, at random", 1,
                 RECORD_BYTES_MAX},
                {"payload-file", CLI_TEXT, &p->payload_path, "F",
                 "instead: lines of a file, at random", 0, 0},
                {"throughput", CLI_NUMBER, &p->throughput, "R",
                 "records a second at most; -1: no limit (-1)", -1, INT64_MAX},
                OPTION_SERVER(&p->settings.client.bootstrap_servers),
                {"transactional-id", CLI_TEXT, &p->settings.producer.transactional_id, "ID",
                 "send in transactions, under this id", 0, 0},
                {"transaction-duration-ms", CLI_NUMBER, &p->transaction_ms, "MS",
                 "send in transactions, and commit so often (3000)", 1, INT32_MAX},
                {"producer-props", CLI_LIST, &properties, "K=V...",
                 "such as acks=1 batch.size=65536 linger.ms=5", 0, 0},
        };
        const struct cli_usage usage = {
                .synopsis = "--topic T --num-records N --record-size B [options]",
                .text = "Sends records and tells how fast that went.",
                .example = "odradek producer-perf-test --topic perf --num-records 1000000 "
                           "--record-size 100 --producer-props acks=1 linger.ms=5",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, &more_properties);
        if (status != CLI_GO_ON)
                return status;
        if (!p->topic || p->record_count == 0)
                return cli_misuse(argv[0], "--topic and --num-records must be given");
        if ((p->record_bytes > 0) == (p->payload_path != NULL))
                return cli_misuse(argv[0], "give one of --record-size and --payload-file");
        status = producer_settings_apply(&p->settings, argv[0], &properties);
        if (status == CLI_GO_ON)
                status = producer_settings_apply(&p->settings, argv[0], &more_properties);
        if (p->transaction_ms > 0 && !p->settings.producer.transactional_id)
                p->settings.producer.transactional_id =
                        "performance-producer-default-transactional-id";
        if (p->transaction_ms == 0 && p->settings.producer.transactional_id)
                p->transaction_ms = TRANSACTION_MS;
        return status == CLI_GO_ON ? producer_settings_check(&p->settings, argv[0]) : status;
}

/* With everything loaded. */
static int connect_and_run(struct producer_perf *p)
{
        int status = real_client_open(&p->client, p->command, &p->settings.client);
        if (status != CLI_GO_ON)
                return status;
        p->settings.producer.context = p;
        p->settings.producer.on_delivery = on_delivery;
        p->settings.producer.on_transaction = on_transaction;
        p->producer = producer_open(p->client.client, &p->settings.producer);
        p->transaction = (struct transaction_steps){.client = &p->client, .producer = p->producer};
        interrupts_catch();
        status = real_client_find_topic(&p->client, p->topic, NULL);
        if (status == CLI_GO_ON)
                status = run(p);
        producer_close(p->producer);
        real_client_close(&p->client);
        return status;
}

int producer_perf_cmd(int argc, char **argv)
{
        struct producer_perf p = {
                .command = argv[0],
                .throughput = -1,
                .settings = producer_settings_default(),
        };
        int status = parse(&p, argc, argv);
        if (status != CLI_GO_ON)
                return status;
        rng_init(&p.rng, 0);
        p.random_payload = malloc((size_t)p.record_bytes + 1);
        if (!p.random_payload)
                abort();
        if (p.payload_path)
                status = load_payloads(&p);
        if (status == CLI_GO_ON)
                status = connect_and_run(&p);
        free(p.random_payload);
        free(p.payloads);
        buffer_deinit(&p.file);
        return status;
}
