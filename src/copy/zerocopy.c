/* zerocopy.c - send(MSG_ZEROCOPY) from the kept mapping: the socket gets references to its pages.
 *
 * The kernel pins the pages, and tells on the socket's error queue when it has let go of them. We
 * never change a file's bytes, so we need not wait for that; but the reports must be taken off, for
 * they use up the socket's option memory, and they are honest: SO_EE_CODE_ZEROCOPY_COPIED says that
 * the kernel copied after all. It does for everything that does not leave the machine, since the
 * receiver could hold on to our pages for ever. Source: Documentation/networking/msg_zerocopy.rst.
 */
#include "copy/mapping.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static bool allow(int socket)
{
        int on = 1;
        return setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) == 0;
}

static const char *missing(void)
{
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool can = fd >= 0 && allow(fd);
        if (fd >= 0)
                close(fd);
        return can ? NULL : "this kernel refuses SO_ZEROCOPY";
}

static void adopt(int socket)
{
        allow(socket);
}

/* One report is about all sends with the running numbers ee_info to ee_data. */
static void count_report(struct copy_lane *lane, const struct sock_extended_err *report)
{
        if (report->ee_errno != 0 || report->ee_origin != SO_EE_ORIGIN_ZEROCOPY)
                return;
        int64_t sends = (int64_t)(uint32_t)(report->ee_data - report->ee_info) + 1;
        copy_count(&lane->counters.zerocopy_sends, sends);
        if (report->ee_code & SO_EE_CODE_ZEROCOPY_COPIED)
                copy_count(&lane->counters.zerocopy_copied, sends);
}

static bool is_report(const struct cmsghdr *c)
{
        return (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
               (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR);
}

static void reap(struct copy_lane *lane, int socket)
{
        for (;;) {
                _Alignas(struct cmsghdr) char space[128];
                struct msghdr message = {.msg_control = space, .msg_controllen = sizeof space};
                ssize_t got = recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
                copy_count(&lane->counters.syscalls, 1);
                if (got < 0)
                        return;
                struct cmsghdr *c = CMSG_FIRSTHDR(&message);
                for (; c; c = CMSG_NXTHDR(&message, c)) {
                        if (is_report(c))
                                count_report(lane, (const void *)CMSG_DATA(c));
                }
        }
}

static ssize_t send_pages(struct copy_lane *lane, int socket, const uint8_t *bytes, size_t size,
                          bool more)
{
        int flags = MSG_ZEROCOPY | MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
        copy_count(&lane->counters.syscalls, 1);
        return send(socket, bytes, size, flags);
}

static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
                      int64_t position, size_t size, bool more, size_t *moved)
{
        *moved = 0;
        const uint8_t *bytes = mapping_at(source, position, size);
        if (!bytes)
                return KERR_IO;
        ssize_t sent = send_pages(lane, socket, bytes, size, more);
        if (sent < 0 && errno == ENOBUFS) {
                /* So many sends wait for their reports that there is no room for one more. */
                reap(lane, socket);
                sent = send_pages(lane, socket, bytes, size, more);
        }
        /* They are still under way, or pages may not be pinned: this part goes by copy, and is
         * counted so. Waiting for the network is not for us to do. */
        if (sent < 0 && errno == ENOBUFS)
                return mapping_send(lane, socket, bytes, size, more, moved);
        enum kerr err = copy_sent(sent, moved);
        copy_count(&lane->counters.reference_bytes, (int64_t)*moved);
        return err;
}

const struct copy_strategy copy_zerocopy = {
        .name = "zerocopy",
        .missing = missing,
        .adopt = adopt,
        .reap = reap,
        .move = move,
};
