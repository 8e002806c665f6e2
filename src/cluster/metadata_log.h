/* metadata_log.h - reads and writes the metadata log: records in, batches on disk, records out.
 *
 * The cluster's state is the partition `__cluster_metadata-0`, a log like any other. A change is
 * one batch, so it is there as a whole or not at all. Source: KIP-500, KIP-631. */
#ifndef ODRADEK_CLUSTER_METADATA_LOG_H
#define ODRADEK_CLUSTER_METADATA_LOG_H

#include "log/batch.h"
#include "log/partition_log.h"
#include "wire/metadata_records.h"

#define METADATA_TOPIC_NAME "__cluster_metadata"

/* The topic id that KRaft gives the metadata log: zeros and a one. */
extern const struct uuid metadata_topic_id;

/* What the metadata log obeys, whatever the broker's own settings: it is synced before anything in
 * it counts, and never forgotten. */
struct log_config metadata_log_config(void);

/* Encodes one record as the value of the next record of `batch`. */
void metadata_log_add(struct world *w, struct batch_builder *batch,
                      const struct metadata_record *record);

/* Calls `each` for the records of all batches from offset `from` up to, not including, `to`;
 * strings and arrays are valid during the call. `from` must be a batch's edge. Errors: those of
 * `each`; CORRUPT_MESSAGE or MALFORMED with a log line that names the offset; IO. */
enum kerr metadata_log_read(struct world *w, struct partition_log *log, int64_t from, int64_t to,
                            enum kerr (*each)(void *context, const struct metadata_record *record),
                            void *context);

#endif
