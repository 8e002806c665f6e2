/* txn_records.h - keys and values of __transaction_state, the log of the transaction coordinators.
 *
 * The log is compacted: the last value of a key counts, and a null value says that the
 * transactional id has expired. Each key and value begins with an int16 version: keys have 0;
 * values are written in 0 and read in 0 and 1, which is flexible (KIP-915; the tags of KIP-890 are
 * skipped).
 *
 * `s` may be a reader or writer of any version; the functions here set its version and whether it
 * is flexible. Errors when reading: MALFORMED for another version or an unknown status. What is
 * read points into the record, arrays come from the arena. Source: TransactionLog,
 * TransactionState, the schemas' JSON files. */
#ifndef ODRADEK_WIRE_TXN_RECORDS_H
#define ODRADEK_WIRE_TXN_RECORDS_H

#include "wire/serde.h"

/* X(NAME, value, "name as Kafka's tools print it") */
#define TRANSACTION_STATUS_LIST(X)              \
        X(EMPTY, 0, "Empty")                    \
        X(ONGOING, 1, "Ongoing")                \
        X(PREPARE_COMMIT, 2, "PrepareCommit")   \
        X(PREPARE_ABORT, 3, "PrepareAbort")     \
        X(COMPLETE_COMMIT, 4, "CompleteCommit") \
        X(COMPLETE_ABORT, 5, "CompleteAbort")   \
        X(DEAD, 6, "Dead")                      \
        X(PREPARE_EPOCH_FENCE, 7, "PrepareEpochFence")

/* Dead and PrepareEpochFence are never written: they live in the coordinator's memory only. */
enum transaction_status {
#define TRANSACTION_STATUS_ENUM(NAME, value, name) TRANSACTION_##NAME = (value),
        TRANSACTION_STATUS_LIST(TRANSACTION_STATUS_ENUM)
#undef TRANSACTION_STATUS_ENUM
                TRANSACTION_STATUS_COUNT
};

/* As "PrepareCommit"; NULL for a number that is no status. */
const char *transaction_status_name(int32_t status);

struct transaction_log_key {
        struct str transactional_id;
};

struct transaction_log_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct transaction_log_value {
        int64_t producer_id;
        int16_t producer_epoch;
        int32_t transaction_timeout_ms;
        int8_t transaction_status;                     /* enum transaction_status */
        ARRAY_OF(struct transaction_log_topic) topics; /* of the transaction; count -1: null */
        int64_t last_update_timestamp_ms;
        int64_t start_timestamp_ms; /* -1: no transaction is open */
};

/* Both directions, with the version in front. */
void serde_transaction_log_key(struct serde *s, struct transaction_log_key *m);
void serde_transaction_log_value(struct serde *s, struct transaction_log_value *m);

#endif
