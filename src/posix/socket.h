/* socket.h - making TCP sockets that suit a broker, and asking them things. All are non-blocking
 * and closed on exec. Errors leave errno set. Any thread may call these. */
#ifndef ODRADEK_POSIX_SOCKET_H
#define ODRADEK_POSIX_SOCKET_H

#include "posix/posix_config.h"

#include <netdb.h>

enum {
        SOCKET_NAME_BYTES = 64,
        SOCKET_CONNECT_CALLS = 5, /* system calls of socket_connect(), with the default options */
};

/* A socket that listens on `address`; -1: none. What is set on it (no delay, keep-alive, congestion
 * control, buffers) goes over to the connections it accepts. */
int socket_listen(const struct addrinfo *address, const struct posix_config *config);

/* A socket that is being connected to `address`: it can be written to when that is decided, and
 * socket_error() tells how. -1: refused at once. */
int socket_connect(const struct addrinfo *address, const struct posix_config *config);

/* Takes the pending error off the socket; 0: none. */
int socket_error(int fd);

/* Held back while corked: a last segment that is not full. Other than TCP sockets ignore it. */
void socket_cork(int fd, bool corked);

/* "address:port" of the other side, or of our own. */
void socket_peer_name(int fd, char name[SOCKET_NAME_BYTES]);
void socket_own_name(int fd, char name[SOCKET_NAME_BYTES]);

int32_t socket_own_port(int fd);

/* The congestion control in force, for the log. */
void socket_congestion(int fd, char name[SOCKET_NAME_BYTES]);

/* The addresses of a host, to be freed with freeaddrinfo(); NULL: none. `flags` are getaddrinfo()'s
 * AI_…: only with AI_NUMERICHOST can this not block. */
struct addrinfo *socket_resolve(const char *host, const char *port, int flags);

#endif
