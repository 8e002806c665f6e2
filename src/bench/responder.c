#include "bench/responder.h"

#include "bench/loopback.h"
#include "bench/usage.h"
#include "posix/socket.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

const char *responder_way_name(enum responder_way way)
{
        static const char *const names[] = {"pread", "mmap-writev", "sendfile-more",
                                            "sendfile-cork", "sendfile-naive"};
        return names[way];
}

void responder_init(struct responder *r, const struct data_file *f)
{
        *r = (struct responder){.fd = f->source.fd, .file_size = f->size};
        memset(r->header, 'h', sizeof r->header);
        void *mapping = mmap(NULL, (size_t)f->size, PROT_READ, MAP_SHARED | MAP_POPULATE, r->fd, 0);
        if (mapping == MAP_FAILED)
                abort();
        r->mapping = mapping;
}

void responder_deinit(struct responder *r)
{
        munmap((void *)(uintptr_t)r->mapping, (size_t)r->file_size);
        free(r->buffer);
}

/* --- the ways --- */

static int64_t next_position(struct responder *r, size_t range_bytes)
{
        assert((int64_t)range_bytes <= r->file_size);
        if (r->position + (int64_t)range_bytes > r->file_size)
                r->position = 0;
        r->position += (int64_t)range_bytes;
        return r->position - (int64_t)range_bytes;
}

static bool send_all(struct responder *r, int socket, const uint8_t *bytes, size_t size, int flags)
{
        while (size > 0) {
                ssize_t sent = send(socket, bytes, size, flags | MSG_NOSIGNAL);
                r->syscalls++;
                if (sent < 0 && errno != EINTR)
                        return false;
                bytes += sent > 0 ? sent : 0;
                size -= sent > 0 ? (size_t)sent : 0;
        }
        return true;
}

static bool answer_by_pread(struct responder *r, int socket, size_t range_bytes, int ranges)
{
        size_t size = (HEADER_BYTES + range_bytes) * (size_t)ranges;
        if (r->buffer_size < size) {
                free(r->buffer);
                r->buffer = malloc(size);
                if (!r->buffer)
                        abort();
                r->buffer_size = size;
        }
        uint8_t *at = r->buffer;
        for (int i = 0; i < ranges; i++) {
                memcpy(at, r->header, HEADER_BYTES);
                at += HEADER_BYTES;
                r->syscalls++;
                if (pread(r->fd, at, range_bytes, next_position(r, range_bytes)) !=
                    (ssize_t)range_bytes)
                        abort();
                at += range_bytes;
        }
        return send_all(r, socket, r->buffer, size, 0);
}

static bool write_vectors(struct responder *r, int socket, struct iovec *vectors, size_t count,
                          int flags)
{
        while (count > 0) {
                struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};
                ssize_t sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
                r->syscalls++;
                if (sent < 0 && errno != EINTR)
                        return false;
                size_t left = sent > 0 ? (size_t)sent : 0;
                for (; count > 0 && left >= vectors->iov_len; vectors++, count--)
                        left -= vectors->iov_len;
                if (count > 0) {
                        vectors->iov_base = (uint8_t *)vectors->iov_base + left;
                        vectors->iov_len -= left;
                }
        }
        return true;
}

static bool answer_by_mmap(struct responder *r, int socket, size_t range_bytes, int ranges)
{
        struct iovec vectors[64];
        const int at_once = sizeof vectors / sizeof *vectors / 2;
        while (ranges > 0) {
                int some = ranges < at_once ? ranges : at_once;
                for (int i = 0; i < some; i++) {
                        int64_t position = next_position(r, range_bytes);
                        vectors[2 * i] = (struct iovec){r->header, HEADER_BYTES};
                        vectors[2 * i + 1] = (struct iovec){
                                (void *)(uintptr_t)(r->mapping + position), range_bytes};
                }
                ranges -= some;
                if (!write_vectors(r, socket, vectors, 2 * (size_t)some, ranges ? MSG_MORE : 0))
                        return false;
        }
        return true;
}

static bool send_range(struct responder *r, int socket, size_t range_bytes, int header_flags)
{
        if (!send_all(r, socket, r->header, HEADER_BYTES, header_flags))
                return false;
        off_t position = next_position(r, range_bytes);
        size_t left = range_bytes;
        while (left > 0) {
                ssize_t sent = sendfile(socket, r->fd, &position, left);
                r->syscalls++;
                if (sent == 0 || (sent < 0 && errno != EINTR))
                        return false;
                left -= sent > 0 ? (size_t)sent : 0;
        }
        return true;
}

static bool answer_by_sendfile(struct responder *r, int socket, size_t range_bytes, int ranges,
                               int header_flags)
{
        bool fine = true;
        for (int i = 0; fine && i < ranges; i++)
                fine = send_range(r, socket, range_bytes, header_flags);
        return fine;
}

bool responder_answer(struct responder *r, enum responder_way way, int socket, size_t range_bytes,
                      int ranges)
{
        bool fine;
        switch (way) {
        case RESPOND_PREAD: return answer_by_pread(r, socket, range_bytes, ranges);
        case RESPOND_MMAP_WRITEV: return answer_by_mmap(r, socket, range_bytes, ranges);
        case RESPOND_SENDFILE_MORE:
                return answer_by_sendfile(r, socket, range_bytes, ranges, MSG_MORE);
        case RESPOND_SENDFILE_NAIVE: return answer_by_sendfile(r, socket, range_bytes, ranges, 0);
        case RESPOND_SENDFILE_CORK:
                socket_cork(socket, true);
                fine = answer_by_sendfile(r, socket, range_bytes, ranges, MSG_MORE);
                socket_cork(socket, false);
                r->syscalls += 2;
                return fine;
        case RESPONDER_WAYS: break;
        }
        abort();
}

/* --- the client --- */

/* So much that the client wants to be woken for: an answer, or an even part of a large one. Never
 * more than what is still to come, or it would sleep for ever. */
static size_t wake_bytes(size_t answer)
{
        while (answer > 384 << 10 && answer % 2 == 0)
                answer /= 2;
        return answer;
}

static bool ask(int socket, size_t requests)
{
        static const uint8_t request[64 * REQUEST_BYTES];
        size_t size = requests * REQUEST_BYTES;
        assert(size <= sizeof request);
        return send(socket, request, size, MSG_NOSIGNAL) == (ssize_t)size;
}

enum { STRAY_MS = 10 };

/* Ends when the server hangs up. One request on its way: it takes each part as a whole, so that
 * there is one wake-up for it. Several: whatever is there. */
static void ask_and_discard(int socket, const struct responder_load *load)
{
        static uint8_t nowhere[1 << 20]; /* never written to */
        size_t answer = (HEADER_BYTES + load->range_bytes) * (size_t)load->ranges;
        size_t part = wake_bytes(answer), got = 0;
        int wake = (int)part;
        setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &wake, sizeof wake);
        bool open = ask(socket, (size_t)load->depth);
        while (open) {
                /* A recv() that blocked would take a part of the part and then sleep for the whole.
                 * The kernel may also wake us early; then less than a part is still to come, and
                 * only the clock can end the wait for it. */
                struct pollfd ready = {.fd = socket, .events = POLLIN};
                poll(&ready, 1, STRAY_MS);
                size_t most = load->depth == 1 ? part : sizeof nowhere;
                ssize_t n = recv(socket, nowhere, most, MSG_TRUNC | MSG_DONTWAIT);
                if (n < 0 && errno == EAGAIN)
                        continue;
                if (n <= 0)
                        return;
                got += (size_t)n;
                if (got >= answer)
                        open = ask(socket, got / answer);
                got %= answer;
        }
}

static pid_t start_client(const struct loopback *ends, const struct responder_load *load)
{
        machine_pin(0);
        fflush(NULL); /* or the child might print it again */
        pid_t child = fork();
        if (child != 0)
                return child;
        signal(SIGINT, SIG_IGN); /* Ctrl-C is for the parent, which hangs up */
        close(ends->server);
        if (load->mode == BENCH_TWO_CORES)
                machine_pin(1);
        ask_and_discard(ends->client, load);
        _exit(0);
}

/* --- the run --- */

enum { WARM_ANSWERS = 2 };

struct serving {
        struct usage start;
        int64_t answers, syscalls_before;
};

/* Answers what came with one read. */
static bool serve_some(struct responder *r, const struct responder_load *load, int socket,
                       struct serving *s)
{
        uint8_t requests[64 * REQUEST_BYTES];
        ssize_t n = recv(socket, requests, sizeof requests, 0);
        bool fine = n > 0 && n % REQUEST_BYTES == 0;
        for (; fine && n > 0; n -= REQUEST_BYTES) {
                if (s->answers++ == WARM_ANSWERS) {
                        s->start = usage_now();
                        s->syscalls_before = r->syscalls;
                }
                fine = responder_answer(r, load->way, socket, load->range_bytes, load->ranges);
        }
        return fine;
}

bool responder_run(struct responder *r, const struct responder_load *load,
                   struct responder_report *report, char *why)
{
        struct loopback ends;
        if (!loopback_open(&ends, "reno")) {
                snprintf(why, CASE_WHY_BYTES, "no connection: %s", strerror(errno));
                return false;
        }
        pid_t client = start_client(&ends, load);
        close(ends.client);
        struct serving s = {0};
        double until = usage_clock_s() + load->seconds;
        bool fine = client > 0;
        while (fine && (s.answers <= WARM_ANSWERS || usage_clock_s() < until))
                fine = serve_some(r, load, ends.server, &s);
        struct usage stop = usage_now();
        close(ends.server);
        struct rusage of_client = {0};
        if (client > 0)
                wait4(client, NULL, 0, &of_client);
        if (!fine) {
                snprintf(why, CASE_WHY_BYTES, "the client could not be started, or went away");
                return false;
        }
        struct usage spent = usage_between(&s.start, &stop);
        *report = (struct responder_report){.answers = s.answers - WARM_ANSWERS};
        report->wall_s = spent.wall_s;
        report->cpu_s = spent.user_s + spent.system_s;
        struct usage client_spent = usage_from(&of_client);
        report->client_answer_s = (client_spent.user_s + client_spent.system_s) / (double)s.answers;
        report->syscalls_per_range = (double)(r->syscalls - s.syscalls_before) /
                                     (double)(report->answers * load->ranges);
        return true;
}
