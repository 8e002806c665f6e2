#include "posix/files.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(FILE_SPANS_AT_ONCE <= IOV_MAX, "one writev() takes them all");

enum kerr files_error(int error_number)
{
        switch (error_number) {
        case ENOENT:
        case ENOTDIR: return KERR_NOT_FOUND;
        case EEXIST:
        case ENOTEMPTY: return KERR_EXISTS;
        case ENOSPC:
        case EDQUOT: return KERR_NO_SPACE;
        default: return KERR_IO;
        }
}

/* close() that keeps errno, for the way out of a failed call. */
static void close_quietly(int fd)
{
        int saved = errno;
        close(fd);
        errno = saved;
}

enum kerr file_open(const char *path, enum world_open how, struct file **file)
{
        static const int flags[] = {
                [WORLD_READ] = O_RDONLY,
                [WORLD_APPEND] = O_RDWR,
                [WORLD_CREATE] = O_RDWR | O_CREAT | O_TRUNC,
        };
        *file = NULL;
        int fd = open(path, flags[how] | O_CLOEXEC, 0644);
        if (fd < 0)
                return files_error(errno);
        struct stat status;
        if (fstat(fd, &status) < 0) {
                close_quietly(fd);
                return files_error(errno);
        }
        size_t length = strlen(path) + 1;
        struct file *f = calloc(1, sizeof *f + length);
        if (!f)
                abort();
        f->source.fd = fd;
        f->references = 1;
        f->end = status.st_size;
        f->wants_metadata = how == WORLD_CREATE;
        memcpy(f->path, path, length);
        *file = f;
        return KERR_NONE;
}

void file_retain(struct file *f)
{
        atomic_fetch_add_explicit(&f->references, 1, memory_order_relaxed);
}

void file_close(struct file *f)
{
        int32_t before = atomic_fetch_sub(&f->references, 1);
        assert(before > 0);
        if (before > 1)
                return;
        copy_source_deinit(&f->source);
        close(f->source.fd);
        free(f);
}

/* Takes `written` bytes off the front of the vectors; returns how many vectors are done with. */
static int skip_written(struct iovec *vectors, int count, size_t written)
{
        int done = 0;
        while (done < count && written >= vectors[done].iov_len)
                written -= vectors[done++].iov_len;
        if (done < count) {
                vectors[done].iov_base = (char *)vectors[done].iov_base + written;
                vectors[done].iov_len -= written;
        }
        return done;
}

static enum kerr write_all(struct file *f, struct iovec *vectors, int count)
{
        while (count > 0) {
                ssize_t written = pwritev(f->source.fd, vectors, count, f->end);
                if (written < 0 && errno == EINTR)
                        continue;
                if (written < 0)
                        return files_error(errno);
                f->end += written;
                int done = skip_written(vectors, count, (size_t)written);
                vectors += done;
                count -= done;
        }
        return KERR_NONE;
}

enum kerr file_append(struct file *f, const struct span *spans, int count)
{
        enum kerr err = KERR_NONE;
        for (int first = 0; first < count && !err; first += FILE_SPANS_AT_ONCE) {
                struct iovec vectors[FILE_SPANS_AT_ONCE];
                int some = 0;
                for (int i = first; i < count && some < FILE_SPANS_AT_ONCE; i++)
                        vectors[some++] = (struct iovec){(void *)spans[i].data, spans[i].size};
                /* A vector without bytes would look like a write that makes no progress. */
                int empty = skip_written(vectors, some, 0);
                err = write_all(f, vectors + empty, some - empty);
        }
        return err;
}

enum kerr file_read(struct file *f, int64_t position, void *into, size_t size, size_t *got)
{
        *got = 0;
        while (*got < size) {
                ssize_t n = pread(f->source.fd, (char *)into + *got, size - *got,
                                  position + (int64_t)*got);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return files_error(errno);
                if (n == 0)
                        break;
                *got += (size_t)n;
        }
        return KERR_NONE;
}

enum kerr file_truncate(struct file *f, int64_t size)
{
        if (ftruncate(f->source.fd, size) < 0)
                return files_error(errno);
        f->end = size;
        f->wants_metadata = true;
        return KERR_NONE;
}

struct file_sync file_sync_begin(struct file *f)
{
        struct file_sync sync = {f->source.fd, f->wants_metadata};
        f->wants_metadata = false;
        return sync;
}

enum kerr file_sync_do(struct file_sync sync)
{
        int failed = sync.metadata ? fsync(sync.fd) : fdatasync(sync.fd);
        return failed ? files_error(errno) : KERR_NONE;
}

enum kerr files_sync_dir(const char *path)
{
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return files_error(errno);
        enum kerr err = fsync(fd) < 0 ? files_error(errno) : KERR_NONE;
        close_quietly(fd);
        return err;
}

enum kerr files_make_dir(const char *path)
{
        return mkdir(path, 0755) < 0 ? files_error(errno) : KERR_NONE;
}

enum kerr files_rename(const char *from, const char *to)
{
        return rename(from, to) < 0 ? files_error(errno) : KERR_NONE;
}

enum kerr files_remove(const char *path)
{
        return remove(path) < 0 ? files_error(errno) : KERR_NONE;
}

static bool is_directory(DIR *parent, const struct dirent *entry)
{
        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type == DT_DIR;
        struct stat status;
        return fstatat(dirfd(parent), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISDIR(status.st_mode);
}

struct name {
        char *text;
        bool directory;
};

static int by_bytes(const void *a, const void *b)
{
        return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* The names in the directory, in the kernel's order. On error those read so far. */
static enum kerr read_names(DIR *directory, struct name **names, size_t *count)
{
        size_t capacity = 0;
        struct dirent *entry;
        for (errno = 0; (entry = readdir(directory)); errno = 0) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (*count == capacity) {
                        capacity = capacity ? 2 * capacity : 64;
                        *names = realloc(*names, capacity * sizeof **names);
                        if (!*names)
                                abort();
                }
                char *text = strdup(entry->d_name);
                if (!text)
                        abort();
                (*names)[(*count)++] = (struct name){text, is_directory(directory, entry)};
        }
        return errno ? files_error(errno) : KERR_NONE;
}

enum kerr files_list(const char *path, struct buffer *into)
{
        DIR *directory = opendir(path);
        if (!directory)
                return files_error(errno);
        struct name *names = NULL;
        size_t count = 0;
        enum kerr err = read_names(directory, &names, &count);
        closedir(directory);
        if (count > 0)
                qsort(names, count, sizeof *names, by_bytes);
        for (size_t i = 0; i < count; i++) {
                if (!err) {
                        buffer_append(into, names[i].text, strlen(names[i].text));
                        buffer_append(into, "/", names[i].directory ? 1 : 0);
                        buffer_append(into, "", 1);
                }
                free(names[i].text);
        }
        free(names);
        return err;
}

enum kerr files_lock_directory(const char *path, int *fd)
{
        char *lock;
        if (asprintf(&lock, "%s/.lock", path) < 0)
                abort();
        *fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        free(lock);
        if (*fd < 0)
                return files_error(errno);
        if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
                return KERR_NONE;
        enum kerr err = errno == EWOULDBLOCK ? KERR_EXISTS : files_error(errno);
        close_quietly(*fd);
        *fd = -1;
        return err;
}
