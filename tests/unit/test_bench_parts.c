/* Tests of the parts that the experiments on the way out are made of: what they compute and what
 * they send must be right before it is worth timing. */
#include "bench/byref.h"
#include "bench/checksums.h"
#include "bench/experiments.h"
#include "bench/loopback.h"
#include "bench/responder.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crc32c.h"

enum { KIB = 1 << 10 };

static char directory[] = "/var/tmp/test_bench_parts_XXXXXX";

static int set_up(void **state)
{
        (void)state;
        signal(SIGPIPE, SIG_IGN);
        return mkdtemp(directory) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
        (void)state;
        return rmdir(directory); /* fails when a test left something */
}

/* xorshift32: the same numbers on every run. */
static uint32_t random_below(uint32_t *seed, uint32_t bound)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 17;
        *seed ^= *seed << 5;
        return *seed % bound;
}

/* --- checksums --- */

enum { MOST_BYTES = 5000, MISALIGNED = 8 };

static const struct checksum *checksums_here(int *count)
{
        static struct checksum here[16];
        int known, found = 0;
        const struct checksum *all = checksums_all(&known);
        for (int i = 0; i < known; i++) {
                if (all[i].missing() == NULL)
                        here[found++] = all[i];
                else
                        print_message("skipped: %s (%s)\n", all[i].name, all[i].missing());
        }
        assert_true(found >= 2);
        *count = found;
        return here;
}

/* Goal: every form gives the checksum that the broker's own gives, whatever the length, the place
 * in memory, and however the bytes come in pieces.
 * Method: the check value of the polynomial; then random bytes of random lengths up to 5000, which
 * covers none, one and more of the blocks of three streams (3 KiB), begun at each alignment; each
 * computed at once and in two pieces, held against the small table of base/crc32c.c. */
static void test_checksums_agree(void **state)
{
        (void)state;
        struct checksum_tables tables;
        uint8_t bytes[MOST_BYTES + MISALIGNED];
        uint32_t seed = 2463534242u;
        int count;
        const struct checksum *forms = checksums_here(&count);
        checksum_tables_make(&tables);
        for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = (uint8_t)random_below(&seed, 256);
        for (int form = 0; form < count; form++)
                assert_int_equal(forms[form].compute(&tables, 0, "123456789", 9), 0xe3069283u);
        for (int round = 0; round < 2000; round++) {
                size_t size = random_below(&seed, MOST_BYTES + 1);
                size_t cut = random_below(&seed, (uint32_t)size + 1);
                const uint8_t *at = bytes + round % MISALIGNED;
                uint32_t right = crc32c_table(0, at, size);
                for (int form = 0; form < count; form++) {
                        const struct checksum *f = &forms[form];
                        uint32_t first = f->compute(&tables, 0, at, cut);
                        assert_int_equal(f->compute(&tables, 0, at, size), right);
                        assert_int_equal(f->compute(&tables, first, at + cut, size - cut), right);
                }
        }
}

/* --- the connection --- */

/* Goal: both ends are there, speak to each other without delay, and use the congestion control that
 * was asked for; one that does not exist is an error that leaves nothing open.
 * Method: a byte each way, the options read back; then a made-up name, and the next descriptor must
 * have the same number as before. */
static void test_loopback(void **state)
{
        (void)state;
        struct loopback l;
        char byte = 'x', name[16] = "";
        int on = 0;
        socklen_t name_size = sizeof name, on_size = sizeof on;
        assert_true(loopback_open(&l, "reno"));
        assert_int_equal(send(l.server, &byte, 1, 0), 1);
        assert_int_equal(recv(l.client, &byte, 1, 0), 1);
        assert_int_equal(send(l.client, &byte, 1, 0), 1);
        assert_int_equal(recv(l.server, &byte, 1, 0), 1);
        assert_int_equal(getsockopt(l.server, IPPROTO_TCP, TCP_CONGESTION, name, &name_size), 0);
        assert_string_equal(name, "reno");
        assert_int_equal(getsockopt(l.server, IPPROTO_TCP, TCP_NODELAY, &on, &on_size), 0);
        assert_true(on);
        loopback_close(&l);

        int before = dup(STDERR_FILENO);
        close(before);
        assert_false(loopback_open(&l, "no-such-thing"));
        int after = dup(STDERR_FILENO);
        close(after);
        assert_int_equal(after, before);
}

/* --- answers --- */

enum { FILE_BYTES = 150 * KIB + 5, ANSWERS = 5 };

struct shape {
        size_t range_bytes;
        int ranges;
};

/* An answer of each fits into a new connection's window, so one process can play both parts. */
static const struct shape shapes[] = {{1, 1},    {100, 1},          {4 * KIB, 3},     {1000, 33},
                                      {333, 70}, {16 * KIB + 1, 2}, {24 * KIB + 3, 2}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void take(int socket, uint8_t *bytes, size_t size)
{
        assert_int_equal(recv(socket, bytes, size, MSG_WAITALL), size);
}

/* Reads one answer. The account of positions is kept anew here. */
static void expect_answer(int socket, const struct shape *shape, int64_t *position)
{
        uint8_t header[HEADER_BYTES], wanted[HEADER_BYTES];
        uint8_t *range = malloc(shape->range_bytes);
        int64_t size = (int64_t)shape->range_bytes;
        memset(wanted, 'h', sizeof wanted);
        for (int i = 0; i < shape->ranges; i++) {
                take(socket, header, sizeof header);
                assert_memory_equal(header, wanted, sizeof header);
                if (*position + size > FILE_BYTES)
                        *position = 0;
                take(socket, range, shape->range_bytes);
                assert_true(data_file_check(range, *position, shape->range_bytes));
                *position += size;
        }
        free(range);
}

static void answer_and_check(const struct data_file *file, enum responder_way way,
                             const struct shape *shape)
{
        struct responder responder;
        struct loopback ends;
        int64_t position = 0;
        uint8_t byte;
        assert_true(loopback_open(&ends, "reno"));
        responder_init(&responder, file);
        for (int i = 0; i < ANSWERS; i++) {
                assert_true(responder_answer(&responder, way, ends.server, shape->range_bytes,
                                             shape->ranges));
                expect_answer(ends.client, shape, &position);
        }
        shutdown(ends.server, SHUT_WR);
        assert_int_equal(recv(ends.client, &byte, 1, 0), 0); /* and nothing more */
        responder_deinit(&responder);
        loopback_close(&ends);
}

/* Goal: each way answers with the same bytes: headers, and the ranges of the file in order.
 * Method: ranges of odd and even sizes, more of them than a gathered write takes, and so many that
 * they go round the end of the file; everything is read back and compared. */
static void test_answers_are_exact(void **state)
{
        (void)state;
        struct data_file file;
        data_file_make(&file, directory, FILE_BYTES, 64 * KIB);
        for (int way = 0; way < RESPONDER_WAYS; way++) {
                for (int i = 0; i < SHAPES; i++)
                        answer_and_check(&file, (enum responder_way)way, &shapes[i]);
        }
        data_file_remove(&file);
}

/* Goal: a client that has gone ends the answer with false, not with a signal or a loop.
 * Method: the client's end is closed with bytes unread, which resets the connection. */
static void test_answer_to_nobody_fails(void **state)
{
        (void)state;
        struct data_file file;
        data_file_make(&file, directory, FILE_BYTES, 64 * KIB);
        for (int way = 0; way < RESPONDER_WAYS; way++) {
                struct responder responder;
                struct loopback ends;
                bool fine = true;
                assert_true(loopback_open(&ends, "reno"));
                responder_init(&responder, &file);
                close(ends.client);
                for (int i = 0; fine && i < 100; i++)
                        fine = responder_answer(&responder, (enum responder_way)way, ends.server,
                                                4 * KIB, 2);
                assert_false(fine);
                responder_deinit(&responder);
                close(ends.server);
        }
        data_file_remove(&file);
}

/* Goal: a whole run ends, and its report adds up.
 * Method: 10 ms of each way, one request on its way and sixteen; pread makes (ranges + 1) / ranges
 * calls for each range unless the socket was full in between. */
static void test_responder_run(void **state)
{
        (void)state;
        struct data_file file;
        struct responder responder;
        char why[CASE_WHY_BYTES] = "";
        data_file_make(&file, directory, FILE_BYTES, 64 * KIB);
        responder_init(&responder, &file);
        for (int i = 0; i < 2 * RESPONDER_WAYS; i++) {
                struct responder_load load = {.way = (enum responder_way)(i / 2),
                                              .range_bytes = KIB,
                                              .ranges = 4,
                                              .depth = i % 2 ? 16 : 1,
                                              .mode = BENCH_SAME_CORE,
                                              .seconds = 0.01};
                struct responder_report report;
                assert_true(responder_run(&responder, &load, &report, why));
                assert_true(report.answers > 0);
                assert_true(report.wall_s > 0 && report.cpu_s >= 0);
                assert_true(report.client_answer_s >= 0);
                /* Of four ranges: a pread each and a send; one call; a header and a sendfile each;
                 * the same and the cork twice; as without it. */
                static const double calls[] = {5, 1, 8, 10, 8};
                if (load.depth == 1)
                        assert_true(report.syscalls_per_range == calls[load.way] / 4);
                assert_true(report.syscalls_per_range > 0);
        }
        responder_deinit(&responder);
        data_file_remove(&file);
}

/* --- by reference, or by copy --- */

static struct byref_outcome overwrite_in_flight(const struct copy_strategy *strategy)
{
        struct byref_outcome o;
        char why[CASE_WHY_BYTES] = "";
        assert_true(byref_in_flight(strategy, BYREF_OVERWRITE, directory, &o, why));
        assert_true(o.values[BYREF_SENT] > 0);
        assert_int_equal(o.values[BYREF_LOST], 0);
        assert_int_equal(o.values[BYREF_OLD] + o.values[BYREF_NEW], o.values[BYREF_SENT]);
        return o;
}

/* Goal: what is sent by copy is a snapshot, and what is sent by reference is none.
 * Method: a range is sent, overwritten and only then read. With read-write and from a mapping every
 * byte is the old one; with sendfile and splice every byte is the new one. */
static void test_references_show_what_was_written_later(void **state)
{
        (void)state;
        static const struct copy_strategy *const by_copy[] = {&copy_read_write, &copy_mmap};
        static const struct copy_strategy *const by_reference[] = {&copy_sendfile, &copy_splice};
        for (int i = 0; i < 2; i++) {
                assert_int_equal(overwrite_in_flight(by_copy[i]).values[BYREF_NEW], 0);
                assert_int_equal(overwrite_in_flight(by_reference[i]).values[BYREF_OLD], 0);
        }
}

/* Goal: cutting a file takes nothing from what was copied before, and every byte that the calls
 * took arrives with sendfile too: the pages live as long as somebody refers to them. Method: a
 * range is sent, the file truncated, and only then read. What those bytes are with sendfile (they
 * may have been zeroed) is the kernel's to choose. */
static void test_cut_in_flight(void **state)
{
        (void)state;
        struct byref_outcome o;
        char why[CASE_WHY_BYTES] = "";
        assert_true(byref_in_flight(&copy_read_write, BYREF_CUT, directory, &o, why));
        assert_int_equal(o.values[BYREF_OLD], o.values[BYREF_SENT]);
        assert_true(byref_in_flight(&copy_sendfile, BYREF_CUT, directory, &o, why));
        assert_int_equal(o.values[BYREF_NEW], 0);
}

/* Goal: a file that was truncated is an end of file to a read and to sendfile, and an error or a
 * signal to whoever touches a mapping of it.
 * Method: each way to touch it, once. */
static void test_touching_what_was_cut(void **state)
{
        (void)state;
        struct byref_outcome o;
        byref_after_cut(BYREF_PREAD, directory, &o);
        assert_int_equal(o.values[BYREF_SENT], 0);
        assert_int_equal(o.values[BYREF_ERRNO], 0);
        byref_after_cut(BYREF_SENDFILE, directory, &o);
        assert_int_equal(o.values[BYREF_SENT], 0);
        assert_int_equal(o.values[BYREF_ERRNO], 0);
        byref_after_cut(BYREF_SEND_MAPPING, directory, &o);
        assert_int_equal(o.values[BYREF_SENT], 0);
        assert_int_equal(o.values[BYREF_ERRNO], EFAULT);
        byref_after_cut(BYREF_LOAD_MAPPING, directory, &o);
        assert_int_equal(o.values[BYREF_SIGNAL], SIGBUS);
}

/* --- E10 --- */

/* Goal: the traps are measured, or skipped with a reason, and what is told of them is told of cases
 * that were measured; nothing stays in the scratch directory (see tear_down).
 * Method: one quick run of each. */
static void test_traps_are_measured(void **state)
{
        (void)state;
        struct bench_options options = {.quick = true, .runs = 1, .scratch = directory};
        struct results r;
        char why[CASE_WHY_BYTES] = "", *told = NULL;
        size_t told_size = 0;
        assert_true(experiment_run(&experiment_traps, &options, &r, why));
        for (int i = 0; i < r.case_count; i++) {
                const struct bench_case *c = &r.cases[i];
                assert_true(c->runs == 1 || *c->skipped);
                for (int f = 0; c->runs && f < experiment_traps.figure_count; f++)
                        assert_true(c->values[0][f] > 0);
        }
        FILE *to = open_memstream(&told, &told_size);
        experiment_traps.tell(&r, to);
        fclose(to);
        const struct bench_case *bbr = results_case(&r, "bbr", "sendfile", 0);
        assert_non_null(bbr);
        assert_int_equal(strstr(told, "bbr") != NULL, bbr->runs > 0);
        free(told);
        results_deinit(&r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_checksums_agree),
                cmocka_unit_test(test_loopback),
                cmocka_unit_test(test_answers_are_exact),
                cmocka_unit_test(test_answer_to_nobody_fails),
                cmocka_unit_test(test_responder_run),
                cmocka_unit_test(test_references_show_what_was_written_later),
                cmocka_unit_test(test_cut_in_flight),
                cmocka_unit_test(test_touching_what_was_cut),
                cmocka_unit_test(test_traps_are_measured),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
