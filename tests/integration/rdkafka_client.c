/* rdkafka_client: consumers and producers on librdkafka, for the tests of groups and guarantees.
 *
 * usage: rdkafka_client COMMAND ARGUMENT... [SETTING=VALUE...]    settings of librdkafka
 *   produce SERVERS TOPIC PARTITIONS COUNT PER_SECOND
 *       idempotent unless told otherwise: the numbers 1, 2, 3 and so on, over the partitions in
 * turn, until COUNT or SIGTERM; a line "partition offset number" for each that was acknowledged. 0
 * PER_SECOND: no limit member SERVERS TOPIC GROUP NOTES a group consumer, until SIGTERM: processing
 * a record means to write "partition offset number" behind the file NOTES; its offset is committed
 * after that. A line "has 0 2 5" for each new assignment transactions SERVERS TOPIC PARTITIONS ID
 * COUNT transactions of ten records "transaction record verdict"; each third is aborted zombie
 * SERVERS TOPIC ID two producers with one transactional id, in partition 0; success when the older
 * one is fenced pipeline SERVERS FROM TO GROUP ID until SIGTERM: copies records to the same
 * partition of another topic, each once: the group's offsets are committed in the transaction that
 * holds the copies
 */
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALL_MS = 30000, BATCH = 40, RECORDS_PER_TRANSACTION = 10 };

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
        (void)number;
        stopped = 1;
}

static void die(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputc('\n', stderr);
        exit(1);
}

static int64_t now_ms(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- settings --- */

static void set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
        char why[256];
        if (rd_kafka_conf_set(conf, key, value, why, sizeof why) != RD_KAFKA_CONF_OK)
                die("%s", why);
}

/* Settings of the command line count last. Those that one kind of client does not know do no harm.
 */
static rd_kafka_conf_t *configure(const char *servers, char **settings)
{
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        set(conf, "bootstrap.servers", servers);
        set(conf, "enable.idempotence", "true");
        set(conf, "retry.backoff.ms", "50");
        set(conf, "reconnect.backoff.ms", "50");
        set(conf, "reconnect.backoff.max.ms", "300");
        set(conf, "topic.metadata.refresh.interval.ms", "1000");
        for (; *settings; settings++) {
                char *equals = strchr(*settings, '=');
                if (!equals)
                        die("not a setting: %s", *settings);
                *equals = '\0';
                set(conf, *settings, equals + 1);
                *equals = '=';
        }
        return conf;
}

static rd_kafka_t *open_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
        char why[256];
        rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof why);
        if (!client)
                die("%s", why);
        return client;
}

/* --- produce --- */

static int failures; /* records that were not delivered */

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
        (void)producer;
        (void)opaque;
        if (message->err) {
                failures++;
                fprintf(stderr, "%.*s is not delivered: %s\n", (int)message->len,
                        (char *)message->payload, rd_kafka_err2str(message->err));
        } else if (message->_private) {
                printf("%d %lld %.*s\n", message->partition, (long long)message->offset,
                       (int)message->len, (char *)message->payload);
        }
}

/* print: a line when it is acknowledged. */
static void send_record(rd_kafka_t *producer, const char *topic, int partition, const void *value,
                        size_t size, bool print)
{
        static char wanted;
        rd_kafka_resp_err_t err;
        while ((err = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic),
                                        RD_KAFKA_V_PARTITION(partition),
                                        RD_KAFKA_V_VALUE((void *)value, size),
                                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                        RD_KAFKA_V_OPAQUE(print ? &wanted : NULL),
                                        RD_KAFKA_V_END)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
                rd_kafka_poll(producer, 100);
        if (err)
                die("cannot produce: %s", rd_kafka_err2str(err));
}

static int produce(char **a)
{
        const char *topic = a[1];
        int partitions = atoi(a[2]), count = atoi(a[3]), per_second = atoi(a[4]);
        rd_kafka_conf_t *conf = configure(a[0], a + 5);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, conf);
        int64_t begun_ms = now_ms();
        for (int n = 1; n <= count && !stopped; n++) {
                char value[16];
                int size = snprintf(value, sizeof value, "%d", n);
                send_record(producer, topic, n % partitions, value, (size_t)size, true);
                int64_t due_ms = per_second ? begun_ms + (int64_t)n * 1000 / per_second : 0;
                do {
                        int64_t left_ms = due_ms - now_ms();
                        rd_kafka_poll(producer, left_ms > 0 ? (int)left_ms : 0);
                } while (now_ms() < due_ms && !stopped);
        }
        rd_kafka_flush(producer, 2 * CALL_MS);
        int left = rd_kafka_outq_len(producer);
        if (left > 0)
                fprintf(stderr, "%d are not delivered\n", left);
        rd_kafka_destroy(producer);
        return failures > 0 || left > 0;
}

/* --- member --- */

static void print_assignment(rd_kafka_t *consumer)
{
        rd_kafka_topic_partition_list_t *list;
        if (rd_kafka_assignment(consumer, &list))
                return;
        rd_kafka_topic_partition_list_sort(list, NULL, NULL);
        printf("has");
        for (int i = 0; i < list->cnt; i++)
                printf(" %d", list->elems[i].partition);
        putchar('\n');
        rd_kafka_topic_partition_list_destroy(list);
}

/* What is given up was processed, and is committed first: the next owner begins behind it. */
static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
        bool *was_revoked = opaque;
        bool cooperative = strcmp(rd_kafka_rebalance_protocol(consumer), "COOPERATIVE") == 0;
        bool given = err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if (was_revoked)
                *was_revoked |= !given;
        else if (!given && !rd_kafka_assignment_lost(consumer))
                rd_kafka_commit(consumer, NULL, 0);
        if (!cooperative)
                rd_kafka_assign(consumer, given ? list : NULL);
        else if (given)
                rd_kafka_error_destroy(rd_kafka_incremental_assign(consumer, list));
        else
                rd_kafka_error_destroy(rd_kafka_incremental_unassign(consumer, list));
        print_assignment(consumer);
}

/* was_revoked: set when partitions are; NULL: offsets are committed then. */
static rd_kafka_t *join(const char *servers, const char *topic, const char *group, char **settings,
                        bool *was_revoked)
{
        rd_kafka_conf_t *conf = configure(servers, settings);
        set(conf, "group.id", group);
        set(conf, "auto.offset.reset", "earliest");
        set(conf, "enable.auto.commit", "false");
        set(conf, "enable.auto.offset.store", "false");
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        rd_kafka_conf_set_opaque(conf, was_revoked);
        rd_kafka_t *consumer = open_client(RD_KAFKA_CONSUMER, conf);
        rd_kafka_poll_set_consumer(consumer);
        rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
        rd_kafka_resp_err_t err = rd_kafka_subscribe(consumer, topics);
        if (err)
                die("cannot subscribe: %s", rd_kafka_err2str(err));
        rd_kafka_topic_partition_list_destroy(topics);
        return consumer;
}

static bool is_record(const rd_kafka_message_t *message)
{
        if (message->err)
                fprintf(stderr, "%s\n", rd_kafka_message_errstr(message));
        return !message->err;
}

static int member(char **a)
{
        rd_kafka_t *consumer = join(a[0], a[1], a[2], a + 4, NULL);
        FILE *notes = fopen(a[3], "a");
        if (!notes)
                die("cannot write %s", a[3]);
        int processed = 0;
        while (!stopped) {
                rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
                if (message && is_record(message)) {
                        fprintf(notes, "%d %lld %.*s\n", message->partition,
                                (long long)message->offset, (int)message->len,
                                (char *)message->payload);
                        fflush(notes); /* a later kill -9 must not undo the processing */
                        rd_kafka_offset_store(message->rkt, message->partition, message->offset);
                        processed++;
                }
                if (processed >= BATCH || (!message && processed > 0)) {
                        rd_kafka_commit(consumer, NULL, 1);
                        processed = 0;
                }
                if (message)
                        rd_kafka_message_destroy(message);
        }
        rd_kafka_consumer_close(consumer);
        rd_kafka_destroy(consumer);
        fclose(notes);
        return 0;
}

/* --- transactions --- */

/* The error is taken. */
static void must(rd_kafka_error_t *error, const char *what)
{
        if (error)
                die("%s: %s: %s", what, rd_kafka_error_name(error), rd_kafka_error_string(error));
}

static rd_kafka_t *open_transactional(const char *servers, const char *id, char **settings)
{
        rd_kafka_conf_t *conf = configure(servers, settings);
        set(conf, "transactional.id", id);
        rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, conf);
        rd_kafka_error_t *error;
        int64_t deadline_ms = now_ms() + 2 * CALL_MS;
        while ((error = rd_kafka_init_transactions(producer, CALL_MS)) &&
               rd_kafka_error_is_retriable(error) && now_ms() < deadline_ms)
                rd_kafka_error_destroy(error);
        must(error, "init_transactions");
        return producer;
}

static int transactions(char **a)
{
        int partitions = atoi(a[2]), count = atoi(a[4]);
        rd_kafka_t *producer = open_transactional(a[0], a[3], a + 5);
        for (int t = 1; t <= count; t++) {
                bool aborted = t % 3 == 0;
                must(rd_kafka_begin_transaction(producer), "begin_transaction");
                for (int i = 0; i < RECORDS_PER_TRANSACTION; i++) {
                        char value[64];
                        int size = snprintf(value, sizeof value, "%d %d %s", t, i,
                                            aborted ? "aborted" : "committed");
                        send_record(producer, a[1], i % partitions, value, (size_t)size, false);
                }
                /* An abort would throw away what has not been sent; it shall be in the log. */
                if (rd_kafka_flush(producer, CALL_MS))
                        die("transaction %d: the records are not delivered", t);
                if (aborted)
                        must(rd_kafka_abort_transaction(producer, CALL_MS), "abort_transaction");
                else
                        must(rd_kafka_commit_transaction(producer, CALL_MS), "commit_transaction");
        }
        rd_kafka_destroy(producer);
        return 0;
}

static int zombie(char **a)
{
        rd_kafka_t *older = open_transactional(a[0], a[2], a + 3);
        must(rd_kafka_begin_transaction(older), "begin_transaction of the older");
        send_record(older, a[1], 0, "older", 5, false);
        if (rd_kafka_flush(older, CALL_MS))
                die("the older one's record is not delivered");

        rd_kafka_t *newer = open_transactional(a[0], a[2], a + 3);
        must(rd_kafka_begin_transaction(newer), "begin_transaction of the newer");
        send_record(newer, a[1], 0, "newer", 5, false);
        send_record(older, a[1], 0, "later", 5,
                    false); /* between the newer one's records, if it were let */
        rd_kafka_error_t *error = rd_kafka_commit_transaction(older, CALL_MS);
        must(rd_kafka_commit_transaction(newer, CALL_MS), "commit_transaction of the newer");
        if (!error)
                die("the older one could commit");
        printf("older: %s, %s\n", rd_kafka_error_name(error),
               rd_kafka_error_is_fatal(error) ? "fatal" : "not fatal");
        bool fenced = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__FENCED &&
                      rd_kafka_error_is_fatal(error);
        rd_kafka_error_destroy(error);
        rd_kafka_destroy(older);
        rd_kafka_destroy(newer);
        return !fenced;
}

/* --- pipeline --- */

struct pipeline {
        rd_kafka_t *consumer, *producer;
        const char *to;
        bool was_revoked; /* since the batch was begun: it may hold what others copy now */
};

/* Reads again from where the last committed transaction ended. */
static void rewind_input(struct pipeline *p)
{
        rd_kafka_topic_partition_list_t *list;
        if (rd_kafka_assignment(p->consumer, &list))
                return;
        if (list->cnt > 0) {
                rd_kafka_resp_err_t err = rd_kafka_committed(p->consumer, list, CALL_MS);
                if (err)
                        die("committed: %s", rd_kafka_err2str(err));
                for (int i = 0; i < list->cnt; i++) {
                        if (list->elems[i].offset < 0)
                                list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
                }
                must(rd_kafka_seek_partitions(p->consumer, list, CALL_MS), "seek");
        }
        rd_kafka_topic_partition_list_destroy(list);
}

static rd_kafka_error_t *send_offsets(struct pipeline *p)
{
        rd_kafka_topic_partition_list_t *list;
        if (rd_kafka_assignment(p->consumer, &list))
                return NULL;
        rd_kafka_position(p->consumer, list); /* of those never read: none, and they are left out */
        rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(p->consumer);
        rd_kafka_error_t *error =
                rd_kafka_send_offsets_to_transaction(p->producer, list, group, CALL_MS);
        rd_kafka_consumer_group_metadata_destroy(group);
        rd_kafka_topic_partition_list_destroy(list);
        return error;
}

static void abort_batch(struct pipeline *p, const char *why)
{
        fprintf(stderr, "aborts: %s\n", why);
        must(rd_kafka_abort_transaction(p->producer, CALL_MS), "abort_transaction");
        rewind_input(p);
}

/* Commits the open transaction, or aborts it; a fatal error ends the program. */
static void finish_batch(struct pipeline *p)
{
        bool committing = false;
        for (;;) {
                rd_kafka_error_t *error =
                        committing ? rd_kafka_commit_transaction(p->producer, CALL_MS)
                                   : send_offsets(p);
                if (!error && committing)
                        return;
                committing |= !error;
                if (!error)
                        continue;
                if (rd_kafka_error_txn_requires_abort(error)) {
                        abort_batch(p, rd_kafka_error_string(error));
                        rd_kafka_error_destroy(error);
                        return;
                }
                if (!rd_kafka_error_is_retriable(error))
                        must(error, committing ? "commit_transaction" : "send_offsets");
                rd_kafka_error_destroy(error);
        }
}

/* The transaction is open while records come, so that a kill mostly finds it open. */
static void copy_batch(struct pipeline *p)
{
        int count = 0;
        int64_t deadline_ms = now_ms() + 200;
        p->was_revoked = false;
        while (count < BATCH && now_ms() < deadline_ms) {
                rd_kafka_message_t *message = rd_kafka_consumer_poll(p->consumer, 50);
                if (message && is_record(message)) {
                        if (count++ == 0)
                                must(rd_kafka_begin_transaction(p->producer), "begin_transaction");
                        send_record(p->producer, p->to, message->partition, message->payload,
                                    message->len, false);
                }
                if (message)
                        rd_kafka_message_destroy(message);
        }
        if (count > 0 && p->was_revoked)
                abort_batch(p, "partitions were revoked");
        else if (count > 0)
                finish_batch(p);
}

static int pipeline(char **a)
{
        struct pipeline p = {.to = a[2]};
        p.producer = open_transactional(a[0], a[4], a + 5);
        p.consumer = join(a[0], a[1], a[3], a + 5, &p.was_revoked);
        while (!stopped)
                copy_batch(&p);
        rd_kafka_consumer_close(p.consumer);
        rd_kafka_destroy(p.consumer);
        rd_kafka_destroy(p.producer);
        return 0;
}

/* --- which --- */

int main(int argc, char **argv)
{
        static const struct {
                const char *name;
                int (*run)(char **arguments);
                int arguments;
        } commands[] = {
                {"produce", produce, 5},           {"member", member, 4},
                {"transactions", transactions, 5}, {"zombie", zombie, 3},
                {"pipeline", pipeline, 5},
        };
        signal(SIGTERM, on_signal);
        signal(SIGINT, on_signal);
        setvbuf(stdout, NULL, _IOLBF, 0);
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
                if (argc >= 2 + commands[i].arguments && strcmp(argv[1], commands[i].name) == 0)
                        return commands[i].run(argv + 2);
        }
        fprintf(stderr, "usage: see the head of rdkafka_client.c\n");
        return 2;
}
