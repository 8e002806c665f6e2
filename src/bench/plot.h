/* plot.h - pictures of results, drawn by gnuplot when it is there.
 *
 * Of a figure called F of an experiment called N come N-F.dat and N-F.gp, which can be changed and
 * drawn again (`gnuplot N-F.gp` in that directory), and N-F.svg and N-F.png. Over an axis: a line
 * for each series, a panel for each setting; else a bar for each case. Lines differ in dashes and
 * marks, so they do on paper; the background is white, so they do on a dark page. */
#ifndef ODRADEK_BENCH_PLOT_H
#define ODRADEK_BENCH_PLOT_H

#include "bench/experiment.h"

enum plot_outcome {
        PLOT_DRAWN,
        PLOT_UNDRAWN, /* data and script are there; gnuplot is missing or failed */
        PLOT_FAILED,  /* a file could not be written, errno tells */
};

enum { PLOT_STEM_BYTES = 100 };

/* What the files of that figure are called, without ".svg"; blanks become dashes. */
const char *plot_stem(const struct experiment *e, const char *figure, char stem[PLOT_STEM_BYTES]);

/* Draws the figure of that name. */
enum plot_outcome plot_draw(const struct results *r, const char *figure, const char *directory);

#endif
