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
 *  (5) A record may be in the log twice: a batch whose answer was lost is sent again. Not with
 *      enable_idempotence: then each batch carries producer id, epoch and sequence number, the
 *      broker knows a repeat, up to five batches of a partition may be in flight and (4) holds
 *      without exception. A batch that nobody can tell the fate of keeps its numbers for every
 *      retry; when it must be given up, the producer asks for a new epoch before it goes on
 * (KIP-360). (6) With a transactional id, what is sent between producer_begin_transaction() and
 *      producer_end_transaction(commit) becomes visible to read_committed consumers altogether or
 *      not at all, the offsets of producer_send_offsets() included.
 *
 *     UNINITIALISED --init--> READY --begin--> IN_TRANSACTION --end--> COMMITTING, ABORTING -->
 * READY |  a record was lost, the time ran out
 *                                                   +--> ABORTABLE_ERROR (only end(abort) is left)
 *     any --fenced, an error nobody can mend--> FATAL_ERROR
 *
 * The report comes delivery.timeout.ms after producer_send() at the latest.
 * Source: Kafka's KafkaProducer, RecordAccumulator, Sender; KIP-91 (delivery.timeout.ms). */
#ifndef ODRADEK_CLIENT_PRODUCER_H
#define ODRADEK_CLIENT_PRODUCER_H

#include "client/client.h"
#include "client/group_metadata.h"
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

enum transaction_step {
        TRANSACTION_INIT,
        TRANSACTION_OFFSETS,
        TRANSACTION_COMMIT,
        TRANSACTION_ABORT
};

enum transaction_state {
        TRANSACTION_UNINITIALISED,
        TRANSACTION_READY,
        TRANSACTION_OPEN,
        TRANSACTION_ENDING,
        TRANSACTION_ABORTABLE, /* the transaction is lost, the producer is not */
        TRANSACTION_FATAL,     /* the producer is of no more use */
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
        int32_t max_in_flight_per_partition; /* batches; see (4). 0: 5 if idempotent, else 1 */
        int64_t request_timeout_ms;
        int64_t delivery_timeout_ms;
        int64_t retry_backoff_ms;
        bool enable_idempotence;        /* of no effect with acks 0 or 1; at most 5 in flight */
        const char *transactional_id;   /* NULL: none; else idempotence and acks all; copied */
        int32_t transaction_timeout_ms; /* transaction.timeout.ms: then the coordinator aborts */
        void (*on_delivery)(void *context, const struct delivery *delivery);
        /* The end of producer_init_transactions(), _send_offsets() or _end_transaction(). */
        void (*on_transaction)(void *context, enum transaction_step step, enum kerr err);
        void *context;
};

/* Kafka's defaults (acks all, linger 0, idempotence on with five batches in flight per partition,
 * transaction time-out 60 s), no callbacks. With idempotence off: one batch in flight. */
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
 * INVALID_TOPIC_EXCEPTION for a name that is empty or too long, INVALID_TXN_STATE when no
 * transaction is open, and what made the state FATAL (without transactions: what the brokers said
 * instead of giving a producer id). */
enum kerr producer_send(struct producer *p, const struct producer_record *record, void *opaque);

/* Sends without waiting for linger.ms until nothing is pending. */
void producer_flush(struct producer *p);

/* Records taken and not yet reported. */
int64_t producer_pending(const struct producer *p);

/* --- transactions (producer_transactions.c). One step at a time; each that begins without an error
 * ends with on_transaction(). Steps that fail at once: INVALID_TXN_STATE. --- */

/* Asks the coordinator for id and epoch, which fences every older producer with the same
 * transactional id and ends what it left open. Errors at the end: PRODUCER_FENCED and the like are
 * fatal; what can be tried again is, until delivery_timeout_ms is over. */
enum kerr producer_init_transactions(struct producer *p);

/* Nothing is asked of anybody yet. */
enum kerr producer_begin_transaction(struct producer *p);

/* What the group `group` has read becomes part of the transaction (KIP-98, KIP-447). */
struct transaction_offset {
        const char *topic;
        int32_t partition;
        int64_t offset;       /* of the next record to read */
        int32_t leader_epoch; /* -1: not known */
};
enum kerr producer_send_offsets(struct producer *p, const struct transaction_offset *offsets,
                                int32_t count, const struct group_metadata *group);

/* Flushes first when it commits; drops what is not sent yet when it aborts (reported with
 * OPERATION_NOT_ATTEMPTED). An end with error REQUEST_TIMED_OUT is unknown: calling it again with
 * the same decision is safe, and all that can be done. A commit that ends with another error is
 * not done: the state says whether abort is left. */
enum kerr producer_end_transaction(struct producer *p, bool commit);

enum transaction_state producer_transaction_state(const struct producer *p);

/* Producer id and epoch that are in use; -1: none yet. */
void producer_identity(const struct producer *p, int64_t *producer_id, int16_t *producer_epoch);

/* Gives up: reports what is pending with OPERATION_NOT_ATTEMPTED, or with CONNECTION_FAILED and
 * unknown when it was sent, and frees. Flush and wait for producer_pending() == 0 before to lose
 * nothing. */
void producer_close(struct producer *p);

#endif
