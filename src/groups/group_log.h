/* group_log.h - the records of __consumer_offsets: what a change of groups and offsets is on disk,
 * and how a table comes back from it.
 *
 * A change is collected, appended as one batch, and folded into the tables by the one who made it,
 * in the order of its records. What replay makes of the same records is the same tables. */
#ifndef ODRADEK_GROUPS_GROUP_LOG_H
#define ODRADEK_GROUPS_GROUP_LOG_H

#include "groups/coordinator_private.h"

struct group_change_record {
        size_t key, value, end; /* where they begin in `bytes` */
        bool is_tombstone;
};

/* Records that are to be appended together. */
struct group_change {
        struct group_partition *partition;
        struct packet bytes;
        struct group_change_record *records;
        int32_t count, capacity;
};

void group_change_begin(struct group_change *ch, struct group_partition *p);

/* `value` NULL: a tombstone. */
void group_change_offset(struct group_change *ch, struct str group_id, struct str topic,
                         int32_t partition, const struct offset_value *value);

/* The group as it is now, with assignments; or a tombstone. */
void group_change_group(struct group_change *ch, const struct group *g);
void group_change_group_tombstone(struct group_change *ch, const struct group *g);

/* Ends the change: appends what there is (nothing is no error). *position: the offset of the first
 * record. Errors are those that the group protocol knows, for a commit of offsets. */
enum kerr group_change_append(struct group_change *ch, int64_t *position);

/* The same in a transaction. */
enum kerr group_change_append_in_txn(struct group_change *ch, int64_t producer_id,
                                     int16_t producer_epoch, int64_t *position);

/* The group's record, as it is now. Errors: as a SyncGroup tells them. */
enum kerr group_log_write_group(struct group *g);

/* Replay: `context` is the group_partition. */
void group_log_on_record(void *context, const struct state_record *record);
void group_log_on_marker(void *context, int64_t producer_id, bool commit);

#endif
