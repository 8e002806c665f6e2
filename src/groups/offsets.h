/* offsets.h - how far one group got: its committed offsets, and those that open transactions have
 * pending.
 *
 * (1) An offset is one record of the group's log; of two for the same partition the one that stands
 *     later in the log counts. A transaction's stands where it was appended, not where it was
 *     decided: so a commit in between, outside of the transaction, wins.
 * (2) Of the same producer and partition only the last pending one counts.
 * (3) A tombstone removes the committed and the pending ones before it.
 *
 * A plain table: no clock, no log. Iteration is in the order of first appearance. Timestamps are
 * wall ms. Source: Kafka's GroupMetadata (offsets, pendingTransactionalOffsetCommits), KIP-98. */
#ifndef ODRADEK_GROUPS_OFFSETS_H
#define ODRADEK_GROUPS_OFFSETS_H

#include "base/bytes.h"

#include <uthash.h>

struct offset_value {
        int64_t offset;
        int32_t leader_epoch; /* -1: unknown */
        struct str metadata;  /* never null */
        int64_t commit_timestamp_ms;
        int64_t expire_timestamp_ms; /* -1: as the broker's retention says */
        int64_t position;            /* of its record in the log */
};

struct pending_offset {
        int64_t producer_id;
        struct offset_value value;
        struct pending_offset *next;
};

struct partition_offset {
        int32_t partition;
        bool is_committed;
        struct offset_value value;      /* if it is */
        struct pending_offset *pending; /* the oldest transaction first */
        UT_hash_handle hh;
};

struct topic_offsets {
        struct partition_offset *partitions; /* by number */
        int32_t committed_count;             /* of them */
        UT_hash_handle hh;
        int32_t name_size;
        char name[];
};

/* Zero-initialise. */
struct offset_table {
        struct topic_offsets *topics;
        int32_t pending_count; /* pending offsets in all of it */
};

void offset_table_deinit(struct offset_table *t);

static inline struct str topic_offsets_name(const struct topic_offsets *t)
{
        return (struct str){t->name, t->name_size};
}

/* NULL when there is neither a committed nor a pending one. */
const struct partition_offset *offset_table_find(const struct offset_table *t, struct str topic,
                                                 int32_t partition);

/* Committed, or (put_pending) if the producer's transaction commits. The metadata is copied. */
void offset_table_put(struct offset_table *t, struct str topic, int32_t partition,
                      const struct offset_value *value);
void offset_table_put_pending(struct offset_table *t, struct str topic, int32_t partition,
                              int64_t producer_id, const struct offset_value *value);

/* A tombstone; for nothing too. `topic` may be the table's own. */
void offset_table_remove(struct offset_table *t, struct str topic, int32_t partition);

/* The producer's transaction is decided. */
void offset_table_complete(struct offset_table *t, int64_t producer_id, bool commit);

#endif
