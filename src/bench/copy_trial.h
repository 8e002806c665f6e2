/* copy_trial.h - one run of one way to send a file, and what it cost: what the experiments on
 * copying have in common.
 *
 *     data file --strategy--> sockets --> receivers (processes of their own)
 *
 * (1) A hot run starts with every page of the file in the page cache, a cold one with none; mincore
 *     is asked each time. A run on another file than its title says does not count: it fails.
 * (2) What the strategy keeps (a mapping and its page tables) is there before a hot run begins.
 *     mmap-fresh, which keeps nothing, pays each time.
 * (3) Every receiver gets as many bytes as were sent, and when it computes checksums, these bytes;
 *     else abort().
 * (4) CPU, faults and switches are the sender's from its first call to its last one; the clock runs
 *     on until the last byte is in the receivers' hands.
 *
 * The raw reference is the plainest program that there is: a blocking socket, sendfile() in a loop,
 * nothing else. */
#ifndef ODRADEK_BENCH_COPY_TRIAL_H
#define ODRADEK_BENCH_COPY_TRIAL_H

#include "bench/data_file.h"
#include "bench/receivers.h"
#include "bench/sender.h"

#define COPY_TRIAL_RAW "raw sendfile"

struct copy_trial {
        const struct copy_strategy *strategy; /* NULL: the raw reference */
        struct data_file *file;
        int64_t part_bytes;  /* of the file, sent over and over; 0: all of it */
        int32_t range_bytes; /* of one response */
        int64_t bytes;       /* to all consumers together; rounded down to whole ranges for each */
        bool cold;
        bool spread; /* consumers begin at different places of the part */
        struct receivers_config receivers;
};

struct copy_outcome {
        double seconds;         /* until the receivers have all */
        struct usage sender;    /* wall_s: until the kernel has all */
        struct usage receivers; /* of all of them together */
        struct sender_counts counts;
        int64_t disk_bytes; /* that the sender made the disk read */
};

/* Puts the file where (1) and (2) want it. False: the strategy or the cache cannot be had here,
 * `why` (CASE_WHY_BYTES) tells. */
bool copy_trial_prepare(const struct copy_trial *t, char *why);

/* Prepares and measures. False: it cannot be had here, `why` tells. */
bool copy_trial_run(const struct copy_trial *t, struct copy_outcome *o, char *why);

/* The figures of an outcome, per GiB of file bytes; an experiment takes them all. */
enum copy_figure {
        COPY_THROUGHPUT,
        COPY_CPU,
        COPY_USER,
        COPY_SYSTEM,
        COPY_SYSCALLS,
        COPY_VOLUNTARY,
        COPY_INVOLUNTARY,
        COPY_MINOR_FAULTS,
        COPY_MAJOR_FAULTS,
        COPY_USER_BYTES,
        COPY_RECEIVER_CPU,
        COPY_TOTAL_CPU, /* of both sides: on one core it is chance whom soft interrupts are charged
                           to */
        COPY_DISK_READ,
        COPY_FIGURES
};

extern const struct figure copy_trial_figures[COPY_FIGURES];

void copy_trial_values(const struct copy_outcome *o, double values[COPY_FIGURES]);

/* --- for experiments whose cases are trials --- */

enum { COPY_CASES_MAX = 320, COPY_FILES_MAX = 4 };

/* What such an experiment keeps as its state. */
struct copy_cases {
        struct data_file files[COPY_FILES_MAX];
        int file_count;
        struct copy_trial trials[COPY_CASES_MAX];
        int count;
};

/* Makes the state. */
void copy_cases_begin(struct bench *b);

/* Makes a file of `bytes`, written by appends of `append_bytes`; copy_cases_end() removes it. */
struct data_file *copy_cases_file(struct bench *b, int64_t bytes, int64_t append_bytes);

/* Adds a case for the trial, which is copied. The series is the strategy's name. A strategy that
 * this machine lacks becomes a case that tells so when it is measured. */
struct bench_case *copy_cases_add(struct bench *b, const char *setting, double x,
                                  const struct copy_trial *t);

/* Writes what holds for all cases into the conditions: the bytes of a run of `t`, its sockets and
 * CPUs; then `more`. */
void copy_cases_describe(struct bench *b, const struct copy_trial *t, const char *more);

/* `measure` and `end` of such an experiment. */
bool copy_cases_measure(struct bench *b, const struct bench_case *c, double *values, char *why);
void copy_cases_end(struct bench *b);

/* "Least cpu at 64 KiB, same core: sendfile (96 ms/GiB); no difference seen to splice." on a line
 * of its own; nothing when nothing was measured there. */
void copy_cases_tell_best(const struct results *r, FILE *to, const char *setting, double x,
                          enum copy_figure figure);

/* The mode that was asked for, or the experiment's own. */
enum bench_mode copy_cases_mode(const struct bench *b, enum bench_mode otherwise);

#endif
