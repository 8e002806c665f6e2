/* zoo.h - the historic bugs that can be put back on purpose: where each comes from and what it
 * breaks. The names and switches themselves are in base/zoo.h. */
#ifndef ODRADEK_SIM_ZOO_H
#define ODRADEK_SIM_ZOO_H

#include "base/zoo.h"
#include "sim/verdict.h"

struct zoo_exhibit {
        enum zoo_bug bug;
        int32_t seeds;        /* a sweep finds it within so many, by the median */
        const char *source;   /* where it was seen */
        const char *what;     /* what the code with the bug does, and what follows */
        enum anomaly anomaly; /* what its scenario ends with */
        const char *scenario; /* path from the top of the tree */
};

const struct zoo_exhibit *zoo_exhibit(enum zoo_bug bug);

/* The table, for people. */
void zoo_print(struct buffer *into);

#endif
