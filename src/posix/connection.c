#include "posix/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

enum {
        READS_PER_TURN = 8,
        /* What is missing of a frame is read straight into its place when it is so much, but not
         * more at a time: memory must not be taken for bytes that may never come. */
        DIRECT_BYTES_MIN = READ_BUFFER_BYTES,
        DIRECT_BYTES_MAX = 4 * READ_BUFFER_BYTES,
};

static void join(struct reactor *r, struct connection *c, struct quiet_list *list)
{
        if (c->quiet)
                DL_DELETE(c->quiet->first, c);
        c->quiet = list;
        c->active_ms = r->now_ms;
        DL_APPEND(list->first, c);
}

static struct connection *connection_new(struct reactor *r, int64_t stream, int fd)
{
        struct connection *c = calloc(1, sizeof *c);
        if (!c)
                abort();
        c->watched.kind = WATCHED_CONNECTION;
        c->watched.fd = fd;
        c->stream = stream;
        c->intake = stream_intake_new();
        frame_cutter_init(&c->cutter, r->shared->config.request_bytes_max);
        HASH_ADD(hh, r->by_stream, stream, sizeof c->stream, c);
        return c;
}

void connection_close(struct reactor *r, struct connection *c, enum kerr why, enum world_log level,
                      const char *reason)
{
        if (c->flush_listed)
                LL_DELETE2(r->to_flush, c, next_to_flush);
        logger_printf(&r->shared->logger, level, "closing connection %s %s: %s",
                      c->dialled ? "to" : "from", c->peer, reason);
        if (!c->hung_up)
                message_list_add(&r->news, (struct message){.kind = MESSAGE_CLOSED,
                                                            .stream = c->stream,
                                                            .result = why});
        if (!c->dialled)
                atomic_fetch_sub(&r->shared->connections, 1);
        HASH_DELETE(hh, r->by_stream, c);
        DL_DELETE(c->quiet->first, c);
        if (c->watched.fd >= 0) {
                close(c->watched.fd);
                reactor_count(r, 1);
        }
        if (c->addresses)
                freeaddrinfo(c->addresses);
        stream_intake_drop(c->intake);
        frame_cutter_deinit(&c->cutter);
        output_deinit(&c->output);
        free(c);
}

static bool may_read(const struct connection *c)
{
        switch (c->state) {
        case CONNECTION_DIALLING: return false;
        case CONNECTION_LEAVING: return true;
        case CONNECTION_OPEN: break;
        }
        return !c->paused && !c->starved && (c->dialled || c->output.packets < ANSWERS_MAX);
}

/* What we want to hear of. What has not been tried yet needs no news that it can be written. */
static uint32_t wanted(const struct connection *c)
{
        bool blocked = c->output.first && !c->flush_listed;
        return (may_read(c) ? EPOLLIN : 0u) | (blocked ? EPOLLOUT : 0u);
}

static void set_interest(struct reactor *r, struct connection *c, uint32_t interest)
{
        if (interest == c->interest)
                return;
        struct epoll_event event = {.events = interest, .data.ptr = c};
        int failed = epoll_ctl(r->epoll_fd, EPOLL_CTL_MOD, c->watched.fd, &event);
        reactor_count(r, 1);
        assert(!failed);
        c->interest = interest;
}

/* Most pauses are over before the loop sleeps again, so input that is not wanted goes on being
 * watched until some comes. */
static void watch(struct reactor *r, struct connection *c)
{
        set_interest(r, c, wanted(c) | (c->interest & EPOLLIN));
}

static bool add_to_epoll(struct reactor *r, struct connection *c, uint32_t interest)
{
        struct epoll_event event = {.events = interest, .data.ptr = c};
        c->interest = interest;
        reactor_count(r, 1);
        return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, c->watched.fd, &event) == 0;
}

static void tell_opened(struct reactor *r, struct connection *c)
{
        c->state = CONNECTION_OPEN;
        join(r, c, &r->open);
        if (r->tools.strategy->adopt) {
                r->tools.strategy->adopt(c->watched.fd);
                reactor_count(r, 1);
        }
        if (c->hung_up)
                return;
        char *peer = strdup(c->peer);
        if (!peer)
                abort();
        enum message_kind kind = c->dialled ? MESSAGE_CONNECTED : MESSAGE_ACCEPTED;
        message_list_add(&r->news,
                         (struct message){.kind = kind, .stream = c->stream, .text = peer});
}

void connection_adopt(struct reactor *r, int fd)
{
        int64_t stream = io_shared_new_stream(r->shared, r->index);
        struct connection *c = connection_new(r, stream, fd);
        socket_peer_name(fd, c->peer);
        reactor_count(r, 1);
        tell_opened(r, c);
        if (!add_to_epoll(r, c, EPOLLIN))
                connection_close(r, c, KERR_IO, WORLD_WARN, strerror(errno));
}

/* --- dialling --- */

void connection_dial_out(struct reactor *r, int64_t stream, const char *peer)
{
        struct connection *c = connection_new(r, stream, -1);
        c->dialled = true;
        snprintf(c->peer, sizeof c->peer, "%s", peer);
        join(r, c, &r->dialling);
}

/* Tries the addresses that are left, until one is at least not refused at once. */
static void connect_next(struct reactor *r, struct connection *c, int error)
{
        while (c->next_address) {
                const struct addrinfo *address = c->next_address;
                c->next_address = address->ai_next;
                c->watched.fd = socket_connect(address, &r->shared->config);
                reactor_count(r, SOCKET_CONNECT_CALLS);
                error = errno;
                if (c->watched.fd < 0)
                        continue;
                if (add_to_epoll(r, c, EPOLLOUT))
                        return;
                error = errno;
                close(c->watched.fd);
                c->watched.fd = -1;
        }
        connection_close(r, c, KERR_CONNECTION_FAILED, WORLD_INFO,
                         c->addresses ? strerror(error) : "there is no host of that name");
}

void connection_connect(struct reactor *r, struct connection *c, struct addrinfo *addresses)
{
        c->addresses = c->next_address = addresses;
        connect_next(r, c, 0);
}

/* The kernel has decided on the address that is being tried. */
static void connected(struct reactor *r, struct connection *c)
{
        int error = socket_error(c->watched.fd);
        reactor_count(r, 1);
        if (error) {
                close(c->watched.fd);
                c->watched.fd = -1;
                connect_next(r, c, error);
                return;
        }
        freeaddrinfo(c->addresses);
        c->addresses = c->next_address = NULL;
        tell_opened(r, c);
        if (c->hung_up)
                connection_hang_up(r, c);
        else
                connection_flush(r, c);
}

/* --- out --- */

static void list_for_flush(struct reactor *r, struct connection *c)
{
        if (c->flush_listed)
                return;
        c->flush_listed = true;
        LL_PREPEND2(r->to_flush, c, next_to_flush);
}

void connection_send(struct reactor *r, struct connection *c, struct packet *packet)
{
        enum kerr err = output_add(&c->output, &r->tools, packet);
        if (err && !c->failed)
                c->failed = err;
        if (c->state != CONNECTION_DIALLING)
                list_for_flush(r, c);
}

void connection_hang_up(struct reactor *r, struct connection *c)
{
        c->hung_up = true;
        if (c->state == CONNECTION_DIALLING && !c->output.first) {
                connection_close(r, c, KERR_NONE, WORLD_DEBUG, "hung up before it was made");
        } else if (c->state == CONNECTION_OPEN) {
                c->state = CONNECTION_LEAVING;
                join(r, c, &r->leaving);
                list_for_flush(r, c);
        }
}

bool connection_flush(struct reactor *r, struct connection *c)
{
        size_t moved = 0;
        enum kerr err = c->failed;
        if (!err)
                err = output_write(&c->output, &r->tools, c->watched.fd, &moved);
        if (moved > 0)
                join(r, c, c->quiet);
        if (err) {
                connection_close(r, c, err, WORLD_DEBUG, kerr_text(err));
                return false;
        }
        if (c->state == CONNECTION_LEAVING && !c->output.first && !c->shut) {
                shutdown(c->watched.fd, SHUT_WR);
                reactor_count(r, 1);
                c->shut = true;
        }
        watch(r, c);
        return true;
}

/* --- in --- */

void connection_resume(struct reactor *r, struct connection *c, bool own)
{
        if (own)
                c->paused = false;
        else
                c->starved = false;
        if (c->state == CONNECTION_OPEN)
                watch(r, c);
}

/* Cuts the bytes into frames for the handler. */
static enum kerr take_frames(struct reactor *r, struct connection *c, struct span input)
{
        bool any = false;
        do {
                struct buffer body;
                bool whole;
                enum kerr err = frame_cutter_take(&c->cutter, &input, &body, &whole);
                if (err)
                        return err;
                if (whole) {
                        struct incoming *in =
                                intake_admit(&r->shared->intake, c->intake, c->stream, &body);
                        message_list_add(&r->news, (struct message){.kind = MESSAGE_FRAME,
                                                                    .stream = c->stream,
                                                                    .frame = in});
                        any = true;
                }
        } while (input.size > 0);
        if (any)
                c->paused = stream_intake_pause(c->intake);
        return KERR_NONE;
}

/* One recv(). The bytes are in *input, or already in the frame they belong to. *asked: how many
 * would have been taken. */
static ssize_t receive(struct reactor *r, struct connection *c, struct span *input, size_t *asked)
{
        struct frame_cutter *cutter = &c->cutter;
        size_t wants = frame_cutter_wants(cutter);
        reactor_count(r, 1);
        bool direct = cutter->length_have == 4 && wants >= DIRECT_BYTES_MIN &&
                      c->state == CONNECTION_OPEN;
        if (!direct) {
                *asked = READ_BUFFER_BYTES;
                ssize_t n = recv(c->watched.fd, r->read_buffer, *asked, 0);
                *input = span_of(r->read_buffer, n > 0 ? (size_t)n : 0);
                return n;
        }
        *asked = wants < DIRECT_BYTES_MAX ? wants : DIRECT_BYTES_MAX;
        uint8_t *into = buffer_reserve(&cutter->body, *asked);
        ssize_t n = recv(c->watched.fd, into, *asked, 0);
        if (n > 0)
                cutter->body.size += (size_t)n;
        *input = span_of(NULL, 0);
        return n;
}

/* Reads once; false when there is no more to read for now or the connection is gone. */
static bool read_once(struct reactor *r, struct connection *c)
{
        struct span input;
        size_t asked;
        ssize_t n = receive(r, c, &input, &asked);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
                watch(r, c);
                return false;
        }
        if (n <= 0) {
                const char *reason = n == 0 ? "closed by the peer" : strerror(errno);
                connection_close(r, c, KERR_CONNECTION_FAILED, WORLD_DEBUG, reason);
                return false;
        }
        if (c->state == CONNECTION_LEAVING)
                return (size_t)n == asked;
        join(r, c, c->quiet);
        enum kerr err = take_frames(r, c, input);
        if (err) {
                char reason[100];
                snprintf(reason, sizeof reason, "a frame of %d bytes, where at most %d are allowed",
                         c->cutter.size, c->cutter.size_max);
                connection_close(r, c, err, WORLD_WARN, reason);
                return false;
        }
        watch(r, c);
        return (size_t)n == asked;
}

/* Neither readable nor writable is left of it, or the kernel reports on sends (see copy.h), which
 * is no failure. */
static void look_at_error(struct reactor *r, struct connection *c, uint32_t events)
{
        int error = socket_error(c->watched.fd);
        reactor_count(r, 1);
        if (error || (events & EPOLLHUP))
                connection_close(r, c, KERR_CONNECTION_FAILED, WORLD_DEBUG,
                                 error ? strerror(error) : "closed by the peer");
}

void connection_ready(struct reactor *r, struct connection *c, uint32_t events)
{
        if (c->state == CONNECTION_DIALLING) {
                connected(r, c);
                return;
        }
        if ((events & EPOLLERR) && r->tools.strategy->reap)
                r->tools.strategy->reap(&r->tools.lane, c->watched.fd);
        if ((events & EPOLLOUT) && !connection_flush(r, c))
                return;
        if (events & EPOLLIN) {
                if (!may_read(c))
                        set_interest(r, c, wanted(c));
                for (int i = 0; i < READS_PER_TURN && may_read(c); i++) {
                        c->starved = c->state == CONNECTION_OPEN &&
                                     intake_pause(&r->shared->intake, &r->starved);
                        if (c->starved)
                                watch(r, c);
                        else if (!read_once(r, c))
                                return;
                }
        } else if (events & (EPOLLERR | EPOLLHUP)) {
                look_at_error(r, c, events);
        }
}
