/* Rounds, in each of which every case is measured once, in an order of its own. */
#include "bench/experiment.h"
#include "bench/usage.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Others may take so much of what we took, or could have taken with one CPU. */
static const double FOREIGN_MAX = 0.15;
enum { REPEATS_PER_RUN = 2, REPEATS_AT_LEAST = 2 };

struct runner {
        const struct experiment *experiment;
        struct bench bench;
        int rounds;
        int repeats_left; /* in all, so that a machine that is never quiet comes to an end, too */
        uint64_t random;  /* an order that can be had again */
        double *shares;   /* foreign share of each run that counts */
        int share_count;
};

/* A copy that lives as long as the results: an experiment's own names end with its state. */
static const char *keep(struct results *r, const char *name)
{
        for (int i = 0; i < r->name_count; i++) {
                if (strcmp(r->names[i], name) == 0)
                        return r->names[i];
        }
        r->names = realloc(r->names, (size_t)(r->name_count + 1) * sizeof *r->names);
        char *copy = strdup(name);
        if (!r->names || !copy)
                abort();
        return r->names[r->name_count++] = copy;
}

struct bench_case *bench_add(struct bench *b, const char *series, const char *setting, double x)
{
        struct results *r = b->results;
        size_t count = (size_t)r->case_count + 1;
        r->cases = realloc(r->cases, count * sizeof *r->cases);
        if (!r->cases)
                abort();
        r->case_count++;
        struct bench_case *c = &r->cases[count - 1];
        *c = (struct bench_case){.series = keep(r, series), .setting = keep(r, setting), .x = x};
        return c;
}

void bench_charge(struct bench *b, double cpu_s)
{
        b->others_cpu_s += cpu_s;
}

/* --- one run --- */

static double cpu_of(int who)
{
        struct rusage r;
        getrusage(who, &r);
        struct usage u = usage_from(&r);
        return u.user_s + u.system_s;
}

static double own_cpu_s(const struct runner *n)
{
        return cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN) + n->bench.others_cpu_s;
}

static bool interrupted(const struct bench_options *o)
{
        return o->interrupted && o->interrupted();
}

struct attempt {
        double values[FIGURES_MAX];
        double foreign_share;
        bool disturbed;
};

/* False: the case cannot be had here; it says so from now on. */
static bool try_once(struct runner *n, struct bench_case *c, struct attempt *a)
{
        char why[CASE_WHY_BYTES] = "";
        *a = (struct attempt){0};
        n->bench.others_cpu_s = 0;
        struct machine_load start = machine_load_now();
        double start_s = usage_clock_s(), before_s = own_cpu_s(n);
        bool works = n->experiment->measure(&n->bench, c, a->values, why);
        double own_s = own_cpu_s(n) - before_s, wall_s = usage_clock_s() - start_s;
        a->foreign_share = machine_foreign_share(&start, own_s);
        double foreign_s = a->foreign_share * (machine_load_now().wall_s - start.wall_s);
        a->disturbed = foreign_s > FOREIGN_MAX * (own_s > wall_s ? own_s : wall_s);
        machine_pin(-1);
        for (int i = 0; works && i < n->experiment->figure_count; i++) {
                works = isfinite(a->values[i]);
                if (!works)
                        snprintf(why, sizeof why, "its %s came out as no number",
                                 n->experiment->figures[i].name);
        }
        if (works)
                return true;
        snprintf(c->skipped, sizeof c->skipped, "%s", *why ? why : "not to be had here");
        c->runs = c->disturbed = 0;
        return false;
}

/* Of a run that is disturbed again and again, the quietest attempt counts. */
static void measure(struct runner *n, struct bench_case *c)
{
        struct attempt best, next;
        if (!try_once(n, c, &best))
                return;
        for (int i = 0; i < REPEATS_PER_RUN && best.disturbed && n->repeats_left > 0; i++) {
                if (interrupted(n->bench.options))
                        break;
                n->repeats_left--;
                if (!try_once(n, c, &next))
                        return;
                if (next.foreign_share < best.foreign_share)
                        best = next;
        }
        memcpy(c->values[c->runs], best.values, sizeof best.values);
        c->disturbed_run[c->runs++] = best.disturbed;
        c->disturbed += best.disturbed;
        n->shares[n->share_count++] = best.foreign_share;
}

/* --- all of them --- */

/* xorshift64* */
static uint64_t random_below(struct runner *n, uint64_t bound)
{
        n->random ^= n->random >> 12;
        n->random ^= n->random << 25;
        n->random ^= n->random >> 27;
        return (n->random * 0x2545f4914f6cdd1du >> 32) % bound;
}

static void shuffle(struct runner *n, int *order, int count)
{
        for (int i = count - 1; i > 0; i--) {
                int other = (int)random_below(n, (uint64_t)i + 1), kept = order[i];
                order[i] = order[other];
                order[other] = kept;
        }
}

static struct bench_case *yardstick(const struct results *r)
{
        for (int i = 0; i < r->case_count; i++) {
                if (r->cases[i].reference)
                        return &r->cases[i];
        }
        return &r->cases[0];
}

static void run_round(struct runner *n, int *order)
{
        struct results *r = n->bench.results;
        for (int i = 0; i < r->case_count && !interrupted(n->bench.options); i++) {
                struct bench_case *c = &r->cases[order[i]];
                if (!*c->skipped)
                        measure(n, c);
        }
}

static void run_rounds(struct runner *n)
{
        struct results *r = n->bench.results;
        int *order = malloc((size_t)r->case_count * sizeof *order);
        n->shares = malloc((size_t)(r->case_count * n->rounds) * sizeof *n->shares);
        if (!order || !n->shares)
                abort();
        for (int i = 0; i < r->case_count; i++)
                order[i] = i;
        struct attempt unmeasured;
        try_once(n, yardstick(r), &unmeasured);
        for (int round = 0; round < n->rounds && !interrupted(n->bench.options); round++) {
                if (n->bench.options->progress)
                        fprintf(n->bench.options->progress, "%s %s: round %d of %d, %d cases\n",
                                n->experiment->id, n->experiment->name, round + 1, n->rounds,
                                r->case_count);
                shuffle(n, order, r->case_count);
                run_round(n, order);
        }
        r->foreign_share = sample_of(n->shares, n->share_count).median;
        free(n->shares);
        free(order);
}

static int rounds_of(const struct experiment *e, const struct bench_options *o)
{
        int runs = o->runs > 0 ? o->runs : o->quick ? e->quick_runs : e->runs;
        return runs < CASE_RUNS_MAX ? runs : CASE_RUNS_MAX;
}

bool experiment_run(const struct experiment *e, const struct bench_options *o, struct results *r,
                    char why[CASE_WHY_BYTES])
{
        assert(e->figure_count <= FIGURES_MAX);
        *r = (struct results){.experiment = e};
        *why = '\0';
        machine_look(&r->machine, o->scratch);
        struct runner n = {.experiment = e,
                           .bench = {.options = o, .results = r},
                           .rounds = rounds_of(e, o),
                           .random = 0x0dd0ade4};
        bool planned = e->plan(&n.bench, why);
        if (planned && r->case_count > 0) {
                n.repeats_left = r->case_count * n.rounds / 3 + REPEATS_AT_LEAST;
                run_rounds(&n);
        }
        if (e->end)
                e->end(&n.bench);
        if (!planned)
                results_deinit(r);
        return planned;
}
