/* usage.h - what a process has spent: time on the clock and on a CPU, switches, faults.
 *
 * CPU time is getrusage()'s; where the kernel counts by ticks it is right to a few milliseconds, so
 * a run should move 1 GiB or more. The time of soft interrupts is charged to whoever is
 * interrupted: a loopback sender pays for most of its receiver's TCP. */
#ifndef ODRADEK_BENCH_USAGE_H
#define ODRADEK_BENCH_USAGE_H

#include <stdint.h>
#include <sys/resource.h>

struct usage {
        double wall_s, user_s, system_s;
        int64_t voluntary, involuntary;     /* context switches: it slept; it was pushed aside */
        int64_t minor_faults, major_faults; /* without and with disk */
};

/* Of this process so far, all its threads; wall_s is a clock that never goes back. */
struct usage usage_now(void);

/* From what the kernel tells of a process (wait4(), getrusage()); wall_s stays 0. */
struct usage usage_from(const struct rusage *r);

/* later - earlier, member by member. */
struct usage usage_between(const struct usage *earlier, const struct usage *later);

/* Seconds on a clock that never goes back, to the nanosecond. */
double usage_clock_s(void);

#endif
