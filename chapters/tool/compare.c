/* compare.c - what a command printed, against what its page says. */
#include "blocks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A told line, without its block's indentation. */
static const char *told_line(const struct command *c, const struct lines *page, int i)
{
        const char *line = page->items[i];
        size_t spaces = strspn(line, " ");
        return line + (spaces < (size_t)c->indent ? spaces : (size_t)c->indent);
}

/* The end of a number and of what may belong to one. */
static const char *number_end(const char *at)
{
        while (isdigit((unsigned char)*at) ||
               ((*at == '.' || *at == ',') && isdigit((unsigned char)at[1])))
                at++;
        return at;
}

/* A line with '#' for every number that may differ and one space for every gap. */
static char *shape_of(const struct command *c, const char *line)
{
        char *made = malloc(strlen(line) + 2), *to = made;
        if (!made)
                die("no memory");
        while (*line) {
                const char *end = number_end(line);
                bool is_seconds = strncmp(end, " s", 2) == 0 && (end[2] == ' ' || !end[2]);
                if (end > line && (c->numbers || is_seconds)) {
                        *to++ = '#';
                        line = end;
                } else if (end > line) {
                        while (line < end)
                                *to++ = *line++;
                } else if (*line == ' ') {
                        *to++ = ' ';
                        line += strspn(line, " ");
                } else {
                        *to++ = *line++;
                }
        }
        *to = '\0';
        return made;
}

static bool is_dots(const char *line)
{
        return strcmp(line + strspn(line, " "), "...") == 0;
}

static bool line_agrees(const struct command *c, const char *told, const char *printed)
{
        bool has_shape = c->numbers || c->seconds;
        char *a = has_shape ? shape_of(c, told) : format("%s", told);
        char *b = has_shape ? shape_of(c, printed) : format("%s", printed);
        size_t size = strlen(a);
        bool same = strcmp(a, b) == 0;
        if (!same && size > 3 && strcmp(a + size - 3, "...") == 0) {
                for (size -= 3; size > 0 && a[size - 1] == ' ';)
                        size--;
                same = strncmp(a, b, size) == 0;
        }
        free(a);
        free(b);
        return same;
}

bool command_agrees(const struct command *c, const struct lines *page)
{
        /* After the last dots, the told line that comes next may be looked for further down. */
        int told = c->first, printed = 0, retry_told = -1, retry_printed = 0;
        while (printed < c->output.count || told < c->end) {
                if (told < c->end && is_dots(told_line(c, page, told))) {
                        retry_told = ++told;
                        retry_printed = printed;
                } else if (told < c->end && printed < c->output.count &&
                           line_agrees(c, told_line(c, page, told), c->output.items[printed])) {
                        told++;
                        printed++;
                } else if (retry_told >= 0 && retry_printed < c->output.count) {
                        told = retry_told;
                        printed = ++retry_printed;
                } else {
                        return false;
                }
        }
        return true;
}

/* --- renewing --- */

static bool same_first_word(const char *a, const char *b)
{
        a += strspn(a, " ");
        b += strspn(b, " ");
        size_t size = strcspn(a, " ");
        return size == strcspn(b, " ") && strncmp(a, b, size) == 0;
}

/* Adds a printed line; as it is told in first … end - 1, when it is. */
static void add_line(const struct command *c, const struct lines *page, int first, int end,
                     const char *printed, struct lines *made)
{
        for (int i = first; i < end; i++) {
                if (line_agrees(c, told_line(c, page, i), printed)) {
                        lines_add(made, page->items[i], strlen(page->items[i]));
                        return;
                }
        }
        char *line = format("%*s%s", *printed ? c->indent : 0, "", printed);
        lines_add(made, line, strlen(line));
        free(line);
}

bool command_renew(const struct command *c, const struct lines *page, struct lines *made)
{
        int printed = 0;
        for (int told = c->first; told <= c->end;) {
                bool after_dots = told < c->end && is_dots(told_line(c, page, told));
                if (after_dots) {
                        lines_add(made, page->items[told], strlen(page->items[told]));
                        told++;
                }
                int end = told;
                while (end < c->end && !is_dots(told_line(c, page, end)))
                        end++;
                if (after_dots && told == c->end)
                        return true;
                while (after_dots && printed < c->output.count &&
                       !same_first_word(told_line(c, page, told), c->output.items[printed]))
                        printed++;
                if (after_dots && printed == c->output.count)
                        return false;
                /* Between dots as many lines as there were; behind the last ones all. */
                int last = end < c->end ? printed + end - told : c->output.count;
                for (; printed < last && printed < c->output.count; printed++)
                        add_line(c, page, told, end, c->output.items[printed], made);
                told = end < c->end ? end : c->end + 1;
        }
        return true;
}
