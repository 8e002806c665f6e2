#include "bench/receivers.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "bench/loopback.h"
#include "bench/scratch.h"

enum { TAKE_BYTES = 1 << 20, WAKE_BYTES = 256 << 10 };

/* A receiver as its parent knows it. */
struct receivers_parts {
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

static void receive(const struct receivers_config *config, int fd, int report_to)
{
        struct receiver_report report = {0};
        uint8_t *bytes = malloc(TAKE_BYTES);
        if (!bytes)
                leave(1);
        memset(bytes, 0, TAKE_BYTES);
        int low = WAKE_BYTES;
        if (!config->wake_each_segment)
                setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low);
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
        free(bytes);
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
        machine_pin(mode == BENCH_TWO_CORES ? 1 : 0);
}

/* --- the parent --- */

/* Connected before the fork: whoever waited to accept a child that died would wait for ever. */
static bool connect_ends(struct loopback *ends, const struct receivers_config *config, char *why)
{
        const char *congestion = config->congestion ? config->congestion : "reno";
        int size = config->send_buffer_bytes;
        uint64_t rate = (uint64_t)config->bytes_per_second;
        if (!loopback_open(ends, congestion)) {
                snprintf(why, CASE_WHY_BYTES, "loopback, congestion control %s: %s", congestion,
                         strerror(errno));
                return false;
        }
        bool set = size == 0 ||
                   setsockopt(ends->server, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0 ||
                   failed(why, "send buffer");
        set = set &&
              (rate == 0 ||
               setsockopt(ends->server, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof rate) == 0 ||
               failed(why, "pacing"));
        set = set && (fcntl(ends->server, F_SETFL, O_NONBLOCK) == 0 || failed(why, "O_NONBLOCK"));
        if (!set)
                loopback_close(ends);
        return set;
}

/* The child gets the client's end and the pipe's end to write. */
static pid_t fork_one(const struct receivers *r, const struct receivers_config *config,
                      const struct loopback *ends, int report_to)
{
        pid_t parent = getpid();
        fflush(NULL); /* or the child would print it again */
        pid_t pid = fork();
        if (pid == 0) {
                close(ends->server);
                settle(r, r->count, parent, config->mode);
                receive(config, ends->client, report_to);
        }
        return pid;
}

static bool start_one(struct receivers *r, const struct receivers_config *config, char *why)
{
        struct loopback ends;
        int report[2];
        if (pipe2(report, O_CLOEXEC))
                return failed(why, "pipe");
        bool connected = connect_ends(&ends, config, why);
        pid_t pid = connected ? fork_one(r, config, &ends, report[1]) : -1;
        close(report[1]);
        if (pid > 0) {
                close(ends.client);
                r->parts->pids[r->count] = pid;
                r->parts->reports[r->count] = report[0];
                r->sockets[r->count++] = ends.server;
                return true;
        }
        close(report[0]);
        if (connected) {
                failed(why, "fork");
                loopback_close(&ends);
        }
        return false;
}

static void release(struct receivers *r)
{
        free(r->parts->pids);
        free(r->parts->reports);
        free(r->parts);
        free(r->sockets);
        *r = (struct receivers){0};
}

bool receivers_start(struct receivers *r, const struct receivers_config *config, char *why)
{
        size_t count = (size_t)config->count;
        *r = (struct receivers){.sockets = scratch_memory(count, sizeof(int)),
                                .parts = scratch_memory(1, sizeof *r->parts)};
        *r->parts = (struct receivers_parts){.pids = scratch_memory(count, sizeof(pid_t)),
                                             .reports = scratch_memory(count, sizeof(int))};
        bool sound = true;
        if (config->mode == BENCH_TWO_CORES && !machine_pin(1)) {
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
