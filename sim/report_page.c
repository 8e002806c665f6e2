/* The page of a report: HTML with one picture in SVG. */
#include "sim/explain_frame.h"
#include "sim/notes.h"
#include "sim/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        NODES_MAX = 100,
        WIDTH = 1000, /* of the picture, in its own units; the first LEFT are for names */
        LEFT = 110,
        ROW = 22,
        CURVE = 120, /* height */
        BUCKETS = 200,
        WORD_BYTES = 160,
};

/* Something with a time and a few words. */
struct moment {
        int64_t time_ns;
        int32_t node; /* NO_NODE: of the script or the metadata */
        char words[WORD_BYTES];
};

/* A node was up, or could not be heard. */
struct span_of_life {
        int64_t from_ns, to_ns;
        int32_t node;
        bool is_pause;
};

enum { NO_NODE = -1 };

struct report_page {
        const struct report_source *source;
        struct moment *moments;
        int32_t moment_count, moment_capacity;
        struct span_of_life *lives;
        int32_t life_count, life_capacity;
        /* By node: the index of the life, and of the pause, that goes on; -1: none. */
        int32_t life[NODES_MAX], pause[NODES_MAX];
};

static void *grow(void *items, int32_t count, int32_t *capacity, size_t item_bytes)
{
        if (count < *capacity)
                return items;
        *capacity = count > 0 ? 2 * count : 32;
        items = realloc(items, (size_t)*capacity * item_bytes);
        if (!items)
                abort();
        return items;
}

struct report_page *report_page_new(const struct report_source *source)
{
        struct report_page *p = calloc(1, sizeof *p);
        if (!p)
                abort();
        p->source = source;
        for (int i = 0; i < NODES_MAX; i++)
                p->life[i] = p->pause[i] = -1;
        return p;
}

void report_page_free(struct report_page *p)
{
        free(p->moments);
        free(p->lives);
        free(p);
}

/* --- what happened --- */

static char *add_moment(struct report_page *p, int64_t time_ns, int32_t node)
{
        p->moments = grow(p->moments, p->moment_count, &p->moment_capacity, sizeof *p->moments);
        struct moment *m = &p->moments[p->moment_count++];
        *m = (struct moment){.time_ns = time_ns, .node = node};
        return m->words;
}

static void begin(struct report_page *p, const struct sim_trace_entry *entry, bool is_pause)
{
        p->lives = grow(p->lives, p->life_count, &p->life_capacity, sizeof *p->lives);
        p->lives[p->life_count] =
                (struct span_of_life){entry->time_ns, INT64_MAX, entry->node, is_pause};
        (is_pause ? p->pause : p->life)[entry->node] = p->life_count++;
}

static void end(struct report_page *p, const struct sim_trace_entry *entry, bool is_pause)
{
        int32_t *current = &(is_pause ? p->pause : p->life)[entry->node];
        if (*current >= 0)
                p->lives[*current].to_ns = entry->time_ns;
        *current = -1;
}

static void note_life(struct report_page *p, const struct sim_trace_entry *entry)
{
        switch (entry->kind) {
        case SIM_TRACE_BOOT:
                end(p, entry, false);
                begin(p, entry, false);
                break;
        case SIM_TRACE_BOOT_FAILED:
        case SIM_TRACE_STOP:
        case SIM_TRACE_KILL:
        case SIM_TRACE_POWER_CUT:
        case SIM_TRACE_WIPE:
        case SIM_TRACE_DISK_CRASH:
                end(p, entry, false);
                end(p, entry, true);
                break;
        case SIM_TRACE_PAUSE: begin(p, entry, true); break;
        case SIM_TRACE_RESUME: end(p, entry, true); break;
        default: break;
        }
}

static void note_step(struct report_page *p, const struct sim_trace_entry *entry)
{
        const struct scenario *s = p->source->scenario;
        struct buffer text = {0};
        scenario_print_statement(s, &s->steps[entry->numbers[1]].action, &text);
        snprintf(add_moment(p, entry->time_ns, NO_NODE), WORD_BYTES, "%.*s", (int)text.size,
                 (const char *)text.data);
        buffer_deinit(&text);
}

void report_page_entry(void *page, const struct sim_trace_entry *entry)
{
        struct report_page *p = page;
        if (entry->node >= 0 && entry->node < SCENARIO_CLIENT_ID)
                note_life(p, entry);
        if (entry->kind != SIM_TRACE_NOTE)
                return;
        if (entry->numbers[0] == NOTE_STEP)
                note_step(p, entry);
        else if (entry->numbers[0] == NOTE_HEALED)
                snprintf(add_moment(p, entry->time_ns, NO_NODE), WORD_BYTES, "all is healed");
        else if (entry->numbers[0] == NOTE_LEADS)
                snprintf(add_moment(p, entry->time_ns, entry->node), WORD_BYTES,
                         "leads partition %" PRId64 " of the run in epoch %" PRId64,
                         entry->numbers[1], entry->numbers[2]);
        else if (entry->numbers[0] == NOTE_CONTROLS && entry->numbers[1])
                snprintf(add_moment(p, entry->time_ns, entry->node), WORD_BYTES,
                         "is the active controller");
}

/* --- the picture --- */

static double x_of(int64_t time_ns, int64_t end_ns)
{
        double share = end_ns > 0 ? (double)time_ns / (double)end_ns : 0;
        return LEFT + (share > 1 ? 1 : share) * (WIDTH - LEFT - 10);
}

static void escape(const char *text, size_t size, struct buffer *into)
{
        for (size_t i = 0; i < size; i++)
                switch (text[i]) {
                case '<': buffer_printf(into, "&lt;"); break;
                case '>': buffer_printf(into, "&gt;"); break;
                case '&': buffer_printf(into, "&amp;"); break;
                case '"': buffer_printf(into, "&quot;"); break;
                default: buffer_append(into, &text[i], 1);
                }
}

/* The row of a node; rows are by id, the first is the script's. */
static int row_of(const struct report_page *p, int32_t node)
{
        bool is_there[NODES_MAX] = {false};
        int row = 1;
        for (int32_t i = 0; i < p->life_count; i++)
                is_there[p->lives[i].node] = true;
        for (int32_t id = 0; id < node; id++)
                row += is_there[id];
        return node == NO_NODE ? 0 : row;
}

static void print_lives(const struct report_page *p, int64_t end_ns, struct buffer *into)
{
        for (int32_t i = 0; i < p->life_count; i++) {
                const struct span_of_life *l = &p->lives[i];
                int64_t to_ns = l->to_ns < end_ns ? l->to_ns : end_ns;
                double x = x_of(l->from_ns, end_ns);
                char name[48];
                buffer_printf(into, "<rect x='%.1f' y='%d' width='%.1f' height='%d' class='%s'/>\n",
                              x, row_of(p, l->node) * ROW + 6, x_of(to_ns, end_ns) - x, ROW - 12,
                              l->is_pause ? "pause" : "life");
                buffer_printf(into, "<text x='4' y='%d'>%s</text>\n",
                              row_of(p, l->node) * ROW + ROW / 2 + 4,
                              scenario_node_name(p->source->scenario, l->node, name, sizeof name));
        }
}

static void print_moments(const struct report_page *p, int64_t end_ns, struct buffer *into)
{
        for (int32_t i = 0; i < p->moment_count; i++) {
                const struct moment *m = &p->moments[i];
                buffer_printf(into, "<circle cx='%.1f' cy='%d' r='4' class='%s'><title>%.3f s: ",
                              x_of(m->time_ns, end_ns), row_of(p, m->node) * ROW + ROW / 2,
                              m->node == NO_NODE ? "step" : "lead", (double)m->time_ns / 1e9);
                escape(m->words, strlen(m->words), into);
                buffer_printf(into, "</title></circle>\n");
        }
}

/* Acknowledged records that no consumer has seen yet, by time. */
static int64_t count_unseen(const struct history *h, int64_t end_ns, int64_t unseen[BUCKETS])
{
        bool *is_seen = calloc((size_t)h->send_count + 1, sizeof *is_seen);
        int64_t most = 0, sum = 0;
        if (!is_seen)
                abort();
        memset(unseen, 0, BUCKETS * sizeof *unseen);
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                if (r->kind != READ_RECORD || r->is_final || r->send == SEND_PHANTOM ||
                    is_seen[r->send] || h->sends[r->send].outcome != OUTCOME_OK)
                        continue;
                int64_t since_ns = h->sends[r->send].done_ns;
                is_seen[r->send] = true;
                /* It may be seen before its sender hears of it. */
                unseen[(since_ns < r->done_ns ? since_ns : r->done_ns) * (BUCKETS - 1) / end_ns]++;
                unseen[r->done_ns * (BUCKETS - 1) / end_ns]--;
        }
        for (int32_t i = 0; i < h->send_count; i++)
                if (h->sends[i].outcome == OUTCOME_OK && !is_seen[i])
                        unseen[h->sends[i].done_ns * (BUCKETS - 1) / end_ns]++;
        for (int i = 0; i < BUCKETS; i++) {
                sum += unseen[i];
                unseen[i] = sum;
                most = sum > most ? sum : most;
        }
        free(is_seen);
        return most;
}

static void print_curve(const struct run_report *r, int top, struct buffer *into)
{
        int64_t unseen[BUCKETS];
        if (r->virtual_ns <= 0)
                return;
        int64_t most = count_unseen(&r->history, r->virtual_ns, unseen);
        buffer_printf(into,
                      "<text x='4' y='%d'>unseen</text><text x='4' y='%d'>up to %" PRId64
                      "</text>\n<polyline class='curve' points='",
                      top + 14, top + 30, most);
        for (int i = 0; i < BUCKETS; i++)
                buffer_printf(
                        into, "%.1f,%.1f ", x_of(r->virtual_ns * i / (BUCKETS - 1), r->virtual_ns),
                        top + CURVE - (most > 0 ? (double)unseen[i] / (double)most : 0) * CURVE);
        buffer_printf(into, "'/>\n");
}

static void print_picture(const struct report_page *p, const struct run_report *r,
                          struct buffer *into)
{
        int rows = row_of(p, NODES_MAX - 1) + 1;
        buffer_printf(into, "<svg viewBox='0 0 %d %d'>\n<text x='4' y='%d'>script</text>\n", WIDTH,
                      rows * ROW + CURVE + 30, ROW / 2 + 4);
        print_lives(p, r->virtual_ns, into);
        print_moments(p, r->virtual_ns, into);
        print_curve(r, rows * ROW, into);
        buffer_printf(into,
                      "<text x='%d' y='%d'>0 s</text><text x='%d' y='%d' text-anchor='end'>%.1f "
                      "s</text>\n</svg>\n",
                      LEFT, rows * ROW + CURVE + 22, WIDTH - 10, rows * ROW + CURVE + 22,
                      (double)r->virtual_ns / 1e9);
}

/* --- the page --- */

static void print_guarantees(const struct run_report *r, struct buffer *into)
{
        buffer_printf(into, "<table>\n");
        for (int g = 0; g < GUARANTEES; g++) {
                int64_t broken, unpromised;
                if (!report_tells(r, (enum guarantee)g))
                        continue;
                verdict_count(&r->verdict, (enum guarantee)g, &broken, &unpromised);
                struct buffer line = {0};
                verdict_print_one(&r->verdict, (enum guarantee)g, &line);
                buffer_printf(into, "<tr class='%s'><td>%s</td><td>",
                              broken > 0       ? "broken"
                              : unpromised > 0 ? "unpromised"
                                               : "kept",
                              guarantee_name((enum guarantee)g));
                escape((const char *)line.data, line.size, into);
                buffer_printf(into, "</td></tr>\n");
                buffer_deinit(&line);
        }
        buffer_printf(into, "</table>\n");
}

static const char style[] =
        "<style>body{font-family:sans-serif;max-width:70em;margin:1em auto;padding:0 1em}"
        "td{padding:.1em .8em;vertical-align:top}.kept{color:#2a7a2a}.broken{color:#b02020;"
        "font-weight:bold}.unpromised{color:#a06000}pre{background:#8882;padding:.6em;"
        "overflow:auto}svg{width:100%;font-size:12px}svg text{fill:#808080}.life{fill:#6a9fd0}"
        ".pause{fill:#d0b040}.step{fill:#b02020}.lead{fill:#2a7a2a}.curve{fill:none;"
        "stroke:#808080;stroke-width:1.5}</style>\n";

void report_page_print(const struct report_page *p, const struct run_report *r, struct buffer *into)
{
        struct buffer text = {0}, title = {0};
        const char *name = p->source->file ? p->source->file : "a run drawn from its seed";
        escape(name, strlen(name), &title);
        buffer_printf(&title, ", seed %" PRIu64, p->source->seed);
        buffer_printf(into,
                      "<!doctype html>\n<html lang='en'><meta charset='utf-8'>\n"
                      "<title>%.*s</title>\n%s<h1>%.*s</h1>\n",
                      (int)title.size, (const char *)title.data, style, (int)title.size,
                      (const char *)title.data);
        buffer_deinit(&title);
        print_guarantees(r, into);
        buffer_printf(into, "<h2>Who was up, who led, what the script did</h2>\n");
        print_picture(p, r, into);
        buffer_printf(into,
                      "<p>Blue: up. Yellow: paused. Green: begins to lead. Red: a step of the "
                      "script. Point at one to read it.</p>\n<h2>In words</h2>\n<pre>");
        report_print(p->source, r, &text);
        escape((const char *)text.data, text.size, into);
        buffer_printf(into, "</pre>\n<h2>The scenario</h2>\n<pre>");
        buffer_clear(&text);
        scenario_print(p->source->scenario, &text);
        escape((const char *)text.data, text.size, into);
        buffer_printf(into, "</pre>\n</html>\n");
        buffer_deinit(&text);
}
