/* coordinator_private.h - what the files of the group coordinator share.
 *
 *     coordinator.c     partitions led: loading, time, resigning
 *     rebalance.c       a group goes from generation to generation, by members and by time
 *     join.c            JoinGroup
 *     membership.c      SyncGroup, Heartbeat, LeaveGroup
 *     commits.c         OffsetCommit, TxnOffsetCommit, OffsetFetch
 *     removal.c         OffsetDelete, DeleteGroups, expiry
 *     group_views.c     ListGroups, DescribeGroups, and what checkers see
 *     group_log.c       the records: written, and replayed
 *     deferred.c        answers that wait until the log is committed
 *
 * The broker sees coordinator.h only. */
#ifndef ODRADEK_GROUPS_COORDINATOR_PRIVATE_H
#define ODRADEK_GROUPS_COORDINATOR_PRIVATE_H

#include "groups/group.h"
#include "replication/state_log.h"

#include <stdlib.h>
#include <string.h>

/* A partition of __consumer_offsets that is led here, and the groups in it. */
struct group_partition {
        struct group_coordinator *coordinator;
        int32_t number;
        struct state_log log;
        bool is_loaded;
        struct group *groups; /* by id */
};

struct group_coordinator {
        struct group_coordinator_config config;
        struct timers timers;
        struct group_partition **partitions; /* by number; NULL: not led here */
        int32_t partition_count;             /* of that array */
        int64_t next_expiry_ms;
        bool is_closing; /* whoever waits is not answered */
};

static inline struct group_coordinator *group_coordinator_of(const struct group *g)
{
        return g->home->coordinator;
}

static inline int64_t group_now_ms(const struct group_coordinator *c)
{
        return c->config.world->mono_ms(c->config.world);
}

static inline int64_t group_wall_ms(const struct group_coordinator *c)
{
        return c->config.world->wall_ms(c->config.world);
}

/* --- coordinator.c --- */

/* The partition of a group id: NONE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS (*p is set then
 * too). */
enum kerr group_partition_find(const struct group_coordinator *c, struct str group_id,
                               struct group_partition **p);

struct group *group_partition_group(const struct group_partition *p, struct str group_id);
struct group *group_partition_make_group(struct group_partition *p, struct str group_id);

/* Takes the group out, with all members; those who wait hear `err`. */
void group_drop(struct group *g, enum kerr err);

/* The same for a group that means nothing (any more); `g` may be dead afterwards. */
void group_drop_if_blank(struct group *g);

/* --- rebalance.c --- */

/* Its session begins anew. */
void member_touch(struct member *m);

/* It leaves or is lost; `err` is for its calls. The group rebalances, or its rebalance may end. */
void group_lose_member(struct member *m, enum kerr err);
void group_forget_expected(struct expected_member *e);

/* All of them at once, without consequences. */
void group_drop_members(struct group *g, enum kerr err);

/* A group that was replayed: its members have a full session to be heard of. */
void group_resume(struct group *g);

/* --- removal.c --- */

/* Expired offsets get tombstones; so do groups that have nothing left. */
void groups_expire(struct group_partition *p);

/* --- memory of answers: the arena of an answer has no limit, so NULL aborts --- */

static inline void *answer_memory(struct group_call *call, size_t size)
{
        void *memory = arena_alloc(call->arena, size);
        if (!memory)
                abort();
        return memory;
}

#define group_answer_array(call, array, n) \
        ((array)->count = (n),             \
         (array)->items = answer_memory((call), (size_t)(array)->count * sizeof *(array)->items))

static inline struct span answer_bytes(struct group_call *call, struct span s)
{
        uint8_t *copy = answer_memory(call, s.size);
        if (s.size > 0)
                memcpy(copy, s.data, s.size);
        return span_of(copy, s.size);
}

static inline struct str answer_text(struct group_call *call, struct str s)
{
        if (s.size < 0)
                return STR_NULL;
        struct span copy = answer_bytes(call, span_of(s.data, (size_t)s.size));
        return (struct str){(const char *)copy.data, s.size};
}

/* Null is written as no text. */
static inline struct str answer_plain_text(struct group_call *call, struct str s)
{
        return answer_text(call, s.size < 0 ? str_of("") : s);
}

#endif
