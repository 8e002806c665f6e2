/* control_records.h - keys and values of the records in control batches, which are the log's own
 * and never given to applications.
 *
 * A key is a version (0) and a type. Aborts and commits end the transaction of the batch's producer
 * and share one form of value, the EndTxnMarker. The other values belong to the metadata log: a
 * leader begins its epoch with a LeaderChange, and a snapshot file lies between a header and a
 * footer. Each value begins with its version (0); those of the metadata log are flexible.
 *
 * Errors when reading: MALFORMED for another version of a value, or a negative one of a key or
 * marker; later versions of these still tell what is known here. `s` may be a reader or writer of
 * any version; for the values of the metadata log it is made flexible. Source: KIP-98, KIP-595,
 * KIP-630; Kafka's ControlRecordType, EndTransactionMarker. */
#ifndef ODRADEK_WIRE_CONTROL_RECORDS_H
#define ODRADEK_WIRE_CONTROL_RECORDS_H

#include "wire/serde.h"

enum control_record_type {
        CONTROL_ABORT = 0,
        CONTROL_COMMIT = 1,
        CONTROL_LEADER_CHANGE = 2,
        CONTROL_SNAPSHOT_HEADER = 3,
        CONTROL_SNAPSHOT_FOOTER = 4,
};

struct control_record_key {
        int16_t type; /* enum control_record_type, or one not listed there */
};

struct end_txn_marker {
        int32_t coordinator_epoch; /* of who wrote it: a partition refuses lower ones from then on
                                    */
};

struct leader_change_message {
        int32_t leader_id;
        ARRAY_OF(int32_t) voters;
        ARRAY_OF(int32_t) granting_voters; /* those that elected it */
};

struct snapshot_header_record {
        int64_t last_contained_log_timestamp_ms; /* of the last batch that the snapshot holds */
};

void serde_control_record_key(struct serde *s, struct control_record_key *m);
void serde_end_txn_marker(struct serde *s, struct end_txn_marker *m);
void serde_leader_change_message(struct serde *s, struct leader_change_message *m);
void serde_snapshot_header_record(struct serde *s, struct snapshot_header_record *m);
/* Nothing but the version. */
void serde_snapshot_footer_record(struct serde *s);

#endif
