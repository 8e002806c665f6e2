/* E8: what a receiver gets when the file changes between the call that sends and the read that
 * receives. Nothing is timed here; the figures are counts of bytes, and the same on every run. */
#include "bench/byref.h"
#include "bench/experiments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct figure figures[] = {
        [BYREF_SENT] = {"sent", "bytes", FIGURE_NEITHER, 0},
        [BYREF_OLD] = {"old_bytes", "bytes", FIGURE_NEITHER, 0},
        [BYREF_NEW] = {"new_bytes", "bytes", FIGURE_NEITHER, 0},
        [BYREF_LOST] = {"lost_bytes", "bytes", FIGURE_NEITHER, 0},
        [BYREF_ERRNO] = {"errno", "", FIGURE_NEITHER, 0},
        [BYREF_SIGNAL] = {"signal", "", FIGURE_NEITHER, 0},
};

static const char overwritten[] = "overwritten in flight";
static const char cut[] = "cut in flight";
static const char cut_before[] = "cut before";

static bool plan(struct bench *b, char *why)
{
        (void)why;
        int count;
        const struct copy_strategy *const *strategies = copy_all(&count);
        for (int i = 0; i < count; i++)
                bench_add(b, strategies[i]->name, overwritten, 0)->knobs = strategies[i];
        for (int i = 0; i < count; i++)
                bench_add(b, strategies[i]->name, cut, 0)->knobs = strategies[i];
        for (int i = 0; i < BYREF_TOUCHES; i++)
                bench_add(b, byref_touch_name((enum byref_touch)i), cut_before, 0);
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "%d bytes over loopback; the receiver reads when the file has been changed; reno",
                 BYREF_BYTES);
        return true;
}

static enum byref_touch touch_of(const char *name)
{
        int touch = 0;
        while (strcmp(byref_touch_name((enum byref_touch)touch), name) != 0)
                touch++;
        return (enum byref_touch)touch;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        const char *scratch = b->options->scratch;
        const struct copy_strategy *strategy = c->knobs;
        struct byref_outcome o;
        if (!strategy) {
                byref_after_cut(touch_of(c->series), scratch, &o);
        } else {
                const char *missing = strategy->missing ? strategy->missing() : NULL;
                if (missing) {
                        snprintf(why, CASE_WHY_BYTES, "%s", missing);
                        return false;
                }
                enum byref_change change =
                        strcmp(c->setting, cut) == 0 ? BYREF_CUT : BYREF_OVERWRITE;
                if (!byref_in_flight(strategy, change, scratch, &o, why))
                        return false;
        }
        for (int i = 0; i < BYREF_FIGURES; i++)
                values[i] = (double)o.values[i];
        return true;
}

/* --- in words --- */

static int64_t value(const struct results *r, const char *series, const char *setting,
                     enum byref_figure figure)
{
        return (int64_t)results_get(r, series, setting, 0, figures[figure].name).median;
}

static bool was_measured(const struct results *r, const char *series, const char *setting)
{
        return results_get(r, series, setting, 0, figures[BYREF_SENT].name).runs > 0;
}

static void tell_in_flight(const struct results *r, FILE *to, const char *setting, const char *act)
{
        int count;
        const struct copy_strategy *const *strategies = copy_all(&count);
        for (int i = 0; i < count; i++) {
                const char *name = strategies[i]->name;
                if (!was_measured(r, name, setting))
                        continue;
                int64_t old = value(r, name, setting, BYREF_OLD);
                int64_t new = value(r, name, setting, BYREF_NEW);
                int64_t lost = value(r, name, setting, BYREF_LOST);
                fprintf(to,
                        "%s %lld bytes, %s, read: %lld old ones came, %lld new ones, %lld were "
                        "lost",
                        name, (long long)value(r, name, setting, BYREF_SENT), act, (long long)old,
                        (long long)new, (long long)lost);
                fprintf(to, "%s\n", new > 0 ? ": the socket held references, no snapshot." : ".");
        }
}

static void tell_after_cut(const struct results *r, FILE *to)
{
        for (int i = 0; i < BYREF_TOUCHES; i++) {
                const char *name = byref_touch_name((enum byref_touch)i);
                if (!was_measured(r, name, cut_before))
                        continue;
                int err = (int)value(r, name, cut_before, BYREF_ERRNO);
                int signal = (int)value(r, name, cut_before, BYREF_SIGNAL);
                fprintf(to, "The file is cut to nothing, then %s: ", name);
                if (signal > 0)
                        fprintf(to, "the process dies of %s.\n", strsignal(signal));
                else if (err > 0)
                        fprintf(to, "it fails with \"%s\".\n", strerror(err));
                else
                        fprintf(to, "it returns %lld and no error.\n",
                                (long long)value(r, name, cut_before, BYREF_SENT));
        }
}

static void tell(const struct results *r, FILE *to)
{
        tell_in_flight(r, to, overwritten, "file overwritten");
        tell_in_flight(r, to, cut, "file cut to nothing");
        tell_after_cut(r, to);
        fprintf(to, "So what is on its way by reference must not be rewritten: a log may be sent "
                    "like that because it only grows. And a range that has come to lie behind the "
                    "file's end cannot be made good once its length has been promised: the "
                    "connection is closed.\n");
}

const struct experiment experiment_byref = {
        .id = "E8",
        .name = "byref",
        .question = "is zero copy a snapshot?",
        .expected =
                "It was none: what sendfile and splice had sent arrived as the file was when it "
                "was read. What was copied arrived as it had been, and so did pages that were "
                "cut off meanwhile.",
        .plot = "new_bytes",
        .figures = figures,
        .figure_count = BYREF_FIGURES,
        .runs = 3,
        .quick_runs = 1,
        .plan = plan,
        .measure = measure,
        .tell = tell,
};
