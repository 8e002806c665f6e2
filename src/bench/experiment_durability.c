/* W2: what does it cost to acknowledge only what is on disk? */
#include "bench/group_commit.h"
#include "bench/scratch.h"
#include "bench/sync_ways.h"
#include "bench/words.h"

#include <stdlib.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 1024, PREWRITTEN_BYTES = 16 << 20, PRODUCERS_MAX = 16 };
enum { FULL_BYTES = 256 << 20, QUICK_BYTES = 64 << 20 };
enum { THROUGHPUT, MESSAGES, P50, P99, WAIT, PER_SYNC };

static const struct figure figures[] = {
        [THROUGHPUT] = {"throughput", "MB/s", FIGURE_MORE, 1},
        [MESSAGES] = {"messages", "k/s", FIGURE_MORE, 1},
        [P50] = {"commit p50", "us", FIGURE_LESS, 0},
        [P99] = {"commit p99", "us", FIGURE_LESS, 0},
        [WAIT] = {"wait p50", "us", FIGURE_LESS, 0},
        [PER_SYNC] = {"messages per sync", "messages", FIGURE_NEITHER, 1},
};

static const struct {
        double bytes;
        bool quick;
} batches[] = {{1 << 10, true},  {4 << 10, false},   {16 << 10, false},
               {64 << 10, true}, {256 << 10, false}, {1 << 20, true}};
enum { BATCHES = sizeof batches / sizeof *batches };

static const struct {
        int count;
        const char *setting;
        bool quick;
} producers[] = {{1, "1 producer", true}, {4, "4 producers", false}, {16, "16 producers", true}};
enum { PRODUCERS = sizeof producers / sizeof *producers };

struct durability_state {
        int64_t bytes; /* that a run writes at most */
        double seconds;
        struct disk_pattern pattern;
};

static bool plan(struct bench *b, char *why)
{
        struct durability_state *state = scratch_memory(1, sizeof *state);
        b->state = state;
        bool quick = b->options->quick;
        state->bytes = disk_bytes(b, FULL_BYTES, QUICK_BYTES);
        state->seconds = quick ? 0.06 : 0.12;
        disk_pattern_init(&state->pattern, DISK_PATTERN_BYTES);
        if (!disk_is_there(b, why))
                return false;
        snprintf(b->results->conditions, sizeof b->results->conditions,
                 "messages of 1 KiB, %.2f s or %lld MiB a run; commit: write and sync of a batch; "
                 "group commit: a thread per producer, each waits for its acknowledgement",
                 state->seconds, (long long)state->bytes >> 20);

        int count;
        const struct sync_way *ways = sync_ways(&count);
        for (int s = 0; s < BATCHES; s++) {
                for (int i = 0; i < count && (!quick || batches[s].quick); i++) {
                        struct bench_case *c = bench_add(b, ways[i].name, "", batches[s].bytes);
                        c->reference = ways[i].reference;
                        c->knobs = &ways[i];
                }
        }
        for (int i = 0; i < PRODUCERS; i++) {
                if (!quick || producers[i].quick)
                        bench_add(b, "group commit", producers[i].setting,
                                  (double)producers[i].count * MESSAGE_BYTES);
        }
        return true;
}

static void fill_in(double messages, double elapsed_s, const struct latency *commit,
                    const struct latency *wait, double *values)
{
        values[MESSAGES] = messages / elapsed_s / 1e3;
        values[THROUGHPUT] = messages * MESSAGE_BYTES / elapsed_s / 1e6;
        values[P50] = latency_percentile_us(commit, 0.5);
        values[P99] = latency_percentile_us(commit, 0.99);
        values[WAIT] = latency_percentile_us(wait, 0.5);
        values[PER_SYNC] = messages / (double)commit->count;
}

static int sync_data(void *context, int fd)
{
        (void)context;
        return fdatasync(fd);
}

static bool measure_group(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        const struct durability_state *state = b->state;
        struct disk_file file = {0};
        if (!disk_file_make(&file, b->options->scratch, 0))
                return disk_why(why, "open");
        struct group_commit_config config = {.fd = file.fd,
                                             .producers = (int)(c->x / MESSAGE_BYTES),
                                             .messages = &state->pattern,
                                             .message_bytes = MESSAGE_BYTES,
                                             .seconds = state->seconds,
                                             .messages_max = state->bytes / MESSAGE_BYTES,
                                             .sync = sync_data};
        struct group_commit_report report;
        bool done = group_commit_run(&config, &report) || disk_why(why, "group commit");
        if (done)
                fill_in((double)report.messages, report.elapsed_s, &report.commit, &report.wait,
                        values);
        disk_file_remove(&file);
        return done;
}

/* Whoever gets its messages synced in a batch of this size waits for as long as the commit takes.
 */
static bool measure_way(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        const struct durability_state *state = b->state;
        const struct sync_way *way = c->knobs;
        size_t batch = (size_t)c->x;
        int64_t whole = state->bytes / (int64_t)batch * (int64_t)batch;
        struct sync_job job = {.pattern = &state->pattern,
                               .batch_bytes = batch,
                               .file_bytes =
                                       way->ground == SYNC_PREWRITTEN && whole > PREWRITTEN_BYTES
                                               ? PREWRITTEN_BYTES
                                               : whole,
                               .seconds = state->seconds,
                               .batches_max = whole / (int64_t)batch,
                               .interrupted = b->options->interrupted};
        struct disk_file file = {0};
        if (!disk_file_make(&file, b->options->scratch, 0))
                return disk_why(why, "open");
        bool done = (sync_way_prepare(way, file.fd, &state->pattern, job.file_bytes) ||
                     disk_why(why, "prepare")) &&
                    (disk_file_reopen(&file, way->open_flags) || disk_why(why, "open"));
        if (done) {
                job.fd = file.fd;
                done = (sync_way_run(way, &job) || disk_why(why, "write and sync")) &&
                       job.batches > 0; /* else: interrupted */
        }
        if (done)
                fill_in((double)job.batches * (double)batch / MESSAGE_BYTES, job.elapsed_s,
                        &job.commit, &job.commit, values);
        disk_file_remove(&file);
        return done;
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        disk_warm_memory(b->options->scratch, PREWRITTEN_BYTES);
        return c->knobs != NULL ? measure_way(b, c, values, why) : measure_group(b, c, values, why);
}

/* --- in words --- */

static void tell_batches(const struct results *r, FILE *to)
{
        char size[WORDS_BYTES];
        struct sample least = results_get(r, "fdatasync growing", "", MESSAGE_BYTES, "commit p50");
        if (least.runs == 0)
                return;
        double flush_bound = 0;
        for (int s = 0; s < BATCHES; s++) {
                struct sample p50 =
                        results_get(r, "fdatasync growing", "", batches[s].bytes, "commit p50");
                if (p50.runs > 0 && p50.median <= 1.5 * least.median)
                        flush_bound = batches[s].bytes;
        }
        fprintf(to,
                "To make 1 KiB durable takes %.0f us. Of the batches tried, the largest that takes "
                "no more than one and a half times that is %s: up to there the flush is paid for, "
                "not the bytes.\n",
                least.median, words_size(flush_bound, size));
        disk_say(to, r, "messages", "A sync per batch of 1 MiB",
                 results_get(r, "fdatasync growing", "", 1 << 20, "messages"),
                 "a sync per message of 1 KiB",
                 results_get(r, "fdatasync growing", "", MESSAGE_BYTES, "messages"));
}

static void tell_group_commit(const struct results *r, FILE *to)
{
        for (int i = 0; i < PRODUCERS; i++) {
                double x = (double)producers[i].count * MESSAGE_BYTES;
                struct sample rate =
                        results_get(r, "group commit", producers[i].setting, x, "messages");
                struct sample wait =
                        results_get(r, "group commit", producers[i].setting, x, "wait p50");
                struct sample per_sync = results_get(r, "group commit", producers[i].setting, x,
                                                     "messages per sync");
                if (rate.runs > 0)
                        fprintf(to,
                                "Group commit, %s: %.1f thousand messages a second, %.1f to a "
                                "sync, "
                                "each waits %.0f us (median).\n",
                                producers[i].setting, rate.median, per_sync.median, wait.median);
        }
        disk_say(to, r, "messages", "Group commit with 16 producers",
                 results_get(r, "group commit", "16 producers", 16 * MESSAGE_BYTES, "messages"),
                 "with 1", results_get(r, "group commit", "1 producer", MESSAGE_BYTES, "messages"));
}

static void tell(const struct results *r, FILE *to)
{
        tell_batches(r, to);
        static const char *const others[] = {"fdatasync prewritten", "fdatasync fallocate",
                                             "O_DSYNC growing", "O_DIRECT O_DSYNC prewritten"};
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                results_say(r, to, others[i], "fdatasync growing", "", MESSAGE_BYTES, "messages");
        tell_group_commit(r, to);
}

static void end(struct bench *b)
{
        struct durability_state *state = b->state;
        disk_pattern_deinit(&state->pattern);
        free(state);
        b->state = NULL;
}

const struct experiment experiment_durability = {
        .id = "W2",
        .name = "durability",
        .question = "What does it cost to acknowledge only what is on disk?",
        .expected = "A sync cost the same for 1 KiB and for 64 KiB or more, so batches and group "
                    "commit multiplied the messages; prewritten files were half as fast again.",
        .x_name = "bytes per sync",
        .x_log = true,
        .plot = "messages",
        .plot_more = "commit p99",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 4,
        .quick_runs = 2,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};
