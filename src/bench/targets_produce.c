/* The targets of producers: what an append may cost beyond writing its bytes. */
#include "bench/scratch.h"
#include "bench/targets_private.h"
#include "bench/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OURS = 0, RAW = 1, MANY_ROUNDS = 4, MANY_BATCH_BYTES = 16384, SYNC_BYTES = 4096 };

static void scratch_path(const struct targets *t, const char *name, char path[PATH_MAX])
{
        snprintf(path, PATH_MAX, "%s/%s", t->options->scratch, name);
}

/* A broker of its own is loaded, and goes away with its data. */
static bool run_ours(const struct targets *t, const char *const *settings,
                     const struct target_side *load, struct raw_outcome *outcome, char *why)
{
        struct broker_process broker;
        struct target_side side = *load;
        if (!target_broker_start(t, &broker, NULL, settings, why))
                return false;
        side.port = broker.port;
        side.pid = broker.pid;
        bool done = target_side_run(&side, outcome, why);
        broker_process_stop(&broker, true);
        return done;
}

static double mb_per_s(const struct raw_outcome *o)
{
        return (double)o->bytes / 1e6 / o->seconds;
}

/* --- without sync --- */

static bool run_writer(const struct targets *t, const struct target_side *load,
                       struct raw_outcome *outcome, char *why)
{
        struct null_broker_config config = null_broker_config_default();
        struct target_side side = *load;
        struct null_process process;
        char path[PATH_MAX];
        scratch_path(t, "appended", path);
        config.append = path;
        if (null_process_start(&process, &config))
                return target_fail(why, "cannot start a writer");
        side.port = process.port;
        side.pid = process.pid;
        bool done = target_side_run(&side, outcome, why);
        null_process_end(&process);
        unlink(path);
        return done;
}

static bool measure_append(struct targets *t, double *values, char *why)
{
        struct target_side side = {.topic = "append",
                                   .produce = true,
                                   .load = {.seconds = t->seconds,
                                            .in_flight = 5,
                                            .acks = 1,
                                            .record_size = TARGET_RECORD_BYTES,
                                            .records_per_request = TARGET_BIG_RECORDS}};
        struct raw_outcome ours, raw;
        if (!run_ours(t, NULL, &side, &ours, why) || !run_writer(t, &side, &raw, why))
                return false;
        values[OURS] = mb_per_s(&ours);
        values[RAW] = mb_per_s(&raw);
        return true;
}

const struct target_trial target_append = {
        .name = "produce, no sync, 64 KiB batches",
        .raw = "recv, CRC-32C and write for each",
        .measure = measure_append,
        .row_count = 1,
        .rows = {{"produce, no sync, 64 KiB batches", "MB/s", TARGET_RATIO_AT_LEAST, 0.5, 0.7, 0}},
};

/* --- with sync --- */

/* Appends of so many bytes, each synced, a second; 0: errno tells. */
static double raw_syncs_per_s(const struct targets *t)
{
        static const uint8_t bytes[SYNC_BYTES] = "synced";
        char path[PATH_MAX];
        scratch_path(t, "synced", path);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0)
                return 0;
        double start_s = usage_clock_s(), now_s = start_s;
        int64_t syncs = 0;
        while (now_s < start_s + t->seconds && write(fd, bytes, sizeof bytes) == sizeof bytes &&
               fdatasync(fd) == 0) {
                syncs++;
                now_s = usage_clock_s();
        }
        close(fd);
        unlink(path);
        return (double)syncs / (now_s - start_s);
}

static bool measure_durable(struct targets *t, double *values, char *why)
{
        static const char *const settings[] = {"log.flush.interval.messages=1", NULL};
        struct target_side side = {.topic = "durable",
                                   .produce = true,
                                   .connections = 8,
                                   .load = {.seconds = t->seconds,
                                            .in_flight = 1,
                                            .acks = 1,
                                            .record_size = TARGET_RECORD_BYTES,
                                            .records_per_request = TARGET_SMALL_RECORDS}};
        struct raw_outcome ours;
        if (!run_ours(t, settings, &side, &ours, why))
                return false;
        values[OURS] = (double)ours.requests / ours.seconds;
        values[RAW] = raw_syncs_per_s(t);
        return values[RAW] > 0 || target_fail(why, "cannot sync a file");
}

const struct target_trial target_durable = {
        .name = "produce, synced, 4 KiB batches of 8 producers",
        .raw = "write and fdatasync for each",
        .measure = measure_durable,
        .row_count = 1,
        .rows = {{"produce, each batch synced", "batches/s", TARGET_RATIO_AT_LEAST, 0.85, 0.95, 0}},
};

/* --- many partitions --- */

/* A turn or more of writes to as many files, of at most MANY_BATCH_BYTES each; MB/s, 0: errno
 * tells. Page-aligned writes would be nearly twice as fast, but batches are not. */
static double raw_files_mb_per_s(const char *directory, int32_t count, size_t batch_bytes)
{
        static const uint8_t bytes[MANY_BATCH_BYTES] = "filled";
        int *files = calloc((size_t)count, sizeof *files);
        char path[PATH_MAX + 16];
        bool sound = files && mkdir(directory, 0755) == 0;
        int opened = 0;
        while (sound && opened < count) {
                snprintf(path, sizeof path, "%s/%d", directory, opened);
                files[opened] = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
                sound = files[opened] >= 0;
                opened += sound;
        }
        double start_s = usage_clock_s();
        for (int i = 0; sound && i < MANY_ROUNDS * count; i++)
                sound = write(files[i % count], bytes, batch_bytes) == (ssize_t)batch_bytes;
        double seconds = usage_clock_s() - start_s;
        for (int i = 0; i < opened; i++)
                close(files[i]);
        free(files);
        scratch_remove(directory);
        return sound ? (double)MANY_ROUNDS * count * (double)batch_bytes / 1e6 / seconds : 0;
}

static bool measure_many_partitions(struct targets *t, double *values, char *why)
{
        const int32_t records = MANY_BATCH_BYTES / (TARGET_RECORD_BYTES + 20);
        struct target_side side = {
                .port = t->broker.port,
                .pid = t->broker.pid,
                .topic = "many",
                .produce = true,
                .partitions = t->many_partitions,
                .load = {.records = (int64_t)MANY_ROUNDS * t->many_partitions * records,
                         .in_flight = 16,
                         .acks = 1,
                         .record_size = TARGET_RECORD_BYTES,
                         .records_per_request = records}};
        struct target_side first = side;
        struct raw_outcome ours;
        char path[PATH_MAX];
        scratch_path(t, "files", path);
        /* The topic is made before memory is warmed, and the raw side is the warmer: what is new to
         * the host can cost ten times the write, whichever side meets it. */
        first.load.records = records;
        if (!target_side_run(&first, &ours, why))
                return false;
        raw_files_mb_per_s(path, t->many_partitions, MANY_BATCH_BYTES);
        if (!target_side_run(&side, &ours, why))
                return false;
        values[OURS] = mb_per_s(&ours);
        raw_files_mb_per_s(path, t->many_partitions, MANY_BATCH_BYTES);
        values[RAW] =
                raw_files_mb_per_s(path, t->many_partitions, (size_t)(ours.bytes / ours.requests));
        return values[RAW] > 0 || target_fail(why, "cannot write so many files");
}

const struct target_trial target_many_partitions = {
        .name = "2048 partitions in turn (quick: 256)",
        .raw = "as many files in turn",
        .measure = measure_many_partitions,
        .row_count = 1,
        .rows = {{"many partitions, 16 KiB batches", "MB/s", TARGET_RATIO_AT_LEAST, 0.5, 0.5, 0}},
};
