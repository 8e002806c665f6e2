/* perf_stats.h - what the performance tests count: records, bytes and how long each took.
 *
 * Times are microseconds of a clock that never goes back. Percentiles come from at most
 * PERF_SAMPLES_MAX records, spread evenly over the run, as in Kafka's ProducerPerformance. */
#ifndef ODRADEK_CLI_PERF_STATS_H
#define ODRADEK_CLI_PERF_STATS_H

#include <stdint.h>

enum { PERF_SAMPLES_MAX = 500000 };

struct perf_window {
        int64_t start_us;
        int64_t records, bytes;
        int64_t latency_sum_us, latency_max_us;
};

struct perf_stats {
        struct perf_window whole, window;
        int64_t sampling; /* every so many records one sample is kept */
        uint32_t *samples_us;
        int64_t sample_count;
};

int64_t perf_now_us(void);

/* MB (1,048,576 bytes) of `bytes`. */
double perf_megabytes(int64_t bytes);

/* Starts the clock. `records` are to be expected; perf_stats_deinit() frees. */
void perf_stats_init(struct perf_stats *s, int64_t records);
void perf_stats_deinit(struct perf_stats *s);

/* A record has ended now that began at `start_us`. */
void perf_stats_add(struct perf_stats *s, int64_t start_us, int64_t bytes);

/* Prints the line of the present window and begins the next. */
void perf_stats_print_window(struct perf_stats *s);

/* Prints the line of the whole run, with percentiles. Call once: it sorts the samples. */
void perf_stats_print_whole(struct perf_stats *s);

#endif
