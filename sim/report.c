#include "sim/report.h"

#include "sim/measure.h"

#include <inttypes.h>

static void print_measures(const struct history *h, struct buffer *into)
{
        struct measures m;
        measure(h, &m);
        buffer_printf(into,
                      "%" PRId64 " records acknowledged, %" PRId64 " refused, %" PRId64
                      " unknown; %" PRId64 " read\n",
                      m.acknowledged, m.refused, m.unknown, m.read);
        if (m.unseen_send >= 0)
                buffer_printf(
                        into, "longest between acknowledged and seen: %.3f s (%s/%" PRId32 ")\n",
                        (double)m.unseen_ns / 1e9, h->clients[h->sends[m.unseen_send].client].name,
                        h->sends[m.unseen_send].serial);
        if (m.stale_reader >= 0)
                buffer_printf(into, "longest that a consumer was behind: %.3f s (%s)\n",
                              (double)m.stale_ns / 1e9, h->clients[m.stale_reader].name);
}

static void print_again(const struct report_source *s, struct buffer *into)
{
        buffer_printf(into, "again: odradek-sim replay %s%s--seed %" PRIu64 "%s%s\n",
                      s->file ? s->file : "", s->file ? " " : "", s->seed, s->bug ? " --bug " : "",
                      s->bug ? s->bug : "");
}

void report_print(const struct report_source *source, const struct run_report *r,
                  struct buffer *into)
{
        verdict_print(&r->verdict, into);
        print_measures(&r->history, into);
        if (r->waiting.size > 0)
                buffer_printf(into,
                              "still waiting %d s after all was healed; the last progress was at "
                              "%.3f s:\n%.*s",
                              RUN_LIVENESS_S, (double)r->progress_ns / 1e9, (int)r->waiting.size,
                              (const char *)r->waiting.data);
        size_t size = into->size;
        run_judge(source->scenario, &r->verdict, into);
        if (into->size == size && source->scenario->expect_count > 0)
                buffer_printf(into, "all that was expected came true\n");
        buffer_printf(into, "trace %016" PRIx64 ", %" PRIu64 " events, %.3f s of virtual time\n",
                      r->hash, r->events, (double)r->virtual_ns / 1e9);
        print_again(source, into);
}
