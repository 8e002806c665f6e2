/* E4: several consumers of one segment: those that catch up, each somewhere else in the file, and
 * those at its tail, all at the same newest megabyte. */
#include "bench/copy_trial.h"
#include "bench/experiments.h"
#include "bench/strawmen.h"
#include "bench/words.h"

enum { MIB = 1 << 20, RANGE_BYTES = 64 << 10, TAIL_BYTES = MIB };

static const char catch_up[] = "catch-up", tail[] = "tail";

static const int consumers[] = {1, 4, 16, 64};
enum { MANY = 16, MANY_TIMES = 4 };
enum { COUNTS = sizeof consumers / sizeof *consumers, QUICK_COUNTS = 3 };

static const struct copy_strategy *const strategies[] = {NULL, &copy_sendfile, &copy_mmap,
                                                         &copy_read_write};
enum { STRATEGIES = sizeof strategies / sizeof *strategies };

static bool plan(struct bench *b, char *why)
{
        (void)why;
        bool quick = b->options->quick;
        int64_t bytes = (int64_t)(quick ? 64 : 384) * MIB;
        copy_cases_begin(b);
        struct copy_trial t = {
                .file = copy_cases_file(b, bytes, MIB),
                .range_bytes = RANGE_BYTES,
                .bytes = bytes,
                .receivers = {.kind = RECEIVER_DISCARD,
                              .mode = copy_cases_mode(b, BENCH_SAME_CORE)},
        };
        for (int at_tail = 0; at_tail < 2; at_tail++) {
                t.part_bytes = at_tail ? TAIL_BYTES : 0;
                t.spread = !at_tail;
                for (int c = 0; c < (quick ? QUICK_COUNTS : COUNTS); c++) {
                        t.receivers.count = consumers[c];
                        /* Else the share of each would be the first, slow megabytes of a
                         * connection. */
                        t.bytes = bytes * (consumers[c] < MANY ? 1 : MANY_TIMES);
                        for (int i = 0; i < STRATEGIES; i++) {
                                t.strategy = strategies[i];
                                copy_cases_add(b, at_tail ? tail : catch_up, consumers[c], &t);
                        }
                }
        }
        t.receivers.count = 1;
        copy_cases_describe(b, &t, "64 KiB a response, receivers discard");
        return true;
}

static void tell_strategy(const struct results *r, FILE *to, const char *series,
                          const char *setting)
{
        struct sample one = results_get(r, series, setting, 1, "throughput");
        struct sample cpu_of_one = results_get(r, series, setting, 1, "total cpu");
        char of_one[WORDS_BYTES], of_many[WORDS_BYTES];
        for (int c = COUNTS; c-- > 1;) {
                struct sample many = results_get(r, series, setting, consumers[c], "throughput");
                if (one.runs == 0 || many.runs == 0)
                        continue;
                struct sample cpu = results_get(r, series, setting, consumers[c], "total cpu");
                bool differ = sample_compare(&one, &many) != SAMPLE_NO_DIFFERENCE;
                fprintf(to,
                        "%s, %s: %d consumers together get %.2f of what one gets (%s GiB/s, "
                        "%s)%s; a GiB costs %.0f ms of CPU, and %.0f for one.\n",
                        series, setting, consumers[c], sample_ratio(&many, &one),
                        words_sample(&many, 2, of_many), words_sample(&one, 2, of_one),
                        differ ? "" : "; no difference seen", cpu.median, cpu_of_one.median);
                return;
        }
}

static void tell(const struct results *r, FILE *to)
{
        double read = 0;
        for (int i = 1; i < STRATEGIES; i++) {
                tell_strategy(r, to, strategies[i]->name, catch_up);
                tell_strategy(r, to, strategies[i]->name, tail);
        }
        for (int i = 0; i < r->case_count; i++) {
                struct sample s = results_sample(r, &r->cases[i], COPY_DISK_READ);
                read = s.max > read ? s.max : read;
        }
        if (read == 0)
                fprintf(to, "No run made the disk read: all consumers share the page cache.\n");
        else
                fprintf(to,
                        "The disk was read, up to %.2f GiB per GiB sent: the page cache did not "
                        "hold the file.\n",
                        read);
}

const struct experiment experiment_fanout = {
        .id = "E4",
        .name = "fanout",
        .question = "What do more consumers of the same segment cost?",
        .expected = "CPU per GiB stayed the same from 1 to 64 consumers, and the disk was never "
                    "read: what sendfile saved was saved once for each consumer.",
        .x_name = "consumers",
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
