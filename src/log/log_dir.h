/* log_dir.h - one log root (`log.dirs`): all partitions of a broker, and the files that speak for
 * all of them.
 *
 *     meta.properties                    which cluster and node this directory belongs to
 *     .kafka_cleanshutdown               present only between a clean stop and the next start
 *     broker-life                        which life of the broker wrote here last, and in which
 *                                        life of the machine
 *     recovery-point-offset-checkpoint   per partition: all below is synced
 *     log-start-offset-checkpoint        per partition: DeleteRecords went so far
 *     replication-offset-checkpoint      per partition: the high watermark, a few seconds old
 *     cleaner-offset-checkpoint          per partition: compaction has been through all below
 *     TOPIC-PARTITION/                   one partition_log each
 *     TOPIC-PARTITION.ID-delete/         a deleted partition whose files are not all gone yet
 *     TOPIC-PARTITION.ID-stray/          a partition that the cluster's metadata does not know
 *
 * (1) The clean-shutdown file is removed, and its absence synced, before the first append: else a
 *     crash after a clean start would skip recovery (KAFKA-10471).
 * (2) A recovery point in the checkpoint never runs ahead of what is synced.
 * (3) The root's own name, and a partition's directory, are synced before its log is handed out.
 *
 * A broker that was in sync must tell its controller whether it may have lost records that nobody
 * had synced (KIP-966). Kafka takes every stop that was not clean for a loss. But the death of the
 * process loses nothing while the machine stays up: so we ask the machine. See
 * log_dir_previous_epoch().
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
        struct uuid cluster_id;     /* of a root that is made now; all zeros: a random one */
        int64_t retention_check_ms; /* log.retention.check.interval.ms */
        int64_t checkpoint_ms;      /* log.flush.offset.checkpoint.interval.ms */
        int64_t hw_checkpoint_ms;   /* replica.high.watermark.checkpoint.interval.ms; 0: 5000 */
        /* The high watermark of a log of this directory, for retention and checkpoint; -1: it has
         * none (the metadata log), so nothing of it is dropped and no line written. Asked from
         * inside any call, log_dir_close() too, about every log that was handed out. */
        int64_t (*high_watermark)(void *context, struct partition_log *log);
        /* The same for the last stable offset: compaction touches nothing at or above. NULL:
         * nothing is compacted. */
        int64_t (*last_stable_offset)(void *context, struct partition_log *log);
        bool cleaner_enabled;         /* log.cleaner.enable */
        int64_t cleaner_backoff_ms;   /* log.cleaner.backoff.ms; 0: 15000 */
        int64_t cleaner_buffer_bytes; /* log.cleaner.dedupe.buffer.size; 0: 128 MiB */
        void *context;
};

/* Opens (or makes) the root: checks or writes meta.properties, reads the checkpoints, takes the
 * clean-shutdown file away, finishes deletions that a crash interrupted. Partitions are opened one
 * by one with log_dir_partition(). On error *dir is NULL. Errors: INVALID_CONFIG when
 * meta.properties names another node, or the path is too long; IO, MALFORMED. */
enum kerr log_dir_open(const struct log_dir_open *how, struct log_dir **dir);

/* The cluster's id as it was when the root was made, as Kafka prints it (22 characters). */
const char *log_dir_cluster_id(const struct log_dir *dir);

/* True when the last stop was clean. */
bool log_dir_was_clean(const struct log_dir *dir);

/* The broker epoch of the last life of this directory if every byte that it wrote is still there:
 * its stop was clean, or it died and the machine has stayed up (world->machine_boot is the same),
 * and no write or sync had failed. Else -1, also for a new directory. */
int64_t log_dir_previous_epoch(const struct log_dir *dir);

/* The broker is registered under `broker_epoch`: from now on it may write what others count on.
 * Durable on return. Does nothing once a log is offline: the next life must not claim to have what
 * this one wrote. Errors: IO, NO_SPACE. */
enum kerr log_dir_begin_life(struct log_dir *dir, int64_t broker_epoch);

/* Makes the directories of a topic's partitions that have none, all with one sync. What is not made
 * here log_dir_partition() makes, one by one. Errors: IO, NO_SPACE, EXISTS (a file lies there);
 * INVALID_TOPIC_EXCEPTION for a name that is too long. */
enum kerr log_dir_make(struct log_dir *dir, const char *topic, const int32_t *partitions,
                       int32_t count);

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

/* The partition's high watermark as it was in the checkpoint when the root was opened; 0 when there
 * is none. It may be behind the true one, which only a leader can tell. */
int64_t log_dir_high_watermark(const struct log_dir *dir, const char *topic, int32_t partition);

/* Writes the checkpoints. */
enum kerr log_dir_checkpoint(struct log_dir *dir);

/* Flushes what flush.messages and flush.ms ask for (one burst of appends shares one sync), and when
 * their times have come runs retention and the checkpoints, and a step of compaction: one log at a
 * time, the dirtiest first. Returns the next mono_ms() to be called
 * at. */
int64_t log_dir_run_timers(struct log_dir *dir);

/* A background sync ended: hands it to its log. When that raised the recovery point, the
 * checkpoints are written within a second (Kafka waits for
 * log.flush.offset.checkpoint.interval.ms): after a crash only the active segment is read. */
void log_dir_on_synced(struct log_dir *dir, uint64_t token, enum kerr result);

/* Flushes everything, writes the checkpoints and the clean-shutdown file, closes all. That file is
 * left out when a log is offline or a flush failed, and when a partition has not been opened since
 * a crash. `dir` is dead afterwards, even on error. */
enum kerr log_dir_close(struct log_dir *dir);

/* Closes all without a flush, a checkpoint or a marker: what a crash leaves. For tests and for a
 * simulated crash that must give memory back. */
void log_dir_abandon(struct log_dir *dir);

#endif
