#include "cluster/quorum_private.h"

enum kerr quorum_read(struct quorum *q, int64_t *applied, bool *reload, metadata_each *each,
                      void *context)
{
        struct partition_log *log = q->config.log;
        struct quorum_private *own = q->own;
        int64_t to = q->high_watermark;
        if (zoo_has(q->config.world->zoo, ZOO_ACTS_ON_UNCOMMITTED_METADATA)) /* KAFKA-1188 */
                to = partition_log_end(log);
        *reload = *applied >= 0 && *applied < partition_log_start(log);
        if (*reload || to < 0)
                return KERR_NONE;
        enum kerr err = KERR_NONE;
        if (*applied < 0) {
                struct fetch_snapshot_id id = own->snapshots.newest;
                own->bytes_since_snapshot = 0;
                if (id.end_offset >= 0)
                        err = snapshot_read(q->config.world, partition_log_directory(log), id, each,
                                            context);
                if (err)
                        return err;
                *applied = id.end_offset >= 0 ? id.end_offset : 0;
        }
        if (*applied >= to)
                return KERR_NONE;
        /* How much it is: a new segment begins with each snapshot, so this is all of it. */
        struct extent extent;
        err = partition_log_read(log, *applied, to, INT32_MAX, true, &extent);
        if (!err)
                err = metadata_log_read(q->config.world, log, *applied, to, each, context);
        if (err)
                return err;
        own->bytes_since_snapshot += extent.length;
        *applied = to;
        return KERR_NONE;
}

bool quorum_wants_snapshot(const struct quorum *q, int64_t bytes_between)
{
        return q->own->bytes_since_snapshot >= bytes_between;
}

/* Of the last record below `offset`, which lies in the log. */
static int32_t epoch_before(struct quorum *q, int64_t offset)
{
        const struct leader_epochs *epochs = partition_log_epochs(q->config.log);
        int32_t epoch = 0;
        for (int32_t i = 0; i < epochs->count && epochs->entries[i].start_offset < offset; i++)
                epoch = epochs->entries[i].epoch;
        return epoch;
}

/* A follower that is not far behind still fetches from the log: it begins where the older of the
 * two snapshots ends. Segments go as a whole, so each snapshot begins a new one. */
static enum kerr shorten_log(struct quorum *q)
{
        struct partition_log *log = q->config.log;
        int64_t start = q->own->snapshots.older.end_offset;
        int32_t removed;
        enum kerr err = partition_log_roll(log);
        if (!err && start > partition_log_start(log))
                err = partition_log_advance_start(log, start);
        return err ? err : partition_log_retain(log, q->high_watermark, &removed);
}

enum kerr quorum_write_snapshot(struct quorum *q, int64_t applied, snapshot_emit *emit,
                                void *context)
{
        struct quorum_private *own = q->own;
        const char *directory = partition_log_directory(q->config.log);
        /* What is not committed may change; a snapshot on its way here will replace ours. */
        if (applied <= own->snapshots.newest.end_offset || applied > q->high_watermark ||
            own->download.file)
                return KERR_NONE;
        struct fetch_snapshot_id id = {applied, epoch_before(q, applied)};
        enum kerr err = snapshot_write(q->config.world, directory, id, emit, context);
        if (!err)
                err = snapshot_tidy(q->config.world, directory, &own->snapshots);
        if (err)
                return err;
        own->bytes_since_snapshot = 0;
        return shorten_log(q);
}
