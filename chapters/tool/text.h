/* text.h - a text file as lines, and a text that grows. */
#ifndef ODRADEK_CHAPTERS_TEXT_H
#define ODRADEK_CHAPTERS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Lines without their newlines. */
struct lines {
        char **items;
        int count, capacity;
};

/* Prints "book: …" with errno's reason where there is one, and exits with status 2. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

void lines_add(struct lines *l, const char *text, size_t size);
void lines_read(struct lines *l, const char *path);
/* The lines of `text`; a last one without a newline counts. */
void lines_split(struct lines *l, const char *text);
void lines_free(struct lines *l);

/* Empties it but keeps its memory. */
void lines_clear(struct lines *l);

/* A malloc()ed copy of `text` in which every `from` is a `to`. */
char *replaced(const char *text, const char *from, const char *to);

/* printf() into a malloc()ed text. */
char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
