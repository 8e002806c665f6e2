/* election.h - who leads a partition, and who may: the rules by which its state follows the brokers
 * that come and go. Pure: no image, no controller, no time.
 *
 * Every change of a partition goes through election_settle(). A broker is active while it is
 * registered, not fenced and not shutting down. After each change, whatever was asked for:
 *
 *  (1) The ISR holds only replicas that are active; the leader is one of them. No leader (-1) and
 *      an empty ISR are the same thing.
 *  (2) Whoever leaves the ISR while it gets, or is, smaller than the effective
 *      min.insync.replicas = min(min.insync.replicas, number of replicas) is in the ELR, the
 *      eligible leader replicas: no leader moves the high watermark over so small an ISR, so they
 *      have all that is committed. Once the ISR is large enough the ELR is empty.
 *  (3) So the last member of the ISR that is fenced leaves it as well, for the ELR. Before KIP-966
 *      it stayed, and led again even when it came back without its unsynced bytes.
 *  (4) A broker that lost unsynced bytes is in neither set.
 *  (5) The last known leader is remembered exactly while there is no leader.
 *  (6) To settle again changes nothing.
 *
 * The leader is, in this order: the one that leads or is wished for, if it is in the ISR; the first
 * replica that is; the first active one of the ELR (a new ISR of its own); when ISR and ELR are
 * both empty, the last known leader (the same); and where unclean elections are allowed the first
 * active replica, whatever it lacks. First: in the order of the replicas, the preferred one first.
 *
 * Source: KIP-966, KIP-841, KIP-455; Kafka's PartitionChangeBuilder. */
#ifndef ODRADEK_CLUSTER_ELECTION_H
#define ODRADEK_CLUSTER_ELECTION_H

#include "cluster/image.h"

struct electorate {
        bool (*is_active)(const void *context, int32_t broker);
        const void *context;
        int32_t min_isr;     /* min.insync.replicas of the topic */
        bool unclean;        /* any replica that lives may lead, if no other */
        int32_t lost_broker; /* the one that lost unsynced bytes; -1: none */
};

/* `wanted` holds the replicas, ISR, adding and removing replicas asked for, and the leader wished
 * for; all of it may be as in `now`. Completes a reassignment that can be, and leaves the state
 * that the rules give, epochs aside. The replicas wanted are not empty. */
void election_settle(const struct image_partition *now, struct image_partition *wanted,
                     const struct electorate *electorate);

/* Makes the record that turns `now` into the settled state `wanted`; it borrows from `wanted`.
 * False when there is no difference. The leader epoch rises with a new leader, and when a replica
 * is taken away: its fetches are fenced then. */
bool election_change(const struct image_partition *now, struct image_partition *wanted,
                     const struct uuid *topic_id, int32_t index, struct metadata_record *record);

#endif
