/* E7: a segment that is not in the page cache. Before each run the kernel is asked to drop it and
 * mincore says that it did. Under a virtual machine the host may hold it all the same. */
#include "bench/copy_trial.h"
#include "bench/experiments.h"
#include "bench/words.h"

enum { KIB = 1 << 10, MIB = 1 << 20 };

static const int32_t ranges[] = {64 * KIB, MIB};
enum { RANGES = sizeof ranges / sizeof *ranges };

static const struct copy_strategy *const strategies[] = {
        NULL, &copy_sendfile, &copy_splice, &copy_mmap, &copy_read_write, &copy_io_uring};
enum { STRATEGIES = sizeof strategies / sizeof *strategies };

static bool plan(struct bench *b, char *why)
{
        (void)why;
        bool quick = b->options->quick;
        int64_t bytes = (quick ? 64 : 256) * (int64_t)MIB;
        char read_ahead[60];
        copy_cases_begin(b);
        struct copy_trial t = {
                .file = copy_cases_file(b, bytes, MIB),
                .bytes = bytes,
                .cold = true,
                .receivers = {.count = 1,
                              .kind = RECEIVER_DISCARD,
                              .mode = copy_cases_mode(b, BENCH_TWO_CORES)},
        };
        for (int n = quick ? 1 : 0; n < RANGES; n++) {
                t.range_bytes = ranges[n];
                for (int i = 0; i < STRATEGIES; i++) {
                        t.strategy = strategies[i];
                        copy_cases_add(b, "", ranges[n], &t);
                }
        }
        snprintf(read_ahead, sizeof read_ahead, "cold, read-ahead %lld KiB, receivers discard",
                 (long long)b->results->machine.read_ahead_kib);
        copy_cases_describe(b, &t, read_ahead);
        return true;
}

static void tell(const struct results *r, FILE *to)
{
        for (int n = 0; n < RANGES; n++) {
                struct sample mmap = results_get(r, "mmap", "", ranges[n], "major faults");
                copy_cases_tell_best(r, to, "", ranges[n], COPY_THROUGHPUT);
                results_say(r, to, "sendfile", "read-write", "", ranges[n], "throughput");
                results_say(r, to, "sendfile", "read-write", "", ranges[n], "cpu");
                if (mmap.runs > 0 && mmap.median > 0)
                        fprintf(to,
                                "mmap waits for the disk in page faults: %.0f major ones per GiB, "
                                "one for each %.0f KiB.\n",
                                mmap.median, (double)(1 << 20) / mmap.median);
        }
        fprintf(to, "Whoever sends waits for the disk inside the call, whatever the strategy; the "
                    "experiment neighbour shows what that does to the others.\n");
}

const struct experiment experiment_cold = {
        .id = "E7",
        .name = "cold",
        .question = "What remains of the differences when the segment comes from the disk?",
        .expected = "All were near what the disk gave; the ranges overlapped. Read-ahead kept "
                    "mmap's major faults at some hundred per GiB.",
        .x_name = "bytes per response",
        .x_log = true,
        .plot = "throughput",
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
