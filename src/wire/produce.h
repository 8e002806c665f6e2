/* produce.h - Produce: append these record batches.
 *
 * Versions 3-9; 9 is flexible. 3 is the first with batches of format 2 and transactions (KIP-98),
 * 5 answers the log start offset, 7 allows zstd (KIP-110), 8 names the records that made a batch
 * fail (KIP-467). With acks 0 there is no answer at all. */
#ifndef ODRADEK_WIRE_PRODUCE_H
#define ODRADEK_WIRE_PRODUCE_H

#include "wire/serde.h"

struct produce_partition {
        int32_t index;
        struct records records;
};

struct produce_topic {
        struct str name;
        ARRAY_OF(struct produce_partition) partitions;
};

struct produce_request {
        struct str transactional_id; /* null: not transactional */
        int16_t acks;                /* 0 none, 1 the leader, -1 all in-sync replicas */
        int32_t timeout_ms;          /* how long to wait for the in-sync replicas */
        ARRAY_OF(struct produce_topic) topics;
};

struct produce_record_error {
        int32_t batch_index;      /* the record's place in its batch */
        struct str error_message; /* null allowed */
};

struct produce_partition_response {
        int32_t index;
        int16_t error_code;
        int64_t base_offset;        /* of the first record; -1 on error */
        int64_t log_append_time_ms; /* -1 unless the topic stamps records itself */
        int64_t log_start_offset;   /* 5+; before: -1 */
        ARRAY_OF(struct produce_record_error) record_errors; /* 8+ */
        struct str error_message;                            /* 8+; null: none */
};

struct produce_topic_response {
        struct str name;
        ARRAY_OF(struct produce_partition_response) partitions;
};

struct produce_response {
        ARRAY_OF(struct produce_topic_response) topics;
        int32_t throttle_time_ms;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_produce_request(struct serde *s, struct produce_request *m);
void serde_produce_response(struct serde *s, struct produce_response *m);

#endif
