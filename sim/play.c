#include "sim/play.h"

#include "sim/dot.h"
#include "sim/explain.h"

#include <stdio.h>

enum { CANNOT_WRITE = 2 };

/* Those who listen; NULL: does not. */
struct listeners {
        FILE *trace;
        struct explain *explain;
        struct report_page *page;
        struct dot *dot;
};

static void write_entry(FILE *file, const struct sim_trace_entry *entry)
{
        struct buffer text = {0};
        sim_trace_print(entry, &text);
        fprintf(file, "%.*s\n", (int)text.size, (const char *)text.data);
        buffer_deinit(&text);
}

static void on_entry(void *context, const struct sim_trace_entry *entry)
{
        struct listeners *l = context;
        if (l->trace)
                write_entry(l->trace, entry);
        if (l->explain)
                explain_entry(l->explain, entry);
        if (l->page)
                report_page_entry(l->page, entry);
        if (l->dot)
                dot_entry(l->dot, entry);
}

static bool write_file(const char *path, struct buffer *text)
{
        FILE *file = fopen(path, "w");
        bool good = file && fwrite(text->data, 1, text->size, file) == text->size;
        good = file && fclose(file) == 0 && good;
        buffer_deinit(text);
        if (!good)
                perror(path);
        return good;
}

/* Ends all that listened. False when a file could not be written. */
static bool finish(const struct play *p, struct listeners *l, const struct run_report *r)
{
        struct buffer text = {0};
        bool good = true;
        if (l->explain)
                explain_free(l->explain);
        if (l->trace && fclose(l->trace) != 0) {
                perror(p->trace);
                good = false;
        }
        if (l->dot) {
                dot_print(l->dot, &text);
                good &= write_file(p->dot, &text);
                dot_free(l->dot);
        }
        if (l->page) {
                report_page_print(l->page, r, &text);
                good &= write_file(p->report, &text);
                report_page_free(l->page);
        }
        return good;
}

int play(const struct play *p)
{
        const struct scenario *s = p->source.scenario;
        struct run_report report;
        struct listeners l = {0};
        if (p->trace && !(l.trace = fopen(p->trace, "w"))) {
                perror(p->trace);
                return CANNOT_WRITE;
        }
        if (p->tells)
                l.explain = explain_new(s, &report.history, explain_print, stdout);
        if (p->report)
                l.page = report_page_new(&p->source);
        if (p->dot)
                l.dot = dot_new(s, &report.history, p->dot_from_ns, p->dot_to_ns);
        struct run_options options = p->options;
        if (l.trace || l.explain || l.page || l.dot) {
                options.sink = on_entry;
                options.context = &l;
        }
        run_scenario(s, &options, &report);
        int status = finish(p, &l, &report) ? 0 : CANNOT_WRITE;
        if (!report.was_stopped) {
                struct buffer text = {0};
                report_print(&p->source, &report, &text);
                fwrite(text.data, 1, text.size, stdout);
                buffer_deinit(&text);
                if (status == 0)
                        status = run_judge(s, &report.verdict, NULL);
        }
        run_report_deinit(&report);
        return status;
}
