/* report.c - what a student sees. */
#include "lab.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TITLE_WIDTH = 52 };

static const char *colour(const char *code)
{
        return isatty(STDOUT_FILENO) ? code : "";
}

void report_head(const json_t *lab, uint64_t seed)
{
        char *title = text("lab %s: %s", get_text(lab, "id"), get_text(lab, "title"));
        printf("%-62s seed %llu\n", title, (unsigned long long)seed);
        fflush(stdout);
        free(title);
}

/* A word in front, and a text that may have several lines. */
static void tell(const char *label, const char *value)
{
        for (const char *at = value; *at;) {
                size_t size = strcspn(at, "\n");
                printf("       %-8s %.*s\n", at == value ? label : "", (int)size, at);
                at += size + (at[size] == '\n');
        }
}

void report_one(void *context, const json_t *result)
{
        (void)context;
        const char *verdict = get_text(result, "verdict");
        bool passed = strcmp(verdict, "pass") == 0, failed = strcmp(verdict, "fail") == 0;
        char *points = text("%d/%d", (int)get_number(result, "points", 0),
                            (int)get_number(result, "max", 0));
        printf("  %s %-*s %6s   %s%-5s%s %5.1f s", get_text(result, "id"), TITLE_WIDTH,
               get_text(result, "title"), points, colour(passed ? "\033[32m" : "\033[31m"),
               failed ? "FAIL" : verdict, colour("\033[0m"),
               (double)get_number(result, "wall_ms", 0) / 1e3);
        if (get_number(result, "virtual_ms", 0) > 0)
                printf("   (%.0f s virtual)", (double)get_number(result, "virtual_ms", 0) / 1e3);
        printf("%s%s\n", *get_text(result, "share") ? "   " : "", get_text(result, "share"));
        if (!passed) {
                if (*get_text(result, "guarantee"))
                        printf("       guarantee broken: %s\n", get_text(result, "guarantee"));
                tell("record", get_text(result, "record"));
                tell("why", get_text(result, "explain"));
                tell("look at", get_text(result, "look"));
                tell("again", get_text(result, "repro"));
                tell("smaller", get_text(result, "smaller"));
        }
        fflush(stdout);
        free(points);
}

/* One number for all runs of the simulator: two machines that differ here differ somewhere. */
static uint64_t fold_traces(const json_t *results)
{
        uint64_t fold = 0;
        size_t i;
        json_t *result;
        json_array_foreach(results, i, result) fold =
                (fold ^ strtoull(get_text(result, "trace"), NULL, 16)) * 1099511628211U;
        return fold;
}

int report_end(const json_t *results)
{
        int64_t score = 0, max = 0, ran = 0;
        const char *next = NULL;
        bool is_broken = false;
        size_t i;
        json_t *result;
        json_array_foreach(results, i, result)
        {
                const char *verdict = get_text(result, "verdict");
                score += get_number(result, "points", 0);
                max += get_number(result, "max", 0);
                ran += strcmp(verdict, "not_run") != 0;
                is_broken |= strcmp(verdict, "error") == 0;
                if (!next && strcmp(verdict, "pass") != 0)
                        next = get_text(result, "id");
        }
        printf("  score %d/%d - %d tests, %d ran.", (int)score, (int)max,
               (int)json_array_size(results), (int)ran);
        if (next)
                printf("   Next: test %s.", next);
        if (fold_traces(results) != 0)
                printf("   Trace %016llx (same on every machine)",
                       (unsigned long long)fold_traces(results));
        printf("\n");
        return is_broken ? LAB_BROKEN : next ? LAB_LESS : LAB_FULL;
}
