/* checker.h - reads the history of a run and names every anomaly in it.
 *
 * All checks are O(n log n) over sorted arrays of facts: (partition, offset, send) triples, each
 * with a note of who vouches for it: the send's acknowledgement, a reader, the final read.
 *
 *     lost write           acknowledged, missing from the final read
 *     vanished read        read once, missing from the final read
 *     unseen               acknowledged and there, but skipped by every consumer
 *     inconsistent offset  two values were seen at one offset, whoever led then
 *     duplicate            one value at two offsets of the final read
 *     phantom read         read, but never sent; or no sound batch at all
 *     read of a failed send
 *     nonmonotonic send    of one producer and partition, in the order of sending
 *     nonmonotonic poll, poll skip     of one reader and partition, without a reset in between;
 *                          internal: inside one poll
 *     end offset, log start went back  between answers that did not overlap
 *
 * of transactions:
 *     aborted read         a reader of committed data got a record of an aborted transaction
 *     dirty read           ... of one that nobody had asked to commit yet; its own ones too
 *     torn transaction     a part is there, a part is not
 *     cycle                transactions that have read from each other in a circle (G1c)
 *
 * of groups:
 *     group skip           a committed offset is past a record that no member processed
 *     group double         a record was processed twice
 *     input without output, input with two outputs     the same, as a pipeline's target shows it
 *     committed offset went back       a later answer, or a member's start, is below a commit
 *     commit of a stranger a commit was taken after a newer generation had begun
 *     two owners           a partition was given to two members in one generation
 *
 * of compacted topics:
 *     last value of a key lost, resurrected key        what the final read folds to, against what
 *                          the whole history folds to
 *
 * What was promised (the fault budget):
 *   - acks=all, one replica: a record survives everything but a power cut; it survives that too
 *     when flush.messages=1, or when it had been synced by then. Else a cut may take a suffix of
 *     each partition, nothing from its middle. acks=1 means the same there.
 *   - acks=all, several replicas: it survives, and so does all that was ever read, unless the
 *     partition is beyond the promise: too many replicas lost bytes at a time, or an unclean
 *     election was allowed and held (invariants.h finds out). With min.insync.replicas=1 that may
 *     be a single one, the last member of the ISR.
 *   - acks=1, several replicas: it survives while the first leader leads.
 *   - acks=0: nothing.
 *   - idempotent: no duplicate. Without it, one of a send that went out twice, or whose end is
 *     unknown, was not ruled out. The order of sends was, either way: without idempotence one batch
 *     of a partition is under way at a time (producer.h).
 *   - groups: commit after processing (and auto) never skips, commit before never doubles,
 *     transactions do neither; as long as the coordinator's partition lost nothing. A coordinator
 *     that was deposed and has not heard of it may tell an offset that was committed once.
 *   - compaction may take what a later record of the same key replaces, and tombstones.
 * What clients deleted, and what retention may drop, is not looked for. Write cycles (G0), circles
 * with other edges than those of reads, and steps back across a rebalance are no errors.
 *
 * Sources: Adya 1999; Jepsen's Kafka workload; KIP-98, 447, 966. */
#ifndef ODRADEK_SIM_CHECKER_H
#define ODRADEK_SIM_CHECKER_H

#include "sim/history.h"
#include "sim/verdict.h"

void checker_run(const struct history *h, struct verdict *v);

#endif
