/* describe.c - a lab, as its lab.toml describes it. */
#include "lab.h"

#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *get_text(const json_t *object, const char *key)
{
        const char *value = json_string_value(json_object_get(object, key));
        return value ? value : "";
}

int64_t get_number(const json_t *object, const char *key, int64_t otherwise)
{
        const json_t *value = json_object_get(object, key);
        return json_is_integer(value) ? (int64_t)json_integer_value(value) : otherwise;
}

void set_text(json_t *object, const char *key, const char *format, ...)
{
        char *value;
        va_list args;
        va_start(args, format);
        if (vasprintf(&value, format, args) < 0)
                abort();
        va_end(args);
        /* What a student's program prints need not be UTF-8. */
        for (unsigned char *c = (unsigned char *)value; *c; c++) {
                if ((*c < 32 && *c != '\n' && *c != '\t') || *c > 126)
                        *c = '?';
        }
        json_object_set_new(object, key, json_string(value));
        free(value);
}

static json_t *load(const char *path)
{
        struct buffer content = {0};
        char error[400];
        json_t *read = NULL;
        if (!read_whole(path, &content))
                fprintf(stderr, "lab: cannot read %s\n", path);
        else if (!(read = toml_parse(path, (const char *)content.data, error, sizeof error)))
                fprintf(stderr, "lab: %s\n", error);
        buffer_deinit(&content);
        return read;
}

static bool is_kind(const char *kind)
{
        static const char *const kinds[] = {"unit", "scenario", "sweep",
                                            "hunt", "predict",  "measure"};
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                if (strcmp(kind, kinds[i]) == 0)
                        return true;
        }
        return false;
}

static bool is_of_kind(const json_t *test, const char *kind)
{
        return strcmp(get_text(test, "kind"), kind) == 0;
}

/* What the two runs of a hunt differ in, and who asks the questions of the others. */
static bool has_own_keys(const json_t *test)
{
        size_t words = json_array_size(json_object_get(test, "words"));
        if (is_of_kind(test, "hunt"))
                return json_array_size(json_object_get(test, "bugs")) > 0 ||
                       (words > 0 && *get_text(test, "guarantee") &&
                        json_array_size(json_object_get(test, "holds")) == words &&
                        json_array_size(json_object_get(test, "breaks")) == words);
        if (is_of_kind(test, "predict") || is_of_kind(test, "measure"))
                return *get_text(test, "key");
        return true;
}

/* All tests have what they need, and no id comes twice. */
static bool check_tests(const json_t *lab, const char *path)
{
        size_t i, k;
        json_t *test, *other;
        const json_t *tests = json_object_get(lab, "test");
        json_array_foreach(tests, i, test)
        {
                const char *id = get_text(test, "id");
                bool good = *id && *get_text(test, "title") && is_kind(get_text(test, "kind")) &&
                            get_number(test, "points", -1) >= 0 &&
                            (*get_text(test, "file") || is_of_kind(test, "sweep")) &&
                            has_own_keys(test);
                json_array_foreach(tests, k, other)
                {
                        if (k < i && strcmp(get_text(other, "id"), id) == 0)
                                good = false;
                }
                if (!good) {
                        fprintf(stderr,
                                "lab: %s: test %zu wants an id of its own, title, points, a known "
                                "kind, (but for a sweep) a file, and the keys of its kind\n",
                                path, i + 1);
                        return false;
                }
        }
        return true;
}

json_t *lab_load(const char *root, const char *id)
{
        glob_t found;
        json_t *lab = NULL;
        char *pattern = text("%s/labs/%s-*/lab.toml", root, id);
        if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc != 1) {
                fprintf(stderr, "lab: there is no lab %s (%s)\n", id, pattern);
        } else if ((lab = load(found.gl_pathv[0]))) {
                const char *path = found.gl_pathv[0] + strlen(root) + 1;
                size_t i;
                json_t *test;
                set_text(lab, "dir", "%.*s", (int)(strrchr(path, '/') - path), path);
                json_array_foreach(json_object_get(lab, "test"), i, test)
                        set_text(test, "dir", "%s", get_text(lab, "dir"));
                if (!check_tests(lab, path)) {
                        json_decref(lab);
                        lab = NULL;
                }
        }
        globfree(&found);
        free(pattern);
        return lab;
}

bool lab_add_hidden(json_t *lab, const char *directory)
{
        char *path = text("%s/hidden.toml", directory);
        json_t *hidden = load(path), *test;
        size_t i;
        json_array_foreach(json_object_get(hidden, "test"), i, test)
        {
                json_object_set_new(test, "hidden", json_true());
                set_text(test, "dir", "%s", directory);
                json_array_append(json_object_get(lab, "test"), test);
        }
        bool good = hidden && check_tests(lab, path);
        json_decref(hidden);
        free(path);
        return good;
}

json_t *lab_ids(const char *root)
{
        glob_t found;
        json_t *ids = json_array();
        char *pattern = text("%s/labs/[0-9]*-*/lab.toml", root);
        if (glob(pattern, 0, NULL, &found) == 0) {
                for (size_t i = 0; i < found.gl_pathc; i++) {
                        const char *at = found.gl_pathv[i] + strlen(root) + strlen("/labs/");
                        json_array_append_new(ids, json_stringn(at, strcspn(at, "-")));
                }
        }
        globfree(&found);
        free(pattern);
        return ids;
}
