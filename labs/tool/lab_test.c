/* lab_test.c - the main() of a lab's unit tests. */
#include "labs/tool/lab_test.h"

#include <stdio.h>
#include <string.h>

/* A test program's own: which tests there are, and how the one under way has gone so far. */
static struct lab_test *first;
static int checks, failures;

void lab_register(struct lab_test *test)
{
        test->next = first;
        first = test;
}

/* The part of a file's name that a student knows. */
static const char *short_name(const char *file)
{
        const char *labs = strstr(file, "labs/");
        return labs ? labs : file;
}

bool lab_check(bool holds, const char *what, const char *file, int line)
{
        printf("%sok %d - %s\n", holds ? "" : "not ", ++checks, what);
        if (!holds) {
                failures++;
                printf("#   this does not hold (%s:%d)\n", short_name(file), line);
        }
        fflush(stdout);
        return holds;
}

bool lab_check_number(const char *what, int64_t got, int64_t expected, const char *file, int line)
{
        bool holds = got == expected;
        printf("%sok %d - %s\n", holds ? "" : "not ", ++checks, what);
        if (!holds) {
                failures++;
                printf("#   expected %lld, got %lld (%s:%d)\n", (long long)expected, (long long)got,
                       short_name(file), line);
        }
        fflush(stdout);
        return holds;
}

bool lab_check_text(const char *what, const char *got, const char *expected, const char *file,
                    int line)
{
        bool holds = strcmp(got, expected) == 0;
        printf("%sok %d - %s\n", holds ? "" : "not ", ++checks, what);
        if (!holds) {
                failures++;
                printf("#   expected %s\n#   got      %s (%s:%d)\n", expected, got,
                       short_name(file), line);
        }
        fflush(stdout);
        return holds;
}

int main(int argc, char **argv)
{
        for (struct lab_test *t = first; t && argc == 2; t = t->next) {
                if (strcmp(t->id, argv[1]) != 0)
                        continue;
                printf("# %s\n", t->title);
                t->run();
                printf("1..%d\n", checks);
                return failures > 0;
        }
        fprintf(stderr, "usage: %s TEST\n", argv[0]);
        return 2;
}
