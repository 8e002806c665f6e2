/* image.h - the cluster's metadata as a table: what one gets by replaying the metadata log.
 *
 * (1) The image is a fold: image_apply() of each record in order, and nothing else, changes it. Two
 *     brokers that applied the same prefix of the log hold the same image.
 * (2) A topic's identity is its id; a name may be reused after a deletion.
 * (3) Partitions of a topic are numbered 0 … count-1 without gaps.
 * (4) A record that does not fit changes nothing.
 *
 * Iterate topics with `for (t = image->topics; t; t = t->hh.next)`: in order of creation; brokers
 * the same, in order of their first registration.
 * Source: KIP-500, KIP-631, KIP-966; Kafka's MetadataImage, TopicsImage, ClusterImage. */
#ifndef ODRADEK_CLUSTER_IMAGE_H
#define ODRADEK_CLUSTER_IMAGE_H

#include "log/checkpoint.h" /* TOPIC_NAME_MAX */
#include "replication/replica_set.h"
#include "wire/metadata_records.h"

#include <uthash.h>

struct image_broker {
        int32_t id;
        int64_t epoch;           /* of its registration: the offset of that record */
        struct uuid incarnation; /* of its process */
        char host[256];          /* of its first listener */
        int32_t port;
        bool fenced;       /* the controller does not hear from it, or not yet */
        bool in_shutdown;  /* it leaves in good order */
        UT_hash_handle hh; /* by id */
};

struct image_partition {
        struct replica_set replicas; /* the preferred leader first */
        struct replica_set isr;
        struct replica_set elr;              /* eligible leader replicas: left the ISR while it was
                                              * below min.insync.replicas; hold all that is committed */
        struct replica_set last_known_elr;   /* the last leader, while there is none */
        struct replica_set adding, removing; /* a reassignment under way */
        int32_t leader;                      /* -1: none */
        int32_t leader_epoch;                /* one more with each election */
        int32_t partition_epoch;             /* one more with each change */
};

/* One override of the topic's configuration. */
struct image_setting {
        char *name, *value; /* owned */
};

struct image_topic {
        char name[TOPIC_NAME_MAX + 1];
        struct uuid id;
        struct image_partition *partitions;
        int32_t partition_count;
        struct image_setting *settings;
        int32_t setting_count;
        UT_hash_handle hh;    /* by name */
        UT_hash_handle by_id; /* by id */
};

struct image {
        struct image_topic *topics, *topics_by_id;
        struct image_broker *brokers;
        int64_t next_producer_id;
};

/* Zero-initialise; this frees, and leaves an empty one. */
void image_deinit(struct image *image);

struct image_topic *image_topic(const struct image *image, struct str name);
struct image_topic *image_topic_by_id(const struct image *image, const struct uuid *id);
struct image_broker *image_broker(const struct image *image, int32_t id);

/* NULL when the topic or the partition is not there. */
struct image_partition *image_partition(const struct image *image, struct str topic,
                                        int32_t partition);

/* The topic's override of that key, or NULL. */
const char *image_setting(const struct image_topic *topic, const char *key);

/* Folds one record in. Errors: MALFORMED for one that does not fit what came before it (an unknown
 * topic, a partition out of turn): then the log is not a metadata log of ours. */
enum kerr image_apply(struct image *image, const struct metadata_record *record);

/* Calls `put` with records that make the same image of an empty one: for snapshots, and for
 * copies. */
void image_each_record(const struct image *image,
                       void (*put)(void *to, const struct metadata_record *record), void *to);

#endif
