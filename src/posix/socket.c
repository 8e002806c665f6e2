#include "posix/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_int(int fd, int level, int option, int value)
{
        setsockopt(fd, level, option, &value, sizeof value);
}

/* Each of these is a wish: a kernel that refuses one still gives a working connection. */
static void set_options(int fd, const struct posix_config *config)
{
        set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        if (config->congestion_control[0])
                setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, config->congestion_control,
                           (socklen_t)strlen(config->congestion_control));
        if (config->send_buffer_bytes > 0)
                set_int(fd, SOL_SOCKET, SO_SNDBUF, config->send_buffer_bytes);
        if (config->receive_buffer_bytes > 0)
                set_int(fd, SOL_SOCKET, SO_RCVBUF, config->receive_buffer_bytes);
}

static int new_socket(const struct addrinfo *address, const struct posix_config *config)
{
        int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd >= 0)
                set_options(fd, config);
        return fd;
}

static int give_up(int fd)
{
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
}

int socket_listen(const struct addrinfo *address, const struct posix_config *config)
{
        int fd = new_socket(address, config);
        if (fd < 0)
                return -1;
        /* Without it a restarted broker waits a minute for its old connections to be forgotten. */
        set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 ||
            listen(fd, config->listen_backlog) < 0)
                return give_up(fd);
        return fd;
}

int socket_connect(const struct addrinfo *address, const struct posix_config *config)
{
        int fd = new_socket(address, config);
        if (fd < 0)
                return -1;
        if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
                return give_up(fd);
        return fd;
}

int socket_error(int fd)
{
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                return errno;
        return error;
}

void socket_cork(int fd, bool corked)
{
        set_int(fd, IPPROTO_TCP, TCP_CORK, corked);
}

static void name_of(const struct sockaddr_storage *address, char name[SOCKET_NAME_BYTES])
{
        const struct sockaddr_in *v4 = (const void *)address;
        const struct sockaddr_in6 *v6 = (const void *)address;
        char host[INET6_ADDRSTRLEN] = "?";
        int port = 0;
        if (address->ss_family == AF_INET) {
                inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
                port = ntohs(v4->sin_port);
        } else if (address->ss_family == AF_INET6) {
                inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
                port = ntohs(v6->sin6_port);
        }
        bool brackets = address->ss_family == AF_INET6;
        snprintf(name, SOCKET_NAME_BYTES, "%s%s%s:%d", brackets ? "[" : "", host,
                 brackets ? "]" : "", port);
}

void socket_peer_name(int fd, char name[SOCKET_NAME_BYTES])
{
        struct sockaddr_storage address = {0};
        socklen_t size = sizeof address;
        getpeername(fd, (struct sockaddr *)&address, &size);
        name_of(&address, name);
}

void socket_own_name(int fd, char name[SOCKET_NAME_BYTES])
{
        struct sockaddr_storage address = {0};
        socklen_t size = sizeof address;
        getsockname(fd, (struct sockaddr *)&address, &size);
        name_of(&address, name);
}

int32_t socket_own_port(int fd)
{
        struct sockaddr_storage address = {0};
        socklen_t size = sizeof address;
        getsockname(fd, (struct sockaddr *)&address, &size);
        /* The port stands at the same place in both families' addresses. */
        return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
}

void socket_congestion(int fd, char name[SOCKET_NAME_BYTES])
{
        socklen_t size = SOCKET_NAME_BYTES - 1;
        memset(name, 0, SOCKET_NAME_BYTES);
        if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) < 0)
                snprintf(name, SOCKET_NAME_BYTES, "unknown");
}

struct addrinfo *socket_resolve(const char *host, const char *port, int flags)
{
        struct addrinfo hints = {
                .ai_family = AF_UNSPEC,
                .ai_socktype = SOCK_STREAM,
                .ai_flags = flags | AI_NUMERICSERV,
        };
        struct addrinfo *addresses;
        return getaddrinfo(host, port, &hints, &addresses) == 0 ? addresses : NULL;
}
