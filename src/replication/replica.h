/* replica.h - one replica of one partition: who leads it, and how far it is committed.
 *
 *     log start <= high watermark <= log end offset
 *
 * (1) Consumers see only offsets below the high watermark.
 * (2) Here the in-sync replicas are this one alone, so the high watermark follows the log end.
 * Where flush.messages says that an append must be synced before it counts, it follows the recovery
 *     point: nobody is shown a record that a power cut could still take back.
 * (3) A request that names another leader epoch than ours is refused (KIP-320): an older one comes
 *     from a client that missed an election, a newer one means that we did.
 *
 * Source: Kafka's Partition and ReplicaManager. */
#ifndef ODRADEK_REPLICATION_REPLICA_H
#define ODRADEK_REPLICATION_REPLICA_H

#include "log/partition_log.h"

struct replica {
        struct partition_log *log; /* borrowed: it is the log_dir's */
        int32_t leader_epoch;
        int64_t high_watermark; /* first offset not yet committed */
};

/* Takes over the log in a new leader epoch. What recovery has kept counts as committed. */
void replica_lead(struct replica *r, struct partition_log *log, int32_t leader_epoch);

/* NONE, FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH. -1: the client does not say. */
enum kerr replica_check_epoch(const struct replica *r, int32_t current_leader_epoch);

/* Appends as the leader and moves the high watermark if it may. When *committed_at (an offset) is
 * above the high watermark on return, the append is not committed yet: wait until it is. Errors:
 * those of partition_log_append(). */
enum kerr replica_append(struct replica *r, struct span batches, struct log_append *result,
                         int64_t *committed_at);

/* Moves the high watermark up to what is committed; true when it moved. Call after a flush. */
bool replica_advance(struct replica *r);

/* Where a consumer's bytes lie; see partition_log_read(). */
enum kerr replica_read(struct replica *r, int64_t offset, int32_t size_max, bool at_least_one,
                       struct extent *extent);

#endif
