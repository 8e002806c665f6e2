/* invariants.h - what must hold inside a cluster, whatever goes wrong outside.
 *
 *     I1  log matching: below its high watermark, a replica has what was committed
 *     I2  leader completeness: the leader of the newest epoch holds all that was committed, and
 *         every record that was acknowledged with acks=all
 *     I3  candidate completeness: so does every running member of ISR and ELR
 *     I4  quorums nest: the leader waits for all whom the controller may elect
 *     I5  log start <= last stable offset <= high watermark <= log end; a leader's high watermark
 *         and last stable offset never fall, and the first never lies inside a batch
 *     I6  one leader per partition and epoch, one quorum leader and one vote per quorum epoch;
 *         epochs never fall
 *     I7  metadata matches: committed metadata is the same everywhere, the quorum's leader has all
 *         of it, and nobody applies what is not committed
 *     I10 one owner: no partition is assigned to two members of a group (that only members of the
 *         current generation move its offsets, the clients' history shows: checker.h)
 *     I11 sequences are dense: those of a producer and epoch follow each other in what is committed
 *     I12 convergence: in the end the ISR are all replicas, all are equal (compacted logs: fold to
 *         the same), and no transaction is open
 *
 * I8 and I9 are about one machine: cluster.h. The clients' view: checker.h.
 *
 * `Committed` is what any leader's high watermark has passed (committed.h). States come in as plain
 * structs, whenever something in them has changed; see gather.h for who gathers them. Nothing here
 * reads a broker, so a test can feed what no broker should ever do.
 *
 * What is promised: a broker that lost bytes which flush.messages had not asked to sync is let off
 * until it joins ISR or ELR anew. A controller cannot know whether one whose power was cut has lost
 * anything, and takes it out of both sets (KIP-966). When it would have to take out all of them,
 * and one has lost something indeed, it may elect that one; and when
 * unclean.leader.election.enable was made use of, anyone. From then on the partition is beyond the
 * promise (history_partition.beyond_ns), and only I6 and I7 are still looked at.
 *
 * Sets of brokers are bit masks: bit n is the broker of id n, below 64. Sources: KIP-98,
 * 101, 279, 497, 595, 966; Ongaro & Ousterhout 2014 (I2, I6 and I7 are Raft's own, one level up or
 * down).
 */
#ifndef ODRADEK_SIM_INVARIANTS_H
#define ODRADEK_SIM_INVARIANTS_H

#include "cluster/quorum.h"
#include "replication/replica.h"
#include "sim/committed.h"
#include "sim/history.h"
#include "sim/verdict.h"

enum { INVARIANTS_NODES = 64 };

/* One replica, as it is now. */
struct seen_replica {
        int32_t node;
        int32_t partition; /* of the history */
        enum replica_role role;
        int32_t leader_epoch;
        int64_t log_start, last_stable, high_watermark, log_end;
        uint64_t isr, maximal_isr; /* as the leader knows them; 0 elsewhere */
        struct batch_source batches;
};

/* A partition in the newest committed metadata. */
struct seen_assignment {
        int32_t partition;
        int32_t leader, leader_epoch, partition_epoch;
        uint64_t replicas, isr, elr, last_known;
};

/* A node's part in the metadata quorum. */
struct seen_quorum {
        int32_t node;
        enum quorum_role role;
        int32_t epoch, leader, voted_for;
        int64_t high_watermark; /* -1: not known */
        int64_t applied;        /* all below is in the image; -1: nothing */
        int64_t log_start, log_end;
        struct batch_source batches;
};

/* A partition that a group has assigned, and to which of its members. */
struct seen_owner {
        int32_t partition; /* of the history */
        int32_t member;    /* any number of its own */
};

/* A group whose members all know what is theirs, at its coordinator. */
struct seen_group {
        int32_t node;
        int32_t group; /* of the history */
        int32_t generation;
        const struct seen_owner *owners;
        int32_t owner_count;
};

struct invariants;

/* All partitions must be in the history. What is passed in must outlive this. Never NULL. */
struct invariants *invariants_new(struct history *h, struct verdict *v, const int64_t *now_ns);
void invariants_free(struct invariants *v);

/* --- what has happened, in its order --- */

/* A process has started, or ended, on the node: what is seen of it next is another life. */
void invariants_started(struct invariants *v, int32_t node);
void invariants_ended(struct invariants *v, int32_t node);

/* The node runs, and has no log of the partition any more. */
void invariants_closed(struct invariants *v, int32_t node, int32_t partition);

/* What a node may have lost of its replica. */
enum loss_kind {
        LOSS_CLAIMED,  /* nothing; but it cannot prove that, so it will be counted out */
        LOSS_UNSYNCED, /* what was not synced */
        LOSS_ALL,      /* everything */
};
void invariants_lost(struct invariants *v, int32_t node, int32_t partition, enum loss_kind loss);

/* The node's registration is another one: the controller knows what it has lost. */
void invariants_registered(struct invariants *v, int32_t node);

/* Its disk is empty: it has forgotten its vote. */
void invariants_wiped(struct invariants *v, int32_t node);

void invariants_replica(struct invariants *v, const struct seen_replica *now);
void invariants_assignment(struct invariants *v, const struct seen_assignment *now);
void invariants_quorum(struct invariants *v, const struct seen_quorum *now);
void invariants_group(struct invariants *v, const struct seen_group *now);

/* --- what is known --- */

/* NULL: none was seen yet. */
const struct seen_assignment *invariants_newest(const struct invariants *v, int32_t partition);

/* As last seen in a running process; false: it is not there. */
bool invariants_last_seen(const struct invariants *v, int32_t node, int32_t partition,
                          struct seen_replica *last);

/* --- the end: I12 --- */

/* True when every partition has converged; else why the first has not, when `why` is not NULL.
 * Cheap; the logs' content is compared by the next one only. */
bool invariants_have_converged(const struct invariants *v, char why[FINDING_BYTES]);

/* Adds a finding for each partition that has not converged. The sources of all that was last seen
 * must still be there. */
void invariants_check_end(struct invariants *v);

#endif
