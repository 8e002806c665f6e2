/* gather.h - looks into a broker after its turn, for the invariants and for the story.
 *
 * What has changed goes to invariants.h as plain structs, and into the trace as notes: who votes
 * for whom, who leads the quorum, what the newest committed metadata says of leaders, ISRs, ELRs
 * and fenced brokers. Nothing here changes what the brokers do, and what has not changed costs a
 * few comparisons. */
#ifndef ODRADEK_SIM_GATHER_H
#define ODRADEK_SIM_GATHER_H

#include "broker/broker.h"
#include "replication/replica.h"
#include "sim/invariants.h"
#include "sim/sim.h"

struct gather;

/* What is passed in must outlive this; all partitions must be in the history. Never NULL. */
struct gather *gather_new(struct sim *sim, struct history *h, struct verdict *v);
void gather_free(struct gather *g);

/* The node's actor had a turn. Its quorum and metadata are looked at; gather_replica() must follow
 * for each of its partitions that is in the history. */
void gather_node(struct gather *g, struct sim_node *node, struct broker *b);
void gather_replica(struct gather *g, struct sim_node *node, int32_t partition,
                    const struct replica *r);

/* True when gather_replica() would find nothing new. */
bool gather_is_unchanged(const struct gather *g, const struct sim_node *node, int32_t partition,
                         const struct replica *r);

/* The partition's log is not there any more, though the node runs. */
void gather_closed(struct gather *g, const struct sim_node *node, int32_t partition);

/* The node's process is about to end, perhaps in the middle of a turn: what it has applied, others
 * may have heard of. */
void gather_last(struct gather *g, const struct broker *b);

/* Nothing runs on the node any more. */
void gather_ended(struct gather *g, const struct sim_node *node);

/* What it knows: the newest metadata, I12. Power cuts are to be told to it: invariants_lost(). */
struct invariants *gather_invariants(struct gather *g);

#endif
