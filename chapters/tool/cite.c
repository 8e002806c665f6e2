#include "cite.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One citation: file:/from/ or file:/from/,/to/. */
struct citation {
        char *file, *from, *to; /* `to` NULL: a place */
};

static void citation_free(struct citation *c)
{
        free(c->file);
        free(c->from);
        free(c->to);
}

/* Reads one that begins at `text`; returns where it ends, or NULL: this is none. */
static const char *citation_read(const char *text, struct citation *c)
{
        *c = (struct citation){0};
        size_t file = strcspn(text, ":) \n");
        if (strncmp(text + file, ":/", 2) != 0 || strncmp(text, "http", 4) == 0)
                return NULL;
        const char *from = text + file + 2;
        const char *end = strchr(from, '/');
        if (!end)
                return NULL;
        c->file = format("%.*s", (int)file, text);
        c->from = format("%.*s", (int)(end - from), from);
        if (strncmp(end, "/,/", 3) == 0 && strchr(end + 3, '/')) {
                const char *to = end + 3;
                end = strchr(to, '/');
                c->to = format("%.*s", (int)(end - to), to);
        }
        return end + 1;
}

/* The first line from `line` on that matches; -1: none. */
static int match(const struct lines *l, int line, const char *pattern)
{
        regex_t compiled;
        if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
                return -1;
        while (line < l->count && regexec(&compiled, l->items[line], 0, NULL, 0) != 0)
                line++;
        regfree(&compiled);
        return line < l->count ? line : -1;
}

/* *first and *last: the cited lines. False: there are none, and *why says so. */
static bool look_up(const struct citation *c, struct lines *code, int *first, int *last,
                    const char **why)
{
        FILE *there = fopen(c->file, "r");
        *why = "there is no such file";
        if (!there)
                return false;
        fclose(there);
        lines_read(code, c->file);
        *first = *last = match(code, 0, c->from);
        if (*first >= 0 && c->to)
                *last = match(code, *first, c->to);
        *why = "no line of the file matches";
        return *first >= 0 && *last >= 0;
}

static bool is_excerpt(const char *line, struct citation *c)
{
        return strncmp(line, "```c ", 5) == 0 && citation_read(line + 5, c);
}

/* The line behind the excerpt's last one. */
static int excerpt_end(const char *path, const struct lines *chapter, int first)
{
        int end = first;
        while (end < chapter->count && strcmp(chapter->items[end], "```") != 0)
                end++;
        errno = 0;
        if (end == chapter->count)
                die("%s:%d: this block has no end", path, first);
        return end;
}

static bool excerpt_agrees(const struct lines *chapter, int begin, int end,
                           const struct lines *code, int first, int last)
{
        if (end - begin != last - first + 1)
                return false;
        for (int i = begin; i < end; i++) {
                if (strcmp(chapter->items[i], code->items[first + i - begin]) != 0)
                        return false;
        }
        return true;
}

static int check_excerpt(const char *path, const struct lines *chapter, int at,
                         const struct citation *c)
{
        struct lines code = {0};
        int first, last;
        const char *why;
        bool good = look_up(c, &code, &first, &last, &why);
        if (good) {
                why = "the code has changed: look at it, then `make book-update`";
                good = excerpt_agrees(chapter, at + 1, excerpt_end(path, chapter, at + 1), &code,
                                      first, last);
        }
        if (!good)
                printf("not ok - %s:%d: excerpt of %s:/%s/: %s\n", path, at + 1, c->file, c->from,
                       why);
        lines_free(&code);
        return !good;
}

/* Whether a page's link that cites no line leads somewhere: to a page beside it, to a file of the
 * repository, or to a figure that has a source. */
static bool leads_somewhere(const char *path, const char *target)
{
        static const char *const sources[] = {"dot", "gp", "sh"};
        size_t size = strcspn(target, "#)");
        bool is_path = memchr(target, '.', size) || memchr(target, '/', size);
        if (!is_path || memchr(target, ':', size) || memchr(target, ' ', size))
                return true; /* an address of the web, a place on this page, or no link at all */
        char *file = format("%.*s", (int)size, target);
        const char *slash = strrchr(path, '/');
        char *beside = format("%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, file);
        bool good = access(file, F_OK) == 0 || access(beside, F_OK) == 0;
        size_t stem = size > 12 ? size - 12 : 0; /* without "figures/" and ".svg" */
        for (int i = 0; !good && i < 3 && strncmp(file, "figures/", 8) == 0; i++) {
                char *source = format("diagrams/%.*s.%s", (int)stem, file + 8, sources[i]);
                good = access(source, F_OK) == 0;
                free(source);
        }
        free(beside);
        free(file);
        return good;
}

static int check_place(const char *path, int number, const char *target, int *total)
{
        struct citation c;
        if (!citation_read(target, &c)) {
                bool good = leads_somewhere(path, target);
                if (!good)
                        printf("not ok - %s:%d: %.*s: there is no such file\n", path, number,
                               (int)strcspn(target, ")"), target);
                return !good;
        }
        struct lines code = {0};
        int first, last;
        const char *why;
        bool good = look_up(&c, &code, &first, &last, &why);
        ++*total;
        if (!good)
                printf("not ok - %s:%d: %s:/%s/: %s\n", path, number, c.file, c.from, why);
        lines_free(&code);
        citation_free(&c);
        return !good;
}

int citations_check(const char *path, const struct lines *chapter, int *total)
{
        int failed = 0;
        bool in_block = false;
        *total = 0;
        for (int i = 0; i < chapter->count; i++) {
                const char *line = chapter->items[i];
                struct citation c;
                if (is_excerpt(line, &c)) {
                        failed += check_excerpt(path, chapter, i, &c);
                        ++*total;
                        citation_free(&c);
                }
                if (strncmp(line, "```", 3) == 0)
                        in_block = !in_block;
                for (const char *at = strstr(line, "]("); at && !in_block;
                     at = strstr(at + 2, "]("))
                        failed += check_place(path, i + 1, at + 2, total);
        }
        return failed;
}

void excerpts_update(const char *path, struct lines *chapter)
{
        struct lines made = {0};
        for (int i = 0; i < chapter->count; i++) {
                struct citation c;
                struct lines code = {0};
                int first, last;
                const char *why;
                lines_add(&made, chapter->items[i], strlen(chapter->items[i]));
                if (!is_excerpt(chapter->items[i], &c))
                        continue;
                if (look_up(&c, &code, &first, &last, &why)) {
                        for (int j = first; j <= last; j++)
                                lines_add(&made, code.items[j], strlen(code.items[j]));
                        i = excerpt_end(path, chapter, i + 1) - 1;
                }
                lines_free(&code);
                citation_free(&c);
        }
        lines_free(chapter);
        *chapter = made;
}

char *citations_linked(const char *line, const char *base)
{
        char *made = format("%s", "");
        for (;;) {
                const char *at = strstr(line, "](");
                if (!at)
                        break;
                struct citation c;
                struct lines code = {0};
                int first, last;
                const char *why, *end = citation_read(at + 2, &c);
                char *longer;
                if (end && look_up(&c, &code, &first, &last, &why)) {
                        longer = format("%s%.*s](%s%s#L%d", made, (int)(at - line), line, base,
                                        c.file, first + 1);
                } else {
                        char *file = format("%.*s", (int)strcspn(at + 2, "#)"), at + 2);
                        bool is_file = access(file, F_OK) == 0;
                        end = at + 2;
                        longer = format("%s%.*s](%s", made, (int)(at - line), line,
                                        is_file ? base : "");
                        free(file);
                }
                free(made);
                made = longer;
                line = end;
                lines_free(&code);
                citation_free(&c);
        }
        char *whole = format("%s%s", made, line);
        free(made);
        return whole;
}
