#include "sim/report.h"

#include "sim/measure.h"

#include <inttypes.h>
#include <string.h>

static bool is_any_idempotent(const struct history *h)
{
        for (int32_t i = 0; i < h->send_count; i++)
                if (h->sends[i].idempotent)
                        return true;
        return false;
}

static bool is_any_compacted(const struct history *h)
{
        for (int32_t i = 0; i < h->partition_count; i++)
                if (h->partitions[i].compacts && !h->partitions[i].is_internal)
                        return true;
        return false;
}

bool report_tells(const struct run_report *r, enum guarantee g)
{
        const struct history *h = &r->history;
        int64_t broken, unpromised;
        verdict_count(&r->verdict, g, &broken, &unpromised);
        if (broken + unpromised > 0)
                return true;
        switch (g) {
        case GUARANTEE_NO_ABORTED_READ:
        case GUARANTEE_ATOMIC: return h->transaction_count > 0;
        case GUARANTEE_COMMITS_KEPT:
        case GUARANTEE_NOTHING_SKIPPED:
        case GUARANTEE_NOTHING_TWICE:
        case GUARANTEE_ONE_OWNER: return h->group_count > 0;
        case GUARANTEE_SEQUENCES_DENSE: return is_any_idempotent(h);
        case GUARANTEE_KEYS_KEPT: return is_any_compacted(h);
        default: return true;
        }
}

static void print_guarantees(const struct run_report *r, struct buffer *into)
{
        int width = 22;
        for (int g = 0; g < GUARANTEES; g++) {
                int size = (int)strlen(guarantee_name((enum guarantee)g));
                if (report_tells(r, (enum guarantee)g) && size > width)
                        width = size;
        }
        for (int g = 0; g < GUARANTEES; g++) {
                if (!report_tells(r, (enum guarantee)g))
                        continue;
                buffer_printf(into, "%-*s ", width, guarantee_name((enum guarantee)g));
                verdict_print_one(&r->verdict, (enum guarantee)g, into);
                buffer_printf(into, "\n");
        }
}

static void print_measures(const struct history *h, struct buffer *into)
{
        struct measures m;
        measure(h, &m);
        buffer_printf(into,
                      "%" PRId64 " records acknowledged, %" PRId64 " refused, %" PRId64
                      " unknown; %" PRId64 " read\n",
                      m.acknowledged, m.refused, m.unknown, m.read);
        if (h->group_count > 0)
                buffer_printf(into,
                              "%" PRId64 " records processed, %" PRId64 " offsets committed\n",
                              m.processed, m.committed);
        if (h->transaction_count > 0)
                buffer_printf(into,
                              "%" PRId64 " transactions committed, %" PRId64 " aborted, %" PRId64
                              " unknown\n",
                              m.transactions[VISIBILITY_COMMITTED],
                              m.transactions[VISIBILITY_ABORTED],
                              m.transactions[VISIBILITY_UNKNOWN]);
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
        buffer_printf(into, "again: %s replay %s%s--seed %" PRIu64 "%s%s\n", s->program,
                      s->file ? s->file : "", s->file ? " " : "", s->seed, s->bug ? " --bug " : "",
                      s->bug ? s->bug : "");
}

void report_print(const struct report_source *source, const struct run_report *r,
                  struct buffer *into)
{
        print_guarantees(r, into);
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
