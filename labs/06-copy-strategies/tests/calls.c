#undef _FORTIFY_SOURCE /* which would have names of its own for some of these */
#include "labs/06-copy-strategies/tests/calls.h"

#include "labs/tool/lab_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS_MAX = 1000 };

struct calls calls;
static bool watching;

void calls_begin(void)
{
        calls.made = 0;
        calls.copied_bytes = 0;
        watching = true;
}

void calls_end(void)
{
        watching = false;
}

/* --- watched --- */

static void stop(const char *what)
{
        watching = false;
        expect_that(what, false);
        exit(1);
}

static void note(void)
{
        if (++calls.made > CALLS_MAX)
                stop("a move comes back when the socket is full, and does not ask again and again");
}

static mode_t kind_of(int fd)
{
        struct stat st;
        return fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static bool is_ready(int fd, short event)
{
        struct pollfd polled = {.fd = fd, .events = event};
        return ppoll(&polled, 1, &(struct timespec){0}, NULL) == 1;
}

/* A splice() that would wait for the other end of a pipe, which is this very thread. */
static void check_pipe(int in, int out, unsigned flags)
{
        if (kind_of(out) == S_IFIFO && !is_ready(out, POLLOUT))
                stop("a full pipe is not filled: the call would wait for ever");
        if (kind_of(in) == S_IFIFO && !(flags & SPLICE_F_NONBLOCK) && !is_ready(in, POLLIN))
                stop("an empty pipe is not emptied: the call would wait for ever");
}

static size_t at_most(size_t size, size_t max)
{
        return max > 0 && max < size ? max : size;
}

static bool fails(int to)
{
        if (calls.fail_once == 0 || kind_of(to) != S_IFSOCK)
                return false;
        errno = calls.fail_once;
        calls.fail_once = 0;
        return true;
}

static void tell(int to, ssize_t moved)
{
        if (moved <= 0 || !calls.sent || kind_of(to) != S_IFSOCK)
                return;
        watching = false;
        calls.sent(calls.context);
        watching = true;
}

ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
        if (!watching)
                return syscall(SYS_sendfile, out, in, offset, count);
        note();
        if (fails(out))
                return -1;
        ssize_t moved = syscall(SYS_sendfile, out, in, offset, at_most(count, calls.send_max));
        tell(out, moved);
        return moved;
}

ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t size,
               unsigned flags)
{
        if (!watching)
                return syscall(SYS_splice, in, in_offset, out, out_offset, size, flags);
        note();
        check_pipe(in, out, flags);
        if (fails(out))
                return -1;
        size_t max = kind_of(out) == S_IFSOCK ? calls.send_max
                     : kind_of(in) == S_IFIFO ? calls.empty_max
                                              : calls.fill_max;
        ssize_t moved =
                syscall(SYS_splice, in, in_offset, out, out_offset, at_most(size, max), flags);
        tell(out, moved);
        return moved;
}

/* --- what a strategy without copies does not need --- */

static ssize_t copied(int to, ssize_t moved)
{
        if (watching) {
                note();
                calls.copied_bytes += moved > 0 ? moved : 0;
                tell(to, moved);
        }
        return moved;
}

ssize_t read(int fd, void *bytes, size_t size)
{
        return copied(-1, syscall(SYS_read, fd, bytes, size));
}

ssize_t pread(int fd, void *bytes, size_t size, off_t position)
{
        return copied(-1, syscall(SYS_pread64, fd, bytes, size, position));
}

ssize_t write(int fd, const void *bytes, size_t size)
{
        return copied(fd, syscall(SYS_write, fd, bytes, size));
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
        return copied(fd, syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
        return copied(fd, syscall(SYS_sendmsg, fd, message, flags));
}

int poll(struct pollfd *polled, nfds_t count, int timeout_ms)
{
        if (watching)
                stop("a move does not wait for the socket: its thread has other connections");
        struct timespec limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
        return ppoll(polled, count, timeout_ms < 0 ? NULL : &limit, NULL);
}
