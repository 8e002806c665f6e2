#include "bench/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool listen_anywhere(int listener, const char *congestion, struct sockaddr_in *address)
{
        socklen_t size = sizeof *address;
        *address = (struct sockaddr_in){.sin_family = AF_INET};
        address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (congestion && setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, congestion,
                                     (socklen_t)strlen(congestion)))
                return false;
        return bind(listener, (struct sockaddr *)address, size) == 0 && listen(listener, 1) == 0 &&
               getsockname(listener, (struct sockaddr *)address, &size) == 0;
}

static void set_no_delay(int fd)
{
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool loopback_open(struct loopback *l, const char *congestion)
{
        struct sockaddr_in address;
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        l->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        l->server = -1;
        if (listener >= 0 && l->client >= 0 && listen_anywhere(listener, congestion, &address) &&
            connect(l->client, (struct sockaddr *)&address, sizeof address) == 0)
                l->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        int saved = errno;
        if (listener >= 0)
                close(listener);
        if (l->server < 0 && l->client >= 0)
                close(l->client);
        errno = saved;
        if (l->server < 0)
                return false;
        set_no_delay(l->server);
        set_no_delay(l->client);
        return true;
}

void loopback_close(struct loopback *l)
{
        close(l->server);
        close(l->client);
}
