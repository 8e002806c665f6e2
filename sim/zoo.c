#include "sim/zoo.h"

#include <assert.h>

static const struct zoo_exhibit exhibits[ZOO_BUGS] = {
        [ZOO_NO_DIR_SYNC] = {ZOO_NO_DIR_SYNC, 200, "KAFKA-3968",
                             "A new segment's bytes are synced, its name in the directory is not: "
                             "a power cut takes the whole file.",
                             ANOMALY_LOST_WRITE, "sim/scenarios/zoo/no-dir-sync.scn"},
        [ZOO_TORN_TAIL_KEPT] = {ZOO_TORN_TAIL_KEPT, 200, "recovery without a CRC",
                                "Recovery believes the lengths in the log's tail and does not "
                                "compute the CRC: torn batches stay and are served.",
                                ANOMALY_MALFORMED_LOG, "sim/scenarios/zoo/torn-tail-kept.scn"},
        [ZOO_STALE_CLEAN_MARKER] = {ZOO_STALE_CLEAN_MARKER, 200, "KAFKA-10471",
                                    "The mark of a clean stop outlives the next start, so a crash "
                                    "after it passes for a clean stop and recovery is skipped.",
                                    ANOMALY_STUCK, "sim/scenarios/zoo/stale-clean-marker.scn"},
        [ZOO_UNSYNCED_CHECKPOINT] = {ZOO_UNSYNCED_CHECKPOINT, 10, "KAFKA-16541",
                                     "A checkpoint is renamed into place without a sync: after a "
                                     "power cut it is empty, and reads as if nothing had been.",
                                     ANOMALY_START_WENT_BACK,
                                     "sim/scenarios/zoo/unsynced-checkpoint.scn"},
        [ZOO_TRUSTS_INDEX] = {ZOO_TRUSTS_INDEX, 200, "Kafka's index sanity check",
                              "Recovery keeps an index page that reached the disk before the "
                              "batches it speaks of: look-ups land inside of other batches.",
                              ANOMALY_MALFORMED_LOG, "sim/scenarios/zoo/trusts-index.scn"},
        [ZOO_APPEND_AFTER_ERROR] = {ZOO_APPEND_AFTER_ERROR, 200, "KAFKA-10778",
                                    "After a failed write the log goes on behind the half batch: "
                                    "the next recovery cuts there, and all behind it is gone.",
                                    ANOMALY_LOST_WRITE, "sim/scenarios/zoo/append-after-error.scn"},
        [ZOO_TRUNCATE_TO_HW] = {ZOO_TRUNCATE_TO_HW, 10, "KAFKA-1211, KIP-101",
                                "A new follower cuts its log at its own high watermark, which "
                                "trails what was acknowledged by one fetch; then it is elected.",
                                ANOMALY_LOST_WRITE, "sim/scenarios/zoo/truncate-to-hw.scn"},
        [ZOO_IGNORE_DIVERGENCE] = {ZOO_IGNORE_DIVERGENCE, 10, "KAFKA-3919, KIP-101",
                                   "A follower's last epoch is not compared with the leader's log: "
                                   "what it had written alone stays, under the leader's records.",
                                   ANOMALY_INCONSISTENT_OFFSET,
                                   "sim/scenarios/zoo/ignore-divergence.scn"},
        [ZOO_ONE_EPOCH_ANSWER] = {ZOO_ONE_EPOCH_ANSWER, 200, "KAFKA-6361, KIP-279",
                                  "Where logs part, the leader names where its next epoch began "
                                  "and not the epoch that both know: a follower keeps too much.",
                                  ANOMALY_INCONSISTENT_OFFSET,
                                  "sim/scenarios/zoo/one-epoch-answer.scn"},
        [ZOO_JOIN_BEFORE_EPOCH_START] =
                {ZOO_JOIN_BEFORE_EPOCH_START, 5000, "KAFKA-7128",
                 "A follower joins the ISR once it has reached the leader's high watermark, which "
                 "a new leader knows of one fetch late.",
                 ANOMALY_LOST_WRITE, "sim/scenarios/zoo/join-before-epoch-start.scn"},
        [ZOO_REMEMBERED_LEO] = {ZOO_REMEMBERED_LEO, 5000, "KIP-903",
                                "What a leader knew of a follower counts for its next life, too: "
                                "it is in sync before it has fetched anything.",
                                ANOMALY_LOST_WRITE, "sim/scenarios/zoo/remembered-leo.scn"},
        [ZOO_STALE_BROKER_EPOCH] = {ZOO_STALE_BROKER_EPOCH, 5000, "KAFKA-14139, KIP-903",
                                    "AlterPartition is taken for whatever life the broker is in by "
                                    "now, though it may have lost its disk meanwhile.",
                                    ANOMALY_LOST_WRITE, "sim/scenarios/zoo/stale-broker-epoch.scn"},
        [ZOO_HW_ON_PROPOSED_ISR] =
                {ZOO_HW_ON_PROPOSED_ISR, 10, "KIP-497",
                 "The high watermark moves over an ISR that was proposed and not confirmed: the "
                 "controller may elect one that was left out.",
                 ANOMALY_LOST_WRITE, "sim/scenarios/zoo/hw-on-proposed-isr.scn"},
        [ZOO_STALE_ALTER_PARTITION] =
                {ZOO_STALE_ALTER_PARTITION, 5000, "KAFKA-14144",
                 "AlterPartition is taken whatever leader and partition epoch it was written in: "
                 "an old one puts an old leader's ISR in force.",
                 ANOMALY_LOST_WRITE, "sim/scenarios/zoo/stale-alter-partition.scn"},
        [ZOO_LAST_REPLICA_STANDING] = {ZOO_LAST_REPLICA_STANDING, 200, "KIP-966, KAFKA-3410",
                                       "The last member of the ISR is elected again although a "
                                       "power cut took the end of its log; the others cut theirs.",
                                       ANOMALY_LOST_WRITE,
                                       "sim/scenarios/zoo/last-replica-standing.scn"},
        [ZOO_HW_UNDER_MIN_ISR] = {ZOO_HW_UNDER_MIN_ISR, 10, "KAFKA-15583",
                                  "The high watermark moves while fewer than min.insync.replicas "
                                  "are in sync: those who left last may lead without that.",
                                  ANOMALY_INCONSISTENT_OFFSET,
                                  "sim/scenarios/zoo/hw-under-min-isr.scn"},
        [ZOO_ACK_ON_APPEND] = {ZOO_ACK_ON_APPEND, 10, "every textbook",
                               "acks=all is answered when the leader has the record: it dies "
                               "before anybody has copied it.",
                               ANOMALY_LOST_WRITE, "sim/scenarios/zoo/ack-on-append.scn"},
        [ZOO_READS_PAST_HW] = {ZOO_READS_PAST_HW, 10, "KAFKA-725, KAFKA-9835",
                               "Consumers get what the leader has, committed or not: another "
                               "record takes its place after the next election.",
                               ANOMALY_INCONSISTENT_OFFSET, "sim/scenarios/zoo/reads-past-hw.scn"},
        [ZOO_HW_FORGOTTEN] = {ZOO_HW_FORGOTTEN, 10, "KAFKA-769",
                              "The high watermark is not read back at a start, and what lies above "
                              "it is out of range: consumers begin at the start again.",
                              ANOMALY_NONMONOTONIC_POLL, "sim/scenarios/zoo/hw-forgotten.scn"},
        [ZOO_END_OFFSET_BACK] = {ZOO_END_OFFSET_BACK, 200, "KAFKA-2334, KIP-207",
                                 "A new leader answers ListOffsets before its high watermark has "
                                 "come to the start of its epoch.",
                                 ANOMALY_END_WENT_BACK, "sim/scenarios/zoo/end-offset-back.scn"},
        [ZOO_LATE_FETCH_ANSWER] = {ZOO_LATE_FETCH_ANSWER, 5000, "KAFKA-7786",
                                   "A follower appends what an earlier leader sends, though it has "
                                   "cut its log since: records are missing in between.",
                                   ANOMALY_NOT_CONVERGED,
                                   "sim/scenarios/zoo/late-fetch-answer.scn"},
        [ZOO_VOTE_FORGOTTEN] = {ZOO_VOTE_FORGOTTEN, 10, "Raft 5.2",
                                "A voter answers before its vote is on the disk, and votes for "
                                "another one after a restart.",
                                ANOMALY_TWO_VOTES, "sim/scenarios/zoo/vote-forgotten.scn"},
        [ZOO_ANSWERS_BEFORE_FLUSH] = {ZOO_ANSWERS_BEFORE_FLUSH, 10, "KAFKA-10533",
                                      "A voter asks for the next change before it has synced the "
                                      "last: a power cut takes what was committed because of it.",
                                      ANOMALY_METADATA_DIFFERS,
                                      "sim/scenarios/zoo/answers-before-flush.scn"},
        [ZOO_VOTES_FOR_SHORTER_LOG] = {ZOO_VOTES_FOR_SHORTER_LOG, 10, "Raft 5.4.1",
                                       "A voter does not compare logs: a candidate that lacks what "
                                       "is committed leads, and the others cut theirs.",
                                       ANOMALY_METADATA_DIFFERS,
                                       "sim/scenarios/zoo/votes-for-shorter-log.scn"},
        [ZOO_NEVER_RESIGNS] = {ZOO_NEVER_RESIGNS, 200, "KAFKA-15489",
                               "A leader of the quorum that no majority follows stays in office: "
                               "brokers go on asking it, and nothing is decided.",
                               ANOMALY_STUCK, "sim/scenarios/zoo/never-resigns.scn"},
        [ZOO_ACTS_ON_UNCOMMITTED_METADATA] =
                {ZOO_ACTS_ON_UNCOMMITTED_METADATA, 10, "KAFKA-1188, KAFKA-1096, KAFKA-6082",
                 "Brokers apply what the controller has written before a majority has it, and it "
                 "may never be committed.",
                 ANOMALY_APPLIED_UNCOMMITTED, "sim/scenarios/zoo/acts-on-uncommitted-metadata.scn"},
        [ZOO_FORGETS_PRODUCERS] =
                {ZOO_FORGETS_PRODUCERS, 10, "seen in Redpanda",
                 "A new leader knows nothing of the producers whose records it holds, and takes "
                 "what it gets: a batch that is sent again is there twice.",
                 ANOMALY_DUPLICATE, "sim/scenarios/zoo/forgets-producers.scn"},
        [ZOO_STATE_BEFORE_APPEND] =
                {ZOO_STATE_BEFORE_APPEND, 200, "KAFKA-6683",
                 "A batch counts as seen before it is appended: when the append fails, the next "
                 "attempt is taken for a repeat and acknowledged.",
                 ANOMALY_LOST_WRITE, "sim/scenarios/zoo/state-before-append.scn"},
        [ZOO_EARLY_DUPLICATE_ACK] = {ZOO_EARLY_DUPLICATE_ACK, 200, "a classic",
                                     "A repeated batch is acknowledged as soon as it is known, not "
                                     "when the first one is committed; then the leader dies.",
                                     ANOMALY_LOST_WRITE,
                                     "sim/scenarios/zoo/early-duplicate-ack.scn"},
        [ZOO_UNKNOWN_IS_FAILURE] = {ZOO_UNKNOWN_IS_FAILURE, 10, "KAFKA-14034",
                                    "The client takes a lost answer for a failure and sends the "
                                    "records again under new numbers.",
                                    ANOMALY_DUPLICATE, "sim/scenarios/zoo/unknown-is-failure.scn"},
        [ZOO_REORDER_IN_FLIGHT] = {ZOO_REORDER_IN_FLIGHT, 10, "KAFKA-3197",
                                   "The client sends a partition's next batch while the one before "
                                   "it waits for another attempt.",
                                   ANOMALY_NONMONOTONIC_SEND,
                                   "sim/scenarios/zoo/reorder-in-flight.scn"},
        [ZOO_ZOMBIE_NOT_FENCED] = {ZOO_ZOMBIE_NOT_FENCED, 200, "KIP-98",
                                   "A new producer of a transactional id gets the old epoch, so "
                                   "the one before it can still write and commit.",
                                   ANOMALY_TORN_TRANSACTION,
                                   "sim/scenarios/zoo/zombie-not-fenced.scn"},
        [ZOO_PAST_LSO] = {ZOO_PAST_LSO, 200, "KAFKA-9807",
                          "Readers of committed data get what open transactions have written.",
                          ANOMALY_DIRTY_READ, "sim/scenarios/zoo/past-lso.scn"},
        [ZOO_LATE_WRITE] =
                {ZOO_LATE_WRITE, 5000, "KAFKA-14402, KIP-890",
                 "A write is taken without asking whether its transaction is still open: a late "
                 "one becomes part of the next transaction, or holds up all readers.",
                 ANOMALY_ABORTED_READ, "sim/scenarios/zoo/late-write.scn"},
        [ZOO_MARKERS_BEFORE_PREPARE] = {ZOO_MARKERS_BEFORE_PREPARE, 5000, "two-phase commit",
                                        "Markers go out before the decision is committed: the next "
                                        "coordinator does not know it, and decides the opposite.",
                                        ANOMALY_TORN_TRANSACTION,
                                        "sim/scenarios/zoo/markers-before-prepare.scn"},
        [ZOO_FORGETS_PREPARED] = {ZOO_FORGETS_PREPARED, 200, "KAFKA-9307, KAFKA-16352",
                                  "A new coordinator does not carry out what the one before it had "
                                  "decided: some partitions never get their marker.",
                                  ANOMALY_STUCK, "sim/scenarios/zoo/forgets-prepared.scn"},
        [ZOO_OFFSETS_LEAK] = {ZOO_OFFSETS_LEAK, 5000, "KIP-447",
                              "Offsets of an open transaction are told to the next owner, and then "
                              "the transaction is aborted.",
                              ANOMALY_INPUT_LOST, "sim/scenarios/zoo/offsets-leak.scn"},
        [ZOO_OLD_GENERATION_COMMITS] = {ZOO_OLD_GENERATION_COMMITS, 200, "generation fencing",
                                        "A member that was taken for dead may still commit, over "
                                        "the head of the partition's new owner.",
                                        ANOMALY_OFFSET_WENT_BACK,
                                        "sim/scenarios/zoo/old-generation-commits.scn"},
        [ZOO_ANSWERS_BEFORE_LOAD] = {ZOO_ANSWERS_BEFORE_LOAD, 200, "KAFKA-10614, KAFKA-5600",
                                     "A new coordinator answers before it has read its log: no "
                                     "offset was ever committed, it says.",
                                     ANOMALY_OFFSET_WENT_BACK,
                                     "sim/scenarios/zoo/answers-before-load.scn"},
        [ZOO_COMMIT_ACKED_EARLY] =
                {ZOO_COMMIT_ACKED_EARLY, 200, "KAFKA-3959",
                 "A commit is acknowledged when the coordinator has it, and gone when it dies.",
                 ANOMALY_OFFSET_WENT_BACK, "sim/scenarios/zoo/commit-acked-early.scn"},
        [ZOO_EXPIRES_LIVE_OFFSETS] = {ZOO_EXPIRES_LIVE_OFFSETS, 5000,
                                      "KAFKA-4682, KAFKA-8069, KAFKA-13636",
                                      "Offsets expire by their age alone, though the group is "
                                      "alive and has nothing new to commit.",
                                      ANOMALY_OFFSET_WENT_BACK,
                                      "sim/scenarios/zoo/expires-live-offsets.scn"},
        [ZOO_BUFFERED_AFTER_REVOKE] = {ZOO_BUFFERED_AFTER_REVOKE, 200, "KAFKA-7096",
                                       "The client hands out what it had fetched of a partition "
                                       "that is not its own any more.",
                                       ANOMALY_NONMONOTONIC_POLL,
                                       "sim/scenarios/zoo/buffered-after-revoke.scn"},
        [ZOO_CLEANS_PAST_HW] = {ZOO_CLEANS_PAST_HW, 5000, "KAFKA-13194",
                                "The cleaner drops a committed value because of a newer one that "
                                "is not committed, and then that one is cut off.",
                                ANOMALY_NOT_CONVERGED, "sim/scenarios/zoo/cleans-past-hw.scn"},
        [ZOO_SWAP_ORDER] = {ZOO_SWAP_ORDER, 5000, "KAFKA-6264",
                            "The cleaner deletes the old segments before the new one has its name: "
                            "a crash in between takes all of them.",
                            ANOMALY_KEY_LOST, "sim/scenarios/zoo/swap-order.scn"},
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
