/* E5: a range costs a way something even when it is empty, and something more for each byte. What
 * is dear at 128 bytes can be cheap at 64 KiB, and where the lines cross copy.small.bytes of
 * src/posix/output.c ought to lie.
 *
 * CPU is that of both ends. Loopback delivers packets in interrupts that are charged to whichever
 * process they find: a large send() leaves most of its packets to be sent while the client reads,
 * at the client's expense, and sendfile() pays for its own. The client's own work is the same for
 * all.
 *
 * The broker takes no gathered writes from mappings, though they may be cheap: they keep address
 * space for every segment, and a page that was cut off ends in a signal for whoever touches it. */
#include "bench/crossing.h"
#include "bench/experiment.h"
#include "bench/experiments.h"
#include "bench/responder.h"
#include "bench/scratch.h"
#include "bench/words.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES = 64 << 20, DEPTH = 16, PHASE_MS = 25, PHASE_MS_QUICK = 12, KIB = 1024 };
enum { LIMIT_BYTES = 16 * KIB };            /* the default of copy.small.bytes */
enum { SMALL = 4 * KIB, LARGE = 64 * KIB }; /* sizes that the words name */

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

enum { FIGURE_CPU, FIGURE_SERVER, FIGURE_THROUGHPUT, FIGURE_SYSCALLS };

static const struct figure figures[] = {
        {"cpu", "us/range", FIGURE_LESS, 2},
        {"server cpu", "us/range", FIGURE_LESS, 2},
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
        struct smallfetch *own = scratch_memory(1, sizeof *own);
        b->state = own;
        own->mode = b->options->mode_given ? b->options->mode : BENCH_SAME_CORE;
        own->phase_s = (b->options->quick ? PHASE_MS_QUICK : PHASE_MS) * 1e-3;
        data_file_make(&own->file, b->options->scratch, FILE_BYTES, 1 << 20);
        responder_init(&own->responder, &own->file);
        for (int shape = 0; shape < (b->options->quick ? SHAPES_QUICK : SHAPES); shape++)
                add_shape(b, shape);
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "a header of %d bytes before each range; file of %d MiB, resident; cpu: of both "
                 "ends, one request on its way; throughput: %d on their way; %s; reno",
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
        values[FIGURE_SERVER] = one.cpu_s / ranges * 1e6;
        values[FIGURE_CPU] = values[FIGURE_SERVER] + one.client_answer_s / kind->ranges * 1e6;
        values[FIGURE_THROUGHPUT] =
                (double)(many.answers * kind->ranges) * c->x / many.wall_s / (double)(1 << 30);
        values[FIGURE_SYSCALLS] = one.syscalls_per_range;
        return true;
}

/* --- in words --- */

static const char *way_above(const struct answer_shape *shape)
{
        return responder_way_name(shape->ranges == 1 ? RESPOND_SENDFILE_MORE
                                                     : RESPOND_SENDFILE_CORK);
}

static void tell_shape(const struct results *r, FILE *to, const struct answer_shape *shape)
{
        const char *pread = responder_way_name(RESPOND_PREAD);
        const char *sendfile = way_above(shape), *figure = figures[FIGURE_CPU].name;
        crossing_say(r, to, sendfile, pread, shape->name, figure);
        results_say(r, to, sendfile, pread, shape->name, SMALL, figure);
        results_say(r, to, sendfile, pread, shape->name, LARGE, figure);
        crossing_say(r, to, sendfile, responder_way_name(RESPOND_MMAP_WRITEV), shape->name, figure);
}

/* What a cork is worth when there are many ranges, and what it costs when there is one. */
static void tell_cork(const struct results *r, FILE *to)
{
        const char *more = responder_way_name(RESPOND_SENDFILE_MORE);
        const char *cork = responder_way_name(RESPOND_SENDFILE_CORK);
        const char *naive = responder_way_name(RESPOND_SENDFILE_NAIVE);
        for (int i = 0; i < 2; i++)
                results_say(r, to, cork, more, shapes[i].name, SMALL, figures[FIGURE_CPU].name);
        results_say(r, to, naive, more, shapes[0].name, SMALL, figures[FIGURE_CPU].name);
}

/* The sizes at which the broker's limit makes it take the dearer one of its two ways, by this run.
 */
static void tell_limit(const struct results *r, FILE *to, const struct answer_shape *shape)
{
        const char *pread = responder_way_name(RESPOND_PREAD), *sendfile = way_above(shape);
        char size[WORDS_BYTES];
        int compared = 0, dearer = 0;
        for (size_t i = 0; i < sizeof range_sizes / sizeof *range_sizes; i++) {
                double x = range_sizes[i];
                struct sample one = results_get(r, pread, shape->name, x, "cpu");
                struct sample other = results_get(r, sendfile, shape->name, x, "cpu");
                if (one.runs == 0 || other.runs == 0)
                        continue;
                compared++;
                enum sample_order wrong = x < LIMIT_BYTES ? SAMPLE_MORE : SAMPLE_LESS;
                if (sample_compare(&one, &other) != wrong)
                        continue;
                if (dearer++ == 0)
                        fprintf(to, "%s, by a limit of 16 KiB: the dearer way is taken at ",
                                shape->name);
                fprintf(to, "%s%s", dearer > 1 ? ", " : "", words_size(x, size));
        }
        if (dearer > 0)
                fputs(".\n", to);
        else if (compared > 0)
                fprintf(to,
                        "%s, by a limit of 16 KiB: the dearer way is taken at none of the "
                        "sizes.\n",
                        shape->name);
}

static void tell(const struct results *r, FILE *to)
{
        for (int i = 0; i < SHAPES; i++)
                tell_shape(r, to, &shapes[i]);
        tell_cork(r, to);
        fprintf(to, "The broker's limit, copy.small.bytes, is 16 KiB unless it is set: below it "
                    "ranges are read into the answer (pread), from it on they go by the copy "
                    "strategy (sendfile).\n");
        for (int i = 0; i < SHAPES; i++)
                tell_limit(r, to, &shapes[i]);
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
                "On an Intel Xeon (2 MiB of L2 cache a core) a range cost sendfile 1.2 us whatever "
                "its size and pread 0.3; sendfile paid from between 4 and 16 KiB on, against a "
                "gathered write from a mapping from about 64 KiB. Where a copy is cheaper or a "
                "call dearer, the crossing lies higher.",
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
