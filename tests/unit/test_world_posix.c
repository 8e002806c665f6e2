/* Tests of posix/world_posix.h: frames, streams, dialling, steps and the end, with and without I/O
 * threads. */
#include "copy/copy.h"
#include "echo_server.h"

#include <signal.h>
#include <stdio.h>

static const int thread_counts[] = {0, 1, 2, 4};

/* Goal:   frames of all sizes come back unchanged and in order, however many threads there are.
 * Method: eight peers, each with frames on their way at once, for 0, 1, 2 and 4 I/O threads. */
static void echoes_with_any_number_of_threads(void **state)
{
        (void)state;
        static const size_t sizes[] = {1, 0, 100, 70000, 5, 1000000, 16384, 65532, 65537};
        enum { PEERS = 8, SIZES = sizeof sizes / sizeof *sizes };
        for (int t = 0; t < 4; t++) {
                struct server *s = server_start(config_with(thread_counts[t]));
                int peers[PEERS];
                for (int i = 0; i < PEERS; i++)
                        peers[i] = dial(s->port);
                for (uint32_t round = 0; round < 5; round++) {
                        for (int i = 0; i < PEERS; i++) {
                                for (int k = 0; k < SIZES; k++)
                                        send_frame(peers[i], 'E', sizes[k], round + k);
                        }
                        for (int i = 0; i < PEERS; i++) {
                                for (int k = 0; k < SIZES; k++)
                                        expect_frame(peers[i], 'E', sizes[k], round + k);
                        }
                }
                for (int i = 0; i < PEERS; i++)
                        close(peers[i]);
                wait_until(s->echo.closed == PEERS);
                assert_int_equal(s->echo.opened, PEERS);
                assert_int_equal(s->echo.frames, 5 * PEERS * SIZES);
                server_stop(s);
        }
}

/* Goal:   the length and the body of a frame may come in any pieces.
 * Method: three frames, one byte per segment. */
static void takes_frames_byte_by_byte(void **state)
{
        (void)state;
        struct server *s = server_start(config_with(1));
        int peer = dial(s->port);
        for (uint32_t round = 0; round < 3; round++) {
                uint8_t *frame = make_frame('E', 20 * round, round);
                for (size_t i = 0; i < 4 + 20 * round; i++) {
                        send_bytes(peer, frame + i, 1);
                        usleep(200);
                }
                expect_frame(peer, 'E', 20 * round, round);
                free(frame);
        }
        close(peer);
        server_stop(s);
}

/* Runs `body` with standard error going to a file; returns what was written. */
static char *capture_log(void (*body)(void))
{
        static char text[20000];
        FILE *file = tmpfile();
        int saved = dup(STDERR_FILENO);
        dup2(fileno(file), STDERR_FILENO);
        body();
        dup2(saved, STDERR_FILENO);
        close(saved);
        rewind(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        return text;
}

static void send_bad_lengths(void)
{
        static const char *const bad[] = {"\xff\xff\xff\xff", "\x7f\xff\xff\xff", "GET / HTTP/1.1",
                                          "\0\0\x10\1"};
        struct posix_config config = config_with(1);
        config.log_threshold = WORLD_INFO;
        config.request_bytes_max = 4096;
        struct server *s = server_start(config);
        int good = dial(s->port);
        for (int i = 0; i < 4; i++) {
                int peer = dial(s->port);
                echo_once(peer, 4096);
                send_bytes(peer, bad[i], i == 2 ? 14 : 4);
                char byte;
                assert_true(recv(peer, &byte, 1, 0) <= 0);
                close(peer);
                echo_once(good, 100);
        }
        assert_int_equal(s->echo.closed, 4);
        assert_int_equal(s->echo.last_reason, KERR_INVALID_REQUEST);
        close(good);
        server_stop(s);
}

/* Goal:   a frame with an impossible length ends its connection, with peer and reason in the log,
 *         and no other.
 * Method: lengths below zero, above the limit by far and by one, and a lost web browser. */
static void bad_lengths_end_only_their_connection(void **state)
{
        (void)state;
        const char *text = capture_log(send_bad_lengths);
        assert_non_null(strstr(text, " INFO listening on 127.0.0.1:"));
        assert_non_null(strstr(text, " WARN closing connection from 127.0.0.1:"));
        assert_non_null(strstr(text, ": a frame of -1 bytes, where at most 4096 are allowed\n"));
        assert_non_null(strstr(text, ": a frame of 4097 bytes"));
        assert_int_equal(text[0], '[');
        assert_int_equal(text[5], '-');
        assert_int_equal(text[20], ',');
        assert_int_equal(text[24], ']');
}

static struct file *open_big_file(struct world *w)
{
        char path[] = P_tmpdir "/test_world_XXXXXX";
        close(mkstemp(path));
        struct file *f;
        assert_int_equal(w->open(w, path, WORLD_CREATE, &f), KERR_NONE);
        unlink(path);
        static uint8_t block[MIB];
        for (int i = 0; i < 25; i++) {
                memset(block, 'a' + i, sizeof block);
                struct span span = span_of(block, sizeof block);
                assert_int_equal(w->append(w, f, &span, 1), KERR_NONE);
        }
        return f;
}

static void expect_big(int fd)
{
        enum { SIZE = 50 * MIB + 1 };
        uint8_t *got = malloc(4 + SIZE);
        /* Slowly at first, so that the server meets a full socket often. */
        for (size_t i = 0; i < 2 * MIB; i += 8192) {
                receive_bytes(fd, got + i, 8192);
                if (i % (256 * KIB) == 0)
                        usleep(1000);
        }
        receive_bytes(fd, got + 2 * MIB, 4 + SIZE - 2 * MIB);
        assert_int_equal(load_be32(got), SIZE);
        const uint8_t *at = got + 4;
        for (size_t i = 0; i < 2 * MIB; i++)
                assert_true(*at++ == 'm');
        for (size_t i = 0; i < 24 * MIB; i++)
                assert_true(*at++ == 'a' + i / MIB);
        assert_true(*at++ == '+');
        for (size_t i = 1; i < 24 * MIB + 1; i++)
                assert_true(*at++ == 'a' + i / MIB);
        free(got);
}

/* Goal:   a 50 MB answer reaches a slow reader whole, others are served meanwhile, and with
 *         sendfile none of the file's bytes pass through our memory.
 * Method: a small receive buffer, every strategy, echo on another stream while the answer hangs. */
static void big_answers_reach_slow_readers(void **state)
{
        (void)state;
        int count;
        const struct copy_strategy *const *strategies = copy_all(&count);
        for (int i = 0; i < count; i++) {
                if (strategies[i]->missing && strategies[i]->missing())
                        continue;
                struct posix_config config = config_with(i % 2);
                config.copy_strategy = strategies[i]->name;
                struct world *world;
                assert_int_equal(world_posix_new(&config, &world), KERR_NONE);
                struct file *file = open_big_file(world);
                world_posix_free(world);

                struct server *s = server_start(config);
                s->echo.file = file;
                int slow = dial_with(s->port, 16 * KIB), other = dial(s->port);
                send_frame(slow, 'B', 1, 0);
                for (int k = 0; k < 20; k++)
                        echo_once(other, 1000);
                expect_big(slow);
                struct posix_counters c = world_posix_counters(s->world);
                bool by_reference = strategies[i] != &copy_read_write &&
                                    strategies[i] != &copy_mmap && strategies[i] != &copy_io_uring;
                assert_true(c.syscalls > 0);
                assert_int_equal(c.user_bytes, by_reference ? 0 : 48 * MIB);
                assert_int_equal(c.reference_bytes, by_reference ? 48 * MIB : 0);
                /* The copied ones are told of in the middle of the transfer, as errors that are
                 * none. */
                assert_true(strategies[i]->adopt == NULL || c.zerocopy_sends > 0);
                close(slow);
                close(other);
                server_stop(s);
        }
}

/* Goal:   a peer that dies is reported, and what of it is held stays readable.
 * Method: three ways to go: close, reset, and reset with an answer half written. */
static void peer_death_is_reported(void **state)
{
        (void)state;
        for (int t = 0; t < 2; t++) {
                struct server *s = server_start(config_with(t));
                s->echo.file = open_big_file(s->world);
                struct linger reset = {1, 0};
                int peer = dial(s->port);
                send_frame(peer, 'H', 1000, 3);
                wait_until(s->echo.held_bytes == 1000);
                close(peer);
                wait_until(s->echo.closed == 1);

                peer = dial(s->port);
                echo_once(peer, 10);
                setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
                close(peer);
                wait_until(s->echo.closed == 2);

                peer = dial_with(s->port, 16 * KIB);
                send_frame(peer, 'B', 1, 0);
                char some[1000];
                receive_bytes(peer, some, sizeof some);
                setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
                close(peer);
                wait_until(s->echo.closed == 3);
                assert_int_equal(s->echo.last_reason, KERR_CONNECTION_FAILED);

                uint8_t *expected = make_frame('H', 1000, 3);
                struct span held = s->echo.held[0]->bytes;
                assert_int_equal(held.size, 1000);
                assert_memory_equal(held.data, expected + 4, 1000);
                free(expected);
                server_stop(s);
        }
}

/* Goal:   what was sent before a hang-up arrives, even if the peer had more to say; the actor hears
 *         no more of the stream.
 * Method: the answer to 'X' is followed by a hang-up; more frames are behind the 'X' already. */
static void hang_up_lets_answers_out(void **state)
{
        (void)state;
        for (int t = 0; t < 3; t++) {
                struct server *s = server_start(config_with(t));
                int peer = dial(s->port);
                uint8_t *frame = make_frame('X', 500000, 9);
                size_t size = 500004;
                frame = realloc(frame, 2 * size);
                memcpy(frame + size, frame, size);
                send_bytes(peer, frame, 2 * size);
                expect_frame(peer, 'X', 500000, 9);
                expect_end(peer);
                close(peer);
                free(frame);
                /* All that this stream could still cause has been handled when another's frames
                 * are: the mailboxes keep the order. */
                int other = dial(s->port);
                echo_once(other, 10);
                assert_int_equal(s->echo.frames, 2);
                assert_int_equal(s->echo.closed, 0);
                close(other);
                server_stop(s);
        }
}

/* Goal:   a sync in the background ends with on_synced(), with and without I/O threads.
 * Method: a frame asks for it. */
static void background_syncs_come_back(void **state)
{
        (void)state;
        for (int t = 0; t < 2; t++) {
                struct server *s = server_start(config_with(t));
                s->echo.timer_ms = 60000;
                s->echo.file = open_big_file(s->world);
                int peer = dial(s->port);
                send_frame(peer, 'S', 1, 0);
                send_frame(peer, 'S', 1, 0);
                wait_until(s->echo.synced == 2);
                close(peer);
                server_stop(s);
        }
}

/* --- a world that dials, driven by steps as a client is --- */

struct client {
        struct world *world;
        struct echo echo;
};

static void client_init(struct client *c, struct posix_config config)
{
        assert_int_equal(world_posix_new(&config, &c->world), KERR_NONE);
        echo_init(&c->echo, c->world);
        c->echo.timer_ms = 60000;
        world_posix_set_actor(c->world, &c->echo.actor);
}

static void client_send(struct client *c, int64_t stream, const char *text)
{
        struct packet *p = packet_new(c->world);
        buffer_append(&p->memory, text, strlen(text));
        packet_finish(p);
        c->world->send(c->world, stream, p);
}

#define step_until(client, condition)                                       \
        for (int64_t end_ms_ = clock_mono_ms() + PATIENCE_MS; !(condition); \
             world_posix_step((client)->world, 100))                        \
        assert_true(clock_mono_ms() < end_ms_)

/* Goal:   dialling works by address and by name; what is sent before the stream is open arrives.
 * Method: a server that echoes; the client holds ('H' is held by the client, 'E' is echoed). */
static void dials_by_address_and_by_name(void **state)
{
        (void)state;
        static const char *const hosts[] = {"127.0.0.1", "localhost"};
        for (int i = 0; i < 4; i++) {
                struct server *s = server_start(config_with(i / 2));
                struct client c;
                client_init(&c, config_with(i / 2));
                int64_t stream;
                assert_int_equal(c.world->dial(c.world, hosts[i % 2], s->port, &stream), KERR_NONE);
                assert_true(stream != 0);
                /* The answer to "X" is an 'X', which makes our own actor answer and hang up. */
                client_send(&c, stream, "X marks the spot");
                step_until(&c, c.echo.frames == 1);
                assert_int_equal(c.echo.opened, 1);
                assert_int_equal(c.echo.last_opened, stream);
                client_send(&c, stream, "too late");
                world_posix_step(c.world, 10);
                assert_int_equal(c.echo.closed, 0);
                world_posix_free(c.world);
                server_stop(s);
        }
}

/* Goal:   each way in which dialling fails ends in on_close() with a reason.
 * Method: a port where nobody listens, a name that cannot be, a listener that does not answer; and
 *         a dial that is hung up at once, of which nothing is heard. */
static void failed_dials_are_reported(void **state)
{
        (void)state;
        for (int t = 0; t < 2; t++) {
                struct posix_config config = config_with(t);
                config.connect_ms_max = 300;
                struct client c;
                client_init(&c, config);
                int silent = socket(AF_INET, SOCK_STREAM, 0);
                struct sockaddr_in a = {.sin_family = AF_INET};
                a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                socklen_t size = sizeof a;
                assert_int_equal(bind(silent, (struct sockaddr *)&a, size), 0);
                getsockname(silent, (struct sockaddr *)&a, &size);
                int port = ntohs(a.sin_port);
                int64_t stream;

                c.world->dial(c.world, "127.0.0.1", port, &stream);
                step_until(&c, c.echo.closed == 1);
                assert_int_equal(c.echo.last_reason, KERR_CONNECTION_FAILED);
                c.world->dial(c.world, "..", port, &stream);
                step_until(&c, c.echo.closed == 2);
                assert_int_equal(c.echo.last_reason, KERR_CONNECTION_FAILED);

                /* A full backlog leaves further attempts unanswered. */
                listen(silent, 0);
                int filler = dial(port);
                c.world->dial(c.world, "127.0.0.1", port, &stream);
                step_until(&c, c.echo.closed == 3);
                assert_int_equal(c.echo.last_reason, KERR_TIMED_OUT_LOCALLY);

                c.world->dial(c.world, "127.0.0.1", port, &stream);
                c.world->hang_up(c.world, stream);
                c.world->dial(c.world, "..", port, &stream);
                step_until(&c, c.echo.closed == 4);
                assert_int_equal(c.echo.opened, 0);
                close(filler);
                close(silent);
                world_posix_free(c.world);
        }
}

/* Goal:   a step waits as long as it may and no longer, and runs the timers.
 * Method: measure steps of 0 and 50 ms, and one of 10 s that a timer of 30 ms ends. */
static void steps_take_their_time(void **state)
{
        (void)state;
        for (int t = 0; t < 2; t++) {
                struct client c;
                client_init(&c, config_with(t));
                int64_t start_ms = clock_mono_ms();
                world_posix_step(c.world, 0);
                assert_in_range(clock_mono_ms() - start_ms, 0, 1000);
                start_ms = clock_mono_ms();
                world_posix_step(c.world, 50);
                assert_in_range(clock_mono_ms() - start_ms, 49, 1000);
                c.echo.timer_ms = 30;
                start_ms = clock_mono_ms();
                world_posix_step(c.world, 10000);
                assert_in_range(clock_mono_ms() - start_ms, 29, 1000);
                assert_true(c.echo.timers >= 6);
                world_posix_free(c.world);
        }
}

static struct world *world_to_stop;

static void stop_it(int signal_number)
{
        (void)signal_number;
        world_posix_stop(world_to_stop);
}

static bool until_three(void *context)
{
        return ++*(int *)context < 3;
}

/* Goal:   a signal handler can stop a sleeping world; a stop before the run counts; keep_going is
 *         asked after each burst.
 * Method: SIGALRM after 50 ms against a timer of a minute, for both kinds of loop. */
static void stops_from_a_signal_handler(void **state)
{
        (void)state;
        for (int t = 0; t < 2; t++) {
                struct client c;
                client_init(&c, config_with(t));
                world_to_stop = c.world;
                signal(SIGALRM, stop_it);
                struct itimerval once = {.it_value = {0, 50000}};
                int64_t start_ms = clock_mono_ms();
                setitimer(ITIMER_REAL, &once, NULL);
                world_posix_run(c.world, NULL, NULL);
                assert_in_range(clock_mono_ms() - start_ms, 40, 1000);
                world_posix_stop(c.world);
                world_posix_run(c.world, NULL, NULL);
                int bursts = 0;
                c.echo.timer_ms = 1;
                world_posix_run(c.world, until_three, &bursts);
                assert_int_equal(bursts, 3);
                world_posix_free(c.world);
        }
        signal(SIGALRM, SIG_DFL);
}

/* Goal:   a world can end at any moment without losing memory (the sanitizers look), and peers see
 *         the end of their streams.
 * Method: stop with frames held, answers half written, a sync and a dial on their way. */
static void ends_in_the_middle_of_things(void **state)
{
        (void)state;
        for (int t = 0; t < 4; t++) {
                struct server *s = server_start(config_with(thread_counts[t]));
                s->echo.file = open_big_file(s->world);
                int held = dial(s->port), slow = dial_with(s->port, 16 * KIB);
                int half = dial(s->port), synced = dial(s->port);
                send_frame(held, 'H', 1000, 1);
                send_frame(slow, 'B', 1, 1);
                send_bytes(half, "\0\0\1\0half", 8);
                wait_until(s->echo.held_bytes == 1000);
                send_frame(synced, 'S', 1, 1);
                server_stop(s);
                char byte;
                assert_true(recv(half, &byte, 1, 0) <= 0);
                close(held);
                close(slow);
                close(half);
                close(synced);
        }
}

/* Goal:   a configuration that cannot be is refused, and so is an address that cannot be had.
 * Method: an unknown strategy; a port that is in use; an address of another machine. */
static void refuses_what_cannot_be(void **state)
{
        (void)state;
        struct world *w;
        struct posix_config config = config_with(0);
        config.copy_strategy = "pigeon";
        assert_int_equal(world_posix_new(&config, &w), KERR_INVALID_CONFIG);
        assert_null(w);
        config = config_with(0);
        config.log_threshold = WORLD_ERROR + 1;
        assert_int_equal(world_posix_new(&config, &w), KERR_NONE);
        int32_t port, again;
        assert_int_equal(world_posix_listen(w, "", 0, &port), KERR_NONE);
        assert_int_equal(world_posix_listen(w, "127.0.0.1", port, &again), KERR_IO);
        assert_int_equal(world_posix_listen(w, "192.0.2.1", 0, &again), KERR_IO);
        world_posix_free(w);
}

/* Goal:   the world's small calls work: clocks go on, chance differs, files are reached.
 * Method: call them. */
static void answers_the_small_calls(void **state)
{
        (void)state;
        struct world *w;
        struct posix_config config = config_with(0);
        assert_int_equal(world_posix_new(&config, &w), KERR_NONE);
        int64_t mono_ms = w->mono_ms(w), wall_ms = w->wall_ms(w);
        usleep(5000);
        assert_in_range(w->mono_ms(w) - mono_ms, 4, 1000);
        assert_true(w->wall_ms(w) > wall_ms);
        assert_true(wall_ms > INT64_C(1700000000000));
        assert_true(w->random_u64(w) != w->random_u64(w));
        struct file *f = open_big_file(w);
        assert_int_equal(w->size(w, f), 25 * MIB);
        char bytes[2];
        assert_int_equal(world_read_exactly(w, f, MIB - 1, bytes, 2), KERR_NONE);
        assert_memory_equal(bytes, "ab", 2);
        assert_int_equal(w->truncate(w, f, 10), KERR_NONE);
        assert_int_equal(w->sync(w, f), KERR_NONE);
        assert_int_equal(w->size(w, f), 10);
        w->close(w, f);
        struct buffer names = {0};
        assert_int_equal(w->list(w, "/nowhere", &names), KERR_NOT_FOUND);
        world_posix_free(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(echoes_with_any_number_of_threads),
                cmocka_unit_test(takes_frames_byte_by_byte),
                cmocka_unit_test(bad_lengths_end_only_their_connection),
                cmocka_unit_test(big_answers_reach_slow_readers),
                cmocka_unit_test(peer_death_is_reported),
                cmocka_unit_test(hang_up_lets_answers_out),
                cmocka_unit_test(background_syncs_come_back),
                cmocka_unit_test(dials_by_address_and_by_name),
                cmocka_unit_test(failed_dials_are_reported),
                cmocka_unit_test(steps_take_their_time),
                cmocka_unit_test(stops_from_a_signal_handler),
                cmocka_unit_test(ends_in_the_middle_of_things),
                cmocka_unit_test(refuses_what_cannot_be),
                cmocka_unit_test(answers_the_small_calls),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
