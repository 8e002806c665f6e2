/* files.h - the file calls of struct world, on the kernel's.
 *
 * (1) A file has one writer, the handler thread, so its end is kept here and not asked for. Appends
 *     are pwritev() at that end: after a short write the rest can go nowhere but behind it, and
 *     file_size() costs nothing. O_APPEND would guard against a second writer, which the lock on
 *     the log directory already does.
 * (2) After a failed append the end covers what was written of it; see world.h.
 * (3) References may be taken and dropped by any thread; the last one closes.
 *
 * Every call that fails leaves errno as the kernel set it, for a log line.
 *
 * Threads: references, descriptor and mapping are for all threads; the rest of struct file belongs
 * to the handler thread. */
#ifndef ODRADEK_POSIX_FILES_H
#define ODRADEK_POSIX_FILES_H

#include "base/world.h"
#include "copy/copy.h"

enum { FILE_SPANS_AT_ONCE = 64 }; /* an append of more makes more than one system call */

struct file {
        struct copy_source source;
        _Atomic int32_t references;
        int64_t end;         /* bytes */
        bool wants_metadata; /* made or cut since the last sync: fdatasync() is not enough */
        char path[];         /* as it was opened; a rename does not change it */
};

/* EXISTS, NOT_FOUND, NO_SPACE (also for a quota), else IO. */
enum kerr files_error(int error_number);

enum kerr file_open(const char *path, enum world_open how, struct file **file);
void file_retain(struct file *f);
void file_close(struct file *f);
enum kerr file_append(struct file *f, const struct span *spans, int count);
enum kerr file_read(struct file *f, int64_t position, void *into, size_t size, size_t *got);
enum kerr file_truncate(struct file *f, int64_t size);

/* What a sync needs, taken by the handler before another thread does it. */
struct file_sync {
        int fd;
        bool metadata;
};

/* From here on, later changes want a sync of their own. */
struct file_sync file_sync_begin(struct file *f);

/* Blocks. Any thread. */
enum kerr file_sync_do(struct file_sync sync);

enum kerr files_sync_dir(const char *path);
enum kerr files_make_dir(const char *path);
enum kerr files_rename(const char *from, const char *to);
enum kerr files_remove(const char *path);
enum kerr files_list(const char *path, struct buffer *into);

/* Locks the directory for this process: flock() on its `.lock` file, which is made when missing and
 * stays. *fd holds the lock; the kernel drops it with the process or on close(). Errors: EXISTS
 * when another process (or another descriptor of ours) has it; NOT_FOUND, IO. */
enum kerr files_lock_directory(const char *path, int *fd);

#endif
