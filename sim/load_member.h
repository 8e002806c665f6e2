/* load_member.h - what a member of a group has in hand; for load_member.c (its life, and what its
 * group says) and load_policy.c (what it does, and when it commits). Partitions by their index in
 * the topic, unless said. */
#ifndef ODRADEK_SIM_LOAD_MEMBER_H
#define ODRADEK_SIM_LOAD_MEMBER_H

#include "sim/load_client.h"

/* A record that was handed out. */
struct item {
        int32_t read;      /* in the history */
        int32_t partition; /* of the topic */
        int64_t offset;
        int32_t leader_epoch;
};

/* Offsets of the next record to process, or to commit; -1: nothing was yet, since it is its own. */
struct progress {
        bool is_owned;
        int32_t leader_epoch;
        int64_t done, asked, committed;
        int64_t read; /* the same for the next record to be handed out */
};

struct load_member {
        struct item *items;
        int32_t count, capacity;
        int32_t ready;    /* the first so many: may be processed (before), are processed (others) */
        int64_t busy_us;  /* mono: the first that is not processed will be then; 0: not begun */
        int64_t retry_us; /* mono: no commit before */
        int64_t outputs;  /* that are not acknowledged yet */
        bool output_lost;
        bool is_committing;
        int32_t commit_first, commit_count; /* in the history */
        int32_t batch;   /* the first so many are in the transaction, or the commit (before) */
        bool has_begun;  /* a transaction */
        bool must_abort; /* a part of its input is not ours any more */
        bool must_restart;
        struct progress partitions[SCENARIO_PARTITIONS_MAX];
};

static inline int32_t member_group(const struct load_client *c)
{
        return c->load->history->clients[c->id].group;
}

static inline int32_t member_first_partition(const struct load_client *c)
{
        return c->load->first_partitions[c->plan->topic];
}

static inline const char *member_topic(const struct load_client *c)
{
        return c->load->scenario->topics[c->plan->topic].name;
}

static inline int32_t member_partition_count(const struct load_client *c)
{
        return (int32_t)c->load->scenario->topics[c->plan->topic].partitions;
}

static inline int32_t member_generation(const struct load_client *c)
{
        struct group_metadata who;
        return consumer_group_metadata(c->consumer, &who) ? who.generation : -1;
}

/* --- load_policy.c --- */

/* The record has done what it is there for: a pipeline has written its output. */
void member_process(struct load_client *c, const struct item *item);

/* What was taken away is not the member's to process. What was committed before that, or may be,
 * nobody else will: it stays until that is known, unless `all` goes. */
void member_drop_revoked(struct load_client *c, bool all);

/* Nor is what was cut off the log, from `offset` on, after it was read: there other records stand
 * in its place. */
void member_drop_cut(struct load_client *c, int32_t partition, int64_t offset);

/* What is processed, with its outputs acknowledged, may be committed. */
void member_take_processed(struct load_client *c);
void member_commit(struct load_client *c);
bool member_has_uncommitted(const struct load_client *c);

/* Goes on as the policy says; the mono_us at which to call again. */
int64_t member_work(struct load_client *c, int64_t now_us);

#endif
