/* trace.h - everything that happened in a run, in order, and one number that stands for all of it.
 *
 * Each entry has a number, the virtual time, the node it happened on, a kind, up to four integers
 * and perhaps a text. The trace keeps none of them: it folds each into a 64-bit hash and hands it
 * to a sink, when there is one. Two runs with the same hash did the same.
 *
 * (1) The hash depends on the fields' values alone: not on padding, addresses or byte order in
 *     memory, nor on whether there is a sink.
 * (2) Entries are numbered from 1: `replay --until N` means this number. */
#ifndef ODRADEK_SIM_TRACE_H
#define ODRADEK_SIM_TRACE_H

#include "base/bytes.h"

/* X(KIND, name, what the integers mean…); a NULL: not used, not printed. */
#define SIM_TRACE_LIST(X)                                            \
        X(BOOT, "boot", "life", NULL, NULL, NULL)                    \
        X(BOOT_FAILED, "boot-failed", "why", NULL, NULL, NULL)       \
        X(STOP, "stop", NULL, NULL, NULL, NULL)                      \
        X(KILL, "kill", NULL, NULL, NULL, NULL)                      \
        X(POWER_CUT, "power-cut", NULL, NULL, NULL, NULL)            \
        X(AT_STAKE, "at-stake", "writes", "names", NULL, NULL)       \
        X(WIPE, "wipe", NULL, NULL, NULL, NULL)                      \
        X(PAUSE, "pause", NULL, NULL, NULL, NULL)                    \
        X(RESUME, "resume", NULL, NULL, NULL, NULL)                  \
        X(DISK_CRASH, "disk-crash", "operation", NULL, NULL, NULL)   \
        X(CLOCK, "clock", "jump_ms", "drift_ppm", NULL, NULL)        \
        X(OPEN, "open", "stream", NULL, NULL, NULL)                  \
        X(FRAME, "frame", "stream", "bytes", "api", "sum")           \
        X(SEND, "send", "stream", "bytes", NULL, NULL)               \
        X(CLOSE, "close", "stream", "why", NULL, NULL)               \
        X(TIMERS, "timers", NULL, NULL, NULL, NULL)                  \
        X(SYNCED, "synced", "token", "result", NULL, NULL)           \
        X(LOG, "log", "level", NULL, NULL, NULL)                     \
        X(CUT, "cut", "from", "to", NULL, NULL)                      \
        X(HEAL, "heal", "from", "to", NULL, NULL)                    \
        X(SLOW, "slow", "from", "to", "factor", NULL)                \
        X(HOLD, "hold", "api", "answer", "from", "to")               \
        X(RELEASE, "release", "api", "answer", "from", "to")         \
        X(DROP_ANSWER, "drop-answer", "api", "from", "to", "stream") \
        X(RESET, "reset", "a", "b", NULL, NULL)                      \
        X(NOTE, "note", "a", "b", "c", "d") /* a workload's or a script's own words */

enum sim_trace_kind {
#define SIM_TRACE_ENUM(KIND, name, a, b, c, d) SIM_TRACE_##KIND,
        SIM_TRACE_LIST(SIM_TRACE_ENUM)
#undef SIM_TRACE_ENUM
                SIM_TRACE_KINDS
};

enum { SIM_TRACE_NUMBERS = 4 };

/* Borrowed for the time of the call. */
struct sim_trace_entry {
        uint64_t number;
        int64_t time_ns;
        int32_t node; /* -1: of no node */
        enum sim_trace_kind kind;
        int64_t numbers[SIM_TRACE_NUMBERS];
        const char *text;  /* "" when there is none */
        struct span frame; /* of a FRAME: its bytes, for a sink that wants to look into it */
};

struct sim_trace {
        const int64_t *now_ns; /* the scheduler's clock */
        uint64_t count, hash;
        struct span frame; /* what the next entry is about; see struct sim_trace_entry */
        void (*sink)(void *context, const struct sim_trace_entry *entry); /* NULL: none */
        void *context;
};

/* Zero-initialise a trace and set now_ns. `text` may be NULL. */
void sim_trace_add(struct sim_trace *t, int32_t node, enum sim_trace_kind kind,
                   const int64_t numbers[SIM_TRACE_NUMBERS], const char *text);

/* sim_trace(t, node, KIND, text, up to four integers) */
#define sim_trace(t, node, KIND, text, ...)                                                       \
        sim_trace_add(t, node, SIM_TRACE_##KIND, (const int64_t[SIM_TRACE_NUMBERS]){__VA_ARGS__}, \
                      text)

/* A hash of bytes, for an entry that stands for more than it can hold. */
uint64_t sim_trace_sum(const void *data, size_t size);

/* One line without its newline: number, seconds, node, kind, integers, text. */
void sim_trace_print(const struct sim_trace_entry *entry, struct buffer *into);

#endif
