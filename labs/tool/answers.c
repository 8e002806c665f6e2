/* answers.c - questions with a key: predict and measure.
 *
 * A test's `key` is a program in the lab's folder. Called as KEY SIMULATOR SEED in the tree's root,
 * it prints one line for each question: the question, a tab, the answer. An answer is a word or a
 * range of numbers, "10..20": so counts that depend on a machine can be asked for, and speed
 * cannot. A line without a tab is told with the questions, as it is. "cannot: WHY" stands for a
 * question that this machine has no answer to: it is told, and does not count.
 *
 * The student's `file` has one line for each: NUMBER: ANSWER. To measure is to guess first: there
 * it is NUMBER: GUESS -> ANSWER, and the guess may be wrong, but must be there. */
#include "lab.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_LIMIT_MS = 60000 };

static bool ask_key(const struct grade *g, const json_t *test, struct outcome *o)
{
        char *program = text("%s/odradek-sim", g->build), *number = text("%" PRIu64, g->seed);
        char *key = text("%s/%s", get_text(test, "dir"), get_text(test, "key"));
        const char *argv[] = {"sh", key, program, number, NULL};
        run_child(argv, g->root, KEY_LIMIT_MS, o);
        free(program);
        free(number);
        free(key);
        return o->status == 0 && strchr((const char *)o->out.data, '\t');
}

/* The student's answer number `n`, without the blanks around it; to be freed. */
static char *answer_of(const char *answers, int n)
{
        for (const char *at = answers; *at; at += strcspn(at, "\n"), at += *at == '\n') {
                int number, used = 0;
                if (sscanf(at, " %d : %n", &number, &used) != 1 || used == 0 || number != n)
                        continue;
                size_t size = strcspn(at + used, "\r\n");
                if ((size_t)used > strcspn(at, "\n"))
                        return text("%s", ""); /* nothing behind the colon */
                while (size > 0 && isspace((unsigned char)at[(size_t)used + size - 1]))
                        size--;
                return text("%.*s", (int)size, at + used);
        }
        return text("%s", "");
}

static const char no_answer[] = "cannot: ";

static bool is_asked(const char *expected)
{
        return strncmp(expected, no_answer, strlen(no_answer)) != 0;
}

/* What stands behind the guess; "" when there is none. */
static const char *behind_guess(const char *answer)
{
        const char *arrow = strstr(answer, "->");
        return arrow && arrow > answer ? arrow + 2 + strspn(arrow + 2, " \t") : "";
}

static bool is_right(const char *answer, const char *expected)
{
        char *end;
        double given = strtod(answer, &end);
        const char *dots = strstr(expected, "..");
        if (dots && isdigit((unsigned char)*expected))
                return end > answer && !*end && given >= strtod(expected, NULL) &&
                       given <= strtod(dots + 2, NULL);
        return strcasecmp(answer, expected) == 0;
}

/* How many were right, of those that were asked. */
static void compare(const char *key, const char *answers, bool guesses, int *right, int *asked,
                    json_t *result)
{
        int n = 0;
        for (const char *at = key; *at; at += strcspn(at, "\n"), at += *at == '\n') {
                const char *tab = memchr(at, '\t', strcspn(at, "\n"));
                if (!tab)
                        continue;
                char *expected = text("%.*s", (int)strcspn(tab + 1, "\n"), tab + 1);
                char *answer = answer_of(answers, ++n);
                bool good = is_right(guesses ? behind_guess(answer) : answer, expected);
                *asked += is_asked(expected);
                *right += is_asked(expected) && good;
                if (is_asked(expected) && !good && !*get_text(result, "record"))
                        set_text(result, "record", "%d: %.*s  Your answer: %s%s", n,
                                 (int)(tab - at), at, *answer ? answer : "none",
                                 guesses ? " (GUESS -> COUNT)" : "");
                free(expected);
                free(answer);
        }
}

void run_answers(const struct grade *g, const json_t *lab, const json_t *test, json_t *result)
{
        (void)lab;
        struct outcome o;
        struct buffer answers = {0};
        const char *dir = get_text(test, "dir"); /* of a hidden test: wherever it was said to be */
        char *path = text("%s%s%s/%s", *dir == '/' ? "" : g->root, *dir == '/' ? "" : "/", dir,
                          get_text(test, "file"));
        bool guesses = strcmp(get_text(test, "kind"), "measure") == 0;
        int right = 0, asked = 0;
        int64_t points = get_number(test, "points", 0);
        if (!ask_key(g, test, &o)) {
                set_text(result, "verdict", "error");
                set_text(result, "explain", "no questions came from %s: %.300s",
                         get_text(test, "key"), (const char *)o.out.data);
        } else {
                if (!read_whole(path, &answers))
                        buffer_append(&answers, "", 1);
                compare((const char *)o.out.data, (const char *)answers.data, guesses, &right,
                        &asked, result);
                set_text(result, "verdict", right == asked ? "pass" : "fail");
                json_object_set_new(result, "points",
                                    json_integer(asked ? points * right / asked : points));
                set_text(result, "share", "%d of %d answers are right", right, asked);
        }
        json_object_set_new(result, "wall_ms", json_integer(o.wall_ms));
        buffer_deinit(&answers);
        buffer_deinit(&o.out);
        free(path);
}

int print_questions(const struct grade *g, const json_t *lab)
{
        size_t i;
        json_t *test;
        json_array_foreach(json_object_get(lab, "test"), i, test)
        {
                struct outcome o;
                if (!*get_text(test, "key"))
                        continue;
                if (!ask_key(g, test, &o)) {
                        fprintf(stderr, "lab: %.300s\n", (const char *)o.out.data);
                        buffer_deinit(&o.out);
                        return LAB_BROKEN;
                }
                printf("# test %s; your answers go to %s/%s\n", get_text(test, "id"),
                       get_text(test, "dir"), get_text(test, "file"));
                int n = 0;
                for (const char *at = (const char *)o.out.data; *at;
                     at += strcspn(at, "\n"), at += *at == '\n') {
                        const char *tab = memchr(at, '\t', strcspn(at, "\n"));
                        if (tab && is_asked(tab + 1))
                                printf("%d: %.*s\n", ++n, (int)(tab - at), at);
                        else if (tab)
                                printf("%d: (not asked on this machine: %.*s)\n", ++n,
                                       (int)strcspn(tab + 1 + strlen(no_answer), "\n"),
                                       tab + 1 + strlen(no_answer));
                        else
                                printf("%.*s\n", (int)strcspn(at, "\n"), at);
                }
                buffer_deinit(&o.out);
        }
        return LAB_FULL;
}
