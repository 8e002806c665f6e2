/* W3: a file per partition, or one commit log for all? Many sequential writers are said to be
 * random writing; here is what of that is seen, and what the other way costs when it is read. */
#include "bench/layout.h"
#include "bench/scratch.h"
#include "bench/usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES = 1000, RAW_BYTES = 64 << 10, SYNC_EACH_BYTES = 16 << 20 };
enum { FULL_BYTES = 32 << 20, QUICK_BYTES = 16 << 20 };
enum { SPARE_DESCRIPTORS = 64, COLD_PARTITIONS_MAX = 128 };
enum { WRITE, HOT, COLD, SYNCS, CPU };

static const struct figure figures[] = {
        [WRITE] = {"write", "MB/s", FIGURE_MORE, 0},
        [HOT] = {"hot read", "MB/s", FIGURE_MORE, 0},
        [COLD] = {"cold read", "MB/s", FIGURE_MORE, 1},
        [SYNCS] = {"syncs", "fdatasync calls", FIGURE_NEITHER, 0},
        [CPU] = {"cpu", "ms/GiB written", FIGURE_LESS, 0},
};

static const int partition_counts[] = {1, 16, 256, 2048};
static const int quick_counts[] = {1, 256};
enum { PARTITION_COUNTS = sizeof partition_counts / sizeof *partition_counts };
enum { QUICK_COUNTS = sizeof quick_counts / sizeof *quick_counts };

static const char no_sync[] = "no sync", with_sync[] = "sync each 16 MiB";
static const char files[] = "files", commit_log[] = "commit log", raw[] = "raw write 64 KiB";

struct layout_state {
        int64_t bytes;
        double cold_s; /* how long a run reads cold at most */
        int64_t descriptors;
        struct disk_pattern messages, raw;
};

static bool plan(struct bench *b, char *why)
{
        struct layout_state *state = scratch_memory(1, sizeof *state);
        b->state = state;
        bool quick = b->options->quick;
        state->bytes = disk_bytes(b, FULL_BYTES, QUICK_BYTES);
        state->cold_s = quick ? 0.05 : 0.1;
        disk_pattern_init(&state->messages, MESSAGE_BYTES);
        disk_pattern_init(&state->raw, RAW_BYTES);
        if (!disk_is_there(b, why))
                return false;
        state->descriptors = layout_descriptor_limit();
        snprintf(
                b->results->conditions, sizeof b->results->conditions,
                "%lld MiB in messages of 1000 B, written to the partitions in turn; all files kept "
                "open (at most %lld); cold: dropped before each partition that is read",
                (long long)state->bytes >> 20, (long long)state->descriptors);

        const char *settings[] = {no_sync, with_sync};
        for (int s = 0; s < 2; s++) {
                bench_add(b, raw, settings[s], 1)->reference = true;
                for (int i = 0; i < (quick ? QUICK_COUNTS : PARTITION_COUNTS); i++) {
                        double x = quick ? quick_counts[i] : partition_counts[i];
                        bench_add(b, files, settings[s], x);
                        bench_add(b, commit_log, settings[s], x);
                }
        }
        return true;
}

/* One run of one case. */
struct run {
        struct layout *layout;
        int partitions;
        size_t message_bytes;
        int64_t count; /* messages */
        const struct disk_pattern *messages;
        bool syncs;
};

/* Also the number of syncs; false: errno tells. */
static bool write_messages(struct bench *b, const struct run *run, double *syncs)
{
        int64_t unsynced = 0;
        for (int64_t i = 0; i < run->count; i++) {
                const uint8_t *message = disk_message(run->messages, run->message_bytes, i);
                if (!layout_append(run->layout, (int)(i % run->partitions), message,
                                   run->message_bytes))
                        return false;
                unsynced += (int64_t)run->message_bytes;
                if (!run->syncs || (unsynced < SYNC_EACH_BYTES && i + 1 < run->count))
                        continue;
                int made = layout_sync(run->layout);
                if (made < 0)
                        return false;
                *syncs += made;
                unsynced = 0;
                if (disk_interrupted(b)) {
                        errno = EINTR;
                        return false;
                }
        }
        return layout_flush(run->layout);
}

static int64_t partition_bytes(const struct run *run, int partition)
{
        int64_t messages = (run->count - partition + run->partitions - 1) / run->partitions;
        return messages * (int64_t)run->message_bytes;
}

/* MB/s; 0: errno tells. */
static double read_back(struct bench *b, const struct run *run, bool cold, double seconds)
{
        double reading_s = 0;
        int64_t bytes = 0;
        int count = cold && run->partitions > COLD_PARTITIONS_MAX ? COLD_PARTITIONS_MAX
                                                                  : run->partitions;
        for (int p = 0; p < count && reading_s < seconds && !disk_interrupted(b); p++) {
                if (cold && !layout_evict(run->layout, p)) {
                        errno = EBUSY;
                        return 0;
                }
                double began_s = usage_clock_s();
                int64_t got = layout_read(run->layout, p, NULL, NULL);
                reading_s += usage_clock_s() - began_s;
                if (got < 0)
                        return 0;
                if (got != partition_bytes(run, p))
                        abort(); /* messages were lost */
                bytes += got;
        }
        if (bytes == 0)
                errno = EINTR;
        return bytes > 0 ? (double)bytes / reading_s / 1e6 : 0;
}

static bool measure_run(struct bench *b, const struct run *run, double *values, char *why)
{
        const struct layout_state *state = b->state;
        struct usage before = usage_now();
        if (!write_messages(b, run, &values[SYNCS]))
                return disk_why(why, "write");
        struct usage after = usage_now();
        struct usage spent = usage_between(&before, &after);
        double bytes = (double)run->count * (double)run->message_bytes;
        values[WRITE] = bytes / spent.wall_s / 1e6;
        values[CPU] = (spent.user_s + spent.system_s) * 1e3 * (1 << 30) / bytes;
        values[HOT] = read_back(b, run, false, 1);
        values[COLD] = read_back(b, run, true, state->cold_s);
        return (values[HOT] > 0 && values[COLD] > 0) || disk_why(why, "read back");
}

static bool measure(struct bench *b, const struct bench_case *c, double *values, char *why)
{
        const struct layout_state *state = b->state;
        bool is_raw = strcmp(c->series, raw) == 0;
        struct run run = {.partitions = (int)c->x,
                          .message_bytes = is_raw ? RAW_BYTES : MESSAGE_BYTES,
                          .messages = is_raw ? &state->raw : &state->messages,
                          .syncs = strcmp(c->setting, with_sync) == 0};
        run.count = state->bytes / (int64_t)run.message_bytes;
        if (state->descriptors < run.partitions + SPARE_DESCRIPTORS) {
                snprintf(why, CASE_WHY_BYTES, "this process may have only %lld files open",
                         (long long)state->descriptors);
                return false;
        }
        disk_warm_memory(b->options->scratch, state->bytes);
        enum layout_kind kind =
                strcmp(c->series, commit_log) == 0 ? LAYOUT_COMMIT_LOG : LAYOUT_FILES;
        run.layout = layout_open(kind, b->options->scratch, run.partitions);
        bool done = run.layout != NULL ? measure_run(b, &run, values, why) : disk_why(why, "open");
        layout_close(run.layout);
        return done;
}

/* --- in words --- */

static const char *verdict(const struct results *r, const char *series, const char *setting,
                           double most, const char *figure)
{
        struct sample many = results_get(r, series, setting, most, figure);
        struct sample one = results_get(r, series, setting, 1, figure);
        if (many.runs == 0 || one.runs == 0)
                return "were not measured";
        bool slower = sample_compare(&many, &one) == SAMPLE_LESS;
        return !slower                           ? "are no slower for it"
               : sample_ratio(&many, &one) < 0.5 ? "collapse to less than half"
                                                 : "are slower, but not by half";
}

static void tell_verdicts(const struct results *r, FILE *to, double most)
{
        static const struct {
                const char *what, *series, *setting, *figure;
        } asked[] = {
                {"Writes to files without sync", files, no_sync, "write"},
                {"Writes to files with syncs", files, with_sync, "write"},
                {"Writes to the commit log with syncs", commit_log, with_sync, "write"},
                {"Cold reads of a file", files, no_sync, "cold read"},
                {"Cold reads of a queue of the commit log", commit_log, no_sync, "cold read"},
        };
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
                struct sample one =
                        results_get(r, asked[i].series, asked[i].setting, 1, asked[i].figure);
                struct sample many =
                        results_get(r, asked[i].series, asked[i].setting, most, asked[i].figure);
                fprintf(to, "%s %s: %.0f MB/s with 1 partition, %.0f with %.0f.\n", asked[i].what,
                        verdict(r, asked[i].series, asked[i].setting, most, asked[i].figure),
                        one.median, many.median, most);
        }
}

static void tell(const struct results *r, FILE *to)
{
        double most = r->case_count > 0 ? r->cases[r->case_count - 1].x : 1;
        tell_verdicts(r, to, most);
        results_say(r, to, commit_log, files, no_sync, most, "write");
        results_say(r, to, commit_log, files, with_sync, most, "write");
        results_say(r, to, commit_log, files, no_sync, most, "hot read");
        results_say(r, to, commit_log, files, no_sync, most, "cold read");
        struct sample syncs = results_get(r, files, with_sync, most, "syncs");
        struct sample one = results_get(r, commit_log, with_sync, most, "syncs");
        if (syncs.runs > 0 && one.runs > 0)
                fprintf(to, "The files needed %.0f syncs where the commit log needed %.0f.\n",
                        syncs.median, one.median);
}

static void end(struct bench *b)
{
        struct layout_state *state = b->state;
        disk_pattern_deinit(&state->messages);
        disk_pattern_deinit(&state->raw);
        free(state);
        b->state = NULL;
}

const struct experiment experiment_layout = {
        .id = "W3",
        .name = "layout",
        .question = "A file per partition, or one commit log for all partitions?",
        .expected = "Without syncs the number of files hardly mattered. With a sync of all files "
                    "each 16 MiB the files collapsed and the commit log did not; the commit log "
                    "collapsed when one partition of many was read cold.",
        .x_name = "partitions",
        .x_log = true,
        .plot = "write",
        .plot_more = "cold read",
        .figures = figures,
        .figure_count = sizeof figures / sizeof *figures,
        .runs = 3,
        .quick_runs = 2,
        .plan = plan,
        .measure = measure,
        .tell = tell,
        .end = end,
};
