/* Tests of posix/world_posix.h: what it does when there is too much of something. */
#include "echo_server.h"
#include "posix/connection.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>

/* Valgrind closes what is accepted above its own limit of descriptors; a kernel would keep it. */
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

/* Sends copies of the frame until the peer takes no more for 100 ms; returns the bytes sent, which
 * may end inside a frame. */
static size_t flood(int fd, const uint8_t *frame, size_t size, size_t limit)
{
        size_t sent = 0;
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        while (sent < limit && poll(&p, 1, 100) > 0) {
                size_t at = sent % size;
                ssize_t n = send(fd, frame + at, size - at, MSG_DONTWAIT | MSG_NOSIGNAL);
                assert_true(n > 0 || errno == EAGAIN);
                sent += n > 0 ? (size_t)n : 0;
        }
        return sent;
}

static const int thread_counts[] = {0, 1, 2, 4};

/* Goal:   thousands of idle connections are cheap and do not disturb busy ones.
 * Method: 2,000 that say nothing, 10 that echo; then some of the idle ones wake up. */
static void idle_connections_cost_little(void **state)
{
        (void)state;
        enum { IDLE = 2000, BUSY = 10 };
        struct rlimit files;
        getrlimit(RLIMIT_NOFILE, &files);
        struct rlimit before = files;
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
        if (files.rlim_cur < 2 * (IDLE + BUSY) + 50)
                skip();
        assert_true(sizeof(struct connection) < 512);
        for (int t = 0; t < 2; t++) {
                struct server *s = server_start(config_with(2 * t));
                int *peers = malloc((IDLE + BUSY) * sizeof *peers);
                for (int i = 0; i < IDLE + BUSY; i++)
                        peers[i] = dial(s->port);
                wait_until(s->echo.opened == IDLE + BUSY);
                for (int round = 0; round < 50; round++) {
                        for (int i = 0; i < BUSY; i++)
                                echo_once(peers[IDLE + i], 1000);
                }
                for (int i = 0; i < IDLE; i += 100)
                        echo_once(peers[i], 10);
                for (int i = 0; i < IDLE + BUSY; i++)
                        close(peers[i]);
                wait_until(s->echo.closed == IDLE + BUSY);
                free(peers);
                server_stop(s);
        }
        setrlimit(RLIMIT_NOFILE, &before);
}

/* Goal:   a stream whose frames the actor keeps is not read any more, takes a bounded share of
 *         memory, does not disturb others, and goes on once frames are given back.
 * Method: flood with frames that are held; watch how many got in; echo beside it; let go; all that
 *         was sent must then arrive. */
static void unreleased_frames_stop_their_stream_only(void **state)
{
        (void)state;
        for (int t = 0; t < 3; t++) {
                struct server *s = server_start(config_with(t));
                int greedy = dial(s->port), other = dial(s->port);
                uint8_t *frame = make_frame('H', 10000, 1);
                size_t sent = flood(greedy, frame, 10004, 100 * MIB);
                assert_true(sent < 50 * MIB); /* what the kernel's buffers hold */
                assert_true(s->echo.frames >= STREAM_FRAMES_MAX);
                assert_true(s->echo.frames <= STREAM_FRAMES_MAX + READ_BUFFER_BYTES / 10004 + 1);
                for (int i = 0; i < 100; i++)
                        echo_once(other, 1000);
                s->echo.let_go = true;
                wait_until(s->echo.frames == 100 + (int64_t)(sent / 10004));
                free(frame);
                close(greedy);
                close(other);
                server_stop(s);
        }
}

/* Goal:   queued.max.request.bytes holds for all streams together, and none is forgotten when
 *         there is room again.
 * Method: 20 streams send 50 frames of 10 KB each, which are held, against a limit of 1 MB; look
 *         at what is held; let go, count all frames. */
static void unreleased_bytes_are_bounded_over_all_streams(void **state)
{
        (void)state;
        enum { PEERS = 20, FRAMES = 50, FRAME = 10000 };
        for (int t = 0; t < 3; t++) {
                struct posix_config config = config_with(t);
                config.queued_request_bytes_max = 1000000;
                struct server *s = server_start(config);
                int peers[PEERS];
                for (int i = 0; i < PEERS; i++)
                        peers[i] = dial(s->port);
                for (int k = 0; k < FRAMES; k++) {
                        for (int i = 0; i < PEERS; i++)
                                send_frame(peers[i], 'H', FRAME, 1);
                }
                wait_until(s->echo.held_bytes >= 1000000);
                usleep(50000);
                assert_true(s->echo.held_bytes <= 1000000 + 2 * READ_BUFFER_BYTES + 2 * FRAME);
                s->echo.let_go = true;
                wait_until(s->echo.frames == PEERS * FRAMES);
                for (int i = 0; i < PEERS; i++) {
                        echo_once(peers[i], 10);
                        close(peers[i]);
                }
                server_stop(s);
        }
}

/* Goal:   the smallest limits slow a world down but never stop it: no wake-up gets lost.
 * Method: one frame may wait for the handler; 30 peers with 40 frames each on their way. */
static void the_smallest_queue_loses_no_wake_up(void **state)
{
        (void)state;
        enum { PEERS = 30, FRAMES = 40 };
        for (int t = 0; t < 4; t++) {
                struct posix_config config = config_with(thread_counts[t]);
                config.queued_requests_max = 1;
                config.queued_request_bytes_max = 1;
                struct server *s = server_start(config);
                int peers[PEERS];
                for (int i = 0; i < PEERS; i++)
                        peers[i] = dial(s->port);
                for (int k = 0; k < FRAMES; k++) {
                        for (int i = 0; i < PEERS; i++)
                                send_frame(peers[i], 'E', 100, k);
                }
                for (int k = 0; k < FRAMES; k++) {
                        for (int i = 0; i < PEERS; i++)
                                expect_frame(peers[i], 'E', 100, k);
                }
                for (int i = 0; i < PEERS; i++)
                        close(peers[i]);
                server_stop(s);
        }
}

/* Goal:   a peer that asks and never reads answers is not read for ever.
 * Method: flood with frames that are echoed; the server must stop taking them in; a peer that
 *         reads at last gets every answer. */
static void unread_answers_stop_their_stream(void **state)
{
        (void)state;
        struct server *s = server_start(config_with(1));
        int greedy = dial_with(s->port, 16 * KIB), other = dial(s->port);
        uint8_t *frame = make_frame('E', 100000, 7);
        size_t sent = flood(greedy, frame, 100004, 200 * MIB);
        assert_true(sent < 100 * MIB);
        echo_once(other, 1000);
        size_t rest = 100004 - sent % 100004;
        uint8_t *got = malloc(100004);
        for (size_t i = 0; i < sent / 100004; i++) {
                receive_bytes(greedy, got, 100004);
                assert_memory_equal(got, frame, 100004);
        }
        send_bytes(greedy, frame + 100004 - rest, rest);
        receive_bytes(greedy, got, 100004);
        assert_memory_equal(got, frame, 100004);
        free(got);
        free(frame);
        close(greedy);
        close(other);
        server_stop(s);
}

/* Goal:   idle connections are closed after connections.max.idle.ms, busy ones are not.
 * Method: 500 ms; one peer is silent, one speaks every 50 ms. */
static void idle_connections_are_closed(void **state)
{
        (void)state;
        struct posix_config config = config_with(1);
        config.connection_idle_ms_max = 500;
        struct server *s = server_start(config);
        int silent = dial(s->port), busy = dial(s->port);
        for (int i = 0; i < 12; i++) {
                echo_once(busy, 10);
                usleep(50000);
        }
        expect_end(silent);
        wait_until(s->echo.closed == 1);
        assert_int_equal(s->echo.last_reason, KERR_TIMED_OUT_LOCALLY);
        close(silent);
        close(busy);
        server_stop(s);
}

/* Goal:   more than max.connections wait until one goes; they are not refused.
 * Method: a limit of 2 and three peers. */
static void connections_above_the_limit_wait(void **state)
{
        (void)state;
        struct posix_config config = config_with(2);
        config.connections_max = 2;
        struct server *s = server_start(config);
        int first = dial(s->port), second = dial(s->port);
        echo_once(first, 10);
        echo_once(second, 10);
        int third = dial(s->port);
        send_frame(third, 'E', 10, 1);
        usleep(150000);
        assert_int_equal(s->echo.opened, 2);
        close(first);
        expect_frame(third, 'E', 10, 1);
        close(second);
        close(third);
        server_stop(s);
}

/* Goal:   without a free descriptor the world neither spins nor forgets who knocked.
 * Method: use all descriptors up, connect with the last one; look at processor time; free them. */
static void out_of_descriptors_is_survived(void **state)
{
        (void)state;
        if (RUNNING_ON_VALGRIND)
                skip();
        struct server *s = server_start(config_with(0));
        struct rlimit before, few;
        getrlimit(RLIMIT_NOFILE, &before);
        int spare[64], count = 0;
        int first = dial(s->port);
        echo_once(first, 10);
        few = before;
        few.rlim_cur = (rlim_t)first + 20;
        setrlimit(RLIMIT_NOFILE, &few);
        while (count < 64 && (spare[count] = dup(first)) >= 0)
                count++;
        close(spare[--count]);
        int late = dial(s->port);
        send_frame(late, 'E', 10, 1);
        struct rusage start, end;
        getrusage(RUSAGE_SELF, &start);
        usleep(300000);
        getrusage(RUSAGE_SELF, &end);
        assert_int_equal(s->echo.opened, 1);
        assert_true((end.ru_utime.tv_sec - start.ru_utime.tv_sec) * 1000000 + end.ru_utime.tv_usec -
                            start.ru_utime.tv_usec <
                    150000);
        echo_once(first, 10);
        while (count > 0)
                close(spare[--count]);
        setrlimit(RLIMIT_NOFILE, &before);
        expect_frame(late, 'E', 10, 1);
        close(first);
        close(late);
        server_stop(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(idle_connections_cost_little),
                cmocka_unit_test(unreleased_frames_stop_their_stream_only),
                cmocka_unit_test(unreleased_bytes_are_bounded_over_all_streams),
                cmocka_unit_test(the_smallest_queue_loses_no_wake_up),
                cmocka_unit_test(unread_answers_stop_their_stream),
                cmocka_unit_test(idle_connections_are_closed),
                cmocka_unit_test(connections_above_the_limit_wait),
                cmocka_unit_test(out_of_descriptors_is_survived),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
