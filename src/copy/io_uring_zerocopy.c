/* io_uring_zerocopy.c - SEND_ZC from the kept mapping: zerocopy's way, with the reports in the
 * ring.
 *
 * A send has two completions: what it moved, at once, and later the notification that the kernel
 * has let go of the pages, which also says whether it copied after all. We need not wait for the
 * second one, since a file's bytes do not change: it is found at some later look at the ring, and
 * costs no system call. */
#include "copy/mapping.h"
#include "copy/ring.h"

#ifdef HAVE_LIBURING
#include <errno.h>
#include <sys/socket.h>

/* Newer than the headers of the oldest systems that we build on (Linux 6.2). */
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

static const char *missing(void)
{
        static const int operations[] = {IORING_OP_SEND_ZC};
        return copy_ring_missing(operations, 1);
}

/* How the present send stands. */
struct ending {
        uint64_t number;
        bool found;     /* its result is known */
        bool void_owed; /* it moved nothing, and that this is over is still to be notified */
        int32_t result;
};

static void count_notification(struct copy_lane *lane, const struct io_uring_cqe *end)
{
        copy_count(&lane->counters.zerocopy_sends, 1);
        if ((uint32_t)end->res & IORING_NOTIF_USAGE_ZC_COPIED)
                copy_count(&lane->counters.zerocopy_copied, 1);
}

/* Takes what is in the ring. */
static void take_ends(struct copy_lane *lane, struct ending *e)
{
        struct io_uring *uring = &lane->ring->uring;
        struct io_uring_cqe *end;
        while (io_uring_peek_cqe(uring, &end) == 0) {
                if (!(end->flags & IORING_CQE_F_NOTIF)) {
                        e->found = true;
                        e->result = end->res;
                        e->void_owed = end->res <= 0 && (end->flags & IORING_CQE_F_MORE);
                } else if (e->void_owed && end->user_data == e->number) {
                        e->void_owed = false;
                } else {
                        count_notification(lane, end);
                }
                io_uring_cqe_seen(uring, end);
        }
}

static int32_t send_pages(struct copy_lane *lane, int socket, const uint8_t *bytes, size_t size,
                          bool more)
{
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
        struct ending e = {.number = ++lane->ring->sends};
        struct io_uring_sqe *send = copy_ring_next(lane);
        io_uring_prep_send_zc(send, socket, bytes, size, flags, IORING_SEND_ZC_REPORT_USAGE);
        send->user_data = e.number;
        /* Nothing of a send without bytes is under way, so its notification is not waited for long;
         * it would be taken for one that copied. */
        while (!e.found || e.void_owed) {
                copy_ring_enter(lane, 1);
                take_ends(lane, &e);
        }
        return e.result;
}

static void reap(struct copy_lane *lane, int socket)
{
        (void)socket; /* the lane's ring has the reports of all */
        if (!lane->ring)
                return;
        copy_ring_enter(lane, 0);
        take_ends(lane, &(struct ending){0});
}

static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
                      int64_t position, size_t size, bool more, size_t *moved)
{
        *moved = 0;
        const uint8_t *bytes = mapping_at(source, position, size);
        if (!bytes || !copy_ring_of(lane))
                return KERR_IO;
        int32_t sent = send_pages(lane, socket, bytes, size, more);
        /* So many pages are under way that no more may be pinned: this part goes by copy, and is
         * counted so. */
        if (sent == -ENOBUFS)
                return mapping_send(lane, socket, bytes, size, more, moved);
        enum kerr err = copy_ring_sent(sent, moved);
        copy_count(&lane->counters.reference_bytes, (int64_t)*moved);
        return err;
}

const struct copy_strategy copy_io_uring_zerocopy = {
        .name = "io-uring-zerocopy",
        .missing = missing,
        .reap = reap,
        .move = move,
};
#endif
