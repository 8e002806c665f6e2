/* perf.h - what the benchmark's client programs have in common: clocks, settings, and the one line
 * of JSON that each prints at its end:
 *
 *     {"messages": N, "bytes": N, "seconds": S, "cpu_s": C, "p50_us": P, "p99_us": P}
 *
 * Bytes are those of the payloads, without keys, headers or framing: the same for all peers. The
 * clock begins with the first message, when the connection stands, and ends with the report, or
 * when perf_end() was called last. cpu_s is of that time too. The percentiles are left out where
 * nothing was timed one by one. */
#ifndef TESTS_BENCH_PERF_H
#define TESTS_BENCH_PERF_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct perf {
        double begun_s, begun_cpu_s;
        double ended_s, ended_cpu_s; /* 0: not yet */
        int64_t messages, bytes;
};

__attribute__((noreturn, format(printf, 1, 2))) static inline void perf_die(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputc('\n', stderr);
        exit(1);
}

static inline double perf_now_s(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* User and system, all threads. */
static inline double perf_cpu_s(void)
{
        struct timespec now;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void perf_begin(struct perf *p)
{
        *p = (struct perf){.begun_s = perf_now_s(), .begun_cpu_s = perf_cpu_s()};
}

static inline double perf_elapsed_s(const struct perf *p)
{
        return perf_now_s() - p->begun_s;
}

static inline void perf_end(struct perf *p)
{
        p->ended_s = perf_now_s();
        p->ended_cpu_s = perf_cpu_s();
}

static inline void perf_count(struct perf *p, int64_t messages, int64_t bytes)
{
        p->messages += messages;
        p->bytes += bytes;
}

static inline void perf_report(struct perf *p)
{
        if (p->ended_s == 0)
                perf_end(p);
        printf("{\"messages\": %lld, \"bytes\": %lld, \"seconds\": %.6f, \"cpu_s\": %.6f}\n",
               (long long)p->messages, (long long)p->bytes, p->ended_s - p->begun_s,
               p->ended_cpu_s - p->begun_cpu_s);
}

/* NAME=VALUE among the arguments from `first` on; NULL: it is not there. */
static inline const char *perf_option(int argc, char **argv, int first, const char *name)
{
        size_t length = strlen(name);
        for (int i = first; i < argc; i++)
                if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
                        return argv[i] + length + 1;
        return NULL;
}

static inline double perf_number(int argc, char **argv, int first, const char *name,
                                 double otherwise)
{
        const char *text = perf_option(argc, argv, first, name);
        return text ? atof(text) : otherwise;
}

/* Bytes that no codec and no deduplication makes smaller; to be freed. */
static inline char *perf_payload(size_t size)
{
        char *payload = malloc(size + 1);
        if (!payload)
                perf_die("out of memory");
        uint64_t state = 88172645463325252u;
        for (size_t i = 0; i < size; i++) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                payload[i] = (char)('!' + state % 90);
        }
        payload[size] = 0;
        return payload;
}

/* What the clients of the other brokers are asked: produce|consume HOST:PORT NAME [size=]
 * [seconds=]. */
struct perf_task {
        int producing;
        char host[128];
        int port;
        const char *name; /* of the stream, queue or key */
        size_t size;
        double seconds;
};

static inline struct perf_task perf_task(int argc, char **argv)
{
        struct perf_task t = {0};
        const char *colon = argc >= 4 ? strrchr(argv[2], ':') : NULL;
        t.producing = argc >= 4 && strcmp(argv[1], "produce") == 0;
        if (!colon || (!t.producing && strcmp(argv[1], "consume") != 0) ||
            (size_t)(colon - argv[2]) >= sizeof t.host)
                perf_die("usage: %s produce|consume HOST:PORT NAME [size=N] [seconds=S]", argv[0]);
        memcpy(t.host, argv[2], (size_t)(colon - argv[2]));
        t.port = atoi(colon + 1);
        t.name = argv[3];
        t.size = (size_t)perf_number(argc, argv, 4, "size", 100);
        t.seconds = perf_number(argc, argv, 4, "seconds", 1);
        return t;
}

#endif
