/* kinds.c - how a test of each kind is run: unit, scenario, sweep; see hunt.c and answers.c. */
#include "lab.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SHRINK_LIMIT_MS = 10000, SEEDS = 200 };

void full_marks(const json_t *test, json_t *result)
{
        set_text(result, "verdict", "pass");
        json_object_set(result, "points", json_object_get(test, "points"));
}

/* --- unit --- */

/* TAP: "not ok 3 - …", and behind it "#   …" lines that say why. */
static void read_reason(const char *wrong, json_t *result)
{
        struct buffer words = {0};
        const char *at = strstr(wrong, " - ");
        buffer_printf(&words, "%.*s", at ? (int)strcspn(at + 3, "\n") : 0, at ? at + 3 : "");
        for (at = strchr(wrong, '\n'); at && at[1] == '#'; at = strchr(at + 1, '\n'))
                buffer_printf(&words, "\n%.*s", (int)strcspn(at + 2, "\n"), at + 2);
        buffer_append(&words, "", 1);
        set_text(result, "explain", "%s", (const char *)words.data);
        buffer_deinit(&words);
}

static void read_tap(const struct outcome *o, const json_t *test, json_t *result)
{
        const char *out = (const char *)o->out.data;
        const char *wrong = strstr(out, "\nnot ok");
        if (wrong) {
                set_text(result, "verdict", "fail");
                read_reason(wrong + 1, result);
        } else if (o->status == 0 && strstr(out, "\n1..")) {
                full_marks(test, result);
        } else {
                set_text(result, "verdict", "error");
                set_text(result, "explain", "the test program ended (status %d) before its end",
                         o->status);
        }
}

static void run_unit(const struct grade *g, const json_t *lab, const json_t *test, json_t *result)
{
        struct outcome o;
        char *program = text("%s/%s/tests/all", g->build, get_text(lab, "dir"));
        const char *argv[] = {program, get_text(test, "id"), NULL};
        run_child(argv, g->root, g->unit_limit_ms, &o);
        if (!died(&o, result))
                read_tap(&o, test, result);
        set_text(result, "repro", "%s %s", program, get_text(test, "id"));
        json_object_set_new(result, "wall_ms", json_integer(o.wall_ms));
        buffer_deinit(&o.out);
        free(program);
}

/* --- with the simulator --- */

void simulate(const struct grade *g, const char *command, const char *scenario, const char *bug,
              uint64_t seed, struct outcome *o)
{
        char *program = text("%s/odradek-sim", g->build), *number = text("%" PRIu64, seed);
        const char *argv[8] = {program, command};
        int n = 2;
        if (scenario)
                argv[n++] = scenario;
        argv[n++] = "--seed";
        argv[n++] = number;
        if (bug) {
                argv[n++] = "--bug";
                argv[n++] = bug;
        }
        run_child(argv, g->root, g->run_limit_ms, o);
        free(program);
        free(number);
}

/* What was expected and did not come true stands behind the guarantees, in words. */
void read_unmet(const struct outcome *o, json_t *result)
{
        const char *at = strstr((const char *)o->out.data, "\nexpected: ");
        if (at && !*get_text(result, "record"))
                set_text(result, "record", "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
}

/* The smallest story that breaks the same, if one is found in time. `what`: a scenario, or NULL for
 * the seed's own. */
static void find_smaller(const struct grade *g, const json_t *lab, const char *what, uint64_t seed,
                         json_t *result)
{
        struct outcome o;
        char *program = text("%s/odradek-sim", g->build), *number = text("%" PRIu64, seed);
        char *path = text("%s/out/%s.scn", get_text(lab, "dir"), get_text(result, "id"));
        char *whole = text("%s/%s", g->root, path);
        const char *argv[9] = {program, "shrink", "--seed", number, "-o", path, what};
        struct buffer story = {0};
        write_whole(whole, (struct span){NULL, 0});
        run_child(argv, g->root, SHRINK_LIMIT_MS, &o);
        int lines = 0;
        if (o.status == 0 && read_whole(whole, &story)) {
                for (size_t i = 0; i < story.size; i++)
                        lines += story.data[i] == '\n' && (i == 0 || story.data[i - 1] != '\n');
        }
        if (lines > 0)
                set_text(result, "smaller", "%s (%d lines)", path, lines);
        else
                remove(whole);
        buffer_deinit(&story);
        buffer_deinit(&o.out);
        free(program);
        free(number);
        free(path);
        free(whole);
}

/* The command that tells the story, up to where it goes wrong: "… (1.204 s) …", and to the end of
 * that millisecond. */
static void set_repro(const struct grade *g, const char *scenario, uint64_t seed, const char *words,
                      json_t *result)
{
        char until[40] = "";
        double at_s;
        for (const char *c = strchr(words, '('); c; c = strchr(c + 1, '(')) {
                if (sscanf(c, "(%lf s)", &at_s) == 1)
                        snprintf(until, sizeof until, " --until %.3fs", at_s + 0.001);
        }
        set_text(result, "repro", "%s/odradek-sim replay%s%s --seed %" PRIu64 "%s", g->build,
                 *scenario ? " " : "", scenario, seed, until);
}

static void run_scenario(const struct grade *g, const json_t *lab, const json_t *test,
                         json_t *result)
{
        struct outcome o;
        char *path = text("%s/%s", get_text(test, "dir"), get_text(test, "file"));
        simulate(g, "run", path, NULL, g->seed, &o);
        if (!died(&o, result)) {
                bool broken = read_findings(&o, result);
                read_unmet(&o, result);
                if (o.status == 0)
                        full_marks(test, result);
                else
                        set_text(result, "verdict",
                                 o.status == 1 || o.status == 3 ? "fail" : "error");
                if (o.status == 2)
                        set_text(result, "explain", "%.300s", (const char *)o.out.data);
                if (o.status != 0)
                        set_repro(g, path, g->seed, get_text(result, "record"), result);
                if (o.status == 1 && broken && !g->is_plain)
                        find_smaller(g, lab, path, g->seed, result);
        }
        json_object_set_new(result, "wall_ms", json_integer(o.wall_ms));
        buffer_deinit(&o.out);
        free(path);
}

/* --- sweep --- */

/* A sweep ends before its time when so many have failed: what is wrong is wrong in all of them, and
 * runs that get stuck take long. Marks are by share of those that were run. */
enum { SLICE_SEEDS = 10, FAILURES_ENOUGH = 10 };

struct sweep_sum {
        int64_t good, rows, virtual_ms, wall_ms;
        uint64_t first_bad, trace;
        char finding[300];
};

/* seed,verdict,events,virtual_ms,trace_hash,first_finding */
static void add_row(const char *line, struct sweep_sum *sum)
{
        uint64_t seed, hash;
        int64_t virtual_ms;
        char verdict[20];
        int used = 0;
        if (sscanf(line, "%" SCNu64 ",%19[a-z],%*d,%" SCNd64 ",%" SCNx64 ",%n", &seed, verdict,
                   &virtual_ms, &hash, &used) < 4)
                return;
        bool good = strcmp(verdict, "good") == 0;
        sum->rows++;
        sum->good += good;
        sum->virtual_ms += virtual_ms;
        sum->trace = (sum->trace ^ hash) * 1099511628211U;
        if (good || *sum->finding)
                return;
        sum->first_bad = seed;
        int size = used > 0 ? (int)strcspn(line + used, "\r\n") : 0;
        snprintf(sum->finding, sizeof sum->finding, "%.*s", size ? size : (int)sizeof verdict,
                 size ? line + used : verdict);
}

/* False when the simulator died on the way: then the result says so. */
static bool run_slice(const struct grade *g, const char *csv, uint64_t first, uint64_t last,
                      struct sweep_sum *sum, json_t *result)
{
        struct outcome o;
        struct buffer rows = {0};
        char *program = text("%s/odradek-sim", g->build);
        char *range = text("%" PRIu64 "..%" PRIu64, first, last);
        char *whole = *csv == '/' ? text("%s", csv) : text("%s/%s", g->root, csv);
        int64_t before = sum->rows;
        const char *argv[] = {program, "sweep", "--seeds", range, "--jobs",
                              "2",     "--csv", csv,       NULL};
        write_whole(whole, span_of(NULL, 0));
        run_child(argv, g->root, g->run_limit_ms, &o);
        sum->wall_ms += o.wall_ms;
        if (read_whole(whole, &rows)) {
                for (const char *at = (const char *)rows.data; *at;
                     at += strcspn(at, "\n"), at += *at == '\n')
                        add_row(at, sum);
        }
        bool good = !died(&o, result);
        if (good && sum->rows - before < (int64_t)(last - first + 1)) {
                good = false; /* a child of the sweep died */
                set_text(result, "verdict", "fail");
                set_text(result, "explain", "the simulator died on one of the seeds %s: %.300s",
                         range, (const char *)o.out.data);
        }
        buffer_deinit(&o.out);
        buffer_deinit(&rows);
        free(program);
        free(range);
        free(whole);
        return good;
}

static void judge_sweep(const struct grade *g, const json_t *lab, const json_t *test,
                        const struct sweep_sum *sum, json_t *result)
{
        int64_t points = get_number(test, "points", 0);
        json_object_set_new(result, "virtual_ms", json_integer(sum->virtual_ms));
        json_object_set_new(result, "wall_ms", json_integer(sum->wall_ms));
        set_text(result, "trace", "%016" PRIx64, sum->trace);
        if (sum->good == sum->rows) {
                full_marks(test, result);
                return;
        }
        set_text(result, "verdict", "fail");
        json_object_set_new(result, "points", json_integer(points * sum->good / sum->rows));
        json_object_set_new(result, "seed", json_integer((json_int_t)sum->first_bad));
        set_text(result, "share",
                 "first failing seed %" PRIu64 " (%" PRId64 " of %" PRId64 " failed)",
                 sum->first_bad, sum->rows - sum->good, sum->rows);
        set_text(result, "record", "%s", sum->finding);
        set_repro(g, "", sum->first_bad, sum->finding, result);
        if (!g->is_plain)
                find_smaller(g, lab, NULL, sum->first_bad, result);
}

static void run_sweep(const struct grade *g, const json_t *lab, const json_t *test, json_t *result)
{
        struct sweep_sum sum = {0};
        uint64_t first = g->seed, last = g->seed + (uint64_t)get_number(test, "seeds", SEEDS) - 1;
        char *csv =
                text("%s/%s/sweep-%s.csv", g->build, get_text(lab, "dir"), get_text(test, "id"));
        bool alive = true;
        while (alive && first <= last && sum.rows - sum.good < FAILURES_ENOUGH) {
                uint64_t end = first + SLICE_SEEDS - 1;
                alive = run_slice(g, csv, first, end < last ? end : last, &sum, result);
                first = end + 1;
        }
        if (alive)
                judge_sweep(g, lab, test, &sum, result);
        free(csv);
}

void run_test(const struct grade *g, const json_t *lab, const json_t *test, json_t *result)
{
        static const struct {
                const char *kind;
                void (*run)(const struct grade *g, const json_t *lab, const json_t *test,
                            json_t *result);
        } kinds[] = {{"unit", run_unit}, {"scenario", run_scenario}, {"sweep", run_sweep},
                     {"hunt", run_hunt}, {"predict", run_answers},   {"measure", run_answers}};
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                if (strcmp(kinds[i].kind, get_text(test, "kind")) == 0)
                        kinds[i].run(g, lab, test, result);
        }
}
