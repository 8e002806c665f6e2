/* membership_private.h - what membership.c (the states) and membership_calls.c (the requests and
 * their answers) share; for nobody else. */
#ifndef ODRADEK_CLIENT_MEMBERSHIP_PRIVATE_H
#define ODRADEK_CLIENT_MEMBERSHIP_PRIVATE_H

#include "client/membership.h"
#include "client/membership_plan.h"

enum { OWNED_BYTES_MAX = 256 << 20 };

enum membership_state { OUT, PREPARING, JOINING, SYNCING, STABLE, LEAVING };

/* One request of a kind is under way at most. */
struct call {
        bool in_flight;
        bool forgotten;     /* it was asked in another life: its answer says nothing any more */
        int32_t generation; /* when it was asked */
};

struct membership {
        struct membership_config config;
        enum membership_state state;
        struct str *topics; /* names end in a NUL */
        int32_t topic_count;
        bool rejoin_wanted;
        char *member_id; /* "": none yet */
        int32_t generation;
        struct call join, sync, heartbeat, leave;
        int64_t retry_after_ms;     /* back-off of JoinGroup and SyncGroup */
        int64_t heartbeat_after_ms; /* the next one is due */
        int64_t leave_deadline_ms;
        int64_t polled_ms;            /* the program was last heard of */
        struct membership_plan *plan; /* of the leader; NULL: we are not */
        struct sync_group_assignment *assignments;
        int32_t assignment_count;

        /* What was assigned last: for the next subscription. */
        struct arena owned_memory;
        struct assigned_partition *owned;
        int32_t owned_count, owned_generation;
};

/* --- membership.c --- */

void membership_set_id(struct membership *m, struct str id);

/* Nothing is assigned. */
void membership_forget_owned(struct membership *m);

/* Has `generation` anything to do with what we are now? Not while the group makes the next one. */
bool membership_is_current(const struct membership *m, int32_t generation);

/* What an error means that any request may bring: to join again, now or later, as somebody else, or
 * never. */
void membership_fail(struct membership *m, enum kerr err);
void membership_refuse(struct membership *m, enum kerr err);
void membership_be_out(struct membership *m);

/* --- membership_calls.c: each sends its request when the coordinator is known; *next_ms is lowered
 * to when to try again --- */

void membership_send_join(struct membership *m, int64_t *next_ms);
void membership_send_sync(struct membership *m, int64_t *next_ms);
void membership_send_leave(struct membership *m, int64_t *next_ms);
void membership_send_heartbeat(struct membership *m, int64_t now_ms, int64_t *next_ms);

#endif
