/* snapshot_files.h - the files NNN.snapshot in a partition's directory, by name only: which of them
 * may stay when the log is recovered or loses its oldest segments.
 *
 * The number is the offset up to which the snapshot folds the log. What is in them is the business
 * of delivery/producer_state.h. Source: Kafka's ProducerStateManager, LogLoader. */
#ifndef ODRADEK_LOG_SNAPSHOT_FILES_H
#define ODRADEK_LOG_SNAPSHOT_FILES_H

#include "base/world.h"

/* Removes those above `offset`. Errors: IO. */
enum kerr snapshot_files_remove_above(struct world *w, const char *directory, int64_t offset);

/* Removes those that a log whose first segment begins at `offset` needs no more: all below the
 * newest one at or below it. Errors: IO. */
enum kerr snapshot_files_remove_old(struct world *w, const char *directory, int64_t offset);

#endif
