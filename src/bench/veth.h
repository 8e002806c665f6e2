/* veth.h - two virtual Ethernet cards with a cable between them, each in a network namespace of its
 * own: as near to another machine as one machine gets.
 *
 *     namespace A: odradek0, 10.203.0.1  <-- veth -->  namespace B: odradek1, 10.203.0.2
 *
 * Nothing of it stays: the namespaces have no names and go with the last socket and process in
 * them. Needs root and `ip`, for a link of limited speed `tc` too (both iproute2). The caller must
 * have one thread. A `why` is of CASE_WHY_BYTES, and tells where false is returned. */
#ifndef ODRADEK_BENCH_VETH_H
#define ODRADEK_BENCH_VETH_H

#include "bench/usage.h"

#include <stdbool.h>
#include <sys/types.h>

#define VETH_A_ADDRESS "10.203.0.1"

enum veth_place { VETH_HOME, VETH_A, VETH_B };

struct veth_cable {
        int home, a, b; /* descriptors of the namespaces; home is where the caller came from */
};

/* `bits_per_s`: how fast A can send to B; 0: without a limit. */
bool veth_lay(struct veth_cable *c, int64_t bits_per_s, char *why);

/* The caller goes there: sockets that it makes, and processes that it starts, are there for good.
 */
void veth_enter(const struct veth_cable *c, enum veth_place place);

/* Goes home; sockets that are open stay connected. */
void veth_cut(struct veth_cable *c);

struct veth {
        int socket;     /* in A, to send to: non-blocking, congestion control reno */
        pid_t receiver; /* in B: a child that throws away what arrives */
};

/* A connection over the cable. The caller is at home then. */
bool veth_join(struct veth *v, const struct veth_cable *c, char *why);

/* A cable of its own without a limit, and a connection over it. */
bool veth_open(struct veth *v, char *why);

/* Closes the socket and waits for the child, who has everything then; what that child spent. */
struct usage veth_close(struct veth *v);

#endif
