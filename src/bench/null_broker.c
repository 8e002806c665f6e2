#include "bench/null_private.h"
#include "bench/scratch.h"
#include "log/batch.h"
#include "posix/socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
        READ_BYTES = 65536,
        FRAME_BYTES_MAX = 256 << 20,
        EVENTS_MAX = 64,
        GATHER_MAX = 64,
        TICK_MS = 100,
        PIECES_ENOUGH = 32,
};

/* --- out --- */

void null_piece_add(struct null_connection *c, enum null_piece_kind kind, int64_t from, int64_t to)
{
        struct null_piece *last = c->piece_count ? &c->pieces[c->piece_count - 1] : NULL;
        if (from == to)
                return;
        if (last && kind == PIECE_BYTES && last->kind == PIECE_BYTES && last->to == from) {
                last->to = to;
                return;
        }
        if (c->piece_count == c->piece_capacity) {
                c->piece_capacity = c->piece_capacity ? 2 * c->piece_capacity : 8;
                c->pieces = realloc(c->pieces, (size_t)c->piece_capacity * sizeof *c->pieces);
                if (!c->pieces)
                        abort();
        }
        c->pieces[c->piece_count++] = (struct null_piece){kind, from, to};
}

static ssize_t send_gathered(struct null_connection *c)
{
        struct iovec parts[GATHER_MAX];
        struct msghdr message = {.msg_iov = parts};
        int i = c->piece_sent;
        for (; i < c->piece_count && message.msg_iovlen < GATHER_MAX; i++) {
                const struct null_piece *p = &c->pieces[i];
                if (p->kind == PIECE_FILE)
                        break;
                uint8_t *base = p->kind == PIECE_BYTES ? c->out.data : c->broker->batch.data;
                parts[message.msg_iovlen++] =
                        (struct iovec){base + p->from, (size_t)(p->to - p->from)};
        }
        return sendmsg(c->fd, &message, MSG_NOSIGNAL | (i < c->piece_count ? MSG_MORE : 0));
}

static ssize_t send_some(struct null_connection *c)
{
        struct null_piece *p = &c->pieces[c->piece_sent];
        off_t at = p->from;
        if (p->kind == PIECE_FILE)
                return sendfile(c->fd, c->broker->segment, &at, (size_t)(p->to - p->from));
        return send_gathered(c);
}

static void pieces_taken(struct null_connection *c, int64_t bytes)
{
        while (bytes > 0) {
                struct null_piece *p = &c->pieces[c->piece_sent];
                int64_t some = bytes < p->to - p->from ? bytes : p->to - p->from;
                p->from += some;
                bytes -= some;
                if (p->from == p->to)
                        c->piece_sent++;
        }
}

/* Sends what the socket takes. False: the connection is lost. */
static bool flush(struct null_connection *c)
{
        while (c->piece_sent < c->piece_count) {
                ssize_t n = send_some(c);
                if (n > 0)
                        pieces_taken(c, n);
                else if (n < 0 && errno == EAGAIN)
                        return true;
                else if (n == 0 || errno != EINTR)
                        return false;
        }
        c->piece_count = c->piece_sent = 0;
        buffer_clear(&c->out);
        return true;
}

/* --- in --- */

/* The size of the first frame, its length included; 0: that is not known yet. */
static size_t frame_size(const struct null_connection *c)
{
        return c->in.size < 4 ? 0 : 4 + (size_t)load_be32(c->in.data);
}

/* Answers whole frames, but not too many at a time. False: the connection must be closed. */
static bool answer_frames(struct null_connection *c)
{
        size_t done = 0;
        bool sound = true;
        while (sound && c->piece_count < PIECES_ENOUGH && c->in.size - done >= 4) {
                size_t size = 4 + (size_t)load_be32(c->in.data + done);
                if (c->in.size - done < size)
                        break;
                sound = size >= 12 && null_answer(c, span_of(c->in.data + done + 4, size - 4));
                done += size;
        }
        c->in.size -= done;
        memmove(c->in.data, c->in.data + done, c->in.size);
        return sound;
}

/* One recv(). Of a large frame no more than it lacks, so that nothing has to be moved. */
static bool receive(struct null_connection *c, bool *more)
{
        size_t size = frame_size(c), missing = size > c->in.size ? size - c->in.size : 0;
        size_t room = missing > READ_BYTES ? missing : READ_BYTES;
        *more = false;
        if (size > FRAME_BYTES_MAX)
                return false;
        ssize_t n = recv(c->fd, buffer_reserve(&c->in, room), room, 0);
        if (n <= 0)
                return n < 0 && (errno == EAGAIN || errno == EINTR);
        c->in.size += (size_t)n;
        *more = (size_t)n == room;
        return true;
}

/* --- connections --- */

static void watch(struct null_connection *c, int operation)
{
        struct epoll_event event = {.events = c->wants_write ? EPOLLOUT : EPOLLIN, .data.ptr = c};
        epoll_ctl(c->broker->epoll, operation, c->fd, &event);
}

static void hang_up(struct null_connection *c)
{
        struct null_connection **at = &c->broker->connections;
        while (*at != c)
                at = &(*at)->next;
        *at = c->next;
        close(c->fd);
        buffer_deinit(&c->in);
        buffer_deinit(&c->out);
        buffer_deinit(&c->fetched_for);
        packet_free(c->fetched);
        free(c->pieces);
        free(c);
}

/* While the client does not take its answers, nothing more is read from it. */
static bool progress(struct null_connection *c)
{
        bool more = true;
        for (;;) {
                size_t size = frame_size(c);
                if (!flush(c))
                        return false;
                if (c->piece_count > 0)
                        break;
                if (size > 0 && size <= c->in.size) {
                        if (!answer_frames(c))
                                return false;
                } else if (!more) {
                        break;
                } else if (!receive(c, &more)) {
                        return false;
                }
        }
        bool stuck = c->piece_count > 0;
        if (stuck != c->wants_write) {
                c->wants_write = stuck;
                watch(c, EPOLL_CTL_MOD);
        }
        return true;
}

static void welcome(struct null_broker *b)
{
        int one = 1, fd = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct null_connection *c = fd < 0 ? NULL : calloc(1, sizeof *c);
        if (!c)
                return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->broker = b;
        c->fd = fd;
        c->next = b->connections;
        b->connections = c;
        watch(c, EPOLL_CTL_ADD);
}

void null_broker_serve(struct null_broker *b, bool (*stop)(void))
{
        struct epoll_event events[EVENTS_MAX];
        while (!stop()) {
                int count = epoll_wait(b->epoll, events, EVENTS_MAX, TICK_MS);
                for (int i = 0; i < count; i++) {
                        struct null_connection *c = events[i].data.ptr;
                        if (!c)
                                welcome(b);
                        else if (!progress(c))
                                hang_up(c);
                }
        }
}

/* --- the broker --- */

struct null_broker_config null_broker_config_default(void)
{
        return (struct null_broker_config){
                .partitions = 1, .record_size = 100, .fetch_bytes = 1000000};
}

static void hold_nothing(struct world *w, struct file *f)
{
        (void)w;
        (void)f;
}

static void make_ready_batch(struct null_broker *b)
{
        struct batch_builder builder;
        size_t size = (size_t)b->config.record_size;
        uint8_t *value = calloc(1, size + 1);
        if (!value)
                abort();
        struct record record = {.timestamp = (int64_t)time(NULL) * 1000,
                                .value = span_of(value, size)};
        batch_builder_init(&builder);
        do
                batch_builder_add(&builder, &record, NULL, 0);
        while (builder.records.size + size < (size_t)b->config.fetch_bytes);
        enum kerr err = batch_builder_finish(&builder, 0, &b->batch);
        assert(!err); /* nothing is compressed */
        batch_builder_deinit(&builder);
        free(value);
}

static enum kerr open_files(struct null_broker *b)
{
        struct stat info;
        if (b->config.append) {
                b->append = open(b->config.append, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
                if (b->append < 0)
                        return KERR_NOT_FOUND;
        }
        if (b->config.fetch == NULL_FETCH_MEMORY)
                return KERR_NONE;
        b->segment = open(b->config.segment, O_RDONLY | O_CLOEXEC);
        if (b->segment < 0 || fstat(b->segment, &info) != 0)
                return KERR_NOT_FOUND;
        b->segment_bytes = info.st_size;
        return KERR_NONE;
}

static enum kerr start_listening(struct null_broker *b)
{
        struct posix_config config = posix_config_default();
        struct epoll_event event = {.events = EPOLLIN};
        char port[12];
        snprintf(port, sizeof port, "%d", b->config.port);
        struct addrinfo *address = socket_resolve("127.0.0.1", port, AI_NUMERICHOST);
        b->listener = address ? socket_listen(address, &config) : -1;
        if (address)
                freeaddrinfo(address);
        b->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (b->listener < 0 || b->epoll < 0)
                return KERR_CONNECTION_FAILED;
        b->port = socket_own_port(b->listener);
        epoll_ctl(b->epoll, EPOLL_CTL_ADD, b->listener, &event);
        return KERR_NONE;
}

enum kerr null_broker_open(const struct null_broker_config *config, struct null_broker **broker)
{
        struct null_broker *b = scratch_memory(1, sizeof *b);
        b->config = *config;
        b->world.retain = b->world.close = hold_nothing;
        b->listener = b->epoll = b->segment = b->append = -1;
        make_ready_batch(b);
        enum kerr err = open_files(b);
        if (!err)
                err = start_listening(b);
        *broker = err ? NULL : b;
        if (err)
                null_broker_close(b);
        return err;
}

void null_broker_close(struct null_broker *b)
{
        const int held[] = {b->listener, b->epoll, b->segment, b->append};
        while (b->connections)
                hang_up(b->connections);
        for (int i = 0; i < 4; i++) {
                if (held[i] >= 0)
                        close(held[i]);
        }
        buffer_deinit(&b->batch);
        free(b);
}

int32_t null_broker_port(const struct null_broker *b)
{
        return b->port;
}

/* --- a process of its own --- */

static bool never(void)
{
        return false;
}

enum kerr null_process_start(struct null_process *p, const struct null_broker_config *config)
{
        struct null_broker *b;
        enum kerr err = null_broker_open(config, &b);
        *p = (struct null_process){0};
        if (err)
                return err;
        pid_t parent = getpid();
        p->port = b->port;
        p->pid = fork();
        if (p->pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (getppid() == parent)
                        null_broker_serve(b, never);
                _exit(1);
        }
        null_broker_close(b);
        return p->pid < 0 ? KERR_IO : KERR_NONE;
}

void null_process_end(struct null_process *p)
{
        if (p->pid > 0) {
                kill(p->pid, SIGKILL);
                waitpid(p->pid, NULL, 0);
        }
        p->pid = 0;
}
