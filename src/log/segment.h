/* segment.h - one file of record batches, and its indexes.
 *
 *     00000000000000412345.log         batches back to back; the name is the base offset
 *     00000000000000412345.index       offset_index.h
 *     00000000000000412345.timeindex   time_index.h
 *     00000000000000412345.txnindex    txn_index.h; only if a transaction was aborted in it
 *
 * (1) base_offset <= every offset in it < next_offset, and offsets less base_offset fit in 31 bits.
 * (2) Readers see the first size_bytes bytes. A failed append may leave more in the file.
 * (3) Only the last segment of a log, the active one, is appended to. The one before it was sealed:
 *     its time index ends with its largest timestamp, and its index tails are in the files.
 * (4) What the indexes hold follows from the batches alone, so they can be made again at any time.
 *
 * A segment knows nothing of recovery points or of being offline: that is the partition log's.
 * Source: Kafka's LogSegment. */
#ifndef ODRADEK_LOG_SEGMENT_H
#define ODRADEK_LOG_SEGMENT_H

#include "log/append_list.h"
#include "log/offset_index.h"
#include "log/path.h"
#include "log/time_index.h"

enum { SEGMENT_HINTS = 4 };

struct segment {
        struct world *world;
        const char *directory;           /* the partition's, borrowed */
        const struct log_config *config; /* borrowed */
        struct file *file;               /* the .log */
        struct offset_index offsets;
        struct time_index times;
        const char *mark; /* behind its files' names: "", or ".cleaned". Static storage */
        int64_t base_offset;
        int64_t next_offset; /* in an old segment: the base offset of the one behind it */
        int64_t size_bytes;

        /* Kept for the active segment. */
        int64_t bytes_since_entry; /* from the last batch with an index entry to the end */
        int64_t first_timestamp;   /* largest of the first batch; -1: none */
        struct time_entry largest; /* also kept for old ones */
        struct place last_batch;   /* tail reads need no walk; offset INT64_MAX: not known */

        struct place hints[SEGMENT_HINTS]; /* what was looked up last: readers go on there */
        int32_t next_hint;
        struct batch_header met; /* the header that segment_find() read last */
        int64_t met_position;    /* where it lies; -1: none */

        /* What a power cut leaves. */
        bool name_is_synced; /* the directory was synced since the files were made */
        bool is_synced;      /* sealed, and all of it synced */
        uint64_t sync_token; /* of the background sync under way; 0: none */

        bool has_txn_index; /* there is a .txnindex file */
};

/* Makes the three files, empty. Errors: IO, NO_SPACE; *segment is NULL then. */
enum kerr segment_create(struct world *w, const char *directory, const struct log_config *config,
                         int64_t base_offset, struct segment **segment);

/* The same with ".cleaned" behind the names: see log_swap.h. */
enum kerr segment_create_cleaned(struct world *w, const char *directory,
                                 const struct log_config *config, int64_t base_offset,
                                 struct segment **segment);

/* Opens the files; makes an index file that is missing. Nothing is read: the caller goes on with
 * segment_check_indexes() or recovery, then sets next_offset or calls segment_load_tail(). */
enum kerr segment_open(struct world *w, const char *directory, const struct log_config *config,
                       int64_t base_offset, struct segment **segment);

/* DIRECTORY/00000000000000412345.SUFFIX, and the mark. */
struct path segment_path(const struct segment *s, const char *suffix);

/* Closes the files as they are and frees. NULL is allowed. */
void segment_close(struct segment *s);

/* Removes the files' names, the .log first and durably. What then is left by a crash are indexes
 * without a log, which the next start removes. So whoever removes several segments one by one, from
 * one end, never leaves a hole. The segment stays open. */
enum kerr segment_remove(struct segment *s);

/* --- writing --- */

/* Whether `list` belongs into a new segment: because of size, age (segment.ms), a full index, or
 * offsets too far from the base. */
bool segment_must_roll(const struct segment *s, const struct append_list *list);

/* Appends the batches with one gathered write. Pre: offsets rise. On error some of the bytes may be
 * in the file, and the segment takes no more appends. */
enum kerr segment_append(struct segment *s, const struct append_list *list);

/* The same for whole batches that a compaction has written, bytes behind bytes. */
enum kerr segment_append_cleaned(struct segment *s, struct span batches);

/* One more batch lies at `position`: moves next_offset and the timestamps, and adds an index entry
 * if one is due (`with_index`). segment_append() does this, and whoever walks a file does. */
enum kerr segment_note(struct segment *s, const struct batch_header *h, int64_t position,
                       bool with_index);

/* Makes the batches durable, and the files' names if they are new. */
enum kerr segment_sync(struct segment *s);
enum kerr segment_sync_name(struct segment *s); /* the names alone */

/* No more appends: completes the time index and writes the index tails to their files. */
enum kerr segment_seal(struct segment *s);
enum kerr segment_sync_indexes(struct segment *s);

/* Removes the .txnindex file. Pre: there is one. */
enum kerr segment_remove_txn_index(struct segment *s);

/* Drops the batches from the one that holds `offset` on, durably, and their index entries;
 * next_offset becomes the end of the last one left. segment_cut() drops bytes of the .log alone. */
enum kerr segment_truncate(struct segment *s, int64_t offset);
enum kerr segment_cut(struct segment *s, int64_t position);

/* Forgets what was noted and empties the indexes, before all batches are noted again. */
enum kerr segment_reset(struct segment *s);

/* --- reading --- */

/* Reads the batch header at `position`. Errors: IO; TRUNCATED when the batch does not end within
 * size_bytes; CORRUPT_MESSAGE, UNSUPPORTED_FOR_MESSAGE_FORMAT when none is there that can belong to
 * this segment. */
enum kerr segment_read_header(const struct segment *s, int64_t position, struct batch_header *h);

/* Whether a batch with that header can lie at `position`. Errors: TRUNCATED, CORRUPT_MESSAGE. */
enum kerr segment_check_header(const struct segment *s, int64_t position,
                               const struct batch_header *h);

/* Whether an error of these two tells of bytes, not of the disk. */
bool segment_is_damage(enum kerr err);

/* *position: the first batch that ends at or above `offset`, or size_bytes. For an `offset` at a
 * batch's edge this is also where the batches below it end. */
enum kerr segment_find(struct segment *s, int64_t offset, int64_t *position);

/* Learns next_offset and what is kept for the active segment, walking the batches from the last
 * index entry on. Errors: also those of segment_read_header(): the file goes on, but not with a
 * batch, and what was learnt is of no use. */
enum kerr segment_load_tail(struct segment *s);

/* Looks at the ends of the index files. *is_sane is false when they cannot belong to the segment: a
 * reader of bad indexes gets bytes from the middle of a batch. */
enum kerr segment_check_indexes(const struct segment *s, bool is_active, bool *is_sane);

#endif
