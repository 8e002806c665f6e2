/* theory.h - what the literature claims of each way to send a file, beside what was counted here.
 *
 * Three kinds of figure stand side by side and must not be mistaken for each other: claimed (by the
 * sources named under the table), by construction (what the calls of src/copy do, as their authors
 * wrote them) and counted (by the experiment `copypath` in this very run).
 *
 * Sources: Palaniappan and Nagaraja, "Efficient data transfer through zero copy" (IBM
 * developerWorks); Kafka's documentation, "Design", on efficiency; the kernel's
 * Documentation/networking/msg_zerocopy.rst; RocketMQ's docs/en/Design_Store.md. */
#ifndef ODRADEK_BENCH_THEORY_H
#define ODRADEK_BENCH_THEORY_H

#include "bench/results.h"

/* Prints both tables, for responses of 64 KiB, and what loopback cannot show. `copypath` is that
 * experiment's results; a strategy that it lacks is claimed only. */
void theory_print(const struct results *copypath, FILE *to, bool markdown);

#endif
