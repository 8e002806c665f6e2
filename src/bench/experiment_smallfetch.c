/* E5: a range costs a way something even when it is empty, and something more for each byte. What
 * is dear at 128 bytes can be cheap at 64 KiB, and somewhere between the lines cross: there lies
 * copy.small.bytes of src/posix/output.c. */
#include "bench/experiment.h"
#include "bench/experiments.h"
#include "bench/responder.h"
#include "bench/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES = 64 << 20, DEPTH = 16, PHASE_MS = 25, PHASE_MS_QUICK = 12, KIB = 1024 };
enum { POLICY_BYTES = 16 * KIB }; /* the default of copy.small.bytes */

static const double range_sizes[] = {128,      KIB,      4 * KIB,  8 * KIB,
                                     16 * KIB, 32 * KIB, 64 * KIB, 256 * KIB};
static const double range_sizes_quick[] = {KIB, 4 * KIB, 16 * KIB, 64 * KIB};

struct answer_shape {
        int ranges;
        const char *name;
};

static const struct answer_shape shapes[] = {{1, "1 range"}, {16, "16 ranges"}, {64, "64 ranges"}};
enum { SHAPES = sizeof shapes / sizeof *shapes, SHAPES_QUICK = 2 };

/* What a case is to do. */
struct answer_kind {
        enum responder_way way;
        int ranges;
};

struct smallfetch {
        struct data_file file;
        struct responder responder;
        struct answer_kind kinds[SHAPES][RESPONDER_WAYS];
        enum bench_mode mode;
        double phase_s;
};

enum { FIGURE_CPU, FIGURE_THROUGHPUT, FIGURE_SYSCALLS };

static const struct figure figures[] = {
        {"cpu", "us/range", FIGURE_LESS, 2},
        {"throughput", "GiB/s", FIGURE_MORE, 2},
        {"syscalls", "per range", FIGURE_LESS, 2},
};

static void add_shape(struct bench *b, int shape)
{
        struct smallfetch *own = b->state;
        bool quick = b->options->quick;
        const double *sizes = quick ? range_sizes_quick : range_sizes;
        size_t count = quick ? sizeof range_sizes_quick / sizeof *range_sizes_quick
                             : sizeof range_sizes / sizeof *range_sizes;
        for (int way = 0; way < RESPONDER_WAYS; way++) {
                struct answer_kind *kind = &own->kinds[shape][way];
                *kind = (struct answer_kind){(enum responder_way)way, shapes[shape].ranges};
                for (size_t i = 0; i < count; i++) {
                        struct bench_case *c = bench_add(b, responder_way_name(kind->way),
                                                         shapes[shape].name, sizes[i]);
                        c->knobs = kind;
                        c->reference = way == RESPOND_SENDFILE_MORE && shape == 0 &&
                                       (int)sizes[i] == 64 * KIB;
                }
        }
}

static bool plan(struct bench *b, char *why)
{
        (void)why;
        struct smallfetch *own = calloc(1, sizeof *own);
        if (!own)
                abort();
        b->state = own;
        own->mode = b->options->mode_given ? b->options->mode : BENCH_SAME_CORE;
        own->phase_s = (b->options->quick ? PHASE_MS_QUICK : PHASE_MS) * 1e-3;
        data_file_make(&own->file, b->options->scratch, FILE_BYTES, 1 << 20);
        responder_init(&own->responder, &own->file);
        for (int shape = 0; shape < (b->options->quick ? SHAPES_QUICK : SHAPES); shape++)
                add_shape(b, shape);
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "a header of %d bytes before each range; file of %d MiB, resident; cpu: of the "
                 "server, one request on its way; throughput: %d on their way; %s; reno",
                 HEADER_BYTES, FILE_BYTES >> 20, DEPTH,
                 own->mode == BENCH_SAME_CORE ? "same core" : "two cores");
        return true;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        struct smallfetch *own = b->state;
        const struct answer_kind *kind = c->knobs;
        struct responder_load load = {.way = kind->way,
                                      .range_bytes = (size_t)c->x,
                                      .ranges = kind->ranges,
                                      .depth = 1,
                                      .mode = own->mode,
                                      .seconds = own->phase_s};
        struct responder_report one, many;
        if (data_file_residency(&own->file) < 1 && !data_file_warm(&own->file)) {
                snprintf(why, CASE_WHY_BYTES, "the file does not stay in the page cache");
                return false;
        }
        if (!responder_run(&own->responder, &load, &one, why))
                return false;
        load.depth = DEPTH;
        if (!responder_run(&own->responder, &load, &many, why))
                return false;
        double ranges = (double)(one.answers * kind->ranges);
        values[FIGURE_CPU] = one.cpu_s / ranges * 1e6;
        values[FIGURE_THROUGHPUT] =
                (double)(many.answers * kind->ranges) * c->x / many.wall_s / (double)(1 << 30);
        values[FIGURE_SYSCALLS] = one.syscalls_per_range;
        return true;
}

/* --- in words --- */

/* Where two ways cost the same, between two sizes at which they were measured. */
struct crossover {
        double below, above; /* the last size at which `a` was the dearer one, and the next one; 0:
                              * there is none */
        double at;           /* where the lines between the two cross */
};

/* From which size on `a` never costs more than `b` again. False: not up to the largest size. */
static bool find_crossover(const struct results *r, const char *a, const char *b,
                           const char *setting, struct crossover *x)
{
        double last = 0, last_ratio = 0;
        bool cheaper = false;
        *x = (struct crossover){0};
        for (size_t i = 0; i < sizeof range_sizes / sizeof *range_sizes; i++) {
                struct sample one = results_get(r, a, setting, range_sizes[i], "cpu");
                struct sample other = results_get(r, b, setting, range_sizes[i], "cpu");
                double ratio = sample_ratio(&one, &other);
                if (ratio <= 0)
                        continue;
                if (ratio <= 1 && !cheaper) {
                        x->below = last;
                        x->above = range_sizes[i];
                        /* Straight lines on logarithmic paper. */
                        double part = last > 0 ? log(last_ratio) / log(last_ratio / ratio) : 1;
                        x->at = last > 0 ? last * pow(range_sizes[i] / last, part) : range_sizes[i];
                }
                cheaper = ratio <= 1;
                last = range_sizes[i];
                last_ratio = ratio;
        }
        return cheaper;
}

/* Two figures of size. */
static const char *roughly(double bytes, char *text)
{
        if (bytes < 10 * KIB)
                snprintf(text, WORDS_BYTES, "%.1f KiB", bytes / KIB);
        else
                snprintf(text, WORDS_BYTES, "%.0f KiB", bytes / KIB);
        return text;
}

static void tell_crossover(const struct results *r, FILE *to, const char *a, const char *b,
                           const char *setting)
{
        struct crossover x;
        char below[WORDS_BYTES], above[WORDS_BYTES], at[WORDS_BYTES];
        if (!find_crossover(r, a, b, setting, &x)) {
                fprintf(to, "With %s in an answer, %s does not become cheaper than %s.\n", setting,
                        a, b);
        } else if (x.below <= 0) {
                fprintf(to, "With %s in an answer, %s is never dearer than %s.\n", setting, a, b);
        } else {
                fprintf(to,
                        "With %s in an answer, %s costs the server less than %s from about %s on "
                        "(dearer at %s, cheaper at %s).\n",
                        setting, a, b, roughly(x.at, at), words_size(x.below, below),
                        words_size(x.above, above));
        }
}

static bool was_measured(const struct results *r, const char *setting)
{
        return results_get(r, responder_way_name(RESPOND_PREAD), setting, POLICY_BYTES, "cpu")
                       .runs > 0;
}

/* What the limit of 16 KiB rests on: who is cheaper a step below it, and at it. */
static void tell_policy(const struct results *r, FILE *to, const char *setting)
{
        const char *reference = responder_way_name(RESPOND_PREAD);
        const char *cork = responder_way_name(RESPOND_SENDFILE_CORK);
        const char *naive = responder_way_name(RESPOND_SENDFILE_NAIVE);
        results_say(r, to, reference, cork, setting, 4 * KIB, "cpu");
        results_say(r, to, cork, reference, setting, 64 * KIB, "cpu");
        results_say(r, to, naive, cork, setting, 4 * KIB, "cpu");
}

static void tell(const struct results *r, FILE *to)
{
        const char *more = responder_way_name(RESPOND_SENDFILE_MORE);
        const char *cork = responder_way_name(RESPOND_SENDFILE_CORK);
        for (int i = 0; i < SHAPES; i++) {
                if (!was_measured(r, shapes[i].name))
                        continue;
                const char *sendfile = shapes[i].ranges == 1 ? more : cork;
                tell_crossover(r, to, sendfile, responder_way_name(RESPOND_PREAD), shapes[i].name);
                tell_crossover(r, to, sendfile, responder_way_name(RESPOND_MMAP_WRITEV),
                               shapes[i].name);
        }
        const char *setting = was_measured(r, shapes[1].name) ? shapes[1].name : shapes[0].name;
        tell_policy(r, to, setting);
        fprintf(to,
                "The broker reads ranges below copy.small.bytes = 16 KiB into the answer itself "
                "and leaves larger ones to the copy strategy, corked. It takes no gathered "
                "writes from mappings: they keep address space for every segment, and end in a "
                "signal for whoever touches a page that was cut off.\n");
}

static void end(struct bench *b)
{
        struct smallfetch *own = b->state;
        responder_deinit(&own->responder);
        data_file_remove(&own->file);
        free(own);
}

const struct experiment experiment_smallfetch = {
        .id = "E5",
        .name = "smallfetch",
        .question = "from which size does sendfile pay?",
        .expected =
                "A range costs sendfile 1.2 us whatever its size, pread 0.3: sendfile pays from "
                "somewhere between 4 and 16 KiB, against a gathered write from a mapping from "
                "about 64 KiB. Without MSG_MORE or a cork it costs half as much again, or "
                "twice.",
        .x_name = "bytes per range",
        .x_log = true,
        .plot = "cpu",
        .plot_more = "throughput",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 3,
        .quick_runs = 1,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};
