#include "bench/words.h"

#include "bench/experiment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *words_size(double bytes, char *text)
{
        static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
        size_t unit = 0;
        while (unit + 1 < sizeof units / sizeof *units && bytes >= 1024 && fmod(bytes, 1024) == 0) {
                bytes /= 1024;
                unit++;
        }
        snprintf(text, WORDS_BYTES, "%.15g %s", bytes, units[unit]);
        return text;
}

const char *words_number(double value, int decimals, char *text)
{
        char plain[WORDS_BYTES];
        snprintf(plain, sizeof plain, "%.*f", value == 0 ? 0 : decimals, fabs(value));
        size_t whole = strcspn(plain, "."), at = 0;
        bool negative = value < 0 && strspn(plain, "0.") < strlen(plain);
        if (negative)
                text[at++] = '-';
        for (size_t i = 0; plain[i] && at + 2 < WORDS_BYTES; i++) {
                if (i > 0 && i < whole && (whole - i) % 3 == 0)
                        text[at++] = ',';
                text[at++] = plain[i];
        }
        text[at] = '\0';
        return text;
}

const char *words_x(const struct experiment *e, double x, char *text)
{
        if (e->x_name && strncmp(e->x_name, "bytes", 5) == 0)
                return words_size(x, text);
        snprintf(text, WORDS_BYTES, "%.15g", x);
        return text;
}

const char *words_sample(const struct sample *s, int decimals, char *text)
{
        char median[WORDS_BYTES], min[WORDS_BYTES], max[WORDS_BYTES];
        words_number(s->median, decimals, median);
        words_number(s->min, decimals, min);
        words_number(s->max, decimals, max);
        if (s->runs == 0)
                snprintf(text, WORDS_BYTES, "-");
        else if (strcmp(min, max) == 0)
                snprintf(text, WORDS_BYTES, "%s", median);
        else
                snprintf(text, WORDS_BYTES, "%.20s (%.20s-%.20s)", median, min, max);
        return text;
}

const char *words_case(const struct bench_case *c, char *text)
{
        snprintf(text, WORDS_BYTES, "%s%s%s", c->series, *c->setting ? ", " : "", c->setting);
        return text;
}
