/* targets_private.h - what the trials of targets.h share. */
#ifndef ODRADEK_BENCH_TARGETS_PRIVATE_H
#define ODRADEK_BENCH_TARGETS_PRIVATE_H

#include "bench/broker_process.h"
#include "bench/data_file.h"
#include "bench/null_broker.h"
#include "bench/raw_client.h"
#include "bench/targets.h"

#include <limits.h>

/* Values of this size, so many to a batch: 64 KiB and 4 KiB on the wire, a little less. */
enum { TARGET_RECORD_BYTES = 990, TARGET_BIG_RECORDS = 65, TARGET_SMALL_RECORDS = 4 };
enum { TARGET_WIDE_PARTITIONS = 16 };

struct targets {
        const struct bench_options *options;
        double seconds; /* that each side of a trial is loaded */
        int32_t many_partitions;
        /* On CPU 0; has the topics big and small (one partition each), wide and many. */
        struct broker_process broker;
        struct data_file segment; /* of big: the same bytes for the raw limits */
        char segment_path[PATH_MAX];
};

/* One side of a trial: connections to a server, all under the same load. */
struct target_side {
        const char *host; /* NULL: 127.0.0.1 */
        int32_t port;
        pid_t pid; /* of the server */
        const char *topic;
        int32_t partitions; /* of the topic, if it must be made; 0 as 1 */
        int connections;    /* 0 as 1 */
        bool produce;       /* else fetch */
        struct raw_load load;
};

/* Runs it; `load.server_pids` is set here. False: `why` tells. */
bool target_side_run(const struct target_side *side, struct raw_outcome *outcome, char *why);

/* A broker of its own for a trial, its data in the scratch directory. `host`: NULL for 127.0.0.1.
 */
bool target_broker_start(const struct targets *t, struct broker_process *broker, const char *host,
                         const char *const *settings, char *why);

/* The one segment of partition 0 of a topic of the filled broker. */
void target_segment_path(const struct targets *t, const char *topic, char path[PATH_MAX]);

bool target_fail(char *why, const char *what);

/* The trials. */
extern const struct target_trial target_catch_up, target_fetch_64k, target_fetch_4k,
        target_fetch_wide, target_zero_copy, target_fan_out;
extern const struct target_trial target_link, target_tls;
extern const struct target_trial target_append, target_durable, target_many_partitions;
extern const struct target_trial target_round_trip, target_start, target_cluster;

#endif
