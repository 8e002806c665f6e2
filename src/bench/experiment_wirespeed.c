/* E2: when the network is the limit, all strategies are equally fast, and differ in what they leave
 * of the CPU.
 *
 * The link's speed is TCP's own pacing (SO_MAX_PACING_RATE), which needs neither root nor a
 * queueing discipline: the kernel lets each packet wait on a timer. Its cost is in every case's CPU
 * alike. */
#include "bench/copy_trial.h"
#include "bench/experiments.h"
#include "bench/words.h"

enum { MIB = 1 << 20, RANGE_BYTES = 64 << 10, FILE_MIB = 256, QUICK_FILE_MIB = 64 };

static const int64_t gigabit_bytes = 125000000;
static const double run_s = 0.35, quick_run_s = 0.1;

static const int gigabits[] = {1, 4, 8};
enum { SPEEDS = sizeof gigabits / sizeof *gigabits, QUICK_SPEED = 1 };

static const struct copy_strategy *const strategies[] = {NULL, &copy_sendfile, &copy_splice,
                                                         &copy_mmap, &copy_read_write};
enum { STRATEGIES = sizeof strategies / sizeof *strategies };

static bool plan(struct bench *b, char *why)
{
        (void)why;
        bool quick = b->options->quick;
        double seconds = quick ? quick_run_s : run_s;
        copy_cases_begin(b);
        struct copy_trial t = {
                .file = copy_cases_file(b, (quick ? QUICK_FILE_MIB : FILE_MIB) * (int64_t)MIB, MIB),
                .range_bytes = RANGE_BYTES,
                .receivers = {.count = 1,
                              .kind = RECEIVER_DISCARD,
                              .mode = copy_cases_mode(b, BENCH_SAME_CORE)},
        };
        for (int g = quick ? QUICK_SPEED : 0; g < (quick ? QUICK_SPEED + 1 : SPEEDS); g++) {
                t.receivers.bytes_per_second = gigabits[g] * gigabit_bytes;
                double run_mib = (double)t.receivers.bytes_per_second * seconds / MIB;
                t.bytes = (int64_t)run_mib * MIB;
                for (int i = 0; i < STRATEGIES; i++) {
                        t.strategy = strategies[i];
                        copy_cases_add(b, "", gigabits[g], &t);
                }
        }
        copy_cases_describe(b, &t, "64 KiB a response, paced by SO_MAX_PACING_RATE");
        return true;
}

/* Pacing that the kernel accepts and does not do would show here. */
static void tell_speed(const struct results *r, FILE *to, int speed)
{
        struct sample sendfile = results_get(r, "sendfile", "", speed, "throughput");
        struct sample read_write = results_get(r, "read-write", "", speed, "throughput");
        if (sendfile.runs == 0 || read_write.runs == 0)
                return;
        double limit = (double)(speed * gigabit_bytes) / (1 << 30);
        fprintf(to,
                "At %d Gbit/s (%.2f GiB/s) sendfile moves %.2f GiB/s and read-write %.2f: %s.\n",
                speed, limit, sendfile.median, read_write.median,
                read_write.median > 0.9 * sendfile.median && sendfile.median < 1.15 * limit
                        ? "the link is the limit"
                        : "the link is not what limits both");
        results_say(r, to, "read-write", "sendfile", "", speed, "cpu");
        results_say(r, to, "mmap", "sendfile", "", speed, "cpu");
        results_say(r, to, "read-write", "sendfile", "", speed, "total cpu");
}

static void tell(const struct results *r, FILE *to)
{
        for (int g = 0; g < SPEEDS; g++)
                tell_speed(r, to, gigabits[g]);
}

const struct experiment experiment_wirespeed = {
        .id = "E2",
        .name = "wirespeed",
        .question = "What does a strategy save when the network is the limit?",
        .expected = "Throughput was equal; the sender's CPU was as 1 (sendfile) to 3.7 (mmap) to 6 "
                    "(read-write) at 4 Gbit/s.",
        .x_name = "Gbit/s",
        .plot = "cpu",
        .plot_more = "throughput",
        .figures = copy_trial_figures,
        .figure_count = COPY_FIGURES,
        .runs = 3,
        .quick_runs = 2,
        .plan = plan,
        .measure = copy_cases_measure,
        .tell = tell,
        .end = copy_cases_end,
};
