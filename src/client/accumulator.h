/* accumulator.h - where a producer's records wait: gathered into batches, a queue per partition.
 *
 *     topic --+-- partition 0:  [in flight] [closed] [closed] [open]   <- records are added here
 *             +-- partition 1:  [open]
 *             +-- waiting: records whose partition cannot be chosen until the metadata has come
 *
 * Invariants:
 *  (1) Batches of a queue stand in the order of their records; one in flight keeps its place, so a
 *      batch that must be sent again is still in front of its successors.
 *  (2) Only the last batch of a queue is open. It closes when a record does not fit or it is sent.
 *  (3) used_bytes is the sum of what the records not yet reported were charged, and at most
 *      buffer.memory.
 *  (4) Along a queue the batches' created_ms never falls.
 *  (5) Batches with a sequence number stand before those without, in the order of the numbers.
 *
 * Source: Kafka's RecordAccumulator. */
#ifndef ODRADEK_CLIENT_ACCUMULATOR_H
#define ODRADEK_CLIENT_ACCUMULATOR_H

#include "client/producer.h"

struct batch_record {
        void *opaque;
        int64_t timestamp_ms; /* wall */
};

struct producer_batch {
        struct partition_queue *queue;
        struct batch_builder builder; /* while open */
        struct buffer encoded;        /* once sent: as it goes over the wire */
        struct batch_record *records; /* not yet reported */
        int32_t record_count, record_capacity;
        int64_t charged_bytes;
        int64_t created_ms; /* mono_ms of its first record: linger and delivery time-out */
        bool open, in_flight;
        bool retrying;    /* has been refused, or its answer lost, and is to be sent again */
        enum kerr err;    /* of the last attempt */
        bool unknown;     /* some attempt may have put it into the log */
        int32_t sequence; /* number of its first record, for idempotence; -1: none so far */
        struct producer_batch *prev, *next;
};

struct partition_queue {
        struct topic_queue *topic;
        int32_t partition;
        struct producer_batch *batches; /* oldest first */
        int32_t in_flight;
        int64_t retry_after_ms; /* nothing is sent before: back-off after a refusal */
        /* Idempotence: what the next batch is numbered with. */
        int64_t producer_id;
        int16_t producer_epoch;
        int32_t next_sequence;
        bool broken; /* a number may be missing in the log: a new epoch must begin */
        enum { OUTSIDE, TO_ADD, ADDING, TAKES_PART } in_transaction;
        UT_hash_handle hh; /* in topic->partitions */
        struct partition_queue *prev, *next;
};

struct waiting_record {
        struct producer_record record; /* points into this allocation */
        void *opaque;
        int64_t created_ms;
        int64_t charged_bytes;
        struct waiting_record *prev, *next;
};

struct topic_queue {
        char *name;
        struct partitioner partitioner;
        struct partition_queue *partitions; /* by partition */
        struct waiting_record *waiting;     /* oldest first */
        UT_hash_handle hh;
};

struct accumulator {
        struct world *world;
        const struct producer_config *config;
        struct topic_queue *topics;     /* by name */
        struct partition_queue *queues; /* all; who was served last stands last */
        int64_t used_bytes;
};

/* `config` must outlive it. */
void accumulator_init(struct accumulator *a, struct world *world,
                      const struct producer_config *config);

/* Frees everything; no record may be left unreported. */
void accumulator_deinit(struct accumulator *a);

/* Copies a record into its batch, or lets it wait while `partition_count` is 0 (unknown) and one
 * has to be chosen. Errors: those of producer_send(). */
enum kerr accumulator_add(struct accumulator *a, const struct producer_record *record, void *opaque,
                          int32_t partition_count);

/* Moves the topic's waiting records to their batches; partition_count > 0. */
void accumulator_place_waiting(struct accumulator *a, struct topic_queue *topic,
                               int32_t partition_count);

/* The batch that a queue would send next: the first not in flight, or NULL. */
struct producer_batch *accumulator_first_unsent(const struct partition_queue *q);

/* Closes and encodes a batch, if that is not done yet. Errors: of batch_builder_finish(). */
enum kerr accumulator_encode(struct accumulator *a, struct producer_batch *batch);

/* Takes the batch out of its queue and frees it; its records must have been reported. */
void accumulator_remove(struct producer_batch *batch);

#endif
