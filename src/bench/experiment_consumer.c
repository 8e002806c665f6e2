/* E3: what the consumer does with the bytes decides what a copy saved on the sender's side is
 * worth.
 */
#include "bench/copy_trial.h"
#include "bench/experiments.h"
#include "bench/strawmen.h"

enum { MIB = 1 << 20, RANGE_BYTES = 64 << 10 };

static const struct {
        enum receiver_kind kind;
        const char *setting;
} kinds[] = {
        {RECEIVER_DISCARD, "discard"},
        {RECEIVER_COPY, "copy"},
        {RECEIVER_CRC, "copy and check"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const struct copy_strategy *const strategies[] = {
        NULL,           &copy_sendfile, &copy_splice, &copy_mmap, &copy_read_write,
        &copy_zerocopy, &strawman_hot};
enum { STRATEGIES = sizeof strategies / sizeof *strategies, QUICK_STRATEGIES = 5 };

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
                .receivers = {.count = 1, .mode = copy_cases_mode(b, BENCH_TWO_CORES)},
        };
        for (int k = 0; k < KINDS; k++) {
                t.receivers.kind = kinds[k].kind;
                for (int i = 0; i < (quick ? QUICK_STRATEGIES : STRATEGIES); i++) {
                        t.strategy = strategies[i];
                        copy_cases_add(b, kinds[k].setting, 0, &t);
                }
        }
        copy_cases_describe(b, &t, "64 KiB a response");
        return true;
}

/* Both sides' CPU of both strategies, for one kind of consumer. */
static void tell_kind(const struct results *r, FILE *to, const char *setting)
{
        struct sample sender[2], receiver[2];
        static const char *const names[] = {"sendfile", "read-write"};
        for (int i = 0; i < 2; i++) {
                sender[i] = results_get(r, names[i], setting, 0, "cpu");
                receiver[i] = results_get(r, names[i], setting, 0, "receiver cpu");
                if (sender[i].runs == 0)
                        return;
        }
        fprintf(to,
                "Consumers that %s: with sendfile the sender spends %.0f and the receiver %.0f "
                "ms/GiB "
                "(together %.0f), with read-write %.0f and %.0f (together %.0f).\n",
                setting, sender[0].median, receiver[0].median,
                sender[0].median + receiver[0].median, sender[1].median, receiver[1].median,
                sender[1].median + receiver[1].median);
        results_say(r, to, "sendfile", "read-write", setting, 0, "throughput");
}

static void tell(const struct results *r, FILE *to)
{
        for (int k = 0; k < KINDS; k++)
                tell_kind(r, to, kinds[k].setting);
        results_say(r, to, "sendfile", "read-write", "copy and check", 0, "receiver cpu");
        results_say(r, to, "sendfile", "read-write", "copy and check", 0, "total cpu");
        fprintf(to, "Bytes passed on by reference are touched for the first time by whoever reads "
                    "them: where a receiver spends more with sendfile, that is why.\n");
}

const struct experiment experiment_consumer = {
        .id = "E3",
        .name = "consumer",
        .question =
                "Where did the copy go: what does the consumer pay for a sender without copies?",
        .expected = "With sendfile the sender's CPU fell up to 6 times and the receiver's grew by "
                    "17-34 %. With a consumer that checked, read-write and mmap were faster, "
                    "because two cores shared the work; the sum of CPU was still smallest with "
                    "sendfile.",
        .plot = "cpu",
        .plot_more = "receiver cpu",
        .figures = copy_trial_figures,
        .figure_count = COPY_FIGURES,
        .runs = 5,
        .quick_runs = 2,
        .plan = plan,
        .measure = copy_cases_measure,
        .tell = tell,
        .end = copy_cases_end,
};
