/* E10: what is set wrong around a copy can cost more than the copy does. It also costs one way more
 * than the other, so whoever compares two ways under a wrong setting has measured the setting.
 *
 * Each trap differs from the right setting in one thing. Those of sockets are set by receivers.h,
 * those of a server's answers by responder.h. */
#include <string.h>

#include "bench/copy_trial.h"
#include "bench/experiments.h"
#include "bench/responder.h"

enum { KIB = 1 << 10, MIB = 1 << 20, RANGE_BYTES = 64 * KIB, ANSWER_BYTES = 4 * KIB };
enum { FILE_MIB = 64, QUICK_PART = 4, PHASE_MS = 100, PHASE_MS_QUICK = 25 };

static const char right[] = "right setting";
static const char answers[] = "answers of 4 KiB";
static const char same_core[] = "same core", two_cores[] = "two cores";

enum { THROUGHPUT, CPU, SYSCALLS };

static const struct figure figures[] = {
        [THROUGHPUT] = {"throughput", "GiB/s", FIGURE_MORE, 3},
        [CPU] = {"cpu", "ms/GiB", FIGURE_LESS, 0},
        [SYSCALLS] = {"syscalls", "per GiB", FIGURE_LESS, 0},
};

/* The smallest buffer sends so little at a time that a run of the usual length would take
 * seconds. */
static const struct {
        const char *name;
        int run_mib;
        struct receivers_config set;
} socket_traps[] = {
        {right, 256, {.count = 0}},
        {"bbr", 128, {.congestion = "bbr"}},
        {"cubic", 256, {.congestion = "cubic"}},
        {"16 KiB send buffer", 4, {.send_buffer_bytes = 16 * KIB}},
        {"100 KiB send buffer", 256, {.send_buffer_bytes = 102400}}, /* Kafka's default */
        {"1 MiB send buffer", 256, {.send_buffer_bytes = MIB}},
        {"woken for each segment", 256, {.wake_each_segment = true}},
};
enum { SOCKET_TRAPS = sizeof socket_traps / sizeof *socket_traps };

static const struct copy_strategy *const strategies[] = {&copy_sendfile, &copy_read_write};
enum { STRATEGIES = sizeof strategies / sizeof *strategies };

static const struct answer_trap {
        const char *name;
        enum responder_way way;
        int depth;
} answer_traps[] = {
        {right, RESPOND_SENDFILE_MORE, 16},
        {"no msg_more", RESPOND_SENDFILE_NAIVE, 16},
        {"one request at a time", RESPOND_SENDFILE_MORE, 1},
};
enum { ANSWER_TRAPS = sizeof answer_traps / sizeof *answer_traps };

/* --- the cases --- */

static enum bench_mode mode_of(const struct bench *b)
{
        return copy_cases_mode(b, BENCH_TWO_CORES);
}

/* Here the series is the trap, and the strategy what it is set for. */
static void add(struct bench *b, const char *trap, int run_mib, struct copy_trial t)
{
        t.bytes = (int64_t)run_mib * MIB / (b->options->quick ? QUICK_PART : 1);
        for (int i = 0; i < STRATEGIES; i++) {
                t.strategy = strategies[i];
                struct bench_case *c = copy_cases_add(b, t.strategy->name, 0, &t);
                c->series = trap;
                c->reference = trap == right && t.strategy == &copy_sendfile;
        }
}

static bool plan(struct bench *b, char *why)
{
        (void)why;
        copy_cases_begin(b);
        struct copy_trial t = {.file = copy_cases_file(b, (int64_t)FILE_MIB * MIB, MIB),
                               .range_bytes = RANGE_BYTES};
        for (int i = 0; i < SOCKET_TRAPS; i++) {
                t.receivers = socket_traps[i].set;
                t.receivers.count = 1;
                t.receivers.mode = mode_of(b);
                add(b, socket_traps[i].name, socket_traps[i].run_mib, t);
        }
        bool together = mode_of(b) == BENCH_SAME_CORE;
        t.receivers = (struct receivers_config){
                .count = 1, .mode = together ? BENCH_TWO_CORES : BENCH_SAME_CORE};
        add(b, together ? two_cores : same_core, socket_traps[0].run_mib, t);
        for (int i = 0; i < ANSWER_TRAPS; i++)
                bench_add(b, answer_traps[i].name, answers, 0)->knobs = &answer_traps[i];
        t.receivers.mode = mode_of(b);
        t.bytes = (int64_t)socket_traps[0].run_mib * MIB / (b->options->quick ? QUICK_PART : 1);
        copy_cases_describe(b, &t, "64 KiB a response; answers: 16 on their way");
        return true;
}

static bool measure_answers(struct bench *b, const struct answer_trap *trap, double *values,
                            char *why)
{
        struct copy_cases *own = b->state;
        const struct copy_trial hot = {.strategy = &copy_sendfile, .file = &own->files[0]};
        const struct responder_load load = {
                .way = trap->way,
                .range_bytes = ANSWER_BYTES,
                .ranges = 1,
                .depth = trap->depth,
                .mode = mode_of(b),
                .seconds = (b->options->quick ? PHASE_MS_QUICK : PHASE_MS) * 1e-3,
        };
        struct responder responder;
        struct responder_report report;
        if (!copy_trial_prepare(&hot, why))
                return false;
        responder_init(&responder, hot.file);
        bool measured = responder_run(&responder, &load, &report, why);
        responder_deinit(&responder);
        if (!measured)
                return false;
        double moved = (double)report.answers * ANSWER_BYTES / (1 << 30);
        values[THROUGHPUT] = moved / report.wall_s;
        values[CPU] = report.cpu_s * 1e3 / moved;
        values[SYSCALLS] = report.syscalls_per_range * (double)report.answers / moved;
        return true;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        if (strcmp(c->setting, answers) == 0)
                return measure_answers(b, c->knobs, values, why);
        double all[COPY_FIGURES];
        if (!copy_cases_measure(b, c, all, why))
                return false;
        values[THROUGHPUT] = all[COPY_THROUGHPUT];
        values[CPU] = all[COPY_CPU];
        values[SYSCALLS] = all[COPY_SYSCALLS];
        return true;
}

/* --- in words --- */

static const char *unless_apart(const struct sample *a, const struct sample *b)
{
        return sample_compare(a, b) == SAMPLE_NO_DIFFERENCE ? " (no difference seen)" : "";
}

/* What the trap does to each way, and to the comparison of the two. */
static void tell_trap(const struct results *r, FILE *to, const char *trap)
{
        if (!results_case(r, trap, strategies[0]->name, 0))
                return;
        const char *figure = figures[THROUGHPUT].name;
        struct sample wrong[STRATEGIES], sound[STRATEGIES];
        for (int i = 0; i < STRATEGIES; i++) {
                const char *strategy = strategies[i]->name;
                results_say(r, to, trap, right, strategy, 0, figure);
                wrong[i] = results_get(r, trap, strategy, 0, figure);
                sound[i] = results_get(r, right, strategy, 0, figure);
                if (wrong[i].runs == 0 || sound[i].runs == 0) {
                        fprintf(to, "%s: not measured here, see what was skipped.\n", trap);
                        return;
                }
        }
        fprintf(to,
                "%s: %s moves %.2f times what %s moves%s; with the right setting %.2f times%s.\n",
                trap, strategies[0]->name, sample_ratio(&wrong[0], &wrong[1]), strategies[1]->name,
                unless_apart(&wrong[0], &wrong[1]), sample_ratio(&sound[0], &sound[1]),
                unless_apart(&sound[0], &sound[1]));
}

static void tell(const struct results *r, FILE *to)
{
        for (int i = 1; i < SOCKET_TRAPS; i++)
                tell_trap(r, to, socket_traps[i].name);
        tell_trap(r, to, same_core);
        tell_trap(r, to, two_cores);
        for (int i = 1; i < ANSWER_TRAPS; i++) {
                results_say(r, to, answer_traps[i].name, right, answers, 0,
                            figures[THROUGHPUT].name);
                results_say(r, to, answer_traps[i].name, right, answers, 0, figures[CPU].name);
        }
        fprintf(to, "The right setting: reno, the kernel's own send buffer, a receiver that is "
                    "woken for "
                    "256 KiB; for answers MSG_MORE on each header and 16 requests on their way.\n");
}

const struct experiment experiment_traps = {
        .id = "E10",
        .name = "traps",
        .question = "How can a measurement of copies fool its author?",
        .expected = "On an Intel Xeon BBR paced loopback down to a third or a tenth, and made "
                    "sendfile look slower than read-write; a send buffer of 100 KiB left sendfile "
                    "two fifths, one of 16 KiB nearly nothing; waking another core cost 30 us each "
                    "time, and without MSG_MORE an answer cost half as much again. A trap that "
                    "does nothing here may do much elsewhere.",
        .plot = "throughput",
        .plot_more = "cpu",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 5,
        .quick_runs = 2,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = copy_cases_end,
};
