/* E9: does the kernel do what MSG_ZEROCOPY and io_uring's SEND_ZC ask for?
 *
 * Each such send is answered later by a report, and the report says whether the bytes were copied
 * after all. They are wherever the receiver is on this machine: it could keep the sender's pages
 * for as long as it liked. So there is nothing to win here, only a flag to read and a price to see;
 * winning takes a network card that fetches the pages itself. */
#include <string.h>

#include "bench/copy_trial.h"
#include "bench/experiments.h"
#include "bench/veth.h"
#include "bench/words.h"

enum { KIB = 1 << 10, MIB = 1 << 20 };

static const char loopback[] = "loopback", veth[] = "veth";

enum { THROUGHPUT, CPU, SYSCALLS, ASKED, COPIED };

static const struct figure figures[] = {
        [THROUGHPUT] = {"throughput", "GiB/s", FIGURE_MORE, 2},
        [CPU] = {"cpu", "ms/GiB", FIGURE_LESS, 0},
        [SYSCALLS] = {"syscalls", "per GiB", FIGURE_LESS, 0},
        [ASKED] = {"sends without copy", "asked per GiB", FIGURE_NEITHER, 0},
        [COPIED] = {"copied", "% of these", FIGURE_LESS, 0},
};

/* Each pair takes its bytes from the same place. */
static const struct copy_strategy *const strategies[] = {NULL, &copy_mmap, &copy_zerocopy,
                                                         &copy_io_uring, &copy_io_uring_zerocopy};
enum { STRATEGIES = sizeof strategies / sizeof *strategies };

static const struct {
        int32_t bytes;
        int32_t run_mib, quick_mib; /* that one run moves */
} ranges[] = {{4 * KIB, 48, 0}, {64 * KIB, 256, 64}, {MIB, 256, 64}};
enum { RANGES = sizeof ranges / sizeof *ranges };

static bool plan(struct bench *b, char *why)
{
        (void)why;
        bool quick = b->options->quick;
        copy_cases_begin(b);
        struct copy_trial t = {
                .file = copy_cases_file(b, (quick ? 64 : 256) * (int64_t)MIB, MIB),
                .receivers = {.count = 1,
                              .kind = RECEIVER_DISCARD,
                              .mode = copy_cases_mode(b, BENCH_SAME_CORE)},
        };
        for (int n = 0; n < RANGES; n++) {
                int32_t mib = quick ? ranges[n].quick_mib : ranges[n].run_mib;
                if (mib == 0)
                        continue;
                t.range_bytes = ranges[n].bytes;
                t.bytes = (int64_t)mib * MIB;
                for (int i = 0; i < STRATEGIES; i++) {
                        t.strategy = strategies[i];
                        copy_cases_add(b, loopback, ranges[n].bytes, &t);
                        if (t.strategy)
                                copy_cases_add(b, veth, ranges[n].bytes, &t);
                }
        }
        copy_cases_describe(b, &t, "receivers discard");
        return true;
}

/* As copy_trial_run() does it, but to the other namespace. */
static bool run_over_veth(const struct copy_trial *t, struct copy_outcome *o, char *why)
{
        struct veth v;
        if (!copy_trial_prepare(t, why) || !veth_open(&v, why))
                return false;
        struct sender_config config = {.strategy = t->strategy, .range_bytes = t->range_bytes};
        struct sender_stream stream = {.socket = v.socket,
                                       .source = &t->file->source,
                                       .part_bytes = t->file->size,
                                       .bytes = t->bytes};
        struct copy_lane lane = {0};
        *o = (struct copy_outcome){0};
        struct usage start = usage_now();
        bool sent = bench_sender_run(&config, &lane, &stream, 1, &o->counts, why);
        struct usage end = usage_now();
        o->sender = usage_between(&start, &end);
        if (sent)
                bench_sender_settle(t->strategy, &lane, &stream, 1);
        o->seconds = usage_clock_s() - start.wall_s;
        bench_sender_read_counts(&lane, &o->counts);
        copy_lane_deinit(&lane);
        veth_close(&v);
        return sent;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        (void)b;
        struct copy_outcome o;
        double all[COPY_FIGURES];
        bool over_veth = strcmp(c->setting, veth) == 0;
        if (over_veth ? !run_over_veth(c->knobs, &o, why) : !copy_trial_run(c->knobs, &o, why))
                return false;
        copy_trial_values(&o, all);
        double sends = (double)o.counts.zerocopy_sends;
        values[THROUGHPUT] = all[COPY_THROUGHPUT];
        values[CPU] = all[COPY_CPU];
        values[SYSCALLS] = all[COPY_SYSCALLS];
        values[ASKED] = sends / ((double)o.counts.file_bytes / (1 << 30));
        values[COPIED] = sends > 0 ? 100 * (double)o.counts.zerocopy_copied / sends : 0;
        return true;
}

static void tell_copied(const struct results *r, FILE *to, const char *series, const char *setting,
                        double x)
{
        char at[WORDS_BYTES];
        struct sample asked = results_get(r, series, setting, x, figures[ASKED].name);
        struct sample copied = results_get(r, series, setting, x, figures[COPIED].name);
        if (asked.runs == 0)
                return;
        words_size(x, at);
        if (asked.max == 0)
                fprintf(to, "%s over %s, %s: no send was reported on.\n", series, setting, at);
        else
                fprintf(to,
                        "%s over %s, %s: the kernel copied %.0f %% of the sends that asked it not "
                        "to.\n",
                        series, setting, at, copied.median);
}

static void tell(const struct results *r, FILE *to)
{
        static const char *const settings[] = {loopback, veth};
        for (int s = 0; s < 2; s++) {
                for (int n = 0; n < RANGES; n++) {
                        double x = ranges[n].bytes;
                        tell_copied(r, to, "zerocopy", settings[s], x);
                        results_say(r, to, "zerocopy", "mmap", settings[s], x, "cpu");
                        tell_copied(r, to, "io-uring-zerocopy", settings[s], x);
                        results_say(r, to, "io-uring-zerocopy", "io-uring", settings[s], x, "cpu");
                }
        }
}

const struct experiment experiment_zerocopy = {
        .id = "E9",
        .name = "zerocopy",
        .question = "Did MSG_ZEROCOPY and SEND_ZC spare the copy?",
        .expected = "They did not: every report on loopback and on veth said that the kernel had "
                    "copied, and the sends cost more than plain ones.",
        .x_name = "bytes per response",
        .x_log = true,
        .plot = "cpu",
        .plot_more = "copied",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 3,
        .quick_runs = 2,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = copy_cases_end,
};
