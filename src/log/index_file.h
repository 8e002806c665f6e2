/* index_file.h - a file of entries of one size whose keys rise: what offset index and time index
 * have in common.
 *
 *     |entry 0|entry 1| … |entry stored - 1|         in the file
 *                                           |…|…|    the tail: in memory, not yet in the file
 *
 * (1) Entries are added at the end and cut from the end, never changed.
 * (2) The tail is lost with the process. That is no harm: an index is made from its segment, and
 *     recovery makes it again.
 *
 * A look-up reads one block of entries near the last one, since readers go forward; when the key is
 * not in there, a binary search, entry by entry, narrows down to one block. An index is never
 * loaded, so opening ten thousand segments costs next to nothing, and the page cache keeps the hot
 * entries. Source: Kafka's AbstractIndex, which maps the file into memory instead. */
#ifndef ODRADEK_LOG_INDEX_FILE_H
#define ODRADEK_LOG_INDEX_FILE_H

#include "base/world.h"

enum { INDEX_ENTRY_BYTES_MAX = 12, INDEX_TAIL_BYTES = 240, INDEX_BLOCK_ENTRIES = 512 };

struct index_file {
        struct world *world;
        struct file *file;
        int32_t entry_bytes;
        int32_t stored;     /* whole entries in the file */
        int32_t tail_count; /* entries in the tail */
        int32_t near;       /* the entry that was looked up last; may have been cut since */
        bool is_broken;     /* when opened, the file was missing or ended in a part of an entry */
        uint8_t tail[INDEX_TAIL_BYTES];
};

/* `how` is WORLD_CREATE or WORLD_APPEND; the latter makes a file that is missing, and calls it
 * broken. On error nothing is open. */
enum kerr index_file_open(struct index_file *index, struct world *w, const char *path,
                          enum world_open how, int32_t entry_bytes);

/* Does not write the tail. */
void index_file_close(struct index_file *index);

int32_t index_file_count(const struct index_file *index);

/* Copies entry `n`, 0 <= n < count, to `entry`. */
enum kerr index_file_read(const struct index_file *index, int32_t n, uint8_t *entry);

/* Adds an entry at the end; a full tail is written to the file first. On error it is not added. */
enum kerr index_file_add(struct index_file *index, const uint8_t *entry);

/* Writes the tail to the file. */
enum kerr index_file_write_tail(struct index_file *index);

/* Keeps the first `count` entries, at most those there are. The file is not broken any more. */
enum kerr index_file_cut(struct index_file *index, int32_t count);

/* *n: the last entry whose key is at most `key`, or -1. It is copied to `entry` (of
 * INDEX_ENTRY_BYTES_MAX) unless there is none. */
enum kerr index_file_floor(struct index_file *index, int64_t (*key_of)(const uint8_t *entry),
                           int64_t key, int32_t *n, uint8_t *entry);

#endif
