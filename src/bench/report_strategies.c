/* The chapter that answers the question people come with. Whatever it says is read off the results;
 * the strategies that cannot be told apart are always named together and in the same order, so that
 * chance does not choose among them. */
#include "bench/report.h"

#include <string.h>

#include "bench/crossing.h"
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

/* On one core it is chance whom the kernel charges for delivering packets, so there only the CPU of
 * both ends tells one way from another. An experiment whose "cpu" is not that already has it as a
 * figure of its own. */
static const char *cost_of(const struct results *r)
{
        return results_figure(r, "total cpu") >= 0 ? "total cpu" : "cpu";
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

/* --- in words --- */

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
        struct sample best, classic = results_get(r, plain, setting, x, cost_of(r));
        if (!best_group(r, setting, x, cost_of(r), names, &best))
                return;
        int decimals = r->experiment->figures[results_figure(r, cost_of(r))].decimals;
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
        const struct figure *cpu = &r->experiment->figures[results_figure(r, cost_of(r))];
        fprintf(to,
                "| %s | least CPU | its CPU, %s | CPU of %s | %s costs | most throughput |\n"
                "| ---: | --- | ---: | ---: | ---: | --- |\n",
                r->experiment->x_name, cpu->unit, plain, plain);
        for (int i = 0; i < axis->count; i++)
                write_line(r, axis->setting, axis->sizes[i], plain, to);
        fputc('\n', to);
}

/* --- why --- */

/* What was counted at one size, a line for each strategy. */
static void write_counts(const struct results *r, const char *setting, double x, FILE *to)
{
        static const char *const wanted[] = {"total cpu",  "cpu",      "throughput",
                                             "user bytes", "syscalls", "minor faults"};
        int columns[sizeof wanted / sizeof *wanted], count = 0;
        char text[WORDS_BYTES];
        fprintf(to, "Why: what was counted for each GiB at %s, %s\n\n| strategy |",
                words_size(x, text), setting);
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
                int column = results_figure(r, wanted[i]);
                if (column < 0)
                        continue;
                columns[count++] = column;
                fprintf(to, " %s, %s |", wanted[i], r->experiment->figures[column].unit);
        }
        fputs("\n| --- |", to);
        for (int i = 0; i < count; i++)
                fputs(" ---: |", to);
        fputc('\n', to);
        for (int i = 0; i < r->case_count; i++) {
                const struct bench_case *c = &r->cases[i];
                if (c->x != x || strcmp(c->setting, setting) != 0 || c->runs == 0)
                        continue;
                fprintf(to, "| %s |", c->series);
                for (int j = 0; j < count; j++) {
                        struct sample s = results_sample(r, c, columns[j]);
                        int decimals = r->experiment->figures[columns[j]].decimals;
                        fprintf(to, " %s |", words_sample(&s, decimals, text));
                }
                fputc('\n', to);
        }
        fputc('\n', to);
}

/* Fewer copies, then fewer calls, each against the plain way. */
static void write_reasons(const struct results *r, const char *setting, double x, FILE *to)
{
        static const struct {
                const char *a, *figure;
        } pairs[] = {{"mmap", NULL},
                     {"sendfile", NULL},
                     {"io-uring", "syscalls"},
                     {"io-uring", NULL}}; /* NULL: the cost */
        fputs("\"user bytes\" is how often each byte went through the sender's own memory. Each "
              "time "
              "the CPU copies it: read-write twice (into a buffer and out of it), mmap once (out "
              "of "
              "the mapping). Where it is 0, the network got references to the pages of the file; "
              "but what zerocopy asks for the kernel refuses on loopback, and copies (E9). So "
              "fewer copies are what mmap and sendfile differ by, and fewer calls what io-uring "
              "does:\n\n",
              to);
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
                const char *figure = pairs[i].figure ? pairs[i].figure : cost_of(r);
                if (results_get(r, pairs[i].a, setting, x, figure).runs == 0)
                        continue;
                fputs("- ", to);
                results_say(r, to, pairs[i].a, "read-write", setting, x, figure);
        }
        fputc('\n', to);
}

/* What a range costs whatever its size, and what each further KiB of it. */
static void write_parts(const struct results *r, const struct axis *axis, const char *way, FILE *to)
{
        if (axis->count < 2)
                return;
        double small = axis->sizes[0], large = axis->sizes[axis->count - 1];
        struct sample few = results_get(r, way, axis->setting, small, cost_of(r));
        struct sample many = results_get(r, way, axis->setting, large, cost_of(r));
        char size[WORDS_BYTES];
        if (few.runs > 0 && many.runs > 0)
                fprintf(to,
                        "- %s, %s: %.2f %s at %s, and %.3f more for each further KiB (medians).\n",
                        way, axis->setting, few.median,
                        r->experiment->figures[results_figure(r, cost_of(r))].unit,
                        words_size(small, size),
                        (many.median - few.median) / (large - small) * 1024);
}

/* --- the chapters --- */

static void write_crossing(const struct results *r, const char *setting, const char *a,
                           const char *b, FILE *to)
{
        if (crossing_of(r, a, b, setting, cost_of(r)).sizes == 0)
                return;
        fputs("- ", to);
        crossing_say(r, to, a, b, setting, cost_of(r));
}

static void write_small(const struct results *r, FILE *to)
{
        static const struct {
                const char *setting, *sendfile;
        } answers[] = {{"1 range", "sendfile-more"}, {"16 ranges", "sendfile-cork"}};
        struct axis axis = axis_of(r);
        fputs("### Small responses: an answer put together from ranges\n\n"
              "A consumer of several partitions gets one answer with a range of bytes of each. "
              "Here "
              "an answer has headers, and behind each header a range of a file, in the page cache. "
              "CPU is that of both ends for one range. The ways: **pread** reads all ranges into a "
              "buffer and sends it; **mmap-writev** gathers them from a mapping in one call; "
              "**sendfile-more** sends each header with MSG_MORE (\"more follows\") and each range "
              "with sendfile; **sendfile-cork** puts a cork (TCP_CORK) around all of that, as the "
              "broker does.\n\n",
              to);
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
                write_crossing(r, answers[i].setting, answers[i].sendfile, "pread", to);
                write_crossing(r, answers[i].setting, answers[i].sendfile, "mmap-writev", to);
        }
        fputs("\nWhy: the first bytes of a range cost one sum, all others another:\n\n", to);
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
                axis.setting = answers[i].setting;
                write_parts(r, &axis, "pread", to);
                write_parts(r, &axis, answers[i].sendfile, to);
        }
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
                axis.setting = answers[i].setting;
                fprintf(to, "\n%s in an answer:\n\n", axis.setting);
                write_table(r, &axis, "pread", to);
        }
}

static void write_large(const struct results *r, FILE *to)
{
        struct axis axis = axis_of(r);
        fprintf(to,
                "### Large responses: a consumer that catches up\n\n"
                "One consumer gets a whole segment, response by response; the segment is in the "
                "page "
                "cache, %s. CPU is that of both ends (\"total cpu\"): on one core it is chance "
                "whom the "
                "kernel charges for passing packets on, and the receiver's own work is the same "
                "for "
                "all ways.\n\n",
                axis.setting);
        write_table(r, &axis, "read-write", to);
        write_crossing(r, axis.setting, "sendfile", "read-write", to);
        write_crossing(r, axis.setting, "mmap", "read-write", to);
        write_crossing(r, axis.setting, "splice", "sendfile", to);
        fputc('\n', to);
        if (axis.count > 0) {
                write_counts(r, axis.setting, axis.sizes[axis.count - 1], to);
                write_reasons(r, axis.setting, axis.sizes[axis.count - 1], to);
        }
}

/* --- in short --- */

static void write_short_large(const struct results *r, double x, const char *setting, FILE *to)
{
        char size[WORDS_BYTES], names[NAMES_BYTES], times[WORDS_BYTES];
        struct sample best, classic = results_get(r, "read-write", setting, x, cost_of(r));
        if (!best_group(r, setting, x, cost_of(r), names, &best))
                return;
        fprintf(to, "- Responses of %s: least CPU by %s", words_size(x, size), names);
        if (sample_compare(&classic, &best) == SAMPLE_MORE)
                fprintf(to, "; read-write spends %s as much", factor(&classic, &best, times));
        else if (classic.runs > 0)
                fputs("; from read-write no difference was seen", to);
        fputs(".\n", to);
}

/* The answer for those who read one paragraph. */
static void write_short(const struct results *copypath, const struct results *smallfetch, FILE *to)
{
        fputs("**In short**, on this machine and in this run:\n\n", to);
        if (copypath) {
                struct axis axis = axis_of(copypath);
                for (int i = axis.count; i-- > 0;)
                        write_short_large(copypath, axis.sizes[i], axis.setting, to);
        }
        if (smallfetch) {
                fputs("- Answers put together from ranges of a file, each sent by sendfile, or all "
                      "read into one buffer (pread) and sent from there:\n",
                      to);
                fputs("    ", to);
                write_crossing(smallfetch, "1 range", "sendfile-more", "pread", to);
                fputs("    ", to);
                write_crossing(smallfetch, "16 ranges", "sendfile-cork", "pread", to);
        }
        fputs("\nThe reason is that two things cost: bytes that the CPU copies, and calls. Large "
              "responses have many bytes for each call, small ones many calls for each byte.\n\n",
              to);
}

static void write_names(FILE *to)
{
        fputs("A broker answers consumers with bytes of its log files. The ways from a file to a "
              "socket are called strategies here:\n\n"
              "| strategy | what it does with a piece of a file |\n| --- | --- |\n"
              "| read-write | reads it into a buffer, and sends the buffer |\n"
              "| mmap | has the file mapped into memory, and sends from there |\n"
              "| sendfile | tells the kernel to send it; the bytes never come to the program |\n"
              "| splice | the same in two steps, through a pipe |\n"
              "| zerocopy | as mmap, and asks the kernel (MSG_ZEROCOPY) to send the pages "
              "themselves |\n"
              "| io-uring, -splice, -zerocopy | as read-write, splice and zerocopy, several steps "
              "in "
              "one call |\n"
              "| raw sendfile | sendfile in a loop with nothing around it: the yardstick, marked * "
              "|\n\n"
              "\"CPU\" is CPU time, system and user together; ms/GiB is milliseconds for each GiB "
              "that is sent, so 100 ms/GiB would let one CPU send 10 GiB in a second. "
              "\"Throughput\" is what arrived in a second, here with both ends on one machine. "
              "\"Same core\": both ends share a CPU; \"two cores\": each has its own.\n\n",
              to);
}

void report_strategies(const struct results *copypath, const struct results *smallfetch, FILE *to)
{
        fputs("## Which strategy for which response size, and why, and by how much\n\n", to);
        if (!smallfetch && !copypath) {
                fputs("Neither copypath nor smallfetch was run, so this cannot be told.\n\n", to);
                return;
        }
        write_short(copypath, smallfetch, to);
        write_names(to);
        if (copypath)
                write_large(copypath, to);
        if (smallfetch)
                write_small(smallfetch, to);
}
