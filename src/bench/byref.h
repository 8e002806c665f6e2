/* byref.h - sends a range of a file, changes the file, and only then lets the receiver read.
 *
 * Sending by copy takes a snapshot at the time of the call; sending by reference takes none, and
 * the bytes that arrive are those that the pages hold when they are read. */
#ifndef ODRADEK_BENCH_BYREF_H
#define ODRADEK_BENCH_BYREF_H

#include "bench/experiment.h"
#include "copy/copy.h"

enum { BYREF_BYTES = 64 << 10 };

enum byref_change {
        BYREF_OVERWRITE, /* every byte of the range becomes another one */
        BYREF_CUT,       /* the file is truncated to nothing */
};

/* Ways to touch a file that was truncated to nothing after it was mapped. */
enum byref_touch {
        BYREF_PREAD,
        BYREF_SENDFILE,
        BYREF_SEND_MAPPING, /* send() from the mapping: the kernel touches it */
        BYREF_LOAD_MAPPING, /* a load instruction, in a process of its own */
        BYREF_TOUCHES,
};

enum byref_figure {
        BYREF_SENT,   /* bytes that the call took, or what it returned */
        BYREF_OLD,    /* of these: arrived as they were at the call */
        BYREF_NEW,    /* arrived as they were written afterwards */
        BYREF_LOST,   /* neither */
        BYREF_ERRNO,  /* 0: none */
        BYREF_SIGNAL, /* that ended the process; 0: none did */
        BYREF_FIGURES,
};

struct byref_outcome {
        int64_t values[BYREF_FIGURES];
};

const char *byref_touch_name(enum byref_touch touch);

/* The strategy sends BYREF_BYTES of a file in the directory `scratch`. It must not be missing.
 * False: it failed, `why` (CASE_WHY_BYTES) tells. */
bool byref_in_flight(const struct copy_strategy *strategy, enum byref_change change,
                     const char *scratch, struct byref_outcome *o, char *why);

void byref_after_cut(enum byref_touch touch, const char *scratch, struct byref_outcome *o);

#endif
