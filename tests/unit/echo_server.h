/* echo_server.h - for tests of the real world: an actor behind real sockets, in a thread of its
 * own, and peers for it with plain blocking sockets. */
#ifndef ODRADEK_TESTS_ECHO_SERVER_H
#define ODRADEK_TESTS_ECHO_SERVER_H

#include "posix/clock.h"
#include "posix/world_posix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { KIB = 1024, MIB = 1024 * 1024, PATIENCE_MS = 20000 };

#define wait_until(condition)                                                            \
        for (int64_t end_ms_ = clock_mono_ms() + PATIENCE_MS; !(condition); usleep(500)) \
        assert_true(clock_mono_ms() < end_ms_)

/* --- the actor: what it does with a frame, its first byte says --- */

enum { HELD_MAX = 20000 };

struct echo {
        struct actor actor; /* first */
        struct world *world;
        struct file *file; /* for big answers */
        /* What the test sees and says. */
        _Atomic int64_t opened, closed, frames, synced, timers, last_opened, last_reason;
        _Atomic int64_t held_bytes;
        _Atomic bool let_go;      /* release what is held, and hold no more */
        _Atomic int64_t timer_ms; /* run_timers() asks to be called so much later */
        /* The handler's. */
        struct frame *held[HELD_MAX];
        int held_count;
};

static inline void on_open(struct actor *a, int64_t stream, const char *peer)
{
        struct echo *e = (struct echo *)a;
        assert_non_null(strchr(peer, ':'));
        e->last_opened = stream;
        e->opened++;
}

static inline void answer(struct echo *e, struct frame *f)
{
        struct packet *p = packet_new(e->world);
        buffer_append(&p->memory, f->bytes.data, f->bytes.size);
        packet_finish(p);
        e->world->send(e->world, f->stream, p);
}

/* 2 MiB of memory, 24 MiB of file, 1 byte, 24 MiB of file. */
static inline void answer_big(struct echo *e, int64_t stream)
{
        struct packet *p = packet_new(e->world);
        memset(buffer_reserve(&p->memory, 2 * MIB), 'm', 2 * MIB);
        p->memory.size += 2 * MIB;
        packet_insert(p, (struct extent){e->file, 0, 24 * MIB});
        buffer_append(&p->memory, "+", 1);
        packet_insert(p, (struct extent){e->file, 1, 24 * MIB});
        packet_finish(p);
        e->world->send(e->world, stream, p);
}

static inline void on_frame(struct actor *a, struct frame *f)
{
        struct echo *e = (struct echo *)a;
        char what = f->bytes.size > 0 ? (char)f->bytes.data[0] : 'E';
        e->frames++;
        if (what == 'H' && !e->let_go) {
                assert_true(e->held_count < HELD_MAX);
                e->held[e->held_count++] = f;
                e->held_bytes += (int64_t)f->bytes.size;
                return;
        }
        if (what == 'E' || what == 'X')
                answer(e, f);
        if (what == 'X')
                e->world->hang_up(e->world, f->stream);
        if (what == 'B')
                answer_big(e, f->stream);
        if (what == 'S')
                e->world->sync_start(e->world, e->file, 4711);
        e->world->release(e->world, f);
}

static inline void on_close(struct actor *a, int64_t stream, enum kerr why)
{
        struct echo *e = (struct echo *)a;
        struct packet *late = packet_new(e->world);
        packet_finish(late);
        e->world->send(e->world, stream, late); /* must be swallowed */
        e->last_reason = why;
        e->closed++;
}

static inline void on_synced(struct actor *a, uint64_t token, enum kerr result)
{
        struct echo *e = (struct echo *)a;
        assert_int_equal(token, 4711);
        assert_int_equal(result, KERR_NONE);
        e->synced++;
}

static inline int64_t run_timers(struct actor *a)
{
        struct echo *e = (struct echo *)a;
        e->timers++;
        if (e->let_go) {
                for (int i = 0; i < e->held_count; i++)
                        e->world->release(e->world, e->held[i]);
                e->held_count = 0;
        }
        return clock_mono_ms() + e->timer_ms;
}

/* --- a server: world, actor and the thread that runs them --- */

struct server {
        struct world *world;
        struct echo echo;
        int32_t port;
        pthread_t thread;
};

static inline struct posix_config config_with(int threads)
{
        struct posix_config c = posix_config_default();
        c.network_threads = threads;
        c.log_threshold = WORLD_ERROR;
        c.listen_backlog = 1000;
        return c;
}

static inline void echo_init(struct echo *e, struct world *world)
{
        memset(e, 0, sizeof *e);
        e->actor = (struct actor){on_open, on_frame, on_close, on_synced, run_timers};
        e->world = world;
        e->timer_ms = 5;
}

static inline void *run_server(void *argument)
{
        struct server *s = argument;
        world_posix_run(s->world, NULL, NULL);
        return NULL;
}

static inline struct server *server_start(struct posix_config config)
{
        struct server *s = calloc(1, sizeof *s);
        assert_int_equal(world_posix_new(&config, &s->world), KERR_NONE);
        echo_init(&s->echo, s->world);
        world_posix_set_actor(s->world, &s->echo.actor);
        assert_int_equal(world_posix_listen(s->world, "127.0.0.1", 0, &s->port), KERR_NONE);
        assert_true(s->port > 0);
        pthread_create(&s->thread, NULL, run_server, s);
        return s;
}

static inline void server_stop(struct server *s)
{
        world_posix_stop(s->world);
        pthread_join(s->thread, NULL);
        for (int i = 0; i < s->echo.held_count; i++)
                s->world->release(s->world, s->echo.held[i]);
        if (s->echo.file)
                s->world->close(s->world, s->echo.file);
        world_posix_free(s->world);
        free(s);
}

/* --- the peers --- */

static inline int dial_with(int32_t port, int receive_buffer)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_true(fd >= 0);
        struct timeval patience = {PATIENCE_MS / 1000, 0};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (receive_buffer)
                setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        return fd;
}

static inline int dial(int32_t port)
{
        return dial_with(port, 0);
}

static inline void send_bytes(int fd, const void *bytes, size_t size)
{
        assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
}

static inline void receive_bytes(int fd, void *into, size_t size)
{
        /* The kernel interrupts a thread that made an io_uring when it takes that down, a little
         * after it was closed. */
        size_t got = 0;
        while (got < size) {
                ssize_t n = recv(fd, (char *)into + got, size - got, MSG_WAITALL);
                if (n < 0 && errno == EINTR)
                        continue;
                assert_true(n > 0);
                got += (size_t)n;
        }
}

/* A frame of `size` bytes that begins with `what` and can be told from others by `seed`. */
static inline uint8_t *make_frame(char what, size_t size, uint32_t seed)
{
        uint8_t *frame = malloc(4 + size);
        store_be32(frame, (uint32_t)size);
        for (size_t i = 0; i < size; i++)
                frame[4 + i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
        if (size > 0)
                frame[4] = (uint8_t)what;
        return frame;
}

static inline void send_frame(int fd, char what, size_t size, uint32_t seed)
{
        uint8_t *frame = make_frame(what, size, seed);
        send_bytes(fd, frame, 4 + size);
        free(frame);
}

static inline void expect_frame(int fd, char what, size_t size, uint32_t seed)
{
        uint8_t *expected = make_frame(what, size, seed), *got = malloc(4 + size);
        receive_bytes(fd, got, 4 + size);
        assert_memory_equal(got, expected, 4 + size);
        free(expected);
        free(got);
}

static inline void expect_end(int fd)
{
        char byte;
        assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

static inline void echo_once(int fd, size_t size)
{
        send_frame(fd, 'E', size, (uint32_t)fd);
        expect_frame(fd, 'E', size, (uint32_t)fd);
}

#endif
