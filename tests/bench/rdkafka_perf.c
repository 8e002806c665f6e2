/* rdkafka_perf: the Kafka client that all brokers are measured with, the same flags for all.
 *
 * usage: rdkafka_perf produce SERVERS TOPIC [OPTION=VALUE...] [SETTING=VALUE...]
 *        rdkafka_perf consume SERVERS TOPIC [OPTION=VALUE...] [SETTING=VALUE...]
 *        rdkafka_perf mock                     librdkafka's mock cluster, until its input ends
 *   size=100        bytes of a message
 *   seconds=1       how long (consume: from the first message, or to the end of the log)
 *   count=N         so many messages instead; consume waits for them, up to 30 s
 *   bytes=N         produce: end at so many bytes of messages, if they come sooner
 *   partitions=1    of the topic; producing goes over them as librdkafka likes
 * What has a dot or is none of these is a setting of librdkafka.
 *
 * It is like librdkafka's own rdkafka_performance; but that one reports in steps of up to a second,
 * so its short runs are quantised, and it does not tell what it spent itself. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <unistd.h>

#include "perf.h"

enum { CALL_MS = 30000, BATCH = 1000, CLOCK_EVERY = 256 };

struct run {
        const char *topic;
        size_t size;
        double seconds;
        int64_t count; /* 0: by time */
        double bytes_max;
        int partitions;
        struct perf perf;
        int64_t failed;
};

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
        struct run *r = opaque;
        (void)rk;
        if (message->err)
                r->failed++;
        else
                perf_count(&r->perf, 1, (int64_t)message->len);
}

static bool is_own_option(const char *argument)
{
        static const char *const own[] = {"size=", "seconds=", "count=", "bytes=", "partitions="};
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
                if (strncmp(argument, own[i], strlen(own[i])) == 0)
                        return true;
        return false;
}

static void set(rd_kafka_conf_t *conf, const char *key, const char *value)
{
        char why[256];
        if (rd_kafka_conf_set(conf, key, value, why, sizeof why) != RD_KAFKA_CONF_OK)
                perf_die("%s", why);
}

static rd_kafka_t *make(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
        char why[256];
        rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
        if (!rk)
                perf_die("%s", why);
        return rk;
}

static rd_kafka_conf_t *settings(struct run *r, int argc, char **argv)
{
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        set(conf, "bootstrap.servers", argv[2]);
        set(conf, "log.connection.close", "false");
        rd_kafka_conf_set_opaque(conf, r);
        for (int i = 4; i < argc; i++) {
                char *equals = strchr(argv[i], '=');
                if (!equals)
                        perf_die("not a setting: '%s'", argv[i]);
                if (is_own_option(argv[i]))
                        continue;
                *equals = 0;
                set(conf, argv[i], equals + 1);
        }
        return conf;
}

/* --- produce --- */

/* The clock begins when the topic is known: how long a cluster takes to say so is another question.
 */
static void await_topic(rd_kafka_t *rk, rd_kafka_topic_t *topic)
{
        for (double begun = perf_now_s(); perf_now_s() - begun < CALL_MS / 1000;) {
                const struct rd_kafka_metadata *metadata;
                if (rd_kafka_metadata(rk, 0, topic, &metadata, CALL_MS) == 0) {
                        bool known = metadata->topic_cnt == 1 && metadata->topics[0].err == 0 &&
                                     metadata->topics[0].partition_cnt > 0;
                        for (int i = 0; known && i < metadata->topics[0].partition_cnt; i++)
                                known = metadata->topics[0].partitions[i].leader >= 0;
                        rd_kafka_metadata_destroy(metadata);
                        if (known)
                                return;
                }
                usleep(20000);
        }
        perf_die("the topic has no leader");
}

static bool goes_on(const struct run *r, int64_t sent)
{
        if ((double)sent * (double)r->size >= r->bytes_max)
                return false;
        if (r->count)
                return sent < r->count;
        return sent % CLOCK_EVERY != 0 || perf_elapsed_s(&r->perf) < r->seconds;
}

static void produce(struct run *r, rd_kafka_conf_t *conf)
{
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
        rd_kafka_t *rk = make(RD_KAFKA_PRODUCER, conf);
        rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, r->topic, NULL);
        char *payload = perf_payload(r->size);
        await_topic(rk, topic);
        perf_begin(&r->perf);
        int64_t sent = 0;
        while (goes_on(r, sent)) {
                while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, payload, r->size, NULL, 0,
                                        NULL)) {
                        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                                perf_die("%s", rd_kafka_err2str(rd_kafka_last_error()));
                        rd_kafka_poll(rk, 10);
                }
                if (++sent % CLOCK_EVERY == 0)
                        rd_kafka_poll(rk, 0);
        }
        if (rd_kafka_flush(rk, CALL_MS) || r->failed || r->perf.messages != sent)
                perf_die("%lld of %lld messages were acknowledged", (long long)r->perf.messages,
                         (long long)sent);
        perf_report(&r->perf);
        rd_kafka_topic_destroy(topic);
        rd_kafka_destroy(rk);
        free(payload);
}

/* --- consume --- */

static rd_kafka_queue_t *assign_from_the_beginning(rd_kafka_t *rk, const struct run *r)
{
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(r->partitions);
        for (int i = 0; i < r->partitions; i++)
                rd_kafka_topic_partition_list_add(list, r->topic, i)->offset = 0;
        if (rd_kafka_assign(rk, list))
                perf_die("cannot assign");
        rd_kafka_topic_partition_list_destroy(list);
        return rd_kafka_queue_get_consumer(rk);
}

/* Counts what came; false: an end of the log was among it. */
static bool take(struct run *r, rd_kafka_message_t **messages, ssize_t count)
{
        bool more = true;
        for (ssize_t i = 0; i < count; i++) {
                rd_kafka_resp_err_t error = messages[i]->err;
                if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                        more = false;
                else if (error)
                        perf_die("%s", rd_kafka_message_errstr(messages[i]));
                else
                        perf_count(&r->perf, 1, (int64_t)messages[i]->len);
                rd_kafka_message_destroy(messages[i]);
        }
        return more;
}

static void consume(struct run *r, rd_kafka_conf_t *conf)
{
        set(conf, "group.id", "bench");
        set(conf, "enable.auto.commit", "false");
        set(conf, "enable.partition.eof", "true");
        rd_kafka_t *rk = make(RD_KAFKA_CONSUMER, conf);
        rd_kafka_message_t **messages = calloc(BATCH, sizeof *messages);
        if (!messages)
                perf_die("out of memory");
        double started = perf_now_s();
        rd_kafka_queue_t *queue = assign_from_the_beginning(rk, r);
        int ends = 0;
        for (bool first = true;;) {
                ssize_t count = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);
                if (count > 0 && first && !messages[0]->err) {
                        perf_begin(&r->perf);
                        first = false;
                }
                /* An end of the log is only the present one while somebody produces. A broker says
                 * it when it has waited for more in vain: that is not the clock's. */
                int64_t before = r->perf.messages;
                bool more = take(r, messages, count);
                if (r->perf.messages > before)
                        perf_end(&r->perf);
                if (!more && !r->count && ++ends == r->partitions)
                        break;
                if (!first && (r->count ? r->perf.messages >= r->count
                                        : perf_elapsed_s(&r->perf) >= r->seconds))
                        break;
                if ((first || r->count) && perf_now_s() - started > CALL_MS / 1000)
                        perf_die("%lld messages came", (long long)r->perf.messages);
        }
        if (r->perf.messages == 0)
                perf_die("nothing to consume");
        perf_report(&r->perf);
        free(messages);
        rd_kafka_queue_destroy(queue);
        rd_kafka_destroy(rk);
}

/* --- mock --- */

static void mock(void)
{
        rd_kafka_t *rk = make(RD_KAFKA_PRODUCER, rd_kafka_conf_new());
        rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, 1);
        if (!cluster)
                perf_die("no mock cluster");
        printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
        fflush(stdout);
        char byte;
        while (read(0, &byte, 1) > 0)
                ;
        rd_kafka_mock_cluster_destroy(cluster);
        rd_kafka_destroy(rk);
}

int main(int argc, char **argv)
{
        if (argc == 2 && strcmp(argv[1], "mock") == 0) {
                mock();
                return 0;
        }
        bool producing = argc >= 4 && strcmp(argv[1], "produce") == 0;
        if (!producing && (argc < 4 || strcmp(argv[1], "consume") != 0))
                perf_die("usage: rdkafka_perf produce|consume SERVERS TOPIC [NAME=VALUE...], or "
                         "mock");
        struct run r = {.topic = argv[3],
                        .size = (size_t)perf_number(argc, argv, 4, "size", 100),
                        .seconds = perf_number(argc, argv, 4, "seconds", 1),
                        .count = (int64_t)perf_number(argc, argv, 4, "count", 0),
                        .bytes_max = perf_number(argc, argv, 4, "bytes", 1e18),
                        .partitions = (int)perf_number(argc, argv, 4, "partitions", 1)};
        rd_kafka_conf_t *conf = settings(&r, argc, argv);
        (producing ? produce : consume)(&r, conf);
        return 0;
}
