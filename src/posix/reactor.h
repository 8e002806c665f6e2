/* reactor.h - one epoll loop: its connections, and the listening sockets if it is the first.
 *
 * A reactor moves bytes and knows nothing of what they mean. Frames and news of connections go out
 * as messages to the handler's mailbox; what the handler wants comes in as messages (reactor_do).
 * A turn of the loop is
 *
 *     reactor_do() for each message      packets are only queued here,
 *     reactor_flush()                    so that many to one connection leave with one call
 *     reactor_wait()                     nothing but this sleeps
 *     reactor_handle()                   read, cut frames, write, accept, time-outs
 *
 * (1) No call blocks on a socket. Sending from a file may wait for the disk.
 * (2) All is level-triggered: what a turn left undone, the next one is told of again. EPOLLOUT is
 *     asked for only while something waits to be written, EPOLLIN not while intake.h says no.
 * (3) A connection belongs to one reactor for its life. Its stream's id names that reactor:
 *     id modulo the number of reactors; ids are a running number and never used again.
 * (4) A frame with an impossible length, an idle time-out or an error ends its own connection only.
 *
 * Threads: a struct reactor belongs to the thread that runs it, but for the atomic members.
 * struct io_shared is for all threads, see there. Source: Kafka's SocketServer, Selector. */
#ifndef ODRADEK_POSIX_REACTOR_H
#define ODRADEK_POSIX_REACTOR_H

#include "posix/intake.h"
#include "posix/logger.h"
#include "posix/mailbox.h"
#include "posix/output.h"
#include "posix/posix_config.h"

#include <sys/epoll.h>

enum { EVENTS_AT_ONCE = 64, READ_BUFFER_BYTES = 64 << 10 };

/* What all threads of a world share. The first group is constant once the threads run; the rest
 * guards itself. */
struct io_shared {
        struct posix_config config;
        struct logger logger;
        struct mailbox **inboxes; /* of the I/O threads: for connections handed on */
        int32_t thread_count;     /* of reactors, at least 1 */

        struct mailbox handler;
        struct intake intake;
        _Atomic int64_t streams_made;
        _Atomic int32_t connections; /* accepted ones that are open */
};

/* What an epoll event points to: the first member of whatever it is about. */
struct watched {
        enum { WATCHED_WAKE, WATCHED_LISTENER, WATCHED_CONNECTION } kind;
        int fd;
};

struct listener {
        struct watched watched;
        struct listener *next;
};

/* Connections in one state, the one that has been quiet for longest in front. */
struct quiet_list {
        struct connection *first;
        int64_t limit_ms; /* how long one may be quiet; -1: for ever */
};

struct reactor {
        struct io_shared *shared;
        int32_t index;
        int epoll_fd;
        struct watched wake;
        struct listener *listeners;
        int32_t accepted;             /* so many in all: they go round the reactors */
        int64_t accept_again_ms;      /* listeners are not watched before; 0: they are */
        bool accept_failed;           /* and nothing was accepted since: said once */
        struct connection *by_stream; /* hash table */
        struct quiet_list dialling, open, leaving;
        struct connection *to_flush;
        struct message_list news; /* for the handler */
        uint8_t *read_buffer;
        int64_t now_ms;
        struct epoll_event events[EVENTS_AT_ONCE];
        int event_count;

        struct output_tools tools; /* its lane's counters are atomic */
        _Atomic int64_t syscalls;  /* all but those that the lane counts */
        _Atomic bool starved;      /* see intake.h */
};

/* Counts `calls` system calls of its thread. */
static inline void reactor_count(struct reactor *r, int64_t calls)
{
        copy_count(&r->syscalls, calls);
}

/* A new stream's id, for a connection of that reactor. Any thread. */
int64_t io_shared_new_stream(struct io_shared *shared, int32_t reactor);

/* `wake_fd` is watched, not owned. Errors: IO, with errno set. */
enum kerr reactor_init(struct reactor *r, struct io_shared *shared, int32_t index, int wake_fd);

/* Closes all connections as they stand, without news to the handler. */
void reactor_deinit(struct reactor *r);

/* Does what the message asks (any of those to an I/O thread but STOP); takes what it carries. */
void reactor_do(struct reactor *r, struct message *m);

void reactor_flush(struct reactor *r);

/* Sleeps until something can be done, but `timeout_ms` at most (-1: no limit). */
void reactor_wait(struct reactor *r, int timeout_ms);

void reactor_handle(struct reactor *r);

/* The milliseconds from `now_ms` to `then_ms` as epoll_wait() and poll() want them: at least 0,
 * and -1 for never (INT64_MAX). */
int timeout_until(int64_t then_ms, int64_t now_ms);

#endif
