/* grade.c - all tests of one lab, in order. */
#include "lab.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* Once something has not come to its end, what follows gets less time: it may well loop, too. A lab
 * of a dozen tests, each of which loops, is over within a minute. */
enum {
        BUILD_LIMIT_MS = 600000,
        UNIT_LIMIT_MS = 10000,
        RUN_LIMIT_MS = 25000,
        UNIT_LIMIT_AFTER_MS = 2000,
        RUN_LIMIT_AFTER_MS = 5000
};

/* Asks make, in the tree, for `target`; what it says is appended to `output`. */
static bool build(const struct grade *g, const char *target, const char *lab, struct buffer *output)
{
        char *folder = text("BUILD=%s", g->build), *which = text("LAB=%s", lab);
        const char *argv[20] = {"make", "-s",       "-j2", "--no-print-directory",
                                "-f",   "Makefile", "-f",  "labs/labs.mk",
                                folder, which,      target};
        for (int i = 0; g->make_flags[i] && i < 8; i++)
                argv[11 + i] = g->make_flags[i];
        struct outcome o;
        run_child(argv, g->root, BUILD_LIMIT_MS, &o);
        if (o.out.size > 0)
                buffer_append(output, o.out.data, o.out.size);
        buffer_deinit(&o.out);
        free(folder);
        free(which);
        return o.status == 0;
}

static json_t *new_result(const json_t *test)
{
        json_t *result = json_object();
        static const char *const copied[] = {"id", "title", "kind", "look", "hidden"};
        for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
                json_t *value = json_object_get(test, copied[i]);
                if (value)
                        json_object_set(result, copied[i], value);
        }
        json_object_set_new(result, "points", json_integer(0));
        json_object_set(result, "max", json_object_get(test, "points"));
        set_text(result, "verdict", "not_run");
        return result;
}

static bool is_unit(const json_t *test)
{
        return strcmp(get_text(test, "kind"), "unit") == 0;
}

/* What a student may know of a hidden test: what was broken, or how many answers are right; and
 * nothing to run it again with. */
static void hide(json_t *result)
{
        static const char *const secrets[] = {"repro", "smaller", "record", "explain",
                                              "seed",  "trace",   "prey"};
        const char *record = get_text(result, "record"), *kind = get_text(result, "kind");
        bool asks = strcmp(kind, "predict") == 0 || strcmp(kind, "measure") == 0;
        if (!asks && !*get_text(result, "guarantee") && strchr(record, ':'))
                set_text(result, "guarantee", "%.*s", (int)strcspn(record, ":"), record);
        for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
                json_object_del(result, secrets[i]);
        if (!asks)
                json_object_del(result, "share");
}

/* Hidden tests begin elsewhere: a sweep of theirs must not meet the seeds that students know. */
enum { HIDDEN_SEEDS = 1000000 };

static void run_one(const struct grade *g, const json_t *lab, const json_t *test, json_t *result)
{
        struct grade own = *g;
        bool is_hidden = json_is_true(json_object_get(test, "hidden"));
        if (is_hidden)
                own.seed += HIDDEN_SEEDS;
        json_object_set_new(result, "seed", json_integer((json_int_t)own.seed));
        run_test(&own, lab, test, result);
        if (is_hidden)
                hide(result);
        if (g->told)
                g->told(g->context, result);
}

static void run_kind(struct grade *g, const json_t *lab, json_t *results, bool units, bool *stopped)
{
        size_t i;
        json_t *test;
        json_array_foreach(json_object_get(lab, "test"), i, test)
        {
                json_t *result = json_array_get(results, i);
                if (is_unit(test) != units || *stopped)
                        continue;
                run_one(g, lab, test, result);
                if (strcmp(get_text(result, "verdict"), "error") == 0 &&
                    get_number(result, "wall_ms", 0) >=
                            (units ? g->unit_limit_ms : g->run_limit_ms)) {
                        g->unit_limit_ms = UNIT_LIMIT_AFTER_MS;
                        g->run_limit_ms = RUN_LIMIT_AFTER_MS;
                }
                *stopped = g->stops && strcmp(get_text(result, "verdict"), "pass") != 0;
        }
}

static bool wants(const json_t *lab, bool units)
{
        size_t i;
        json_t *test;
        json_array_foreach(json_object_get(lab, "test"), i, test)
        {
                if (is_unit(test) == units)
                        return true;
        }
        return false;
}

/* Unit tests need less to be built, so they come first: the first word should come soon. */
json_t *grade(const struct grade *g, const json_t *lab, struct buffer *output)
{
        const char *id = get_text(lab, "id");
        json_t *results = json_array(), *test;
        size_t i;
        bool stopped = false, good = true;
        struct grade own = *g;
        own.unit_limit_ms = UNIT_LIMIT_MS;
        own.run_limit_ms = RUN_LIMIT_MS;
        json_array_foreach(json_object_get(lab, "test"), i, test)
                json_array_append_new(results, new_result(test));
        if (wants(lab, true)) {
                good = build(g, "lab-unit", id, output);
                if (good)
                        run_kind(&own, lab, results, true, &stopped);
        }
        if (good && wants(lab, false) && !stopped) {
                good = build(g, "lab-sim", id, output);
                if (good)
                        run_kind(&own, lab, results, false, &stopped);
        }
        if (good)
                return results;
        json_decref(results);
        return NULL;
}

uint64_t seed_of(const char *secret, const char *student, const char *lab)
{
        const char *const parts[] = {secret, student, lab};
        uint64_t hash = 1469598103934665603U; /* FNV-1a, with an end after each part */
        for (int i = 0; i < 3; i++) {
                for (const char *c = parts[i]; *c; c++)
                        hash = (hash ^ (unsigned char)*c) * 1099511628211U;
                hash = (hash ^ 255) * 1099511628211U;
        }
        return 1 + rng_mix(hash) % 1000000;
}
