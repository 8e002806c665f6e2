/* tree.c - copies of the tree: for authors' checks, and for students. */
#include "lab.h"

#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool starts_with(const char *path, const char *start)
{
        return strncmp(path, start, strlen(start)) == 0;
}

/* What belongs into a copy. `path`: below the root. */
static bool belongs(const char *path, const char *id)
{
        static const char *const always[] = {"src/", "sim/", "labs/tool/",
                                             "tests/unit/fake_world."};
        static const char *const files[] = {"Makefile",      "LICENSE",      ".clang-format",
                                            "tests/deps.sh", "labs/labs.mk", "labs/lab.mk",
                                            "labs/README.md"};
        size_t size = strlen(path);
        for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
                if (starts_with(path, always[i]))
                        return true;
        }
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
                if (strcmp(path, files[i]) == 0)
                        return true;
        }
        /* Fixtures; but not what needs cmocka. */
        if (starts_with(path, "tests/unit/"))
                return size > 2 && strcmp(path + size - 2, ".h") == 0;
        if (!starts_with(path, "labs/") || strstr(path, "/out/"))
                return false;
        if (!id)
                return strchr(path + 5, '/');
        char *mine = text("labs/%s-", id);
        bool is_mine = starts_with(path, mine);
        free(mine);
        return is_mine;
}

/* Calls `each` with the path of every file below `root`, which it may change. */
static bool walk(const char *root, const char *under,
                 bool (*each)(const char *root, const char *path, const char *id, const char *to),
                 const char *id, const char *to)
{
        bool good = true;
        char *top = text("%s/%s", root, under);
        FTS *fts = fts_open((char *const[]){top, NULL}, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        for (FTSENT *e = fts_read(fts); e && good; e = fts_read(fts)) {
                if (e->fts_info == FTS_F)
                        good = each(root, e->fts_path + strlen(root) + 1, id, to);
        }
        fts_close(fts);
        free(top);
        return good;
}

static bool copy_file(const char *root, const char *path, const char *id, const char *to)
{
        if (!belongs(path, id))
                return true;
        struct buffer content = {0};
        char *from = text("%s/%s", root, path), *target = text("%s/%s", to, path);
        bool good = read_whole(from, &content) && write_whole(target, buffer_span(&content));
        buffer_deinit(&content);
        free(from);
        free(target);
        return good;
}

static bool remove_stranger(const char *root, const char *path, const char *id, const char *to)
{
        char *ours = text("%s/%s", root, path), *theirs = text("%s/%s", to, path);
        if (!file_exists(theirs) || !belongs(path, id))
                remove(ours);
        free(ours);
        free(theirs);
        return true;
}

bool copy_tree(const char *root, const char *id, const char *to)
{
        static const char *const parts[] = {"src",        "sim",           "labs",
                                            "tests/unit", "tests/deps.sh", "Makefile",
                                            "LICENSE",    ".clang-format"};
        bool good = true;
        for (size_t i = 0; i < sizeof parts / sizeof *parts && good; i++) {
                good = walk(root, parts[i], copy_file, id, to);
                if (good)
                        walk(to, parts[i], remove_stranger, id, root);
        }
        return good;
}

/* `path` begins with "./". */
static bool lay_file(const char *root, const char *path, const char *id, const char *to)
{
        (void)id;
        if (strcmp(path, "./expect") == 0)
                return true;
        struct buffer content = {0};
        char *from = text("%s/%s", root, path), *target = text("%s/%s", to, path + 2);
        bool good = read_whole(from, &content) && write_whole(target, buffer_span(&content));
        buffer_deinit(&content);
        free(from);
        free(target);
        return good;
}

bool lay_solution(const json_t *lab, const char *what, const char *tree)
{
        const char *dir = get_text(lab, "dir");
        char *from = text("labs/instructor/%s/%s", strchr(dir, '/') + 1, what);
        char *to = text("%s/%s", tree, dir);
        bool good = file_exists(from) && walk(from, ".", lay_file, NULL, to);
        free(from);
        free(to);
        return good;
}
