/* sample.h - several runs of one measurement, and what may be said of two of them.
 *
 * A single figure is an anecdote. What is kept of a handful of runs is the median, which one
 * disturbed run cannot move, and the range, which says how far to trust it. Two samples differ only
 * when their ranges do not overlap; else the honest words are "no difference seen". */
#ifndef ODRADEK_BENCH_SAMPLE_H
#define ODRADEK_BENCH_SAMPLE_H

struct sample {
        int runs; /* 0: nothing was measured, the rest is 0 too */
        double median, min, max;
        double variation; /* coefficient of variation: standard deviation / mean; 0 for one run */
};

/* `values` are not changed. */
struct sample sample_of(const double *values, int count);

enum sample_order { SAMPLE_NO_DIFFERENCE, SAMPLE_LESS, SAMPLE_MORE };

/* How a stands to b. One run of each differs when the figures differ by more than a tenth. */
enum sample_order sample_compare(const struct sample *a, const struct sample *b);

/* a's median over b's; 0 when b's is 0. */
double sample_ratio(const struct sample *a, const struct sample *b);

#endif
