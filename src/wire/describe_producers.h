/* describe_producers.h - DescribeProducers: who has written to these partitions of late? (KIP-664)
 *
 * Version 0, flexible. */
#ifndef ODRADEK_WIRE_DESCRIBE_PRODUCERS_H
#define ODRADEK_WIRE_DESCRIBE_PRODUCERS_H

#include "wire/serde.h"

struct describe_producers_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct describe_producers_request {
        ARRAY_OF(struct describe_producers_topic) topics;
};

struct describe_producers_producer {
        int64_t producer_id;
        int32_t producer_epoch;
        int32_t last_sequence;            /* -1: none */
        int64_t last_timestamp_ms;        /* -1: none */
        int32_t coordinator_epoch;        /* of its last marker; -1: none */
        int64_t current_txn_start_offset; /* -1: none is open */
};

struct describe_producers_partition_response {
        int32_t index;
        int16_t error_code;
        struct str error_message; /* null: none */
        ARRAY_OF(struct describe_producers_producer) active_producers;
};

struct describe_producers_topic_response {
        struct str name;
        ARRAY_OF(struct describe_producers_partition_response) partitions;
};

struct describe_producers_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct describe_producers_topic_response) topics;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_describe_producers_request(struct serde *s, struct describe_producers_request *m);
void serde_describe_producers_response(struct serde *s, struct describe_producers_response *m);

#endif
