#include "bench/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/experiment.h"
#include "bench/words.h"

void results_deinit(struct results *r)
{
        free(r->cases);
        for (int i = 0; i < r->name_count; i++)
                free(r->names[i]);
        free(r->names);
        *r = (struct results){0};
}

struct sample results_sample(const struct results *r, const struct bench_case *c, int figure)
{
        double values[CASE_RUNS_MAX];
        (void)r;
        for (int i = 0; i < c->runs; i++)
                values[i] = c->values[i][figure];
        return sample_of(values, c->runs);
}

const struct bench_case *results_case(const struct results *r, const char *series,
                                      const char *setting, double x)
{
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                if (strcmp(c->series, series) == 0 && c->x == x &&
                    (!setting || strcmp(c->setting, setting) == 0))
                        return c;
        }
        return NULL;
}

int results_figure(const struct results *r, const char *name)
{
        for (int i = 0; i < r->experiment->figure_count; i++) {
                if (strcmp(r->experiment->figures[i].name, name) == 0)
                        return i;
        }
        return -1;
}

struct sample results_get(const struct results *r, const char *series, const char *setting,
                          double x, const char *figure)
{
        const struct bench_case *c = results_case(r, series, setting, x);
        int column = results_figure(r, figure);
        return c && column >= 0 ? results_sample(r, c, column) : (struct sample){0};
}

struct noise {
        double variation; /* the largest one of a reference */
        int runs, disturbed;
};

static struct noise noise_of(const struct results *r)
{
        const struct experiment *e = r->experiment;
        int column = e->plot ? results_figure(r, e->plot) : 0;
        struct noise n = {0};
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                n.runs += c->runs;
                n.disturbed += c->disturbed;
                if (c->reference && column >= 0)
                        n.variation = fmax(n.variation, results_sample(r, c, column).variation);
        }
        return n;
}

static bool reference_varies(const struct noise *n)
{
        return n->variation > 0.1;
}

static bool others_disturb(const struct noise *n)
{
        return 4 * n->disturbed > n->runs;
}

bool results_are_noisy(const struct results *r)
{
        struct noise n = noise_of(r);
        return reference_varies(&n) || others_disturb(&n);
}

const char *results_noise(const struct results *r, char *text)
{
        struct noise n = noise_of(r);
        int used = 0;
        *text = '\0';
        if (others_disturb(&n))
                used = snprintf(text, NOISE_BYTES,
                                "others disturbed %d of %d runs (in the median run they "
                                "took %.0f %% of the CPU time)",
                                n.disturbed, n.runs, 100 * r->foreign_share);
        if (reference_varies(&n))
                snprintf(text + used, (size_t)(NOISE_BYTES - used),
                         "%sthe reference varied by %.0f %% from run to run", used ? ", and " : "",
                         100 * n.variation);
        return text;
}

/* --- in words --- */

static void say_where(const struct results *r, FILE *to, const char *setting, double x)
{
        char text[WORDS_BYTES];
        const char *axis = r->experiment->x_name;
        if (axis && strncmp(axis, "bytes", 5) == 0)
                fprintf(to, "At %s%s: ", words_x(r->experiment, x, text), axis + 5);
        else if (axis)
                fprintf(to, "At %s %s: ", words_x(r->experiment, x, text), axis);
        if (setting && *setting)
                fprintf(to, "%s: ", setting);
}

void results_say(const struct results *r, FILE *to, const char *a, const char *b,
                 const char *setting, double x, const char *figure)
{
        struct sample first = results_get(r, a, setting, x, figure);
        struct sample second = results_get(r, b, setting, x, figure);
        if (first.runs == 0 || second.runs == 0)
                return;
        const struct figure *f = &r->experiment->figures[results_figure(r, figure)];
        char one[WORDS_BYTES], two[WORDS_BYTES], times[WORDS_BYTES];
        words_number(first.median, f->decimals, one);
        words_number(second.median, f->decimals, two);
        double ratio = sample_ratio(&first, &second);
        words_number(ratio, ratio < 2 ? 2 : 1, times);
        say_where(r, to, setting, x);
        if (sample_compare(&first, &second) == SAMPLE_NO_DIFFERENCE)
                fprintf(to, "between %s and %s no difference was seen in %s (%s and %s %s).\n", a,
                        b, figure, one, two, f->unit);
        else if (second.median == 0)
                fprintf(to, "the %s of %s is %s %s, that of %s is %s.\n", figure, a, one, f->unit,
                        b, two);
        else
                fprintf(to, "%s has %s times the %s of %s (%s against %s %s).\n", a, times, figure,
                        b, one, two, f->unit);
}

/* True when a is better than b by its median. */
static bool better(const struct figure *f, double a, double b)
{
        return f->better == FIGURE_LESS ? a < b : a > b;
}

static const struct bench_case *best_case(const struct results *r, const char *setting, double x,
                                          int column)
{
        const struct bench_case *best = NULL;
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                if (c->x != x || c->runs == 0 || (setting && strcmp(c->setting, setting) != 0))
                        continue;
                if (!best ||
                    better(&r->experiment->figures[column], results_sample(r, c, column).median,
                           results_sample(r, best, column).median))
                        best = c;
        }
        return best;
}

const char *results_best(const struct results *r, const char *setting, double x, const char *figure,
                         char *tied, int tied_size)
{
        int column = results_figure(r, figure), used = 0;
        const struct bench_case *best = column >= 0 ? best_case(r, setting, x, column) : NULL;
        *tied = '\0';
        if (!best)
                return NULL;
        struct sample top = results_sample(r, best, column);
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                if (c == best || c->x != x || strcmp(c->setting, best->setting) != 0)
                        continue;
                struct sample s = results_sample(r, c, column);
                if (s.runs > 0 && sample_compare(&top, &s) == SAMPLE_NO_DIFFERENCE &&
                    used < tied_size)
                        used += snprintf(tied + used, (size_t)(tied_size - used), "%s%s",
                                         used ? ", " : "", c->series);
        }
        return best->series;
}
