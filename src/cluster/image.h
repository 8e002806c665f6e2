/* image.h - the cluster's metadata as a table: what one gets by replaying the metadata log.
 *
 * (1) The image is a fold: image_apply() of each record in order, and nothing else, changes it. Two
 *     brokers that applied the same prefix of the log hold the same image.
 * (2) A topic's identity is its id; a name may be reused after a deletion.
 * (3) Partitions of a topic are numbered 0 … count-1 without gaps.
 *
 * Iterate topics with `for (t = image->topics; t; t = t->hh.next)`: in order of creation.
 * Source: KIP-500, KIP-631; Kafka's MetadataImage, TopicsImage. */
#ifndef ODRADEK_CLUSTER_IMAGE_H
#define ODRADEK_CLUSTER_IMAGE_H

#include "log/checkpoint.h" /* TOPIC_NAME_MAX */
#include "wire/metadata_records.h"

#include <uthash.h>

enum { REPLICAS_MAX = 16 };

struct image_partition {
        int32_t replicas[REPLICAS_MAX]; /* broker ids, the preferred leader first */
        int32_t replica_count;
        int32_t isr[REPLICAS_MAX];
        int32_t isr_count;
        int32_t leader;          /* -1: none */
        int32_t leader_epoch;    /* one more with each election */
        int32_t partition_epoch; /* one more with each change */
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
        UT_hash_handle hh; /* by name */
};

struct image {
        struct image_topic *topics;
};

/* Zero-initialise; this frees. */
void image_deinit(struct image *image);

struct image_topic *image_topic(const struct image *image, struct str name);
struct image_topic *image_topic_by_id(const struct image *image, const struct uuid *id);

/* NULL when the topic or the partition is not there. */
struct image_partition *image_partition(const struct image *image, struct str topic,
                                        int32_t partition);

/* Folds one record in. Errors: MALFORMED for one that does not fit what came before it (an unknown
 * topic, a partition out of turn): then the log is not a metadata log of ours. */
enum kerr image_apply(struct image *image, const struct metadata_record *record);

#endif
