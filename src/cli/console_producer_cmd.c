/* odradek console-producer: each line of standard input becomes a record, as
 * kafka-console-producer.sh does. With a transactional.id the whole input is one transaction. */
#include "cli/commands.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/producer_settings.h"
#include "cli/real_client.h"
#include "cli/transaction_step.h"

enum {
        READ_BYTES = 256 * 1024, /* a large file costs few system calls */
        IDLE_WAIT_MS = 200,      /* for a line, when nothing is on its way */
        BUSY_WAIT_MS = 10,       /* for an answer, when a line may come as well */
        BLOCKED_WAIT_MS = 100,
};

struct console_producer {
        const char *command, *topic;
        struct producer_settings settings;
        struct real_client client;
        struct producer *producer;
        struct transaction_steps transaction;

        bool parse_key;
        const char *key_separator;

        struct buffer input; /* read and not yet sent: the beginning of a line */
        int64_t line;        /* the last one taken */
        int64_t failed;      /* deliveries */
        bool bad_input;
};

static void on_delivery(void *context, const struct delivery *delivery)
{
        struct console_producer *p = context;
        if (!delivery->err)
                return;
        if (p->failed++ == 0)
                cli_fail(p->command, "topic %s, partition %d: %s%s", delivery->topic,
                         delivery->partition, kerr_text(delivery->err),
                         delivery->unknown ? " (the record may have arrived all the same)" : "");
}

static void on_transaction(void *context, enum transaction_step step, enum kerr err)
{
        struct console_producer *p = context;
        (void)step;
        transaction_step_ended(&p->transaction, err);
}

/* Sends one record; waits while the producer's memory is full. */
static bool send_record(struct console_producer *p, struct span key, struct span value)
{
        const struct producer_record record = {
                .topic = p->topic,
                .partition = -1,
                .key = key,
                .value = value,
                .timestamp_ms = -1,
        };
        enum kerr err;
        while ((err = producer_send(p->producer, &record, NULL)) == KERR_QUEUE_FULL)
                real_client_step(&p->client, BLOCKED_WAIT_MS);
        if (err)
                cli_fail(p->command, "line %lld: %s", (long long)p->line, kerr_text(err));
        return !err;
}

static bool send_line(struct console_producer *p, struct span line)
{
        p->line++;
        if (!p->parse_key)
                return send_record(p, (struct span){0}, line);
        size_t separator_size = strlen(p->key_separator);
        const uint8_t *at = memmem(line.data, line.size, p->key_separator, separator_size);
        if (!at) {
                cli_fail(p->command, "line %lld has no key: there is no '%s' in it",
                         (long long)p->line, p->key_separator);
                return false;
        }
        size_t key_size = (size_t)(at - line.data);
        size_t value_at = key_size + separator_size;
        return send_record(p, span_of(line.data, key_size),
                           span_of(line.data + value_at, line.size - value_at));
}

/* Sends the whole lines that are in and keeps the rest. */
static bool send_lines(struct console_producer *p)
{
        struct span left = buffer_span(&p->input);
        const uint8_t *newline;
        while (left.size > 0 && (newline = memchr(left.data, '\n', left.size))) {
                size_t size = (size_t)(newline - left.data);
                if (!send_line(p, span_of(left.data, size)))
                        return false;
                left = span_of(newline + 1, left.size - size - 1);
        }
        if (left.size > (size_t)p->settings.producer.max_request_size_bytes) {
                cli_fail(p->command, "line %lld: %s", (long long)p->line + 1,
                         kerr_text(KERR_MESSAGE_TOO_LARGE));
                return false;
        }
        if (left.size > 0)
                memmove(p->input.data, left.data, left.size);
        p->input.size = left.size;
        return true;
}

/* Reads what is there. False at the end of the input, or when it is bad. */
static bool read_some(struct console_producer *p)
{
        ssize_t got = read(STDIN_FILENO, buffer_reserve(&p->input, READ_BYTES), READ_BYTES);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
                return true;
        if (got < 0) {
                p->bad_input = true;
                cli_fail(p->command, "cannot read standard input: %s", strerror(errno));
                return false;
        }
        p->input.size += (size_t)got;
        p->bad_input = !send_lines(p);
        if (got == 0 && !p->bad_input && p->input.size > 0)
                p->bad_input = !send_line(p, buffer_span(&p->input)); /* without a newline */
        return got > 0 && !p->bad_input;
}

/* True when there is something to read (or the end). */
static bool poll_input(int wait_ms)
{
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        return poll(&input, 1, wait_ms) > 0;
}

static int run(struct console_producer *p)
{
        bool more = true;
        while (more && !interrupted()) {
                bool busy = producer_pending(p->producer) > 0;
                bool ready = poll_input(busy ? 0 : IDLE_WAIT_MS);
                if (ready)
                        more = read_some(p);
                real_client_step(&p->client, busy && !ready ? BUSY_WAIT_MS : 0);
        }
        producer_flush(p->producer);
        while (producer_pending(p->producer) > 0)
                real_client_step(&p->client, BLOCKED_WAIT_MS);
        bool sound = p->failed == 0 && !p->bad_input && !interrupted();
        if (p->settings.producer.transactional_id &&
            transaction_step_run(&p->transaction, sound ? TRANSACTION_COMMIT : TRANSACTION_ABORT) !=
                    CLI_GO_ON)
                return CLI_FAILED;
        if (p->settings.producer.acks == 0)
                real_client_drain(&p->client, p->topic);
        if (p->failed > 0)
                return cli_fail(p->command, "%lld of %lld lines were not delivered",
                                (long long)p->failed, (long long)p->line);
        return p->bad_input ? CLI_FAILED : CLI_DONE;
}

/* --- the command --- */

struct arguments {
        const char *server;
        const char *acks, *codec, *batch_size, *partition_memory, *linger_ms, *memory;
        struct cli_list producer_properties, reader_properties;
};

static int apply_reader_properties(struct console_producer *p, const struct cli_list *list)
{
        for (int i = 0; i < list->count; i++) {
                struct str key = {0};
                const char *value;
                bool sound = cli_key_value(list->items[i], &key, &value);
                if (sound && str_equal_c(key, "parse.key"))
                        p->parse_key = strcmp(value, "true") == 0;
                else if (sound && str_equal_c(key, "key.separator") && *value != '\0')
                        p->key_separator = value;
                else
                        return cli_misuse(p->command,
                                          "--property must be parse.key=true or "
                                          "key.separator=TEXT, not '%s'",
                                          list->items[i]);
        }
        return CLI_GO_ON;
}

static int apply(struct console_producer *p, const struct arguments *a)
{
        /* Kafka's console producer waits longer than its library does by default. */
        p->settings.producer.linger_ms = 1000;
        p->settings.client.bootstrap_servers = a->server;
        int status = producer_settings_apply(&p->settings, p->command, &a->producer_properties);
        const struct {
                const char *key, *value;
        } flags[] = {
                {"acks", a->acks},
                {"compression.type", a->codec},
                {"batch.size", a->partition_memory},
                {"batch.size", a->batch_size},
                {"linger.ms", a->linger_ms},
                {"buffer.memory", a->memory},
        };
        for (size_t i = 0; i < sizeof flags / sizeof flags[0] && status == CLI_GO_ON; i++) {
                if (flags[i].value)
                        status = producer_settings_set(&p->settings, p->command,
                                                       str_of(flags[i].key), flags[i].value);
        }
        if (status == CLI_GO_ON)
                status = producer_settings_check(&p->settings, p->command);
        return status == CLI_GO_ON ? apply_reader_properties(p, &a->reader_properties) : status;
}

static int parse(struct console_producer *p, int argc, char **argv)
{
        struct arguments a = {.server = DEFAULT_SERVER};
        const struct cli_option options[] = {
                {"topic", CLI_TEXT, &p->topic, "T", "the topic", 0, 0},
                OPTION_SERVER(&a.server),
                {"property", CLI_LIST, &a.reader_properties, "K=V",
                 "parse.key=true, key.separator=TEXT (a tab)", 0, 0},
                {"producer-property", CLI_LIST, &a.producer_properties, "K=V",
                 "such as linger.ms=5, acks=1", 0, 0},
                {"request-required-acks", CLI_TEXT, &a.acks, "ACKS", "all (-1), 1 or 0 (all)", 0,
                 0},
                {"compression-codec", CLI_TEXT, &a.codec, "CODEC",
                 "none, gzip, snappy, lz4 or zstd (none)", 0, 0},
                {"batch-size", CLI_TEXT, &a.batch_size, "BYTES", "of a batch (16384)", 0, 0},
                {"max-partition-memory-bytes", CLI_TEXT, &a.partition_memory, "BYTES",
                 "the same; --batch-size goes first", 0, 0},
                {"timeout", CLI_TEXT, &a.linger_ms, "MS",
                 "how long a record may wait for others (1000)", 0, 0},
                {"max-memory-bytes", CLI_TEXT, &a.memory, "BYTES",
                 "of records on their way (33554432)", 0, 0},
        };
        const struct cli_usage usage = {
                .synopsis = "--topic T [options]",
                .text = "Sends each line of standard input as a record.",
                .example = "seq 10 | odradek console-producer --topic numbers",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        if (!p->topic)
                return cli_misuse(argv[0], "--topic is missing");
        return apply(p, &a);
}

int console_producer_cmd(int argc, char **argv)
{
        struct console_producer p = {
                .command = argv[0],
                .settings = producer_settings_default(),
                .key_separator = "\t",
        };
        int status = parse(&p, argc, argv);
        if (status == CLI_GO_ON)
                status = real_client_open(&p.client, p.command, &p.settings.client);
        if (status != CLI_GO_ON)
                return status;
        p.settings.producer.context = &p;
        p.settings.producer.on_delivery = on_delivery;
        p.settings.producer.on_transaction = on_transaction;
        p.producer = producer_open(p.client.client, &p.settings.producer);
        p.transaction = (struct transaction_steps){.client = &p.client, .producer = p.producer};
        interrupts_catch();
        status = real_client_find_topic(&p.client, p.topic, NULL);
        if (status == CLI_GO_ON && p.settings.producer.transactional_id) {
                status = transaction_step_run(&p.transaction, TRANSACTION_INIT);
                producer_begin_transaction(p.producer);
        }
        if (status == CLI_GO_ON)
                status = run(&p);
        producer_close(p.producer);
        real_client_close(&p.client);
        buffer_deinit(&p.input);
        return status;
}
