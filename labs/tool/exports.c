/* exports.c - results for other programs: JSON, Gradescope, JUnit, CSV. */
#include "lab.h"

#include <string.h>

enum { GIT_LIMIT_MS = 10000 };

/* What was graded, and by what it was compiled: a build folder has one compiler, so it is the one
 * that compiled this program. A handout that is in no repository tells its version instead. */
static json_t *build_facts(void)
{
        json_t *facts = json_object();
        struct outcome o = {0};
        struct buffer version = {0};
        if (file_exists(".git"))
                run_child((const char *const[]){"git", "rev-parse", "HEAD", NULL}, ".",
                          GIT_LIMIT_MS, &o);
        bool is_known = o.out.size > 0 && o.status == 0;
        if (!is_known)
                read_whole("VERSION", &version);
        const char *commit = is_known           ? (const char *)o.out.data
                             : version.size > 0 ? (const char *)version.data
                                                : "";
        set_text(facts, "commit", "%.*s", (int)strcspn(commit, "\n"), commit);
#ifdef __clang__
        set_text(facts, "cc", "clang %s", __clang_version__);
#else
        set_text(facts, "cc", "gcc %s", __VERSION__);
#endif
        buffer_deinit(&o.out);
        buffer_deinit(&version);
        return facts;
}

json_t *summary(const json_t *lab, const json_t *results)
{
        int64_t score = 0, max = 0, ran = 0;
        size_t i;
        json_t *result, *all = json_object();
        json_array_foreach(results, i, result)
        {
                score += get_number(result, "points", 0);
                max += get_number(result, "max", 0);
                ran += strcmp(get_text(result, "verdict"), "not_run") != 0;
        }
        json_object_set_new(all, "schema", json_integer(1));
        json_object_set(all, "lab", json_object_get(lab, "id"));
        json_object_set(all, "title", json_object_get(lab, "title"));
        json_object_set_new(all, "score", json_integer(score));
        json_object_set_new(all, "max", json_integer(max));
        json_object_set_new(all, "tests", json_deep_copy(results));
        json_object_set_new(all, "declared", json_integer((json_int_t)json_array_size(results)));
        json_object_set_new(all, "ran", json_integer(ran));
        json_object_set_new(all, "build", build_facts());
        return all;
}

static bool dump(const char *path, json_t *value)
{
        bool good = json_dump_file(value, path, JSON_INDENT(2)) == 0;
        if (!good)
                fprintf(stderr, "lab: cannot write %s\n", path);
        return good;
}

bool export_json(const char *path, const json_t *all)
{
        json_t *copy = json_deep_copy(all);
        bool good = dump(path, copy);
        json_decref(copy);
        return good;
}

static void add_line(struct buffer *b, const char *label, const char *value)
{
        if (*value)
                buffer_printf(b, "%s: %s\n", label, value);
}

/* Why a test is not passed, as one text. */
static void explain(const json_t *test, struct buffer *b)
{
        add_line(b, "guarantee broken", get_text(test, "guarantee"));
        add_line(b, "share", get_text(test, "share"));
        add_line(b, "record", get_text(test, "record"));
        add_line(b, "why", get_text(test, "explain"));
        add_line(b, "look at", get_text(test, "look"));
        add_line(b, "again", get_text(test, "repro"));
        buffer_append(b, "", 1);
}

bool export_gradescope(const char *path, const json_t *all)
{
        json_t *tests = json_array(), *test, *made = json_object();
        size_t i;
        json_array_foreach(json_object_get(all, "tests"), i, test)
        {
                struct buffer words = {0};
                json_t *one = json_object();
                bool passed = strcmp(get_text(test, "verdict"), "pass") == 0;
                explain(test, &words);
                json_object_set(one, "number", json_object_get(test, "id"));
                json_object_set(one, "name", json_object_get(test, "title"));
                json_object_set(one, "score", json_object_get(test, "points"));
                json_object_set(one, "max_score", json_object_get(test, "max"));
                set_text(one, "status", "%s", passed ? "passed" : "failed");
                set_text(one, "output", "%s", (const char *)words.data);
                json_array_append_new(tests, one);
                buffer_deinit(&words);
        }
        json_object_set(made, "score", json_object_get(all, "score"));
        json_object_set_new(made, "tests", tests);
        bool good = dump(path, made);
        json_decref(made);
        return good;
}

static void print_escaped(FILE *f, const char *words)
{
        for (; *words; words++) {
                switch (*words) {
                case '&': fputs("&amp;", f); break;
                case '<': fputs("&lt;", f); break;
                case '>': fputs("&gt;", f); break;
                case '"': fputs("&quot;", f); break;
                case '\n': fputs("&#10;", f); break;
                default: fputc(*words, f);
                }
        }
}

static void print_case(FILE *f, const char *lab, const json_t *test)
{
        const char *verdict = get_text(test, "verdict");
        struct buffer words = {0};
        fprintf(f, "  <testcase classname=\"lab-%s\" name=\"", lab);
        print_escaped(f, get_text(test, "id"));
        fputc(' ', f);
        print_escaped(f, get_text(test, "title"));
        fprintf(f, "\" time=\"%.3f\">", (double)get_number(test, "wall_ms", 0) / 1e3);
        explain(test, &words);
        const char *tag = strcmp(verdict, "fail") == 0    ? "failure"
                          : strcmp(verdict, "error") == 0 ? "error"
                                                          : "skipped";
        if (strcmp(verdict, "pass") != 0) {
                fprintf(f, "<%s message=\"", tag);
                print_escaped(f, (const char *)words.data);
                fputs("\"/>", f);
        }
        fputs("</testcase>\n", f);
        buffer_deinit(&words);
}

bool export_junit(const char *path, const json_t *all)
{
        FILE *f = fopen(path, "w");
        size_t i;
        json_t *test;
        if (!f) {
                perror(path);
                return false;
        }
        fprintf(f,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"lab-%s\" "
                "tests=\"%d\">\n",
                get_text(all, "lab"), (int)json_array_size(json_object_get(all, "tests")));
        json_array_foreach(json_object_get(all, "tests"), i, test)
                print_case(f, get_text(all, "lab"), test);
        fputs("</testsuite>\n", f);
        return fclose(f) == 0;
}

static void print_quoted(FILE *f, const char *words)
{
        fputc('"', f);
        for (; *words; words++)
                fprintf(f, "%s%c", *words == '"' ? "\"" : "", *words);
        fputc('"', f);
}

bool export_csv(const char *path, const json_t *all)
{
        static const char *const texts[] = {"id", "title", "kind", "verdict", "guarantee"};
        FILE *f = fopen(path, "w");
        size_t i;
        json_t *test;
        if (!f) {
                perror(path);
                return false;
        }
        fputs("student,lab,test,title,kind,verdict,guarantee,points,max\n", f);
        json_array_foreach(json_object_get(all, "tests"), i, test)
        {
                print_quoted(f, get_text(all, "student"));
                fprintf(f, ",%s", get_text(all, "lab"));
                for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
                        fputc(',', f);
                        print_quoted(f, get_text(test, texts[k]));
                }
                fprintf(f, ",%d,%d\n", (int)get_number(test, "points", 0),
                        (int)get_number(test, "max", 0));
        }
        return fclose(f) == 0;
}
