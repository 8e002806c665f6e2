/* handout.c - the student's tarball, and a try at it. */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

enum { TAR_LIMIT_MS = 60000, TRY_LIMIT_MS = 900000 };

static bool run(const char *const argv[], const char *directory, int64_t limit_ms, int expected)
{
        struct outcome o;
        run_child(argv, directory, limit_ms, &o);
        bool good = o.status == expected;
        if (!good)
                fprintf(stderr, "lab: %s ended with status %d, not %d:\n%s", argv[0], o.status,
                        expected, (const char *)o.out.data);
        buffer_deinit(&o.out);
        return good;
}

static bool pack(const char *folder, const char *name, const char *tarball)
{
        const char *argv[] = {"tar",
                              "--sort=name",
                              "--owner=0",
                              "--group=0",
                              "--numeric-owner",
                              "--mtime=2000-01-01 00:00Z",
                              "-czf",
                              tarball,
                              "-C",
                              folder,
                              name,
                              NULL};
        return run(argv, ".", TAR_LIMIT_MS, 0);
}

/* Builds and grades what lies in `tree`, as its README says: status, and which tests fail. */
static bool try_grade(const char *tree, const char *id, int expected, json_t **all)
{
        char *which = text("LAB=%s", id), *path = text("%s/results.json", tree);
        const char *argv[] = {"make",
                              "-s",
                              "--no-print-directory",
                              "-f",
                              "Makefile",
                              "-f",
                              "labs/labs.mk",
                              "grade",
                              which,
                              "BUILD=build",
                              "OPT=-O1",
                              "EXTRA_CFLAGS=-g0",
                              "WERROR=1",
                              "GRADE=--json results.json",
                              NULL};
        /* make's own status for a recipe that fails is 2, whatever the recipe's was. */
        bool good = run(argv, tree, TRY_LIMIT_MS, expected == LAB_FULL ? 0 : 2);
        *all = json_load_file(path, 0, NULL);
        free(which);
        free(path);
        return good && *all;
}

static bool fails_as_declared(const json_t *lab, const json_t *all)
{
        size_t i, k;
        json_t *test, *id;
        bool good = true;
        json_array_foreach(json_object_get(all, "tests"), i, test)
        {
                bool declared = false;
                json_array_foreach(json_object_get(lab, "starter_fails"), k, id) declared |=
                        strcmp(json_string_value(id), get_text(test, "id")) == 0;
                if (declared == (strcmp(get_text(test, "verdict"), "pass") == 0)) {
                        fprintf(stderr, "lab: in the handout, test %s is %s\n",
                                get_text(test, "id"), get_text(test, "verdict"));
                        good = false;
                }
        }
        return good;
}

/* From the tarball alone: the starter's score is the declared one; with the bodies it is full. */
static bool try_handout(const json_t *lab, const char *folder, const char *name,
                        const char *tarball)
{
        const char *id = get_text(lab, "id");
        char *tree = text("%s/try/%s", folder, name), *parent = text("%s/try", folder);
        json_t *first = NULL, *second = NULL;
        bool is_build = strcmp(get_text(lab, "kind"), "build") == 0;
        const char *clear[] = {"rm", "-rf", tree, NULL}, *make[] = {"mkdir", "-p", parent, NULL};
        const char *unpack[] = {"tar", "-xzf", tarball, "-C", parent, NULL};
        bool good = run(clear, ".", TAR_LIMIT_MS, 0) && run(make, ".", TAR_LIMIT_MS, 0) &&
                    run(unpack, ".", TAR_LIMIT_MS, 0) && try_grade(tree, id, LAB_LESS, &first) &&
                    fails_as_declared(lab, first);
        bool has_bodies = is_build ? good && strip_tree(".", id, "", STRIP_REFERENCE, tree) > 0
                                   : good && lay_solution(lab, "solution", tree);
        good = good && (has_bodies || strcmp(get_text(lab, "kind"), "measure") == 0);
        if (has_bodies)
                good = try_grade(tree, id, LAB_FULL, &second);
        if (good)
                printf("%s: starter %d/%d as declared%s\n", tarball,
                       (int)get_number(first, "score", -1), (int)get_number(first, "max", -1),
                       !has_bodies ? ""
                       : is_build  ? "; with the reference bodies full marks"
                                   : "; with the solution full marks");
        json_decref(first);
        json_decref(second);
        free(tree);
        free(parent);
        return good;
}

/* What one meets first when the tarball is unpacked, and which version it is. */
static bool write_readme(const json_t *lab, const char *tree, const char *version)
{
        char *version_path = text("%s/VERSION", tree);
        char *path = text("%s/README.md", tree);
        char *words = text("# Lab %s: %s\n\nBegin with `%s/README.md`. `sh tests/deps.sh build` "
                           "installs what\n"
                           "building needs, on Debian.\n",
                           get_text(lab, "id"), get_text(lab, "title"), get_text(lab, "dir"));
        bool good = write_whole(path, span_of(words, strlen(words))) &&
                    write_whole(version_path, span_of(version, strlen(version)));
        free(version_path);
        free(path);
        free(words);
        return good;
}

int handout(const char *build, const char *id, const char *version)
{
        json_t *lab = lab_load(".", id), *other;
        size_t i;
        if (!lab)
                return LAB_BROKEN;
        char *folder = text("%s/labs/handout", build);
        char *name = text("odradek-lab-%s-%s", id, version);
        char *tree = text("%s/%s", folder, name), *tarball = text("%s/%s.tar.gz", folder, name);
        const char *clear[] = {"rm", "-rf", tree, NULL};
        json_t *ids = lab_ids(".");
        bool good = run(clear, ".", TAR_LIMIT_MS, 0) && copy_tree(".", id, tree);
        hide_prey(lab, tree);
        /* Other labs' markers go, in files that this lab may share with them. */
        json_array_foreach(ids, i, other)
        {
                if (good && strcmp(json_string_value(other), id) != 0)
                        good = strip_tree(tree, json_string_value(other), "", STRIP_REFERENCE,
                                          tree) >= 0;
        }
        good = good && strip_tree(".", id, "", STRIP_STARTER, tree) >= 0 &&
               write_readme(lab, tree, version) && pack(folder, name, tarball) &&
               try_handout(lab, folder, name, tarball);
        json_decref(ids);
        json_decref(lab);
        free(folder);
        free(name);
        free(tree);
        free(tarball);
        return good ? LAB_FULL : LAB_LESS;
}
