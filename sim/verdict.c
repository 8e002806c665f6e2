#include "sim/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
        const char *name, *opposite;
} guarantees[GUARANTEES] = {
#define GUARANTEE_ROW(ID, name, opposite) {name, opposite},
        GUARANTEE_LIST(GUARANTEE_ROW)
#undef GUARANTEE_ROW
};

static const struct {
        const char *name;
        enum guarantee guarantee;
} anomalies[ANOMALIES] = {
#define ANOMALY_ROW(ID, name, guarantee) {name, GUARANTEE_##guarantee},
        ANOMALY_LIST(ANOMALY_ROW)
#undef ANOMALY_ROW
};

const char *guarantee_name(enum guarantee g)
{
        return guarantees[g].name;
}

const char *guarantee_opposite(enum guarantee g)
{
        return guarantees[g].opposite;
}

const char *anomaly_name(enum anomaly a)
{
        return anomalies[a].name;
}

enum guarantee anomaly_guarantee(enum anomaly a)
{
        return anomalies[a].guarantee;
}

void verdict_add(struct verdict *v, enum anomaly a, bool promised, const char *format, ...)
{
        struct tally *tally = &v->tallies[a];
        int64_t count = promised ? tally->broken++ : tally->unpromised++;
        if (count > 0)
                return;
        va_list args;
        va_start(args, format);
        vsnprintf(promised ? tally->first_broken : tally->first_unpromised, FINDING_BYTES, format,
                  args);
        va_end(args);
}

void verdict_count(const struct verdict *v, enum guarantee g, int64_t *broken, int64_t *unpromised)
{
        *broken = *unpromised = 0;
        for (int a = 0; a < ANOMALIES; a++) {
                if (anomalies[a].guarantee != g)
                        continue;
                *broken += v->tallies[a].broken;
                *unpromised += v->tallies[a].unpromised;
        }
}

bool verdict_first(const struct verdict *v, char into[FINDING_BYTES])
{
        for (int a = 0; a < ANOMALIES; a++) {
                if (v->tallies[a].broken == 0)
                        continue;
                snprintf(into, FINDING_BYTES, "%s: %.200s", anomalies[a].name,
                         v->tallies[a].first_broken);
                return true;
        }
        into[0] = '\0';
        return false;
}

/* The first anomaly of a guarantee that has findings of that kind. */
static void print_first(const struct verdict *v, enum guarantee g, bool broken, struct buffer *into)
{
        for (int a = 0; a < ANOMALIES; a++) {
                const struct tally *t = &v->tallies[a];
                if (anomalies[a].guarantee != g || (broken ? t->broken : t->unpromised) == 0)
                        continue;
                buffer_printf(into, ", first: %s: %s", anomalies[a].name,
                              broken ? t->first_broken : t->first_unpromised);
                return;
        }
}

void verdict_print_one(const struct verdict *v, enum guarantee g, struct buffer *into)
{
        int64_t broken, unpromised;
        verdict_count(v, g, &broken, &unpromised);
        if (broken > 0)
                buffer_printf(into, "BROKEN, %" PRId64 " found", broken);
        else if (unpromised > 0)
                buffer_printf(into, "not promised, %" PRId64 " found", unpromised);
        else
                buffer_printf(into, "kept");
        if (broken + unpromised > 0)
                print_first(v, g, broken > 0, into);
}
