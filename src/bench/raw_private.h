/* raw_private.h - what raw_client.c (a connection), raw_run.c (the course of a run),
 * raw_produce.c and raw_fetch.c (what is asked) share. */
#ifndef ODRADEK_BENCH_RAW_PRIVATE_H
#define ODRADEK_BENCH_RAW_PRIVATE_H

#include "bench/raw_client.h"
#include "wire/api.h"

enum { RAW_FETCH_VERSION = 11, RAW_ANSWER_BYTES_MAX = 64 << 20 };

struct raw_client {
        int fd;
        char *topic;
        int32_t *partitions; /* that this broker leads */
        int32_t partition_count;
        int16_t produce_version, list_offsets_version, metadata_version, create_topics_version;
        int32_t correlation; /* of the last request */

        struct buffer in;  /* received, not yet taken */
        struct buffer out; /* small requests that may go out together */

        int32_t pending; /* requests without an answer */
        int32_t turn;    /* the partition that is next */
        int64_t next_offset;
        int64_t sent_ns[RAW_IN_FLIGHT_MAX]; /* of request `correlation`, in its slot */
};

/* Begins a request; write its body with the serde, then finish with packet_finish(). */
struct packet *raw_request(struct raw_client *c, enum api_key key, int16_t version,
                           struct serde *out);

/* Sends the bytes at once, behind what waits in `out`. */
enum kerr raw_send(struct raw_client *c, struct span bytes);

/* Sends what waits in `out`. */
enum kerr raw_flush(struct raw_client *c);

/* Receives until `size` bytes are there, and what else has come, up to `most`. */
enum kerr raw_fill(struct raw_client *c, size_t size, size_t most);

/* Takes bytes off the front of `in`. */
void raw_drop(struct raw_client *c, size_t size);

/* Takes `size` bytes off the connection, by way of memory or not. */
enum kerr raw_discard(struct raw_client *c, int64_t size, bool copy);

/* The next answer as a whole: *in stands at its body. Drop *size bytes when done with it. */
enum kerr raw_answer(struct raw_client *c, enum api_key key, int16_t version, struct arena *arena,
                     struct serde *in, int32_t *correlation, size_t *size);

/* --- a run --- */

/* Its limits, and what has been asked for so far. */
struct raw_run {
        const struct raw_load *load;
        struct raw_outcome *outcome;
        int32_t partitions;
        int64_t requests_max; /* INT64_MAX: no limit */
        int64_t asked;
        int64_t start_ns, end_ns;
        struct usage usage_start;
        double server_start_s;
};

/* How many partitions the load uses. */
int32_t raw_load_partitions(const struct raw_load *load, const struct raw_client *client);

/* A clock that never goes back. */
int64_t raw_now_ns(void);

/* Sets the limits and starts the clocks. */
void raw_run_begin(struct raw_run *r, const struct raw_load *load, const struct raw_client *client,
                   int64_t records_per_request, struct raw_outcome *outcome);
void raw_run_end(struct raw_run *r);

/* True while the limits allow one more request. */
bool raw_may_ask(const struct raw_run *r);

/* A request goes out now; its correlation id is the client's last. */
void raw_note_asked(struct raw_run *r, struct raw_client *c);

/* An answer has come as a whole. MALFORMED unless it is to the oldest request. */
enum kerr raw_note_answered(struct raw_run *r, struct raw_client *c, int32_t correlation);

/* Producing, request by request: the context of these two is a struct raw_produce_run. */
struct raw_produce_run {
        struct raw_run run;
        struct packet *frame; /* the same for all requests, but for two numbers */
        uint8_t *index;       /* one of them: where the partition is in it */
        size_t batch_bytes;
};
void raw_produce_begin(struct raw_produce_run *p, const struct raw_load *load, struct raw_client *c,
                       struct raw_outcome *outcome);
enum kerr raw_produce_ask(void *context, struct raw_client *c);
enum kerr raw_produce_take(void *context, struct raw_client *c);
void raw_produce_end(struct raw_produce_run *p);

/* One request sent, one answer taken; `context` is the run's owner. */
struct raw_work {
        void *context;
        enum kerr (*ask)(void *context, struct raw_client *c);
        enum kerr (*take)(void *context, struct raw_client *c);
};

/* Until the limit is reached and all is answered: asks all that may be asked, then takes one answer
 * of each client. */
enum kerr raw_keep_busy(struct raw_run *r, struct raw_client **clients, int count,
                        const struct raw_work *work);

#endif
