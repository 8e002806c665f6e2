/* W1: a system call per message, or per batch? Nothing is synced, so that the price of the call is
 * seen and not that of the disk (which is W2's). */
#include "bench/append_ways.h"
#include "bench/scratch.h"
#include "bench/usage.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { FULL_BYTES = 48 << 20, QUICK_BYTES = 8 << 20, FILE_BYTES = 16 << 20 };
enum { MESSAGES, THROUGHPUT, CPU, SYSCALLS, FAULTS };

static const struct figure figures[] = {
        [MESSAGES] = {"messages", "M/s", FIGURE_MORE, 2},
        [THROUGHPUT] = {"throughput", "MB/s", FIGURE_MORE, 0},
        [CPU] = {"cpu", "ms/GiB", FIGURE_LESS, 0},
        [SYSCALLS] = {"syscalls", "per message", FIGURE_LESS, 4},
        [FAULTS] = {"faults", "per GiB", FIGURE_LESS, 0},
};

static const size_t message_sizes[] = {100, 1000, 16384};
enum { MESSAGE_SIZES = sizeof message_sizes / sizeof *message_sizes };

struct append_state {
        int64_t bytes; /* that a run writes, in so many files: */
        int64_t file_bytes;
        struct disk_file prewritten;
};

static bool plan(struct bench *b, char *why)
{
        struct append_state *state = scratch_memory(1, sizeof *state);
        b->state = state;
        state->bytes = disk_bytes(b, FULL_BYTES, QUICK_BYTES);
        state->file_bytes = state->bytes < FILE_BYTES ? state->bytes : FILE_BYTES;
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "%lld MiB a run, in new files of %lld MiB, one after another, removed unsynced; "
                 "the "
                 "first is not counted",
                 (long long)state->bytes >> 20, (long long)state->file_bytes >> 20);

        struct disk_pattern pattern;
        disk_pattern_init(&pattern, DISK_PATTERN_BYTES);
        bool made = disk_file_make(&state->prewritten, b->options->scratch, 0) &&
                    disk_prewrite(state->prewritten.fd, &pattern, state->file_bytes);
        disk_pattern_deinit(&pattern);
        if (!made)
                return disk_why(why, "a file in the scratch directory");

        int count;
        const struct append_way *ways = append_ways(&count);
        for (int s = 0; s < MESSAGE_SIZES; s++) {
                for (int i = 0; i < count; i++) {
                        struct bench_case *c =
                                bench_add(b, ways[i].name, "", (double)message_sizes[s]);
                        c->reference = ways[i].reference;
                        c->knobs = &ways[i];
                }
        }
        return true;
}

/* What a run has come to so far. */
struct run {
        double messages, bytes, syscalls, faults, wall_s, cpu_s;
};

/* One file. False: errno tells. */
static bool append_file(const struct append_way *way, struct append_job *job, struct run *run)
{
        struct usage before = usage_now();
        bool done = way->append(way, job);
        struct usage after = usage_now();
        struct usage spent = usage_between(&before, &after);
        run->messages += (double)job->count;
        run->bytes += (double)job->count * (double)job->message_bytes;
        run->syscalls += (double)job->syscalls;
        run->faults += (double)spent.minor_faults;
        run->wall_s += spent.wall_s;
        run->cpu_s += spent.user_s + spent.system_s;
        return done;
}

/* File after file, as a log has segments. The memory of one is freed before the next: all but the
 * first get pages that were used a moment ago, and the first is not counted. */
static bool append_files(struct bench *b, const struct append_way *way, struct append_job *job,
                         struct run *run, char *why)
{
        const struct append_state *state = b->state;
        for (int64_t file = 0; file == 0 || run->bytes < (double)state->bytes * 0.99; file++) {
                struct disk_file fresh = {0};
                if (!way->prewritten &&
                    !disk_file_make(&fresh, b->options->scratch, way->open_flags))
                        return disk_why(why, "open");
                job->fd = way->prewritten ? state->prewritten.fd : fresh.fd;
                job->syscalls = 0;
                struct run uncounted = {0};
                bool done = lseek(job->fd, 0, SEEK_SET) == 0 &&
                            append_file(way, job, file == 0 ? &uncounted : run);
                int err = errno;
                disk_file_remove(&fresh);
                errno = err;
                if (!done)
                        return disk_why(why, "append");
                if (disk_interrupted(b) && file > 0)
                        break;
        }
        return true;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        const struct append_state *state = b->state;
        const struct append_way *way = c->knobs;
        const char *missing = way->missing != NULL ? way->missing() : NULL;
        if (missing != NULL) {
                snprintf(why, CASE_WHY_BYTES, "%s", missing);
                return false;
        }
        struct disk_pattern pattern;
        disk_pattern_init(&pattern, (size_t)c->x);
        struct append_job job = {.messages = &pattern,
                                 .message_bytes = (size_t)c->x,
                                 .count = state->file_bytes / (int64_t)c->x,
                                 .buffer = disk_buffer(APPEND_BUFFER_BYTES)};
        struct run run = {0};
        bool done = append_files(b, way, &job, &run, why);
        free(job.buffer);
        disk_pattern_deinit(&pattern);
        if (!done)
                return false;
        double per_gib = (double)(1 << 30) / run.bytes;
        values[MESSAGES] = run.messages / run.wall_s / 1e6;
        values[THROUGHPUT] = run.bytes / run.wall_s / 1e6;
        values[CPU] = run.cpu_s * 1e3 * per_gib;
        values[SYSCALLS] = run.syscalls / run.messages;
        values[FAULTS] = run.faults * per_gib;
        return true;
}

static void tell(const struct results *r, FILE *to)
{
        for (int s = 0; s < MESSAGE_SIZES; s++)
                results_say(r, to, "buffer 64 KiB", "write each", "", (double)message_sizes[s],
                            "messages");
        fprintf(to,
                "What gathering messages in a buffer costs against writing a full one again and "
                "again. ");
        results_say(r, to, "buffer 64 KiB", "raw write 1 MiB", "", 1000, "throughput");
        fprintf(to, "A mapped file needs no system call per message, but pays in page faults. ");
        results_say(r, to, "mmap ftruncate", "buffer 64 KiB", "", 1000, "messages");
        fprintf(to, "io_uring takes 256 messages with one system call; the work in the kernel for "
                    "each stays. ");
        results_say(r, to, "io_uring 256", "write each", "", 1000, "messages");
        fprintf(to, "Going round the page cache saves the copy and waits for the disk. ");
        results_say(r, to, "O_DIRECT 1 MiB", "buffer 1 MiB", "", 1000, "cpu");
        results_say(r, to, "O_DIRECT 1 MiB", "buffer 1 MiB", "", 1000, "throughput");
}

static void end(struct bench *b)
{
        struct append_state *state = b->state;
        disk_file_remove(&state->prewritten);
        free(state);
        b->state = NULL;
}

const struct experiment experiment_append = {
        .id = "W1",
        .name = "append",
        .question = "Does a log append a message at a time, or a batch?",
        .expected = "Batches gave about 12 times the messages at 100 B, 3 times at 1000 B and "
                    "little at 16 KiB; mapping the file or io_uring did not beat one write of a "
                    "full buffer.",
        .x_name = "bytes per message",
        .x_log = true,
        .plot = "messages",
        .plot_more = "cpu",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 4,
        .quick_runs = 2,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};
