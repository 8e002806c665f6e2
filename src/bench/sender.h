/* sender.h - the sending half of a broker and nothing else: ranges of a file to consumers' sockets,
 * one event loop, one thread.
 *
 *     pushed     the next range follows as soon as the socket has room: a consumer that always has
 *                fetches in flight
 *     requested  one range for each byte that the consumer sends: its answer can be waited for
 *
 * (1) A stream sends the ranges of its part of the file one after the other, over and over, each
 *     with the same header in front, or with none.
 * (2) Every stream with room gets one turn, then the kernel is asked about those without: a slow
 *     consumer delays nobody. A strategy that waits for the disk delays everybody; that is for the
 *     experiments to show.
 * (3) Every system call between the first and the last byte is counted, those of waiting too. */
#ifndef ODRADEK_BENCH_SENDER_H
#define ODRADEK_BENCH_SENDER_H

#include "copy/copy.h"

enum { SENDER_WHY_BYTES = 120, SENDER_HEADER_MAX = 256 };

struct sender_stream {
        int socket;                 /* connected, non-blocking */
        struct copy_source *source; /* several streams may share one */
        int64_t part_bytes;         /* what is sent over and over, from the file's first byte on */
        int64_t start;              /* the place in it to begin at */
        int64_t bytes;              /* file bytes to push; 0: a requested stream */

        /* The sender's. */
        int64_t sent;       /* file bytes */
        int64_t requests;   /* ranges asked for, or to be pushed, that are not wholly sent */
        int32_t frame_sent; /* of the present header and range */
        uint32_t watched;   /* epoll events; 0: none */
        bool full, closed;
};

struct sender_config {
        const struct copy_strategy *strategy;
        int32_t range_bytes;  /* of one response; divides part_bytes, start and bytes */
        int32_t header_bytes; /* in front of each range, zeros; 0: none */
};

struct sender_counts {
        int64_t file_bytes; /* what the sockets took, headers not counted */
        int64_t syscalls;   /* all of them, waits included */
        int64_t waits;      /* epoll_wait() and epoll_ctl() */
        int64_t user_bytes, reference_bytes;
        int64_t zerocopy_sends, zerocopy_copied;
};

/* Sends until all pushed streams have sent their bytes; when there are only requested ones, until
 * each consumer has closed. False: a strategy failed, `why` (SENDER_WHY_BYTES) tells. The sockets
 * stay open; what they hold is on its way still. */
bool bench_sender_run(const struct sender_config *config, struct copy_lane *lane,
                      struct sender_stream *streams, int count, struct sender_counts *counts,
                      char *why);

/* Ends the streams, waits until the other ends have all bytes, and takes in what the kernel reports
 * of them (`strategy` may be NULL); bench_sender_read_counts() again then. The waiting is not
 * counted: a server would not do it. Without the end a receiver might sit on its last
 * acknowledgement for 40 ms. */
void bench_sender_settle(const struct copy_strategy *strategy, struct copy_lane *lane,
                         const struct sender_stream *streams, int count);

/* What the lane has counted so far; `counts->waits` are added to the system calls. */
void bench_sender_read_counts(const struct copy_lane *lane, struct sender_counts *counts);

#endif
