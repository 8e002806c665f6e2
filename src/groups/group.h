/* group.h - one consumer group: who is in it, what they can all follow, which generation they are.
 *
 *                  a member joins         all have joined,         the leader's
 *                                         or time is up            assignment is written
 *     EMPTY ---------------------> PREPARING --------> COMPLETING ----------------> STABLE
 *       ^                           |   ^ ^                 | a member joins, leaves    |
 *       +---------------------------+   | +-----------------+ or is lost                |
 *            nobody has joined          +-----------------------------------------------+
 *
 * Here are the data and the rules that need no clock, no log and nobody who waits; rebalance.c
 * moves the group from state to state.
 *
 * (1) Members are kept in the order in which they joined. The leader is one of them, unless the
 *     group has none.
 * (2) At most one member has a given instance id.
 * (3) `protocol` is set from the first generation on until the group is empty again, and each
 *     member knew it when the generation began.
 *
 * A group owns its members and all text in it. Times are mono_ms, but for state_since_ms, which is
 * wall. Source: Kafka's GroupMetadata and MemberMetadata; KIP-62, 345, 394. */
#ifndef ODRADEK_GROUPS_GROUP_H
#define ODRADEK_GROUPS_GROUP_H

#include "groups/coordinator.h"
#include "groups/offsets.h"
#include "groups/timers.h"
#include "replication/state_log.h"

#include <uthash.h>

struct group;
struct group_partition;

/* A call that waits, here or for the log (deferred.h). */
struct parked {
        struct group_call *call; /* NULL: nobody asks (any more) */
        void *answer;
};

struct member {
        struct group *group;
        struct str id, instance_id; /* instance_id null: not a static member */
        struct str client_id, client_host;
        int32_t session_timeout_ms, rebalance_timeout_ms;
        struct join_group_protocol *protocols; /* the preferred one first */
        int32_t protocol_count;
        struct span assignment; /* of the present generation */
        struct timer session;   /* when it counts as dead */
        bool is_new;            /* has been in no generation yet */
        /* Its JoinGroup or SyncGroup waits; also when the asker is gone. */
        bool is_joining, is_syncing;
        bool must_sync; /* has not sent the SyncGroup of this generation */
        struct parked join, sync;
        UT_hash_handle hh; /* by id */
};

/* One that was told its member id, and has not come back with it (KIP-394). */
struct expected_member {
        struct group *group;
        struct str id;
        struct timer session;
        UT_hash_handle hh; /* by id */
};

struct group {
        struct group_partition *home;
        struct str id;
        enum group_state state; /* never DEAD: such a group is gone */
        int32_t generation;
        struct str protocol_type; /* null: no member was ever in it */
        struct str protocol;      /* null: none chosen */
        struct member *leader;
        struct member *members;
        struct expected_member *expected;
        int64_t state_since_ms; /* -1: unknown */
        bool is_recorded;       /* there is a record of it in the log */
        /* COMPLETING: the record of the generation and its assignments waits for its commit. */
        struct state_wait recording;
        struct offset_table offsets;

        /* PREPARING: those who have not joined are given up then. Afterwards: those who must_sync.
         */
        struct timer rebalance;
        /* The first rebalance of an empty group waits for more members (KIP-134): a newcomer makes
         * it wait once more, as long as there is time left. */
        bool is_initial, newcomer_came;
        int64_t initial_left_ms;

        UT_hash_handle hh; /* by id */
};

/* "Stable" and so on, as Kafka's tools print it. */
struct str group_state_name(enum group_state state);

/* --- life --- */

/* Empty, in no table. */
struct group *group_new(struct group_partition *home, struct str id);

/* Nobody may wait; all members must be gone (group_drop_members()). */
void group_free(struct group *g);

/* Nothing would be lost with it: no members, past or present, and no offsets. */
bool group_is_blank(const struct group *g);

/* --- members --- */

/* Borrowed text. */
struct member_info {
        struct str id, instance_id, client_id, client_host;
        int32_t session_timeout_ms, rebalance_timeout_ms;
        const struct join_group_protocol *protocols;
        int32_t protocol_count;
};

struct member *group_find(const struct group *g, struct str member_id);
struct member *group_find_static(const struct group *g, struct str instance_id);
struct expected_member *group_find_expected(const struct group *g, struct str member_id);

/* The first member leads and sets the protocol type. The instance id must be free. */
struct member *group_add(struct group *g, const struct member_info *info, struct str protocol_type);

/* Another member leads then, if there is one. Timer and calls must be gone. */
void group_remove(struct group *g, struct member *m);

/* Another process takes the place of a static member: all stays but the id. */
void group_rename(struct group *g, struct member *m, struct str new_id);

/* What it said when it joined again. */
void member_update(struct member *m, const struct member_info *info);
bool member_supports_same(const struct member *m, const struct join_group_protocol *protocols,
                          int32_t count);
void member_assign(struct member *m, struct span assignment);

/* NONE, UNKNOWN_MEMBER_ID or, when another member has the instance id, FENCED_INSTANCE_ID. */
enum kerr group_check_member(const struct group *g, struct str member_id, struct str instance_id,
                             struct member **member);

int32_t group_size(const struct group *g);
int32_t group_joining(const struct group *g); /* how many wait with a JoinGroup */

/* The largest of its members. */
int32_t group_rebalance_timeout_ms(const struct group *g);

/* --- protocols --- */

/* True when a member with these could follow what all others do. */
bool group_accepts(const struct group *g, struct str protocol_type,
                   const struct join_group_protocol *protocols, int32_t count);

/* The protocol that all members know and most of them prefer; among equals the one with the
 * earliest voter. Null when there are no members. Borrowed from a member. */
struct str group_vote(const struct group *g);

/* What `m` says of the protocol chosen; empty when it says nothing of it. */
struct span member_metadata(const struct member *m);

/* As the log says. The texts are copied; null: none. */
void group_set_protocol(struct group *g, struct str protocol);
void group_set_protocol_type(struct group *g, struct str protocol_type);

/* A generation begins: COMPLETING under the protocol voted for, or EMPTY. */
void group_begin_generation(struct group *g);

void group_set_state(struct group *g, enum group_state state);

/* Whether a member of it reads the topic. True also when one cannot tell: in a group of other
 * things than consumers, before its first generation, with a subscription that cannot be read. */
bool group_may_read(const struct group *g, struct str topic);

#endif
