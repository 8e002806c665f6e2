/* The part of copy_trial.h that is for experiments. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bench/copy_trial.h"
#include "bench/scratch.h"
#include "bench/words.h"

void copy_cases_begin(struct bench *b)
{
        b->state = scratch_memory(1, sizeof(struct copy_cases));
}

struct data_file *copy_cases_file(struct bench *b, int64_t bytes, int64_t append_bytes)
{
        struct copy_cases *cases = b->state;
        assert(cases->file_count < COPY_FILES_MAX);
        struct data_file *f = &cases->files[cases->file_count++];
        data_file_make(f, b->options->scratch, bytes, append_bytes);
        return f;
}

struct bench_case *copy_cases_add(struct bench *b, const char *setting, double x,
                                  const struct copy_trial *t)
{
        struct copy_cases *cases = b->state;
        assert(cases->count < COPY_CASES_MAX);
        struct copy_trial *kept = &cases->trials[cases->count++];
        *kept = *t;
        const char *series = t->strategy ? t->strategy->name : COPY_TRIAL_RAW;
        struct bench_case *c = bench_add(b, series, setting, x);
        c->reference = !t->strategy;
        c->knobs = kept;
        return c;
}

void copy_cases_describe(struct bench *b, const struct copy_trial *t, const char *more)
{
        char bytes[WORDS_BYTES], file[WORDS_BYTES], sockets[96] = "", why[CASE_WHY_BYTES];
        struct receivers r;
        if (receivers_start(&r, &t->receivers, why)) {
                receivers_describe(&r, sockets, sizeof sockets);
                receivers_end(&r, NULL);
        }
        words_size((double)t->bytes, bytes);
        words_size((double)(t->file->size & -(1 << 20)), file);
        char *to = b->results->conditions;
        snprintf(to, sizeof b->results->conditions,
                 "up to %.12s a run, of a file of %.12s; %.70s; %s%s%.60s", bytes, file, sockets,
                 t->receivers.mode == BENCH_SAME_CORE ? "all on CPU 0"
                                                      : "sender on CPU 0, receivers on CPU 1",
                 *more ? "; " : "", more);
}

bool copy_cases_measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        (void)b;
        struct copy_outcome o;
        if (!copy_trial_run(c->knobs, &o, why))
                return false;
        copy_trial_values(&o, values);
        return true;
}

void copy_cases_end(struct bench *b)
{
        struct copy_cases *cases = b->state;
        if (!cases)
                return;
        for (int i = 0; i < cases->file_count; i++)
                data_file_remove(&cases->files[i]);
        free(cases);
        b->state = NULL;
}

enum bench_mode copy_cases_mode(const struct bench *b, enum bench_mode otherwise)
{
        return b->options->mode_given ? b->options->mode : otherwise;
}

void copy_cases_tell_best(const struct results *r, FILE *to, const char *setting, double x,
                          enum copy_figure figure)
{
        const struct figure *f = &copy_trial_figures[figure];
        char tied[200], at[WORDS_BYTES], value[WORDS_BYTES];
        const char *best = results_best(r, setting, x, f->name, tied, sizeof tied);
        if (!best)
                return;
        struct sample s = results_get(r, best, setting, x, f->name);
        fprintf(to, "%s %s", f->better == FIGURE_MORE ? "Most" : "Least", f->name);
        if (r->experiment->x_name)
                fprintf(to, " at %s", words_x(r->experiment, x, at));
        fprintf(to, "%s%s: %s (%s %s)", setting && *setting ? ", " : "", setting ? setting : "",
                best, words_sample(&s, f->decimals, value), f->unit);
        fprintf(to, "%s%s.\n", *tied ? "; no difference seen to " : "", tied);
}
