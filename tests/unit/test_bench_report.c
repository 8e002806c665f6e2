/* Tests of src/bench/report.c and plot.c: what is written about figures that were made by hand. */
#include "bench/crossing.h"
#include "bench/experiments.h"
#include "bench/plot.h"
#include "bench/report.h"
#include "bench/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char scratch[64];

static int make_scratch(void **state)
{
        (void)state;
        strcpy(scratch, P_tmpdir "/test-report-XXXXXX");
        return mkdtemp(scratch) ? 0 : -1;
}

static int remove_scratch(void **state)
{
        (void)state;
        scratch_remove(scratch);
        return 0;
}

static bool is_there(const char *name)
{
        char path[200];
        snprintf(path, sizeof path, "%s/%s", scratch, name);
        return access(path, R_OK) == 0;
}

static char *read_text(const char *name)
{
        static char text[100000];
        char path[200];
        snprintf(path, sizeof path, "%s/%s", scratch, name);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
        return text;
}

/* --- two experiments by hand --- */

enum { KIB = 1 << 10, MIB = 1 << 20 };

static const struct figure figures[] = {{"cpu", "ms/GiB", FIGURE_LESS, 0},
                                        {"throughput", "GiB/s", FIGURE_MORE, 1},
                                        {"syscalls", "per GiB", FIGURE_LESS, 0},
                                        {"user bytes", "GiB/GiB", FIGURE_LESS, 2}};

static void tell(const struct results *r, FILE *to)
{
        (void)r;
        fputs("one sentence\nand another\n", to);
}

static const struct experiment copypath = {.id = "E1",
                                           .name = "copypath",
                                           .question = "which one?",
                                           .expected = "sendfile, mostly",
                                           .x_name = "bytes per response",
                                           .x_log = true,
                                           .plot = "throughput",
                                           .plot_more = "user bytes",
                                           .figures = figures,
                                           .figure_count = 4,
                                           .tell = tell};

static const struct experiment smallfetch = {.id = "E5",
                                             .name = "smallfetch",
                                             .question = "from where?",
                                             .expected = "4 to 16 KiB",
                                             .x_name = "bytes per range",
                                             .x_log = true,
                                             .plot = "cpu",
                                             .figures = figures,
                                             .figure_count = 2,
                                             .tell = tell};

static const struct experiment bars = {.id = "W9",
                                       .name = "bars",
                                       .question = "how's it?",
                                       .expected = "so so",
                                       .plot = "cpu",
                                       .figures = figures,
                                       .figure_count = 2,
                                       .tell = tell};

/* Three runs within 2 % of `cpu`. */
static struct bench_case *add(struct results *r, const char *series, const char *setting, double x,
                              double cpu)
{
        struct bench_options options = {0};
        struct bench b = {.options = &options, .results = r};
        struct bench_case *c = bench_add(&b, series, setting, x);
        c->runs = 3;
        for (int i = 0; i < 3; i++) {
                c->values[i][0] = cpu * (1 + 0.01 * (i - 1));
                c->values[i][1] = 1000 / c->values[i][0];
        }
        return c;
}

static void fill_copypath(struct results *r)
{
        *r = (struct results){.experiment = &copypath};
        for (double x = 4 * KIB; x <= MIB; x *= 16) {
                add(r, "raw sendfile", "same core", x, 60)->reference = true;
                add(r, "read-write", "same core", x, x > 4 * KIB ? 200 : 100);
                add(r, "sendfile", "same core", x, 100);
                add(r, "splice", "same core", x, 100.5);
                add(r, "sendfile", "two cores", x, 120);
        }
        strcpy(r->conditions, "all by hand");
}

/* pread costs 1 and a thousandth a byte, sendfile 20; a gathered write is between. */
static void fill_smallfetch(struct results *r)
{
        static const char *const settings[] = {"1 range", "16 ranges"};
        *r = (struct results){.experiment = &smallfetch};
        for (int i = 0; i < 2; i++) {
                for (double x = KIB; x <= 64 * KIB; x *= 4) {
                        add(r, "pread", settings[i], x, 1 + x / 1000);
                        add(r, i ? "sendfile-cork" : "sendfile-more", settings[i], x, 20);
                        add(r, "mmap-writev", settings[i], x, 2 + x / 2000);
                        add(r, "sendfile-naive", settings[i], x, 0.5);
                }
        }
}

static char *strategies(const struct results *one, const struct results *two)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        report_strategies(one, two, to);
        fclose(to);
        return text;
}

/* Goal: the first chapter tells which strategy is cheapest at which size, by how much, and who
 * cannot be told apart; yardsticks and strawmen do not compete. Method: figures whose answer is
 * known. */
static void test_strategies(void **state)
{
        (void)state;
        struct results one, two;
        fill_copypath(&one);
        fill_smallfetch(&two);
        char *text = strategies(&one, &two);
        assert_non_null(strstr(text,
                               "- Responses of 1 MiB: least CPU by sendfile or splice; read-write "
                               "spends 2.0 times as much.\n"));
        assert_non_null(strstr(text, "- Responses of 4 KiB: least CPU by read-write or sendfile or "
                                     "splice; from read-write no difference was seen.\n"));
        assert_non_null(strstr(text,
                               "- sendfile against read-write, same core, cpu: less from 64 KiB "
                               "on; below, no difference seen.\n"));
        assert_non_null(strstr(text,
                               "- splice against sendfile, same core, cpu: no difference seen "
                               "from 4 KiB to 1 MiB.\n"));
        assert_non_null(strstr(text,
                               "- sendfile-more against pread, 1 range, cpu: more up to 16 KiB, "
                               "less from 64 KiB on; the medians cross at about "));
        assert_non_null(strstr(text,
                               "- pread, 16 ranges: 2.02 ms/GiB at 1 KiB, and 1.024 more for each "
                               "further KiB (medians).\n"));
        assert_non_null(strstr(text,
                               "| 4 KiB | read-write or sendfile or splice | 100 (99-101) | 100 "
                               "(99-101) | no difference seen |"));
        assert_non_null(strstr(text,
                               "| 1 MiB | sendfile or splice | 100 (99-101) | 200 (198-202) | 2.0 "
                               "times | sendfile or splice (10.0 GiB/s) |"));
        assert_non_null(strstr(text, "| 1 KiB | pread |"));
        assert_null(strstr(text, "| 64 KiB | sendfile-naive"));
        assert_non_null(strstr(text, "| raw sendfile | 60 ("));
        free(text);
        /* Where sendfile only loses, or nothing was measured. */
        for (int i = 0; i < two.case_count; i++) {
                if (strncmp(two.cases[i].series, "sendfile-", 9) == 0)
                        two.cases[i].values[0][0] = two.cases[i].values[1][0] =
                                two.cases[i].values[2][0] = two.cases[i].x < 64 * KIB ? 900 : 66;
        }
        text = strategies(NULL, &two);
        assert_non_null(
                strstr(text, "1 range, cpu: more up to 16 KiB; above, no difference seen.\n"));
        free(text);
        text = strategies(NULL, NULL);
        assert_non_null(strstr(text, "cannot be told"));
        free(text);
        results_deinit(&one);
        results_deinit(&two);
}

/* --- what experiments say of their figures --- */

static char *told_by(const struct experiment *e, const struct results *r)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        e->tell(r, to);
        fclose(to);
        return text;
}

/* CPU of a, at 1, 4, 16 and 64 KiB, beside a b that costs 100 everywhere. */
static void crosses(const double *costs, const char *wanted)
{
        struct results r = {.experiment = &copypath};
        double x = KIB;
        for (int i = 0; i < 4; i++, x *= 4) {
                add(&r, "a", "s", x, costs[i]);
                add(&r, "b", "s", x, 100);
        }
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        crossing_say(&r, to, "a", "b", "s", "cpu");
        crossing_say(&r, to, "a", "nobody", "s", "cpu");
        fclose(to);
        assert_string_equal(text, wanted);
        free(text);
        results_deinit(&r);
}

/* Goal: a crossing is named where there is one, and only there. Method: each shape that there is.
 */
static void test_crossing(void **state)
{
        (void)state;
        crosses((double[]){200, 150, 50, 40}, "a against b, s, cpu: more up to 4 KiB, less from "
                                              "16 KiB on; the medians cross at about 6.7 KiB.\n");
        crosses((double[]){200, 150, 101, 40}, "a against b, s, cpu: more up to 4 KiB, less from "
                                               "64 KiB on; the medians cross at about 16 KiB.\n");
        crosses((double[]){200, 150, 180, 140},
                "a against b, s, cpu: more at every size from 1 KiB to 64 KiB: no crossing.\n");
        crosses((double[]){20, 15, 18, 14},
                "a against b, s, cpu: less at every size from 1 KiB to 64 KiB: no crossing.\n");
        crosses((double[]){100, 99, 101, 100},
                "a against b, s, cpu: no difference seen from 1 KiB to 64 KiB.\n");
        crosses((double[]){101, 100, 50, 40},
                "a against b, s, cpu: less from 16 KiB on; below, no difference seen.\n");
        crosses((double[]){200, 100, 100, 100},
                "a against b, s, cpu: more up to 1 KiB; above, no difference seen.\n");
        crosses((double[]){50, 200, 50, 200}, "a against b, s, cpu: more at 2, less at 2, no "
                                              "difference seen at 0 of 4 sizes: no crossing.\n");
}

/* Goal: E5 says what its run measured, whichever way is cheaper on the machine. Method: a machine
 * where copies are cheap and one where calls are. */
static void test_smallfetch_tells(void **state)
{
        (void)state;
        for (int cheap_copies = 0; cheap_copies < 2; cheap_copies++) {
                struct results r = {.experiment = &experiment_smallfetch};
                for (double x = KIB; x <= 64 * KIB; x *= 4) {
                        add(&r, "pread", "16 ranges", x, cheap_copies ? 1 : 1 + x / KIB);
                        add(&r, "sendfile-cork", "16 ranges", x, 8);
                }
                char *text = told_by(&experiment_smallfetch, &r);
                const char *crossing = cheap_copies
                                               ? "cpu: more at every size from 1 KiB to 64 KiB: no"
                                               : "cpu: more up to 4 KiB, less from 16 KiB on; the";
                const char *limit = cheap_copies
                                            ? "the dearer way is taken at 16 KiB, 64 KiB.\n"
                                            : "the dearer way is taken at none of the sizes.\n";
                assert_non_null(strstr(text, crossing));
                assert_non_null(strstr(text, limit));
                free(text);
                results_deinit(&r);
        }
}

/* Goal: E10 tells the effect of each trap from the run, and of one that could not be set that it
 * was not measured. Method: a trap that halves sendfile, one that does nothing, one that was
 * skipped. */
static void test_traps_tell(void **state)
{
        (void)state;
        static const char *const traps[] = {"right setting", "bbr", "cubic", "16 KiB send buffer"};
        struct results r = {.experiment = &experiment_traps};
        for (int i = 0; i < 4; i++) {
                add(&r, traps[i], "sendfile", 0, i == 1 ? 5 : 10);
                add(&r, traps[i], "read-write", 0, 5);
        }
        for (int i = 6; i < 8; i++)
                r.cases[i].runs = 0;
        char *text = told_by(&experiment_traps, &r);
        assert_non_null(
                strstr(text, "sendfile: bbr has 0.50 times the throughput of right setting"));
        assert_non_null(strstr(text, "bbr: sendfile moves 1.00 times what read-write moves (no "
                                     "difference seen); with the right setting 2.00 times.\n"));
        assert_non_null(strstr(text, "sendfile: between cubic and right setting no difference"));
        assert_non_null(strstr(text, "16 KiB send buffer: not measured here"));
        assert_null(strstr(text, "1 MiB send buffer"));
        free(text);
        results_deinit(&r);
}

/* --- the report --- */

/* Goal: a report with everything in it: files of each experiment, what was not run and why, noise,
 * conditions. Method: three experiments by hand and one that was not run. */
static void test_report(void **state)
{
        (void)state;
        struct report_entry entries[4] = {{.experiment = &copypath},
                                          {.experiment = &smallfetch},
                                          {.experiment = &bars},
                                          {.experiment = &bars, .why = "there is no disk"}};
        fill_copypath(&entries[0].results);
        fill_smallfetch(&entries[1].results);
        entries[2].results.experiment = &bars;
        add(&entries[2].results, "bar", "it's long", 0, 1);
        add(&entries[2].results, "other", "", 0, 3)->disturbed = 3;
        for (int i = 0; i < 3; i++)
                assert_true(report_files(&entries[i], scratch));
        assert_true(is_there("copypath.csv") && is_there("copypath.json"));
        assert_true(is_there("copypath-throughput.gp") && is_there("copypath-user-bytes.dat"));
        assert_true(report_write(entries, 4, scratch));
        const char *text = read_text("report.md");
        const char *order[] = {"# The four copies, measured",
                               "## Which strategy for which response size",
                               "## How it was measured",
                               "**Noisy machine** during bars",
                               "## The theory beside the counts",
                               "## What loopback cannot show",
                               "## E1 copypath",
                               "- one sentence\n- and another\n",
                               "What was seen on another machine: sendfile, mostly",
                               "Conditions: all by hand",
                               "| read-write | same core | 64 KiB |",
                               "[copypath.csv](copypath.csv)",
                               "## E5 smallfetch",
                               "## W9 bars",
                               "Not run: there is no disk"};
        for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
                text = strstr(text, order[i]);
                assert_non_null(text);
        }
        assert_false(report_write(entries, 4, "/nowhere"));
        assert_false(report_files(&entries[0], "/nowhere"));
        for (int i = 0; i < 3; i++)
                results_deinit(&entries[i].results);
}

/* Goal: pictures come of it where gnuplot is, and nothing fails where it is not. Method: draw lines
 * and bars; draw again with an empty PATH. */
static void test_plot(void **state)
{
        (void)state;
        struct results lines, r = {.experiment = &bars};
        fill_copypath(&lines);
        add(&r, "tiny", "it's", 0, 0.01);
        add(&r, "huge", "", 0, 1000);
        bool gnuplot = system("gnuplot --version >/dev/null 2>&1") == 0;
        enum plot_outcome wanted = gnuplot ? PLOT_DRAWN : PLOT_UNDRAWN;
        assert_int_equal(plot_draw(&lines, "throughput", scratch), wanted);
        assert_int_equal(plot_draw(&r, "cpu", scratch), wanted);
        assert_int_equal(is_there("bars-cpu.svg"), gnuplot);
        assert_int_equal(is_there("copypath-throughput.png"), gnuplot);
        assert_non_null(strstr(read_text("bars-cpu.gp"), "set logscale x"));
        assert_non_null(strstr(read_text("bars-cpu.dat"), "\"tiny, it's\""));
        const char *script = read_text("copypath-throughput.gp");
        assert_non_null(strstr(script, "'64 KiB' 65536"));
        assert_non_null(strstr(script, "set multiplot layout 2,1"));
        assert_non_null(strstr(script, "index 4 using 1:2:3:4 with yerrorlines title 'sendfile'"));
        char path[4000];
        snprintf(path, sizeof path, "%s", getenv("PATH"));
        setenv("PATH", "/nowhere", 1);
        assert_int_equal(plot_draw(&r, "throughput", scratch), PLOT_UNDRAWN);
        setenv("PATH", path, 1);
        assert_true(is_there("bars-throughput.gp") && !is_there("bars-throughput.svg"));
        assert_int_equal(plot_draw(&r, "weight", scratch), PLOT_UNDRAWN);
        assert_int_equal(plot_draw(&r, "cpu", "/nowhere"), PLOT_FAILED);
        results_deinit(&lines);
        results_deinit(&r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_strategies),       cmocka_unit_test(test_crossing),
                cmocka_unit_test(test_smallfetch_tells), cmocka_unit_test(test_traps_tell),
                cmocka_unit_test(test_report),           cmocka_unit_test(test_plot),
        };
        return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
