/* findings.c - what the simulator, or a signal, says about a run. */
#include "lab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The start of the first line that has `needle`, or NULL. */
static const char *line_with(const char *out, const char *needle)
{
        const char *at = strstr(out, needle);
        while (at && at > out && at[-1] != '\n')
                at--;
        return at;
}

static int line_size(const char *line)
{
        return (int)strcspn(line, "\n");
}

/* "nothing lost     BROKEN, 60 found, first: lost write: …" */
static void read_broken(const char *line, json_t *result)
{
        const char *first = strstr(line, "first: ");
        int name = (int)(strstr(line, "BROKEN") - line);
        while (name > 0 && line[name - 1] == ' ')
                name--;
        set_text(result, "guarantee", "%.*s", name, line);
        if (first && first < line + line_size(line))
                set_text(result, "record", "%.*s", line_size(first) - 7, first + 7);
}

/* Between brokers: these name the cause, where clients only see what comes of it. */
static void read_cause(const char *out, json_t *result)
{
        static const char *const inner[] = {"committed is complete", "replicas agree",
                                            "log well formed", "marks never go back"};
        for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
                const char *line = line_with(out, inner[i]);
                const char *first = line ? strstr(line, "first: ") : NULL;
                if (!first || first > line + line_size(line) ||
                    strcmp(get_text(result, "guarantee"), inner[i]) == 0)
                        continue;
                set_text(result, "explain", "%.*s", line_size(first) - 7, first + 7);
                return;
        }
}

static void read_trace(const char *out, json_t *result)
{
        const char *line = line_with(out, "trace ");
        char hash[17];
        double virtual_s;
        if (line && sscanf(line, "trace %16[0-9a-f], %*d events, %lf s", hash, &virtual_s) == 2) {
                set_text(result, "trace", "%s", hash);
                json_object_set_new(result, "virtual_ms",
                                    json_integer((json_int_t)lround(virtual_s * 1000)));
        }
}

bool read_findings(const struct outcome *o, json_t *result)
{
        const char *out = (const char *)o->out.data;
        const char *broken = line_with(out, " BROKEN, ");
        const char *waiting = line_with(out, "still waiting ");
        read_trace(out, result);
        if (broken) {
                read_broken(broken, result);
                read_cause(out, result);
        }
        if (waiting && !*get_text(result, "explain")) {
                const char *end = line_with(out, "trace ");
                set_text(result, "explain", "%.*s",
                         (int)(end && end > waiting ? end - waiting - 1 : line_size(waiting)),
                         waiting);
        }
        return broken;
}

bool died(const struct outcome *o, json_t *result)
{
        const char *out = (const char *)o->out.data;
        const char *last = line_with(out, "Assertion");
        if (o->timed_out) {
                set_text(result, "verdict", "error");
                set_text(result, "explain",
                         "it did not end within %.0f s of wall time; a loop that never ends?",
                         (double)o->wall_ms / 1e3);
                return true;
        }
        if (o->status == NOT_STARTED) {
                set_text(result, "verdict", "error");
                set_text(result, "explain", "it could not be started: %.300s", out);
                return true;
        }
        if (!o->signal)
                return false;
        set_text(result, "verdict", "fail");
        set_text(result, "explain", "it was killed by signal %d (%s)%s%.*s", o->signal,
                 strsignal(o->signal), last ? ": " : "", last ? line_size(last) : 0,
                 last ? last : "");
        return true;
}
