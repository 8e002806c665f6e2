/* io_uring_splice.c - splice's two calls as a chain: file -> pipe -> socket -> pipe -> socket …
 *
 * io_uring never splices in the calling thread: a worker thread of the kernel does each operation,
 * which costs switches and pays only for ranges of a megabyte or so. */
#include "copy/pipe.h"
#include "copy/ring.h"

#ifdef HAVE_LIBURING
#include <fcntl.h>

enum { PIECES_MAX = 8 };

static const char *missing(void)
{
        static const int operations[] = {IORING_OP_SPLICE};
        return copy_ring_missing(operations, 1);
}

static size_t piece_size(const struct copy_lane *lane, size_t left)
{
        return left < lane->pipe->bytes ? left : lane->pipe->bytes;
}

/* Operations 2 i and 2 i + 1 move piece i. Returns how many operations there are. */
static int prepare(struct copy_lane *lane, int socket, int fd, int64_t position, size_t size,
                   bool more)
{
        int pieces = 0;
        while (size > 0 && pieces < PIECES_MAX) {
                unsigned some = (unsigned)piece_size(lane, size);
                size -= some;
                bool last = size == 0 || pieces == PIECES_MAX - 1;
                unsigned flags = SPLICE_F_NONBLOCK | (more || size > 0 ? SPLICE_F_MORE : 0);
                struct io_uring_sqe *fill = copy_ring_next(lane);
                io_uring_prep_splice(fill, fd, position, lane->pipe->in, -1, some, 0);
                copy_ring_name(fill, 2 * pieces, false);
                struct io_uring_sqe *pass = copy_ring_next(lane);
                io_uring_prep_splice(pass, lane->pipe->out, -1, socket, -1, some, flags);
                copy_ring_name(pass, 2 * pieces + 1, last);
                position += some;
                pieces++;
        }
        return 2 * pieces;
}

/* One piece's two results. A file may give less than was asked for, which breaks the chain: what it
 * gave is passed on by hand. */
static enum kerr add_piece(struct copy_lane *lane, int socket, const int32_t results[2],
                           size_t size, size_t *moved)
{
        *moved = 0;
        if (results[0] < 0)
                return KERR_IO;
        size_t filled = (size_t)results[0];
        if (filled == 0)
                return KERR_END_OF_FILE;
        if (filled < size)
                return copy_pipe_to_socket(lane, socket, filled, true, moved);
        enum kerr err = copy_ring_sent(results[1], moved);
        copy_count(&lane->counters.reference_bytes, (int64_t)*moved);
        enum kerr emptied = copy_pipe_empty(lane, filled - *moved);
        return err ? err : emptied;
}

/* One chain. *whole: all that it was to move was moved. */
static enum kerr move_chain(struct copy_lane *lane, int socket, int fd, int64_t position,
                            size_t size, bool more, size_t *moved, bool *whole)
{
        int32_t results[RING_CHAIN_MAX];
        int count = prepare(lane, socket, fd, position, size, more);
        copy_ring_run(lane, count, results);
        enum kerr err = KERR_NONE;
        *moved = 0;
        *whole = true;
        for (int i = 0; i < count && !err && *whole; i += 2) {
                size_t taken, some = piece_size(lane, size - *moved);
                err = add_piece(lane, socket, results + i, some, &taken);
                *moved += taken;
                *whole = taken == some;
        }
        return err;
}

static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
                      int64_t position, size_t size, bool more, size_t *moved)
{
        bool whole = true;
        *moved = 0;
        while (*moved < size && whole) {
                if (!copy_ring_of(lane) || !copy_pipe_of(lane))
                        return KERR_IO;
                size_t taken;
                enum kerr err = move_chain(lane, socket, source->fd, position + (int64_t)*moved,
                                           size - *moved, more, &taken, &whole);
                *moved = err ? 0 : *moved + taken;
                if (err)
                        return err;
        }
        return KERR_NONE;
}

const struct copy_strategy copy_io_uring_splice = {
        .name = "io-uring-splice",
        .missing = missing,
        .move = move,
};
#endif
