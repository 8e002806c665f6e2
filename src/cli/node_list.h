/* node_list.h - lists of brokers as people type them: "1,2,3", and "1:2,2:3" for two partitions. */
#ifndef ODRADEK_CLI_NODE_LIST_H
#define ODRADEK_CLI_NODE_LIST_H

#include "replication/replica_set.h"

/* Reads the ids from *at on, `separator` between them, and leaves *at behind the last. False when
 * there is none, one twice, or more than REPLICAS_MAX. */
bool node_list_read(const char **at, char separator, struct replica_set *into);

#endif
