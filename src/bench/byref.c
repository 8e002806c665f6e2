#include "bench/byref.h"

#include "bench/loopback.h"
#include "bench/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OLD_BYTE = 'o', NEW_BYTE = 'N' };

/* A failure here is none of the strategy's. */
static void must(bool sound, const char *what)
{
        if (sound)
                return;
        fprintf(stderr, "odradek bench: %s: %s\n", what, strerror(errno));
        abort();
}

static void fill(int fd, int byte)
{
        char bytes[4096];
        memset(bytes, byte, sizeof bytes);
        for (off_t at = 0; at < BYREF_BYTES; at += (off_t)sizeof bytes)
                must(pwrite(fd, bytes, sizeof bytes, at) == sizeof bytes, "writing to scratch");
}

/* A file without a name, of old bytes. */
static int open_file(const char *scratch)
{
        int fd = scratch_file(scratch);
        must(fd >= 0, "making a file in scratch");
        fill(fd, OLD_BYTE);
        return fd;
}

static struct loopback connect_ends(void)
{
        struct loopback ends;
        must(loopback_open(&ends, "reno"), "a loopback connection");
        return ends;
}

/* --- changed in flight --- */

/* Until the socket is full; it takes the whole range in most cases. */
static enum kerr send_range(const struct copy_strategy *strategy, struct copy_lane *lane,
                            int socket, struct copy_source *source, int64_t *sent)
{
        size_t moved = 1;
        enum kerr err = KERR_NONE;
        *sent = 0;
        while (!err && moved > 0 && *sent < BYREF_BYTES) {
                err = strategy->move(lane, socket, source, *sent, (size_t)(BYREF_BYTES - *sent),
                                     false, &moved);
                *sent += (int64_t)moved;
        }
        return err;
}

static void change_file(int fd, enum byref_change change)
{
        if (change == BYREF_OVERWRITE)
                fill(fd, NEW_BYTE);
        else
                must(ftruncate(fd, 0) == 0, "cutting the file");
}

/* Reads to the end of the stream. */
static void receive(int socket, struct byref_outcome *o)
{
        uint8_t bytes[4096];
        int64_t old = 0, new = 0;
        for (ssize_t n; (n = recv(socket, bytes, sizeof bytes, 0)) > 0;) {
                for (ssize_t i = 0; i < n; i++) {
                        old += bytes[i] == OLD_BYTE;
                        new += bytes[i] == NEW_BYTE;
                }
        }
        o->values[BYREF_OLD] = old;
        o->values[BYREF_NEW] = new;
        o->values[BYREF_LOST] = o->values[BYREF_SENT] - old - new;
}

bool byref_in_flight(const struct copy_strategy *strategy, enum byref_change change,
                     const char *scratch, struct byref_outcome *o, char *why)
{
        struct loopback ends = connect_ends();
        struct copy_source source = {.fd = open_file(scratch)};
        struct copy_lane lane = {0};
        *o = (struct byref_outcome){0};
        must(fcntl(ends.server, F_SETFL, O_NONBLOCK) == 0, "a socket that does not block");
        if (strategy->adopt)
                strategy->adopt(ends.server);
        enum kerr err = send_range(strategy, &lane, ends.server, &source, &o->values[BYREF_SENT]);
        if (!err) {
                change_file(source.fd, change);
                shutdown(ends.server, SHUT_WR);
                receive(ends.client, o);
                if (strategy->reap)
                        strategy->reap(&lane, ends.server);
        } else {
                snprintf(why, CASE_WHY_BYTES, "%s", kerr_text(err));
        }
        copy_lane_deinit(&lane);
        copy_source_deinit(&source);
        close(source.fd);
        loopback_close(&ends);
        return !err;
}

/* --- touched when it was cut --- */

const char *byref_touch_name(enum byref_touch touch)
{
        static const char *const names[] = {"pread", "sendfile", "send from a mapping",
                                            "a load from a mapping"};
        return names[touch];
}

/* The signal that the load ends in. */
static int load_in_a_child(const volatile uint8_t *mapping)
{
        int status = 0;
        fflush(NULL); /* or the child might print it again */
        pid_t child = fork();
        must(child >= 0, "fork");
        if (child == 0) {
                const struct rlimit none = {0, 0};
                setrlimit(RLIMIT_CORE, &none);
                signal(SIGBUS, SIG_DFL);
                _exit(mapping[0] & 0);
        }
        must(waitpid(child, &status, 0) == child, "waitpid");
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void byref_after_cut(enum byref_touch touch, const char *scratch, struct byref_outcome *o)
{
        struct loopback ends = connect_ends();
        int fd = open_file(scratch);
        uint8_t *mapping = mmap(NULL, BYREF_BYTES, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
        must(mapping != MAP_FAILED, "mapping the file");
        must(ftruncate(fd, 0) == 0, "cutting the file");
        *o = (struct byref_outcome){0};
        uint8_t byte;
        off_t from = 0;
        ssize_t returned = 0;
        errno = 0;
        switch (touch) {
        case BYREF_PREAD: returned = pread(fd, &byte, 1, 0); break;
        case BYREF_SENDFILE: returned = sendfile(ends.server, fd, &from, BYREF_BYTES); break;
        case BYREF_SEND_MAPPING:
                returned = send(ends.server, mapping, BYREF_BYTES, MSG_NOSIGNAL);
                break;
        case BYREF_LOAD_MAPPING: o->values[BYREF_SIGNAL] = load_in_a_child(mapping); break;
        case BYREF_TOUCHES: abort();
        }
        o->values[BYREF_ERRNO] = returned < 0 ? errno : 0;
        o->values[BYREF_SENT] = returned > 0 ? returned : 0;
        munmap(mapping, BYREF_BYTES);
        close(fd);
        loopback_close(&ends);
}
