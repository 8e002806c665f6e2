/* controller.h - decides changes of the cluster's metadata and writes them into the metadata log.
 *
 *     request -> check against `image` -> records -> append -> (commit) -> brokers apply -> answer
 *
 * topics.c (with placement.c), membership.c, leaders.c and reassignment.c check requests and
 * decide; election.c has the rules that every partition follows; change.c keeps the change
 * together.
 *
 * (1) Only the active controller decides: the leader of the quorum, once all of its log is
 *     committed. The others hold no image of their own.
 * (2) The controller's image runs ahead: it holds all that was appended, so that two requests in
 *     one burst see each other. Brokers' images hold only what is committed.
 * (3) A request is answered when its change, and all that it rests on, is committed (so its answer
 *     is true for good), or with NOT_CONTROLLER when the controller is deposed before: then nobody
 *     knows. An append that fails deposes it.
 * (4) A broker may lead, and be in ISRs, only while its session lives: broker.session.timeout.ms of
 *     mono time since the last heartbeat. A new controller gives every session its full length
 *     again. A fenced broker leads nothing. See membership.h.
 * (5) A leader comes from the ISR; when no member of it lives, from the eligible leader replicas;
 *     when both sets are empty, the last known leader (KIP-966); and only where
 *     unclean.leader.election.enable says so, any replica that lives. See election.h.
 * (6) A broker that lost unsynced bytes (it cannot name the epoch of its last life) leaves ISR and
 *     ELR of all its partitions when it registers.
 *
 * Times are mono_ms. Source: KIP-500, KIP-631, KIP-841, KIP-903, KIP-966; Kafka's QuorumController,
 * ReplicationControlManager, ClusterControlManager, BrokerHeartbeatManager. */
#ifndef ODRADEK_CLUSTER_CONTROLLER_H
#define ODRADEK_CLUSTER_CONTROLLER_H

#include "cluster/image.h"
#include "cluster/metadata_store.h"
#include "wire/alter_partition.h"
#include "wire/broker_heartbeat.h"
#include "wire/broker_registration.h"
#include "wire/create_partitions.h"
#include "wire/create_topics.h"
#include "wire/elect_leaders.h"
#include "wire/producer_ids.h"
#include "wire/reassignments.h"

struct controller_waiter;
struct broker_session; /* one per registered broker: membership.h */

struct controller_config {
        struct world *world;
        struct metadata_store *store;
        int32_t node_id;
        int64_t session_timeout_ms; /* broker.session.timeout.ms */
        int64_t imbalance_check_ms; /* leader.imbalance.check.interval.seconds; 0: never moves
                                     * leaders back to the preferred replica by itself */
        int32_t min_isr;            /* the defaults where a topic has no setting of its own */
        bool unclean_election;
};

struct controller {
        struct controller_config config;
        bool active;
        struct image image;         /* with all that was appended; empty when not active */
        struct batch_builder batch; /* the change being put together */
        struct broker_session *sessions;
        struct controller_waiter *waiters, **waiters_end;
        int64_t next_rebalance_ms;
};

void controller_init(struct controller *c, const struct controller_config *config);
void controller_deinit(struct controller *c);

/* This node leads the quorum and `committed` is the image of all of its log: decides from now on.
 */
void controller_activate(struct controller *c, const struct image *committed);

/* It leads no more: all waiters hear NOT_CONTROLLER (from inside), the image goes. */
void controller_resign(struct controller *c);

/* Does what time asks for: fences brokers whose session is over, moves leaders back to preferred
 * replicas. Returns when to call again at the latest. Call after each burst. */
int64_t controller_run(struct controller *c);

/* --- topics ---
 * Each checks, and adds its records to the change being put together, or does nothing and returns
 * an error with a clause in `why`. Errors: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS,
 * INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT,
 * UNKNOWN_TOPIC_OR_PARTITION. All are for the active controller only. */

/* A topic to be made. Its settings must be checked by the caller, who knows the keys. */
struct new_topic {
        struct str name;
        int32_t partition_count;    /* 1 … 100,000 */
        int32_t replication_factor; /* 1 … number of brokers that live */
        /* Where the replicas go, by partition; count 0: the controller chooses. */
        const struct create_topics_assignment *assignments;
        int32_t assignment_count;
        const struct create_topics_config *settings;
        int32_t setting_count;
};

enum kerr controller_check_topic(const struct controller *c, const struct new_topic *topic,
                                 char *why, size_t why_size);
enum kerr controller_create_topic(struct controller *c, const struct new_topic *topic, char *why,
                                  size_t why_size);
enum kerr controller_delete_topic(struct controller *c, struct str name, char *why,
                                  size_t why_size);
enum kerr controller_create_partitions(struct controller *c,
                                       const struct create_partitions_topic *asked,
                                       bool validate_only, char *why, size_t why_size);

/* Sets one key of a topic; a null value takes it away. The caller has checked key and value. May
 * change ELRs and elect leaders (min.insync.replicas, unclean.leader.election.enable). */
enum kerr controller_configure_topic(struct controller *c, struct str name, struct str key,
                                     struct str value);

/* --- brokers and partitions: each handles one message whole, and puts its records into the change.
 * What the answer points to is taken from `arena`. NOT_CONTROLLER when not active. --- */

void controller_register_broker(struct controller *c, const struct broker_registration_request *in,
                                struct broker_registration_response *out);
/* A broker is unfenced once it has caught up with its own registration. */
void controller_heartbeat(struct controller *c, const struct broker_heartbeat_request *in,
                          struct broker_heartbeat_response *out);
void controller_alter_partition(struct controller *c, const struct alter_partition_request *in,
                                struct arena *arena, struct alter_partition_response *out);
void controller_elect_leaders(struct controller *c, const struct elect_leaders_request *in,
                              struct arena *arena, struct elect_leaders_response *out);
void controller_reassign(struct controller *c, const struct alter_reassignments_request *in,
                         struct arena *arena, struct alter_reassignments_response *out);
void controller_list_reassignments(const struct controller *c,
                                   const struct list_reassignments_request *in, struct arena *arena,
                                   struct list_reassignments_response *out);
void controller_allocate_producer_ids(struct controller *c,
                                      const struct allocate_producer_ids_request *in,
                                      struct allocate_producer_ids_response *out);

/* --- commit --- */

/* Appends the change put together so far (none is fine) and calls `done` once it is committed and
 * controller_complete() is told so, or has failed: NOT_CONTROLLER. Never from inside. */
void controller_submit(struct controller *c, void (*done)(void *context, enum kerr err),
                       void *context);

/* Forgets a waiter whose context is about to die. */
void controller_forget(struct controller *c, const void *context);

/* Calls the waiters whose change lies below `applied`: committed, and applied by this node. */
void controller_complete(struct controller *c, int64_t applied);

/* Topic names: 1 to 249 of [a-zA-Z0-9._-], not "." or "..". */
bool controller_topic_name_is_valid(struct str name);

#endif
