/* copy.h - the ways from a file to a socket, one file each, all behind one call.
 *
 *     name          per byte                                   file
 *     read-write    file -> our memory -> socket: two copies   read_write.c
 *     mmap          mapped file -> socket: one copy            mmap.c
 *     sendfile      the socket gets references to the pages    sendfile.c
 *     splice        references, through a pipe of ours         splice.c
 *     zerocopy      references to the pages of a mapping, if   zerocopy.c
 *                   the kernel agrees (MSG_ZEROCOPY)
 *     io-uring      read-write's two copies, fewer calls       io_uring.c
 *     io-uring-splice                                          io_uring_splice.c
 *                   splice's references, fewer calls
 *     io-uring-zerocopy                                        io_uring_zerocopy.c
 *                   zerocopy's, and reports without a call
 *
 * (1) A strategy never blocks on the socket; it may wait for the disk.
 * (2) Bytes sent by reference are read when the network takes them, not when we send them: a range
 *     that is on its way must not be rewritten. A log only grows, so nobody does.
 * (3) A file that ends before the range does is an error: the frame's length has gone out already,
 *     so the stream cannot go on. It is never a signal.
 * (4) SIGPIPE must be ignored by the process: sendfile() has no flag against it.
 *
 * Ranges below 16 KiB are better read into the answer itself, whatever the strategy: a range costs
 * sendfile about 1.2 us of its own and pread 0.3 us (see src/posix/output.h, `copy.small.bytes`).
 *
 * Threads: a copy_lane belongs to one thread, only its counters may be read by others. A
 * copy_source may be sent from by several threads at once. */
#ifndef ODRADEK_COPY_COPY_H
#define ODRADEK_COPY_COPY_H

#include "base/errors.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct copy_mapping;
struct copy_pipe;
struct copy_ring;

/* An open file as the strategies see it; it lies inside whatever its owner calls a file. */
struct copy_source {
        int fd;
        _Atomic(struct copy_mapping *) mapping; /* what mapping.c keeps; NULL until it is used */
};

/* What happened on the way out. Written by one thread; anyone may read. */
struct copy_counters {
        _Atomic int64_t syscalls;        /* system calls made to send, headers included */
        _Atomic int64_t user_bytes;      /* file bytes that went through our address space */
        _Atomic int64_t reference_bytes; /* file bytes that the kernel took by reference */
        _Atomic int64_t zerocopy_sends;  /* sends that asked for no copy and are completed */
        _Atomic int64_t zerocopy_copied; /* of these: those that the kernel says it copied */
};

/* What a sending thread keeps between calls, of one strategy. Zero-initialise; copy_lane_deinit()
 * frees. */
struct copy_lane {
        uint8_t *chunk;         /* a buffer of COPY_CHUNK_BYTES; this and the next two are */
        struct copy_pipe *pipe; /* made when a strategy first needs them */
        struct copy_ring *ring;
        struct copy_counters counters;
};

struct copy_strategy {
        const char *name; /* as in copy.strategy */
        /* Why this machine cannot do it, in a few words; NULL when it can. Nobody uses a strategy
         * that is missing, and nobody takes another one in its place without saying so. A NULL
         * function: every machine can. Tries it out; for any thread. */
        const char *(*missing)(void);
        /* Prepares a new socket of its owner's; NULL: nothing is to be done. */
        void (*adopt)(int socket);
        /* Takes the kernel's reports on earlier sends, of which EPOLLERR tells (and is no error
         * then): those that are there, without waiting. NULL: there are none. */
        void (*reap)(struct copy_lane *lane, int socket);
        /* It cannot say "more follows" with the bytes: cork the socket around it instead. */
        bool needs_cork;
        /* Moves `size` bytes (> 0) of the file from `position` to the non-blocking `socket`. *moved
         * gets what the socket took; less than `size` means that it is full: wait until it can be
         * written to and call again. `more`: bytes of the same answer follow, so a last small
         * segment should wait for them. Errors, each of which ends the connection (*moved is 0):
         * END_OF_FILE (the file is too short), CONNECTION_FAILED, IO. */
        enum kerr (*move)(struct copy_lane *lane, int socket, struct copy_source *source,
                          int64_t position, size_t size, bool more, size_t *moved);
};

extern const struct copy_strategy copy_read_write, copy_mmap, copy_sendfile, copy_splice,
        copy_zerocopy, copy_io_uring, copy_io_uring_splice, copy_io_uring_zerocopy;

/* All of them, in the order above; *count gets their number. */
const struct copy_strategy *const *copy_all(int *count);

/* By name; NULL when there is none of that name. */
const struct copy_strategy *copy_find(const char *name);

enum { COPY_CHUNK_BYTES = 64 << 10 };

/* The lane's buffer. */
uint8_t *copy_lane_chunk(struct copy_lane *lane);

/* Drops what strategies keep with the file; the descriptor stays open. No thread may be sending. */
void copy_source_deinit(struct copy_source *source);

void copy_lane_deinit(struct copy_lane *lane);

/* Adds to a counter that only the calling thread writes: a plain addition, no locked one. */
static inline void copy_count(_Atomic int64_t *counter, int64_t more)
{
        int64_t now = atomic_load_explicit(counter, memory_order_relaxed);
        atomic_store_explicit(counter, now + more, memory_order_relaxed);
}

/* Reads what send(), sendmsg() or sendfile() returned: bytes taken are put in *moved (0 when the
 * socket is full). Errors: see `move`. */
enum kerr copy_sent(ssize_t returned, size_t *moved);

#endif
