/* coordinator_partition.h - which partition of __consumer_offsets or __transaction_state a group or
 * transaction is kept in, and so which broker coordinates it: the leader of that partition.
 *
 * All brokers of all versions must agree on it. Source: GroupMetadataManager.partitionFor and
 * TransactionStateManager.partitionFor: abs(String.hashCode()) modulo the partitions. */
#ifndef ODRADEK_WIRE_COORDINATOR_PARTITION_H
#define ODRADEK_WIRE_COORDINATOR_PARTITION_H

#include "base/bytes.h"

/* `key` is a group id or transactional id in UTF-8; bytes that are none count as U+FFFD each. 0 to
 * count - 1; count must be above 0. */
int32_t coordinator_partition(struct str key, int32_t count);

#endif
