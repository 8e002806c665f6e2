/* Tests of both ends of a copy: files whose bytes are known, and receivers. Never of speed. */
#include "bench/data_file.h"
#include "bench/receivers.h"
#include "bench/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char scratch[64];

static int make_scratch(void **state)
{
        (void)state;
        strcpy(scratch, P_tmpdir "/test-files-XXXXXX");
        return mkdtemp(scratch) ? 0 : -1;
}

/* Fails when a test left a file behind. */
static int remove_scratch(void **state)
{
        (void)state;
        return rmdir(scratch);
}

/* Goal: a scratch file takes bytes and has no name. Method: write, read, look for its links; a
 * directory that there is not. */
static void test_scratch_file(void **state)
{
        (void)state;
        char byte = 0;
        struct stat st;
        int fd = scratch_file(scratch);
        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, "o", 1, 0), 1);
        assert_int_equal(pread(fd, &byte, 1, 0), 1);
        assert_int_equal(byte, 'o');
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_nlink, 0);
        close(fd);
        assert_int_equal(scratch_file("/nowhere"), -1);
        assert_int_equal(errno, ENOENT);
}

/* --- data files --- */

/* Goal: the file holds the pattern that the checks know, whatever the appends were. Method: read it
 * back whole and in odd pieces; a changed byte is seen. */
static void test_data_file(void **state)
{
        (void)state;
        enum { SIZE = 3000001 };
        static uint8_t bytes[SIZE];
        const int64_t appends[] = {1000, 16384, 2 << 20};
        for (int i = 0; i < 3; i++) {
                struct data_file f;
                data_file_make(&f, scratch, SIZE, appends[i]);
                struct stat st;
                assert_int_equal(stat(f.path, &st), 0);
                assert_int_equal(st.st_size, SIZE);
                assert_int_equal(pread(f.source.fd, bytes, SIZE, 0), SIZE);
                assert_true(data_file_check(bytes, 0, SIZE));
                assert_true(data_file_check(bytes + 12345, 12345, 9999));
                assert_false(data_file_check(bytes + 12345, 12346, 9999));
                bytes[SIZE - 1] ^= 1;
                assert_false(data_file_check(bytes, 0, SIZE));
                char path[200];
                strcpy(path, f.path);
                data_file_remove(&f);
                assert_int_equal(stat(path, &st), -1);
        }
        assert_int_not_equal(data_file_crc(0, 5000), data_file_crc(1, 5000));
}

/* Goal: residency is what the page cache holds. Method: warm, evict, warm, on a file of 4 MiB that
 * a mapping had pinned. (A file system in memory keeps everything.) */
static void test_residency(void **state)
{
        (void)state;
        struct data_file f;
        data_file_make(&f, scratch, 4 << 20, 16384);
        assert_true(data_file_warm(&f));
        assert_true(data_file_residency(&f) == 1);
        struct machine m;
        machine_look(&m, scratch);
        if (strcmp(m.filesystem, "tmpfs") != 0 && strcmp(m.filesystem, "overlay") != 0) {
                assert_true(data_file_evict(&f));
                assert_true(data_file_residency(&f) < 0.01);
                assert_true(data_file_warm(&f));
        }
        data_file_remove(&f);
        data_file_make(&f, scratch, 0, 16384);
        assert_true(data_file_residency(&f) == 1);
        data_file_remove(&f);
}

/* --- receivers --- */

enum { SENT_BYTES = 3000000 };

static void send_all(int socket, const uint8_t *bytes, size_t size)
{
        while (size > 0) {
                ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
                if (sent < 0) {
                        assert_int_equal(errno, EAGAIN);
                        usleep(100);
                        continue;
                }
                bytes += sent;
                size -= (size_t)sent;
        }
}

static void check_receivers(const struct receivers_config *config)
{
        struct data_file f;
        uint8_t *bytes = malloc(SENT_BYTES);
        data_file_make(&f, scratch, SENT_BYTES, 1 << 20);
        assert_int_equal(pread(f.source.fd, bytes, SENT_BYTES, 0), SENT_BYTES);
        struct receivers r;
        struct receiver_report reports[3];
        char why[CASE_WHY_BYTES], text[100];
        assert_true(receivers_start(&r, config, why));
        assert_int_equal(r.count, config->count);
        receivers_describe(&r, text, sizeof text);
        assert_non_null(strstr(text, "congestion control reno, send buffer "));
        for (int i = 0; i < r.count; i++)
                send_all(r.sockets[i], bytes, (size_t)SENT_BYTES / (size_t)(i + 1));
        receivers_end(&r, reports);
        for (int i = 0; i < config->count; i++) {
                assert_int_equal(reports[i].bytes, SENT_BYTES / (i + 1));
                if (config->kind == RECEIVER_CRC)
                        assert_int_equal(reports[i].crc, data_file_crc(0, SENT_BYTES / (i + 1)));
                assert_true(reports[i].spent.wall_s > 0);
        }
        machine_pin(-1);
        free(bytes);
        data_file_remove(&f);
}

/* Goal: what is sent arrives, whatever the receiver does with it, and each one reports its own.
 * Method: three kinds, up to three at once, with and without the traps. */
static void test_receivers(void **state)
{
        (void)state;
        check_receivers(&(struct receivers_config){.count = 3, .kind = RECEIVER_CRC});
        check_receivers(&(struct receivers_config){.count = 1, .kind = RECEIVER_COPY});
        check_receivers(&(struct receivers_config){
                .count = 1, .kind = RECEIVER_DISCARD, .wake_each_segment = true});
        check_receivers(&(struct receivers_config){
                .count = 1, .kind = RECEIVER_CRC, .send_buffer_bytes = 65536});
        if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
                check_receivers(&(struct receivers_config){
                        .count = 2, .kind = RECEIVER_CRC, .mode = BENCH_TWO_CORES});
}

/* Goal: a receiver that waits for 256 KiB does not wait for ever. Method: a byte, then the end; the
 * end alone. */
static void test_receivers_little(void **state)
{
        (void)state;
        for (int bytes = 1; bytes >= 0; bytes--) {
                struct receivers r;
                struct receiver_report report;
                char why[CASE_WHY_BYTES];
                assert_true(receivers_start(&r, &(struct receivers_config){.count = 1}, why));
                send_all(r.sockets[0], (const uint8_t *)"o", (size_t)bytes);
                alarm(10);
                receivers_end(&r, &report);
                alarm(0);
                assert_int_equal(report.bytes, bytes);
        }
        machine_pin(-1);
}

/* Goal: a link of fixed speed is not faster than that. Method: 3 MB at 10 MB/s take 0.2 s and more
 * (a burst goes out at once). */
static void test_pacing(void **state)
{
        (void)state;
        double start_s = usage_clock_s();
        check_receivers(&(struct receivers_config){
                .count = 1, .kind = RECEIVER_COPY, .bytes_per_second = 10 << 20});
        assert_true(usage_clock_s() - start_s > 0.2);
}

/* Goal: what cannot be had is told. Method: a congestion control that no kernel has. */
static void test_receivers_refused(void **state)
{
        (void)state;
        struct receivers r;
        char why[CASE_WHY_BYTES] = "";
        assert_false(receivers_start(
                &r, &(struct receivers_config){.count = 2, .congestion = "teleport"}, why));
        assert_non_null(strstr(why, "teleport"));
}

/* Goal: receivers do not outlive the bench, and Ctrl-C is not theirs. Method: a process starts one,
 * passes the sender's end on to us, so that it sees no end of stream, and dies. */
static void test_receivers_die(void **state)
{
        (void)state;
        int pair[2];
        assert_int_equal(pipe(pair), 0);
        pid_t bench = fork();
        if (bench == 0) {
                struct receivers r;
                char why[CASE_WHY_BYTES], path[64];
                if (!receivers_start(&r, &(struct receivers_config){.count = 1}, why))
                        _exit(1);
                snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
                FILE *children = fopen(path, "r");
                int receiver = 0;
                if (!children || fscanf(children, "%d", &receiver) != 1)
                        _exit(1);
                kill(receiver, SIGINT);
                usleep(20000);
                bool lives =
                        kill(receiver, 0) == 0 && write(pair[1], &receiver, sizeof receiver) > 0;
                pause();
                _exit(lives ? 0 : 1);
        }
        int receiver = 0;
        close(pair[1]);
        assert_int_equal(read(pair[0], &receiver, sizeof receiver), sizeof receiver);
        assert_true(receiver > 1);
        kill(bench, SIGKILL);
        waitpid(bench, NULL, 0);
        for (int i = 0; i < 200 && kill(receiver, 0) == 0; i++)
                usleep(10000);
        assert_int_equal(kill(receiver, 0), -1);
        close(pair[0]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_scratch_file),      cmocka_unit_test(test_data_file),
                cmocka_unit_test(test_residency),         cmocka_unit_test(test_receivers),
                cmocka_unit_test(test_receivers_little),  cmocka_unit_test(test_pacing),
                cmocka_unit_test(test_receivers_refused), cmocka_unit_test(test_receivers_die),
        };
        signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
