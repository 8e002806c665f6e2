#include "copy/ring.h"

#ifdef HAVE_LIBURING
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* The second way is for kernels before 6.1. With the first one nothing of the ring's work is done
 * in other system calls of the thread, which it would interrupt. */
static int make(struct io_uring *uring)
{
        int failed = io_uring_queue_init(RING_CHAIN_MAX, uring,
                                         IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
        return failed == -EINVAL ? io_uring_queue_init(RING_CHAIN_MAX, uring, 0) : failed;
}

static const char *lacks(struct io_uring *uring, const int *operations, int count)
{
        struct io_uring_probe *probe = io_uring_get_probe_ring(uring);
        const char *why = probe ? NULL : "this kernel's io_uring does not say what it can do";
        for (int i = 0; i < count && !why; i++) {
                if (!io_uring_opcode_supported(probe, operations[i]))
                        why = "this kernel's io_uring lacks an operation that it needs";
        }
        io_uring_free_probe(probe);
        return why;
}

const char *copy_ring_missing(const int *operations, int count)
{
        struct io_uring uring;
        int failed = make(&uring);
        if (failed == -ENOSYS)
                return "this kernel has no io_uring";
        if (failed == -EPERM || failed == -EACCES)
                return "io_uring is forbidden here (kernel.io_uring_disabled, or a sandbox)";
        if (failed)
                return "the kernel refuses an io_uring (memory that may be locked, descriptors)";
        const char *why = lacks(&uring, operations, count);
        io_uring_queue_exit(&uring);
        return why;
}

struct copy_ring *copy_ring_of(struct copy_lane *lane)
{
        if (lane->ring)
                return lane->ring;
        struct copy_ring *made = calloc(1, sizeof *made);
        if (!made)
                abort();
        if (make(&made->uring)) {
                free(made);
                return NULL;
        }
        copy_count(&lane->counters.syscalls, 1);
        return lane->ring = made;
}

struct io_uring_sqe *copy_ring_next(struct copy_lane *lane)
{
        struct io_uring_sqe *operation = io_uring_get_sqe(&lane->ring->uring);
        assert(operation);
        return operation;
}

void copy_ring_name(struct io_uring_sqe *operation, int number, bool last)
{
        operation->user_data = (uint64_t)number;
        operation->flags |= last ? 0 : IOSQE_IO_LINK;
}

void copy_ring_enter(struct copy_lane *lane, int wanted)
{
        struct io_uring *uring = &lane->ring->uring;
        int done = wanted > 0 ? io_uring_submit_and_wait(uring, (unsigned)wanted)
                              : io_uring_get_events(uring);
        copy_count(&lane->counters.syscalls, 1);
        assert(done >= 0 || done == -EINTR || done == -EAGAIN || done == -EBUSY);
}

void copy_ring_run(struct copy_lane *lane, int count, int32_t *results)
{
        struct io_uring *uring = &lane->ring->uring;
        /* A signal may cut the waiting short. What was submitted uses our memory until its end. */
        while (io_uring_cq_ready(uring) < (unsigned)count)
                copy_ring_enter(lane, count);
        for (int i = 0; i < count; i++) {
                struct io_uring_cqe *end;
                io_uring_peek_cqe(uring, &end);
                assert(!(end->flags & IORING_CQE_F_NOTIF)); /* a lane is for one strategy */
                results[end->user_data] = end->res;
                io_uring_cqe_seen(uring, end);
        }
}

enum kerr copy_ring_sent(int32_t result, size_t *moved)
{
        if (result < 0)
                errno = -result;
        return copy_sent(result < 0 ? -1 : result, moved);
}

void copy_ring_free(struct copy_lane *lane)
{
        if (lane->ring)
                io_uring_queue_exit(&lane->ring->uring);
        free(lane->ring);
        lane->ring = NULL;
}

#else

static const char *missing(void)
{
        return "built without liburing";
}

const struct copy_strategy copy_io_uring = {.name = "io-uring", .missing = missing};
const struct copy_strategy copy_io_uring_splice = {.name = "io-uring-splice", .missing = missing};
const struct copy_strategy copy_io_uring_zerocopy = {.name = "io-uring-zerocopy",
                                                     .missing = missing};

void copy_ring_free(struct copy_lane *lane)
{
        (void)lane; /* it never had one */
}
#endif
