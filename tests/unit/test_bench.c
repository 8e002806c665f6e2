/* Tests of what all experiments stand on: samples, the runner, results in words and in files. Never
 * of speed. */
#include "bench/experiments.h"
#include "bench/scratch.h"
#include "bench/usage.h"
#include "bench/words.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char scratch[64];

static int make_scratch(void **state)
{
        (void)state;
        strcpy(scratch, P_tmpdir "/test-bench-XXXXXX");
        return mkdtemp(scratch) ? 0 : -1;
}

static int remove_scratch(void **state)
{
        (void)state;
        scratch_remove(scratch);
        return 0;
}

/* --- samples --- */

/* Goal: the median is the middle one, or between the two in the middle, and the order of the values
 * does not matter. Method: odd, even, one, none. */
static void test_sample(void **state)
{
        (void)state;
        struct sample odd = sample_of((double[]){5, 1, 3}, 3);
        assert_true(odd.median == 3 && odd.min == 1 && odd.max == 5 && odd.runs == 3);
        assert_true(fabs(odd.variation - 2.0 / 3) < 1e-9);
        struct sample even = sample_of((double[]){4, 1, 2, 9}, 4);
        assert_true(even.median == 3 && even.min == 1 && even.max == 9);
        struct sample one = sample_of((double[]){7}, 1);
        assert_true(one.median == 7 && one.variation == 0);
        struct sample none = sample_of(NULL, 0);
        assert_true(none.runs == 0 && none.median == 0 && none.max == 0);
}

/* Goal: two samples differ only when their ranges lie apart; one run of each needs a tenth.
 * Method: pairs on both sides of each border. */
static void test_compare(void **state)
{
        (void)state;
        struct sample low = sample_of((double[]){1, 2}, 2), mid = sample_of((double[]){2, 3}, 2);
        struct sample high = sample_of((double[]){4, 5}, 2), none = {0};
        assert_int_equal(sample_compare(&low, &mid), SAMPLE_NO_DIFFERENCE);
        assert_int_equal(sample_compare(&low, &high), SAMPLE_LESS);
        assert_int_equal(sample_compare(&high, &mid), SAMPLE_MORE);
        assert_int_equal(sample_compare(&high, &none), SAMPLE_NO_DIFFERENCE);
        struct sample hundred = sample_of((double[]){100}, 1);
        struct sample near = sample_of((double[]){109}, 1), far = sample_of((double[]){111}, 1);
        assert_int_equal(sample_compare(&near, &hundred), SAMPLE_NO_DIFFERENCE);
        assert_int_equal(sample_compare(&far, &hundred), SAMPLE_MORE);
        assert_int_equal(sample_compare(&hundred, &far), SAMPLE_LESS);
        assert_true(sample_ratio(&high, &low) == 3 && sample_ratio(&high, &none) == 0);
}

/* Goal: usage is a difference, member by member. Method: burn some time and sleep. */
static void test_usage(void **state)
{
        (void)state;
        struct usage start = usage_now();
        while (usage_clock_s() - start.wall_s < 0.02)
                ;
        usleep(1000);
        struct usage end = usage_now(), spent = usage_between(&start, &end);
        assert_true(spent.wall_s >= 0.021 && spent.user_s + spent.system_s > 0);
        assert_true(spent.voluntary >= 1 && spent.minor_faults >= 0);
        struct rusage raw;
        getrusage(RUSAGE_SELF, &raw);
        assert_true(usage_from(&raw).wall_s == 0 && usage_from(&raw).user_s >= end.user_s);
}

/* --- words --- */

/* Goal: numbers read as people write them. Method: a table. */
static void test_words(void **state)
{
        (void)state;
        char text[WORDS_BYTES];
        assert_string_equal(words_size(65536, text), "64 KiB");
        assert_string_equal(words_size(512, text), "512 bytes");
        assert_string_equal(words_size(1500, text), "1500 bytes");
        assert_string_equal(words_size(3.0 * (1 << 30), text), "3 GiB");
        assert_string_equal(words_number(1234567.4, 0, text), "1,234,567");
        assert_string_equal(words_number(-1234.5, 1, text), "-1,234.5");
        assert_string_equal(words_number(-0.01, 1, text), "0.0");
        assert_string_equal(words_number(0, 2, text), "0");
        assert_string_equal(words_number(999, 2, text), "999.00");
        struct sample s = sample_of((double[]){1, 2, 4}, 3), same = sample_of((double[]){2, 2}, 2);
        struct sample none = {0};
        assert_string_equal(words_sample(&s, 1, text), "2.0 (1.0-4.0)");
        assert_string_equal(words_sample(&same, 1, text), "2.0");
        assert_string_equal(words_sample(&none, 1, text), "-");
        struct experiment bytes = {.x_name = "bytes per range"}, plain = {.x_name = "consumers"};
        assert_string_equal(words_x(&bytes, 4096, text), "4 KiB");
        assert_string_equal(words_x(&plain, 4096, text), "4096");
        struct bench_case c = {.series = "sendfile", .setting = ""};
        assert_string_equal(words_case(&c, text), "sendfile");
        c.setting = "hot";
        assert_string_equal(words_case(&c, text), "sendfile, hot");
}

/* --- results made by hand --- */

static const struct figure figures[] = {{"throughput", "GiB/s", FIGURE_MORE, 1},
                                        {"cpu", "ms/GiB", FIGURE_LESS, 0}};

static const struct experiment by_hand = {.id = "E99",
                                          .name = "hand",
                                          .question = "what, \"exactly\", is it?",
                                          .expected = "nothing",
                                          .x_name = "bytes per response",
                                          .x_log = true,
                                          .plot = "throughput",
                                          .plot_more = "cpu",
                                          .figures = figures,
                                          .figure_count = 2};

/* Three runs about that throughput; cpu is 1000 / throughput. */
static void add(struct results *r, const char *series, const char *setting, double x, double about)
{
        struct bench_options options = {0};
        struct bench b = {.options = &options, .results = r};
        struct bench_case *c = bench_add(&b, series, setting, x);
        c->runs = 3;
        for (int i = 0; i < 3; i++) {
                c->values[i][0] = about + 0.1 * (i - 1);
                c->values[i][1] = 1000 / c->values[i][0];
        }
}

static struct results three_ways(void)
{
        struct results r = {.experiment = &by_hand};
        strcpy(r.machine.kernel, "9.9 test");
        strcpy(r.conditions, "by hand, \"quoted\"");
        add(&r, "sendfile", "hot", 65536, 10);
        r.cases[0].reference = true;
        add(&r, "splice", "hot", 65536, 10.05);
        add(&r, "read-write", "hot", 65536, 4);
        add(&r, "io-uring", "hot", 65536, 0);
        r.cases[3].runs = 0;
        strcpy(r.cases[3].skipped, "the kernel has none");
        r.cases[2].disturbed = 1;
        r.cases[2].disturbed_run[1] = true;
        return r;
}

static char *say(const struct results *r, const char *a, const char *b, const char *figure)
{
        static char text[400];
        FILE *to = fmemopen(text, sizeof text, "w");
        results_say(r, to, a, b, "hot", 65536, figure);
        fputc('\0', to);
        fclose(to);
        return text;
}

/* Goal: a difference is put into words with its ratio, overlap is called no difference, and what
 * was not measured is not spoken of. Method: the three ways by hand. */
static void test_say(void **state)
{
        (void)state;
        struct results r = three_ways();
        assert_string_equal(say(&r, "sendfile", "read-write", "throughput"),
                            "At 64 KiB per response: hot: sendfile has 2.5 times the throughput of "
                            "read-write (10.0 against 4.0 GiB/s).\n");
        assert_string_equal(
                say(&r, "sendfile", "read-write", "cpu"),
                "At 64 KiB per response: hot: sendfile has 0.40 times the cpu of read-write "
                "(100 against 250 ms/GiB).\n");
        assert_string_equal(
                say(&r, "sendfile", "splice", "throughput"),
                "At 64 KiB per response: hot: between sendfile and splice no difference "
                "was seen in throughput (10.0 and 10.1 GiB/s).\n");
        assert_string_equal(say(&r, "sendfile", "io-uring", "throughput"), "");
        assert_string_equal(say(&r, "sendfile", "nobody", "throughput"), "");
        for (int i = 0; i < 3; i++)
                r.cases[2].values[i][1] = 0;
        assert_string_equal(
                say(&r, "sendfile", "read-write", "cpu"),
                "At 64 KiB per response: hot: the cpu of sendfile is 100 ms/GiB, that of "
                "read-write is 0.\n");
        results_deinit(&r);
}

/* Goal: the best series is named with those that cannot be told from it, whichever way is better.
 * Method: by throughput and by cpu; an x and a figure that are not there. */
static void test_best(void **state)
{
        (void)state;
        struct results r = three_ways();
        char tied[100];
        assert_string_equal(results_best(&r, "hot", 65536, "throughput", tied, sizeof tied),
                            "splice");
        assert_string_equal(tied, "sendfile");
        assert_string_equal(results_best(&r, NULL, 65536, "cpu", tied, sizeof tied), "splice");
        r.cases[2].values[0][1] = r.cases[2].values[1][1] = r.cases[2].values[2][1] = 1;
        assert_string_equal(results_best(&r, NULL, 65536, "cpu", tied, sizeof tied), "read-write");
        assert_string_equal(tied, "");
        assert_null(results_best(&r, "hot", 1, "cpu", tied, sizeof tied));
        assert_null(results_best(&r, "hot", 65536, "weight", tied, sizeof tied));
        assert_int_equal(results_get(&r, "sendfile", "cold", 65536, "cpu").runs, 0);
        assert_true(results_get(&r, "sendfile", NULL, 65536, "throughput").median == 10);
        results_deinit(&r);
}

/* Goal: a run in four disturbed, or a reference that does not repeat itself, is called noisy, and
 * the cause that is named is the one that it was. Method: one of nine, then three of nine; a
 * reference that varies by a tenth and more; both. */
static void test_noisy(void **state)
{
        (void)state;
        struct results r = three_ways();
        char text[NOISE_BYTES];
        assert_false(results_are_noisy(&r));
        assert_string_equal(results_noise(&r, text), "");
        r.cases[2].disturbed = 3;
        r.foreign_share = 0.24;
        assert_true(results_are_noisy(&r));
        assert_string_equal(results_noise(&r, text), "others disturbed 3 of 9 runs (in the median "
                                                     "run they took 24 % of the CPU time)");
        r.cases[0].values[0][0] = 20;
        assert_non_null(strstr(results_noise(&r, text), " time), and the reference varied by "));
        r.cases[2].disturbed = 0;
        r.foreign_share = 0;
        assert_true(results_are_noisy(&r));
        assert_int_equal(strncmp(results_noise(&r, text), "the reference varied by ", 24), 0);
        assert_null(strstr(text, "others"));
        r.cases[0].reference = false;
        assert_false(results_are_noisy(&r));
        results_deinit(&r);
}

static char *read_text(const char *name)
{
        static char text[20000];
        char path[200];
        snprintf(path, sizeof path, "%s/%s", scratch, name);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
        return text;
}

static const char *at_scratch(const char *name)
{
        static char path[200];
        snprintf(path, sizeof path, "%s/%s", scratch, name);
        return path;
}

/* Goal: every run is a line of CSV, texts with commas are quoted, and the environment stands in
 * front. Method: write, and look for the lines. */
static void test_csv(void **state)
{
        (void)state;
        struct results r = three_ways();
        r.cases[1].setting = "hot, \"dry\"";
        assert_true(results_write_csv(&r, at_scratch("x.csv")));
        const char *text = read_text("x.csv");
        assert_memory_equal(text, "# kernel 9.9 test", 17);
        assert_non_null(strstr(text, "# by hand, \"quoted\"\n"));
        assert_non_null(strstr(text, "experiment,series,setting,x,run,disturbed,throughput (GiB/s),"
                                     "cpu (ms/GiB)\n"));
        assert_non_null(strstr(text, "\nhand,read-write,hot,65536,2,1,4,250\n"));
        assert_non_null(strstr(text, "\nhand,splice,\"hot, \"\"dry\"\"\",65536,2,0,10.05,"));
        assert_null(strstr(text, "io-uring"));
        assert_false(results_write_csv(&r, "/nowhere/x.csv"));
        results_deinit(&r);
}

/* Goal: the JSON holds all that there is. Method: write, parse with jansson, and walk. */
static void test_json(void **state)
{
        (void)state;
        struct results r = three_ways();
        assert_true(results_write_json(&r, at_scratch("x.json")));
        json_error_t error;
        json_t *all = json_load_file(at_scratch("x.json"), 0, &error);
        assert_non_null(all);
        assert_int_equal(json_integer_value(json_object_get(all, "schema")), 1);
        assert_string_equal(json_string_value(json_object_get(all, "conditions")), r.conditions);
        assert_string_equal(
                json_string_value(json_object_get(json_object_get(all, "machine"), "kernel")),
                "9.9 test");
        json_t *cases = json_object_get(all, "cases"), *last = json_array_get(cases, 3);
        assert_int_equal(json_array_size(cases), 4);
        assert_string_equal(json_string_value(json_object_get(last, "skipped")),
                            "the kernel has none");
        json_t *figure =
                json_object_get(json_object_get(json_array_get(cases, 2), "figures"), "cpu");
        assert_true(json_real_value(json_object_get(figure, "median")) == 250);
        assert_string_equal(json_string_value(json_object_get(figure, "unit")), "ms/GiB");
        assert_int_equal(json_array_size(json_object_get(figure, "runs")), 3);
        json_decref(all);
        assert_false(results_write_json(&r, "/nowhere/x.json"));
        results_deinit(&r);
}

/* Goal: the table names what was skipped and why, marks the reference, warns of noise, leaves out
 * what is 0 everywhere and says so, and is cut when it is too wide. Method: print to memory; once
 * with more figures than a line has room for. */
static void test_print(void **state)
{
        (void)state;
        static const struct figure wide[FIGURES_MAX] = {
                {"a figure of a long name", "units of it", FIGURE_LESS, 3},
                {"another", "", FIGURE_LESS, 3},
                {"and one more of a long name", "units of it", FIGURE_LESS, 3},
                {"the last one", "units", FIGURE_LESS, 3}};
        struct results r = three_ways();
        struct experiment e = by_hand;
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        r.cases[2].disturbed = 3;
        results_print(&r, to);
        results_print_markdown(&r, to);
        for (int i = 0; i < 3 * r.cases[0].runs; i++) {
                double *values = r.cases[i / 3].values[i % 3];
                values[2] = values[0];
                values[3] = 0;
        }
        e.figures = wide;
        e.figure_count = 4;
        r.experiment = &e;
        results_print(&r, to);
        fclose(to);
        assert_non_null(strstr(text, "E99 hand: what, \"exactly\", is it?"));
        assert_non_null(strstr(text, "skipped: io-uring, hot at 64 KiB: the kernel has none\n"));
        assert_non_null(strstr(text, "sendfile *"));
        assert_non_null(strstr(text, "noisy machine"));
        assert_non_null(
                strstr(text, "| read-write | hot | 64 KiB | 4.0 (3.9-4.1) | 250 (244-256) |\n"));
        assert_non_null(strstr(text, "0 in every run: the last one\n"));
        assert_null(strstr(text, "the last one, units"));
        int headings = 0;
        for (const char *at = text; (at = strstr(at, "series ")); at++)
                headings++;
        assert_int_equal(headings, 1 + 1 + 2); /* one table, one in Markdown, one cut in two */
        free(text);
        results_deinit(&r);
}

/* --- the runner --- */

enum { FAKE_CASES = 6, FAKE_RUNS = 4 };

/* What the fake experiment was asked to do. */
struct fake {
        char calls[200]; /* a letter for each measure() */
        int count, ended;
        bool refuse, nothing; /* plan() fails; measure() gives no number */
        pid_t burner;         /* a stranger who keeps a CPU busy; 0: none */
};

static struct fake fake;

static bool fake_plan(struct bench *b, char *why)
{
        static const char *const names[FAKE_CASES] = {"a", "b", "c", "d", "e", "x"};
        for (int i = 0; i < FAKE_CASES; i++)
                bench_add(b, names[i], "", 0);
        b->results->cases[2].reference = true;
        if (fake.refuse)
                strcpy(why, "not today");
        return !fake.refuse;
}

static bool fake_measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        fake.calls[fake.count++] = c->series[0];
        if (c->series[0] == 'x') {
                strcpy(why, "there is no x");
                return false;
        }
        values[0] = fake.nothing ? NAN : 1;
        values[1] = fake.count;
        if (fake.burner > 0)
                usleep(60000);
        if (!fake.burner || c->series[0] == 'a')
                bench_charge(b, 100); /* whoever was at work, we say it was ours */
        return true;
}

static void fake_end(struct bench *b)
{
        (void)b;
        fake.ended++;
}

static bool fake_is_interrupted(void)
{
        return fake.count >= 3;
}

static const struct experiment fake_experiment = {.id = "F",
                                                  .name = "fake",
                                                  .question = "?",
                                                  .figures = figures,
                                                  .figure_count = 2,
                                                  .runs = FAKE_RUNS,
                                                  .quick_runs = 1,
                                                  .plan = fake_plan,
                                                  .measure = fake_measure,
                                                  .end = fake_end};

static struct results run_fake(const struct bench_options *extra)
{
        struct bench_options options = *extra;
        struct results r;
        char why[CASE_WHY_BYTES];
        options.scratch = scratch;
        pid_t burner = fake.burner;
        fake = (struct fake){.burner = burner};
        assert_true(experiment_run(&fake_experiment, &options, &r, why));
        assert_int_equal(fake.ended, 1);
        return r;
}

/* Goal: every case is measured as often as was asked for, after one unmeasured run of the
 * reference, in rounds whose order is random and the same each time; what cannot be had is skipped
 * with its reason and not tried again. Method: a fake that writes down its calls, twice. */
static void test_runner(void **state)
{
        (void)state;
        struct bench_options options = {.progress = fopen("/dev/null", "w")};
        struct results r = run_fake(&options);
        assert_int_equal(fake.calls[0], 'c');
        assert_int_equal(fake.count, 1 + (FAKE_CASES - 1) * FAKE_RUNS + 1);
        for (int i = 0; i < FAKE_CASES - 1; i++) {
                assert_int_equal(r.cases[i].runs, FAKE_RUNS);
                assert_int_equal(r.cases[i].disturbed, 0);
                assert_true(results_sample(&r, &r.cases[i], 0).median == 1);
        }
        assert_string_equal(r.cases[FAKE_CASES - 1].skipped, "there is no x");
        assert_int_equal(r.cases[FAKE_CASES - 1].runs, 0);
        results_deinit(&r);
        char first[sizeof fake.calls];
        strcpy(first, fake.calls);
        r = run_fake(&options);
        results_deinit(&r);
        assert_string_equal(first, fake.calls);
        /* The last two rounds, each without x. */
        const char *rounds = first + fake.count - 2 * (FAKE_CASES - 1);
        assert_true(strncmp(rounds, rounds + FAKE_CASES - 1, FAKE_CASES - 1) != 0);
        options.quick = true;
        r = run_fake(&options);
        assert_int_equal(r.cases[0].runs, 1);
        results_deinit(&r);
        options.runs = 100;
        r = run_fake(&options);
        assert_int_equal(r.cases[0].runs, CASE_RUNS_MAX);
        results_deinit(&r);
        fclose(options.progress);
}

/* Goal: an interrupt ends the run in order; a plan that fails tells why; what is no number is no
 * result. Method: a fake that is interrupted after three calls; one that refuses; one that divides
 * nothing by nothing. */
static void test_runner_ends(void **state)
{
        (void)state;
        struct bench_options options = {.interrupted = fake_is_interrupted};
        struct results r = run_fake(&options);
        assert_int_equal(fake.count, 3);
        results_deinit(&r);
        fake = (struct fake){.refuse = true};
        char why[CASE_WHY_BYTES];
        options.scratch = scratch;
        assert_false(experiment_run(&fake_experiment, &options, &r, why));
        assert_string_equal(why, "not today");
        assert_int_equal(fake.ended, 1);
        assert_null(r.cases);
        fake = (struct fake){.nothing = true};
        assert_true(experiment_run(&fake_experiment, &(struct bench_options){.scratch = scratch},
                                   &r, why));
        assert_string_equal(r.cases[0].skipped, "its throughput came out as no number");
        results_deinit(&r);
}

/* Goal: a run beside which somebody else was at work is repeated, at most twice, and then counted
 * as disturbed; work that is charged is not foreign. Method: a process that burns a CPU all the
 * time; one case of the fake charges it. */
static void test_disturbed(void **state)
{
        (void)state;
        fake.burner = fork();
        if (fake.burner == 0) {
                for (;;)
                        ;
        }
        struct bench_options options = {.runs = 1};
        struct results r = run_fake(&options);
        kill(fake.burner, SIGKILL);
        waitpid(fake.burner, NULL, 0);
        fake.burner = 0;
        assert_int_equal(r.cases[0].disturbed, 0);
        int repeated = 0;
        for (int i = 1; i < FAKE_CASES - 1; i++) {
                assert_int_equal(r.cases[i].disturbed, 1);
                assert_true(r.cases[i].disturbed_run[0]);
        }
        repeated = fake.count - 1 - FAKE_CASES;
        assert_int_equal(repeated, FAKE_CASES / 3 + 2); /* all that the runner allows for */
        assert_true(r.foreign_share > 0);
        assert_true(results_are_noisy(&r));
        results_deinit(&r);
}

/* --- the machine --- */

/* Goal: what the kernel tells is found, and everything that is measured is above 0. Method: look.
 */
static void test_machine(void **state)
{
        (void)state;
        struct machine m;
        machine_look(&m, scratch);
        assert_true(*m.kernel && *m.compiler && *m.filesystem && *m.congestion);
        assert_true(m.cpus >= 1 && m.memory_bytes > 1 << 20);
        assert_true(m.first_touch_us > 0 && m.syscall_ns > 0 && m.fault_around_bytes > 0);
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        machine_print(&m, to);
        machine_look(&m, "/nowhere");
        machine_print(&m, to);
        fclose(to);
        assert_non_null(strstr(text, "system's congestion control "));
        assert_non_null(strstr(text, "scratch on unknown"));
        assert_true(m.read_ahead_kib == -1 && m.fault_around_bytes == 0);
        free(text);
        assert_true(machine_pin(0));
        assert_true(machine_wake_us(0, 0) > 0);
        assert_false(machine_pin(100000));
        assert_true(machine_pin(-1));
        struct machine_load start = machine_load_now();
        assert_true(start.busy_s > 0);
        assert_true(machine_foreign_share(&start, 1000) == 0);
}

/* --- the list --- */

/* Goal: every experiment can be found by name and number, and its description is whole. Method: go
 * through the list. */
static void test_list(void **state)
{
        (void)state;
        int count;
        const struct experiment *const *all = experiments_all(&count);
        assert_true(count >= 10);
        for (int i = 0; i < count; i++) {
                const struct experiment *e = all[i];
                struct results r = {.experiment = e};
                assert_ptr_equal(experiment_find(e->name), e);
                assert_ptr_equal(experiment_find(e->id), e);
                assert_true(e->plan && e->measure && e->tell && *e->question && *e->expected);
                assert_true(e->figure_count > 0 && e->figure_count <= FIGURES_MAX);
                assert_true(e->runs >= 1 && e->quick_runs >= 1 && e->runs <= CASE_RUNS_MAX);
                assert_true(!e->plot || results_figure(&r, e->plot) >= 0);
                assert_true(!e->plot_more || results_figure(&r, e->plot_more) >= 0);
                assert_null(strpbrk(e->name, " ,/"));
        }
        assert_null(experiment_find("no-such"));
}

/* Goal: every limit can be measured, or says why not. Method: one quick run of each. */
static void test_limits(void **state)
{
        (void)state;
        struct bench_options options = {.runs = 1, .quick = true, .scratch = scratch};
        struct results r;
        char why[CASE_WHY_BYTES];
        assert_true(experiment_run(&experiment_limits, &options, &r, why));
        assert_true(r.case_count > 25);
        for (int i = 0; i < r.case_count; i++) {
                assert_true(r.cases[i].runs == 1 || *r.cases[i].skipped);
                if (r.cases[i].runs == 1)
                        assert_true(results_sample(&r, &r.cases[i], 0).median > 0);
        }
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        experiment_limits.tell(&r, to);
        fclose(to);
        assert_non_null(strstr(text, "A system call takes "));
        free(text);
        results_deinit(&r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sample),    cmocka_unit_test(test_compare),
                cmocka_unit_test(test_usage),     cmocka_unit_test(test_words),
                cmocka_unit_test(test_say),       cmocka_unit_test(test_best),
                cmocka_unit_test(test_noisy),     cmocka_unit_test(test_csv),
                cmocka_unit_test(test_json),      cmocka_unit_test(test_print),
                cmocka_unit_test(test_runner),    cmocka_unit_test(test_runner_ends),
                cmocka_unit_test(test_disturbed), cmocka_unit_test(test_machine),
                cmocka_unit_test(test_list),      cmocka_unit_test(test_limits),
        };
        signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
