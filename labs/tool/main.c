/* main.c - the program `lab`: grades a student's tree; for authors it strips, checks and packs. */
#include "lab.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
        const char *id, *build;
        const char *json, *gradescope, *junit, *csv, *hidden, *student, *secret, *version, *out,
                *keep;
        uint64_t seed;
        bool stops;
};

static int usage(void)
{
        fputs("usage: lab grade NN [--json F] [--gradescope F] [--junit F] [--csv F]\n"
              "                    [--hidden DIR] [--seed N | --student NAME --secret S] [--stop]\n"
              "       lab questions NN [--seed N | --student NAME --secret S]\n"
              "       lab strip NN --out DIR [--keep \"NAME...\"]\n"
              "                                   the starter's files that differ from the "
              "reference;\n"
              "                                   with the reference bodies of these functions\n"
              "       lab tree NN --out DIR       all that is needed to grade, reference and all\n"
              "       lab check NN                the kill matrix\n"
              "       lab handout NN [--version V]\n\n"
              "In the root of a tree; --build DIR is where it is built (build). Exit status: 0 "
              "full\n"
              "marks, 1 less, 2 the grader or the build is broken.\n",
              stderr);
        return LAB_BROKEN;
}

static bool read_arguments(int argc, char **argv, struct arguments *a)
{
        static const struct option options[] = {{"json", required_argument, NULL, 'j'},
                                                {"gradescope", required_argument, NULL, 'g'},
                                                {"junit", required_argument, NULL, 'u'},
                                                {"csv", required_argument, NULL, 'c'},
                                                {"hidden", required_argument, NULL, 'h'},
                                                {"seed", required_argument, NULL, 's'},
                                                {"student", required_argument, NULL, 'n'},
                                                {"secret", required_argument, NULL, 'k'},
                                                {"stop", no_argument, NULL, 'x'},
                                                {"version", required_argument, NULL, 'v'},
                                                {"out", required_argument, NULL, 'o'},
                                                {"keep", required_argument, NULL, 'p'},
                                                {"build", required_argument, NULL, 'b'},
                                                {NULL, 0, NULL, 0}};
        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
                switch (c) {
                case 'j': a->json = optarg; break;
                case 'g': a->gradescope = optarg; break;
                case 'u': a->junit = optarg; break;
                case 'c': a->csv = optarg; break;
                case 'h': a->hidden = optarg; break;
                case 's': a->seed = strtoull(optarg, NULL, 10); break;
                case 'n': a->student = optarg; break;
                case 'k': a->secret = optarg; break;
                case 'x': a->stops = true; break;
                case 'v': a->version = optarg; break;
                case 'o': a->out = optarg; break;
                case 'p': a->keep = optarg; break;
                case 'b': a->build = optarg; break;
                default: return false;
                }
        }
        return optind + 1 == argc && !a->student == !a->secret;
}

static bool export_all(const struct arguments *a, const json_t *lab, const json_t *results)
{
        json_t *all = summary(lab, results);
        if (a->student)
                json_object_set_new(all, "student", json_string(a->student));
        bool good = (!a->json || export_json(a->json, all)) &&
                    (!a->gradescope || export_gradescope(a->gradescope, all)) &&
                    (!a->junit || export_junit(a->junit, all)) &&
                    (!a->csv || export_csv(a->csv, all));
        json_decref(all);
        return good;
}

static int grade_command(const struct arguments *a, const json_t *lab, const struct grade *g)
{
        struct buffer output = {0};
        report_head(lab, g->seed);
        json_t *results = grade(g, lab, &output);
        int status = LAB_BROKEN;
        if (output.size > 0)
                fprintf(stderr, "%.*s", (int)output.size, (const char *)output.data);
        if (!results)
                printf("  nothing graded: the tree does not build; see above\n");
        else
                status = report_end(results);
        if (results && !export_all(a, lab, results))
                status = LAB_BROKEN;
        json_decref(results);
        buffer_deinit(&output);
        return status;
}

static int student_command(const char *command, const struct arguments *a)
{
        json_t *lab = lab_load(".", a->id);
        if (!lab || (a->hidden && !lab_add_hidden(lab, a->hidden)))
                return LAB_BROKEN;
        struct grade g = {.root = ".",
                          .build = a->build,
                          .seed = a->student ? seed_of(a->secret, a->student, a->id) : a->seed,
                          .stops = a->stops,
                          .told = report_one};
        bool grades = strcmp(command, "grade") == 0;
        if (!grades && a->student)
                printf("# seed %" PRIu64 "\n", g.seed);
        int status = grades ? grade_command(a, lab, &g) : print_questions(&g, lab);
        json_decref(lab);
        return status;
}

int main(int argc, char **argv)
{
        struct arguments a = {.build = "build", .seed = SEED_DEFAULT, .version = "dev", .keep = ""};
        if (argc < 3 || !read_arguments(argc - 1, argv + 1, &a))
                return usage();
        const char *command = argv[1];
        a.id = argv[optind + 1];
        if (strcmp(command, "grade") == 0 || strcmp(command, "questions") == 0)
                return student_command(command, &a);
        if (strcmp(command, "check") == 0)
                return check(a.build, a.id);
        if (strcmp(command, "handout") == 0)
                return handout(a.build, a.id, a.version);
        if (strcmp(command, "strip") == 0 && a.out) {
                int files = strip_tree(".", a.id, a.keep, STRIP_STARTER, a.out);
                printf("%d files\n", files);
                return files > 0 ? LAB_FULL : LAB_BROKEN;
        }
        if (strcmp(command, "tree") == 0 && a.out)
                return copy_tree(".", NULL, a.out) ? LAB_FULL : LAB_BROKEN;
        return usage();
}
