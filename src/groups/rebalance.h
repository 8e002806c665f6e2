/* rebalance.h - a group goes from one generation to the next.
 *
 *     group_rebalance()       everybody is asked (by the answer to a heartbeat) to join again
 *     group_try_complete()    once all have, or their time is up, the generation begins
 *     SyncGroup of the leader its assignment is written, and told to all
 *
 * What the requests do is in join.c and membership.c; here is what they share. Source: KIP-62, 134,
 * 345; Kafka's GroupCoordinator, DelayedJoin, InitialDelayedJoin, DelayedSync, DelayedHeartbeat. */
#ifndef ODRADEK_GROUPS_REBALANCE_H
#define ODRADEK_GROUPS_REBALANCE_H

#include "groups/deferred.h"

/* The group must rebalance, unless it does already: calls in SyncGroup end. */
void group_rebalance(struct group *g);

/* Ends the first half of a rebalance when all have joined; never an initial one. */
void group_try_complete(struct group *g);

/* A member that was told its id has so long to come back with it. */
void group_expect(struct group *g, struct str member_id, int32_t session_timeout_ms);

/* Like member_touch(), for one that has been in no generation yet. */
void member_touch_new(struct member *m);

/* --- calls that wait for the group --- */

void group_park(struct parked *at, struct group_call *call, void *answer);

/* Whoever waits is answered: with the generation or assignment there is, or an error. The member
 * does not wait any more; does nothing when it did not. */
void member_end_join(struct member *m, enum kerr err);
void member_end_sync(struct member *m, enum kerr err);

/* Fills in an answer; the member list is for leaders. `leader` may be another than the group's. */
void group_tell_generation(const struct member *m, struct str leader, bool with_members,
                           struct join_group_response *out, struct group_call *call);

/* Answers, once the log is committed. */
void member_tell_assignment(const struct member *m, struct sync_group_response *out,
                            struct group_call *call);

/* Errors as answers; a JoinGroup's keeps the member id that is in it. */
deferred_fail group_join_failed;
deferred_fail group_sync_failed;

#endif
