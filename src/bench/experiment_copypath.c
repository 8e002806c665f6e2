/* E1: the strategies against each other on a segment that is in the page cache.
 *
 * The receiver throws the bytes away, so what differs is the sender's work. Sizes of a run follow
 * the range: small ranges are slow, and their cost is per range, not per byte. */
#include <string.h>

#include "bench/copy_trial.h"
#include "bench/crossing.h"
#include "bench/experiments.h"
#include "bench/strawmen.h"

enum { KIB = 1 << 10, MIB = 1 << 20 };

static const char same_core[] = "same core", two_cores[] = "two cores";

struct range {
        int32_t bytes;
        int32_t run_mib;   /* that one run moves */
        int32_t quick_mib; /* 0: not in the quick form */
        bool strawmen, two_cores;
};

static const struct range ranges[] = {
        {4 * KIB, 48, 16, true, false},  {16 * KIB, 96, 0, false, false},
        {64 * KIB, 256, 64, true, true}, {256 * KIB, 384, 0, false, false},
        {MIB, 384, 64, true, true},
};
enum { RANGES = sizeof ranges / sizeof *ranges, FILE_MIB = 384, QUICK_FILE_MIB = 64 };

static void add_range(struct bench *b, struct copy_trial *t, const struct range *range)
{
        bool same = t->receivers.mode == BENCH_SAME_CORE;
        const char *setting = same ? same_core : two_cores;
        int count;
        t->range_bytes = range->bytes;
        t->bytes = (int64_t)(b->options->quick ? range->quick_mib : range->run_mib) * MIB;
        t->strategy = NULL;
        copy_cases_add(b, setting, range->bytes, t);
        const struct copy_strategy *const *all = copy_all(&count);
        for (int i = 0; i < count; i++) {
                t->strategy = all[i];
                copy_cases_add(b, setting, range->bytes, t);
        }
        const struct copy_strategy *const *strawmen = strawmen_all(&count);
        if (!range->strawmen || !same || b->options->quick)
                return;
        for (int i = 0; i < count; i++) {
                t->strategy = strawmen[i];
                copy_cases_add(b, setting, range->bytes, t);
        }
}

static void add_mode(struct bench *b, struct copy_trial *t, enum bench_mode mode)
{
        const struct bench_options *o = b->options;
        t->receivers.mode = mode;
        for (int i = 0; i < RANGES; i++) {
                bool part = mode == BENCH_SAME_CORE || ranges[i].two_cores || o->mode_given;
                if (part && (!o->quick || ranges[i].quick_mib > 0))
                        add_range(b, t, &ranges[i]);
        }
}

static bool plan(struct bench *b, char *why)
{
        (void)why;
        const struct bench_options *o = b->options;
        int64_t file_bytes = (int64_t)(o->quick ? QUICK_FILE_MIB : FILE_MIB) * MIB;
        copy_cases_begin(b);
        struct copy_trial t = {.file = copy_cases_file(b, file_bytes, MIB),
                               .receivers = {.count = 1, .kind = RECEIVER_DISCARD}};
        if (!o->mode_given || o->mode == BENCH_SAME_CORE)
                add_mode(b, &t, BENCH_SAME_CORE);
        if (o->mode_given ? o->mode == BENCH_TWO_CORES : !o->quick)
                add_mode(b, &t, BENCH_TWO_CORES);
        copy_cases_describe(b, &t, "receivers discard");
        return true;
}

/* On one core it is chance which end is charged for passing packets on: there only both together
 * tell. */
static void tell_mode(const struct results *r, FILE *to, const char *setting)
{
        bool together = strcmp(setting, same_core) == 0;
        for (int i = 0; i < RANGES; i++) {
                if (!together)
                        copy_cases_tell_best(r, to, setting, ranges[i].bytes, COPY_CPU);
                copy_cases_tell_best(r, to, setting, ranges[i].bytes, COPY_TOTAL_CPU);
        }
        for (int i = 0; i < RANGES; i++)
                results_say(r, to, "sendfile", "read-write", setting, ranges[i].bytes,
                            "throughput");
        crossing_say(r, to, "sendfile", "read-write", setting, together ? "total cpu" : "cpu");
}

static void tell(const struct results *r, FILE *to)
{
        tell_mode(r, to, same_core);
        tell_mode(r, to, two_cores);
        fprintf(to, "Loopback has no network card: what a card would fetch by DMA is never fetched "
                    "here, and a receiver that discards spares the copy on its side, too.\n");
}

const struct experiment experiment_copypath = {
        .id = "E1",
        .name = "copypath",
        .question = "Which strategy moves a segment that is in the page cache cheapest?",
        .expected =
                "sendfile was cheapest, splice a little behind or in front, then mmap, then "
                "read-write; the gap opened at 16 KiB and grew to 2.5-3.2 times the throughput. "
                "io_uring saved system calls, not copies.",
        .x_name = "bytes per response",
        .x_log = true,
        .plot = "throughput",
        .plot_more = "total cpu",
        .figures = copy_trial_figures,
        .figure_count = COPY_FIGURES,
        .runs = 3,
        .quick_runs = 2,
        .plan = plan,
        .measure = copy_cases_measure,
        .tell = tell,
        .end = copy_cases_end,
};
