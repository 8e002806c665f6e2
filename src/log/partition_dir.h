/* partition_dir.h - the directories of a log root, and what their names say.
 *
 *     TOPIC-PARTITION              a partition
 *     TOPIC-PARTITION.ID-delete    its files are about to be removed; ID is 32 random hex digits
 *     TOPIC-PARTITION.ID-stray     nobody's
 *
 * Source: Kafka's UnifiedLog.parseTopicPartitionName, logDirNameWithSuffixCappedLength. */
#ifndef ODRADEK_LOG_PARTITION_DIR_H
#define ODRADEK_LOG_PARTITION_DIR_H

#include "base/world.h"
#include "log/checkpoint.h"
#include "log/path.h"

enum { DIRECTORY_NAME_MAX = 255 };

struct partition_dir {
        char name[DIRECTORY_NAME_MAX + 1]; /* TOPIC-PARTITION */
        char topic[TOPIC_NAME_MAX + 1];
        int32_t partition;
};

/* False when topic or directory name would be too long. */
bool partition_dir_name(struct partition_dir *d, struct str topic, int32_t partition);

/* False when `name` is not a partition's, or only looks alike ("orders-007"). */
bool partition_dir_parse(struct partition_dir *d, struct str name);

/* True for a name that ends in "-delete". */
bool partition_dir_is_deleted(struct str name);

/* Renames the directory in `root` to TOPIC-PARTITION.ID-why, durably; *to is its new path. The
 * topic is cut where the name would grow too long. */
enum kerr partition_dir_rename_away(struct world *w, const char *root,
                                    const struct partition_dir *d, const char *why,
                                    struct path *to);

/* Removes the directory at `path` and the files in it. */
enum kerr partition_dir_remove(struct world *w, const char *path);

#endif
