/* assignor.h - who reads which partition: what the leader of a consumer group decides.
 *
 *     range         per topic, a block of partitions for each member; the first ones get one more
 *     round-robin   all partitions of all topics, dealt out in turn
 *     sticky        as even as round-robin, but moves as few partitions as it can
 *     cooperative-sticky   the same; what must move is given up first and assigned in the next
 * round
 *
 * (1) A partition of a subscribed topic goes to exactly one member that subscribes to it (with
 *     cooperative-sticky: to none, while its old owner has still to give it up).
 * (2) The same members, subscriptions and partitions give the same result, in whatever order they
 * are given: members are taken in the order of their ids (group instance ids, where they have one).
 * (3) When all members subscribe to the same, none has more than one partition more than another,
 * and sticky moves no more than that takes. With different subscriptions sticky goes on until no
 *     single move makes it more even; Kafka's looks a little further.
 * (4) Members that get nothing have an empty assignment: with more members than partitions some
 * idle.
 *
 * Source: Kafka's RangeAssignor, RoundRobinAssignor, AbstractStickyAssignor,
 * CooperativeStickyAssignor; KIP-54, KIP-341, KIP-429. */
#ifndef ODRADEK_GROUPS_ASSIGNOR_H
#define ODRADEK_GROUPS_ASSIGNOR_H

#include "base/bytes.h"

enum assignor_kind {
        ASSIGNOR_RANGE,
        ASSIGNOR_ROUND_ROBIN,
        ASSIGNOR_STICKY,
        ASSIGNOR_COOPERATIVE_STICKY,
        ASSIGNORS
};

/* "range", "roundrobin", "sticky", "cooperative-sticky": as in partition.assignment.strategy and in
 * JoinGroup. */
const char *assignor_name(enum assignor_kind kind);
enum assignor_kind assignor_find(struct str name); /* ASSIGNORS: none */

struct assigned_partition {
        struct str topic;
        int32_t partition;
};

struct assignor_member {
        struct str member_id, group_instance_id; /* the latter null for dynamic members */
        const struct str *topics;                /* that it subscribes to */
        int32_t topic_count;
        /* What it says that it has, and from which generation (-1: it does not know). Claims of an
         * older generation than the newest claim of that partition do not count, nor do two of the
         * same (KAFKA-12984); but with cooperative-sticky any other claim is waited for. */
        const struct assigned_partition *owned;
        int32_t owned_count;
        int32_t generation;
        /* The result, in order of topic and partition; memory from malloc: the caller frees. */
        struct assigned_partition *assigned; /* names are those of the assignor_topics */
        int32_t assigned_count;
        bool gives_up; /* something was withheld that it claims (cooperative-sticky) */
};

struct assignor_topic {
        struct str name;
        int32_t partitions;
};

/* Fills in assigned, assigned_count and gives_up of every member. Topics that nobody knows get
 * nobody. */
void assignor_assign(enum assignor_kind kind, struct assignor_member *members, int32_t member_count,
                     const struct assignor_topic *topics, int32_t topic_count);

#endif
