/* latency.h - how long things took: counts in buckets, for percentiles.
 *
 * A bucket is as wide as 1/128 of what falls into it, so a percentile is right to 0.8 %, whatever
 * the range, and a million samples take no more memory than ten. Nanoseconds. */
#ifndef ODRADEK_BENCH_LATENCY_H
#define ODRADEK_BENCH_LATENCY_H

#include <stdint.h>

enum { LATENCY_SUBBUCKETS = 128, LATENCY_BUCKETS = 40 * LATENCY_SUBBUCKETS };

/* Zero-initialise. */
struct latency {
        int64_t count;
        int64_t counts[LATENCY_BUCKETS];
};

void latency_add(struct latency *l, int64_t ns);

/* The time that so great a part (0 … 1) of the samples does not exceed, in microseconds; 0 when
 * there are none. */
double latency_percentile_us(const struct latency *l, double part);

#endif
