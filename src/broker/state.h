/* state.h - what one broker is made of; for the files of this folder.
 *
 *     frames -> request.c -> dispatch.c -> a handler (…_api.c) -> answers, or waits in purgatory
 *     timers -> metadata.c (quorum, controller, image) -> hosted.c (logs) -> replicas.c
 *     coordinators.c (groups and transactions whose logs this broker leads)
 *     lifecycle.c (registration, heartbeats)    links.c (streams to the other nodes)
 *
 * One thread runs it all, so there are no locks here. */
#ifndef ODRADEK_BROKER_STATE_H
#define ODRADEK_BROKER_STATE_H

#include "broker/broker.h"
#include "broker/links.h"
#include "broker/request.h"
#include "cluster/controller.h"
#include "cluster/quorum.h"
#include "delivery/producer_state.h"
#include "delivery/transaction.h"
#include "groups/coordinator.h"
#include "log/log_dir.h"
#include "replication/fetcher.h"
#include "wire/produce.h"

/* A partition that this broker holds. */
struct hosted_partition {
        struct hosted_topic *topic;
        int32_t index;
        struct replica replica;           /* its log is NULL when that cannot be opened */
        struct producer_state *producers; /* of that log */
        struct watch_list hw_waiters;     /* those who wait for its high or low watermark */
        struct watch_list end_waiters;    /* followers, who wait for its log end offset */
        struct fetcher *fetcher;          /* what it follows its leader with; NULL: nothing */
        /* When they were last woken: */
        int64_t woken_high_watermark, woken_low_watermark, woken_safe_end, woken_end;
        bool touched; /* on the list below */
        struct hosted_partition *next_touched;
};

/* Every topic of the cluster is here, with its settings; of its partitions those that this broker
 * holds. */
struct hosted_topic {
        char name[TOPIC_NAME_MAX + 1];
        struct uuid id;
        struct config config;                 /* the topic's overrides over the broker's */
        struct hosted_partition **partitions; /* NULL: not here */
        int32_t partition_count;
        UT_hash_handle hh;    /* by name */
        UT_hash_handle by_id; /* by id */
};

/* One leader that partitions here follow. */
struct leader_link {
        int32_t leader;
        struct fetcher *fetcher;
        UT_hash_handle hh;
};

enum lifecycle_state {
        LIFE_UNREGISTERED, /* asks the controller for a broker epoch */
        LIFE_REGISTERED,   /* has one, and waits until its registration is committed and applied */
        LIFE_SERVING,      /* leads and follows, as the metadata says; sends heartbeats */
        LIFE_STOPPING,     /* asks the controller to take its leaderships away */
        LIFE_STOPPED,      /* may close */
};

struct lifecycle {
        enum lifecycle_state state;
        struct uuid incarnation;
        bool in_flight;     /* a registration or heartbeat has not been answered */
        bool was_unfenced;  /* at least once: the broker is ready */
        int64_t next_ms;    /* when to send the next one */
        int64_t give_up_ms; /* the stop: closes without the controller's word then */
};

struct broker {
        struct actor actor; /* first: the world's pointer to us */
        struct world *world;
        const struct config *config;
        int32_t node_id;
        bool is_broker; /* process.roles: holds partitions */
        char host[256]; /* what clients are told */
        int32_t port;
        struct log_dir *logs;
        struct links *links;
        struct peer *peers;
        struct purgatory purgatory;
        struct watch_list ready_waiters; /* requests that came before we were ready */

        /* The cluster's metadata; see metadata.c. */
        struct partition_log *metadata;
        struct quorum quorum;
        struct controller controller;
        int32_t controller_epoch; /* the quorum epoch in which it is active */
        struct image image;       /* what is committed and applied */
        int64_t applied;          /* offset in the metadata log: all below is in the image; -1 */
        bool metadata_failed;     /* it could not be applied: this node follows no more */
        bool loaded;              /* the image has been applied to the logs for the first time */
        struct watch_list metadata_waiters;    /* Fetches of the metadata log */
        int64_t seen_end, seen_high_watermark; /* when they were last looked at */
        int32_t seen_epoch;
        enum quorum_role seen_role;
        struct buffer changed_topics; /* struct uuid each: for hosted_follow() */

        struct lifecycle life;
        struct replica_host replica_host; /* with our broker epoch */
        struct hosted_topic *topics, *topics_by_id;
        struct watch_list follower_fetches; /* Fetches that wait here for logs to grow */
        struct hosted_partition *touched;   /* whose log end, followers or ISR may have moved */
        struct leader_link *leaders;
        struct group_coordinator *groups;
        struct txn_coordinator *transactions;
        int64_t next_producer_check_ms; /* when producers that are silent are looked for */
        bool must_alter;                /* there may be proposals to send */
        bool altering;                  /* an AlterPartition is under way */
        int64_t alter_after_ms;         /* not sooner, after an error */
        int64_t next_isr_scan_ms;
        struct forward *forwards;           /* requests on their way to the controller */
        struct verification *verifications; /* who waits for a transaction coordinator */
        bool must_run_again; /* coordinators may answer now: what they wait for is committed */
};

/* --- metadata.c: the quorum, the controller on top of it, and the image --- */

enum kerr metadata_open(struct broker *b);
void metadata_close(struct broker *b);

/* Runs quorum and controller, applies what is newly committed, lets those answer who waited for it.
 * Returns when to call again (mono_ms). */
int64_t metadata_run(struct broker *b);

/* The node that leads the quorum, as far as we know; -1. */
int32_t metadata_controller(const struct broker *b);

/* --- hosted.c: the partitions on this broker follow the committed metadata --- */

/* Notes what `record`, which is about to be applied to the image, will change. */
void hosted_note(struct broker *b, const struct metadata_record *record);

/* Brings the logs in line with the image, for all topics noted (or for all there are): opens and
 * deletes logs, sets their configuration, and, once this broker is registered, tells replicas whom
 * they follow. A log that cannot be opened is told and left out: requests for it get
 * KAFKA_STORAGE_ERROR. */
void hosted_follow(struct broker *b, bool all);

/* NULL and *err UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER (another broker's) or
 * KAFKA_STORAGE_ERROR when it is not to be had. The second form is for Fetch from version 13 on:
 * UNKNOWN_TOPIC_ID. */
struct hosted_partition *hosted_find(struct broker *b, struct str topic, int32_t partition,
                                     enum kerr *err);
struct hosted_partition *hosted_find_by_id(struct broker *b, const struct uuid *topic,
                                           int32_t partition, enum kerr *err);
struct hosted_topic *hosted_topic(struct broker *b, struct str name);

/* Frees all; the logs are the log_dir's. */
void hosted_free(struct broker *b);

/* --- replicas.c: replication, as far as it concerns more than one partition --- */

void replicas_init(struct broker *b);

/* The log, a follower or the ISR of the partition has changed: it is looked at in replicas_run().
 */
void replicas_touch(struct broker *b, struct hosted_partition *p);

/* The replica has a new assignment: it may follow another leader, or none. */
void replicas_follow(struct broker *b, struct hosted_partition *p);

/* The partition goes away. */
void replicas_forget(struct broker *b, struct hosted_partition *p);

/* Moves high watermarks, wakes those who wait, proposes ISRs, fetches. To be called after the logs
 * were flushed. Returns when to call again. */
int64_t replicas_run(struct broker *b);

/* True when some log here has failed: then others had better lead. */
bool replicas_have_failed(const struct broker *b);

void replicas_free(struct broker *b);

/* --- coordinators.c: groups and transactions --- */

#define OFFSETS_TOPIC_NAME      "__consumer_offsets"
#define TRANSACTIONS_TOPIC_NAME "__transaction_state"

/* Topics that only the broker itself writes to. */
bool topic_is_internal(struct str name);

void coordinators_init(struct broker *b);

/* The replica has another role or leader epoch, or its partition goes away: whoever leads it
 * coordinates. */
void coordinators_follow(struct broker *b, struct hosted_partition *p);
void coordinators_forget(struct broker *b, struct hosted_partition *p);

/* To be called when high watermarks have moved. Returns when to call again. */
int64_t coordinators_run(struct broker *b);

void coordinators_free(struct broker *b);

/* --- verify.c: records may open a transaction only where its coordinator knows of it (KIP-890) ---
 */

/* True when the Produce must wait: for its coordinator's word, or for an earlier one of its
 * connection that does. go_on() is called when it need not any longer. */
bool verify_must_wait(struct request *r, const struct produce_request *in,
                      void (*go_on)(struct request *r));

/* Why the coordinator did not vouch for this partition, as a producer should hear it; NONE: it did,
 * or need not. */
enum kerr verify_error(const struct request *r, struct str topic, int32_t partition);

/* The same for a TxnOffsetCommit, whose offsets become records of its group's partition; the error
 * is one that a TxnOffsetCommit knows. */
bool verify_offsets_must_wait(struct request *r, const struct txn_offset_commit_request *in,
                              void (*go_on)(struct request *r));
enum kerr verify_offsets_error(const struct request *r);

/* The request dies. */
void verify_forget(struct request *r);

/* When all requests and links are gone. */
void verify_free(struct broker *b);

/* --- lifecycle.c: this broker as a member of the cluster --- */

void lifecycle_init(struct broker *b);
int64_t lifecycle_run(struct broker *b);

/* The metadata has been applied up to b->applied. True when this broker's own registration is in it
 * for the first time: from now on it leads and follows. */
bool lifecycle_applied(struct broker *b);

/* --- forward.c: what only the controller may decide goes there --- */

/* Sends the request to the controller, and its answer back to the client (KIP-590). Takes `r`. */
void forward_request(struct request *r);

/* The client of a forwarded request is gone. */
void forward_forget(struct request *r);

/* When all requests and links are gone. */
void forward_free(struct broker *b);

/* The other end: the envelope's content is dispatched as a request of its own. */
void handle_envelope(struct request *r);

/* Wraps a finished answer, or an error, into the answer of the envelope it came in. */
struct packet *envelope_wrap(struct request *r, struct packet *answer, enum kerr err);

/* --- the requests, one handler each; see dispatch.c for the table --- */

void handle_produce(struct request *r);
void handle_fetch(struct request *r);
void handle_list_offsets(struct request *r);
void handle_metadata(struct request *r);
void handle_find_coordinator(struct request *r);
void handle_api_versions(struct request *r);
void handle_create_topics(struct request *r);
void handle_delete_topics(struct request *r);
void handle_delete_records(struct request *r);
void handle_offset_for_leader_epoch(struct request *r);
void handle_describe_configs(struct request *r);
void handle_alter_configs(struct request *r);
void handle_incremental_alter_configs(struct request *r);
void handle_create_partitions(struct request *r);
void handle_describe_cluster(struct request *r);
void handle_vote(struct request *r);
void handle_begin_quorum_epoch(struct request *r);
void handle_end_quorum_epoch(struct request *r);
void handle_describe_quorum(struct request *r);
void handle_fetch_snapshot(struct request *r);
void handle_alter_partition(struct request *r);
void handle_broker_registration(struct request *r);
void handle_broker_heartbeat(struct request *r);
void handle_elect_leaders(struct request *r);
void handle_alter_reassignments(struct request *r);
void handle_list_reassignments(struct request *r);
void handle_allocate_producer_ids(struct request *r);
void handle_join_group(struct request *r);
void handle_sync_group(struct request *r);
void handle_heartbeat(struct request *r);
void handle_leave_group(struct request *r);
void handle_offset_commit(struct request *r);
void handle_offset_fetch(struct request *r);
void handle_offset_delete(struct request *r);
void handle_list_groups(struct request *r);
void handle_describe_groups(struct request *r);
void handle_delete_groups(struct request *r);
void handle_txn_offset_commit(struct request *r);
void handle_init_producer_id(struct request *r);
void handle_add_partitions_to_txn(struct request *r);
void handle_add_offsets_to_txn(struct request *r);
void handle_end_txn(struct request *r);
void handle_describe_transactions(struct request *r);
void handle_list_transactions(struct request *r);
void handle_write_txn_markers(struct request *r);
void handle_describe_producers(struct request *r);

/* Finds the handler of a request and runs it; unknown APIs and versions end the connection, but for
 * ApiVersions, which is answered in any version (KIP-511). What the controller decides is forwarded
 * when that is another node. */
void dispatch(struct request *r);

/* Once the broker is ready: those that have waited for it. */
void dispatch_waiting(struct broker *b);

/* True for APIs that only the active controller answers. */
bool dispatch_is_controllers(int16_t api_key);

#endif
