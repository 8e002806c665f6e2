/* loopback.h - both ends of one TCP connection over 127.0.0.1, in one process. */
#ifndef ODRADEK_BENCH_LOOPBACK_H
#define ODRADEK_BENCH_LOOPBACK_H

#include <stdbool.h>

struct loopback {
        int server, client; /* both block */
};

/* TCP_NODELAY on both ends. `congestion`: NULL leaves the machine's default. False: errno tells,
 * and nothing is open. */
bool loopback_open(struct loopback *l, const char *congestion);

void loopback_close(struct loopback *l);

#endif
