/* Tests 01 to 08: what sendfile and splice must do alike. */
#include "labs/06-copy-strategies/tests/moving.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void read_all(void *line)
{
        line_read(line, SIZE_MAX);
}

/* Ranges around the sizes of pages and pipes, at odd positions. */
static void whole_ranges(const struct copy_strategy *strategy)
{
        static const size_t sizes[] = {1, 4095, 4096, 4097, 65535, 65536, 65537, 100001};
        struct sender s;
        struct line l;
        sender_init(&s, strategy);
        line_open(&l, 0);
        lseek(s.source.fd, 12345, SEEK_SET);
        bool good = true;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes && good; i++)
                good = transfer(&s, &l, 4095 * (int64_t)i, sizes[i], SIZE_MAX);
        good = good && transfer(&s, &l, FILE_BYTES - 5000, 5000, SIZE_MAX);
        if (good)
                expect_number("where the descriptor stands: other threads send from it too",
                              lseek(s.source.fd, 0, SEEK_CUR), 12345);

        size_t moved;
        enum kerr err;
        calls.sent = read_all;
        calls.context = &l;
        calls.fill_max = 16384;
        size_t before = l.got.size;
        if (good && move_once(&s, &l, 777, 60000, &moved, &err) &&
            expect_number("bytes of one move, while a quick reader keeps the socket empty",
                          (int64_t)moved, 60000))
                expect_taken(&l, before, 777, 60000);
        calls.fill_max = 65536;
        if (good)
                transfer(&s, &l, 100001, 500001, SIZE_MAX);
        line_close(&l);
        sender_deinit(&s);
}

static void parts(const struct copy_strategy *strategy)
{
        struct sender s;
        struct line l;
        sender_init(&s, strategy);
        line_open(&l, SMALL_BYTES);
        bool good = transfer(&s, &l, 5, 100000, 3000); /* as the kernel does it by itself */
        calls.send_max = 777;
        calls.empty_max = 5000;
        good = good && transfer(&s, &l, 200000, 50000, SIZE_MAX);
        calls.send_max = 1;
        if (good)
                transfer(&s, &l, 300000, 100, SIZE_MAX);
        line_close(&l);
        sender_deinit(&s);
}

static void full_sockets(const struct copy_strategy *strategy)
{
        struct sender s;
        struct line l;
        sender_init(&s, strategy);
        line_open(&l, SMALL_BYTES);
        size_t done = fill_up(&s, &l), moved;
        enum kerr err;
        if (done > 0 && move_once(&s, &l, (int64_t)done, 50000, &moved, &err)) {
                expect_string("what it is when asked once more", kerr_text(err), "no error");
                expect_number("bytes moved", (int64_t)moved, 0);
                expect_rest(&s, &l, done, 50000);
        }
        size_t first = l.got.size;
        calls.fail_once = EINTR;
        if (done > 0 && move_once(&s, &l, 1000, 20000, &moved, &err) &&
            expect_string("a call that a signal interrupts (EINTR): the error of the move",
                          kerr_text(err), "no error")) {
                line_read(&l, SIZE_MAX);
                if (expect_taken(&l, first, 1000, moved))
                        transfer(&s, &l, 1000 + (int64_t)moved, 20000 - moved, SIZE_MAX);
        }
        line_close(&l);
        sender_deinit(&s);
}

static void bad_ends(const struct copy_strategy *strategy)
{
        struct sender s;
        struct line l;
        sender_init(&s, strategy);
        line_open(&l, 0);
        expect_string("a range behind the file's end",
                      kerr_text(last_error(&s, &l, FILE_BYTES + 5000, 100)),
                      kerr_text(KERR_END_OF_FILE));
        expect_string("a range that begins in the file and ends behind it",
                      kerr_text(last_error(&s, &l, FILE_BYTES - 100, 200)),
                      kerr_text(KERR_END_OF_FILE));
        int fd = s.source.fd;
        s.source.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        expect_that("a file that cannot be read is an error", last_error(&s, &l, 0, 100));
        close(s.source.fd);
        s.source.fd = fd;
        transfer(&s, &l, 0, 1000, SIZE_MAX);
        close(l.to);
        l.to = -1;
        expect_string("a peer that is gone", kerr_text(last_error(&s, &l, 0, 1000)),
                      kerr_text(KERR_CONNECTION_FAILED));
        line_close(&l);
        sender_deinit(&s);
}

LAB_TEST(01, "sendfile: the range, all of it and no more")
{
        whole_ranges(&copy_sendfile);
}

LAB_TEST(02, "sendfile: a socket that takes a part")
{
        parts(&copy_sendfile);
}

LAB_TEST(03, "sendfile: a socket that is full")
{
        full_sockets(&copy_sendfile);
}

LAB_TEST(04, "sendfile: a file cut short, a peer that is gone")
{
        bad_ends(&copy_sendfile);
}

LAB_TEST(05, "splice: the range, all of it and no more")
{
        whole_ranges(&copy_splice);
}

LAB_TEST(06, "splice: a socket that takes a part")
{
        parts(&copy_splice);
}

LAB_TEST(07, "splice: a socket that is full")
{
        full_sockets(&copy_splice);
}

LAB_TEST(08, "splice: a file cut short, a peer that is gone")
{
        bad_ends(&copy_splice);
}
