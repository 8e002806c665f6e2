/* log_dir_parts.h - the inside of a log root, for the files that make it up and for no other:
 * log_dir_open.c (the root and its life), log_dir_checkpoints.c (what the checkpoints say),
 * log_dir.c (partitions, timers, closing). */
#ifndef ODRADEK_LOG_LOG_DIR_PARTS_H
#define ODRADEK_LOG_LOG_DIR_PARTS_H

#include "log/log_cleaner.h"
#include "log/log_dir.h"
#include "log/partition_dir.h"
#include "log/root_files.h"

#include <uthash.h>

enum checkpoint { RECOVERY_POINTS, LOG_STARTS, HIGH_WATERMARKS, CLEANED_ENDS, CHECKPOINTS };

/* One partition directory. */
struct log_dir_entry {
        struct partition_dir names;
        bool is_claimed;              /* by log_dir_partition() */
        bool is_new;                  /* made in this life: there is nothing to recover */
        struct partition_log *log;    /* NULL: not open */
        int64_t offsets[CHECKPOINTS]; /* what the checkpoints said when the root was opened */
        UT_hash_handle hh;            /* by names.name */
};

struct log_dir {
        struct log_shared shared; /* first: logs call us by it */
        struct world *world;
        char *path;
        char cluster_id[CLUSTER_ID_MAX + 1];
        bool was_clean;
        bool is_forgotten;    /* the broker-life file was removed: a log has failed */
        bool has_stale_lines; /* the checkpoints on disk speak of partitions that are gone */
        bool has_cleaned;     /* some log was compacted: there is a checkpoint to write */
        int64_t previous_epoch, broker_epoch; /* -1: none */
        struct log_dir_entry *entries;        /* by name; iterates in the order of insertion */
        int64_t (*high_watermark)(void *context, struct partition_log *log);
        int64_t (*last_stable_offset)(void *context, struct partition_log *log);
        void *context;
        struct alarm retention, checkpoint, hw_checkpoint;
        struct log_cleaner cleaner;
};

/* The partition directory of that name; NULL: there is none. */
struct log_dir_entry *log_dir_find(const struct log_dir *dir, const char *name);

struct log_dir_entry *log_dir_add(struct log_dir *dir, const struct partition_dir *names);

/* Forgets the entry and frees it. Pre: its log is closed. */
void log_dir_drop(struct log_dir *dir, struct log_dir_entry *e);

/* What the broker says it is; -1: unknown, or none. */
int64_t log_dir_high_watermark_of(const struct log_dir *dir, struct partition_log *log);

/* Into the entries that the directories' names have made. */
enum kerr log_dir_read_checkpoint(struct log_dir *dir, enum checkpoint which);
enum kerr log_dir_write_checkpoint(struct log_dir *dir, enum checkpoint which);

/* Once a log has failed: removes the broker-life file, so that the next life does not claim to have
 * what this one wrote. */
void log_dir_forget_failed_life(struct log_dir *dir);

/* Frees what is in memory, entries too. Pre: the logs are closed. */
void log_dir_free(struct log_dir *dir);

#endif
