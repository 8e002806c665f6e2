/* partitioner.h - which partition does a record go to?
 *
 * A record with a key goes where its key's hash says, so that all records of a key stay in order;
 * the hash is murmur2 as Kafka's Java client computes it, so both put a key in the same place. A
 * record without a key may go anywhere: it sticks to one partition until a batch is full, because
 * few full batches are cheaper than many small ones (KIP-480), or takes them in turn.
 *
 * Source: Utils.murmur2 and BuiltInPartitioner; MurmurHash2 by Austin Appleby. */
#ifndef ODRADEK_CLIENT_PARTITIONER_H
#define ODRADEK_CLIENT_PARTITIONER_H

#include "base/world.h"

/* Murmur2 with seed 0x9747b28c, as Java's signed 32 bits. */
int32_t murmur2(struct span bytes);

/* The place of a key among `partition_count` (> 0) partitions. An empty key is a key. */
int32_t partition_of_key(struct span key, int32_t partition_count);

enum partitioner_kind { PARTITIONER_STICKY, PARTITIONER_ROUND_ROBIN };

/* For records without a key, one per topic. */
struct partitioner {
        enum partitioner_kind kind;
        int32_t current; /* partition; -1: none chosen yet */
};

void partitioner_init(struct partitioner *p, enum partitioner_kind kind);

/* Chooses the partition of the next batch (sticky: at random, not the same twice running) or of the
 * next record (round robin) and remembers it as `current`. partition_count > 0. */
int32_t partitioner_next(struct partitioner *p, struct world *world, int32_t partition_count);

#endif
