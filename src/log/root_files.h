/* root_files.h - the small files that say what a log root and its directories are.
 *
 *     meta.properties        version=1, cluster.id, node.id, directory.id      in the root
 *     .kafka_cleanshutdown   {"version":0,"brokerEpoch":N}                     in the root
 *     broker-life            version: 0, machine_boot, broker_epoch            in the root
 *     partition.metadata     version: 0, topic_id: (22 characters)             in a partition
 *
 * All are written as checkpoints are: whole or not at all.
 * Source: Kafka's MetaProperties, CleanShutdownFileHandler, PartitionMetadataFile. */
#ifndef ODRADEK_LOG_ROOT_FILES_H
#define ODRADEK_LOG_ROOT_FILES_H

#include "base/uuid.h"
#include "base/world.h"

enum { CLUSTER_ID_MAX = 64 };

/* Reads the cluster id from the root's meta.properties; makes the file, for `new_cluster`, when
 * there is none. Errors: INVALID_CONFIG when it names another node, with a log line; MALFORMED; IO.
 */
enum kerr root_files_identify(struct world *w, const char *root, int32_t node_id,
                              const struct uuid *new_cluster, char cluster_id[CLUSTER_ID_MAX + 1]);

/* Takes the clean-shutdown file away, durably; *was_clean says whether it was there. */
enum kerr root_files_take_marker(struct world *w, const char *root, bool *was_clean);
enum kerr root_files_set_marker(struct world *w, const char *root, int64_t broker_epoch);

/* The life that wrote into the root last, see log_dir_previous_epoch(). Errors: NOT_FOUND,
 * MALFORMED, IO. */
struct broker_life {
        struct uuid machine_boot;
        int64_t broker_epoch;
};

enum kerr root_files_read_life(struct world *w, const char *root, struct broker_life *life);
enum kerr root_files_write_life(struct world *w, const char *root, const struct broker_life *life);
void root_files_remove_life(struct world *w, const char *root); /* as well as it can */

/* The topic id in the partition's directory. Errors: NOT_FOUND, MALFORMED, IO. */
enum kerr root_files_read_topic_id(struct world *w, const char *directory, struct uuid *topic_id);
enum kerr root_files_write_topic_id(struct world *w, const char *directory,
                                    const struct uuid *topic_id);

#endif
