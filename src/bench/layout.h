/* layout.h - where the messages of N partitions go: into a file each, or all into one log.
 *
 *     files        partition p's messages one behind the other in file p, as Kafka keeps them
 *     commit log   all messages in one file as they come; for each partition a queue of index
 *                  entries that say where its messages lie, as RocketMQ keeps them
 *
 * (1) Partition p's messages are read back in the order in which they were appended.
 * (2) An index entry is 20 bytes: position in the log (8), size (4), a tag that this does not use
 *     (8), big-endian. Entries are gathered, 256 to a write, and are not synced: what a crash takes
 *     from them can be found again in the log.
 * (3) All files stay open: layout_open() needs a descriptor for each partition, and one more.
 *
 * Source: RocketMQ's docs/en/Design_Store.md (CommitLog, ConsumeQueue). */
#ifndef ODRADEK_BENCH_LAYOUT_H
#define ODRADEK_BENCH_LAYOUT_H

#include "bench/disk_tools.h"

enum { LAYOUT_MESSAGE_MAX = 64 << 10 };

enum layout_kind { LAYOUT_FILES, LAYOUT_COMMIT_LOG };

struct layout; /* an open store */

/* Makes the files in `directory`. NULL: errno tells (EMFILE: too many partitions). */
struct layout *layout_open(enum layout_kind kind, const char *directory, int partitions);

/* One write, of the message (of LAYOUT_MESSAGE_MAX at most) into its file or into the log (and an
 * index write now and then). False: errno tells. */
bool layout_append(struct layout *l, int partition, const void *message, size_t size);

/* Writes what index entries are still gathered. False: errno tells. */
bool layout_flush(struct layout *l);

/* fdatasync() of each message file that was written since the last one; how many they were, or -1
 * and errno. */
int layout_sync(struct layout *l);

/* Reads a partition whole, which must have been flushed: a file in pieces of 64 KiB, the log
 * message by message as its index says. `visit` (may be NULL) sees the bytes, piece by piece. The
 * number of message bytes; -1: errno tells. */
int64_t layout_read(struct layout *l, int partition,
                    void (*visit)(void *context, const uint8_t *bytes, size_t size), void *context);

/* Drops all that a read of this partition needs from the page cache; true when it is gone. */
bool layout_evict(struct layout *l, int partition);

/* Closes and removes the files, and frees. NULL is fine. */
void layout_close(struct layout *l);

/* Raises the soft limit of descriptors to the hard one; what it is then. */
int64_t layout_descriptor_limit(void);

#endif
