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

static bool failed(char *why, const char *what)
{
        snprintf(why, CASE_WHY_BYTES, "%s: %s", what, strerror(errno));
        return false;
}

/* --- the cable --- */

/* A new namespace, which the caller is in then; its descriptor, or -1. */
static int enter_new(void)
{
        if (unshare(CLONE_NEWNET) < 0)
                return -1;
        return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static bool run(const char *command)
{
        return system(command) == 0;
}

/* The caller is in A, and stays there. */
static bool connect_cards(const struct veth_cable *c, char *why)
{
        char command[400];
        snprintf(command, sizeof command,
                 "{ ip link add odradek0 type veth peer name odradek1 netns /proc/%d/fd/%d && "
                 "ip address add " VETH_A_ADDRESS "/30 dev odradek0 && ip link set odradek0 up && "
                 "ip link set lo up; } >/dev/null 2>&1",
                 (int)getpid(), c->b);
        bool laid = run(command);
        veth_enter(c, VETH_B);
        laid = laid && run("{ ip address add 10.203.0.2/30 dev odradek1 && "
                           "ip link set odradek1 up; } >/dev/null 2>&1");
        veth_enter(c, VETH_A);
        if (!laid)
                snprintf(why, CASE_WHY_BYTES, "ip cannot make a pair of virtual cards");
        return laid;
}

/* What A sends waits for its turn; 20 ms of it may, more than TCP has on its way, so nothing is
 * dropped. */
static bool limit_speed(int64_t bits_per_s, char *why)
{
        char command[200];
        snprintf(command, sizeof command,
                 "tc qdisc add dev odradek0 root tbf rate %lldbit burst 1mb latency 20ms "
                 ">/dev/null 2>&1",
                 (long long)bits_per_s);
        if (bits_per_s == 0 || run(command))
                return true;
        snprintf(why, CASE_WHY_BYTES, "tc cannot limit the speed of a virtual card");
        return false;
}

bool veth_lay(struct veth_cable *c, int64_t bits_per_s, char *why)
{
        *c = (struct veth_cable){
                .home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), .a = -1, .b = -1};
        if (c->home < 0)
                return failed(why, "network namespaces");
        c->b = enter_new();
        c->a = c->b >= 0 ? enter_new() : -1;
        bool laid = (c->a >= 0 || failed(why, "a network namespace of its own")) &&
                    connect_cards(c, why) && limit_speed(bits_per_s, why);
        if (laid)
                veth_enter(c, VETH_HOME);
        else
                veth_cut(c);
        return laid;
}

void veth_enter(const struct veth_cable *c, enum veth_place place)
{
        int fd = place == VETH_A ? c->a : place == VETH_B ? c->b : c->home;
        if (setns(fd, CLONE_NEWNET) < 0)
                abort(); /* every later connection would be in the wrong place */
}

void veth_cut(struct veth_cable *c)
{
        veth_enter(c, VETH_HOME);
        for (int i = 0, all[] = {c->home, c->a, c->b}; i < 3; i++) {
                if (all[i] >= 0)
                        close(all[i]);
        }
}

/* --- a connection over it --- */

static void receive(const struct sockaddr_in *from)
{
        enum { TAKE_BYTES = 1 << 20 };
        static uint8_t nowhere[TAKE_BYTES]; /* never written to */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)from, sizeof *from))
                _exit(1);
        for (ssize_t got = 1; got > 0;)
                got = recv(fd, nowhere, TAKE_BYTES, MSG_TRUNC);
        _exit(0);
}

bool veth_join(struct veth *v, const struct veth_cable *c, char *why)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof address;
        veth_enter(c, VETH_A);
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
        inet_pton(AF_INET, VETH_A_ADDRESS, &address.sin_addr);
        setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
        setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        bool ready = listener >= 0 && !bind(listener, (struct sockaddr *)&address, size) &&
                     !listen(listener, 1) &&
                     !getsockname(listener, (struct sockaddr *)&address, &size);
        veth_enter(c, VETH_B);
        fflush(NULL); /* or the child would print it again */
        v->receiver = ready ? fork() : -1;
        if (v->receiver == 0)
                receive(&address);
        veth_enter(c, VETH_HOME);
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
        struct veth_cable cable;
        if (!veth_lay(&cable, 0, why))
                return false;
        bool open = veth_join(v, &cable, why);
        veth_cut(&cable);
        return open;
}

struct usage veth_close(struct veth *v)
{
        struct rusage spent = {0};
        close(v->socket);
        while (wait4(v->receiver, NULL, 0, &spent) < 0 && errno == EINTR)
                ;
        return usage_from(&spent);
}
