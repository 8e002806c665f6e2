/* veth.h - a TCP connection over a pair of virtual Ethernet cards, between two network namespaces:
 * as near to another machine as one machine gets.
 *
 *     namespace A: odradek0, 10.203.0.1  <-- veth -->  namespace B: odradek1, 10.203.0.2
 *     the caller's end of the socket                   a child that throws away what arrives
 *
 * Nothing of it stays: the namespaces have no names and go with the last socket. Needs root and
 * `ip` (iproute2). The caller stays in the namespace where it was, and must have one thread. */
#ifndef ODRADEK_BENCH_VETH_H
#define ODRADEK_BENCH_VETH_H

#include <stdbool.h>
#include <sys/types.h>

struct veth {
        int socket; /* to send to: non-blocking, congestion control reno */
        pid_t receiver;
};

/* False: it cannot be had here, `why` (of CASE_WHY_BYTES) tells. */
bool veth_open(struct veth *v, char *why);

/* Closes the socket and waits for the child. */
void veth_close(struct veth *v);

#endif
