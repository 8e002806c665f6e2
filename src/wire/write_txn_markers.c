#include "wire/write_txn_markers.h"

static void serde_write_txn_markers_topic(struct serde *s, struct write_txn_markers_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

static void serde_write_txn_markers_marker(struct serde *s, struct write_txn_markers_marker *m)
{
        serde_i64(s, &m->producer_id);
        serde_i16(s, &m->producer_epoch);
        serde_bool(s, &m->transaction_result);
        serde_array(s, &m->topics, serde_write_txn_markers_topic);
        serde_i32(s, &m->coordinator_epoch);
        serde_tags(s);
}

/* WriteTxnMarkers tells leaders to end transactions in their partitions (KIP-98). */
void serde_write_txn_markers_request(struct serde *s, struct write_txn_markers_request *m)
{
        serde_array(s, &m->markers, serde_write_txn_markers_marker);
        serde_tags(s);
}

static void
serde_write_txn_markers_partition_response(struct serde *s,
                                           struct write_txn_markers_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}

static void serde_write_txn_markers_topic_response(struct serde *s,
                                                   struct write_txn_markers_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_write_txn_markers_partition_response);
        serde_tags(s);
}

static void serde_write_txn_markers_marker_response(struct serde *s,
                                                    struct write_txn_markers_marker_response *m)
{
        serde_i64(s, &m->producer_id);
        serde_array(s, &m->topics, serde_write_txn_markers_topic_response);
        serde_tags(s);
}

/* The answer: where the markers are safe. */
void serde_write_txn_markers_response(struct serde *s, struct write_txn_markers_response *m)
{
        serde_array(s, &m->markers, serde_write_txn_markers_marker_response);
        serde_tags(s);
}
