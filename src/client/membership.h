/* membership.h - one member of a consumer group: the classic group protocol, and nothing about
 * reading. A part of a consumer, not a service of its own.
 *
 *     OUT --subscribe--> PREPARING -settled-> JOINING -JoinGroup-> SYNCING -SyncGroup-> STABLE
 *      ^                     ^                    |                    |                    |
 *      |                     +---- rebalance, new subscription or partitions, lost identity +
 *      +-- LEAVING <-- unsubscribe (any state), silent program (STABLE)
 *      +-- refused for good (any state)
 *
 *     PREPARING  the owner gives up what it may not keep; its commits must end first
 *     JOINING    the coordinator collects the members and makes one of them the leader
 *     SYNCING    the leader decides who reads what (membership_plan.c); all ask for their part
 *     STABLE     heartbeats, until one of them is answered with REBALANCE_IN_PROGRESS
 *
 *  (1) What was assigned is ours until the owner gave it up in on_prepare or on_assignment, or
 *      until on_lost: the coordinator has given it to others without us.
 *  (2) The generation never goes back but to -1 (no member), and then on_lost has been called.
 *  (3) Errors that pass are retried after retry_backoff_ms; those that stay end in on_refused.
 *  (4) Heartbeats go out while we are a member and no JoinGroup or SyncGroup is under way (the
 *      coordinator holds these back itself, and does not count the time).
 *  (5) They come from here and not from the program, so they say nothing about it: one that does
 *      not call membership_polled() for max_poll_interval_ms is taken for hung. The member loses
 *      everything and leaves, and joins again at the next call. A static one sends no LeaveGroup,
 *      it only falls silent: others get its partitions when its session is over (Kafka's
 *      maybeLeaveGroup()).
 *
 * Times are mono_ms. Source: Kafka's AbstractCoordinator and ConsumerCoordinator; KIP-62, 345, 394,
 * 429. */
#ifndef ODRADEK_CLIENT_MEMBERSHIP_H
#define ODRADEK_CLIENT_MEMBERSHIP_H

#include "client/coordinator_finder.h"
#include "client/group_metadata.h"
#include "groups/assignor.h"

struct membership;

struct membership_config {
        struct client *client;
        struct service *owner;
        struct coordinator_finder *coordinator; /* of the group; it has the group's id */
        const char *group_instance_id;          /* NULL: a dynamic member; borrowed */
        enum assignor_kind assignor;
        int32_t session_timeout_ms, heartbeat_interval_ms;
        int32_t max_poll_interval_ms; /* the rebalance timeout, too */
        int64_t request_timeout_ms, retry_backoff_ms;
        void *context;
        /* The group rebalances, or (leaving) is left: give up what cannot be kept. */
        void (*on_prepare)(void *context, bool leaving);
        /* May it be told to the group? False while a commit of what was given up is under way. */
        bool (*is_settled)(void *context);
        /* These are ours now, in order of topic and partition; all others are not. Returns whether
         * it had to give up some: then the group must share again (KIP-429). */
        bool (*on_assignment)(void *context, const struct assigned_partition *partitions,
                              int32_t count);
        void (*on_lost)(void *context);
        void (*on_refused)(void *context, enum kerr err);
};

/* Not in the group yet. Never NULL. */
struct membership *membership_new(const struct membership_config *config);

/* After client_detach(). */
void membership_free(struct membership *m);

/* Joins the group for these topics, joins again when they are others than before, or leaves when
 * there are none. Copied. */
void membership_subscribe(struct membership *m, const char *const *topics, int32_t count);
bool membership_subscribes(const struct membership *m, struct str topic);

/* The program is alive. */
void membership_polled(struct membership *m);

/* An answer to a commit with that generation said so. */
void membership_take_error(struct membership *m, enum kerr err, int32_t generation);

/* Does what is due; returns when to be run again at the latest. */
int64_t membership_run(struct membership *m, int64_t now_ms);

/* False when we are no member. Borrowed; valid until it is run again. */
bool membership_who(const struct membership *m, struct group_metadata *who);

/* True when there is nothing left to leave. */
bool membership_is_out(const struct membership *m);

/* True between the answers to JoinGroup and to SyncGroup of that generation: the coordinator would
 * refuse a commit now, and a refusal means that the group rebalances once more (Kafka's
 * generationIfStable). */
bool membership_waits_for_plan(const struct membership *m, int32_t generation);

#endif
