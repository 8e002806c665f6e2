/* io_uring.c - read-write's two copies, but one system call for many of them.
 *
 * A chain of READ -> SEND -> READ -> SEND … through one buffer: each operation waits for the one
 * before it, so the buffer is free again when the next READ begins, and stays in the core's
 * cache. */
#include "copy/ring.h"

#ifdef HAVE_LIBURING
#include <sys/socket.h>

enum { PIECES_MAX = RING_CHAIN_MAX / 2 };

static const char *missing(void)
{
        static const int operations[] = {IORING_OP_READ, IORING_OP_SEND};
        return copy_ring_missing(operations, 2);
}

static size_t piece_size(size_t left)
{
        return left < COPY_CHUNK_BYTES ? left : COPY_CHUNK_BYTES;
}

/* Operations 2 i and 2 i + 1 move piece i. Returns how many operations there are. */
static int prepare(struct copy_lane *lane, int socket, int fd, int64_t position, size_t size,
                   bool more)
{
        int pieces = 0;
        while (size > 0 && pieces < PIECES_MAX) {
                size_t some = piece_size(size);
                size -= some;
                bool last = size == 0 || pieces == PIECES_MAX - 1;
                int flags = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_WAITALL;
                if (more || size > 0)
                        flags |= MSG_MORE;
                struct io_uring_sqe *read = copy_ring_next(lane);
                io_uring_prep_read(read, fd, lane->chunk, (unsigned)some, (uint64_t)position);
                copy_ring_name(read, 2 * pieces, false);
                struct io_uring_sqe *send = copy_ring_next(lane);
                io_uring_prep_send(send, socket, lane->chunk, some, flags);
                copy_ring_name(send, 2 * pieces + 1, last);
                position += (int64_t)some;
                pieces++;
        }
        return 2 * pieces;
}

/* What the chain's results say. *full: the socket was. */
static enum kerr add_up(const int32_t *results, int count, size_t size, size_t *moved, bool *full)
{
        *moved = 0;
        for (int i = 0; i < count; i += 2) {
                size_t taken, some = piece_size(size - *moved);
                if (results[i] < 0)
                        return KERR_IO;
                if ((size_t)results[i] < some)
                        return KERR_END_OF_FILE;
                enum kerr err = copy_ring_sent(results[i + 1], &taken);
                *moved += taken;
                *full = taken < some;
                if (err || *full)
                        return err;
        }
        return KERR_NONE;
}

static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
                      int64_t position, size_t size, bool more, size_t *moved)
{
        *moved = 0;
        if (!copy_ring_of(lane) || !copy_lane_chunk(lane))
                return KERR_IO;
        bool full = false;
        while (*moved < size && !full) {
                int32_t results[RING_CHAIN_MAX];
                size_t left = size - *moved, taken;
                int count =
                        prepare(lane, socket, source->fd, position + (int64_t)*moved, left, more);
                copy_ring_run(lane, count, results);
                enum kerr err = add_up(results, count, left, &taken, &full);
                copy_count(&lane->counters.user_bytes, (int64_t)taken);
                *moved = err ? 0 : *moved + taken;
                if (err)
                        return err;
        }
        return KERR_NONE;
}

const struct copy_strategy copy_io_uring = {.name = "io-uring", .missing = missing, .move = move};
#endif
