/* check.c - the grader, graded: the kill matrix of a lab.
 *
 * A lab with markers has mutants of its reference. The others have what a student would hand in: a
 * solution, and wrong answers, each of which is laid over the solution.
 *
 * One scratch tree for all labs, in which only what differs is written, so that make compiles only
 * what a starter or a mutant changes. */
#include "lab.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { PATCH_LIMIT_MS = 10000 };

struct checker {
        char *scratch;
        json_t *lab;
        int problems;
        bool killed[100]; /* by test: some mutant is */
};

static void problem(struct checker *c, const char *who, const char *what, const char *detail)
{
        c->problems++;
        printf("  PROBLEM: %s: %s%s%s\n", who, what, *detail ? ": " : "", detail);
}

/* --- the scratch tree --- */

static json_t *grade_scratch(struct checker *c, const char *who, uint64_t seed)
{
        struct buffer output = {0};
        struct grade g = {.root = c->scratch,
                          .build = "build",
                          .seed = seed,
                          .is_plain = true,
                          .make_flags = {"WERROR=1", "EXTRA_CFLAGS=-g0"}};
        json_t *results = grade(&g, c->lab, &output);
        buffer_append(&output, "", 1);
        if (!results)
                problem(c, who, "does not build", (const char *)output.data);
        buffer_deinit(&output);
        return results;
}

static bool apply_patch(struct checker *c, const char *path, const char *who)
{
        struct outcome o;
        char *absolute = realpath(path, NULL);
        const char *argv[] = {"patch", "-s",     "-p1", "--no-backup-if-mismatch",
                              "-i",    absolute, NULL};
        run_child(argv, c->scratch, PATCH_LIMIT_MS, &o);
        bool good = o.status == 0;
        if (!good)
                problem(c, who, "does not apply", (const char *)o.out.data);
        buffer_deinit(&o.out);
        free(absolute);
        return good;
}

/* --- verdicts --- */

static bool passed(const json_t *results, size_t i)
{
        return strcmp(get_text(json_array_get(results, i), "verdict"), "pass") == 0;
}

/* Whether `id` is one of the ids in `list`: "10,12". */
static bool is_listed(const char *list, const char *id)
{
        size_t size = strlen(id);
        for (const char *at = list; *at; at += strcspn(at, ", "), at += strspn(at, ", ")) {
                if (strncmp(at, id, size) == 0 && (!at[size] || strchr(", ", at[size])))
                        return true;
        }
        return false;
}

/* A row of the matrix; x: not passed, and that was declared; +: not passed besides. */
static void print_row(const struct checker *c, const char *who, const char *declared,
                      const json_t *results)
{
        size_t i;
        json_t *result;
        printf("  %-34s", who);
        json_array_foreach(results, i, result)
        {
                bool listed = is_listed(declared, get_text(result, "id"));
                const char *verdict = get_text(result, "verdict");
                char mark = passed(results, i)                ? (listed ? '?' : '.')
                            : strcmp(verdict, "error") == 0   ? 'e'
                            : strcmp(verdict, "not_run") == 0 ? 'n'
                            : listed                          ? 'x'
                                                              : '+';
                printf("  %c", mark);
        }
        printf("\n");
        fflush(stdout);
        (void)c;
}

static void expect_all_ran(struct checker *c, const char *who, const json_t *results)
{
        size_t i;
        json_t *result;
        json_array_foreach(results, i, result)
        {
                if (strcmp(get_text(result, "verdict"), "not_run") == 0)
                        problem(c, who, "a declared test did not run", get_text(result, "id"));
        }
}

static void check_full_marks(struct checker *c, const char *who, uint64_t seed)
{
        json_t *results = grade_scratch(c, who, seed), *result;
        size_t i;
        if (!results)
                return;
        print_row(c, who, "", results);
        expect_all_ran(c, who, results);
        json_array_foreach(results, i, result)
        {
                if (!passed(results, i))
                        problem(c, who, "fails a test", get_text(result, "id"));
        }
        json_decref(results);
}

/* Each bug that may be hunted is somebody's, and questions differ too: `solution` is for the
 * default seed, and `solution-SEED`, laid over it, for others. */
static void check_solutions(struct checker *c)
{
        bool has_one = lay_solution(c->lab, "solution", c->scratch), goes_on = has_one;
        const char *kind = get_text(c->lab, "kind");
        if (!has_one && strcmp(kind, "measure") != 0)
                problem(c, "reference", "there is no folder `solution`", "");
        for (uint64_t seed = SEED_DEFAULT; goes_on; seed++) {
                char *who = text("reference, seed %d", (int)seed);
                check_full_marks(c, who, seed);
                free(who);
                char *next = text("solution-%d", (int)seed + 1);
                goes_on = lay_solution(c->lab, next, c->scratch) ||
                          seed + 1 < SEED_DEFAULT + hunt_bugs(c->lab);
                free(next);
        }
        copy_tree(".", NULL, c->scratch);
}

static bool is_build(const struct checker *c)
{
        return strcmp(get_text(c->lab, "kind"), "build") == 0;
}

static void check_starter(struct checker *c)
{
        struct buffer declared = {0};
        size_t i;
        json_t *result, *id;
        json_array_foreach(json_object_get(c->lab, "starter_fails"), i, id)
                buffer_printf(&declared, "%s ", json_string_value(id));
        buffer_append(&declared, "", 1);
        const char *list = (const char *)declared.data;
        int files = strip_tree(".", get_text(c->lab, "id"), "", STRIP_STARTER, c->scratch);
        json_t *results = files > 0 || (files == 0 && !is_build(c))
                                  ? grade_scratch(c, "starter", SEED_DEFAULT)
                                  : NULL;
        if (files == 0 && is_build(c))
                problem(c, "starter", "no markers of this lab are in src/", "");
        if (files < 0)
                problem(c, "starter", "its markers are wrong", "");
        if (results) {
                print_row(c, "starter", list, results);
                expect_all_ran(c, "starter", results);
        }
        json_array_foreach(results, i, result)
        {
                const char *number = get_text(result, "id");
                if (passed(results, i) == is_listed(list, number))
                        problem(c, "starter",
                                passed(results, i) ? "passes a test that it should fail"
                                                   : "fails a test that it should pass",
                                number);
        }
        buffer_deinit(&declared);
        json_decref(results);
}

/* The first line of a mutant: "expect: tests 10,12 fail". */
static bool read_expected(const char *path, char list[100])
{
        struct buffer content = {0};
        bool good = read_whole(path, &content) &&
                    sscanf((const char *)content.data, "expect: test%*[s] %99[0-9a-z,] fail",
                           list) == 1;
        buffer_deinit(&content);
        return good;
}

/* Grades what is in the scratch tree now: all tests in `list` must fail. */
static void check_wrong(struct checker *c, const char *who, const char *list)
{
        json_t *results = grade_scratch(c, who, SEED_DEFAULT), *result;
        size_t i;
        if (results)
                print_row(c, who, list, results);
        json_array_foreach(results, i, result)
        {
                bool killed = !passed(results, i);
                if (i < sizeof c->killed)
                        c->killed[i] |= killed;
                if (!killed && is_listed(list, get_text(result, "id")))
                        problem(c, who, "survives a test that was written for it",
                                get_text(result, "id"));
        }
        json_decref(results);
}

static void check_mutant(struct checker *c, const char *path)
{
        char list[100];
        const char *name = strrchr(path, '/') + 1;
        char *who = text("%.*s", (int)strcspn(name, "."), name);
        if (!read_expected(path, list))
                problem(c, who, "does not begin with `expect: tests NN,NN fail`", "");
        else if (apply_patch(c, path, who))
                check_wrong(c, who, list);
        free(who);
        copy_tree(".", NULL, c->scratch);
}

/* `path`: of the file `expect` in the answer's folder. */
static void check_wrong_answer(struct checker *c, const char *path)
{
        char list[100];
        const char *name = strstr(path, "/wrong/") + strlen("/wrong/");
        char *who = text("%.*s", (int)strcspn(name, "/"), name);
        char *what = text("wrong/%s", who);
        if (!read_expected(path, list))
                problem(c, who, "`expect` does not begin with `expect: tests NN,NN fail`", "");
        else if (lay_solution(c->lab, "solution", c->scratch) &&
                 lay_solution(c->lab, what, c->scratch))
                check_wrong(c, who, list);
        free(who);
        free(what);
        copy_tree(".", NULL, c->scratch);
}

/* All that must not get full marks. */
static void check_all_wrong(struct checker *c)
{
        enum { MUTANTS_MIN = 5, WRONG_MIN = 3 };
        glob_t found;
        size_t i;
        json_t *test;
        const char *dir = strchr(get_text(c->lab, "dir"), '/') + 1;
        bool has_mutants = is_build(c);
        char *pattern = text(has_mutants ? "labs/instructor/%s/mutants/*.patch"
                                         : "labs/instructor/%s/wrong/*/expect",
                             dir);
        size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
        for (size_t k = 0; k < count; k++) {
                if (has_mutants)
                        check_mutant(c, found.gl_pathv[k]);
                else
                        check_wrong_answer(c, found.gl_pathv[k]);
        }
        if (has_mutants && count < MUTANTS_MIN)
                problem(c, "mutants", "a build lab has 5 at least", "");
        bool is_measure = strcmp(get_text(c->lab, "kind"), "measure") == 0;
        if (!has_mutants && !is_measure && count < WRONG_MIN)
                problem(c, "wrong answers", "a hunt or predict lab has 3 at least", "");
        json_array_foreach(json_object_get(c->lab, "test"), i, test)
        {
                if (count > 0 && !c->killed[i])
                        problem(c, get_text(test, "id"), "this test refuses nothing", "");
        }
        globfree(&found);
        free(pattern);
}

/* Whoever collects a class's work goes by this list. */
static void expect_files(struct checker *c)
{
        size_t i;
        json_t *file;
        json_array_foreach(json_object_get(c->lab, "files"), i, file)
        {
                if (!file_exists(json_string_value(file)))
                        problem(c, "lab.toml", "a file to hand in that is not in the tree",
                                json_string_value(file));
        }
}

int check(const char *build, const char *id)
{
        struct checker c = {.lab = lab_load(".", id)};
        size_t i;
        json_t *test;
        if (!c.lab)
                return LAB_BROKEN;
        c.scratch = text("%s/labs/scratch", build);
        if (!copy_tree(".", NULL, c.scratch))
                return LAB_BROKEN;
        printf("lab %s: %s\n  %-34s", id, get_text(c.lab, "title"), "");
        json_array_foreach(json_object_get(c.lab, "test"), i, test)
                printf(" %2s", get_text(test, "id"));
        printf("\n");
        expect_files(&c);
        if (is_build(&c))
                check_full_marks(&c, "reference", SEED_DEFAULT);
        else
                check_solutions(&c);
        check_starter(&c);
        copy_tree(".", NULL, c.scratch);
        if (c.problems == 0)
                check_all_wrong(&c);
        printf("  %s\n", c.problems ? "NOT GOOD" : "good");
        json_decref(c.lab);
        free(c.scratch);
        return c.problems ? LAB_LESS : LAB_FULL;
}
