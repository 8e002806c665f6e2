/* log_dir.h - one log root (`log.dirs`): all partitions of a broker, and the files that speak for
 * all of them.
 *
 *     meta.properties                    which cluster and node this directory belongs to
 *     .kafka_cleanshutdown               present only between a clean stop and the next start
 *     recovery-point-offset-checkpoint   per partition: all below is synced
 *     log-start-offset-checkpoint        per partition: DeleteRecords went so far
 *     TOPIC-PARTITION/                   one partition_log each
 *     TOPIC-PARTITION.ID-delete/         a deleted partition whose files are not all gone yet
 *     TOPIC-PARTITION.ID-stray/          a partition that the cluster's metadata does not know
 *
 * (1) The clean-shutdown file is removed, and its absence synced, before the first append: else a
 *     crash after a clean start would skip recovery (KAFKA-10471).
 * (2) A recovery point in the checkpoint never runs ahead of what is synced.
 * (3) The root's own name, and a partition's directory, are synced before its log is handed out.
 *
 * Source: Kafka's LogManager, PartitionMetadataFile, MetaProperties. */
#ifndef ODRADEK_LOG_LOG_DIR_H
#define ODRADEK_LOG_LOG_DIR_H

#include "base/uuid.h"
#include "log/partition_log.h"

struct log_dir;

struct log_dir_open {
        struct world *world;
        const char *path; /* at most ROOT_PATH_MAX bytes; its parent exists */
        int32_t node_id;
        int64_t retention_check_ms; /* log.retention.check.interval.ms */
        int64_t checkpoint_ms;      /* log.flush.offset.checkpoint.interval.ms */
};

/* Opens (or makes) the root: checks or writes meta.properties, reads the checkpoints, takes the
 * clean-shutdown file away, finishes deletions that a crash interrupted. Partitions are opened one
 * by one with log_dir_partition(). On error *dir is NULL. Errors: INVALID_CONFIG when
 * meta.properties names another node, or the path is too long; IO, MALFORMED. */
enum kerr log_dir_open(const struct log_dir_open *how, struct log_dir **dir);

/* A random cluster id chosen when the root was made, as Kafka prints it (22 characters). */
const char *log_dir_cluster_id(const struct log_dir *dir);

/* True when the last stop was clean. */
bool log_dir_was_clean(const struct log_dir *dir);

/* Opens the partition's log, making its directory and partition.metadata when there is none. Call
 * once for each partition. A directory that carries another topic id is set aside as stray first.
 * The log stays the directory's: closed by log_dir_close() or log_dir_delete(). On error *log is
 * NULL. Errors: those of partition_log_open(); INVALID_TOPIC_EXCEPTION for a name that is too long.
 */
enum kerr log_dir_partition(struct log_dir *dir, const char *topic, int32_t partition,
                            const struct uuid *topic_id, const struct log_config *config,
                            struct partition_log **log);

/* Renames the partition's directory away (-delete), then removes its files. The log is closed:
 * the pointer is dead. Extents on their way stay valid. */
enum kerr log_dir_delete(struct log_dir *dir, struct partition_log *log);

/* Renames every partition directory that no log_dir_partition() call has claimed to "…-stray" and
 * warns. Call once, when all known partitions are open. */
enum kerr log_dir_set_strays_aside(struct log_dir *dir);

/* Writes both checkpoints. */
enum kerr log_dir_checkpoint(struct log_dir *dir);

/* Flushes what flush.messages and flush.ms ask for (one burst of appends shares one sync), and when
 * their times have come runs retention and the checkpoints. `high_watermark` gives the offset below
 * which records may be dropped. Returns the next mono_ms() to be called at. */
int64_t log_dir_run_timers(struct log_dir *dir,
                           int64_t (*high_watermark)(void *context, struct partition_log *log),
                           void *context);

/* A background sync ended: hands it to its log. */
void log_dir_on_synced(struct log_dir *dir, uint64_t token, enum kerr result);

/* Flushes everything, writes the checkpoints and the clean-shutdown file, closes all. The file is
 * left out when a log is offline or a flush failed, and when a partition has not been opened since
 * a crash. `dir` is dead afterwards, even on error. */
enum kerr log_dir_close(struct log_dir *dir);

/* Closes all without a flush, a checkpoint or a marker: what a crash leaves. For tests and for a
 * simulated crash that must give memory back. */
void log_dir_abandon(struct log_dir *dir);

#endif
