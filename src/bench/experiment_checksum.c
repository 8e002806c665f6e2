/* W5: every batch that comes in is checked, so every byte is read once more than it is written. */
#include "bench/checksums.h"
#include "bench/experiment.h"
#include "bench/experiments.h"
#include "bench/scratch.h"
#include "bench/usage.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY_BYTES = 64 << 20, RUN_MS = 60, RUN_MS_QUICK = 15 };

static const double batch_sizes[] = {1024, 16 << 10, 64 << 10, MEMORY_BYTES};
static const char reference[] = "write";

struct checksum_bench {
        struct checksum_tables tables;
        uint8_t *memory; /* MEMORY_BYTES of it */
        int fd;
        double run_s;
};

enum { FIGURE_THROUGHPUT, FIGURE_COST };

static const struct figure figures[] = {
        {"throughput", "GB/s", FIGURE_MORE, 2},
        {"cost", "us/batch", FIGURE_LESS, 3},
};

static bool plan(struct bench *b, char *why)
{
        struct checksum_bench *own = scratch_memory(1, sizeof *own);
        b->state = own;
        checksum_tables_make(&own->tables);
        own->run_s = (b->options->quick ? RUN_MS_QUICK : RUN_MS) * 1e-3;
        own->memory = malloc(MEMORY_BYTES);
        own->fd = scratch_file(b->options->scratch);
        if (!own->memory || own->fd < 0) {
                snprintf(why, CASE_WHY_BYTES, "no file in scratch: %s", strerror(errno));
                return false;
        }
        memset(own->memory, 'o', MEMORY_BYTES);
        int count;
        const struct checksum *checksums = checksums_all(&count);
        for (size_t s = b->options->quick ? 2 : 0; s < sizeof batch_sizes / sizeof *batch_sizes;
             s++) {
                for (int i = 0; i < count; i++)
                        bench_add(b, checksums[i].name, "", batch_sizes[s])->knobs = &checksums[i];
                bench_add(b, reference, "", batch_sizes[s])->reference = true;
        }
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "one core; batches up to 64 KiB are checked again and again (in the core's own "
                 "cache), 64 MiB comes from memory; write: appends to a file in the page cache");
        return true;
}

static void check_answer(const struct checksum_bench *own, const struct checksum *way)
{
        uint32_t crc = way->compute(&own->tables, 0, "123456789", 9);
        assert(crc == 0xe3069283 && "a checksum that is wrong may be as fast as it likes");
}

/* Seconds a batch. */
static double time_checksum(const struct checksum_bench *own, const struct checksum *way,
                            size_t batch)
{
        enum { BATCHES = 16 }; /* between two looks at the clock */
        int64_t done = 0;
        volatile uint32_t sink = 0; /* or the compiler might find that nobody wants the answer */
        double start = usage_clock_s(), now = start;
        while (now - start < own->run_s) {
                int some = batch < MEMORY_BYTES ? BATCHES : 1;
                for (int i = 0; i < some; i++)
                        sink = sink ^ way->compute(&own->tables, 0, own->memory, batch);
                done += some;
                now = usage_clock_s();
        }
        return (now - start) / (double)done;
}

/* The same bytes are written each time, and the file is emptied when it has grown to MEMORY_BYTES;
 * that is not timed. Seconds a batch; negative: errno tells. */
static double time_write(const struct checksum_bench *own, size_t batch)
{
        int64_t done = 0;
        double spent = 0;
        while (spent < own->run_s) {
                if (ftruncate(own->fd, 0))
                        return -1;
                double start = usage_clock_s();
                for (size_t at = 0; at + batch <= MEMORY_BYTES; at += batch, done++) {
                        if (pwrite(own->fd, own->memory, batch, (off_t)at) != (ssize_t)batch)
                                return -1;
                }
                spent += usage_clock_s() - start;
        }
        return spent / (double)done;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        const struct checksum_bench *own = b->state;
        const struct checksum *way = c->knobs;
        double seconds;
        if (!way) {
                seconds = time_write(own, (size_t)c->x);
                if (seconds < 0) {
                        snprintf(why, CASE_WHY_BYTES, "write: %s", strerror(errno));
                        return false;
                }
        } else {
                const char *missing = way->missing();
                if (missing) {
                        snprintf(why, CASE_WHY_BYTES, "%s", missing);
                        return false;
                }
                check_answer(own, way);
                seconds = time_checksum(own, way, (size_t)c->x);
        }
        values[FIGURE_THROUGHPUT] = c->x / seconds / 1e9;
        values[FIGURE_COST] = seconds * 1e6;
        return true;
}

static void tell(const struct results *r, FILE *to)
{
        const double x = 64 << 10;
        results_say(r, to, "isa-l", "byte-table", NULL, x, "throughput");
        results_say(r, to, "sse4.2-three", "sse4.2-one", NULL, x, "throughput");
        struct sample write = results_get(r, reference, NULL, x, "cost");
        int count;
        const struct checksum *checksums = checksums_all(&count);
        for (int i = 0; i < count; i++) {
                struct sample crc = results_get(r, checksums[i].name, NULL, x, "cost");
                if (crc.runs > 0 && write.runs > 0)
                        fprintf(to,
                                "A batch of 64 KiB that is checked by %s before it is written to "
                                "the page cache costs %.0f%% more than the write alone.\n",
                                checksums[i].name, 100 * sample_ratio(&crc, &write));
        }
}

static void end(struct bench *b)
{
        struct checksum_bench *own = b->state;
        if (own->fd >= 0)
                close(own->fd);
        free(own->memory);
        free(own);
}

const struct experiment experiment_checksum = {
        .id = "W5",
        .name = "checksum",
        .question = "what does CRC-32C cost, beside the write that it guards?",
        .expected =
                "0.4 GB/s by the byte, 8 by the CPU's instruction, 25 with three streams of it, "
                "70 by carry-less multiplication; beside a write to the page cache (1 to 5) the "
                "last one could not be seen.",
        .x_name = "bytes per batch",
        .x_log = true,
        .plot = "throughput",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 7,
        .quick_runs = 3,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};
