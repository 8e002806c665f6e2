/* io_thread.h - a reactor with its mailbox, run by a thread of its own or by the handler's.
 *
 * With num.network.threads=0 there is one of these and the handler calls io_thread_obey(),
 * reactor_wait() and reactor_handle() itself: the same code, and no hand-over between cores.
 *
 * Threads: the inbox is for all, the reactor for the thread that runs it. The handler makes, starts
 * and ends it. */
#ifndef ODRADEK_POSIX_IO_THREAD_H
#define ODRADEK_POSIX_IO_THREAD_H

#include "posix/reactor.h"

struct io_thread {
        struct mailbox inbox;
        struct reactor reactor;
        struct message_list orders; /* taken from the inbox */
        bool stopping;              /* MESSAGE_STOP has come */
        bool running;               /* there is a thread; the handler's to change */
        pthread_t thread;
};

/* `wake_fd` is watched, not owned. Errors: IO, and nothing is left to deinit. */
enum kerr io_thread_init(struct io_thread *io, struct io_shared *shared, int32_t index,
                         int wake_fd);
void io_thread_deinit(struct io_thread *io); /* after io_thread_stop() */

/* Runs it on a thread of its own. Errors: IO. */
enum kerr io_thread_start(struct io_thread *io);

/* Does what has been asked so far, writes once what the sockets take, and ends the thread. */
void io_thread_stop(struct io_thread *io);

/* Does all that is in the inbox, then writes. For the thread that runs it. */
void io_thread_obey(struct io_thread *io);

#endif
