#include "posix/reactor.h"

#include "posix/clock.h"
#include "posix/connection.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

enum { ACCEPTS_PER_TURN = 32, ACCEPT_PAUSE_MS = 100, LEAVING_MS_MAX = 5000 };

int64_t io_shared_new_stream(struct io_shared *shared, int32_t reactor)
{
        int64_t number = atomic_fetch_add(&shared->streams_made, 1) + 1;
        return number * shared->thread_count + reactor;
}

enum kerr reactor_init(struct reactor *r, struct io_shared *shared, int32_t index, int wake_fd)
{
        const struct posix_config *config = &shared->config;
        *r = (struct reactor){
                .shared = shared,
                .index = index,
                .wake = {WATCHED_WAKE, wake_fd},
                .dialling = {NULL, config->connect_ms_max},
                .open = {NULL, config->connection_idle_ms_max},
                .leaving = {NULL, LEAVING_MS_MAX},
                .now_ms = clock_mono_ms(),
                .tools = {.logger = &shared->logger,
                          .strategy = copy_find(config->copy_strategy),
                          .small_bytes = config->copy_small_bytes},
        };
        r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (r->epoll_fd < 0)
                return KERR_IO;
        /* Edge-triggered, so that nobody has to read it. */
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = &r->wake};
        if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) < 0) {
                close(r->epoll_fd);
                return KERR_IO;
        }
        r->read_buffer = malloc(READ_BUFFER_BYTES);
        if (!r->read_buffer)
                abort();
        return KERR_NONE;
}

void reactor_deinit(struct reactor *r)
{
        struct connection *c, *next;
        HASH_ITER (hh, r->by_stream, c, next) {
                c->hung_up = true;
                connection_close(r, c, KERR_NONE, WORLD_DEBUG, "the world ends");
        }
        struct listener *l, *next_listener;
        LL_FOREACH_SAFE (r->listeners, l, next_listener) {
                close(l->watched.fd);
                free(l);
        }
        close(r->epoll_fd);
        message_list_deinit(&r->news);
        copy_lane_deinit(&r->tools.lane);
        free(r->read_buffer);
}

static void post_news(struct reactor *r)
{
        mailbox_post_all(&r->shared->handler, &r->news);
}

/* --- listening --- */

static void watch_listeners(struct reactor *r, uint32_t events)
{
        struct listener *l;
        LL_FOREACH (r->listeners, l) {
                struct epoll_event event = {.events = events, .data.ptr = l};
                int failed = epoll_ctl(r->epoll_fd, EPOLL_CTL_MOD, l->watched.fd, &event);
                reactor_count(r, 1);
                assert(!failed);
        }
}

static void add_listener(struct reactor *r, int fd)
{
        struct listener *l = calloc(1, sizeof *l);
        if (!l)
                abort();
        l->watched = (struct watched){WATCHED_LISTENER, fd};
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
        if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
                logger_printf(&r->shared->logger, WORLD_ERROR, "cannot watch a listener: %s",
                              strerror(errno));
                close(fd);
                free(l);
                return;
        }
        LL_PREPEND(r->listeners, l);
}

/* Those who knock meanwhile wait in the kernel's backlog. Without a pause the listener would be
 * ready again at once, and the loop would spin. */
static void pause_accepting(struct reactor *r, const char *reason)
{
        if (!r->accept_failed)
                logger_printf(&r->shared->logger, WORLD_WARN, "cannot accept connections: %s",
                              reason);
        r->accept_failed = true;
        r->accept_again_ms = r->now_ms + ACCEPT_PAUSE_MS;
        watch_listeners(r, 0);
}

static void distribute(struct reactor *r, int fd)
{
        struct io_shared *shared = r->shared;
        atomic_fetch_add(&shared->connections, 1);
        int32_t target = r->accepted++ % shared->thread_count;
        if (target == r->index)
                connection_adopt(r, fd);
        else
                mailbox_post(shared->inboxes[target],
                             (struct message){.kind = MESSAGE_ADOPT, .fd = fd});
}

static void accept_some(struct reactor *r, struct listener *l)
{
        for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
                if (atomic_load(&r->shared->connections) >= r->shared->config.connections_max) {
                        pause_accepting(r, "max.connections are open");
                        return;
                }
                int fd = accept4(l->watched.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
                reactor_count(r, 1);
                if (fd >= 0) {
                        r->accept_failed = false;
                        distribute(r, fd);
                        continue;
                }
                if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                        pause_accepting(r, strerror(errno));
                /* EAGAIN: that was all. Anything else is one peer's trouble: the next turn goes on.
                 */
                return;
        }
}

/* --- messages --- */

static struct connection *find(struct reactor *r, int64_t stream)
{
        struct connection *c;
        HASH_FIND(hh, r->by_stream, &stream, sizeof stream, c);
        return c;
}

static void resume_all(struct reactor *r)
{
        struct connection *c, *next;
        HASH_ITER (hh, r->by_stream, c, next) {
                if (c->starved)
                        connection_resume(r, c, false);
        }
}

/* What is asked of one connection, unless it has gone meanwhile. */
static void do_for_connection(struct reactor *r, struct message *m)
{
        struct connection *c = find(r, m->stream);
        if (!c) {
                message_discard(m);
                return;
        }
        switch (m->kind) {
        case MESSAGE_CONNECT: connection_connect(r, c, m->addresses); break;
        case MESSAGE_SEND: connection_send(r, c, m->packet); break;
        case MESSAGE_HANG_UP: connection_hang_up(r, c); break;
        default: connection_resume(r, c, true); break;
        }
}

void reactor_do(struct reactor *r, struct message *m)
{
        switch (m->kind) {
        case MESSAGE_LISTEN: add_listener(r, m->fd); break;
        case MESSAGE_ADOPT: connection_adopt(r, m->fd); break;
        case MESSAGE_DIAL:
                connection_dial_out(r, m->stream, m->text);
                free(m->text);
                break;
        case MESSAGE_RESUME:
                if (m->stream == 0)
                        resume_all(r);
                else
                        do_for_connection(r, m);
                break;
        case MESSAGE_CONNECT:
        case MESSAGE_SEND:
        case MESSAGE_HANG_UP: do_for_connection(r, m); break;
        default: assert(!"a message to an I/O thread");
        }
}

/* --- the loop --- */

void reactor_flush(struct reactor *r)
{
        while (r->to_flush) {
                struct connection *c = r->to_flush;
                LL_DELETE2(r->to_flush, c, next_to_flush);
                c->flush_listed = false;
                connection_flush(r, c);
        }
        post_news(r);
}

static int64_t quiet_until(const struct quiet_list *list)
{
        if (!list->first || list->limit_ms < 0)
                return INT64_MAX;
        return list->first->active_ms + list->limit_ms;
}

static int64_t earlier(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

int timeout_until(int64_t then_ms, int64_t now_ms)
{
        if (then_ms == INT64_MAX)
                return -1;
        if (then_ms <= now_ms)
                return 0;
        return then_ms - now_ms < INT_MAX ? (int)(then_ms - now_ms) : INT_MAX;
}

void reactor_wait(struct reactor *r, int timeout_ms)
{
        int64_t then_ms = earlier(quiet_until(&r->dialling), quiet_until(&r->open));
        then_ms = earlier(then_ms, quiet_until(&r->leaving));
        if (r->accept_again_ms)
                then_ms = earlier(then_ms, r->accept_again_ms);
        int own_ms = timeout_until(then_ms, r->now_ms);
        if (timeout_ms < 0 || (own_ms >= 0 && own_ms < timeout_ms))
                timeout_ms = own_ms;
        r->event_count = epoll_wait(r->epoll_fd, r->events, EVENTS_AT_ONCE, timeout_ms);
        reactor_count(r, 1);
        r->now_ms = clock_mono_ms();
}

static void close_quiet(struct reactor *r, struct quiet_list *list, const char *reason)
{
        while (quiet_until(list) <= r->now_ms)
                connection_close(r, list->first, KERR_TIMED_OUT_LOCALLY, WORLD_DEBUG, reason);
}

static void handle_times(struct reactor *r)
{
        close_quiet(r, &r->dialling, "no answer to the attempt to connect");
        close_quiet(r, &r->open, "idle for connections.max.idle.ms");
        close_quiet(r, &r->leaving, "the peer does not take the rest");
        if (r->accept_again_ms && r->accept_again_ms <= r->now_ms) {
                r->accept_again_ms = 0;
                watch_listeners(r, EPOLLIN);
        }
}

void reactor_handle(struct reactor *r)
{
        for (int i = 0; i < r->event_count; i++) {
                struct watched *w = r->events[i].data.ptr;
                switch (w->kind) {
                case WATCHED_WAKE: break;
                case WATCHED_LISTENER: accept_some(r, (struct listener *)w); break;
                case WATCHED_CONNECTION:
                        connection_ready(r, (struct connection *)w, r->events[i].events);
                        break;
                }
                /* At once, so that the handler works while we go on reading. */
                post_news(r);
        }
        handle_times(r);
        post_news(r);
}
