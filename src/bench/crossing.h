/* crossing.h - from which size on is one way cheaper than another?
 *
 * What is dear when there is little to move may be cheap when there is much. Whether two samples
 * differ is for sample_compare() to say, at each size by itself; a crossing is named only where
 * what it says changes from "more" to "less" once. */
#ifndef ODRADEK_BENCH_CROSSING_H
#define ODRADEK_BENCH_CROSSING_H

#include "bench/results.h"

struct crossing {
        int sizes, more, less; /* at which both were measured; of these: a has more, less, than b */
        double smallest, largest;
        double more_up_to; /* at all sizes up to this one a has more; 0: there is none */
        double less_from;  /* from this one on, to the largest, a has less; 0: there is none */
        bool mixed;        /* it has more, or less, outside these two stretches */
        double at; /* where the medians cross in between, on logarithmic paper; 0: nowhere */
};

/* Over all sizes (x) at which a and b were measured in this setting. */
struct crossing crossing_of(const struct results *r, const char *a, const char *b,
                            const char *setting, const char *figure);

/* The same in one sentence, with a newline; nothing when they were not both measured:
 *     "sendfile against pread, 16 ranges, cpu: more up to 16 KiB, less from 64 KiB on; the medians
 *     cross at about 30 KiB." */
void crossing_say(const struct results *r, FILE *to, const char *a, const char *b,
                  const char *setting, const char *figure);

#endif
