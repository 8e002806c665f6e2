/* theory.h - what the literature claims of each strategy, beside what was counted here.
 *
 * The claims are about a file on a disk and a card on a network; the counts are of a file in the
 * page cache and of loopback. Where the two cannot agree, the text says why. */
#ifndef ODRADEK_BENCH_THEORY_H
#define ODRADEK_BENCH_THEORY_H

#include "bench/results.h"

/* A table in Markdown, and what it means. The counts are taken from the results of copypath, at 64
 * KiB a response, in its first setting; whether the kernel copied all the same from those of
 * zerocopy (E9; NULL when it was not run). A strategy that was not measured there has "-". */
void theory_print(const struct results *copypath, const struct results *zerocopy, FILE *to);

#endif
