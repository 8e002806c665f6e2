/* invariants_state.h - what the invariants remember. Internal to invariants*.c. */
#ifndef ODRADEK_SIM_INVARIANTS_STATE_H
#define ODRADEK_SIM_INVARIANTS_STATE_H

#include "sim/invariants.h"

/* Who led in an epoch. */
struct epoch_leader {
        int32_t epoch, node;
};

/* By the order in which they were seen; zero-initialise. */
struct epoch_leaders {
        struct epoch_leader *items;
        int32_t count, capacity;
};

/* What has been complained about since the replica's role, epoch or life changed: once is enough.
 */
enum { TOLD_SHORT = 1, TOLD_APART = 2, TOLD_MARKS = 4 };

struct replica_state {
        struct seen_replica last;
        bool is_open;       /* seen in the present life of its node */
        int64_t checked_to; /* its batches below have been compared */
        int told;
};

/* What is known of a producer in one partition. */
struct producer_seen;

struct partition_state {
        struct batches committed;
        struct producer_seen *producers;
        int64_t gap_end;      /* offsets before it are missing in `committed`; -1: none are */
        int64_t committed_to; /* the highest high watermark of any leader */
        struct seen_assignment newest;
        bool is_known;        /* `newest` is */
        bool is_cut;          /* its one replica has lost bytes: checker.h knows which it may */
        int32_t newest_epoch; /* leader epoch, seen anywhere */
        int32_t first_leader; /* -1: none yet */
        /* Who may have lost bytes, and who has; until they join ISR or ELR anew. */
        uint64_t doubted, lossy;
        /* Who was out of the ISR for a while: compaction may have been done with a tombstone before
         * they could fetch it, and then they keep the old value.
         */
        uint64_t was_away;
        struct epoch_leaders leaders;
};

struct node_state {
        bool is_running;
        struct replica_state *replicas; /* by partition; NULL: none was seen */
        struct seen_quorum quorum;      /* as last seen in this life */
        bool has_quorum;
        int64_t metadata_checked_to;
        /* Over its lives: the last one, in which epoch and for whom; epoch -1: none. */
        struct epoch_leader vote;
};

struct invariants {
        struct history *h;
        struct verdict *verdict;
        const int64_t *now_ns;
        struct partition_state *partitions;
        struct node_state nodes[INVARIANTS_NODES];
        struct batches found; /* scratch */
        struct batches metadata;
        int64_t metadata_to;
        uint64_t unregistered;       /* have lost bytes, and the controller has not heard of it */
        int32_t newest_quorum_epoch; /* of a leader */
        struct epoch_leaders quorum_leaders;
};

static inline uint64_t node_bit(int32_t node)
{
        return UINT64_C(1) << node;
}

/* Those whom the controller may elect. */
static inline uint64_t assignment_members(const struct seen_assignment *a)
{
        return a->isr | a->elr;
}

static inline double invariants_seconds(const struct invariants *v)
{
        return (double)*v->now_ns / 1e9;
}

/* Notes who leads in an epoch. Returns who was seen leading in it before, or -1. */
int32_t epoch_leaders_add(struct epoch_leaders *l, int32_t epoch, int32_t node);

/* I11: looks at the committed batches from number `first` on, which are new. */
void invariants_sequences(struct invariants *v, int32_t partition, int64_t first);
void invariants_forget_sequences(struct partition_state *p);

/* Reads the batches [*checked_to, to) of a source into v->found, and moves *checked_to. False when
 * they cannot be read now. */
bool invariants_read(struct invariants *v, const struct batch_source *source, int64_t *checked_to,
                     int64_t to);

#endif
