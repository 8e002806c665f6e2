/* log_check.h - is the log of a partition well formed? (invariant I8)
 *
 * Reads the files themselves, byte by byte, without the code that wrote them:
 *
 *     NNN.log        whole batches whose CRCs hold, back to back to the end of the file; offsets
 *                    rise from NNN on, from segment to segment too; leader epochs never fall; the
 *                    last segment ends at the log end offset
 *     NNN.index      every entry points at the start of a batch and has its last offset
 *     leader epochs  the checkpoint names the epoch of every batch from the log start on
 *
 * It holds after each recovery and in any quiet moment, but not while the log is offline: a failed
 * write may have left half a batch then. */
#ifndef ODRADEK_SIM_LOG_CHECK_H
#define ODRADEK_SIM_LOG_CHECK_H

#include "log/partition_log.h"

enum { LOG_CHECK_BYTES = 160 };

/* False with the first thing that is wrong in `why`. */
bool log_check(struct world *w, struct partition_log *log, char why[LOG_CHECK_BYTES]);

#endif
