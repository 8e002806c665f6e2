/* Tests 09, 10 and 12: what only splice must think of, for it has a pipe. */
#include "labs/06-copy-strategies/tests/moving.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

LAB_TEST(09, "splice: what was not taken is in nobody's answer")
{
        struct sender s;
        struct line full, other, dead;
        sender_init(&s, &copy_splice);
        line_open(&full, SMALL_BYTES);
        line_open(&other, 0);
        line_open(&dead, 0);
        size_t done = fill_up(&s, &full);
        /* One lane, and so one pipe, for all connections. */
        bool good = done > 0 && transfer(&s, &other, 500000, 30000, SIZE_MAX);
        calls.send_max = 1000;
        calls.empty_max = 1000; /* the pipe is not emptied with one call */
        good = good && transfer(&s, &other, 600000, 30000, SIZE_MAX);
        if (good)
                expect_rest(&s, &full, done, 30000);

        calls = (struct calls){.empty_max = 1000};
        close(dead.to);
        dead.to = -1;
        if (good) {
                expect_string("a peer that is gone", kerr_text(last_error(&s, &dead, 0, 30000)),
                              kerr_text(KERR_CONNECTION_FAILED));
                transfer(&s, &other, 700000, 30000, SIZE_MAX);
        }
        line_close(&full);
        line_close(&other);
        line_close(&dead);
        sender_deinit(&s);
}

LAB_TEST(10, "splice: a file that gives less than was asked for")
{
        struct sender s;
        struct line l;
        sender_init(&s, &copy_splice);
        line_open(&l, SMALL_BYTES);
        calls.fill_max = 1000;
        if (transfer(&s, &l, 4000, 50000, SIZE_MAX)) {
                calls.send_max = 300;
                transfer(&s, &l, 100000, 10000, SIZE_MAX);
        }
        line_close(&l);
        sender_deinit(&s);
}

/* --- over TCP, which counts its segments --- */

static void must(bool done, const char *what)
{
        if (!done) {
                perror(what);
                exit(2);
        }
}

static void connect_tcp(struct line *l)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
        *l = (struct line){.from = socket(AF_INET, SOCK_STREAM, 0)};
        setsockopt(l->from, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        must(bind(listener, (struct sockaddr *)&address, size) == 0, "bind");
        must(listen(listener, 1) == 0, "listen");
        getsockname(listener, (struct sockaddr *)&address, &size);
        must(connect(l->from, (struct sockaddr *)&address, size) == 0, "connect");
        l->to = accept(listener, NULL, NULL);
        close(listener);
        fcntl(l->from, F_SETFL, O_NONBLOCK);
}

static int segments(const struct line *l)
{
        struct tcp_info info = {0};
        socklen_t size = sizeof info;
        getsockopt(l->from, IPPROTO_TCP, TCP_INFO, &info, &size);
        return (int)info.tcpi_data_segs_out;
}

static bool move_more(struct sender *s, struct line *l, bool more)
{
        size_t moved = 0;
        enum kerr err = s->strategy->move(&s->lane, l->from, &s->source, 0, 100, more, &moved);
        return expect_string("the error of a move", kerr_text(err), "no error") &&
               expect_number("bytes moved", (int64_t)moved, 100);
}

LAB_TEST(12, "splice: a last small segment waits when more follows")
{
        enum { TRIES = 10 };
        struct sender s;
        struct line l;
        sender_init(&s, &copy_splice);
        connect_tcp(&l);
        int together = 0;
        bool good = move_more(&s, &l, false);
        if (good)
                expect_number("segments sent, when nothing follows", segments(&l), 1);
        /* The kernel waits for 200 ms at most: a slow machine may need another try. */
        for (int i = 0; i < TRIES && together != 1 && good; i++) {
                int before = segments(&l);
                good = move_more(&s, &l, true) && move_more(&s, &l, false);
                together = segments(&l) - before;
        }
        if (good)
                expect_number("segments for 100 bytes with more behind them, and 100 more",
                              together, 1);
        line_close(&l);
        sender_deinit(&s);
}
