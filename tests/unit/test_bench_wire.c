/* Tests of bench/raw_client.h, null_broker.h, latency.h, and what targets.h and broker_process.h do
 * without a measurement. */
#include "bench/broker_process.h"
#include "bench/null_broker.h"
#include "bench/raw_client.h"
#include "bench/scratch.h"
#include "bench/targets.h"
#include "broker/broker.h"
#include "log/batch.h"
#include "posix/world_posix.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* --- helpers --- */

static struct raw_client *connect_to(int32_t port, const char *topic, int32_t partitions)
{
        struct raw_client *client;
        struct raw_place place = {"127.0.0.1", port, topic, partitions, 1};
        assert_int_equal(raw_client_open(&place, &client), KERR_NONE);
        return client;
}

static struct raw_load load_of(int64_t records, int32_t record_size, int32_t per_request)
{
        return (struct raw_load){.records = records,
                                 .in_flight = 4,
                                 .record_size = record_size,
                                 .records_per_request = per_request,
                                 .acks = 1,
                                 .max_bytes = 100000};
}

/* One connection, one run. */
static enum kerr run(int32_t port, const char *topic, int32_t partitions, bool produce,
                     const struct raw_load *load, struct raw_outcome *o)
{
        struct raw_client *client = connect_to(port, topic, partitions);
        enum kerr err = (produce ? raw_produce : raw_fetch)(&client, 1, load, o);
        raw_client_close(client);
        return err;
}

static atomic_bool null_stops;

static bool null_stop(void)
{
        return atomic_load(&null_stops);
}

static void *null_thread(void *broker)
{
        null_broker_serve(broker, null_stop);
        return NULL;
}

struct null_server {
        struct null_broker *broker;
        pthread_t thread;
        int32_t port;
};

static void null_start(struct null_server *s, const struct null_broker_config *config)
{
        assert_int_equal(null_broker_open(config, &s->broker), KERR_NONE);
        s->port = null_broker_port(s->broker);
        atomic_store(&null_stops, false);
        assert_int_equal(pthread_create(&s->thread, NULL, null_thread, s->broker), 0);
}

static void null_end(struct null_server *s)
{
        atomic_store(&null_stops, true);
        pthread_join(s->thread, NULL);
        null_broker_close(s->broker);
}

/* A real broker on a thread of this process. */
struct real_server {
        char data[64];
        struct config config;
        struct world *world;
        struct broker *broker;
        int32_t port;
        pthread_t thread;
        atomic_bool ready;
};

static void *real_thread(void *arg)
{
        struct real_server *s = arg;
        while (!broker_is_ready(s->broker))
                world_posix_step(s->world, -1);
        atomic_store(&s->ready, true);
        world_posix_run(s->world, NULL, NULL);
        return NULL;
}

static void real_start(struct real_server *s)
{
        struct posix_config posix = posix_config_default();
        posix.log_threshold = WORLD_ERROR;
        *s = (struct real_server){.data = "/tmp/odradek-wire-XXXXXX"};
        assert_non_null(mkdtemp(s->data));
        assert_int_equal(config_set(&s->config, CONFIG_LOG_DIRS,
                                    (struct str){s->data, (int32_t)strlen(s->data)}, NULL, 0),
                         KERR_NONE);
        assert_int_equal(world_posix_new(&posix, &s->world), KERR_NONE);
        assert_int_equal(world_posix_listen(s->world, "127.0.0.1", 0, &s->port), KERR_NONE);
        assert_int_equal(broker_open(s->world, &s->config, s->port, &s->broker), KERR_NONE);
        world_posix_set_actor(s->world, broker_actor(s->broker));
        assert_int_equal(pthread_create(&s->thread, NULL, real_thread, s), 0);
        while (!atomic_load(&s->ready))
                usleep(1000);
}

static void real_end(struct real_server *s)
{
        world_posix_stop(s->world);
        pthread_join(s->thread, NULL);
        assert_int_equal(broker_close(s->broker), KERR_NONE);
        world_posix_free(s->world);
        config_deinit(&s->config);
        scratch_remove(s->data);
}

/* --- latencies --- */

/* Goal:   a percentile is right to 0.8 %, over six orders of magnitude.
 * Method: 1 … 1000 times a unit, for units from 1 ns to 1 ms. */
static void percentiles_are_near(void **state)
{
        (void)state;
        for (int64_t unit = 1; unit <= 1000000; unit *= 10) {
                struct latency *l = calloc(1, sizeof *l);
                assert_non_null(l);
                for (int64_t i = 1; i <= 1000; i++)
                        latency_add(l, i * unit);
                const double parts[] = {0.001, 0.5, 0.99, 1};
                for (int i = 0; i < 4; i++) {
                        double us = latency_percentile_us(l, parts[i]);
                        double exact = parts[i] * 1000 * (double)unit / 1000;
                        assert_true(us > exact * 0.992 && us < exact * 1.008);
                }
                free(l);
        }
        struct latency none = {0};
        assert_true(latency_percentile_us(&none, 0.5) == 0);
}

/* --- against the null broker --- */

/* Goal:   the client counts what was answered, no more and no less.
 * Method: a number of records that is no multiple of a request's, with and without answers. */
static void produce_counts_are_exact(void **state)
{
        (void)state;
        struct null_server s;
        struct raw_outcome o;
        struct raw_load load = load_of(1001, 100, 10);
        struct null_broker_config config = null_broker_config_default();
        null_start(&s, &config);
        assert_int_equal(run(s.port, "t", 1, true, &load, &o), KERR_NONE);
        assert_int_equal(o.requests, 101);
        assert_int_equal(o.records, 1010);
        assert_int_equal(o.latency.count, 101);
        assert_true(o.bytes > 1010 * 100 && o.bytes < 1010 * 130);
        load.acks = 0;
        assert_int_equal(run(s.port, "t", 1, true, &load, &o), KERR_NONE);
        assert_int_equal(o.records, 1010);
        null_end(&s);
}

/* Goal:   the same of fetches, from memory; each answer is whole.
 * Method: 300 batches, several in flight, dropped in the kernel and copied. */
static void fetch_counts_are_exact(void **state)
{
        (void)state;
        struct null_server s;
        struct raw_outcome o;
        struct null_broker_config config = null_broker_config_default();
        config.record_size = 1000;
        config.fetch_bytes = 50000;
        null_start(&s, &config);
        for (int copy = 0; copy < 2; copy++) {
                struct raw_load load = load_of(1, 0, 0);
                load.copy = copy;
                load.max_bytes = 1; /* one batch, whatever its size */
                assert_int_equal(run(s.port, "t", 1, false, &load, &o), KERR_NONE);
                assert_int_equal(o.requests, 1);
                int64_t per_batch = o.records, bytes = o.bytes;
                assert_true(per_batch > 40 && per_batch <= 50);
                load.records = 300 * per_batch;
                assert_int_equal(run(s.port, "t", 1, false, &load, &o), KERR_NONE);
                assert_int_equal(o.requests, 300);
                assert_int_equal(o.records, 300 * per_batch);
                assert_int_equal(o.bytes, 300 * bytes);
        }
        null_end(&s);
}

/* Goal:   what is produced is in the file, batch by batch, each with the right CRC; and is handed
 *         out again from it by sendfile and by pread, to several partitions at once.
 * Method: 40 batches appended; walked; fetched two at a time. */
static void a_file_takes_and_gives(void **state)
{
        (void)state;
        char path[] = "/tmp/odradek-wire-XXXXXX";
        struct null_server s;
        struct raw_outcome o;
        struct raw_load load = load_of(400, 100, 10);
        struct null_broker_config config = null_broker_config_default();
        close(mkstemp(path));
        config.append = path;
        null_start(&s, &config);
        assert_int_equal(run(s.port, "t", 1, true, &load, &o), KERR_NONE);
        null_end(&s);

        uint8_t *bytes = malloc((size_t)o.bytes + 1);
        int fd = open(path, O_RDONLY);
        assert_int_equal(read(fd, bytes, (size_t)o.bytes + 1), o.bytes);
        close(fd);
        int64_t batch = o.bytes / 40;
        for (int i = 0; i < 40; i++) {
                struct batch_header header;
                struct span one = span_of(bytes + i * batch, (size_t)batch);
                assert_int_equal(batch_check(one, &header), KERR_NONE);
                assert_int_equal(header.records_count, 10);
        }
        free(bytes);

        config = null_broker_config_default();
        config.segment = path;
        config.partitions = 3;
        config.fetch = NULL_FETCH_SENDFILE;
        for (int i = 0; i < 2; i++, config.fetch = NULL_FETCH_PREAD) {
                load = load_of(1200, 0, 0);
                load.max_bytes = (int32_t)(2 * batch + 1);
                null_start(&s, &config);
                assert_int_equal(run(s.port, "t", 3, false, &load, &o), KERR_NONE);
                null_end(&s);
                assert_int_equal(o.requests, 20); /* of 3 partitions, 2 batches, 10 records */
                assert_int_equal(o.records, 1200);
                assert_int_equal(o.bytes, 120 * batch);
        }
        unlink(path);
}

/* --- against a real broker --- */

/* Goal:   what the client says it wrote is in the log, once, and all of it can be fetched.
 * Method: two connections, three partitions in turn; end offsets; a fetch of all. */
static void a_real_broker_agrees(void **state)
{
        struct real_server *s = *state;
        struct raw_client *clients[2] = {connect_to(s->port, "agrees", 3),
                                         connect_to(s->port, "agrees", 3)};
        struct raw_outcome o;
        struct raw_load load = load_of(12000, 50, 10);
        int64_t end;
        assert_int_equal(raw_client_partitions(clients[0]), 3);
        assert_int_equal(raw_fetch(clients, 2, &load, &o), KERR_END_OF_FILE);
        assert_int_equal(raw_produce(clients, 2, &load, &o), KERR_NONE);
        assert_int_equal(o.records, 12000);
        int64_t bytes = o.bytes;
        assert_int_equal(raw_client_end_offset(clients[0], 3, &end), KERR_NONE);
        assert_int_equal(end, 4000);
        /* One client reads it once: 4000 records of each partition in answers of 120. */
        load.max_bytes = (int32_t)(bytes / 1200 * 12);
        load.records = 34 * 3 * 120;
        assert_int_equal(raw_fetch(clients, 1, &load, &o), KERR_NONE);
        assert_int_equal(o.requests, 34);
        assert_int_equal(o.records, 12000);
        assert_int_equal(o.bytes, bytes);
        for (int i = 0; i < 2; i++)
                raw_client_close(clients[i]);
}

/* Goal:   a record reaches a waiting consumer, one at a time.
 * Method: 50 of them; the log has grown by so many. */
static void records_go_from_end_to_end(void **state)
{
        struct real_server *s = *state;
        struct raw_client *producer = connect_to(s->port, "e2e", 1);
        struct raw_client *consumer = connect_to(s->port, "e2e", 1);
        struct raw_outcome o;
        struct raw_load load = load_of(50, 100, 1);
        int64_t end;
        assert_int_equal(raw_end_to_end(producer, consumer, &load, &o), KERR_NONE);
        assert_int_equal(o.records, 50);
        assert_int_equal(o.latency.count, 50);
        assert_int_equal(raw_client_end_offset(producer, 1, &end), KERR_NONE);
        assert_int_equal(end, 50);
        raw_client_close(producer);
        raw_client_close(consumer);
}

/* Goal:   an error code in an answer ends the run with that code.
 * Method: a batch above message.max.bytes; a topic with too many replicas. */
static void error_codes_are_noticed(void **state)
{
        struct real_server *s = *state;
        struct raw_outcome o;
        struct raw_load load = load_of(100, 2000000, 1);
        assert_int_equal(run(s->port, "errors", 1, true, &load, &o), KERR_MESSAGE_TOO_LARGE);
        assert_int_equal(o.records, 0);
        struct raw_place place = {"127.0.0.1", s->port, "replicated", 1, 3};
        struct raw_client *client;
        assert_int_equal(raw_client_open(&place, &client), KERR_INVALID_REPLICATION_FACTOR);
        assert_null(client);
}

static int real_setup(void **state)
{
        *state = malloc(sizeof(struct real_server));
        real_start(*state);
        return 0;
}

static int real_teardown(void **state)
{
        real_end(*state);
        free(*state);
        return 0;
}

/* --- against a liar --- */

/* Takes one request and answers these bytes, then hangs up. */
struct liar {
        int listener;
        int32_t port;
        const uint8_t *bytes;
        size_t size;
};

static void *liar_thread(void *arg)
{
        const struct liar *l = arg;
        uint8_t request[1024];
        int fd = accept(l->listener, NULL, NULL);
        assert_true(fd >= 0);
        assert_true(recv(fd, request, sizeof request, 0) > 0);
        assert_int_equal(send(fd, l->bytes, l->size, 0), l->size);
        close(fd);
        return NULL;
}

static enum kerr ask_liar(const uint8_t *bytes, size_t size)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t address_size = sizeof address;
        struct liar l = {socket(AF_INET, SOCK_STREAM, 0), 0, bytes, size};
        struct raw_client *client;
        pthread_t thread;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        assert_int_equal(bind(l.listener, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(l.listener, 1), 0);
        getsockname(l.listener, (struct sockaddr *)&address, &address_size);
        assert_int_equal(pthread_create(&thread, NULL, liar_thread, &l), 0);
        struct raw_place place = {"127.0.0.1", ntohs(address.sin_port), "t", 1, 1};
        enum kerr err = raw_client_open(&place, &client);
        pthread_join(thread, NULL);
        close(l.listener);
        return err;
}

/* Goal:   answers that are cut off, too long, somebody else's or not there are told apart, and
 *         nobody waits for them.
 * Method: a server that answers the first request with such bytes and hangs up. */
static void lies_are_noticed(void **state)
{
        (void)state;
        /* Length, correlation id, error code, number of APIs. */
        static const uint8_t sound[] = {0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
        uint8_t bytes[sizeof sound];
        assert_int_equal(ask_liar(sound, 0), KERR_CONNECTION_FAILED);
        assert_int_equal(ask_liar(sound, 3), KERR_TRUNCATED);
        assert_int_equal(ask_liar(sound, 9), KERR_TRUNCATED);
        assert_int_equal(ask_liar(sound, sizeof sound), KERR_UNSUPPORTED_VERSION); /* no API */
        memcpy(bytes, sound, sizeof bytes);
        bytes[7] = 2; /* of another request */
        assert_int_equal(ask_liar(bytes, sizeof bytes), KERR_MALFORMED);
        memcpy(bytes, sound, sizeof bytes);
        bytes[13] = 5; /* more APIs than there are bytes */
        assert_int_equal(ask_liar(bytes, sizeof bytes), KERR_TRUNCATED);
        memcpy(bytes, sound, sizeof bytes);
        bytes[0] = 0x7f;
        assert_int_equal(ask_liar(bytes, sizeof bytes), KERR_MALFORMED);
        memcpy(bytes, sound, sizeof bytes);
        bytes[9] = KERR_NOT_CONTROLLER;
        assert_int_equal(ask_liar(bytes, sizeof bytes), KERR_NOT_CONTROLLER);
}

/* --- processes and verdicts --- */

/* Goal:   a program that is no broker, or is not there, is an error, and leaves nothing behind.
 * Method: both. */
static void no_broker_is_an_error(void **state)
{
        (void)state;
        const char *const programs[] = {"/bin/true", "/nowhere/odradek"};
        char directory[] = "/tmp/odradek-wire-XXXXXX", data[80];
        assert_non_null(mkdtemp(directory));
        snprintf(data, sizeof data, "%s/data", directory);
        for (int i = 0; i < 2; i++) {
                struct broker_process b, three[3];
                struct broker_process_config config = {.program = programs[i], .data = data};
                char why[CASE_WHY_BYTES] = "";
                assert_false(broker_process_start(&b, &config, why));
                assert_int_equal(b.pid, 0);
                assert_true(*why);
                assert_false(broker_cluster_start(three, 3, &config, why));
        }
        assert_int_equal(rmdir(directory), 0);
}

/* Goal:   a target is met by its median, and nothing is said of a disturbed one.
 * Method: one row of each sense, three runs. */
static void verdicts_follow_the_median(void **state)
{
        (void)state;
        struct target_trial trial = {
                .name = "t",
                .raw = "",
                .row_count = 2,
                .rows = {{"more", "x", TARGET_RATIO_AT_LEAST, 0.5, 0.8, 1},
                         {"less", "x", TARGET_VALUE_AT_MOST, 10, 10, 1}},
        };
        struct bench_case c = {.knobs = &trial};
        assert_int_equal(target_judge(&c, 0), TARGET_SKIPPED);
        const double ratios[] = {0.1, 0.6, 0.9}, values[] = {9, 11, 12};
        c.runs = 3;
        for (int i = 0; i < 3; i++) {
                c.values[i][2] = ratios[i];
                c.values[i][TARGET_FIGURES + 2] = values[i];
        }
        assert_int_equal(target_judge(&c, 0), TARGET_MET);
        assert_int_equal(target_judge(&c, 1), TARGET_MISSED);
        c.values[1][2] = 0.85;
        c.values[1][TARGET_FIGURES + 2] = 10;
        assert_int_equal(target_judge(&c, 0), TARGET_EXCEEDED);
        assert_int_equal(target_judge(&c, 1), TARGET_EXCEEDED);
        c.disturbed = 1;
        assert_int_equal(target_judge(&c, 0), TARGET_NOISY);
        assert_string_equal(target_verdict_name(TARGET_NOISY), "noisy");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(percentiles_are_near),
                cmocka_unit_test(produce_counts_are_exact),
                cmocka_unit_test(fetch_counts_are_exact),
                cmocka_unit_test(a_file_takes_and_gives),
                cmocka_unit_test_setup_teardown(a_real_broker_agrees, real_setup, real_teardown),
                cmocka_unit_test_setup_teardown(records_go_from_end_to_end, real_setup,
                                                real_teardown),
                cmocka_unit_test_setup_teardown(error_codes_are_noticed, real_setup, real_teardown),
                cmocka_unit_test(lies_are_noticed),
                cmocka_unit_test(no_broker_is_an_error),
                cmocka_unit_test(verdicts_follow_the_median),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
