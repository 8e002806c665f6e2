#include "cli/node_list.h"

#include <stdlib.h>

bool node_list_read(const char **at, char separator, struct replica_set *into)
{
        *into = (struct replica_set){.count = 0};
        for (;;) {
                char *end;
                long id = **at >= '0' && **at <= '9' ? strtol(*at, &end, 10) : -1;
                if (id < 0 || id > INT32_MAX || into->count == REPLICAS_MAX ||
                    replica_set_has(into, (int32_t)id))
                        return false;
                replica_set_add(into, (int32_t)id);
                *at = end;
                if (*end != separator)
                        return true;
                *at = end + 1;
        }
}
