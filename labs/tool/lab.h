/* lab.h - the parts of the program `lab`: it strips, grades, checks and packs the labs.
 *
 * (1) A verdict is a function of code and seed. The one clock on the wall is a limit for programs
 *     that never end, and what it stops is an error, not a failure.
 * (2) Each declared test has one result: pass, fail, error or not_run. None is left out.
 * (3) The exit status is 0 for full marks, 1 for less, 2 when the grader or the build is broken.
 *
 * All paths are relative to the root of a tree. Everything that is described in a file (labs,
 * tests, results) is a json_t, because it is read from one file and written to another. */
#ifndef ODRADEK_LABS_LAB_H
#define ODRADEK_LABS_LAB_H

#include "base/bytes.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { LAB_FULL = 0, LAB_LESS = 1, LAB_BROKEN = 2 };

/* --- files and children (system.c) --- */

/* Formats into a string to be freed. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* False when it cannot be read. What is read ends with a NUL that is not counted. */
bool read_whole(const char *path, struct buffer *into);

/* Makes the folders above it. A file that holds just that already keeps its time. */
bool write_whole(const char *path, struct span content);

bool file_exists(const char *path);

/* The status of a child that could not be started; a shell's, too. */
enum { NOT_STARTED = 127 };

/* How a child ended, and what it said on both of its outputs. */
struct outcome {
        int status; /* its exit status, or -1 */
        int signal; /* that killed it, or 0 */
        bool timed_out;
        int64_t wall_ms;
        struct buffer out; /* owned */
};

/* Runs `argv` in `directory`; `limit_ms` of wall time, then it is killed, with its children. */
void run_child(const char *const argv[], const char *directory, int64_t limit_ms,
               struct outcome *o);

/* --- lab.toml (toml.c, describe.c) --- */

/* The subset of TOML that labs use: comments; KEY = "string", number, true, false or an array of
 * those on one line or several; [[test]] begins one more table of the array `test`. NULL and a
 * message in `error` when it is anything else. */
json_t *toml_parse(const char *name, const char *content, char *error, size_t error_size);

/* A lab as in its lab.toml, with "dir", and with "dir" in each test. NULL when there is none, or a
 * bad one; that is told on stderr. */
json_t *lab_load(const char *root, const char *id);

/* Adds the tests of DIRECTORY/hidden.toml, marked as hidden. */
bool lab_add_hidden(json_t *lab, const char *directory);

/* The ids of all labs in a tree, in order. */
json_t *lab_ids(const char *root);

const char *get_text(const json_t *object, const char *key); /* "" when it is not there */
int64_t get_number(const json_t *object, const char *key, int64_t otherwise);
void set_text(json_t *object, const char *key, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* --- markers (strip.c) --- */

enum strip_what {
        STRIP_STARTER,   /* the lab's bodies are taken out */
        STRIP_REFERENCE, /* they are there, without the markers */
};

/* `source` as a student of lab `id` gets it; other labs' markers are gone and their bodies there.
 * So are the bodies of the functions named in `keep`, with spaces between; a file's name stands for
 * all of its functions. *regions: how many were this lab's. False when a marker is unmatched or
 * nested, or when starter and bodies do not make the source again; that is told on stderr. */
bool strip(const char *name, struct span source, const char *id, const char *keep,
           enum strip_what what, struct buffer *into, int *regions);

/* Does so with all files under ROOT/src, and writes those that have regions of this lab under
 * `to`. Returns how many files, or -1. */
int strip_tree(const char *root, const char *id, const char *keep, enum strip_what what,
               const char *to);

/* --- grading (grade.c, kinds.c, hunt.c, answers.c, findings.c) --- */

struct grade {
        const char *root, *build; /* the tree; its build folder, relative to it */
        uint64_t seed;
        bool stops;    /* at the first test that is not passed */
        bool is_plain; /* no smaller story is looked for */
        /* Of wall time, for a unit test, and for a run of the simulator; grade() sets them. */
        int64_t unit_limit_ms, run_limit_ms;
        const char *make_flags[8]; /* more arguments for make, up to a NULL */
        /* Hears each result as it comes. NULL: nobody does. */
        void (*told)(void *context, const json_t *result);
        void *context;
};

enum { SEED_DEFAULT = 4711 };

/* Results in the order of the tests; NULL when the tree does not build, which is in `output`. */
json_t *grade(const struct grade *g, const json_t *lab, struct buffer *output);

/* The seed of a student's own: from a secret of the course, the student, the lab. */
uint64_t seed_of(const char *secret, const char *student, const char *lab);

/* Runs one test and fills in its result: points, verdict, and why. */
void run_test(const struct grade *g, const json_t *lab, const json_t *test, json_t *result);

/* Runs odradek-sim COMMAND [scenario] --seed N [--bug B]; `scenario` and `bug` may be NULL. */
void simulate(const struct grade *g, const char *command, const char *scenario, const char *bug,
              uint64_t seed, struct outcome *o);

void full_marks(const json_t *test, json_t *result);

/* What was expected of a run and did not come true, as the record of a result that has none. */
void read_unmet(const struct outcome *o, json_t *result);

/* Tests of the kind hunt. */
void run_hunt(const struct grade *g, const json_t *lab, const json_t *test, json_t *result);

/* How many bugs the tests of a lab choose from, by seed; 0: it hunts none. */
size_t hunt_bugs(const json_t *lab);

/* Takes the scenarios that show the hunted bugs out of a student's tree. */
void hide_prey(const json_t *lab, const char *tree);

/* Tests of the kinds predict and measure. */
void run_answers(const struct grade *g, const json_t *lab, const json_t *test, json_t *result);
int print_questions(const struct grade *g, const json_t *lab);

/* What the simulator has printed about a run: fills in guarantee, record, explain, trace and
 * virtual_ms of a result. True when a guarantee is broken. */
bool read_findings(const struct outcome *o, json_t *result);

/* Fills in that a child died, never ended or never began; false when it did none of these. */
bool died(const struct outcome *o, json_t *result);

/* --- output (report.c, exports.c) --- */

void report_head(const json_t *lab, uint64_t seed);
void report_one(void *context, const json_t *result);
int report_end(const json_t *results); /* and the exit status */

/* {"schema":1,…}: see labs/README.md */
json_t *summary(const json_t *lab, const json_t *results);
bool export_json(const char *path, const json_t *summary);
bool export_gradescope(const char *path, const json_t *summary);
bool export_junit(const char *path, const json_t *summary);
bool export_csv(const char *path, const json_t *summary); /* a line for each test */

/* --- for authors and instructors (check.c, tree.c, handout.c) --- */

/* Copies what a tree needs to be built and graded into `to`; a lab that is not `id` is left out
 * (NULL: none is), and so is what only instructors see, unless id is NULL. What is in `to` and no
 * longer in the tree goes. */
bool copy_tree(const char *root, const char *id, const char *to);

/* What a student would hand in, for labs without markers: lays the files of
 * labs/instructor/NN-name/`what` over those of the lab in `tree`. False when there are none. */
bool lay_solution(const json_t *lab, const char *what, const char *tree);

/* The kill matrix of one lab, on stdout. Exit status. */
int check(const char *build, const char *id);

/* Packs the tarball, and tries it as a student would. Exit status. */
int handout(const char *build, const char *id, const char *version);

#endif
