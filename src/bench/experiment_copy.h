/* experiment_copy.h - `odradek bench copy`: any choice of strategies, sizes and consumers, alone or
 * through a broker. Not one of the numbered experiments: it answers what its caller asks. */
#ifndef ODRADEK_BENCH_EXPERIMENT_COPY_H
#define ODRADEK_BENCH_EXPERIMENT_COPY_H

#include "bench/copy_trial.h"

enum { COPY_KNOB_VALUES_MAX = 16 };

/* bench_options.knobs of experiment_copy; a count of 0: what the experiment thinks best. */
struct copy_knobs {
        const struct copy_strategy *strategies[COPY_KNOB_VALUES_MAX]; /* NULL: the raw reference */
        int strategy_count;
        int64_t bytes[COPY_KNOB_VALUES_MAX]; /* per response */
        int bytes_count;
        int64_t consumers[COPY_KNOB_VALUES_MAX];
        int consumers_count;
        bool cold;
        enum receiver_kind kind;
        bool through_broker; /* no raw reference, no strawmen, no checksums then */
};

extern const struct experiment experiment_copy;

#endif
