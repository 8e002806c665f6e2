/* add_partitions_to_txn.h - AddPartitionsToTxn: the transaction will write here.
 *
 * Versions 0-4; 3 is flexible (KIP-98). 4 is what a broker asks the coordinator, for many
 * transactions, to verify that a partition is in one (KIP-890). Before 4 there is exactly one
 * transaction, the arrays hold just that. */
#ifndef ODRADEK_WIRE_ADD_PARTITIONS_TO_TXN_H
#define ODRADEK_WIRE_ADD_PARTITIONS_TO_TXN_H

#include "wire/serde.h"

struct add_partitions_to_txn_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct add_partitions_to_txn_transaction {
        struct str transactional_id;
        int64_t producer_id;
        int16_t producer_epoch;
        bool verify_only; /* 4+; true: add nothing, only say whether they are in it */
        ARRAY_OF(struct add_partitions_to_txn_topic) topics;
};

struct add_partitions_to_txn_request {
        ARRAY_OF(struct add_partitions_to_txn_transaction) transactions;
};

struct add_partitions_to_txn_partition_response {
        int32_t index;
        int16_t error_code;
};

struct add_partitions_to_txn_topic_response {
        struct str name;
        ARRAY_OF(struct add_partitions_to_txn_partition_response) partitions;
};

struct add_partitions_to_txn_transaction_response {
        struct str transactional_id; /* 4+; before: empty */
        ARRAY_OF(struct add_partitions_to_txn_topic_response) topics;
};

struct add_partitions_to_txn_response {
        int32_t throttle_time_ms;
        int16_t error_code; /* 4+ */
        ARRAY_OF(struct add_partitions_to_txn_transaction_response) transactions;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_add_partitions_to_txn_request(struct serde *s, struct add_partitions_to_txn_request *m);
void serde_add_partitions_to_txn_response(struct serde *s,
                                          struct add_partitions_to_txn_response *m);

#endif
