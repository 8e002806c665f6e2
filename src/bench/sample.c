#include "bench/sample.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { VALUES_MAX = 1024 };

/* Insertion sort: samples are small, and equal values must not be shuffled. */
static void sort(double *values, int count)
{
        for (int i = 1; i < count; i++) {
                double value = values[i];
                int at = i;
                for (; at > 0 && values[at - 1] > value; at--)
                        values[at] = values[at - 1];
                values[at] = value;
        }
}

struct sample sample_of(const double *values, int count)
{
        assert(count >= 0 && count <= VALUES_MAX);
        struct sample s = {.runs = count};
        if (count == 0)
                return s;
        double sorted[VALUES_MAX], sum = 0, squares = 0;
        memcpy(sorted, values, sizeof *sorted * (size_t)count);
        sort(sorted, count);
        s.min = sorted[0];
        s.max = sorted[count - 1];
        s.median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
        for (int i = 0; i < count; i++)
                sum += sorted[i];
        double mean = sum / count;
        for (int i = 0; i < count; i++)
                squares += (sorted[i] - mean) * (sorted[i] - mean);
        if (count > 1 && mean != 0)
                s.variation = sqrt(squares / (count - 1)) / fabs(mean);
        return s;
}

enum sample_order sample_compare(const struct sample *a, const struct sample *b)
{
        if (a->runs == 0 || b->runs == 0)
                return SAMPLE_NO_DIFFERENCE;
        /* One figure has no range; lend it a tenth. */
        double slack = a->runs == 1 && b->runs == 1 ? 1.1 : 1;
        if (a->min > b->max * slack)
                return SAMPLE_MORE;
        if (b->min > a->max * slack)
                return SAMPLE_LESS;
        return SAMPLE_NO_DIFFERENCE;
}

double sample_ratio(const struct sample *a, const struct sample *b)
{
        return b->median != 0 ? a->median / b->median : 0;
}
