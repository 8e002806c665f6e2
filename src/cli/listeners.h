/* listeners.h - where a broker listens: the entries of `listeners`, which of them clients are told.
 *
 * All listeners lead to the same broker: the names matter only for who is told of them. Those named
 * in controller.listener.names are for controllers. */
#ifndef ODRADEK_CLI_LISTENERS_H
#define ODRADEK_CLI_LISTENERS_H

#include "broker/config.h"

enum { LISTENERS_MAX = 8 };

struct listener_place {
        char host[256];
        int32_t port;
};

struct listeners {
        struct listener_place places[LISTENERS_MAX];
        int count;
        int told; /* the first that is not for controllers alone; none such: the first */
};

/* False when an entry is not NAME://HOST:PORT, or there are none or too many. */
bool listeners_read(const struct config *config, struct listeners *into);

#endif
