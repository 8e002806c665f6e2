/* describe_transactions.h - DescribeTransactions: the state of these transactions (KIP-664).
 *
 * Version 0, flexible. */
#ifndef ODRADEK_WIRE_DESCRIBE_TRANSACTIONS_H
#define ODRADEK_WIRE_DESCRIBE_TRANSACTIONS_H

#include "wire/serde.h"

struct describe_transactions_request {
        ARRAY_OF(struct str) transactional_ids;
};

struct describe_transactions_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct describe_transactions_state {
        int16_t error_code;
        struct str transactional_id;
        struct str transaction_state; /* a name of transaction_status_name() */
        int32_t transaction_timeout_ms;
        int64_t transaction_start_time_ms; /* -1: none is open */
        int64_t producer_id;
        int16_t producer_epoch;
        ARRAY_OF(struct describe_transactions_topic) topics; /* what it has written to */
};

struct describe_transactions_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct describe_transactions_state) transaction_states;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_describe_transactions_request(struct serde *s, struct describe_transactions_request *m);
void serde_describe_transactions_response(struct serde *s,
                                          struct describe_transactions_response *m);

#endif
