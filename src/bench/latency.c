#include "bench/latency.h"

/* The first 128 buckets are 1 ns wide; each further 64 cover one doubling. */
enum { HALF = LATENCY_SUBBUCKETS / 2 };

static int bucket_of(uint64_t ns)
{
        int shift = 0;
        while (ns >> shift >= LATENCY_SUBBUCKETS)
                shift++;
        int bucket = shift * HALF + (int)(ns >> shift);
        return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* The middle of what falls into it. */
static double bucket_ns(int bucket)
{
        if (bucket < LATENCY_SUBBUCKETS)
                return bucket;
        int shift = bucket / HALF - 1;
        return (double)((uint64_t)(2 * (bucket - shift * HALF) + 1) << shift) / 2;
}

void latency_add(struct latency *l, int64_t ns)
{
        l->counts[bucket_of(ns > 0 ? (uint64_t)ns : 0)]++;
        l->count++;
}

double latency_percentile_us(const struct latency *l, double part)
{
        double wanted = part * (double)l->count;
        int64_t seen = 0;
        for (int i = 0; i < LATENCY_BUCKETS; i++) {
                seen += l->counts[i];
                if (seen > 0 && (double)seen >= wanted)
                        return bucket_ns(i) / 1000;
        }
        return 0;
}
