#include "bench/results.h"

#include <jansson.h>

#include "bench/experiment.h"

static json_t *machine_json(const struct machine *m)
{
        return json_pack("{s:s, s:s, s:i, s:I, s:s, s:s, s:I, s:s, s:s, s:b, s:f, s:f, s:f, s:I}",
                         "kernel", m->kernel, "cpu", m->cpu, "cpus", m->cpus, "memory_bytes",
                         (json_int_t)m->memory_bytes, "compiler", m->compiler, "filesystem",
                         m->filesystem, "read_ahead_kib", (json_int_t)m->read_ahead_kib,
                         "congestion", m->congestion, "huge_pages", m->huge_pages, "has_pmu",
                         m->has_pmu, "first_touch_us", m->first_touch_us, "wake_us", m->wake_us,
                         "syscall_ns", m->syscall_ns, "fault_around_bytes",
                         (json_int_t)m->fault_around_bytes);
}

static json_t *figure_json(const struct results *r, const struct bench_case *c, int figure)
{
        struct sample s = results_sample(r, c, figure);
        json_t *runs = json_array();
        for (int i = 0; i < c->runs; i++)
                json_array_append_new(runs, json_real(c->values[i][figure]));
        return json_pack("{s:s, s:f, s:f, s:f, s:o}", "unit", r->experiment->figures[figure].unit,
                         "median", s.median, "min", s.min, "max", s.max, "runs", runs);
}

static json_t *case_json(const struct results *r, const struct bench_case *c)
{
        json_t *figures = json_object();
        for (int i = 0; i < r->experiment->figure_count; i++)
                json_object_set_new(figures, r->experiment->figures[i].name, figure_json(r, c, i));
        return json_pack("{s:s, s:s, s:f, s:b, s:s, s:i, s:i, s:o}", "series", c->series, "setting",
                         c->setting, "x", c->x, "reference", c->reference, "skipped", c->skipped,
                         "runs", c->runs, "disturbed", c->disturbed, "figures", figures);
}

bool results_write_json(const struct results *r, const char *path)
{
        json_t *cases = json_array();
        bool whole = true; /* what is no number, or no text, jansson does not take */
        for (int i = 0; i < r->case_count; i++)
                whole = json_array_append_new(cases, case_json(r, &r->cases[i])) == 0 && whole;
        json_t *all = json_pack("{s:i, s:s, s:s, s:s, s:o, s:s, s:b, s:f, s:o}", "schema", 1, "id",
                                r->experiment->id, "experiment", r->experiment->name, "question",
                                r->experiment->question, "machine", machine_json(&r->machine),
                                "conditions", r->conditions, "noisy", results_are_noisy(r),
                                "foreign_share", r->foreign_share, "cases", cases);
        bool written = whole && all &&
                       json_dump_file(all, path, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0;
        json_decref(all);
        return written;
}
