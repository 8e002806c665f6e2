/* snapshot.h - the metadata log's state at one offset, as a file: so that the log below may go.
 *
 *     00000000000000000123-0000000004.checkpoint       all below offset 123; 122 is of epoch 4
 *     …-0000000004.checkpoint.part                     one that is being written or fetched
 *
 *     |header, a control batch| batches of records … |footer, a control batch|
 *
 * (1) A snapshot under its own name is whole and durable: it is written as .part, synced, renamed,
 *     and its name synced.
 * (2) What it holds was committed.
 *
 * The files lie in the directory of the metadata partition. The records are those that rebuild the
 * image of an empty one, and their offsets count from 0 in each file. Kafka's tools read it.
 * Source: KIP-630; Kafka's RecordsSnapshotWriter, Snapshots. */
#ifndef ODRADEK_CLUSTER_SNAPSHOT_H
#define ODRADEK_CLUSTER_SNAPSHOT_H

#include "cluster/metadata_log.h"
#include "log/path.h"
#include "wire/fetch.h"

/* The two that are kept; end_offset -1 where there is none. */
struct snapshots {
        struct fetch_snapshot_id newest, older;
};

struct path snapshot_path(const char *directory, struct fetch_snapshot_id id);
struct path snapshot_part_path(const char *directory, struct fetch_snapshot_id id);

/* Finds the two newest in `directory` and removes all others, unfinished ones too. Errors: IO. */
enum kerr snapshot_tidy(struct world *w, const char *directory, struct snapshots *kept);

/* Calls `put` for every record of the snapshot to be written. */
typedef void snapshot_emit(void *context,
                           void (*put)(void *to, const struct metadata_record *record), void *to);

/* Writes one, with what `emit`, called once, puts. Errors: IO, NO_SPACE: there is none of that id
 * then. */
enum kerr snapshot_write(struct world *w, const char *directory, struct fetch_snapshot_id id,
                         snapshot_emit *emit, void *context);

/* Syncs the .part file, closes it, and gives it its name. */
enum kerr snapshot_publish(struct world *w, const char *directory, struct fetch_snapshot_id id,
                           struct file *part);

/* Calls `each` for all records. Errors: those of metadata_log_read_batches(); NOT_FOUND, IO;
 * CORRUPT_MESSAGE also when the footer is missing. */
enum kerr snapshot_read(struct world *w, const char *directory, struct fetch_snapshot_id id,
                        metadata_each *each, void *context);

#endif
