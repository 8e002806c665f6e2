/* append_ways.h - the ways in which messages can be put at the end of a file.
 *
 * (1) All leave the same bytes behind: message i at i * message_bytes.
 * (2) What is counted are the system calls between the first message and the last byte in the file;
 *     opening, prewriting and closing are not in it.
 * (3) None syncs: this is about the page cache (and about going round it). */
#ifndef ODRADEK_BENCH_APPEND_WAYS_H
#define ODRADEK_BENCH_APPEND_WAYS_H

#include "bench/disk_tools.h"

enum { APPEND_BUFFER_BYTES = 2 << 20 };

struct append_job {
        int fd; /* an empty file, or one that was prewritten when the way says so */
        const struct disk_pattern *messages;
        size_t message_bytes;
        int64_t count;
        uint8_t *buffer;  /* page-aligned, of APPEND_BUFFER_BYTES, touched; for ways with a batch */
        int64_t syscalls; /* out: made so far */
};

struct append_way {
        const char *name;
        size_t batch_bytes; /* of one system call; 0: one message */
        int open_flags;     /* beyond O_RDWR */
        bool prewritten;    /* the file is there and full, and is written over */
        bool reference;
        /* False: errno tells. */
        bool (*append)(const struct append_way *way, struct append_job *job);
        const char *(*missing)(void); /* why the machine lacks it; NULL: it never does */
};

const struct append_way *append_ways(int *count);

#endif
