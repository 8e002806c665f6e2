#include "bench/append_ways.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

enum { KIB = 1024, MIB = 1024 * KIB, RING_WRITES = 256, GATHERED_MAX = 1024 };

static const uint8_t *message(const struct append_job *job, int64_t number)
{
        return disk_message(job->messages, job->message_bytes, number);
}

/* A short write is not gone on with: on a file it means that the disk is full. */
static bool whole(ssize_t written, size_t wanted)
{
        if (written >= 0 && (size_t)written != wanted)
                errno = ENOSPC;
        return written == (ssize_t)wanted;
}

/* The yardstick: nothing but large writes, no message is looked at. */
static bool append_raw(const struct append_way *way, struct append_job *job)
{
        (void)way;
        size_t left = job->message_bytes * (size_t)job->count;
        while (left > 0) {
                size_t size = left < job->messages->size ? left : job->messages->size;
                job->syscalls++;
                if (!whole(write(job->fd, job->messages->bytes, size), size))
                        return false;
                left -= size;
        }
        return true;
}

static bool append_each(const struct append_way *way, struct append_job *job)
{
        (void)way;
        for (int64_t i = 0; i < job->count; i++) {
                job->syscalls++;
                if (!whole(write(job->fd, message(job, i), job->message_bytes), job->message_bytes))
                        return false;
        }
        return true;
}

static bool overwrite_each(const struct append_way *way, struct append_job *job)
{
        (void)way;
        for (int64_t i = 0; i < job->count; i++) {
                job->syscalls++;
                if (!whole(pwrite(job->fd, message(job, i), job->message_bytes,
                                  i * (int64_t)job->message_bytes),
                           job->message_bytes))
                        return false;
        }
        return true;
}

static bool append_buffered(const struct append_way *way, struct append_job *job)
{
        size_t per_write = way->batch_bytes / job->message_bytes;
        for (int64_t i = 0; i < job->count;) {
                size_t filled = 0;
                for (size_t n = 0; n < per_write && i < job->count; n++, i++) {
                        memcpy(job->buffer + filled, message(job, i), job->message_bytes);
                        filled += job->message_bytes;
                }
                job->syscalls++;
                if (!whole(write(job->fd, job->buffer, filled), filled))
                        return false;
        }
        return true;
}

static bool append_gathered(const struct append_way *way, struct append_job *job)
{
        struct iovec parts[GATHERED_MAX];
        int64_t per_write = (int64_t)(way->batch_bytes / job->message_bytes);
        if (per_write > GATHERED_MAX)
                per_write = GATHERED_MAX;
        for (int64_t i = 0; i < job->count;) {
                int n = 0;
                for (; n < per_write && i < job->count; n++, i++)
                        parts[n] = (struct iovec){(void *)message(job, i), job->message_bytes};
                job->syscalls++;
                if (!whole(writev(job->fd, parts, n), (size_t)n * job->message_bytes))
                        return false;
        }
        return true;
}

static bool append_mapped(struct append_job *job)
{
        size_t size = job->message_bytes * (size_t)job->count;
        uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, job->fd, 0);
        job->syscalls += 2; /* munmap() too */
        if (map == MAP_FAILED)
                return false;
        for (int64_t i = 0; i < job->count; i++)
                memcpy(map + (size_t)i * job->message_bytes, message(job, i), job->message_bytes);
        return munmap(map, size) == 0;
}

static bool append_truncated_map(const struct append_way *way, struct append_job *job)
{
        (void)way;
        job->syscalls++;
        return ftruncate(job->fd, (int64_t)job->message_bytes * job->count) == 0 &&
               append_mapped(job);
}

static bool append_allocated_map(const struct append_way *way, struct append_job *job)
{
        (void)way;
        job->syscalls++;
        return fallocate(job->fd, 0, 0, (int64_t)job->message_bytes * job->count) == 0 &&
               append_mapped(job);
}

/* The disk takes whole blocks: a message may begin in one buffer and end in the next, and the last
 * block is padded and cut off again. */
static bool append_direct(const struct append_way *way, struct append_job *job)
{
        size_t batch = way->batch_bytes, filled = 0;
        for (int64_t i = 0; i < job->count; i++) {
                memcpy(job->buffer + filled, message(job, i), job->message_bytes);
                filled += job->message_bytes;
                if (filled < batch)
                        continue;
                job->syscalls++;
                if (!whole(write(job->fd, job->buffer, batch), batch))
                        return false;
                filled -= batch;
                memcpy(job->buffer, job->buffer + batch, filled);
        }
        if (filled == 0)
                return true;
        size_t padded = (filled + DISK_PAGE_BYTES - 1) & ~(size_t)(DISK_PAGE_BYTES - 1);
        job->syscalls += 2;
        return whole(write(job->fd, job->buffer, padded), padded) &&
               ftruncate(job->fd, (int64_t)job->message_bytes * job->count) == 0;
}

#ifdef HAVE_LIBURING

static const char *ring_missing(void)
{
        struct io_uring ring;
        if (io_uring_queue_init(1, &ring, 0) != 0)
                return "the kernel gives no io_uring";
        io_uring_queue_exit(&ring);
        return NULL;
}

/* Waits for `n` completions, which io_uring_submit_and_wait() has seen already. */
static bool ring_collect(struct io_uring *ring, unsigned n, size_t message_bytes)
{
        bool ok = true;
        for (unsigned i = 0; i < n; i++) {
                struct io_uring_cqe *completion;
                int err = io_uring_wait_cqe(ring, &completion);
                while (err == -EINTR)
                        err = io_uring_wait_cqe(ring, &completion);
                if (err != 0)
                        abort();
                errno = completion->res < 0 ? -completion->res : errno;
                ok = whole(completion->res, message_bytes) && ok;
                io_uring_cqe_seen(ring, completion);
        }
        return ok;
}

static bool append_ring(const struct append_way *way, struct append_job *job)
{
        (void)way;
        struct io_uring ring;
        int err = io_uring_queue_init(RING_WRITES, &ring, 0);
        if (err != 0) {
                errno = -err;
                return false;
        }
        bool ok = true;
        for (int64_t i = 0; ok && i < job->count;) {
                unsigned n = 0;
                for (; n < RING_WRITES && i < job->count; n++, i++)
                        io_uring_prep_write(io_uring_get_sqe(&ring), job->fd, message(job, i),
                                            (unsigned)job->message_bytes,
                                            (uint64_t)i * job->message_bytes);
                job->syscalls++;
                ok = io_uring_submit_and_wait(&ring, n) == (int)n &&
                     ring_collect(&ring, n, job->message_bytes);
        }
        io_uring_queue_exit(&ring);
        return ok;
}

#else

static const char *ring_missing(void)
{
        return "built without liburing";
}

static bool append_ring(const struct append_way *way, struct append_job *job)
{
        (void)way;
        (void)job;
        abort(); /* it is missing */
}

#endif

const struct append_way *append_ways(int *count)
{
        static const struct append_way all[] = {
                {.name = "raw write 1 MiB", .append = append_raw, .reference = true},
                {.name = "write each", .append = append_each},
                {.name = "buffer 64 KiB", .batch_bytes = 64 * KIB, .append = append_buffered},
                {.name = "buffer 1 MiB", .batch_bytes = MIB, .append = append_buffered},
                {.name = "writev 64 KiB", .batch_bytes = 64 * KIB, .append = append_gathered},
                {.name = "mmap ftruncate", .append = append_truncated_map},
                {.name = "mmap fallocate", .append = append_allocated_map},
                {.name = "pwrite prewritten", .append = overwrite_each, .prewritten = true},
                {.name = "io_uring 256", .append = append_ring, .missing = ring_missing},
                {.name = "O_DIRECT 64 KiB",
                 .batch_bytes = 64 * KIB,
                 .open_flags = O_DIRECT,
                 .append = append_direct},
                {.name = "O_DIRECT 1 MiB",
                 .batch_bytes = MIB,
                 .open_flags = O_DIRECT,
                 .append = append_direct},
        };
        *count = (int)(sizeof all / sizeof *all);
        return all;
}
