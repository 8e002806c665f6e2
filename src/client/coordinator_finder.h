/* coordinator_finder.h - which broker coordinates a group or a transaction: asks, remembers, and
 * forgets when told that the answer was wrong. A part of a service, not one of its own.
 *
 *     UNKNOWN --coordinator_node()--> ASKING --answer--> KNOWN --coordinator_doubt()--> UNKNOWN
 *                                        +--error--> UNKNOWN, to be asked again after the back-off
 *
 * Rules:
 *  (1) One FindCoordinator is under way at most, and none sooner than retry.backoff.ms after the
 *      last one failed or its answer was doubted.
 *  (2) An error that does not go away by itself is the answer until coordinator_doubt().
 *
 * Source: Kafka's AbstractCoordinator.lookupCoordinator, TransactionManager.lookupCoordinator. */
#ifndef ODRADEK_CLIENT_COORDINATOR_FINDER_H
#define ODRADEK_CLIENT_COORDINATOR_FINDER_H

#include "client/client.h"
#include "wire/find_coordinator.h"

struct coordinator_finder {
        struct client *client;
        struct service *owner;
        enum coordinator_type type;
        char *key; /* group id or transactional id */
        int64_t request_timeout_ms, retry_backoff_ms;
        int32_t node; /* -1: not known */
        bool asking;
        enum kerr err;        /* why it is not known */
        int64_t ask_after_ms; /* mono */
};

/* `owner` is the service that this is a part of: its client_detach() ends the question too. The key
 * is copied. */
void coordinator_finder_init(struct coordinator_finder *f, struct client *client,
                             struct service *owner, enum coordinator_type type, const char *key,
                             int64_t request_timeout_ms, int64_t retry_backoff_ms);

/* After client_detach(). */
void coordinator_finder_deinit(struct coordinator_finder *f);

/* The coordinator's node id. When it is not known it asks, and gives an error: a retriable one (the
 * owner will be run when the answer is there, and runs itself at coordinator_due_ms()), or what
 * stands in the way for good, such as GROUP_AUTHORIZATION_FAILED. */
enum kerr coordinator_node(struct coordinator_finder *f, int32_t *node);

/* When coordinator_node() can do more than it can now; INT64_MAX: when an answer has come. */
int64_t coordinator_due_ms(const struct coordinator_finder *f);

/* Says that the node named last is not the coordinator or is out of reach. */
void coordinator_doubt(struct coordinator_finder *f);

/* True for the errors after which that is right: NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE and
 * lost connections. */
bool coordinator_is_doubtful(enum kerr err);

#endif
