/* recovery.h - what a stop or a crash left behind, and what we keep.
 *
 * After a clean stop the files are trusted: a look at the ends of the indexes, and a short walk at
 * the end of the active segment to learn the log end offset.
 *
 * After a crash the recovery point divides the log. Segments that end at or below it were synced,
 * and are treated as after a clean stop. From the one that holds it on, every batch is read and its
 * CRC computed:
 *
 *     |  synced, trusted  |  good batches  | first bad byte … |  later segments  |
 *                    recovery point        ^ the log is cut here, the rest is removed
 *
 * (1) What is kept is a prefix: batches are whole, their offsets rise, their CRCs hold, and no
 *     segment begins anywhere but where the one before it ends.
 * (2) Their indexes and leader epochs are made anew from the batches; the checkpoint of epochs
 *     loses what lies behind the new end.
 * (3) The cut is synced, but what is kept need not be: the recovery point stays where it was, or
 *     falls to the log end. The next flush syncs and raises it.
 * (4) What is looked at anew is folded anew (log_observer.h): these segments lose their .txnindex,
 *     and snapshots go that know more than the segments before them, or more than the log.
 * (5) Each cut is told in the log with file, position, offset and reason.
 *
 * Opening reads the batches behind the recovery point, and of any other segment a few index
 * entries. Source: Kafka's LogLoader and LogSegment.recover. */
#ifndef ODRADEK_LOG_RECOVERY_H
#define ODRADEK_LOG_RECOVERY_H

#include "log/leader_epochs.h"
#include "log/segment_list.h"
#include "log/txn_index.h"

struct recovery {
        struct world *world;
        const char *directory;           /* of the partition; the segments borrow it */
        const struct log_config *config; /* the segments borrow it */
        int64_t recovery_point;          /* from the checkpoint; 0: look at everything */
        int64_t log_start;               /* from the checkpoint */
        bool clean;                      /* the broker was stopped cleanly */
};

/* Fills `segments`, which is empty, with at least one segment, fills `aborted`, and mends the log
 * as told above. Also removes files that an interrupted operation left. On error `segments` may
 * hold some: close it. Errors: IO, NO_SPACE, MALFORMED. */
enum kerr recovery_load(const struct recovery *how, struct segment_list *segments,
                        struct leader_epochs *epochs, struct txn_index *aborted);

#endif
