/* state.h - what one broker is made of; for the files of this folder.
 *
 * One thread runs it all, so there are no locks here. */
#ifndef ODRADEK_BROKER_STATE_H
#define ODRADEK_BROKER_STATE_H

#include "broker/broker.h"
#include "broker/request.h"
#include "cluster/controller.h"
#include "log/log_dir.h"
#include "replication/replica.h"

/* A partition that this broker holds. */
struct hosted_partition {
        struct hosted_topic *topic;
        int32_t index;
        struct replica replica;
        struct watch_list waiters; /* those who wait for its high watermark */
        bool uncommitted;          /* on the list below */
        struct hosted_partition *next_uncommitted;
};

struct hosted_topic {
        char name[TOPIC_NAME_MAX + 1];
        struct uuid id;
        struct config config; /* the topic's overrides over the broker's */
        struct hosted_partition **partitions;
        int32_t partition_count;
        UT_hash_handle hh; /* by name */
};

struct broker {
        struct actor actor; /* first: the world's pointer to us */
        struct world *world;
        const struct config *config;
        int32_t node_id;
        char host[256]; /* what clients are told */
        int32_t port;
        struct log_dir *logs;
        struct partition_log *metadata;
        struct controller controller;
        struct image image; /* what is committed and applied */
        int64_t applied;    /* offset in the metadata log: all below is in the image */
        struct hosted_topic *topics;
        struct peer *peers;
        struct purgatory purgatory;
        struct hosted_partition *uncommitted; /* appended to, waiting for a flush */
};

/* --- hosted.c: the partitions on this broker follow the committed metadata --- */

/* Opens all partitions of the image, at start. Not by replaying record after record: the log also
 * tells of topics that are long gone. A log that cannot be opened is told and left out: requests
 * for it get KAFKA_STORAGE_ERROR. */
void hosted_load(struct broker *b);

/* Applies one newly committed record to the image, and does what it asks of this broker: opens,
 * configures or deletes logs. For metadata_log_read(). */
enum kerr hosted_apply(void *broker, const struct metadata_record *record);

/* NULL and *err UNKNOWN_TOPIC_OR_PARTITION or KAFKA_STORAGE_ERROR when it is not to be had. */
struct hosted_partition *hosted_find(struct broker *b, struct str topic, int32_t partition,
                                     enum kerr *err);
struct hosted_topic *hosted_topic(struct broker *b, struct str name);

/* After an append: wakes those who wait, or puts the partition on the list of the uncommitted. */
void hosted_appended(struct broker *b, struct hosted_partition *p, bool moved);

/* After a flush: moves the high watermarks and wakes those who wait. */
void hosted_flushed(struct broker *b);

/* Frees all; the logs are the log_dir's. */
void hosted_free(struct broker *b);

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

/* Finds the handler of a request and runs it; unknown APIs and versions end the connection, but for
 * ApiVersions, which is answered in any version (KIP-511). */
void dispatch(struct request *r);

#endif
