/* The content: each eight bytes are a hash of their place, so that any range can be checked and
 * none of it looks like another one. */
#include "bench/data_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/crc32c.h"

enum { PIECE_BYTES = 1 << 20, WORD_BYTES = 8 };

/* SplitMix64's finisher. */
static uint64_t word_at(uint64_t number)
{
        uint64_t z = (number + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

static void fill(uint8_t *bytes, int64_t position, size_t size)
{
        size_t done = 0;
        while (done < size) {
                uint64_t at = (uint64_t)position + done;
                uint64_t word = word_at(at / WORD_BYTES);
                size_t from = at % WORD_BYTES;
                size_t part = WORD_BYTES - from < size - done ? WORD_BYTES - from : size - done;
                memcpy(bytes + done, (uint8_t *)&word + from, part);
                done += part;
        }
}

static void *allocate(size_t size)
{
        void *memory = malloc(size);
        if (!memory)
                abort();
        return memory;
}

/* A benchmark has nothing to measure without its file. */
static void give_up(const char *what, const char *path)
{
        fprintf(stderr, "odradek bench: cannot %s %s: %s\n", what, path, strerror(errno));
        abort();
}

static void append(const struct data_file *f, const uint8_t *bytes, int64_t size)
{
        for (int64_t done = 0; done < size;) {
                ssize_t written = write(f->source.fd, bytes + done, (size_t)(size - done));
                if (written < 0 && errno != EINTR)
                        give_up("write", f->path);
                done += written > 0 ? written : 0;
        }
}

static int64_t smaller(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/* Pieces of content, cut into appends; the last append of a piece may be shorter than the others.
 */
static void write_all(const struct data_file *f, int64_t append_bytes)
{
        int64_t piece = append_bytes < PIECE_BYTES ? PIECE_BYTES / append_bytes * append_bytes
                                                   : append_bytes;
        uint8_t *bytes = allocate((size_t)piece);
        for (int64_t at = 0; at < f->size; at += piece) {
                int64_t size = smaller(piece, f->size - at);
                fill(bytes, at, (size_t)size);
                for (int64_t done = 0; done < size; done += append_bytes)
                        append(f, bytes + done, smaller(append_bytes, size - done));
        }
        free(bytes);
}

void data_file_make(struct data_file *f, const char *directory, int64_t size, int64_t append_bytes)
{
        size_t room = strlen(directory) + sizeof "/data-XXXXXX";
        *f = (struct data_file){.path = allocate(room), .size = size};
        snprintf(f->path, room, "%s/data-XXXXXX", directory);
        f->source.fd = mkostemp(f->path, O_CLOEXEC);
        if (f->source.fd < 0)
                give_up("make", f->path);
        write_all(f, append_bytes);
        /* Else the disk would be at work during the first runs. */
        if (fdatasync(f->source.fd))
                give_up("sync", f->path);
}

void data_file_remove(struct data_file *f)
{
        copy_source_deinit(&f->source);
        close(f->source.fd);
        unlink(f->path);
        free(f->path);
        f->path = NULL;
}

bool data_file_check(const uint8_t *bytes, int64_t position, size_t size)
{
        uint8_t wanted[4096];
        for (size_t done = 0; done < size; done += sizeof wanted) {
                size_t part = size - done < sizeof wanted ? size - done : sizeof wanted;
                fill(wanted, position + (int64_t)done, part);
                if (memcmp(bytes + done, wanted, part) != 0)
                        return false;
        }
        return true;
}

uint32_t data_file_crc(int64_t position, int64_t size)
{
        uint8_t bytes[4096];
        uint32_t crc = 0;
        for (int64_t done = 0; done < size; done += (int64_t)sizeof bytes) {
                size_t part = (size_t)smaller(size - done, sizeof bytes);
                fill(bytes, position + done, part);
                crc = crc32c(crc, bytes, part);
        }
        return crc;
}

/* --- the page cache --- */

double data_file_residency(const struct data_file *f)
{
        size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (size_t)f->size;
        size_t pages = (size + page - 1) / page, resident = 0;
        if (pages == 0)
                return 1;
        void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, f->source.fd, 0);
        unsigned char *in = allocate(pages);
        if (map == MAP_FAILED || mincore(map, size, in))
                give_up("look into the page cache for", f->path);
        for (size_t i = 0; i < pages; i++)
                resident += in[i] & 1;
        munmap(map, size);
        free(in);
        return (double)resident / (double)pages;
}

bool data_file_warm(const struct data_file *f)
{
        uint8_t *bytes = allocate(PIECE_BYTES);
        for (int64_t at = 0; at < f->size; at += PIECE_BYTES) {
                if (pread(f->source.fd, bytes, PIECE_BYTES, at) <= 0)
                        give_up("read", f->path);
        }
        free(bytes);
        return data_file_residency(f) == 1;
}

bool data_file_evict(struct data_file *f)
{
        /* The kernel keeps what is mapped, what is dirty, and for a moment what a socket still
         * holds. */
        enum { ATTEMPTS = 5, PAUSE_US = 20000 };
        copy_source_deinit(&f->source);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                if (attempt > 0)
                        usleep(PAUSE_US);
                fdatasync(f->source.fd);
                posix_fadvise(f->source.fd, 0, 0, POSIX_FADV_DONTNEED);
                if (data_file_residency(f) < 0.01)
                        return true;
        }
        return false;
}
