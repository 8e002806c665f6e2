/* shrink.h - the smallest script that still breaks the same promise.
 *
 * A seed that fails does so among dozens of faults, most of which have nothing to do with it. Steps
 * are left out, first many at a time, then one by one, as long as the run still shows the same
 * anomaly; then the run is made shorter. What is left is a scenario to read, and to keep: a seed's
 * meaning changes with every change of the code, a script's does not.
 *
 * Source: Zeller & Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002 (ddmin).
 */
#ifndef ODRADEK_SIM_SHRINK_H
#define ODRADEK_SIM_SHRINK_H

#include "sim/run.h"

struct shrink_result {
        enum anomaly anomaly; /* the one kept */
        int32_t runs;         /* tried */
};

/* Shrinks `s` in place. False when its run breaks no promise: then nothing is changed. */
bool shrink(struct scenario *s, const struct run_options *options, struct shrink_result *result);

#endif
