#include "bench/crossing.h"

#include <math.h>
#include <string.h>

#include "bench/experiment.h"
#include "bench/words.h"

enum { SIZES_MAX = 40 };

/* One size, and how a stood to b there. */
struct step {
        double x, ratio;
        enum sample_order order;
};

/* By size, the smallest first. */
static int steps_of(const struct results *r, const char *a, const char *b, const char *setting,
                    const char *figure, struct step *steps)
{
        int count = 0;
        for (int i = 0; i < r->case_count && count < SIZES_MAX; i++) {
                const struct bench_case *c = &r->cases[i];
                struct sample one = results_get(r, a, setting, c->x, figure);
                struct sample two = results_get(r, b, setting, c->x, figure);
                if (strcmp(c->series, a) != 0 || strcmp(c->setting, setting) != 0 ||
                    one.runs == 0 || two.runs == 0)
                        continue;
                int at = count++;
                for (; at > 0 && steps[at - 1].x > c->x; at--)
                        steps[at] = steps[at - 1];
                steps[at] =
                        (struct step){c->x, sample_ratio(&one, &two), sample_compare(&one, &two)};
        }
        return count;
}

/* Where a straight line between the two reaches a ratio of 1. */
static double where_equal(const struct step *above, const struct step *below)
{
        double part = log(above->ratio) / log(above->ratio / below->ratio);
        return above->x * pow(below->x / above->x, part);
}

struct crossing crossing_of(const struct results *r, const char *a, const char *b,
                            const char *setting, const char *figure)
{
        struct step steps[SIZES_MAX];
        int count = steps_of(r, a, b, setting, figure, steps);
        struct crossing c = {.sizes = count};
        if (count > 0) {
                c.smallest = steps[0].x;
                c.largest = steps[count - 1].x;
        }
        int leading = 0, trailing = 0; /* how many sizes these two stretches have */
        for (int i = 0; i < count; i++) {
                c.more += steps[i].order == SAMPLE_MORE;
                c.less += steps[i].order == SAMPLE_LESS;
                if (c.more == i + 1) {
                        c.more_up_to = steps[i].x;
                        leading++;
                }
                trailing = steps[i].order == SAMPLE_LESS ? trailing + 1 : 0;
                if (trailing == 1)
                        c.less_from = steps[i].x;
                if (i > 0 && steps[i - 1].ratio > 1 && steps[i].ratio > 0 && steps[i].ratio <= 1)
                        c.at = where_equal(&steps[i - 1], &steps[i]);
        }
        if (trailing == 0)
                c.less_from = 0;
        c.mixed = c.more > leading || c.less > trailing;
        return c;
}

/* --- in words --- */

/* Two figures of a size that was computed, not measured. */
static const char *roughly(double bytes, char *text)
{
        double kib = bytes / 1024;
        if (bytes < 1024)
                snprintf(text, WORDS_BYTES, "%.0f bytes", bytes);
        else
                snprintf(text, WORDS_BYTES, "%.*f KiB", kib < 10 ? 1 : 0, kib);
        return text;
}

/* What there is to say beyond the names. */
static void say_where(const struct crossing *c, FILE *to)
{
        char one[WORDS_BYTES], two[WORDS_BYTES];
        words_size(c->more_up_to, one);
        words_size(c->less_from, two);
        if (c->mixed)
                fprintf(to,
                        "more at %d, less at %d, no difference seen at %d of %d sizes: no crossing",
                        c->more, c->less, c->sizes - c->more - c->less, c->sizes);
        else if (c->more_up_to > 0 && c->less_from > 0)
                fprintf(to, "more up to %s, less from %s on", one, two);
        else if (c->more == c->sizes || c->less == c->sizes)
                fprintf(to, "%s at every size from %s to %s: no crossing",
                        c->more > 0 ? "more" : "less", words_size(c->smallest, one),
                        words_size(c->largest, two));
        else if (c->less_from > 0)
                fprintf(to, "less from %s on; below, no difference seen", two);
        else if (c->more_up_to > 0)
                fprintf(to, "more up to %s; above, no difference seen", one);
        else
                fprintf(to, "no difference seen from %s to %s", words_size(c->smallest, one),
                        words_size(c->largest, two));
}

void crossing_say(const struct results *r, FILE *to, const char *a, const char *b,
                  const char *setting, const char *figure)
{
        struct crossing c = crossing_of(r, a, b, setting, figure);
        char at[WORDS_BYTES];
        if (c.sizes == 0)
                return;
        fprintf(to, "%s against %s, %s, %s: ", a, b, setting, figure);
        say_where(&c, to);
        if (!c.mixed && c.more_up_to > 0 && c.less_from > 0 && c.at > 0)
                fprintf(to, "; the medians cross at about %s", roughly(c.at, at));
        fputs(".\n", to);
}
