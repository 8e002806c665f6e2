#include "bench/veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/results.h"

static const struct sockaddr_in *own_address(void)
{
        static const struct sockaddr_in address = {.sin_family = AF_INET};
        return &address;
}

static bool failed(char *why, const char *what)
{
        snprintf(why, CASE_WHY_BYTES, "%s: %s", what, strerror(errno));
        return false;
}

/* A new namespace, which the caller is in then; its descriptor, or -1. */
static int enter_new(void)
{
        if (unshare(CLONE_NEWNET) < 0)
                return -1;
        return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* The caller is in A. */
static bool lay_cable(int a, int b, char *why)
{
        char command[400];
        snprintf(command, sizeof command,
                 "{ ip link add odradek0 type veth peer name odradek1 netns /proc/%d/fd/%d && "
                 "ip address add 10.203.0.1/30 dev odradek0 && ip link set odradek0 up; } "
                 ">/dev/null 2>&1",
                 (int)getpid(), b);
        bool laid = system(command) == 0 && setns(b, CLONE_NEWNET) == 0 &&
                    system("{ ip address add 10.203.0.2/30 dev odradek1 && "
                           "ip link set odradek1 up; } >/dev/null 2>&1") == 0;
        if (!laid)
                snprintf(why, CASE_WHY_BYTES, "ip cannot make a pair of virtual cards");
        return laid && setns(a, CLONE_NEWNET) == 0;
}

static void receive(const struct sockaddr_in *from)
{
        enum { TAKE_BYTES = 1 << 20 };
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)from, sizeof *from))
                _exit(1);
        for (ssize_t got = 1; got > 0;)
                got = recv(fd, NULL, TAKE_BYTES, MSG_TRUNC);
        _exit(0);
}

/* The caller is in A, and is in B afterwards, where the child connects from. */
static bool join_ends(struct veth *v, int b, char *why)
{
        struct sockaddr_in address = *own_address();
        socklen_t size = sizeof address;
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
        inet_pton(AF_INET, "10.203.0.1", &address.sin_addr);
        setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
        setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        bool ready = listener >= 0 && !bind(listener, (struct sockaddr *)&address, size) &&
                     !listen(listener, 1) &&
                     !getsockname(listener, (struct sockaddr *)&address, &size) &&
                     setns(b, CLONE_NEWNET) == 0;
        fflush(NULL); /* or the child would print it again */
        v->receiver = ready ? fork() : -1;
        if (v->receiver == 0)
                receive(&address);
        v->socket =
                v->receiver > 0 ? accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;
        if (v->socket < 0)
                failed(why, "connecting over the virtual cards");
        if (listener >= 0)
                close(listener);
        return v->socket >= 0;
}

bool veth_open(struct veth *v, char *why)
{
        int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (home < 0)
                return failed(why, "network namespaces");
        int b = enter_new();
        int a = b >= 0 ? enter_new() : -1;
        bool open = a >= 0 || failed(why, "a network namespace of its own");
        open = open && lay_cable(a, b, why) && join_ends(v, b, why);
        if (setns(home, CLONE_NEWNET) < 0)
                abort(); /* every later connection would be in the wrong place */
        for (int i = 0, all[] = {home, a, b}; i < 3; i++) {
                if (all[i] >= 0)
                        close(all[i]);
        }
        return open;
}

void veth_close(struct veth *v)
{
        close(v->socket);
        while (waitpid(v->receiver, NULL, 0) < 0 && errno == EINTR)
                ;
}
