/* log_swap.h - one segment in the place of several, whatever moment the power fails.
 *
 *     B.log.cleaned, .index.cleaned, …   written, synced           before: the old log
 *     B.log.cleaned -> B.log.swap        and the directory synced  from here on: the new one
 *     the old segments are removed       and the directory synced
 *     B.log.swap -> B.log, …             and the directory synced
 *
 * B is the base offset of the first of the old ones, and of the new one.
 *
 * (1) A start that finds a .swap goes on where the crash came; one that finds a .cleaned removes
 * it. (2) The indexes take no part: whatever a crash left of them is removed, and they are made
 * anew. (3) The new segment ends with a batch that ends where the old ones did, so the .swap itself
 * tells which old segments are to go. (4) Old files are unlinked or renamed over, never emptied:
 * extents on their way stay valid.
 *
 * Source: Kafka's LocalLog.replaceSegments, LogLoader.completeSwapOperations; KAFKA-6264. */
#ifndef ODRADEK_LOG_LOG_SWAP_H
#define ODRADEK_LOG_LOG_SWAP_H

#include "log/segment_list.h"

struct partition_log;

/* Puts `cleaned`, made with segment_create_cleaned() and not yet sealed or synced, in the place of
 * `count` segments from number `first` on. None of them is active. Takes `cleaned` over. Errors:
 * KAFKA_STORAGE_ERROR, and the log is offline. */
enum kerr log_swap(struct partition_log *log, int32_t first, int32_t count,
                   struct segment *cleaned);

/* Ends the swaps that a crash interrupted, before the segments are opened. Errors: IO. */
enum kerr log_swap_recover(struct world *w, const char *directory);

/* Closes and removes what became of a segment_create_cleaned(). */
void log_swap_discard(struct segment *cleaned);

#endif
