/* The content: each eight bytes are a hash of their place, so that any range can be checked and
 * none of it looks like another one. */
#include "bench/data_file.h"
#include "bench/disk_tools.h"
#include "bench/loopback.h"
#include "bench/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
        uint8_t *bytes = scratch_memory(1, (size_t)piece);
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
        *f = (struct data_file){.path = scratch_memory(1, room), .size = size};
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
        return disk_residency(f->source.fd, f->size);
}

bool data_file_warm(const struct data_file *f)
{
        uint8_t *bytes = scratch_memory(1, PIECE_BYTES);
        for (int64_t at = 0; at < f->size; at += PIECE_BYTES) {
                if (pread(f->source.fd, bytes, PIECE_BYTES, at) <= 0)
                        give_up("read", f->path);
        }
        free(bytes);
        return data_file_residency(f) == 1;
}

/* Freed packets wait on the CPU that made them until it handles packets again, and with them the
 * pages that they refer to. A new connection on each CPU is enough. */
static void shake_packets_out(void)
{
        struct loopback l;
        for (int cpu = 0; machine_pin(cpu); cpu++) {
                if (loopback_open(&l, NULL))
                        loopback_close(&l);
        }
        machine_pin(-1);
}

bool data_file_evict(struct data_file *f)
{
        copy_source_deinit(&f->source);
        shake_packets_out();
        return disk_evict(f->source.fd, f->size);
}
