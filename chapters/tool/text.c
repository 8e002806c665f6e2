#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void die(const char *text, ...)
{
        int reason = errno;
        va_list args;
        va_start(args, text);
        fputs("book: ", stderr);
        vfprintf(stderr, text, args);
        va_end(args);
        if (reason)
                fprintf(stderr, ": %s", strerror(reason));
        fputc('\n', stderr);
        exit(2);
}

void lines_add(struct lines *l, const char *text, size_t size)
{
        if (l->count == l->capacity) {
                l->capacity = l->capacity ? 2 * l->capacity : 64;
                l->items = realloc(l->items, (size_t)l->capacity * sizeof *l->items);
        }
        char *copy = l->items ? strndup(text, size) : NULL;
        if (!copy)
                die("no memory");
        l->items[l->count++] = copy;
}

void lines_read(struct lines *l, const char *path)
{
        errno = 0;
        FILE *file = fopen(path, "r");
        if (!file)
                die("cannot read %s", path);
        char *line = NULL;
        size_t room = 0;
        ssize_t size;
        while ((size = getline(&line, &room, file)) >= 0)
                lines_add(l, line, (size_t)size - (size > 0 && line[size - 1] == '\n'));
        free(line);
        fclose(file);
}

void lines_split(struct lines *l, const char *text)
{
        while (*text) {
                size_t size = strcspn(text, "\n");
                lines_add(l, text, size);
                text += size + (text[size] == '\n');
        }
}

void lines_clear(struct lines *l)
{
        for (int i = 0; i < l->count; i++)
                free(l->items[i]);
        l->count = 0;
}

void lines_free(struct lines *l)
{
        lines_clear(l);
        free(l->items);
        *l = (struct lines){0};
}

char *format(const char *text, ...)
{
        va_list args;
        char *made;
        va_start(args, text);
        if (vasprintf(&made, text, args) < 0)
                die("no memory");
        va_end(args);
        return made;
}

char *replaced(const char *text, const char *from, const char *to)
{
        char *made = format("%s", "");
        for (;;) {
                const char *at = strstr(text, from);
                int size = at ? (int)(at - text) : (int)strlen(text);
                char *longer = format("%s%.*s%s", made, size, text, at ? to : "");
                free(made);
                made = longer;
                if (!at)
                        return made;
                text = at + strlen(from);
        }
}
