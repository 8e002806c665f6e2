#include "bench/receivers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crc32c.h"

enum { TAKE_BYTES = 1 << 20, WAKE_BYTES = 256 << 10 };

/* A receiver as its parent knows it. */
struct receivers_parts {
        int listener;
        uint16_t port;
        pid_t *pids;
        int *reports; /* pipes, the end to read */
};

static bool failed(char *why, const char *what)
{
        snprintf(why, CASE_WHY_BYTES, "%s: %s", what, strerror(errno));
        return false;
}

/* --- the process --- */

#ifdef ODRADEK_COVERAGE
void __gcov_dump(void);
#endif

static void leave(int status)
{
#ifdef ODRADEK_COVERAGE
        __gcov_dump(); /* _exit() skips it */
#endif
        _exit(status);
}

static int connect_to(uint16_t port, bool wake_each_segment)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM, 0), low = WAKE_BYTES;
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
                leave(1);
        if (!wake_each_segment)
                setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low);
        return fd;
}

static void receive(const struct receivers_config *config, uint16_t port, int report_to)
{
        struct receiver_report report = {0};
        uint8_t *bytes = malloc(TAKE_BYTES);
        if (!bytes)
                leave(1);
        memset(bytes, 0, TAKE_BYTES);
        int fd = connect_to(port, config->wake_each_segment);
        int flags = config->kind == RECEIVER_DISCARD ? MSG_TRUNC : 0;
        struct usage start = usage_now();
        for (ssize_t got; (got = recv(fd, bytes, TAKE_BYTES, flags)) != 0;) {
                if (got < 0 && errno != EINTR)
                        leave(1);
                if (got < 0)
                        continue;
                report.bytes += got;
                if (config->kind == RECEIVER_CRC)
                        report.crc = crc32c(report.crc, bytes, (size_t)got);
        }
        struct usage end = usage_now();
        report.spent = usage_between(&start, &end);
        leave(write(report_to, &report, sizeof report) == sizeof report ? 0 : 1);
}

/* What a new process does first. It must not outlive its parent, and a Ctrl-C is the parent's to
 * take: it ends the run in order. The other receivers' connections must not stay open in here. */
static void settle(const struct receivers *r, int earlier, pid_t parent, enum bench_mode mode)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                leave(1);
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        for (int i = 0; i < earlier; i++) {
                close(r->sockets[i]);
                close(r->parts->reports[i]);
        }
        close(r->parts->listener);
        machine_pin(mode == BENCH_TWO_CORES ? 1 : 0);
}

/* --- the parent --- */

static bool set_up_socket(int fd, const struct receivers_config *config, char *why)
{
        const char *congestion = config->congestion ? config->congestion : "reno";
        if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion,
                       (socklen_t)strlen(congestion))) {
                snprintf(why, CASE_WHY_BYTES, "congestion control %s: %s", congestion,
                         strerror(errno));
                return false;
        }
        int size = config->send_buffer_bytes, on = 1;
        uint64_t rate = (uint64_t)config->bytes_per_second;
        if (size > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size))
                return failed(why, "send buffer");
        if (rate > 0 && setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof rate))
                return failed(why, "pacing");
        if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
                return failed(why, "TCP_NODELAY");
        return true;
}

/* What is set on the listening socket holds for those that it accepts. */
static bool listen_here(struct receivers_parts *parts, const struct receivers_config *config,
                        char *why)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        parts->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (parts->listener < 0)
                return failed(why, "socket");
        if (!set_up_socket(parts->listener, config, why))
                return false;
        if (bind(parts->listener, (struct sockaddr *)&address, size) ||
            listen(parts->listener, 1) ||
            getsockname(parts->listener, (struct sockaddr *)&address, &size))
                return failed(why, "listening on loopback");
        parts->port = ntohs(address.sin_port);
        return true;
}

static bool start_one(struct receivers *r, const struct receivers_config *config, char *why)
{
        struct receivers_parts *parts = r->parts;
        int report[2], i = r->count;
        pid_t parent = getpid();
        if (pipe2(report, O_CLOEXEC))
                return failed(why, "pipe");
        fflush(NULL); /* or the child would print it again */
        pid_t pid = fork();
        if (pid == 0) {
                close(report[0]);
                settle(r, i, parent, config->mode);
                receive(config, parts->port, report[1]);
        }
        close(report[1]);
        if (pid < 0) {
                close(report[0]);
                return failed(why, "fork");
        }
        parts->pids[i] = pid;
        parts->reports[i] = report[0];
        r->sockets[i] = accept4(parts->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (r->sockets[i] < 0)
                return failed(why, "accept");
        r->count++;
        return true;
}

static void *allocate(size_t count, size_t size)
{
        void *memory = calloc(count, size);
        if (!memory)
                abort();
        return memory;
}

static void release(struct receivers *r)
{
        if (r->parts->listener >= 0)
                close(r->parts->listener);
        free(r->parts->pids);
        free(r->parts->reports);
        free(r->parts);
        free(r->sockets);
        *r = (struct receivers){0};
}

bool receivers_start(struct receivers *r, const struct receivers_config *config, char *why)
{
        size_t count = (size_t)config->count;
        *r = (struct receivers){.sockets = allocate(count, sizeof(int)),
                                .parts = allocate(1, sizeof *r->parts)};
        *r->parts = (struct receivers_parts){.listener = -1,
                                             .pids = allocate(count, sizeof(pid_t)),
                                             .reports = allocate(count, sizeof(int))};
        bool sound = listen_here(r->parts, config, why);
        if (sound && config->mode == BENCH_TWO_CORES && !machine_pin(1)) {
                snprintf(why, CASE_WHY_BYTES, "there is only one CPU");
                sound = false;
        }
        sound = sound && machine_pin(0);
        while (sound && r->count < config->count)
                sound = start_one(r, config, why);
        if (!sound)
                receivers_end(r, NULL);
        return sound;
}

/* One that died took bytes with it: there is nothing to report then. */
static void end_one(const struct receivers *r, int i, struct receiver_report *report)
{
        struct receiver_report seen;
        int status;
        bool sound = read(r->parts->reports[i], &seen, sizeof seen) == sizeof seen;
        while (waitpid(r->parts->pids[i], &status, 0) < 0 && errno == EINTR)
                ;
        close(r->parts->reports[i]);
        close(r->sockets[i]);
        if (!sound || status != 0) {
                fprintf(stderr, "odradek bench: a receiver died\n");
                abort();
        }
        if (report)
                *report = seen;
}

void receivers_end(struct receivers *r, struct receiver_report *reports)
{
        for (int i = 0; i < r->count; i++)
                shutdown(r->sockets[i], SHUT_WR);
        for (int i = 0; i < r->count; i++)
                end_one(r, i, reports ? &reports[i] : NULL);
        release(r);
}

void receivers_describe(const struct receivers *r, char *text, int size)
{
        char congestion[16] = "";
        int buffer = 0;
        socklen_t length = sizeof congestion, buffer_length = sizeof buffer;
        getsockopt(r->sockets[0], IPPROTO_TCP, TCP_CONGESTION, congestion, &length);
        getsockopt(r->sockets[0], SOL_SOCKET, SO_SNDBUF, &buffer, &buffer_length);
        snprintf(text, (size_t)size, "congestion control %s, send buffer %d KiB", congestion,
                 buffer >> 10);
}
