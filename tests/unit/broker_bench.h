/* broker_bench.h - one broker and one raw client on a simulated network, for tests of the APIs.
 *
 * The client writes frames with the message functions and keeps every answer; it retries nothing.
 */
#ifndef ODRADEK_TESTS_BROKER_BENCH_H
#define ODRADEK_TESTS_BROKER_BENCH_H

#include "broker/broker.h"
#include "sim/sim.h"
#include "wire/api.h"

enum { BENCH_CONNECTIONS = 3, BENCH_ANSWERS_MAX = 64 };

struct bench_answer {
        int connection;
        struct buffer bytes;
};

struct bench {
        struct sim *sim;
        struct sim_node *broker_node, *client_node;
        struct config config;
        struct broker *broker;
        struct actor client; /* the raw client's */
        int64_t streams[BENCH_CONNECTIONS];
        bool open[BENCH_CONNECTIONS];
        struct bench_answer answers[BENCH_ANSWERS_MAX];
        int answer_count, answer_taken;
        int32_t correlation;
        struct arena arena; /* of what answers were read into */
};

/* Boots the broker with "key=value" settings (NULL at the end) and opens the connections. */
void bench_open(struct bench *b, const char *const *settings);
void bench_close(struct bench *b);

/* After a boot: runs the world until the broker serves. */
void bench_wait_ready(struct bench *b);

/* A request: bench_ask(), write the body with the serde it returns, bench_send(). */
struct serde bench_ask(struct bench *b, enum api_key key, int16_t version);
void bench_send(struct bench *b, int connection, struct serde *out);

/* Runs the world until an answer is there (at most `wait_ms` of virtual time), takes it, and gives
 * a reader that stands at its body. False when none came. */
bool bench_answer(struct bench *b, enum api_key key, int16_t version, int64_t wait_ms,
                  struct serde *in, int *connection);

/* Runs the world for so long. */
void bench_run(struct bench *b, int64_t ms);

/* Ask and answer in one: the body is written by `request_serde`, read by `response_serde`. Fails
 * the test when no answer comes within 1,000 ms. */
#define bench_call(b, key, version, name, request, response)                        \
        do {                                                                        \
                struct serde out_ = bench_ask((b), (key), (version)), in_;          \
                serde_##name##_request(&out_, (request));                           \
                bench_send((b), 0, &out_);                                          \
                assert_true(bench_answer((b), (key), (version), 1000, &in_, NULL)); \
                serde_##name##_response(&in_, (response));                          \
                assert_int_equal(in_.err, KERR_NONE);                               \
                assert_true(in_.at == in_.end);                                     \
        } while (0)

/* A batch of `count` records "VALUE-0" … with that timestamp, appended to `into`. */
void bench_batch(struct buffer *into, const char *value, int count, int64_t timestamp);

#endif
