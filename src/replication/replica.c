#include "replication/replica.h"

void replica_lead(struct replica *r, struct partition_log *log, int32_t leader_epoch)
{
        r->log = log;
        r->leader_epoch = leader_epoch;
        r->high_watermark = partition_log_end(log);
}

enum kerr replica_check_epoch(const struct replica *r, int32_t current_leader_epoch)
{
        if (current_leader_epoch < 0 || current_leader_epoch == r->leader_epoch)
                return KERR_NONE;
        return current_leader_epoch < r->leader_epoch ? KERR_FENCED_LEADER_EPOCH
                                                      : KERR_UNKNOWN_LEADER_EPOCH;
}

enum kerr replica_append(struct replica *r, struct span batches, struct log_append *result,
                         int64_t *committed_at)
{
        enum kerr err = partition_log_append(r->log, batches, r->leader_epoch, result);
        if (err)
                return err;
        *committed_at = result->last_offset + 1;
        replica_advance(r);
        return KERR_NONE;
}

bool replica_advance(struct replica *r)
{
        /* An offline log wants no flush any more: what it holds behind the recovery point may be
         * lost. */
        if (partition_log_is_offline(r->log) || partition_log_wants_flush(r->log) ||
            partition_log_end(r->log) <= r->high_watermark)
                return false;
        r->high_watermark = partition_log_end(r->log);
        return true;
}

enum kerr replica_read(struct replica *r, int64_t offset, int32_t size_max, bool at_least_one,
                       struct extent *extent)
{
        return partition_log_read(r->log, offset, r->high_watermark, size_max, at_least_one,
                                  extent);
}
