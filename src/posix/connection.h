/* connection.h - one TCP connection of a reactor.
 *
 *     DIALLING --connected--> OPEN --hang_up--> LEAVING --> closed
 *        any of them: error, end of stream, quiet for too long --> closed
 *
 * LEAVING: what was queued still goes out, then our half is shut, and what comes in is read and
 * dropped until the peer closes too. Closing at once would make the kernel answer unread bytes with
 * a reset, which may overtake our last answer. Five seconds without progress end it.
 *
 * (1) An idle connection is this struct and what the kernel keeps: bytes are read into a buffer of
 *     the thread, and a frame's memory comes and goes with the frame.
 * (2) The handler hears MESSAGE_ACCEPTED or _CONNECTED, frames and MESSAGE_CLOSED of a stream in
 * that order, and MESSAGE_CLOSED once, or never when it hung up itself. (3) An accepted connection
 * is not read while ANSWERS_MAX answers wait to be written: a peer that only asks fills its own
 * buffers. A dialled one is always read, else two brokers with full pipes could wait for each other
 * for ever.
 *
 * Internal to the reactor; all functions are for its thread. */
#ifndef ODRADEK_POSIX_CONNECTION_H
#define ODRADEK_POSIX_CONNECTION_H

#include "posix/reactor.h"
#include "posix/socket.h"
#include "wire/frame.h"

#include <uthash.h>

enum { ANSWERS_MAX = 16 };

struct connection {
        struct watched watched; /* first; fd is -1 while there is nothing to connect to yet */
        enum { CONNECTION_DIALLING, CONNECTION_OPEN, CONNECTION_LEAVING } state;
        int64_t stream;
        bool dialled;      /* by us; else accepted */
        bool hung_up;      /* by the handler, which hears nothing more of it */
        bool shut;         /* our half */
        bool paused;       /* its own frames are too many; see intake.h */
        bool starved;      /* those of the world are */
        enum kerr failed;  /* to be closed by the next flush */
        uint32_t interest; /* what epoll watches; EPOLLIN may stay in while paused */
        bool flush_listed;
        struct connection *next_to_flush;
        int64_t active_ms; /* when it last made progress */
        struct quiet_list *quiet;
        struct connection *prev, *next; /* in `quiet` */
        struct addrinfo *addresses, *next_address;
        struct stream_intake *intake;
        struct frame_cutter cutter;
        struct output output;
        char peer[SOCKET_NAME_BYTES];
        UT_hash_handle hh; /* by stream */
};

/* An accepted socket becomes a connection; `fd` is closed when it cannot. */
void connection_adopt(struct reactor *r, int fd);

/* A connection to be; connection_connect() follows, with its addresses (NULL: there are none).
 * `peer` is the name it is dialled by. */
void connection_dial_out(struct reactor *r, int64_t stream, const char *peer);
void connection_connect(struct reactor *r, struct connection *c, struct addrinfo *addresses);

/* Queues the packet for the next flush. */
void connection_send(struct reactor *r, struct connection *c, struct packet *packet);

void connection_hang_up(struct reactor *r, struct connection *c);

/* It may be read again as far as its own frames (or those of the world) are concerned. */
void connection_resume(struct reactor *r, struct connection *c, bool own);

/* Writes what waits. False: the connection had to be closed, `c` is dead. */
bool connection_flush(struct reactor *r, struct connection *c);

/* Handles what epoll told. `c` may be dead then. */
void connection_ready(struct reactor *r, struct connection *c, uint32_t events);

/* Closes, frees, tells the handler if it does not know. `reason` is for the log. */
void connection_close(struct reactor *r, struct connection *c, enum kerr why, enum world_log level,
                      const char *reason);

#endif
