/* write_txn_markers.h - WriteTxnMarkers: the coordinator tells the leaders how transactions ended.
 *
 * Version 1, flexible (KIP-98). */
#ifndef ODRADEK_WIRE_WRITE_TXN_MARKERS_H
#define ODRADEK_WIRE_WRITE_TXN_MARKERS_H

#include "wire/serde.h"

struct write_txn_markers_topic {
        struct str name;
        ARRAY_OF(int32_t) partitions;
};

struct write_txn_markers_marker {
        int64_t producer_id;
        int16_t producer_epoch;
        bool transaction_result; /* true: committed */
        ARRAY_OF(struct write_txn_markers_topic) topics;
        int32_t coordinator_epoch; /* leader epoch of the coordinator's partition; fences old ones
                                    */
};

struct write_txn_markers_request {
        ARRAY_OF(struct write_txn_markers_marker) markers;
};

struct write_txn_markers_partition_response {
        int32_t index;
        int16_t error_code;
};

struct write_txn_markers_topic_response {
        struct str name;
        ARRAY_OF(struct write_txn_markers_partition_response) partitions;
};

struct write_txn_markers_marker_response {
        int64_t producer_id;
        ARRAY_OF(struct write_txn_markers_topic_response) topics;
};

struct write_txn_markers_response {
        ARRAY_OF(struct write_txn_markers_marker_response) markers;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_write_txn_markers_request(struct serde *s, struct write_txn_markers_request *m);
void serde_write_txn_markers_response(struct serde *s, struct write_txn_markers_response *m);

#endif
