/* membership.h - which brokers are alive, as far as the controller can tell; for controller.c.
 *
 *                 registers            first heartbeat that has caught up with the registration
 *     (nothing) -------------> FENCED ----------------------------------------> UNFENCED
 *                                ^                                                 |
 *                                +--- session over, new registration, shut down ---+
 *
 * (1) A broker has one registration at a time, named by its epoch: the offset of its record, so a
 *     later one is larger. What carries an older epoch is refused.
 * (2) An unfenced broker has a session: it ends broker.session.timeout.ms after the last heartbeat.
 *     Sessions are the controller's memory, not metadata: a new controller starts them all anew.
 * (3) While a session lives, another process with the broker's id is refused: unless it names the
 *     registered epoch as that of its own life before, which it has from the data directory that
 *     the two cannot have open at a time; or the old one was shutting down anyway.
 * (4) A broker that shuts down gets no leaderships any more, and may go when all others that live
 *     know of their new ones.
 *
 * Source: KIP-631, KIP-841; Kafka's ClusterControlManager, BrokerHeartbeatManager. */
#ifndef ODRADEK_CLUSTER_MEMBERSHIP_H
#define ODRADEK_CLUSTER_MEMBERSHIP_H

#include "cluster/controller.h"

struct broker_session {
        int32_t id;
        int64_t last_heard_ms;
        int64_t applied_offset;  /* the last one that it says to have applied; -1 */
        int64_t shutdown_offset; /* it may go when the others have applied all below */
        UT_hash_handle hh;       /* by id */
};

/* Gives every registered broker a session, from now on; and forgets them. */
void membership_start(struct controller *c);
void membership_stop(struct controller *c);

/* Fences the brokers whose session is over. Returns when the next one may be: mono_ms. */
int64_t membership_check(struct controller *c);

#endif
