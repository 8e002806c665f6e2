#include "sim/shrink.h"

#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>

struct shrinker {
        const struct run_options *options;
        struct scenario *candidate;
        struct shrink_result *result;
};

/* The first anomaly that broke a promise; ANOMALIES when there is none. */
static enum anomaly first_broken(const struct verdict *v)
{
        int a = 0;
        while (a < ANOMALIES && v->tallies[a].broken == 0)
                a++;
        return (enum anomaly)a;
}

/* Whatever is left must be a script: "then" needs a step before it, and a topic that a client names
 * somebody who makes it. */
static bool can_be_written(struct scenario *s)
{
        struct buffer text = {0};
        char error[200];
        scenario_print(s, &text);
        buffer_append(&text, "", 1);
        bool is_script = scenario_parse(s, "", (const char *)text.data, error, sizeof error);
        buffer_deinit(&text);
        return is_script;
}

static bool still_breaks(struct shrinker *sh)
{
        struct run_report report;
        if (!can_be_written(sh->candidate))
                return false;
        run_scenario(sh->candidate, sh->options, &report);
        enum anomaly broken = first_broken(&report.verdict);
        run_report_deinit(&report);
        sh->result->runs++;
        return broken == sh->result->anomaly;
}

static void leave_out(struct scenario *s, int32_t first, int32_t count)
{
        int32_t behind = s->step_count - first - count;
        memmove(&s->steps[first], &s->steps[first + count], (size_t)behind * sizeof s->steps[0]);
        s->step_count -= count;
}

/* One pass with windows of that size, `stride` apart; true when something could be left out. */
static bool try_without(struct shrinker *sh, struct scenario *s, int32_t size, int32_t stride)
{
        bool any = false;
        for (int32_t first = s->step_count - size; first >= 0; first -= stride) {
                *sh->candidate = *s;
                leave_out(sh->candidate, first, size);
                if (!still_breaks(sh))
                        continue;
                *s = *sh->candidate;
                any = true;
        }
        return any;
}

static void shorten(struct shrinker *sh, struct scenario *s)
{
        for (;;) {
                *sh->candidate = *s;
                sh->candidate->run.time_ns = s->run.time_ns / 4 * 3;
                if (sh->candidate->run.time_ns < SIM_NS_PER_MS || !still_breaks(sh))
                        return;
                *s = *sh->candidate;
        }
}

bool shrink(struct scenario *s, const struct run_options *options, struct shrink_result *result)
{
        struct run_report report;
        run_scenario(s, options, &report);
        *result = (struct shrink_result){first_broken(&report.verdict), 1};
        run_report_deinit(&report);
        if (result->anomaly == ANOMALIES)
                return false;
        struct shrinker sh = {options, malloc(sizeof *s), result};
        if (!sh.candidate)
                abort();
        for (int32_t size = s->step_count / 2; size > 0; size = size > 1 ? size / 2 : 0)
                try_without(&sh, s, size, size);
        /* Some go only in pairs: a cut and what heals it. */
        while (try_without(&sh, s, 1, 1) || try_without(&sh, s, 2, 1) || try_without(&sh, s, 3, 1))
                continue;
        shorten(&sh, s);
        free(sh.candidate);
        return true;
}
