#include "bench/experiment_copy.h"

#include <stdlib.h>
#include <string.h>

#include "bench/copy_broker.h"
#include "bench/scratch.h"
#include "bench/words.h"

enum { KIB = 1 << 10, MIB = 1 << 20 };

/* The state: cases for trials, and the broker. */
struct state {
        struct copy_cases cases; /* first: it is what copy_cases_…() take the state for */
        struct copy_broker broker;
        char settings[COPY_KNOB_VALUES_MAX][24];
};

static void choose_strategies(struct copy_knobs *k)
{
        if (k->strategy_count > 0)
                return;
        int count;
        const struct copy_strategy *const *all = copy_all(&count);
        if (!k->through_broker)
                k->strategies[k->strategy_count++] = NULL;
        for (int i = 0; i < count; i++)
                k->strategies[k->strategy_count++] = all[i];
}

static void choose_sizes(struct copy_knobs *k, bool quick)
{
        static const int64_t sizes[] = {4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB};
        enum { SIZES = sizeof sizes / sizeof *sizes };
        if (k->consumers_count == 0)
                k->consumers[k->consumers_count++] = 1;
        if (k->bytes_count > 0)
                return;
        for (int i = 0; i < SIZES; i += quick ? 2 : 1)
                k->bytes[k->bytes_count++] = sizes[i];
}

static struct copy_knobs knobs_of(const struct bench_options *o)
{
        static const struct copy_knobs none;
        struct copy_knobs k = o->knobs ? *(const struct copy_knobs *)o->knobs : none;
        choose_strategies(&k);
        choose_sizes(&k, o->quick);
        return k;
}

/* Small responses are slow, and cost per response: a run of them may move less. */
static int64_t bytes_of_run(int64_t range, int64_t most)
{
        int64_t bytes = range < 16 * KIB ? most / 4 : range < 64 * KIB ? most / 2 : most;
        return bytes < range ? range : bytes;
}

static void add_cases(struct bench *b, const struct copy_knobs *k, struct copy_trial *t)
{
        struct state *s = b->state;
        int64_t most = t->bytes;
        for (int c = 0; c < k->consumers_count; c++) {
                t->receivers.count = (int)k->consumers[c];
                snprintf(s->settings[c], sizeof s->settings[c], "%d consumer%s", t->receivers.count,
                         t->receivers.count > 1 ? "s" : "");
                for (int n = 0; n < k->bytes_count; n++) {
                        t->range_bytes = (int32_t)k->bytes[n];
                        t->bytes = bytes_of_run(k->bytes[n], most);
                        for (int i = 0; i < k->strategy_count; i++) {
                                t->strategy = k->strategies[i];
                                copy_cases_add(b, s->settings[c], (double)k->bytes[n], t);
                        }
                }
        }
        t->bytes = most;
}

static bool plan(struct bench *b, char *why)
{
        const struct bench_options *o = b->options;
        struct copy_knobs k = knobs_of(o);
        struct state *s = scratch_memory(1, sizeof *s);
        b->state = s;
        if (k.strategy_count * k.bytes_count * k.consumers_count > COPY_CASES_MAX) {
                snprintf(why, CASE_WHY_BYTES, "more than %d cases", COPY_CASES_MAX);
                return false;
        }
        int64_t bytes = (o->quick ? 128 : 512) * (int64_t)MIB;
        struct copy_trial t = {.bytes = bytes,
                               .cold = k.cold,
                               .spread = true,
                               .receivers = {.count = 1,
                                             .kind = k.kind,
                                             .mode = copy_cases_mode(b, BENCH_SAME_CORE)}};
        if (!k.through_broker)
                t.file = copy_cases_file(b, bytes, MIB);
        else if (copy_broker_fill(&s->broker, o, bytes, why))
                t.file = &s->broker.segment;
        else
                return false;
        add_cases(b, &k, &t);
        static const char *const kinds[] = {"discard", "copy", "copy and check"};
        char more[60];
        snprintf(more, sizeof more, "%s; receivers %s%s", k.cold ? "cold" : "hot", kinds[k.kind],
                 k.through_broker ? "; through a broker" : "");
        t.receivers.count = 1;
        copy_cases_describe(b, &t, more);
        return true;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        struct state *s = b->state;
        struct copy_outcome o;
        double all[COPY_FIGURES];
        bool through_broker = s->broker.segment.size > 0;
        if (through_broker ? !copy_broker_run(&s->broker, c->knobs, &o, why)
                           : !copy_trial_run(c->knobs, &o, why))
                return false;
        copy_trial_values(&o, all);
        memcpy(values, all, sizeof *values * COPY_DISK_READ);
        return true;
}

static void tell(const struct results *r, FILE *to)
{
        /* Each setting and size once, in the order of the cases. */
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                bool told = false;
                for (int j = 0; j < i && !told; j++)
                        told = r->cases[j].x == c->x &&
                               strcmp(r->cases[j].setting, c->setting) == 0;
                if (told)
                        continue;
                copy_cases_tell_best(r, to, c->setting, c->x, COPY_CPU);
                copy_cases_tell_best(r, to, c->setting, c->x, COPY_TOTAL_CPU);
                copy_cases_tell_best(r, to, c->setting, c->x, COPY_THROUGHPUT);
        }
}

static void end(struct bench *b)
{
        struct state *s = b->state;
        if (s)
                copy_broker_end(&s->broker);
        copy_cases_end(b);
}

const struct experiment experiment_copy = {
        .id = "copy",
        .name = "copy",
        .question = "What does each way from a file to a consumer cost?",
        .expected = "See E1 (copypath).",
        .x_name = "bytes per response",
        .x_log = true,
        .plot = "throughput",
        .plot_more = "cpu",
        .figures = copy_trial_figures,
        .figure_count = COPY_DISK_READ, /* a broker does not tell of its disk */
        .runs = 3,
        .quick_runs = 3,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};
