/* measure.h - what is measured in a history, and is no right or wrong.
 *
 *     unseen     from when a record was acknowledged until a consumer had it
 *     staleness  from when there was a next record until a consumer that had the one before polled
 *                something
 *
 * The worst of each, as nothing is promised about them. Source: Jepsen's Kafka workload. */
#ifndef ODRADEK_SIM_MEASURE_H
#define ODRADEK_SIM_MEASURE_H

#include "sim/history.h"

struct measures {
        int64_t acknowledged, refused, unknown; /* sends, by how they ended */
        int64_t read;                           /* records, by all readers but the final one */
        int64_t processed, committed;           /* records, and offsets, by groups */
        int64_t transactions[3];                /* by enum visibility */
        int64_t unseen_ns, stale_ns;            /* the worst; 0: none */
        int32_t unseen_send;                    /* whose; -1: none */
        int32_t stale_reader;                   /* the client; -1: none */
};

void measure(const struct history *h, struct measures *m);

#endif
