#include "bench/disk_tools.h"

#include "bench/words.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int64_t disk_bytes(const struct bench *b, int64_t full, int64_t quick)
{
        const struct disk_knobs *knobs = b->options->knobs;
        if (knobs != NULL && knobs->bytes > 0)
                return knobs->bytes;
        return b->options->quick ? quick : full;
}

bool disk_interrupted(const struct bench *b)
{
        return b->options->interrupted != NULL && b->options->interrupted();
}

bool disk_why(char *why, const char *what)
{
        snprintf(why, CASE_WHY_BYTES, "%s: %s", what, strerror(errno));
        return false;
}

bool disk_is_there(const struct bench *b, char *why)
{
        struct statfs fs;
        if (statfs(b->options->scratch, &fs) != 0)
                return disk_why(why, b->options->scratch);
        if (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
                return true;
        snprintf(why, CASE_WHY_BYTES, "%.60s lies in memory, there is no disk to measure",
                 b->options->scratch);
        return false;
}

/* --- bytes --- */

uint8_t *disk_buffer(size_t bytes)
{
        size_t whole = (bytes + DISK_PAGE_BYTES - 1) / DISK_PAGE_BYTES * DISK_PAGE_BYTES;
        uint8_t *buffer = aligned_alloc(DISK_PAGE_BYTES, whole);
        if (buffer == NULL)
                abort();
        memset(buffer, 0, whole);
        return buffer;
}

void disk_pattern_init(struct disk_pattern *p, size_t unit_bytes)
{
        assert(unit_bytes > 0 && unit_bytes <= DISK_PATTERN_BYTES);
        p->size = DISK_PATTERN_BYTES / unit_bytes * unit_bytes;
        p->bytes = disk_buffer(p->size);
        uint32_t x = 2463534242; /* xorshift: no two messages alike, nothing to compress */
        for (size_t i = 0; i < p->size; i++) {
                x ^= x << 13;
                x ^= x >> 17;
                x ^= x << 5;
                p->bytes[i] = (uint8_t)(x >> 11);
        }
}

void disk_pattern_deinit(struct disk_pattern *p)
{
        free(p->bytes);
        p->bytes = NULL;
}

bool disk_holds(int fd, const struct disk_pattern *p, int64_t size, bool longer)
{
        struct stat st;
        if (fstat(fd, &st) != 0 || st.st_size < size || (st.st_size > size && !longer))
                return false;
        uint8_t *found = disk_buffer(p->size);
        bool holds = true;
        for (int64_t at = 0; holds && at < size; at += (int64_t)p->size) {
                size_t want = at + (int64_t)p->size <= size ? p->size : (size_t)(size - at);
                holds = pread(fd, found, want, at) == (ssize_t)want &&
                        memcmp(found, p->bytes, want) == 0;
        }
        free(found);
        return holds;
}

/* --- files --- */

bool disk_file_make(struct disk_file *f, const char *directory, int more_flags)
{
        int length = snprintf(f->path, sizeof f->path, "%s/disk-XXXXXX", directory);
        if (length >= (int)sizeof f->path) {
                f->path[0] = '\0';
                errno = ENAMETOOLONG;
                return false;
        }
        f->fd = mkostemp(f->path, O_CLOEXEC);
        if (f->fd < 0) {
                f->path[0] = '\0';
                return false;
        }
        if (more_flags == 0 || disk_file_reopen(f, more_flags))
                return true;
        int refused = errno;
        disk_file_remove(f);
        errno = refused;
        return false;
}

bool disk_file_reopen(struct disk_file *f, int more_flags)
{
        int fd = open(f->path, O_RDWR | O_CLOEXEC | more_flags);
        if (fd < 0)
                return false;
        close(f->fd);
        f->fd = fd;
        return true;
}

void disk_file_remove(struct disk_file *f)
{
        if (f->path[0] == '\0')
                return;
        close(f->fd);
        unlink(f->path);
        f->path[0] = '\0';
}

bool disk_write_all(int fd, const void *bytes, size_t size, int64_t position)
{
        const uint8_t *from = bytes;
        while (size > 0) {
                ssize_t n = position < 0 ? write(fd, from, size) : pwrite(fd, from, size, position);
                if (n < 0 && errno != EINTR)
                        return false;
                size_t done = n > 0 ? (size_t)n : 0;
                from += done;
                size -= done;
                position += position < 0 ? 0 : (int64_t)done;
        }
        return true;
}

bool disk_prewrite(int fd, const struct disk_pattern *p, int64_t size)
{
        for (int64_t at = 0; at < size; at += (int64_t)p->size) {
                size_t want = at + (int64_t)p->size <= size ? p->size : (size_t)(size - at);
                if (!disk_write_all(fd, p->bytes, want, at))
                        return false;
        }
        return fdatasync(fd) == 0;
}

double disk_residency(int fd, int64_t size)
{
        if (size == 0)
                return 1;
        size_t pages = (size_t)(size + DISK_PAGE_BYTES - 1) / DISK_PAGE_BYTES;
        /* PROT_NONE: tools that watch a program look into what it maps for reading. */
        void *map = mmap(NULL, (size_t)size, PROT_NONE, MAP_SHARED, fd, 0);
        unsigned char *present = malloc(pages);
        if (map == MAP_FAILED || present == NULL || mincore(map, (size_t)size, present) != 0)
                abort();
        size_t resident = 0;
        for (size_t i = 0; i < pages; i++)
                resident += present[i] & 1;
        munmap(map, (size_t)size);
        free(present);
        return (double)resident / (double)pages;
}

bool disk_evict(int fd, int64_t size)
{
        enum { TRIES = 20, PAUSE_US = 1000 };
        if (size == 0)
                return true;
        for (int i = 0; i < TRIES; i++) {
                /* Only clean pages are dropped. This writes them out without a flush of the disk's
                 * cache. */
                if (sync_file_range(fd, 0, 0,
                                    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                                            SYNC_FILE_RANGE_WAIT_AFTER) != 0 ||
                    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
                        return false;
                if (disk_residency(fd, size) < 0.01)
                        return true;
                /* The kernel itself still holds some: read ahead, or not yet in its journal. */
                usleep(PAUSE_US);
                if (i > TRIES / 2 && fdatasync(fd) != 0)
                        return false;
        }
        return false;
}

/* --- memory --- */

void disk_warm_memory(const char *directory, int64_t bytes)
{
        struct disk_file f = {0};
        if (!disk_file_make(&f, directory, 0))
                return;
        uint8_t *piece = disk_buffer(DISK_PATTERN_BYTES);
        for (int64_t at = 0; at < bytes; at += DISK_PATTERN_BYTES) {
                if (!disk_write_all(f.fd, piece, DISK_PATTERN_BYTES, at))
                        break;
        }
        free(piece);
        disk_file_remove(&f);
}

/* --- figures --- */

void disk_say(FILE *to, const struct results *r, const char *name, const char *a,
              struct sample of_a, const char *b, struct sample of_b)
{
        int column = results_figure(r, name);
        if (column < 0 || of_a.runs == 0 || of_b.runs == 0)
                return;
        const struct figure *figure = &r->experiment->figures[column];
        char one[WORDS_BYTES], two[WORDS_BYTES], times[WORDS_BYTES];
        double ratio = sample_ratio(&of_a, &of_b);
        fprintf(to, "%s: %s %s; %s: %s %s: ", a, words_number(of_a.median, figure->decimals, one),
                figure->unit, b, words_number(of_b.median, figure->decimals, two), figure->unit);
        if (sample_compare(&of_a, &of_b) == SAMPLE_NO_DIFFERENCE)
                fprintf(to, "no difference seen (their ranges overlap).\n");
        else
                fprintf(to, "%s times as much.\n", words_number(ratio, ratio < 2 ? 2 : 1, times));
}
