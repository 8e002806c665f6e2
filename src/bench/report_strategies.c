/* The chapter that answers the question people come with. Whatever it says is read off the results;
 * the strategies that cannot be told apart are always named together and in the same order, so that
 * chance does not choose among them. */
#include "bench/report.h"

#include <string.h>

#include "bench/words.h"
#include "copy/copy.h"

enum { NAMES_BYTES = 240, SIZES_MAX = 40 };

/* --- who is best --- */

/* Only what a broker could use competes: not the yardstick, not the strawmen. */
static bool competes(const struct results *r, const struct bench_case *c)
{
        bool strategies = strcmp(r->experiment->name, "copypath") == 0;
        return c->runs > 0 &&
               !(strategies ? !copy_find(c->series) : strstr(c->series, "naive") != NULL);
}

/* Those that are best in the figure at x and those that cannot be told from them, as "sendfile or
 * splice"; *best gets the sample of the best median. False: nothing was measured there. */
static bool best_group(const struct results *r, const char *setting, double x, const char *figure,
                       char names[NAMES_BYTES], struct sample *best)
{
        int column = results_figure(r, figure), used = 0;
        *best = (struct sample){0};
        for (int pass = 0; pass < 2; pass++) {
                for (int i = 0; i < r->case_count && column >= 0; i++) {
                        const struct bench_case *c = &r->cases[i];
                        if (c->x != x || strcmp(c->setting, setting) != 0 || !competes(r, c))
                                continue;
                        struct sample s = results_sample(r, c, column);
                        bool less = r->experiment->figures[column].better == FIGURE_LESS;
                        bool ahead = less ? s.median < best->median : s.median > best->median;
                        if (pass == 0 && (best->runs == 0 || ahead))
                                *best = s;
                        if (pass == 1 && sample_compare(&s, best) == SAMPLE_NO_DIFFERENCE &&
                            used < NAMES_BYTES)
                                used += snprintf(names + used, (size_t)(NAMES_BYTES - used), "%s%s",
                                                 used ? " or " : "", c->series);
                }
        }
        return best->runs > 0;
}

/* --- the axis --- */

struct axis {
        const char *setting; /* the first one of the experiment */
        double sizes[SIZES_MAX];
        int count;
};

static struct axis axis_of(const struct results *r)
{
        struct axis a = {.setting = r->case_count > 0 ? r->cases[0].setting : ""};
        for (int i = 0; i < r->case_count && a.count < SIZES_MAX; i++) {
                double x = r->cases[i].x;
                int at = a.count;
                while (at > 0 && a.sizes[at - 1] > x)
                        at--;
                if (strcmp(r->cases[i].setting, a.setting) != 0 || (at > 0 && a.sizes[at - 1] == x))
                        continue;
                memmove(&a.sizes[at + 1], &a.sizes[at], sizeof *a.sizes * (size_t)(a.count - at));
                a.sizes[at] = x;
                a.count++;
        }
        return a;
}

/* From which size on `a` costs less than `b` at every size that was measured, and up to which one
 * it costs more at every size; 0: there is none. */
struct crossing {
        double dearer_up_to, cheaper_from;
};

static struct crossing crossing_of(const struct results *r, const struct axis *axis, const char *a,
                                   const char *b, const char *figure)
{
        struct crossing found = {0};
        bool still = true;
        for (int i = 0; i < axis->count; i++) {
                struct sample one = results_get(r, a, axis->setting, axis->sizes[i], figure);
                struct sample two = results_get(r, b, axis->setting, axis->sizes[i], figure);
                enum sample_order order = sample_compare(&one, &two);
                still = still && order == SAMPLE_MORE;
                if (still)
                        found.dearer_up_to = axis->sizes[i];
                if (order == SAMPLE_LESS && found.cheaper_from == 0)
                        found.cheaper_from = axis->sizes[i];
                if (order != SAMPLE_LESS)
                        found.cheaper_from = 0;
        }
        return found;
}

/* --- in words --- */

static void say_crossing(const struct results *r, const struct axis *axis, const char *a,
                         const char *b, FILE *to)
{
        char below[WORDS_BYTES], above[WORDS_BYTES];
        struct crossing c = crossing_of(r, axis, a, b, "cpu");
        words_size(c.dearer_up_to, below);
        words_size(c.cheaper_from, above);
        fprintf(to, "- **%s against %s** (%s): ", a, b, axis->setting);
        if (c.dearer_up_to > 0 && c.cheaper_from > 0)
                fprintf(to, "up to %s %s costs less CPU, from %s on %s does.\n", below, b, above,
                        a);
        else if (c.cheaper_from > 0)
                fprintf(to, "from %s on %s costs less CPU.\n", above, a);
        else if (c.dearer_up_to > 0)
                fprintf(to, "up to %s %s costs less CPU; above, no difference was seen.\n", below,
                        b);
        else
                fprintf(to, "no difference seen that holds at every size.\n");
}

/* "3.2 times" when they differ, else the honest words. */
static const char *factor(const struct sample *dear, const struct sample *cheap, char *text)
{
        char times[WORDS_BYTES];
        if (dear->runs == 0 || cheap->runs == 0)
                snprintf(text, WORDS_BYTES, "-");
        else if (sample_compare(dear, cheap) == SAMPLE_NO_DIFFERENCE)
                snprintf(text, WORDS_BYTES, "no difference seen");
        else
                snprintf(text, WORDS_BYTES, "%s times",
                         words_number(sample_ratio(dear, cheap), 1, times));
        return text;
}

/* A line of a table: who wins in CPU, what it costs, what the plain one costs, by how much. */
static void write_line(const struct results *r, const char *setting, double x, const char *plain,
                       FILE *to)
{
        char size[WORDS_BYTES], names[NAMES_BYTES], cost[WORDS_BYTES], other[WORDS_BYTES];
        char times[WORDS_BYTES];
        struct sample best, classic = results_get(r, plain, setting, x, "cpu");
        if (!best_group(r, setting, x, "cpu", names, &best))
                return;
        int decimals = r->experiment->figures[results_figure(r, "cpu")].decimals;
        fprintf(to, "| %s | %s | %s | %s | %s |", words_size(x, size), names,
                words_sample(&best, decimals, cost), words_sample(&classic, decimals, other),
                factor(&classic, &best, times));
        if (best_group(r, setting, x, "throughput", names, &best))
                fprintf(to, " %s (%s GiB/s) |", names, words_number(best.median, 1, cost));
        fputc('\n', to);
}

static void write_table(const struct results *r, const struct axis *axis, const char *plain,
                        FILE *to)
{
        const struct figure *cpu = &r->experiment->figures[results_figure(r, "cpu")];
        fprintf(to,
                "| %s | least CPU | its %s | %s | %s costs | most throughput |\n"
                "| ---: | --- | ---: | ---: | ---: | --- |\n",
                r->experiment->x_name, cpu->unit, plain, plain);
        for (int i = 0; i < axis->count; i++)
                write_line(r, axis->setting, axis->sizes[i], plain, to);
        fputc('\n', to);
}

/* What was counted at one size, a line for each strategy. */
static void write_why(const struct results *r, const char *setting, double x, FILE *to)
{
        static const char *const wanted[] = {"cpu", "throughput", "user bytes", "syscalls",
                                             "minor faults"};
        enum { WANTED = sizeof wanted / sizeof *wanted };
        char text[WORDS_BYTES];
        fprintf(to, "Why: at %s, %s, was counted for each GiB\n\n| strategy |", words_size(x, text),
                setting);
        for (int i = 0; i < WANTED; i++) {
                int column = results_figure(r, wanted[i]);
                fprintf(to, " %s, %s |", wanted[i],
                        column >= 0 ? r->experiment->figures[column].unit : "");
        }
        fputs("\n| --- | ---: | ---: | ---: | ---: | ---: |\n", to);
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                if (c->x != x || strcmp(c->setting, setting) != 0 || c->runs == 0)
                        continue;
                fprintf(to, "| %s |", c->series);
                for (int j = 0; j < WANTED; j++) {
                        int column = results_figure(r, wanted[j]);
                        struct sample s = results_get(r, c->series, setting, x, wanted[j]);
                        int decimals = column >= 0 ? r->experiment->figures[column].decimals : 0;
                        fprintf(to, " %s |", words_sample(&s, decimals, text));
                }
                fputc('\n', to);
        }
        fputs("\nBytes that pass through our memory are copied by the CPU: by read-write twice, by "
              "mmap "
              "once. sendfile and splice hand the network references to the pages; what is left is "
              "the "
              "work for each page, each call and each packet. A strategy that saves calls but not "
              "copies wins little where pieces are large, because there calls are not the "
              "cost.\n\n",
              to);
}

static void write_small(const struct results *r, FILE *to)
{
        static const char *const settings[] = {"1 range", "16 ranges"};
        struct axis axis = axis_of(r);
        fputs("### Small answers: requests that are answered one by one\n\n", to);
        for (int i = 0; i < 2; i++) {
                axis.setting = settings[i];
                say_crossing(r, &axis, i == 0 ? "sendfile-more" : "sendfile-cork", "pread", to);
                say_crossing(r, &axis, i == 0 ? "sendfile-more" : "sendfile-cork", "mmap-writev",
                             to);
        }
        fputs("\nA range costs sendfile a fixed sum whatever its size, and pread a smaller one and "
              "a copy "
              "that grows with the size: so small ranges are better read into the answer itself, "
              "and "
              "large ones sent by reference.\n\nOne range in an answer:\n\n",
              to);
        axis.setting = settings[0];
        write_table(r, &axis, "pread", to);
}

static void write_large(const struct results *r, FILE *to)
{
        struct axis axis = axis_of(r);
        fputs("### Large answers: a consumer that catches up\n\n", to);
        say_crossing(r, &axis, "sendfile", "read-write", to);
        say_crossing(r, &axis, "mmap", "read-write", to);
        say_crossing(r, &axis, "splice", "sendfile", to);
        fprintf(to, "\nOne consumer, segment in the page cache, %s:\n\n", axis.setting);
        write_table(r, &axis, "read-write", to);
        if (axis.count > 0)
                write_why(r, axis.setting, axis.sizes[axis.count - 1], to);
}

/* The answer for those who read one paragraph. */
static void write_short(const struct results *copypath, const struct results *smallfetch, FILE *to)
{
        char size[WORDS_BYTES], names[NAMES_BYTES], times[WORDS_BYTES];
        struct sample best;
        fputs("**In short.** ", to);
        if (smallfetch) {
                struct axis axis = axis_of(smallfetch);
                struct crossing c = crossing_of(smallfetch, &axis, "sendfile-more", "pread", "cpu");
                if (c.dearer_up_to > 0)
                        fprintf(to,
                                "Ranges of up to %s cost least when they are read into the "
                                "answer. ",
                                words_size(c.dearer_up_to, size));
                if (c.cheaper_from > 0)
                        fprintf(to, "From %s on, sendfile costs less than that. ",
                                words_size(c.cheaper_from, size));
        }
        if (copypath) {
                struct axis axis = axis_of(copypath);
                double largest = axis.count > 0 ? axis.sizes[axis.count - 1] : 0;
                struct sample classic =
                        results_get(copypath, "read-write", axis.setting, largest, "cpu");
                if (best_group(copypath, axis.setting, largest, "cpu", names, &best)) {
                        fprintf(to, "At %s the least CPU is spent by %s", words_size(largest, size),
                                names);
                        if (sample_compare(&classic, &best) == SAMPLE_MORE)
                                fprintf(to, "; read-write spends %s as much",
                                        factor(&classic, &best, times));
                        fputs(". ", to);
                }
        }
        fputs("The reason is the copies: whatever goes through our memory is copied by the CPU, "
              "and the "
              "more bytes a call moves, the less the call itself matters.\n\n",
              to);
}

void report_strategies(const struct results *copypath, const struct results *smallfetch, FILE *to)
{
        fputs("## Which strategy for which response size, and why, and by how much\n\n", to);
        if (smallfetch || copypath)
                write_short(copypath, smallfetch, to);
        if (smallfetch)
                write_small(smallfetch, to);
        if (copypath)
                write_large(copypath, to);
        if (!smallfetch && !copypath)
                fputs("Neither copypath nor smallfetch was run, so this cannot be told.\n\n", to);
}
