/* W4: is it order that a disk likes, or large blocks? And what does the page cache do for it? */
#include "bench/block_io.h"
#include "bench/scratch.h"
#include "bench/slow_disk.h"
#include "bench/words.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FULL_BYTES = 128 << 20, QUICK_BYTES = 32 << 20, MIB = 1 << 20 };
enum { SLOW_OPERATIONS = 100, SLOW_BYTES = 100000000 };
enum { THROUGHPUT, OPERATIONS, CPU };

static const struct figure figures[] = {
        [THROUGHPUT] = {"throughput", "MB/s", FIGURE_MORE, 1},
        [OPERATIONS] = {"operations", "1/s", FIGURE_MORE, 0},
        [CPU] = {"cpu", "ms/GiB", FIGURE_LESS, 0},
};

static const struct kind {
        const char *series;
        bool write, random;
} kinds[] = {{"sequential read", false, false},
             {"random read", false, true},
             {"sequential write", true, false},
             {"random write", true, true}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Where the blocks are when a run begins: O_DIRECT goes round the page cache, which is empty. */
enum place { DIRECT, HOT, COLD };

static const struct way {
        const char *setting;
        enum place place;
        int depth;
        bool slow; /* on the throttled disk */
        bool quick;
} ways[] = {
        {"O_DIRECT", DIRECT, 1, false, true},
        {"O_DIRECT 16 at once", DIRECT, 16, false, true},
        {"page cache hot", HOT, 1, false, true},
        {"page cache cold", COLD, 1, false, true},
        {"page cache cold 16 at once", COLD, 16, false, false},
        {"slow disk O_DIRECT", DIRECT, 1, true, false},
        {"slow disk page cache cold", COLD, 1, true, false},
};
enum { WAYS = sizeof ways / sizeof *ways };

static const struct {
        int bytes;
        bool quick;
} sizes[] = {{4 << 10, true}, {64 << 10, false}, {MIB, true}};
enum { SIZES = sizeof sizes / sizeof *sizes };

struct disk_state {
        int64_t bytes; /* of the file: a power of two */
        double seconds, slow_seconds;
        struct disk_pattern pattern;
        struct disk_file file;
        struct slow_disk slow;
        char no_slow_disk[CASE_WHY_BYTES]; /* why there is none */
};

static bool make_file(struct bench *b, struct disk_state *state, char *why)
{
        int64_t wanted = disk_bytes(b, FULL_BYTES, QUICK_BYTES);
        for (state->bytes = MIB; state->bytes * 2 <= wanted;)
                state->bytes *= 2;
        disk_pattern_init(&state->pattern, DISK_PATTERN_BYTES);
        return (disk_file_make(&state->file, b->options->scratch, 0) &&
                disk_prewrite(state->file.fd, &state->pattern, state->bytes)) ||
               disk_why(why, "a file in the scratch directory");
}

static bool plan(struct bench *b, char *why)
{
        struct disk_state *state = scratch_memory(1, sizeof *state);
        b->state = state;
        bool quick = b->options->quick;
        state->seconds = quick ? 0.04 : 0.08;
        state->slow_seconds = 0.2;
        if (!disk_is_there(b, why) || !make_file(b, state, why))
                return false;
        slow_disk_make(&state->slow, b->options->scratch, SLOW_OPERATIONS, SLOW_BYTES,
                       state->no_slow_disk);
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "a prewritten file of %lld MiB, %.2f s or one pass a run; slow disk: throttled to "
                 "%d operations and %d MB a second",
                 (long long)state->bytes >> 20, state->seconds, SLOW_OPERATIONS,
                 SLOW_BYTES / 1000000);

        for (int w = 0; w < WAYS; w++) {
                for (int s = 0; s < SIZES; s++) {
                        for (int k = 0; k < KINDS; k++) {
                                if ((quick && !(ways[w].quick && sizes[s].quick)) ||
                                    (ways[w].place == COLD && kinds[k].write))
                                        continue;
                                struct bench_case *c = bench_add(b, kinds[k].series,
                                                                 ways[w].setting, sizes[s].bytes);
                                c->knobs = &ways[w];
                                c->reference = w == 0 && k == 0 && sizes[s].bytes == MIB;
                        }
                }
        }
        return true;
}

/* Brings the file to where it must be, through a descriptor that is not direct. */
static bool place_file(const struct disk_state *state, enum place place, char *why)
{
        if (place != HOT) {
                if (disk_evict(state->file.fd, state->bytes))
                        return true;
                snprintf(why, CASE_WHY_BYTES, "the page cache could not be emptied of the file");
                return false;
        }
        uint8_t *buffer = disk_buffer(MIB);
        bool read = true;
        for (int64_t at = 0; read && at < state->bytes; at += MIB)
                read = pread(state->file.fd, buffer, MIB, at) == MIB;
        free(buffer);
        return read || disk_why(why, "read");
}

static bool run_job(const struct disk_state *state, const struct way *way, struct block_job *job,
                    char *why)
{
        if (way->slow && !slow_disk_enter(&state->slow))
                return disk_why(why, "throttle");
        bool done = block_io_run(job) || disk_why(why, job->write ? "write" : "read");
        if (way->slow)
                slow_disk_leave(&state->slow);
        return done;
}

static bool measure_job(const struct disk_state *state, const struct way *way,
                        struct block_job *job, double *values, char *why)
{
        int direct = -1;
        if (way->place == DIRECT) {
                direct = open(state->file.path, O_RDWR | O_CLOEXEC | O_DIRECT);
                if (direct < 0)
                        return disk_why(why, "O_DIRECT");
        }
        job->fd = way->place == DIRECT ? direct : state->file.fd;
        bool done = run_job(state, way, job, why);
        if (direct >= 0)
                close(direct);
        double bytes = (double)job->moved * (double)job->block_bytes;
        if (!done || job->moved == 0) /* else: interrupted */
                return false;
        values[THROUGHPUT] = bytes / job->spent.wall_s / 1e6;
        values[OPERATIONS] = (double)job->moved / job->spent.wall_s;
        values[CPU] = (job->spent.user_s + job->spent.system_s) * 1e3 * (1 << 30) / bytes;
        return true;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        const struct disk_state *state = b->state;
        const struct way *way = c->knobs;
        const struct kind *kind = kinds;
        while (strcmp(kind->series, c->series) != 0)
                kind++;
        const char *missing = block_io_missing(way->depth);
        if (way->slow && state->slow.group[0] == '\0')
                missing = state->no_slow_disk;
        if (missing != NULL) {
                snprintf(why, CASE_WHY_BYTES, "%s", missing);
                return false;
        }
        struct block_job job = {.pattern = &state->pattern,
                                .block_bytes = (size_t)c->x,
                                .blocks = state->bytes / (int64_t)c->x,
                                .write = kind->write,
                                .random = kind->random,
                                .depth = way->depth,
                                .seconds = way->slow ? state->slow_seconds : state->seconds,
                                .interrupted = b->options->interrupted};
        return place_file(state, way->place, why) && measure_job(state, way, &job, values, why);
}

/* --- in words --- */

/* One series in two places or sizes. */
static void compare(const struct results *r, FILE *to, const char *series, const char *setting_a,
                    double x_a, const char *setting_b, double x_b)
{
        char size_a[WORDS_BYTES], size_b[WORDS_BYTES], a[160], b[160];
        snprintf(a, sizeof a, "%s, %s, %s", series, setting_a, words_size(x_a, size_a));
        snprintf(b, sizeof b, "%s, %s", setting_b, words_size(x_b, size_b));
        disk_say(to, r, "throughput", a, results_get(r, series, setting_a, x_a, "throughput"), b,
                 results_get(r, series, setting_b, x_b, "throughput"));
}

static void tell(const struct results *r, FILE *to)
{
        fprintf(to, "Does order matter?\n");
        static const char *const settings[] = {"O_DIRECT", "page cache cold", "page cache hot",
                                               "slow disk page cache cold"};
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
                for (int s = 0; s < SIZES; s += SIZES - 1)
                        results_say(r, to, "sequential read", "random read", settings[i],
                                    sizes[s].bytes, "throughput");
        }
        results_say(r, to, "sequential write", "random write", "O_DIRECT", 4096, "throughput");
        fprintf(to, "Does the size of a block matter?\n");
        compare(r, to, "random read", "O_DIRECT", MIB, "O_DIRECT", 4096);
        compare(r, to, "random write", "O_DIRECT", MIB, "O_DIRECT", 4096);
        compare(r, to, "random read", "slow disk O_DIRECT", MIB, "slow disk O_DIRECT", 4096);
        compare(r, to, "random write", "slow disk O_DIRECT", MIB, "slow disk O_DIRECT", 4096);
        fprintf(to, "Does it help to ask for many blocks at once?\n");
        compare(r, to, "random read", "O_DIRECT 16 at once", 4096, "O_DIRECT", 4096);
        compare(r, to, "random write", "O_DIRECT 16 at once", 4096, "O_DIRECT", 4096);
        fprintf(to,
                "What does the page cache do? It remembers, and reads ahead of whoever reads in "
                "order.\n");
        compare(r, to, "sequential read", "page cache hot", 4096, "O_DIRECT", 4096);
        compare(r, to, "sequential read", "page cache cold", 4096, "O_DIRECT", 4096);
        compare(r, to, "random read", "page cache cold", 4096, "O_DIRECT", 4096);
        compare(r, to, "sequential write", "page cache hot", MIB, "O_DIRECT", MIB);
        fprintf(to,
                "A write into the page cache is not on the disk yet: durability has the price of "
                "that.\n");
}

static void end(struct bench *b)
{
        struct disk_state *state = b->state;
        slow_disk_remove(&state->slow);
        disk_file_remove(&state->file);
        disk_pattern_deinit(&state->pattern);
        free(state);
        b->state = NULL;
}

const struct experiment experiment_disk = {
        .id = "W4",
        .name = "disk",
        .question = "Sequential or random, small blocks or large ones, page cache or O_DIRECT?",
        .expected = "On a solid-state disk order hardly mattered and the size of a block did: 20 "
                    "times between 4 KiB and 1 MiB. With operations made scarce, as on a spinning "
                    "disk, that was 100 times and more, and only read-ahead made sequential reads "
                    "fast.",
        .x_name = "bytes per block",
        .x_log = true,
        .plot = "throughput",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 3,
        .quick_runs = 2,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};
