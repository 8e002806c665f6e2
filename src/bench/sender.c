#include "bench/sender.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURN_BYTES = 1 << 20, EVENTS_MAX = 64, SETTLE_STEP_US = 50, SETTLE_STEPS_MAX = 100000 };

struct sender {
        const struct sender_config *config;
        struct copy_lane *lane;
        struct sender_stream *streams;
        int count, epoll_fd;
        int64_t waits;
};

static bool is_requested(const struct sender_stream *t)
{
        return t->bytes == 0;
}

/* --- one stream's turn --- */

static enum kerr send_header(struct sender *s, struct sender_stream *t, size_t *moved)
{
        static const uint8_t zeros[SENDER_HEADER_MAX];
        size_t left = (size_t)(s->config->header_bytes - t->frame_sent);
        copy_count(&s->lane->counters.syscalls, 1);
        ssize_t sent = send(t->socket, zeros, left, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
        enum kerr err = copy_sent(sent, moved);
        t->full = *moved < left;
        return err;
}

static enum kerr send_range(struct sender *s, struct sender_stream *t, size_t *moved)
{
        int64_t done = t->frame_sent - s->config->header_bytes;
        size_t left = (size_t)(s->config->range_bytes - done);
        int64_t position = (t->start + t->sent) % t->part_bytes;
        enum kerr err = s->config->strategy->move(s->lane, t->socket, t->source, position, left,
                                                  false, moved);
        t->full = *moved < left;
        t->sent += (int64_t)*moved;
        return err;
}

static enum kerr take_turn(struct sender *s, struct sender_stream *t)
{
        int32_t frame_bytes = s->config->header_bytes + s->config->range_bytes;
        enum kerr err = KERR_NONE;
        for (size_t turn = 0, moved; !err && !t->full && t->requests > 0 && turn < TURN_BYTES;
             turn += moved) {
                if (t->frame_sent < s->config->header_bytes)
                        err = send_header(s, t, &moved);
                else
                        err = send_range(s, t, &moved);
                t->frame_sent += (int32_t)moved;
                if (t->frame_sent < frame_bytes)
                        continue;
                t->frame_sent = 0;
                t->requests--;
        }
        return err;
}

/* --- waiting --- */

/* Says what the kernel is to tell of this stream, when that has changed. */
static void watch(struct sender *s, struct sender_stream *t)
{
        bool requested = is_requested(t) && !t->closed;
        uint32_t wanted = requested ? EPOLLIN : 0;
        if (t->requests > 0 && (t->full || !requested))
                wanted |= EPOLLOUT;
        if (wanted == t->watched)
                return;
        int how = wanted == 0 ? EPOLL_CTL_DEL : t->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        struct epoll_event event = {.events = wanted, .data.ptr = t};
        int err = epoll_ctl(s->epoll_fd, how, t->socket, &event);
        assert(err == 0);
        (void)err;
        s->waits++;
        t->watched = wanted;
}

static void read_requests(struct sender *s, struct sender_stream *t)
{
        uint8_t bytes[256];
        ssize_t got = recv(t->socket, bytes, sizeof bytes, MSG_DONTWAIT);
        copy_count(&s->lane->counters.syscalls, 1);
        if (got > 0) {
                t->requests += got;
        } else if (got == 0 || errno != EAGAIN) {
                t->closed = true;
                t->requests = 0;
        }
}

static void wait_for_events(struct sender *s, bool block)
{
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(s->epoll_fd, events, EVENTS_MAX, block ? -1 : 0);
        s->waits++;
        for (int i = 0; i < count; i++) {
                struct sender_stream *t = events[i].data.ptr;
                /* An error that is no report shows at the next send. */
                if ((events[i].events & EPOLLERR) && s->config->strategy->reap)
                        s->config->strategy->reap(s->lane, t->socket);
                if (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
                        t->full = false;
                if (events[i].events & EPOLLIN)
                        read_requests(s, t);
        }
}

/* --- the loop --- */

static bool is_finished(const struct sender *s)
{
        bool pushes = false, open = false;
        for (int i = 0; i < s->count; i++) {
                const struct sender_stream *t = &s->streams[i];
                if (!is_requested(t) && t->requests > 0)
                        return false;
                pushes |= !is_requested(t);
                open |= is_requested(t) && !t->closed;
        }
        return pushes || !open;
}

/* A round: *ready and *waiting tell how the streams came out of it. */
static enum kerr go_round(struct sender *s, bool *ready, bool *waiting)
{
        *ready = *waiting = false;
        for (int i = 0; i < s->count; i++) {
                struct sender_stream *t = &s->streams[i];
                enum kerr err = take_turn(s, t);
                if (err)
                        return err;
                watch(s, t);
                if (t->requests > 0 && !t->full)
                        *ready = true;
                else if (t->watched)
                        *waiting = true;
        }
        return KERR_NONE;
}

static void prepare(struct sender *s)
{
        for (int i = 0; i < s->count; i++) {
                struct sender_stream *t = &s->streams[i];
                int32_t range = s->config->range_bytes;
                assert(range > 0 && t->part_bytes % range == 0);
                assert(t->start % range == 0 && t->bytes % range == 0);
                t->requests = t->bytes / range;
                if (s->config->strategy->adopt)
                        s->config->strategy->adopt(t->socket);
        }
}

bool bench_sender_run(const struct sender_config *config, struct copy_lane *lane,
                      struct sender_stream *streams, int count, struct sender_counts *counts,
                      char *why)
{
        assert(config->header_bytes <= SENDER_HEADER_MAX);
        struct sender s = {config, lane, streams, count, epoll_create1(EPOLL_CLOEXEC), 0};
        if (s.epoll_fd < 0) {
                snprintf(why, SENDER_WHY_BYTES, "no epoll instance");
                return false;
        }
        prepare(&s);
        enum kerr err = KERR_NONE;
        while (!err && !is_finished(&s)) {
                bool ready, waiting;
                err = go_round(&s, &ready, &waiting);
                if (!err && waiting)
                        wait_for_events(&s, !ready);
        }
        close(s.epoll_fd);
        *counts = (struct sender_counts){.waits = s.waits};
        for (int i = 0; i < count; i++)
                counts->file_bytes += streams[i].sent;
        bench_sender_read_counts(lane, counts);
        if (err)
                snprintf(why, SENDER_WHY_BYTES, "%s: %s", config->strategy->name, kerr_text(err));
        return !err;
}

void bench_sender_settle(const struct copy_strategy *strategy, struct copy_lane *lane,
                         const struct sender_stream *streams, int count)
{
        for (int i = 0; i < count; i++)
                shutdown(streams[i].socket, SHUT_WR);
        for (int i = 0; i < count; i++) {
                int left = 1;
                for (int step = 0; step < SETTLE_STEPS_MAX; step++) {
                        if (ioctl(streams[i].socket, SIOCOUTQ, &left) < 0 || left == 0)
                                break;
                        usleep(SETTLE_STEP_US);
                }
                if (strategy && strategy->reap)
                        strategy->reap(lane, streams[i].socket);
        }
}

void bench_sender_read_counts(const struct copy_lane *lane, struct sender_counts *counts)
{
        const struct copy_counters *c = &lane->counters;
        counts->syscalls = atomic_load(&c->syscalls) + counts->waits;
        counts->user_bytes = atomic_load(&c->user_bytes);
        counts->reference_bytes = atomic_load(&c->reference_bytes);
        counts->zerocopy_sends = atomic_load(&c->zerocopy_sends);
        counts->zerocopy_copied = atomic_load(&c->zerocopy_copied);
}
