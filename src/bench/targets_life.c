/* The targets of a broker that has nothing much to do: the time to an answer, its start, its size.
 */
#include "bench/targets_private.h"

#include <stdio.h>

enum { OURS = 0, RAW = 1, CLUSTER = 3 };

/* --- request and answer --- */

static bool measure_round_trip(struct targets *t, double *values, char *why)
{
        struct target_side side = {.port = t->broker.port,
                                   .pid = t->broker.pid,
                                   .topic = "round-trip",
                                   .produce = true,
                                   .load = {.seconds = t->seconds,
                                            .in_flight = 1,
                                            .acks = 1,
                                            .record_size = 100,
                                            .records_per_request = 1}};
        struct null_broker_config config = null_broker_config_default();
        struct null_process null;
        struct raw_outcome ours, raw;
        if (!target_side_run(&side, &ours, why))
                return false;
        if (null_process_start(&null, &config))
                return target_fail(why, "cannot start a null broker");
        side.port = null.port;
        side.pid = null.pid;
        bool done = target_side_run(&side, &raw, why);
        null_process_end(&null);
        values[OURS] = latency_percentile_us(&ours.latency, 0.5);
        values[RAW] = latency_percentile_us(&raw.latency, 0.5);
        return done;
}

const struct target_trial target_round_trip = {
        .name = "request to answer",
        .raw = "null broker",
        .measure = measure_round_trip,
        .row_count = 1,
        .rows = {{"request to answer, p50", "us", TARGET_RATIO_AT_MOST, 1.3, 1.15, 1}},
};

/* --- alone --- */

static bool measure_start(struct targets *t, double *values, char *why)
{
        struct broker_process broker;
        if (!target_broker_start(t, &broker, NULL, NULL, why))
                return false;
        values[OURS] = broker.ready_ms;
        values[TARGET_FIGURES + OURS] = (double)process_resident_bytes(broker.pid) / 1e6;
        broker_process_stop(&broker, true);
        return true;
}

const struct target_trial target_start = {
        .name = "start",
        .raw = "",
        .measure = measure_start,
        .row_count = 2,
        .rows = {{"ready to serve", "ms", TARGET_VALUE_AT_MOST, 50, 50, 1},
                 {"resident memory, idle", "MB", TARGET_VALUE_AT_MOST, 10, 10, 1}},
};

/* --- three of them, on all CPUs --- */

static bool measure_cluster(struct targets *t, double *values, char *why)
{
        struct broker_process brokers[CLUSTER];
        char data[PATH_MAX];
        snprintf(data, sizeof data, "%s/cluster", t->options->scratch);
        struct broker_process_config config = {.program = t->options->program, .data = data};
        machine_pin(-1);
        if (!broker_cluster_start(brokers, CLUSTER, &config, why))
                return false;
        values[OURS] = 0;
        for (int i = 0; i < CLUSTER; i++) {
                if (brokers[i].ready_ms > values[OURS])
                        values[OURS] = brokers[i].ready_ms;
        }
        broker_cluster_stop(brokers, CLUSTER);
        return true;
}

const struct target_trial target_cluster = {
        .name = "cluster of three",
        .raw = "",
        .measure = measure_cluster,
        .row_count = 1,
        .rows = {{"three brokers ready to serve", "ms", TARGET_VALUE_AT_MOST, 1000, 500, 0}},
};
