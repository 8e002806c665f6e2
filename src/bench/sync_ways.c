#include "bench/sync_ways.h"

#include "bench/usage.h"

#include <fcntl.h>
#include <unistd.h>

const struct sync_way *sync_ways(int *count)
{
        static const struct sync_way all[] = {
                {"fdatasync growing", SYNC_GROWING, 0, true},
                {"fdatasync fallocate", SYNC_ALLOCATED, 0, false},
                {"fdatasync prewritten", SYNC_PREWRITTEN, 0, false},
                {"O_DSYNC growing", SYNC_GROWING, O_DSYNC, false},
                {"O_DIRECT O_DSYNC prewritten", SYNC_PREWRITTEN, O_DIRECT | O_DSYNC, false},
        };
        *count = (int)(sizeof all / sizeof *all);
        return all;
}

bool sync_way_prepare(const struct sync_way *way, int fd, const struct disk_pattern *pattern,
                      int64_t file_bytes)
{
        switch (way->ground) {
        case SYNC_GROWING: return true;
        case SYNC_ALLOCATED: return fallocate(fd, 0, 0, file_bytes) == 0 && fsync(fd) == 0;
        case SYNC_PREWRITTEN:
                /* A direct write would have to drop the pages that are in its way. */
                return disk_prewrite(fd, pattern, file_bytes) &&
                       ((way->open_flags & O_DIRECT) == 0 || disk_evict(fd, file_bytes));
        }
        return false;
}

bool sync_way_run(const struct sync_way *way, struct sync_job *job)
{
        double began_s = usage_clock_s(), now_s = began_s;
        while (job->batches < job->batches_max && now_s - began_s < job->seconds) {
                if (job->interrupted != NULL && job->interrupted())
                        break;
                int64_t at = job->batches * (int64_t)job->batch_bytes;
                const uint8_t *batch = job->pattern->bytes + (size_t)at % job->pattern->size;
                if (way->ground != SYNC_GROWING)
                        at %= job->file_bytes;
                if (!disk_write_all(job->fd, batch, job->batch_bytes, at))
                        return false;
                if ((way->open_flags & O_DSYNC) == 0 && fdatasync(job->fd) != 0)
                        return false;
                double done_s = usage_clock_s();
                latency_add(&job->commit, (int64_t)((done_s - now_s) * 1e9));
                now_s = done_s;
                job->batches++;
        }
        job->elapsed_s = now_s - began_s;
        return true;
}
