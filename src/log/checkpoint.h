/* checkpoint.h - Kafka's small text files that say how far something got.
 *
 *     0                      version
 *     2                      number of lines that follow
 *     orders 0 41            topic partition offset      (…-offset-checkpoint in the log root)
 *     7 40                   epoch start-offset          (leader-epoch-checkpoint, one a partition)
 *
 * A checkpoint is replaced as a whole: written to NAME.tmp, synced, renamed, directory synced. So a
 * reader finds the old one or the new one, whatever moment the power fails.
 * An empty file reads as no lines, as in Kafka: that is why the sync before the rename matters
 * (KAFKA-16541; zoo: unsynced-checkpoint). Source: CheckpointFile, CheckpointReadBuffer. */
#ifndef ODRADEK_LOG_CHECKPOINT_H
#define ODRADEK_LOG_CHECKPOINT_H

#include "base/world.h"

enum { TOPIC_NAME_MAX = 249 };

struct offset_checkpoint_line {
        char topic[TOPIC_NAME_MAX + 1];
        int32_t partition;
        int64_t offset;
};

/* Replaces `directory`/`name` by `contents`, as told above. Other small files of a log root, which
 * are not checkpoints, are written in the same way. Errors: IO, NO_SPACE. */
enum kerr checkpoint_replace(struct world *w, const char *directory, const char *name,
                             struct span contents);

/* Reads a checkpoint and gives `each` the lines behind the first two, one by one; `each` answers
 * whether the line follows its format. A missing or empty file is no lines. Errors: IO; MALFORMED,
 * with a log line that names file and line. */
enum kerr checkpoint_read(struct world *w, const char *directory, const char *name,
                          bool (*each)(void *context, struct str line), void *context);

/* Take a word, or a decimal number from 0 to `max`, off the front of a line, and the space behind
 * it. False when there is none. */
bool checkpoint_take_word(struct str *line, struct str *word);
bool checkpoint_take_number(struct str *line, int64_t max, int64_t *value);

/* Reads a whole offset checkpoint. *lines is malloced (the caller frees) and NULL when there are
 * none. Errors: those of checkpoint_read(). */
enum kerr checkpoint_read_offsets(struct world *w, const char *directory, const char *name,
                                  struct offset_checkpoint_line **lines, int32_t *count);
enum kerr checkpoint_write_offsets(struct world *w, const char *directory, const char *name,
                                   const struct offset_checkpoint_line *lines, int32_t count);

#endif
