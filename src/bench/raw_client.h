/* raw_client.h - a Kafka client without a client library, to show what a broker can do.
 *
 * A client library costs half a microsecond a record, twice what a broker does: measured through
 * one, all brokers look alike. This client makes one batch, once, and sends the same bytes again
 * and again; of the answers it reads the error codes, and throws the records away. That costs it
 * 0.02 us a record.
 *
 *     place    a broker's address and a topic; the topic is made when it is not there
 *     client   one connection, to the leader of the topic's partition 0
 *     load     what is asked of one or several clients, and until when
 *     outcome  how much was answered, how fast, and what it cost on both sides
 *
 * (1) Only answers count: what was sent and not answered is in no figure (but with acks 0 there are
 *     none, and what the kernel took counts).
 * (2) An error code in an answer, an answer to another question, one that is cut off or does not
 *     follow its format, each ends the run with that error.
 * (3) Of a topic in a cluster only the partitions are used that the leader of partition 0 leads.
 * (4) A fetching client asks for whole batches by offset, several answers ahead. So all batches
 *     must be of the size of the first, as raw_produce() makes them.
 * (5) Fields are used that Apache Kafka 2.4 to 4.x know: Produce up to 8, Fetch 11.
 *
 * One thread; calls block. Errors: codes of the broker; CONNECTION_FAILED, TIMED_OUT_LOCALLY,
 * TRUNCATED, MALFORMED, UNSUPPORTED_VERSION. */
#ifndef ODRADEK_BENCH_RAW_CLIENT_H
#define ODRADEK_BENCH_RAW_CLIENT_H

#include "base/errors.h"
#include "bench/latency.h"
#include "bench/usage.h"

#include <stdbool.h>
#include <sys/types.h>

enum { RAW_IN_FLIGHT_MAX = 64, RAW_TIMEOUT_MS = 60000 };

struct raw_place {
        const char *host; /* a name or an address; one of the cluster's brokers */
        int32_t port;
        const char *topic;
        int32_t partitions; /* when it has to be made */
        int16_t replication_factor;
};

struct raw_client;

/* Connects, makes the topic if it is missing, and waits until its partitions have leaders. */
enum kerr raw_client_open(const struct raw_place *place, struct raw_client **client);
void raw_client_close(struct raw_client *client); /* NULL is allowed */

/* How many partitions it can use, see (3). */
int32_t raw_client_partitions(const struct raw_client *client);

/* The smallest log end (for consumers) among the first `partitions`. */
enum kerr raw_client_end_offset(struct raw_client *client, int32_t partitions, int64_t *offset);

/* Ends at whichever limit comes first; zeros are no limits, one must be set. */
struct raw_load {
        double seconds;
        int64_t records;
        int32_t partitions; /* used in turn, or all in one Fetch; 0: all that there are */
        int32_t in_flight;  /* requests of each client that wait for their answers */

        /* Produce. */
        int32_t record_size, records_per_request; /* bytes of a value; one batch a request */
        int16_t acks;

        /* Fetch. */
        int32_t max_bytes; /* of a partition in one answer; rounded down to whole batches */
        bool copy;         /* read the records into memory; else they are dropped in the kernel */

        const pid_t *server_pids; /* whose CPU time is to be told */
        int server_pid_count;
};

struct raw_outcome {
        int64_t requests, records;
        int64_t bytes; /* of record batches */
        double seconds;
        struct usage spent;     /* by this process */
        double server_cpu_s;    /* by server_pids, user and system */
        struct latency latency; /* from sending to the end of the answer */
};

/* Each runs all clients in turn, so that none starves; *outcome holds what was answered until then
 * even when an error is returned.
 *
 * Appends one batch a request, to the partitions in turn. */
enum kerr raw_produce(struct raw_client **clients, int count, const struct raw_load *load,
                      struct raw_outcome *outcome);

/* Reads from offset 0 to the end and again. END_OF_FILE when there is nothing to read. */
enum kerr raw_fetch(struct raw_client **clients, int count, const struct raw_load *load,
                    struct raw_outcome *outcome);

/* One request at a time by `producer`; its latency ends when a Fetch of `consumer`, which waits at
 * the end of the log, brings it. Both are clients of one place; partition 0 is used. */
enum kerr raw_end_to_end(struct raw_client *producer, struct raw_client *consumer,
                         const struct raw_load *load, struct raw_outcome *outcome);

/* CPU seconds that these processes have spent so far. */
double raw_cpu_of(const pid_t *pids, int count);

#endif
