/* E6: how a segment came into the page cache decides what a mapping of it costs.
 *
 * Appends make the cache's folios: large ones when much is appended at once. One page fault on a
 * mapped file maps what lies around it, as far as the folio goes (fault-around); so the textbook's
 * "a fault per page" holds for small appends only. The tail is one megabyte sent over and over, as
 * to consumers that keep up: it stays in the CPU's own cache. */
#include "bench/copy_trial.h"
#include "bench/experiments.h"
#include "bench/strawmen.h"
#include "bench/words.h"

enum { KIB = 1 << 10, MIB = 1 << 20, RANGE_BYTES = 64 << 10, TAIL_BYTES = MIB };

static const char whole[] = "whole file", tail[] = "tail of 1 MiB";

static const int appends[] = {1000, 16 * KIB, MIB};
enum { APPENDS = sizeof appends / sizeof *appends, TAIL_OF = MIB };

static const struct copy_strategy *const strategies[] = {NULL, &copy_sendfile, &copy_read_write,
                                                         &copy_mmap, &strawman_mmap_fresh};
enum { STRATEGIES = sizeof strategies / sizeof *strategies };

static void add_all(struct bench *b, struct copy_trial *t, const char *setting, double x)
{
        for (int i = 0; i < STRATEGIES; i++) {
                t->strategy = strategies[i];
                copy_cases_add(b, setting, x, t);
        }
}

static bool plan(struct bench *b, char *why)
{
        (void)why;
        int64_t bytes = (int64_t)(b->options->quick ? 64 : 512) * MIB;
        copy_cases_begin(b);
        struct copy_trial t = {
                .range_bytes = RANGE_BYTES,
                .bytes = bytes,
                .receivers = {.count = 1,
                              .kind = RECEIVER_DISCARD,
                              .mode = copy_cases_mode(b, BENCH_SAME_CORE)},
        };
        for (int i = 0; i < APPENDS; i++) {
                t.file = copy_cases_file(b, bytes, appends[i]);
                t.part_bytes = 0;
                add_all(b, &t, whole, appends[i]);
                t.part_bytes = TAIL_BYTES;
                if (appends[i] == TAIL_OF)
                        add_all(b, &t, tail, appends[i]);
        }
        copy_cases_describe(b, &t, "64 KiB a response, receivers discard");
        return true;
}

static void tell(const struct results *r, FILE *to)
{
        for (int i = 0; i < APPENDS; i++) {
                struct sample s = results_get(r, "mmap-fresh", whole, appends[i], "minor faults");
                if (s.runs > 0 && s.median > 0)
                        fprintf(to,
                                "Appended %d bytes at a time, a fresh mapping takes %.0f page "
                                "faults per GiB: one for each %.0f KiB.\n",
                                appends[i], s.median, (double)(1 << 20) / s.median);
        }
        for (int i = 0; i < APPENDS; i++)
                results_say(r, to, "mmap-fresh", "mmap", whole, appends[i], "cpu");
        results_say(r, to, "read-write", "sendfile", whole, TAIL_OF, "cpu");
        results_say(r, to, "read-write", "sendfile", tail, TAIL_OF, "cpu");
}

const struct experiment experiment_pagecache = {
        .id = "E6",
        .name = "pagecache",
        .question = "Does it matter how the segment came into the page cache?",
        .expected =
                "A fresh mapping took 16,385 faults per GiB (64 KiB each) when the file had "
                "been written by small appends and about 1,040 (1 MiB each) when by large ones; "
                "sendfile did not care. At the tail read-write cost 1.8 times sendfile, on a "
                "whole file 2.5 times.",
        .x_name = "bytes per append",
        .x_log = true,
        .plot = "minor faults",
        .plot_more = "cpu",
        .figures = copy_trial_figures,
        .figure_count = COPY_FIGURES,
        .runs = 3,
        .quick_runs = 2,
        .plan = plan,
        .measure = copy_cases_measure,
        .tell = tell,
        .end = copy_cases_end,
};
