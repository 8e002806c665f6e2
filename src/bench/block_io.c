#include "bench/block_io.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

enum { CHECKED_BYTES = 64 };

/* Steps that can each be undone, on as many bits as there are blocks. */
int64_t block_io_order(const struct block_job *job, int64_t i)
{
        if (!job->random)
                return i;
        uint64_t mask = (uint64_t)job->blocks - 1, x = (uint64_t)i;
        unsigned half = 1;
        while ((1ull << 2 * half) < (uint64_t)job->blocks)
                half++;
        for (int round = 0; round < 3; round++) {
                x = (x * 0x9e3779b97f4a7c15u + 0x7f4a7c15u) & mask;
                x ^= x >> half;
        }
        return (int64_t)x;
}

static const uint8_t *expected(const struct block_job *job, int64_t position)
{
        return job->pattern->bytes + (size_t)position % job->pattern->size;
}

/* Takes note of a block that was moved; `result` is what the call said. */
static bool arrived(struct block_job *job, int64_t position, const uint8_t *bytes, ssize_t result)
{
        if (result < 0)
                return false;
        if ((size_t)result != job->block_bytes) {
                errno = job->write ? ENOSPC : EIO;
                return false;
        }
        if (!job->write && memcmp(bytes, expected(job, position), CHECKED_BYTES) != 0)
                abort();
        job->moved++;
        return true;
}

static bool time_is_up(const struct block_job *job, double began_s)
{
        return usage_clock_s() - began_s >= job->seconds ||
               (job->interrupted != NULL && job->interrupted());
}

static bool run_one_by_one(struct block_job *job, uint8_t *buffer, double began_s)
{
        bool ok = true;
        for (int64_t i = 0; ok && i < job->blocks && !time_is_up(job, began_s); i++) {
                int64_t position = block_io_order(job, i) * (int64_t)job->block_bytes;
                ssize_t n = job->write ? pwrite(job->fd, expected(job, position), job->block_bytes,
                                                position)
                                       : pread(job->fd, buffer, job->block_bytes, position);
                ok = arrived(job, position, buffer, n);
        }
        return ok;
}

#ifdef HAVE_LIBURING

const char *block_io_missing(int depth)
{
        struct io_uring ring;
        if (depth > 1 && io_uring_queue_init(1, &ring, 0) != 0)
                return "many blocks at once need io_uring, which the kernel does not give";
        if (depth > 1)
                io_uring_queue_exit(&ring);
        return NULL;
}

struct queue {
        struct io_uring ring;
        uint8_t *buffers;                   /* one for each slot */
        int64_t positions[BLOCK_DEPTH_MAX]; /* of the block under way in each slot */
        int64_t begun;                      /* blocks */
        int under_way;
};

static void begin_block(struct block_job *job, struct queue *q, int slot)
{
        struct io_uring_sqe *entry = io_uring_get_sqe(&q->ring);
        int64_t position = block_io_order(job, q->begun++) * (int64_t)job->block_bytes;
        q->positions[slot] = position;
        if (job->write)
                io_uring_prep_write(entry, job->fd, expected(job, position),
                                    (unsigned)job->block_bytes, (uint64_t)position);
        else
                io_uring_prep_read(entry, job->fd, q->buffers + (size_t)slot * job->block_bytes,
                                   (unsigned)job->block_bytes, (uint64_t)position);
        io_uring_sqe_set_data64(entry, (uint64_t)slot);
        q->under_way++;
}

/* Waits for one block at least; each that has arrived is followed by another until time is up. What
 * has failed is told at the end: the others' buffers are still being written to. */
static bool turn(struct block_job *job, struct queue *q, bool more)
{
        int submitted = io_uring_submit_and_wait(&q->ring, 1);
        if (submitted < 0 && submitted != -EINTR)
                abort();
        struct io_uring_cqe *completion;
        bool ok = true;
        while (io_uring_peek_cqe(&q->ring, &completion) == 0) {
                int slot = (int)io_uring_cqe_get_data64(completion);
                int result = completion->res;
                io_uring_cqe_seen(&q->ring, completion);
                q->under_way--;
                if (result < 0)
                        errno = -result;
                ok = arrived(job, q->positions[slot], q->buffers + (size_t)slot * job->block_bytes,
                             result) &&
                     ok;
                if (more && ok && q->begun < job->blocks)
                        begin_block(job, q, slot);
        }
        return ok;
}

static bool run_many(struct block_job *job, uint8_t *buffers, double began_s)
{
        struct queue q = {.buffers = buffers};
        int err = io_uring_queue_init(BLOCK_DEPTH_MAX, &q.ring, 0);
        if (err != 0) {
                errno = -err;
                return false;
        }
        for (int slot = 0; slot < job->depth && q.begun < job->blocks; slot++)
                begin_block(job, &q, slot);
        int failed = 0;
        while (q.under_way > 0) {
                bool more = failed == 0 && !time_is_up(job, began_s);
                if (!turn(job, &q, more))
                        failed = errno;
        }
        io_uring_queue_exit(&q.ring);
        errno = failed;
        return failed == 0;
}

#else

const char *block_io_missing(int depth)
{
        return depth > 1 ? "many blocks at once need io_uring; built without liburing" : NULL;
}

static bool run_many(struct block_job *job, uint8_t *buffers, double began_s)
{
        (void)job;
        (void)buffers;
        (void)began_s;
        abort(); /* it is missing */
}

#endif

bool block_io_run(struct block_job *job)
{
        assert(job->depth >= 1 && job->depth <= BLOCK_DEPTH_MAX);
        assert((job->blocks & (job->blocks - 1)) == 0);
        uint8_t *buffers = disk_buffer((size_t)job->depth * job->block_bytes);
        job->moved = 0;
        struct usage before = usage_now();
        bool ok = job->depth == 1 ? run_one_by_one(job, buffers, before.wall_s)
                                  : run_many(job, buffers, before.wall_s);
        struct usage after = usage_now();
        job->spent = usage_between(&before, &after);
        free(buffers);
        return ok;
}
