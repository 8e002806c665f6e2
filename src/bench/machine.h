/* machine.h - where a figure was measured, and whether anybody else was at work there.
 *
 * A figure without its conditions cannot be held against another one, so every output begins with
 * machine_print(). And a figure taken while something else ran is not one: the whole machine's CPU
 * time (/proc/stat) beyond our own shows it. */
#ifndef ODRADEK_BENCH_MACHINE_H
#define ODRADEK_BENCH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct machine {
        char kernel[96]; /* release and architecture */
        char cpu[96];    /* model */
        int cpus;        /* that this process may use */
        int64_t memory_bytes;
        char compiler[48];      /* that built this program, with its optimisation */
        char filesystem[32];    /* of the scratch directory */
        int64_t read_ahead_kib; /* of its disk; -1: not told */
        char congestion[16];    /* the system's default TCP congestion control */
        char huge_pages[16];    /* transparent: always, madvise, never */
        bool has_pmu;           /* hardware counters: cycles can be counted */
        double first_touch_us;  /* to get a 4 KiB page that was never used */
        double wake_us;         /* to wake a process on another CPU, and be woken by it, halved */
        double syscall_ns;      /* the cheapest system call */
        int64_t fault_around_bytes; /* that one fault on a cached file maps, as measured in scratch
                                     */
};

/* Looks around and makes its small measurements, half a second. `scratch` is a directory that files
 * may be made in; the file is removed again. What cannot be found out is left empty, 0 or -1. */
void machine_look(struct machine *m, const char *scratch);

/* The environment in one line (kernel … fault-around), with a newline. */
void machine_print(const struct machine *m, FILE *to);

/* What it takes to wake a process on CPU `far` from CPU `near` and be woken by it, halved; they may
 * be the same. Unpins the caller. 0: it could not be measured. */
double machine_wake_us(int near, int far);

/* --- is it quiet? --- */

struct machine_load {
        double wall_s, busy_s, steal_s; /* CPU seconds of all CPUs, since the machine began */
};

struct machine_load machine_load_now(void);

/* The share (0 … 1) of the machine's CPU time since `start` that was neither idle nor `own_cpu_s`;
 * never below 0. What the host took away (steal) counts as foreign. */
double machine_foreign_share(const struct machine_load *start, double own_cpu_s);

/* Pins the calling process (its children inherit it) to one CPU, counted from 0 among those it may
 * use; -1: to all again. False: there are fewer, or the kernel refused. */
bool machine_pin(int cpu);

#endif
