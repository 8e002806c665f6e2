/* cluster_parts.h - what a cluster is made of; for cluster.c (its making, its lives),
 * cluster_watch.c (looks at the logs) and cluster_view.c (asks the metadata). */
#ifndef ODRADEK_SIM_CLUSTER_PARTS_H
#define ODRADEK_SIM_CLUSTER_PARTS_H

#include "sim/cluster.h"
#include "sim/gather.h"

/* One log of one broker, as last seen. */
struct watched {
        bool is_open, is_offline;
        int64_t start, recovery_point, end, high_watermark;
        int32_t leader, leader_epoch; /* whom it follows; -1: nobody */
        int64_t synced_to; /* I9: when power was last cut, all below had been synced; -1: never */
        uint64_t seen;     /* the member's looks, when it was there last */
        const struct replica *replica; /* whose it was then, to know it again */
        struct uuid topic_id;
};

struct member {
        struct cluster *cluster;
        struct sim_node *node;
        struct config config;
        struct broker *broker; /* NULL: not running */
        char name[24];
        struct watched *logs; /* by partition of the history */
        int32_t *order;       /* the partitions in the order in which the broker names them */
        int32_t at;           /* in it, while looking */
        uint64_t looks, turns_seen;

        bool had_power;          /* when it was last looked at */
        int32_t power_cuts_seen; /* the same */
        bool was_wiped;          /* since its power was last cut */
        bool is_hurt;            /* see cluster_hurt_disk() */
        bool has_dropped;        /* see cluster_drop_syncs() */
};

struct cluster {
        struct sim *sim;
        const struct scenario *scenario;
        struct history *history;
        struct verdict *verdict;
        struct member *members; /* brokers, then controllers */
        int32_t count, broker_count;
        bool *moves; /* by partition: see cluster_expect_move() */
        struct gather *gather;
};

/* NULL when there is no such node. */
struct member *cluster_member(const struct cluster *c, int64_t id);

/* --- cluster_watch.c --- */

/* The last look at a broker that is about to end; `is_synced`: it left everything synced. Two
 * calls, one before and one after the end. */
void watch_before_end(struct member *m);
void watch_after_end(struct member *m, bool is_synced);

#endif
