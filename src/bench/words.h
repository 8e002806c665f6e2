/* words.h - numbers as people read them. Each writes into `text` of WORDS_BYTES and returns it. */
#ifndef ODRADEK_BENCH_WORDS_H
#define ODRADEK_BENCH_WORDS_H

#include "bench/results.h"

enum { WORDS_BYTES = 80 };

/* 65536: "64 KiB"; what is no whole number of a larger unit stays in bytes. */
const char *words_size(double bytes, char *text);

/* With so many decimals, and "," between thousands: "16,384", "0.25"; nothing at all is "0". */
const char *words_number(double value, int decimals, char *text);

/* A point of the experiment's axis: a size when the axis is in bytes, else a plain number. */
const char *words_x(const struct experiment *e, double x, char *text);

/* "10.4 (9.6-11.5)", only "10.4" when the range shows nothing else, "-" when nothing was measured.
 */
const char *words_sample(const struct sample *s, int decimals, char *text);

/* "sendfile, hot" or "sendfile". */
const char *words_case(const struct bench_case *c, char *text);

#endif
