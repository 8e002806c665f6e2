/* mailbox.h - messages from any thread to the one that owns the box.
 *
 * The handler has one, each I/O thread has one, each thread for slow calls has one; nothing else is
 * shared between them but a few counters (intake.h). The owner takes all that is in at once, so a
 * busy box costs one lock per burst and not one per message.
 *
 * Waking another core costs about 30 us here, as much as sending 300 KiB, and a write() besides. So
 * the owner says when it goes to sleep, and only the first message after that writes the eventfd:
 *
 *     owner: box empty? asleep = true, wait for wake_fd.    poster: add; asleep? wake, clear it.
 *
 * (1) Messages of one poster come out in the order in which it posted them.
 * (2) A message carries what it points to: whoever takes it owns that; message_discard() frees it.
 *
 * Locks: a box's mutex is a leaf. Nothing is called and no other lock is taken while it is held. */
#ifndef ODRADEK_POSIX_MAILBOX_H
#define ODRADEK_POSIX_MAILBOX_H

#include "base/world.h"

#include <netdb.h>
#include <pthread.h>

struct incoming;

enum message_kind {
        /* To the handler. */
        MESSAGE_ACCEPTED,  /* stream, text: the peer */
        MESSAGE_CONNECTED, /* stream that was dialled, text: the peer */
        MESSAGE_FRAME,     /* stream, frame */
        MESSAGE_CLOSED,    /* stream, result: why */
        MESSAGE_SYNCED,    /* token, result */
        /* To an I/O thread. */
        MESSAGE_LISTEN,  /* fd: a listening socket */
        MESSAGE_ADOPT,   /* fd: an accepted connection */
        MESSAGE_DIAL,    /* stream, text: the peer; where to connect to follows */
        MESSAGE_CONNECT, /* stream, addresses; NULL: there are none */
        MESSAGE_SEND,    /* stream, packet */
        MESSAGE_HANG_UP, /* stream */
        MESSAGE_RESUME,  /* stream: its frames were given back; 0: the world has room again */
        /* To a thread for slow calls. */
        MESSAGE_SYNC,    /* token, job */
        MESSAGE_RESOLVE, /* stream, text: "host:port" */
        /* To either kind of thread. */
        MESSAGE_STOP,
};

struct message {
        enum message_kind kind;
        enum kerr result;
        union {
                int64_t stream;
                uint64_t token;
        };
        union {
                char *text;
                struct incoming *frame;
                struct packet *packet;
                struct addrinfo *addresses;
                struct sync_job *job;
                int fd;
        };
};

/* A growing array; zero-initialise it. */
struct message_list {
        struct message *items;
        size_t count, capacity;
};

void message_list_add(struct message_list *l, struct message m);
void message_list_deinit(struct message_list *l); /* discards what is still in */

/* Frees what a message carries that nobody is going to handle. */
void message_discard(struct message *m);

struct mailbox {
        int wake_fd; /* an eventfd; two boxes of one thread may share it; not owned */
        pthread_mutex_t lock;
        /* Guarded by the lock. */
        struct message_list list;
        bool asleep;
        /* For all. */
        _Atomic int64_t syscalls; /* made to wake and to wait */
};

/* The memory must be all zeros. */
void mailbox_init(struct mailbox *box, int wake_fd);
void mailbox_deinit(struct mailbox *box); /* discards what is still in */

/* Adds the messages of `l`, in order, and empties it. Any thread. */
void mailbox_post_all(struct mailbox *box, struct message_list *l);
void mailbox_post(struct mailbox *box, struct message m);

/* For the owner: gives up what is in `l` (empty, but with room to use again) for all that has come.
 * It counts as awake from now on. */
void mailbox_take(struct mailbox *box, struct message_list *l);

/* For the owner: true when the box is empty; the next post then writes wake_fd. */
bool mailbox_sleep(struct mailbox *box);

/* For the owner: it is awake and will look into the box, so posts need not wake it. */
void mailbox_awake(struct mailbox *box);

/* For an owner without an event loop: sleeps until something is in, wake_fd is written, or
 * `timeout_ms` is over (-1: no limit). */
void mailbox_wait(struct mailbox *box, int timeout_ms);

/* The two ends of an eventfd. wake_fd_ring() may be called in a signal handler. */
int wake_fd_new(void); /* -1 with errno set when there is no descriptor left */
void wake_fd_ring(int fd);
void wake_fd_clear(int fd);

#endif
