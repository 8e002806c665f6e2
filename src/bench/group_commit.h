/* group_commit.h - one sync for all who wait: producers hand in messages, one writer makes them
 * durable.
 *
 *     producer  hands a message in ...................... waits ............ goes on with the next
 *     writer         takes all that wait, writes them in one write, syncs, wakes those who wait
 *
 * While the writer syncs, the next batch gathers: the slower the disk, the larger the batch. The
 * idea is from databases (DeWitt et al. 1984); with Kafka it happens to whoever sets
 * flush.messages=1 and has many producers.
 *
 * (1) A message is acknowledged only after a sync that began when it was in the file has returned.
 * (2) Message i (in the order of handing in) stands at i * message_bytes.
 * (3) A producer has one message on its way. */
#ifndef ODRADEK_BENCH_GROUP_COMMIT_H
#define ODRADEK_BENCH_GROUP_COMMIT_H

#include "bench/disk_tools.h"
#include "bench/latency.h"

struct group_commit_config {
        int fd; /* an empty file */
        int producers;
        const struct disk_pattern *messages;
        size_t message_bytes;
        double seconds;       /* how long producers begin anew */
        int64_t messages_max; /* and how many they hand in at most, all together */
        /* Makes what was written durable: fdatasync(), or a test's own. 0, or -1 and errno. */
        int (*sync)(void *context, int fd);
        /* A producer learns that message `number` is durable; NULL: only the figures count. */
        void (*acknowledged)(void *context, int64_t number);
        void *context;
};

struct group_commit_report {
        int64_t messages; /* durable */
        double elapsed_s;
        struct latency commit; /* of each write with its sync */
        struct latency wait;   /* of each message, from handing in to acknowledgement */
};

/* False: a write or a sync failed, errno tells; what was not durable was not acknowledged. */
bool group_commit_run(const struct group_commit_config *config, struct group_commit_report *report);

#endif
