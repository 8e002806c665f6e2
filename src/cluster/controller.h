/* controller.h - decides changes of the cluster's metadata and writes them into the metadata log.
 *
 *     request -> check against `image` -> records -> append -> (commit) -> brokers apply -> answer
 *
 * (1) The controller's own image runs ahead: it holds all that was appended, so that two requests
 * in one burst see each other. Brokers' images hold only what is committed. (2) A change is
 * committed when the quorum has it synced. With one voter, this one, that is when its log is
 * flushed: controller_run() flushes once for a whole burst. (3) After a failed append or flush the
 * controller takes no further change until the restart: its image may hold what the disk does not.
 *
 * Source: KIP-500, KIP-631; Kafka's QuorumController, ReplicationControlManager. */
#ifndef ODRADEK_CLUSTER_CONTROLLER_H
#define ODRADEK_CLUSTER_CONTROLLER_H

#include "cluster/image.h"
#include "cluster/metadata_log.h"

struct controller_waiter;

struct controller {
        struct world *world;
        struct partition_log *log;
        int32_t node_id;
        struct image image;         /* with all that was appended */
        struct batch_builder batch; /* the change being put together */
        int64_t committed;          /* offset: all below is committed */
        struct controller_waiter *waiters, **waiters_end;
        bool failed;
};

/* Replays `log` (borrowed) into the image, and elects this node leader of all its partitions, each
 * in a new leader epoch: a restarted leader must not pass for its former self. Undone by
 * controller_close(), also after an error. Errors: those of metadata_log_read(). */
enum kerr controller_open(struct controller *c, struct world *w, struct partition_log *log,
                          int32_t node_id);
void controller_close(struct controller *c);

/* A topic to be made. Its settings must be checked by the caller, who knows the keys. */
struct new_topic {
        struct str name;
        int32_t partition_count;    /* 1 … 100,000 */
        int32_t replication_factor; /* 1 … number of brokers */
        const struct create_topics_config *settings;
        int32_t setting_count;
};

/* Each checks, and adds its records to the change being put together, or does nothing and returns
 * an error with a clause in `why`. Errors: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS,
 * INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, UNKNOWN_TOPIC_OR_PARTITION. */
enum kerr controller_check_topic(const struct controller *c, const struct new_topic *topic,
                                 char *why, size_t why_size);
enum kerr controller_create_topic(struct controller *c, const struct new_topic *topic, char *why,
                                  size_t why_size);
enum kerr controller_delete_topic(struct controller *c, struct str name, char *why,
                                  size_t why_size);
enum kerr controller_create_partitions(struct controller *c, struct str name, int32_t count,
                                       bool validate_only, char *why, size_t why_size);

/* Sets one key of a topic; a null value takes it away. The caller has checked key and value. */
enum kerr controller_configure_topic(struct controller *c, struct str name, struct str key,
                                     struct str value);

/* Appends the change put together so far (none is fine) and calls `done` once it is committed and
 * controller_complete() is told so, or has failed: KAFKA_STORAGE_ERROR. Never from inside. */
void controller_submit(struct controller *c, void (*done)(void *context, enum kerr err),
                       void *context);

/* Forgets a waiter whose context is about to die. */
void controller_forget(struct controller *c, const void *context);

/* Commits what was submitted: one flush for all. c->committed moves up. */
void controller_run(struct controller *c);

/* Calls the waiters whose change is committed; the brokers have applied it by then. */
void controller_complete(struct controller *c);

/* Topic names: 1 to 249 of [a-zA-Z0-9._-], not "." or "..". */
bool controller_topic_name_is_valid(struct str name);

#endif
