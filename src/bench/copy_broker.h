/* copy_broker.h - the trials of copy_trial.h, but with a real broker as the sender: what a strategy
 * is worth when requests, answers and an event loop come with it.
 *
 *     topic "bench", one partition, one segment of batches of one record, each just below 4 KiB
 *     response   the answer to a Fetch of at most `range_bytes`: as many whole batches as fit
 *     consumers  connections of one client process, each with 8 fetches in flight
 *
 * (1) Every run has a broker of its own, with copy.strategy set, on the same data. It uses the
 *     strategy for every range: copy.small.bytes is 1.
 * (2) The counts are the broker's own (its "spent" line); requests it reads and timers it sets are
 *     among its system calls.
 * (3) Hot and cold are proved as for a trial, on the segment's file. */
#ifndef ODRADEK_BENCH_COPY_BROKER_H
#define ODRADEK_BENCH_COPY_BROKER_H

#include "bench/copy_trial.h"

#include <limits.h>

struct copy_broker {
        const char *program;
        char data[PATH_MAX];
        char path[PATH_MAX];      /* the segment's */
        struct data_file segment; /* size 0: not there */
};

/* Has a broker write about `bytes`. False: `why` (CASE_WHY_BYTES) tells. */
bool copy_broker_fill(struct copy_broker *b, const struct bench_options *options, int64_t bytes,
                      char *why);

/* One run of a trial; its `file`, `part_bytes` and `spread` are not looked at, and receivers that
 * compute checksums only copy. */
bool copy_broker_run(struct copy_broker *b, const struct copy_trial *t, struct copy_outcome *o,
                     char *why);

/* The data goes with the scratch directory. */
void copy_broker_end(struct copy_broker *b);

#endif
