/* producer.h - sends records: gathers them into batches, finds the leader, retries, reports.
 *
 *     producer_send -> batch of a partition -> (full, or linger.ms old) -> Produce to its leader
 *                          ^                                                 |
 *                          +---- retriable error, retry.backoff.ms later ----+--> on_delivery
 *
 * What is promised:
 *  (1) Each record that producer_send() took is reported exactly once.
 *  (2) A record reported without error is in the log as acks says: 0, it was handed to the network;
 *      1, the leader has it; -1, all in-sync replicas have it.
 *  (3) A record reported with an error and unknown == false is not in the log. With unknown == true
 *      it may be: the connection was lost or the time ran out after a send, or the broker gave up
 *      waiting for its followers. Nobody can tell; taking it for a failure is bug 33 of the zoo.
 *  (4) Records of one partition are in the log in the order of producer_send(), lost ones left out,
 *      because one batch of a partition is in flight at a time. With max_in_flight_per_partition
 *      above 1 a batch that is refused and sent again may end up behind its successor (KAFKA-3197).
 *      So may, in any case, a batch reported as unknown that an old connection delivers late.
 *  (5) A record may be in the log twice: a batch whose answer was lost is sent again.
 *
 * The report comes delivery.timeout.ms after producer_send() at the latest.
 * Source: Kafka's KafkaProducer, RecordAccumulator, Sender; KIP-91 (delivery.timeout.ms). */
#ifndef ODRADEK_CLIENT_PRODUCER_H
#define ODRADEK_CLIENT_PRODUCER_H

#include "client/client.h"
#include "client/partitioner.h"
#include "log/batch.h"
#include "log/compression.h"

struct producer;

struct delivery {
        void *opaque;  /* as given to producer_send() */
        enum kerr err; /* NONE: delivered */
        bool unknown;  /* with an error: the record may be in the log all the same */
        bool twice;    /* without one: an earlier attempt may be in the log as well; see (5) */
        const char *topic;
        int32_t partition;    /* -1: failed before one was chosen */
        int64_t offset;       /* -1: not delivered, or acks 0 */
        int64_t timestamp_ms; /* wall; as sent, or the broker's when the topic stamps records */
};

/* Named as Kafka's keys. */
struct producer_config {
        int16_t acks; /* -1 (all), 0 or 1 */
        enum compression compression_type;
        enum partitioner_kind partitioner;
        int32_t batch_size_bytes;
        int64_t linger_ms;
        int64_t buffer_memory_bytes;
        int32_t max_request_size_bytes;
        int32_t max_in_flight;               /* Produce requests per broker */
        int32_t max_in_flight_per_partition; /* batches; see (4) */
        int64_t request_timeout_ms;
        int64_t delivery_timeout_ms;
        int64_t retry_backoff_ms;
        void (*on_delivery)(void *context, const struct delivery *delivery);
        void *context;
};

/* Kafka's defaults (acks all, linger 0), no callback, one batch in flight per partition. */
struct producer_config producer_config_default(void);

/* Attaches a producer to the client, which must outlive it. on_delivery must be set. Never NULL. */
struct producer *producer_open(struct client *c, const struct producer_config *config);

struct producer_record {
        const char *topic;
        int32_t partition;      /* -1: the partitioner chooses */
        struct span key, value; /* data == NULL: null */
        const struct record_header *headers;
        int32_t header_count;
        int64_t timestamp_ms; /* wall; -1: now */
};

/* Takes a copy of the record. Errors, after which nothing is reported: QUEUE_FULL when
 * buffer.memory is used up, MESSAGE_TOO_LARGE when it is beyond max.request.size,
 * INVALID_TOPIC_EXCEPTION for a name that is empty or too long. */
enum kerr producer_send(struct producer *p, const struct producer_record *record, void *opaque);

/* Sends without waiting for linger.ms until nothing is pending. */
void producer_flush(struct producer *p);

/* Records taken and not yet reported. */
int64_t producer_pending(const struct producer *p);

/* Gives up: reports what is pending with OPERATION_NOT_ATTEMPTED, or with CONNECTION_FAILED and
 * unknown when it was sent, and frees. Flush and wait for producer_pending() == 0 before to lose
 * nothing. */
void producer_close(struct producer *p);

#endif
