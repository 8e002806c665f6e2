#include "sim/zoo.h"

#include <assert.h>

static const struct zoo_exhibit exhibits[ZOO_BUGS] = {
        [ZOO_NO_DIR_SYNC] = {ZOO_NO_DIR_SYNC, 10, "KAFKA-3968",
                             "A new segment's bytes are synced, its name in the directory is not: "
                             "a power cut takes the whole file.",
                             ANOMALY_LOST_WRITE, "sim/scenarios/zoo/no-dir-sync.scn"},
        [ZOO_TORN_TAIL_KEPT] = {ZOO_TORN_TAIL_KEPT, 10, "recovery without a CRC",
                                "Recovery believes the lengths in the log's tail and does not "
                                "compute the CRC: torn batches stay and are served.",
                                ANOMALY_MALFORMED_LOG, "sim/scenarios/zoo/torn-tail-kept.scn"},
        [ZOO_STALE_CLEAN_MARKER] = {ZOO_STALE_CLEAN_MARKER, 10, "KAFKA-10471",
                                    "The mark of a clean stop outlives the next start, so a crash "
                                    "after it passes for a clean stop and recovery is skipped.",
                                    ANOMALY_STUCK, "sim/scenarios/zoo/stale-clean-marker.scn"},
        [ZOO_UNSYNCED_CHECKPOINT] = {ZOO_UNSYNCED_CHECKPOINT, 10, "KAFKA-16541",
                                     "A checkpoint is renamed into place without a sync: after a "
                                     "power cut it is empty, and reads as if nothing had been.",
                                     ANOMALY_START_WENT_BACK,
                                     "sim/scenarios/zoo/unsynced-checkpoint.scn"},
        [ZOO_TRUSTS_INDEX] = {ZOO_TRUSTS_INDEX, 10, "Kafka's index sanity check",
                              "Recovery keeps an index page that reached the disk before the "
                              "batches it speaks of: look-ups land inside of other batches.",
                              ANOMALY_MALFORMED_LOG, "sim/scenarios/zoo/trusts-index.scn"},
        [ZOO_APPEND_AFTER_ERROR] = {ZOO_APPEND_AFTER_ERROR, 10, "KAFKA-10778",
                                    "After a failed write the log goes on behind the half batch: "
                                    "the next recovery cuts there, and all behind it is gone.",
                                    ANOMALY_LOST_WRITE, "sim/scenarios/zoo/append-after-error.scn"},
};

const struct zoo_exhibit *zoo_exhibit(enum zoo_bug bug)
{
        assert(bug < ZOO_BUGS);
        return &exhibits[bug];
}

void zoo_print(struct buffer *into)
{
        for (int bug = 0; bug < ZOO_BUGS; bug++) {
                const struct zoo_exhibit *e = &exhibits[bug];
                buffer_printf(into,
                              "%s (%s)\n    %s\n    breaks: %s. scenario: %s; "
                              "a sweep finds it within about %d seeds\n",
                              zoo_name(e->bug), e->source, e->what,
                              guarantee_name(anomaly_guarantee(e->anomaly)), e->scenario, e->seeds);
        }
}
