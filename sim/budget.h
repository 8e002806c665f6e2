/* budget.h - what a run may lose: the fault budget.
 *
 * Kills, pauses, partitions, slow links and clocks may never lose an acknowledged acks=all record.
 * Losing unsynced bytes may, when too many replicas lose theirs at a time: it is allowed on
 * min.insync.replicas - 1 of the brokers that must have all that is committed (ISR and ELR). One
 * that has lost bytes counts until it is back: started anew, ready, and in every ISR. Where
 * flush.messages=1 nothing that counts is unsynced, so there only a wiped disk is a loss. A voter's
 * disk may not be wiped at all: with it goes the vote that it gave.
 *
 * A partition of one replica takes no part: for it the history notes each power cut, and the
 * checker knows which records were at stake. */
#ifndef ODRADEK_SIM_BUDGET_H
#define ODRADEK_SIM_BUDGET_H

#include "sim/cluster.h"

/* A broker that loses bytes. */
struct byte_loss {
        int32_t id;
        bool synced_too;
        bool later; /* at some operation to come */
};

/* Zero-initialise. */
struct budget {
        struct {
                bool is_out; /* has lost bytes, or will, and is not back */
                bool lost_synced;
                int32_t boots;               /* of its node, then */
        } brokers[SCENARIO_BROKERS_MAX + 1]; /* by id */
};

/* The loss would leave every promise in force. Conservative: false when nobody runs who could tell
 * the metadata. */
bool budget_allows(struct budget *b, const struct cluster *c, const struct history *h,
                   const struct byte_loss *loss);

/* It happens. */
void budget_spend(struct budget *b, const struct cluster *c, const struct byte_loss *loss);

#endif
