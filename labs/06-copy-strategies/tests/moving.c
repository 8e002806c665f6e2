#include "labs/06-copy-strategies/tests/moving.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_VAIN_MAX = 3, MOVES_MAX = 10000 };

/* No two ranges of it look alike. */
static uint8_t content[FILE_BYTES];

static void fill_content(void)
{
        uint32_t x = 1;
        for (size_t i = 0; i < FILE_BYTES; i++) {
                x = x * 1664525 + 1013904223;
                content[i] = (uint8_t)(x >> 24);
        }
}

static int make_file(void)
{
        char path[] = P_tmpdir "/odradek-lab-06-XXXXXX";
        int fd = mkstemp(path);
        if (fd < 0 || unlink(path) != 0 || write(fd, content, FILE_BYTES) != FILE_BYTES) {
                perror(path);
                exit(2);
        }
        return fd;
}

void sender_init(struct sender *s, const struct copy_strategy *strategy)
{
        signal(SIGPIPE, SIG_IGN);
        fill_content();
        calls = (struct calls){0};
        *s = (struct sender){.strategy = strategy, .source.fd = make_file()};
}

void sender_deinit(struct sender *s)
{
        copy_source_deinit(&s->source);
        copy_lane_deinit(&s->lane);
        close(s->source.fd);
}

/* --- a line --- */

void line_open(struct line *l, int buffer_bytes)
{
        int fds[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0) {
                perror("socketpair");
                exit(2);
        }
        *l = (struct line){.from = fds[0], .to = fds[1]};
        if (buffer_bytes > 0)
                setsockopt(l->from, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
}

void line_close(struct line *l)
{
        close(l->from);
        close(l->to);
        buffer_deinit(&l->got);
}

void line_read(struct line *l, size_t limit)
{
        while (limit > 0) {
                size_t some = limit < 65536 ? limit : 65536;
                ssize_t n = recv(l->to, buffer_reserve(&l->got, some), some, 0);
                if (n <= 0)
                        return;
                l->got.size += (size_t)n;
                limit -= (size_t)n;
        }
}

size_t line_arrived(const struct line *l)
{
        int waiting = 0;
        ioctl(l->to, FIONREAD, &waiting);
        return l->got.size + (size_t)waiting;
}

/* --- moves --- */

bool move_once(struct sender *s, struct line *l, int64_t position, size_t size, size_t *moved,
               enum kerr *err)
{
        size_t before = line_arrived(l), said = 0;
        calls_begin();
        *err = s->strategy->move(&s->lane, l->from, &s->source, position, size, false, &said);
        calls_end();
        s->made += calls.made;
        *moved = line_arrived(l) - before;
        if (*err)
                return expect_number("bytes moved, when there is an error", (int64_t)said, 0);
        return *moved == said || expect_number("bytes that move() says it moved, and what arrived",
                                               (int64_t)said, (int64_t)*moved);
}

bool expect_taken(const struct line *l, size_t first, int64_t position, size_t size)
{
        size_t same = 0, there = l->got.size - first;
        while (same < size && same < there &&
               l->got.data[first + same] == content[(size_t)position + same])
                same++;
        char what[100];
        snprintf(what, sizeof what, "%zu bytes from %lld of the file: how many came as they are",
                 size, (long long)position);
        return expect_number(what, (int64_t)same, (int64_t)size) &&
               (there == size ||
                expect_number("bytes that arrived", (int64_t)there, (int64_t)size));
}

bool transfer(struct sender *s, struct line *l, int64_t position, size_t size, size_t takes)
{
        size_t first = line_arrived(l), done = 0;
        int in_vain = 0;
        while (done < size) {
                size_t moved;
                enum kerr err;
                if (!move_once(s, l, position + (int64_t)done, size - done, &moved, &err))
                        return false;
                if (err)
                        return expect_string("the error of a move", kerr_text(err), "no error");
                if (moved > size - done)
                        return expect_number("bytes that one move moved, and what it was to move",
                                             (int64_t)moved, (int64_t)(size - done));
                in_vain = moved == 0 && line_arrived(l) == l->got.size ? in_vain + 1 : 0;
                if (in_vain > IN_VAIN_MAX)
                        return expect_that("an empty socket is given something", false);
                done += moved;
                if (done < size)
                        line_read(l, takes);
        }
        line_read(l, SIZE_MAX);
        return expect_taken(l, first, position, size);
}

size_t fill_up(struct sender *s, struct line *l)
{
        size_t done = 0, moved = 1;
        enum kerr err = KERR_NONE;
        for (int i = 0; i < MOVES_MAX && moved > 0; i++) {
                if (!move_once(s, l, (int64_t)done, 100000, &moved, &err))
                        return 0;
                done += moved;
                if (err || done > FILE_BYTES / 2)
                        break;
        }
        expect_string("the error of a move, until the socket is full and then", kerr_text(err),
                      "no error");
        expect_that("the socket has taken something before it was full", done > 0);
        expect_number("bytes moved when the socket is full", (int64_t)moved, 0);
        return done;
}

void expect_rest(struct sender *s, struct line *l, size_t done, size_t size)
{
        size_t first = l->got.size;
        line_read(l, SIZE_MAX);
        if (expect_taken(l, first, 0, done))
                transfer(s, l, (int64_t)done, size, 3000);
}

enum kerr last_error(struct sender *s, struct line *l, int64_t position, size_t size)
{
        size_t moved, done = 0;
        enum kerr err = KERR_NONE;
        for (int i = 0; i < 10 && !err && done < size; i++) {
                if (!move_once(s, l, position + (int64_t)done, size - done, &moved, &err))
                        return KERR_NONE;
                done += moved;
                line_read(l, SIZE_MAX);
        }
        return err;
}
