/* partition_log.h - the log of one partition: a chain of segments, appended at the end, cut at
 * both.
 *
 *     TOPIC-PARTITION/
 *             00000000000000000000.log .index .timeindex      first segment
 *             00000000000000412345.log .index .timeindex      active segment: appends go here
 *             leader-epoch-checkpoint  partition.metadata
 *
 *     first segment <= log start offset <= log end offset
 *     first segment <= recovery point   <= log end offset
 *
 * (1) Batches are whole, rise in offset and do not overlap; a segment's file name is its first
 *     possible offset.
 * (2) Everything below the recovery point has been synced, names included. Recovery after a crash
 *     looks at the segment that holds it and those behind, and at no other.
 * (3) After a failed write or sync the log is offline: appends answer KAFKA_STORAGE_ERROR until the
 *     broker is started anew and recovery has cut the tail (KAFKA-10778). Reads go on.
 * (4) Bytes that were handed out as an extent are never rewritten: extents end at or below the log
 *     end offset, and old segments are unlinked, not emptied. The one exception is
 *     partition_log_truncate(): a reader of what it cuts sees the CRC fail.
 * (5) The recovery point and the log start fall only when the log is cut. Then the checkpoints are
 *     written before the next append: else a crash takes new bytes for synced ones.
 *
 * Offsets count records. Positions and sizes are bytes. Times are wall-clock ms.
 * Source: Kafka's UnifiedLog, LocalLog, LogSegment, LogLoader. */
#ifndef ODRADEK_LOG_PARTITION_LOG_H
#define ODRADEK_LOG_PARTITION_LOG_H

#include "base/world.h"
#include "log/batch.h"
#include "log/leader_epochs.h"
#include "log/log_config.h"
#include "log/log_observer.h"
#include "log/time_search.h"
#include "log/txn_index.h"

struct partition_log;

/* What the logs of one world share; it outlives them. Start with {.flush_due_ms = INT64_MAX}. */
struct log_shared {
        uint64_t last_token;  /* of a background sync; the next one is larger */
        int64_t flush_due_ms; /* no log wants a flush before this mono_ms(); logs lower it */
        bool has_failed;      /* a log is offline or would not open: some of it may be lost */
        /* Writes the recovery point and log start of every log, durably; see (5). NULL: nobody
         * keeps them. */
        enum kerr (*write_checkpoints)(struct log_shared *shared);
};

struct partition_log_open {
        struct world *world;
        struct log_shared *shared;
        const char *directory; /* of this partition; must exist */
        struct log_config config;
        int64_t recovery_point; /* from the checkpoint; 0: look at everything */
        int64_t log_start;      /* from the checkpoint; 0: what the first segment says */
        int64_t cleaned_end;    /* from the checkpoint; beyond the log end: 0 */
        bool clean;             /* the broker was stopped cleanly: no recovery needed */
};

/* Opens the log, makes the first segment when there is none, recovers when `clean` is false. On
 * error *log is NULL and nothing stays open. Errors: IO, NO_SPACE, MALFORMED; CORRUPT_MESSAGE or
 * TRUNCATED for a log that is damaged although the stop was clean. */
enum kerr partition_log_open(const struct partition_log_open *how, struct partition_log **log);

/* Completes the indexes of the active segment, syncs them, and closes. Batches are not synced: see
 * partition_log_flush(). `log` is dead afterwards, even on error; KAFKA_STORAGE_ERROR says that the
 * next open must not be a clean one. */
enum kerr partition_log_close(struct partition_log *log);

/* Closes without writing anything, as a crash does. NULL is allowed. */
void partition_log_abandon(struct partition_log *log);

void partition_log_configure(struct partition_log *log, const struct log_config *config);

int64_t partition_log_start(const struct partition_log *log);
int64_t partition_log_end(const struct partition_log *log); /* log end offset: the next one */
int64_t partition_log_recovery_point(const struct partition_log *log);
int64_t partition_log_cleaned_end(const struct partition_log *log); /* see compaction.h */
int64_t partition_log_size(const struct partition_log *log);        /* bytes of all segments */
int32_t partition_log_segments(const struct partition_log *log);
bool partition_log_is_offline(const struct partition_log *log);
const char *partition_log_directory(const struct partition_log *log);
struct leader_epochs *partition_log_epochs(struct partition_log *log);
int32_t partition_log_last_epoch(const struct partition_log *log); /* of the cache; -1: none */

/* Whatever the host of the log wants to find by it; NULL at first. */
void *partition_log_owner(const struct partition_log *log);
void partition_log_set_owner(struct partition_log *log, void *owner);

/* Who keeps a table that follows from this log (log_observer.h); NULL at first. Borrowed until the
 * log is closed. */
void partition_log_observe(struct partition_log *log, struct log_observer *observer);
struct log_observer *partition_log_observer(const struct partition_log *log);

/* The observer has come upon the marker of an aborted transaction: it goes into the index of
 * aborted transactions (txn_index.h). One that is there already, or below the log, is no error.
 * Errors: KAFKA_STORAGE_ERROR, and the log is offline. */
enum kerr partition_log_note_aborted(struct partition_log *log, const struct aborted_txn *aborted);

/* The aborted transactions that have a record in `from` .. `to` - 1, in the order of their markers:
 * what a Fetch with read_committed has to tell. */
void partition_log_each_aborted(const struct partition_log *log, int64_t from, int64_t to,
                                void (*each)(void *context, const struct aborted_txn *aborted),
                                void *context);

/* Appends the batches in `batches`, in order, as the partition's leader: checks each one (format,
 * CRC, size), stamps offsets and `leader_epoch` into copies of the headers, rolls the segment when
 * it must, and writes all with one gathered write into one segment. All or nothing as far as
 * readers see. `batches` is borrowed. Errors: CORRUPT_MESSAGE (also for no batch at all or bytes
 * left over), MESSAGE_TOO_LARGE, INVALID_RECORD (an empty batch, a control batch from a client, a
 * client's record without a key when the log is compacted, count and deltas that disagree),
 * RECORD_LIST_TOO_LARGE (more than segment.bytes), UNSUPPORTED_FOR_MESSAGE_FORMAT,
 * UNSUPPORTED_COMPRESSION_TYPE, what the observer's check() says: nothing happened.
 * KAFKA_STORAGE_ERROR: the log is offline now. */
enum kerr partition_log_append(struct partition_log *log, struct span batches, int32_t leader_epoch,
                               enum append_origin origin, struct log_append *result);

/* The first half of it: whether it would be taken. */
enum kerr partition_log_check(struct partition_log *log, struct span batches, int32_t leader_epoch,
                              enum append_origin origin, struct log_append *result);

/* Appends batches that have their offsets, leader epochs and timestamps already, and keeps them:
 * what a follower fetched, or what the leader of a quorum made. Checks format and CRC of each one;
 * a batch that goes on behind `batches` is left out in silence (a Fetch may be cut by size), and
 * when there is no other, nothing happens: NONE, with base_offset the log end and last_offset one
 * below. Control and empty batches are taken, and gaps between batches (compaction leaves them).
 * What does not fit into one segment is split between batches. Errors: CORRUPT_MESSAGE (also for a
 * leader epoch below the one before), UNSUPPORTED_FOR_MESSAGE_FORMAT, OFFSET_OUT_OF_RANGE (a batch
 * begins below the end of the one before it or of the log, or 2^31 offsets behind it): nothing
 * happened. KAFKA_STORAGE_ERROR: the log is offline now. */
enum kerr partition_log_append_as_follower(struct partition_log *log, struct span batches,
                                           struct log_append *result);

/* A new leader writes from the log end on: its epoch is known even if it never does (KAFKA-7415).
 * Nothing is written: the next open forgets an epoch without records, and learns one with records
 * from them or, once they are flushed, from the checkpoint. Errors: KAFKA_STORAGE_ERROR: the log is
 * offline. */
enum kerr partition_log_begin_epoch(struct partition_log *log, int32_t leader_epoch);

/* Where the bytes lie that a reader at `offset` gets: whole batches from the one that holds
 * `offset`, in one segment, at most size_max bytes, of records below `upper_bound` (an offset at a
 * batch's edge: high watermark or log end). The last batch may be cut by size_max, as in Kafka, but
 * never the first: one that does not fit comes whole with `at_least_one`, else not at all (KIP-74).
 * The file in *extent is borrowed: put it in a packet (which takes a reference) before the next
 * call on this log. Nothing to read gives extent->length 0 and file NULL. Errors:
 * OFFSET_OUT_OF_RANGE below the log start or above the log end; KAFKA_STORAGE_ERROR. */
enum kerr partition_log_read(struct partition_log *log, int64_t offset, int64_t upper_bound,
                             int32_t size_max, bool at_least_one, struct extent *extent);

/* The first record at or after the log start whose timestamp is at least `timestamp`. Decompresses
 * one batch (two, when the log start lies within the first). Errors: IO; CORRUPT_MESSAGE and the
 * like when that batch cannot be unpacked. */
enum kerr partition_log_find_time(struct partition_log *log, int64_t timestamp,
                                  struct log_time_hit *hit);

/* The first of the records with the largest timestamp (KIP-734). None is found when that record
 * lies below the log start but in the batch that holds it. Errors: as above. */
enum kerr partition_log_find_max_time(struct partition_log *log, struct log_time_hit *hit);

/* Syncs all batches that are not yet synced, names included; the recovery point becomes the log
 * end. Errors: KAFKA_STORAGE_ERROR, and the log is offline. */
enum kerr partition_log_flush(struct partition_log *log);

/* When flush.messages or flush.ms asks for a flush: a mono_ms(), in the past when it is due now,
 * INT64_MAX when nothing asks. */
int64_t partition_log_flush_due_ms(const struct partition_log *log);

/* True when a flush is due. */
bool partition_log_wants_flush(const struct partition_log *log);

/* Closes the active segment and opens a new one at the log end; nothing when it is empty. The old
 * one is synced in the background where the world can: partition_log_on_synced() ends that. */
enum kerr partition_log_roll(struct partition_log *log);

/* A background sync begun with `token` has ended; the recovery point follows. Tokens come from the
 * log_shared. False when it is not one of this log's. */
bool partition_log_on_synced(struct partition_log *log, uint64_t token, enum kerr result);

/* Removes old segments by retention.ms, retention.bytes and the log start (see retention.h). An
 * active one that must go is rolled first. Nothing at or above `upper_bound` (the high watermark)
 * goes. *removed counts segments. */
enum kerr partition_log_retain(struct partition_log *log, int64_t upper_bound, int32_t *removed);

/* DeleteRecords: raises the log start to `offset`. Errors: OFFSET_OUT_OF_RANGE above the log end.
 */
enum kerr partition_log_advance_start(struct partition_log *log, int64_t offset);

/* Cuts the log so that it ends at `offset`; offsets at or above are free again. Followers use it
 * (KIP-101). A batch that holds `offset` goes as a whole, so the end may be lower. The cut is
 * durable, and so are the checkpoints if recovery point or log start fell. At or above the end it
 * cuts only the epoch cache: an entry there is of a leader that never wrote. Errors:
 * KAFKA_STORAGE_ERROR, and the log is offline. */
enum kerr partition_log_truncate(struct partition_log *log, int64_t offset);

/* Drops everything, epochs too, and begins anew at `offset`, empty: a follower whose log is no part
 * of its leader's any more (Kafka's truncateFullyAndStartAt). A crash in between leaves a shorter
 * log, or an empty one at the old start or the new. Errors: as above. */
enum kerr partition_log_restart_at(struct partition_log *log, int64_t offset);

/* Calls `each` for every batch header from the log start to the end, in order, with the file and
 * the position it lies at; stops at the first error of the callback or of reading. For replay, dump
 * and checkers; reads headers only. */
enum kerr partition_log_each_batch(struct partition_log *log,
                                   enum kerr (*each)(void *context, const struct extent *where,
                                                     const struct batch_header *header),
                                   void *context);

/* The same from the batch that holds `offset` on, or the first behind it. */
enum kerr partition_log_each_batch_from(struct partition_log *log, int64_t offset,
                                        enum kerr (*each)(void *context, const struct extent *where,
                                                          const struct batch_header *header),
                                        void *context);

#endif
