/* ring.h - a lane's io_uring: many operations handed to the kernel with one system call.
 *
 *     we fill:   [READ]->[SEND]->[READ]->[SEND]      "->": IOSQE_IO_LINK
 *     one call:  io_uring_enter(submit 4, wait for 4)
 *     we read:   4 completions, in the order in which they ended
 *
 * A linked operation begins when the one in front of it has done all that it was asked for. One
 * that fails or falls short breaks the chain, and those behind it end with ECANCELED. (A send()
 * counts as short only with MSG_WAITALL, which therefore stands next to MSG_DONTWAIT.) So bytes can
 * neither overtake each other nor leave a gap.
 *
 * Internal to src/copy; for the lane's thread. Without liburing there are only copy_ring_free() and
 * strategies that say they are missing. */
#ifndef ODRADEK_COPY_RING_H
#define ODRADEK_COPY_RING_H

#include "copy/copy.h"

void copy_ring_free(struct copy_lane *lane);

#ifdef HAVE_LIBURING
#include <liburing.h>

enum { RING_CHAIN_MAX = 32 };

struct copy_ring {
        struct io_uring uring;
        uint64_t sends; /* zero-copy sends so far */
};

/* Why there is no ring that can do `operations` (IORING_OP_…; `count` of them); NULL: there is. */
const char *copy_ring_missing(const int *operations, int count);

/* The lane's ring, made when it has none. NULL: the kernel refused. */
struct copy_ring *copy_ring_of(struct copy_lane *lane);

/* Room for one more operation, to be filled in by io_uring_prep_…() and then named: its `number`
 * counts from 0 in each run, `last` says that the chain ends with it. */
struct io_uring_sqe *copy_ring_next(struct copy_lane *lane);
void copy_ring_name(struct io_uring_sqe *operation, int number, bool last);

/* Submits the `count` operations (at most RING_CHAIN_MAX) that were prepared and waits for all of
 * them. results[number] is what the system call would return, or -errno. */
void copy_ring_run(struct copy_lane *lane, int count, int32_t *results);

/* Submits what was prepared and waits until `wanted` ends are in the ring, or a signal comes; with
 * 0 it lets those in that wait. */
void copy_ring_enter(struct copy_lane *lane, int wanted);

/* copy_sent() for such a result. */
enum kerr copy_ring_sent(int32_t result, size_t *moved);

#endif
#endif
