/* broker_process.h - our broker as a process of its own, to be measured from outside.
 *
 * It listens on a free loopback port, keeps its data in a directory that it is given, and inherits
 * the CPUs that the caller is pinned to. It dies with its parent, however that ends. At SIGUSR1 it
 * prints what it has spent so far; that is how a run is told from the one before.
 *
 * One thread. "why" has CASE_WHY_BYTES, and is filled in where false is returned. */
#ifndef ODRADEK_BENCH_BROKER_PROCESS_H
#define ODRADEK_BENCH_BROKER_PROCESS_H

#include "bench/results.h"

#include <sys/types.h>

struct broker_process {
        pid_t pid;        /* 0: not running */
        const char *host; /* where it listens */
        int32_t port;
        double ready_ms; /* from fork() to its word that it serves */
        char *data;      /* its directory */
        int out;         /* its standard output */
        int said_size;   /* of `said`, not yet a whole line */
        char said[1024];
};

struct broker_process_config {
        const char *program; /* path of odradek */
        const char *data; /* the directory for its logs, made if need be; "DATA.log" gets stderr */
        const char *const *settings; /* "key=value" …, NULL at the end; NULL: none */
        const char *host;            /* to listen on; NULL: 127.0.0.1 */
        int32_t port;                /* 0: a free one */
};

/* Starts it and waits until it serves. */
bool broker_process_start(struct broker_process *b, const struct broker_process_config *config,
                          char *why);

/* The same in two steps, for several at a time. Stop it even when it did not become ready. */
bool broker_process_spawn(struct broker_process *b, const struct broker_process_config *config,
                          char *why);
bool broker_process_wait_ready(struct broker_process *b, char *why);

/* Brokers 1 … count (at most 9), all of them voters of their quorum, started together; data in
 * "DATA-1" …. Returns when all serve; ready_ms of the slowest is the cluster's. After false none
 * runs. */
bool broker_cluster_start(struct broker_process *brokers, int count,
                          const struct broker_process_config *config, char *why);

/* Ends them and removes their data. */
void broker_cluster_stop(struct broker_process *brokers, int count);

/* Ends it in good order, or after 10 seconds the hard way. When its data is to be removed anyway,
 * it goes the hard way at once: good order is about the data. Does nothing when it does not run. */
void broker_process_stop(struct broker_process *b, bool remove_data);

/* Ends it as a crash does (SIGKILL); the data stays. */
void broker_process_kill(struct broker_process *b);

/* What a broker has spent since it began. Times in microseconds of CPU. */
struct broker_spent {
        int64_t user_us, system_us;
        int64_t syscalls, user_bytes, reference_bytes, zerocopy_sends, zerocopy_copied;
        int64_t minor_faults, major_faults, voluntary, involuntary;
        int64_t appended_bytes;
};

/* Asks for it. False: it gave no answer, or one that lacks a figure. */
bool broker_process_spent(struct broker_process *b, struct broker_spent *spent, char *why);

/* later - earlier, member by member. */
struct broker_spent broker_spent_between(const struct broker_spent *earlier,
                                         const struct broker_spent *later);

/* Memory in use (VmRSS); -1: not told. */
int64_t process_resident_bytes(pid_t pid);

/* What it has made the disk read so far, by whatever call: sendfile's reads are no faults. -1: not
 * told. */
int64_t process_disk_read_bytes(pid_t pid);

#endif
