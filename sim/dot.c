#include "sim/dot.h"

#include "sim/explain.h"
#include "sim/explain_frame.h"
#include "wire/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum {
        NO_NODE = -1,
        COLUMNS_MAX = 64,
        LABEL_BYTES = 72, /* longer ones make the columns too wide */
};

/* What is on its way, in the order in which it was sent. */
struct sent {
        int64_t time_ns;
        uint64_t number;
        int32_t node;
        struct sent *next;
};

struct stream {
        int64_t id; /* the sender's side */
        struct sent *first, *last;
        UT_hash_handle hh;
};

/* A row of the picture: one node did something. */
struct row {
        int64_t time_ns;
        uint64_t number; /* of the trace entry: the order of what is at one time */
        int32_t node;
        char label[LABEL_BYTES]; /* "": the sending of a message */
        bool is_message;         /* one that came */
        int32_t sender_row;      /* its sending; -1: not known, or no message */
};

struct dot {
        const struct scenario *s;
        int64_t from_ns, to_ns;
        struct explain *explain;
        struct stream *streams;
        struct row *rows;
        int32_t count, capacity;
        int32_t messages, left_out;
        struct sent sender; /* of the frame that is being told */
};

/* --- rows --- */

static int32_t add_row(struct dot *d, const struct row *row)
{
        if (d->count == d->capacity) {
                d->capacity = d->capacity > 0 ? 2 * d->capacity : 64;
                d->rows = realloc(d->rows, (size_t)d->capacity * sizeof *d->rows);
                if (!d->rows)
                        abort();
        }
        d->rows[d->count] = *row;
        return d->count++;
}

static void add_message(struct dot *d, const struct sim_trace_entry *entry, const char *text)
{
        if (d->messages == DOT_MESSAGES_MAX) {
                d->left_out++;
                return;
        }
        d->messages++;
        struct row from = {.time_ns =
                                   d->sender.time_ns < d->from_ns ? d->from_ns : d->sender.time_ns,
                           .number = d->sender.number,
                           .node = d->sender.node,
                           .sender_row = -1};
        struct row to = {.time_ns = entry->time_ns,
                         .number = entry->number,
                         .node = entry->node,
                         .is_message = true};
        snprintf(to.label, sizeof to.label, "%s", text);
        to.sender_row = d->sender.node == NO_NODE ? -1 : add_row(d, &from);
        add_row(d, &to);
}

/* The words come from explain.c, and with them what is worth telling. */
static void on_line(void *context, const struct sim_trace_entry *entry, const char *who,
                    const char *text)
{
        struct dot *d = context;
        (void)who;
        if (entry->time_ns < d->from_ns || entry->time_ns > d->to_ns)
                return;
        if (entry->kind == SIM_TRACE_FRAME) {
                if (entry->numbers[2] != API_BROKER_HEARTBEAT && entry->numbers[2] != API_METADATA)
                        add_message(d, entry, text);
                return;
        }
        struct row row = {.time_ns = entry->time_ns,
                          .number = entry->number,
                          .node = entry->node,
                          .sender_row = -1};
        snprintf(row.label, sizeof row.label, "%s", text);
        add_row(d, &row);
}

struct dot *dot_new(const struct scenario *s, const struct history *h, int64_t from_ns,
                    int64_t to_ns)
{
        struct dot *d = calloc(1, sizeof *d);
        if (!d)
                abort();
        d->s = s;
        d->from_ns = from_ns;
        d->to_ns = to_ns;
        d->explain = explain_new(s, h, on_line, d);
        return d;
}

/* --- what was sent --- */

static void note_sent(struct dot *d, const struct sim_trace_entry *entry)
{
        struct stream *stream;
        int64_t id = entry->numbers[0];
        struct sent *sent = calloc(1, sizeof *sent);
        HASH_FIND(hh, d->streams, &id, sizeof id, stream);
        if (!stream && (stream = calloc(1, sizeof *stream))) {
                stream->id = id;
                HASH_ADD(hh, d->streams, id, sizeof stream->id, stream);
        }
        if (!sent || !stream)
                abort();
        *sent = (struct sent){entry->time_ns, entry->number, entry->node, NULL};
        if (stream->first)
                stream->last->next = sent;
        else
                stream->first = sent;
        stream->last = sent;
}

/* Streams are ordered: what arrives is the oldest that has not. */
static struct sent take_sent(struct dot *d, const struct sim_trace_entry *entry)
{
        struct stream *stream;
        int64_t id = entry->numbers[0] ^ 1; /* the other side */
        struct sent taken = {.node = NO_NODE};
        HASH_FIND(hh, d->streams, &id, sizeof id, stream);
        if (!stream || !stream->first)
                return taken;
        struct sent *first = stream->first;
        taken = *first;
        stream->first = first->next;
        free(first);
        return taken;
}

void dot_entry(void *dot, const struct sim_trace_entry *entry)
{
        struct dot *d = dot;
        if (entry->kind == SIM_TRACE_SEND)
                note_sent(d, entry);
        if (entry->kind == SIM_TRACE_FRAME)
                d->sender = take_sent(d, entry);
        explain_entry(d->explain, entry);
}

/* --- the graph --- */

static int by_time(const void *left, const void *right)
{
        const struct row *a = *(const struct row *const *)left;
        const struct row *b = *(const struct row *const *)right;
        if (a->time_ns != b->time_ns)
                return a->time_ns < b->time_ns ? -1 : 1;
        if (a->number != b->number)
                return a->number < b->number ? -1 : 1;
        return (a > b) - (a < b);
}

static void print_label(const char *text, struct buffer *into)
{
        for (; *text; text++)
                buffer_printf(into, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

static const char *column_name(const struct dot *d, int32_t node, char name[48])
{
        int32_t extra = node - SCENARIO_CLIENT_ID - d->s->client_count;
        if (node < 0)
                return "the script, the metadata";
        if (extra >= 0)
                return extra == 0 ? "admin" : "reader";
        return scenario_node_name(d->s, node, name, 48);
}

/* The nodes that appear, by their ids. */
static int32_t collect_columns(const struct dot *d, int32_t columns[COLUMNS_MAX])
{
        int32_t count = 0;
        for (int32_t id = NO_NODE; id < SCENARIO_CLIENT_ID + COLUMNS_MAX; id++)
                for (int32_t i = 0; i < d->count && count < COLUMNS_MAX; i++)
                        if (d->rows[i].node == id) {
                                columns[count++] = id;
                                break;
                        }
        return count;
}

static void print_head(const struct dot *d, struct buffer *into)
{
        int32_t columns[COLUMNS_MAX];
        int32_t count = collect_columns(d, columns);
        char name[48];
        buffer_printf(into,
                      "digraph run {\n"
                      "  graph [bgcolor=transparent, splines=line, nodesep=1.2, ranksep=0.12, "
                      "fontname=\"sans-serif\", fontcolor=\"#808080\", labelloc=t");
        if (d->left_out > 0)
                buffer_printf(into,
                              ", label=\"%d messages; %" PRId32 " more are left out: a shorter "
                              "window would show them\"",
                              DOT_MESSAGES_MAX, d->left_out);
        buffer_printf(into, "]\n"
                            "  node [shape=box, height=0.15, margin=\"0.05,0.02\", fontsize=9, "
                            "fontname=\"sans-serif\", color=\"#808080\", fontcolor=\"#808080\"]\n"
                            "  edge [color=\"#808080\", fontcolor=\"#808080\", fontsize=9, "
                            "fontname=\"sans-serif\", arrowsize=0.6]\n"
                            "  { rank=same; time [shape=plaintext, group=time]");
        for (int32_t i = 0; i < count; i++)
                buffer_printf(into,
                              "; c%" PRId32 " [label=\"%s\", group=g%" PRId32 ", fontsize=11]",
                              columns[i] + 1, column_name(d, columns[i], name), columns[i] + 1);
        buffer_printf(into, " }\n  time");
        for (int32_t i = 0; i < count; i++)
                buffer_printf(into, " -> c%" PRId32, columns[i] + 1);
        buffer_printf(into, " [style=invis]\n");
}

/* A point for what was sent, its words where it arrives, a box for what somebody did. */
static void print_row(const struct row *row, int32_t at, struct buffer *into)
{
        buffer_printf(into,
                      "  { rank=same; t%" PRId32
                      " [shape=plaintext, group=time, label=\"%.6f\"]; r%" PRId32
                      " [group=g%" PRId32,
                      at, (double)row->time_ns / 1e9, at, row->node + 1);
        if (row->label[0] == '\0') {
                buffer_printf(into, ", shape=point, width=0.05");
        } else {
                buffer_printf(into, "%s, label=\"", row->is_message ? ", shape=plaintext" : "");
                print_label(row->label, into);
                buffer_printf(into, "\"");
        }
        buffer_printf(into, "] }\n");
}

/* A line down each column, and one for the time, which keeps the rows apart. */
static void print_lines(const struct row **order, int32_t count, struct buffer *into)
{
        for (int32_t i = 0; i < count; i++) {
                int32_t before = i - 1;
                while (before >= 0 && order[before]->node != order[i]->node)
                        before--;
                if (i == 0)
                        buffer_printf(into, "  time -> t0 [style=invis]\n");
                else
                        buffer_printf(into, "  t%" PRId32 " -> t%" PRId32 " [style=invis]\n", i - 1,
                                      i);
                if (before >= 0)
                        buffer_printf(into, "  r%" PRId32, before);
                else
                        buffer_printf(into, "  c%" PRId32, order[i]->node + 1);
                buffer_printf(into, " -> r%" PRId32 " [arrowhead=none, weight=100]\n", i);
        }
}

/* So that all lines go on to the end. */
static void print_foot(const struct dot *d, const struct row **order, struct buffer *into)
{
        int32_t columns[COLUMNS_MAX];
        int32_t count = collect_columns(d, columns);
        buffer_printf(into, "  { rank=same; end [shape=plaintext, group=time, label=\"\"]");
        for (int32_t i = 0; i < count; i++)
                buffer_printf(into, "; e%" PRId32 " [shape=point, width=0.01, group=g%" PRId32 "]",
                              columns[i] + 1, columns[i] + 1);
        buffer_printf(into, " }\n");
        if (d->count > 0)
                buffer_printf(into, "  t%" PRId32 " -> end [style=invis]\n", d->count - 1);
        for (int32_t i = 0; i < count; i++) {
                int32_t last = d->count - 1;
                while (order[last]->node != columns[i])
                        last--;
                buffer_printf(into, "  r%" PRId32 " -> e%" PRId32 " [arrowhead=none, weight=100]\n",
                              last, columns[i] + 1);
        }
}

static void print_messages(const struct dot *d, const struct row **order, const int32_t *places,
                           struct buffer *into)
{
        for (int32_t i = 0; i < d->count; i++) {
                if (order[i]->sender_row < 0)
                        continue;
                buffer_printf(into, "  r%" PRId32 " -> r%" PRId32 " [constraint=false]\n",
                              places[order[i]->sender_row], i);
        }
}

void dot_print(struct dot *d, struct buffer *into)
{
        explain_free(d->explain); /* its last line is a row too */
        d->explain = NULL;
        const struct row **order = calloc((size_t)d->count + 1, sizeof *order);
        int32_t *places = calloc((size_t)d->count + 1, sizeof *places);
        if (!order || !places)
                abort();
        for (int32_t i = 0; i < d->count; i++)
                order[i] = &d->rows[i];
        qsort(order, (size_t)d->count, sizeof *order, by_time);
        for (int32_t i = 0; i < d->count; i++)
                places[order[i] - d->rows] = i;
        print_head(d, into);
        for (int32_t i = 0; i < d->count; i++)
                print_row(order[i], i, into);
        print_lines(order, d->count, into);
        print_foot(d, order, into);
        print_messages(d, order, places, into);
        buffer_printf(into, "}\n");
        free(order);
        free(places);
}

void dot_free(struct dot *d)
{
        struct stream *stream, *next;
        if (d->explain)
                explain_free(d->explain);
        HASH_ITER (hh, d->streams, stream, next) {
                HASH_DEL(d->streams, stream);
                for (struct sent *sent = stream->first, *after; sent; sent = after) {
                        after = sent->next;
                        free(sent);
                }
                free(stream);
        }
        free(d->rows);
        free(d);
}
