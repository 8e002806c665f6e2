/* metadata_log.h - reads and writes the metadata log: records in, batches on disk, records out.
 *
 * The cluster's state is the partition `__cluster_metadata-0`, a log like any other. A change is
 * one batch, so it is there as a whole or not at all. Between the changes lie control batches, one
 * record each: a LeaderChange begins every epoch of the quorum, a header and a footer enclose a
 * snapshot. They change no state, and readers of records do not see them.
 * Source: KIP-500, KIP-595, KIP-630, KIP-631. */
#ifndef ODRADEK_CLUSTER_METADATA_LOG_H
#define ODRADEK_CLUSTER_METADATA_LOG_H

#include "log/batch.h"
#include "log/partition_log.h"
#include "wire/control_records.h"
#include "wire/metadata_records.h"

#define METADATA_TOPIC_NAME "__cluster_metadata"

/* The topic id that KRaft gives the metadata log: zeros and a one. */
extern const struct uuid metadata_topic_id;

/* What the metadata log obeys, whatever the broker's own settings: it is never forgotten. Nor does
 * it flush by itself: quorum_run() syncs before anything in it counts. */
struct log_config metadata_log_config(void);

/* Encodes one record as the value of the next record of `batch`. */
void metadata_log_add(struct world *w, struct batch_builder *batch,
                      const struct metadata_record *record);

/* Each makes `batch`, an empty one, a control batch of that kind. */
void metadata_log_add_leader_change(struct world *w, struct batch_builder *batch,
                                    struct leader_change_message *message);
void metadata_log_add_snapshot_header(struct world *w, struct batch_builder *batch,
                                      struct snapshot_header_record *header);
void metadata_log_add_snapshot_footer(struct world *w, struct batch_builder *batch);

/* Whom records are handed to. Strings and arrays in a record are valid during the call. */
typedef enum kerr metadata_each(void *context, const struct metadata_record *record);

/* Calls `each` for the records of the whole batches in `bytes`; a batch that is cut off by their
 * end is left out. *last is the header of the last one, untouched when there is none. Errors: those
 * of `each`; CORRUPT_MESSAGE or MALFORMED. A log line names the offset. */
enum kerr metadata_log_read_batches(struct world *w, struct span bytes, metadata_each *each,
                                    void *context, struct batch_header *last);

/* The same for all batches of the log from offset `from` up to, not including, `to`. Both are
 * edges of batches. Errors: also those of partition_log_read(). */
enum kerr metadata_log_read(struct world *w, struct partition_log *log, int64_t from, int64_t to,
                            metadata_each *each, void *context);

#endif
