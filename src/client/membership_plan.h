/* membership_plan.h - what the members of a group say to each other by way of the coordinator,
 * which does not read it: subscriptions, and the leader's plan who reads what.
 *
 * A member's subscription tells what it has so that the assignor need not move it:
 *     cooperative-sticky   it still has that: owned partitions, generation
 *     sticky               it gave all up, but had that: in the user data, as StickyAssignor's
 *     range, round-robin   nothing
 *
 * A cooperative plan that withholds something waits for those who have it to give it up and to join
 * again (KIP-429). A static member that restarts meanwhile has it no more, and does not know that
 * anybody waits: the group, being stable, hands it the old assignment and shares no further
 * (KIP-345). So the assignment says it, in its user data, which Kafka's cooperative assignor leaves
 * empty and does not read.
 *
 * Source: ConsumerProtocol; Kafka's StickyAssignor, CooperativeStickyAssignor; KIP-54, 429, 792. */
#ifndef ODRADEK_CLIENT_MEMBERSHIP_PLAN_H
#define ODRADEK_CLIENT_MEMBERSHIP_PLAN_H

#include "client/client.h"
#include "groups/assignor.h"
#include "wire/join_group.h"
#include "wire/sync_group.h"

/* --- a member --- */

struct subscription {
        enum assignor_kind assignor;
        const struct str *topics;
        int32_t topic_count;
        const struct assigned_partition *owned; /* in order of topic and partition */
        int32_t owned_count, generation;        /* in which it was given them; -1: unknown */
};

/* The bytes for JoinGroup, in `arena`. */
struct span subscription_write(const struct subscription *s, struct world *world,
                               struct arena *arena);

struct member_assignment {
        struct assigned_partition *partitions; /* in order of topic and partition */
        int32_t count;
        bool gives_up; /* the group waits for what else it had: it must join again */
};

/* The bytes of SyncGroup's answer (none: nothing is assigned), all in `arena`. Errors: MALFORMED,
 * TRUNCATED, NO_MEMORY. */
enum kerr assignment_read(struct span bytes, struct arena *arena, struct member_assignment *a);

/* --- the leader --- */

struct membership_plan;

/* Copies what it needs of the answer. A member whose subscription cannot be read gets nothing. */
struct membership_plan *membership_plan_new(enum assignor_kind assignor, struct client *client,
                                            const struct join_group_response *joined);
void membership_plan_free(struct membership_plan *plan); /* NULL is allowed */

/* Have the brokers told about each topic that a member subscribes to? Else they are being asked. */
bool membership_plan_is_ready(const struct membership_plan *plan);

/* Assigns, with the partition counts of now; *count members with their assignments, which live as
 * long as the plan. To be called once, when it is ready. */
struct sync_group_assignment *membership_plan_assign(struct membership_plan *plan, int32_t *count);

/* Has a topic another number of partitions than when they were assigned? */
bool membership_plan_is_outdated(const struct membership_plan *plan);

#endif
