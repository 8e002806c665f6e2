/* The targets of consumers: what a Fetch may cost beyond moving its bytes. */
#include "bench/copy_trial.h"
#include "bench/targets_private.h"

static const double gib = 1 << 30;

enum { MIB = 1 << 20, OURS = 0, RAW = 1 };

/* Our broker on its filled topics. */
static struct target_side our_side(const struct targets *t, const char *topic, int32_t max_bytes,
                                   int in_flight)
{
        return (struct target_side){
                .port = t->broker.port,
                .pid = t->broker.pid,
                .topic = topic,
                .load = {.seconds = t->seconds, .in_flight = in_flight, .max_bytes = max_bytes}};
}

/* The same load on a responder that does not even parse the requests, from the same file. */
static bool run_responder(const struct targets *t, enum null_fetch fetch,
                          const struct target_side *ours, struct raw_outcome *outcome, char *why)
{
        char segment[PATH_MAX];
        struct null_broker_config config = null_broker_config_default();
        struct target_side side = *ours;
        struct null_process process;
        config.fetch = fetch;
        config.partitions = ours->partitions > 0 ? ours->partitions : 1;
        config.segment = segment;
        target_segment_path(t, ours->topic, segment);
        if (null_process_start(&process, &config))
                return target_fail(why, "cannot start a responder");
        side.port = process.port;
        side.pid = process.pid;
        bool done = target_side_run(&side, outcome, why);
        null_process_end(&process);
        return done;
}

static double gib_per_s(const struct raw_outcome *o)
{
        return (double)o->bytes / gib / o->seconds;
}

static double server_ms_per_gib(const struct raw_outcome *o)
{
        return o->server_cpu_s * 1e3 / ((double)o->bytes / gib);
}

static double server_us_per_request(const struct raw_outcome *o)
{
        return o->server_cpu_s * 1e6 / (double)o->requests;
}

/* --- catch-up --- */

static bool measure_catch_up(struct targets *t, double *values, char *why)
{
        struct target_side side = our_side(t, "big", MIB, 4);
        struct copy_trial raw = {.file = &t->segment,
                                 .range_bytes = MIB,
                                 .bytes = (int64_t)(t->seconds * 10 * gib),
                                 .receivers = {.count = 1, .mode = BENCH_SAME_CORE}};
        struct raw_outcome ours;
        struct copy_outcome o;
        if (!target_side_run(&side, &ours, why) || !copy_trial_run(&raw, &o, why))
                return false;
        double sent_gib = (double)o.counts.file_bytes / gib;
        values[OURS] = gib_per_s(&ours);
        values[RAW] = sent_gib / o.seconds;
        values[TARGET_FIGURES + OURS] = server_ms_per_gib(&ours);
        values[TARGET_FIGURES + RAW] = (o.sender.user_s + o.sender.system_s) * 1e3 / sent_gib;
        return true;
}

const struct target_trial target_catch_up = {
        .name = "catch-up consumer",
        .raw = "sendfile in a loop",
        .measure = measure_catch_up,
        .row_count = 2,
        .rows = {{"catch-up, 1 MiB fetches", "GiB/s", TARGET_RATIO_AT_LEAST, 0.75, 0.90, 2},
                 {"… its CPU time", "ms/GiB", TARGET_RATIO_AT_MOST, 1.4, 1.15, 1}},
};

/* --- smaller fetches --- */

static bool measure_fetch_64k(struct targets *t, double *values, char *why)
{
        struct target_side side = our_side(t, "big", 65536, 16);
        struct raw_outcome ours, raw;
        if (!target_side_run(&side, &ours, why) ||
            !run_responder(t, NULL_FETCH_SENDFILE, &side, &raw, why))
                return false;
        values[OURS] = gib_per_s(&ours);
        values[RAW] = gib_per_s(&raw);
        return true;
}

const struct target_trial target_fetch_64k = {
        .name = "64 KiB fetches, 16 in flight",
        .raw = "header and sendfile for each request",
        .measure = measure_fetch_64k,
        .row_count = 1,
        .rows = {{"64 KiB fetches, 16 in flight", "GiB/s", TARGET_RATIO_AT_LEAST, 0.6, 0.8, 2}},
};

static bool measure_fetch_4k(struct targets *t, double *values, char *why)
{
        struct target_side side = our_side(t, "small", 4096, 16);
        struct raw_outcome ours, raw;
        if (!target_side_run(&side, &ours, why) ||
            !run_responder(t, NULL_FETCH_PREAD, &side, &raw, why))
                return false;
        values[OURS] = server_us_per_request(&ours);
        values[RAW] = server_us_per_request(&raw);
        return true;
}

const struct target_trial target_fetch_4k = {
        .name = "4 KiB fetches, 16 in flight",
        .raw = "pread and send for each request",
        .measure = measure_fetch_4k,
        .row_count = 1,
        .rows = {{"4 KiB fetches, CPU time", "us/request", TARGET_EXCESS_AT_MOST, 4, 2, 2}},
};

static bool measure_fetch_wide(struct targets *t, double *values, char *why)
{
        struct target_side side = our_side(t, "wide", 4096, 4);
        struct raw_outcome ours, raw;
        side.partitions = TARGET_WIDE_PARTITIONS;
        if (!target_side_run(&side, &ours, why) ||
            !run_responder(t, NULL_FETCH_PREAD, &side, &raw, why))
                return false;
        values[OURS] = server_us_per_request(&ours) / TARGET_WIDE_PARTITIONS;
        values[RAW] = server_us_per_request(&raw) / TARGET_WIDE_PARTITIONS;
        return true;
}

const struct target_trial target_fetch_wide = {
        .name = "16 partitions of 4 KiB in a fetch",
        .raw = "16 preads and a send",
        .measure = measure_fetch_wide,
        .row_count = 1,
        .rows = {{"16 x 4 KiB in a fetch, CPU time", "us/range", TARGET_RATIO_AT_MOST, 3, 2, 2}},
};

/* --- by reference --- */

static bool measure_zero_copy(struct targets *t, double *values, char *why)
{
        struct target_side side = our_side(t, "big", MIB, 4);
        struct broker_spent before, after;
        struct raw_outcome ours;
        if (!broker_process_spent(&t->broker, &before, why) ||
            !target_side_run(&side, &ours, why) || !broker_process_spent(&t->broker, &after, why))
                return false;
        struct broker_spent spent = broker_spent_between(&before, &after);
        double sent_gib = (double)ours.bytes / gib;
        values[OURS] = (double)spent.user_bytes / sent_gib;
        values[TARGET_FIGURES + OURS] = (double)spent.user_us / 1e3 / sent_gib;
        values[2 * TARGET_FIGURES + OURS] = (double)spent.minor_faults / sent_gib;
        return true;
}

const struct target_trial target_zero_copy = {
        .name = "proof of zero copy",
        .raw = "",
        .measure = measure_zero_copy,
        .row_count = 3,
        .rows = {{"payload through user space", "bytes/GiB", TARGET_VALUE_AT_MOST, 0, 0, 0},
                 {"… user CPU time", "ms/GiB", TARGET_VALUE_AT_MOST, 15, 15, 1},
                 {"… minor faults", "per GiB", TARGET_VALUE_AT_MOST, 200, 200, 0}},
};

/* --- many consumers --- */

static bool measure_fan_out(struct targets *t, double *values, char *why)
{
        struct target_side side = our_side(t, "big", MIB, 2);
        struct raw_outcome one, many;
        if (!target_side_run(&side, &one, why))
                return false;
        int64_t before = process_disk_read_bytes(t->broker.pid);
        side.connections = 16;
        if (!target_side_run(&side, &many, why))
                return false;
        int64_t after = process_disk_read_bytes(t->broker.pid);
        if (before < 0 || after < 0)
                return target_fail(why, "what the broker read from the disk");
        values[OURS] = gib_per_s(&many);
        values[RAW] = gib_per_s(&one);
        values[TARGET_FIGURES + OURS] = (double)(after - before);
        return true;
}

const struct target_trial target_fan_out = {
        .name = "16 consumers of one segment",
        .raw = "1 consumer",
        .measure = measure_fan_out,
        .row_count = 2,
        .rows = {{"16 consumers of one segment", "GiB/s", TARGET_RATIO_AT_LEAST, 0.9, 0.9, 2},
                 {"… read from the disk", "bytes a run", TARGET_VALUE_AT_MOST, 0, 0, 0}},
};
