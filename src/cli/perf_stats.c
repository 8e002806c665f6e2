#include "cli/perf_stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t perf_now_us(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

double perf_megabytes(int64_t bytes)
{
        return (double)bytes / (1024 * 1024);
}

void perf_stats_init(struct perf_stats *s, int64_t records)
{
        int64_t samples = records < PERF_SAMPLES_MAX ? records : PERF_SAMPLES_MAX;
        *s = (struct perf_stats){.sampling = (records + samples - 1) / samples};
        s->samples_us = calloc((size_t)samples, sizeof *s->samples_us);
        if (!s->samples_us)
                abort();
        s->whole.start_us = s->window.start_us = perf_now_us();
}

void perf_stats_deinit(struct perf_stats *s)
{
        free(s->samples_us);
}

static void window_add(struct perf_window *w, int64_t latency_us, int64_t bytes)
{
        w->records++;
        w->bytes += bytes;
        w->latency_sum_us += latency_us;
        if (latency_us > w->latency_max_us)
                w->latency_max_us = latency_us;
}

void perf_stats_add(struct perf_stats *s, int64_t start_us, int64_t bytes)
{
        int64_t latency_us = perf_now_us() - start_us;
        if (s->whole.records % s->sampling == 0)
                s->samples_us[s->sample_count++] =
                        latency_us < UINT32_MAX ? (uint32_t)latency_us : UINT32_MAX;
        window_add(&s->whole, latency_us, bytes);
        window_add(&s->window, latency_us, bytes);
}

/* Without the end of the line. */
static void print_window(const struct perf_window *w)
{
        double elapsed_s = (double)(perf_now_us() - w->start_us + 1) / 1e6; /* never 0 */
        double records = w->records > 0 ? (double)w->records : 1;
        printf("%lld records sent, %.1f records/sec (%.2f MB/sec), %.1f ms avg latency, "
               "%.1f ms max latency",
               (long long)w->records, (double)w->records / elapsed_s,
               perf_megabytes(w->bytes) / elapsed_s, (double)w->latency_sum_us / records / 1000,
               (double)w->latency_max_us / 1000);
}

void perf_stats_print_window(struct perf_stats *s)
{
        print_window(&s->window);
        puts(".");
        fflush(stdout);
        s->window = (struct perf_window){.start_us = perf_now_us()};
}

static int compare_samples(const void *a, const void *b)
{
        uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
        return (left > right) - (left < right);
}

void perf_stats_print_whole(struct perf_stats *s)
{
        static const struct {
                const char *name;
                double share;
        } percentiles[] = {{"50th", 0.5}, {"95th", 0.95}, {"99th", 0.99}, {"99.9th", 0.999}};
        qsort(s->samples_us, (size_t)s->sample_count, sizeof *s->samples_us, compare_samples);
        print_window(&s->whole);
        for (int i = 0; i < 4 && s->sample_count > 0; i++) {
                int64_t at = (int64_t)((double)s->sample_count * percentiles[i].share);
                printf(", %.1f ms %s", s->samples_us[at] / 1000.0, percentiles[i].name);
        }
        puts(".");
}
