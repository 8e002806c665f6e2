/* null_broker.h - a broker that reads requests, answers them, and does nothing else.
 *
 * It keeps nothing and computes nothing, so what a client reaches with it is the client's and the
 * network's limit, and what a real broker loses against it is what the real broker costs. Produce
 * is parsed and dropped; or, when a file is named, checked by its CRC and appended to that, which
 * is the least that an append can cost. What a Fetch gets is chosen:
 *
 *     memory     one ready batch, for ever, its offset as asked for: clients of all kinds go on
 *                and on, and no file is touched
 *     sendfile   ranges of a file, one behind the other, by sendfile(): with the requests not even
 *     pread      parsed (but for the first), this is the least that a Fetch by reference, or by
 *                pread() into the answer, can cost: the yardstick for a broker
 *
 * Every topic that is asked for exists. It speaks as much as librdkafka's producer and simple
 * consumer need, and CreateTopics and FindCoordinator; groups it has not.
 *
 * One thread, one epoll loop, TCP_NODELAY, reno. */
#ifndef ODRADEK_BENCH_NULL_BROKER_H
#define ODRADEK_BENCH_NULL_BROKER_H

#include "base/errors.h"

#include <stdbool.h>
#include <sys/types.h>

enum null_fetch { NULL_FETCH_MEMORY, NULL_FETCH_SENDFILE, NULL_FETCH_PREAD };

struct null_broker_config {
        int32_t port;        /* 0: a free one */
        int32_t partitions;  /* of every topic */
        int32_t record_size; /* bytes of a value in the ready batch */
        int32_t fetch_bytes; /* about the size of that batch */
        enum null_fetch fetch;
        const char *segment; /* the file, of whole batches; not for memory */
        const char *append;  /* a file, made anew, for what is produced; NULL: it is dropped */
};

/* A port of the kernel's choice, one partition, about 1 MiB of 100-byte records from memory. */
struct null_broker_config null_broker_config_default(void);

struct null_broker;

/* Listens on 127.0.0.1. Errors: CONNECTION_FAILED (the port is taken), NOT_FOUND (no segment, or
 * no file to append to); errno tells. */
enum kerr null_broker_open(const struct null_broker_config *config, struct null_broker **broker);
void null_broker_close(struct null_broker *broker);
int32_t null_broker_port(const struct null_broker *broker);

/* Serves until stop() is true; it is asked every 100 ms, and when a signal comes. */
void null_broker_serve(struct null_broker *broker, bool (*stop)(void));

/* In a process of its own, which dies with its parent. */
struct null_process {
        pid_t pid;
        int32_t port;
};
enum kerr null_process_start(struct null_process *p, const struct null_broker_config *config);
void null_process_end(struct null_process *p);

#endif
