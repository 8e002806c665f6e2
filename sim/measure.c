#include "sim/measure.h"

#include <stdlib.h>

/* When it was first known that there is a record at an offset. */
struct known {
        int32_t partition;
        int64_t offset, since_ns;
};

static int compare(const void *left, const void *right)
{
        const struct known *a = left, *b = right;
        if (a->partition != b->partition)
                return a->partition < b->partition ? -1 : 1;
        if (a->offset != b->offset)
                return a->offset < b->offset ? -1 : 1;
        return (a->since_ns > b->since_ns) - (a->since_ns < b->since_ns);
}

static void *allocate(int64_t count, size_t item_bytes)
{
        void *items = calloc((size_t)count + 1, item_bytes);
        if (!items)
                abort();
        return items;
}

static bool is_poll(const struct history_read *r)
{
        return r->kind == READ_RECORD && !r->is_final && r->send != SEND_PHANTOM;
}

static void count_sends(const struct history *h, struct measures *m)
{
        for (int32_t i = 0; i < h->send_count; i++) {
                m->acknowledged += h->sends[i].outcome == OUTCOME_OK;
                m->refused += h->sends[i].outcome == OUTCOME_FAILED;
                m->unknown += h->sends[i].outcome == OUTCOME_UNKNOWN;
        }
}

static void count_groups(const struct history *h, struct measures *m)
{
        for (int32_t i = 0; i < h->read_count; i++)
                m->processed += h->reads[i].group >= 0 && h->reads[i].processed_ns < INT64_MAX;
        for (int32_t i = 0; i < h->commit_count; i++)
                m->committed +=
                        h->commits[i].outcome == OUTCOME_OK &&
                        history_visibility(h, h->commits[i].transaction) == VISIBILITY_COMMITTED;
        for (int32_t i = 0; i < h->transaction_count; i++)
                m->transactions[history_visibility(h, i)]++;
}

/* Reads come in the order of time, so the first of a send is its earliest. */
static void measure_unseen(const struct history *h, struct measures *m)
{
        bool *is_seen = allocate(h->send_count, sizeof *is_seen);
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                if (!is_poll(r))
                        continue;
                m->read++;
                const struct history_send *s = &h->sends[r->send];
                if (!is_seen[r->send] && s->outcome == OUTCOME_OK &&
                    r->done_ns - s->done_ns > m->unseen_ns) {
                        m->unseen_ns = r->done_ns - s->done_ns;
                        m->unseen_send = r->send;
                }
                is_seen[r->send] = true;
        }
        free(is_seen);
}

static struct known *collect_known(const struct history *h, int64_t *count)
{
        struct known *known = allocate((int64_t)h->send_count + h->read_count, sizeof *known);
        int64_t n = 0;
        for (int32_t i = 0; i < h->send_count; i++) {
                const struct history_send *s = &h->sends[i];
                /* Nobody waits for what was aborted. */
                if (s->outcome == OUTCOME_OK && s->offset >= 0 &&
                    history_visibility(h, s->transaction) != VISIBILITY_ABORTED)
                        known[n++] = (struct known){s->partition, s->offset, s->done_ns};
        }
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                if (is_poll(r))
                        known[n++] = (struct known){r->partition, r->offset, r->done_ns};
        }
        qsort(known, (size_t)n, sizeof *known, compare);
        *count = n;
        return known;
}

/* The first that is known behind an offset of a partition; NULL: none. */
static const struct known *next_known(const struct known *known, int64_t count, int32_t partition,
                                      int64_t offset)
{
        struct known key = {partition, offset, INT64_MAX};
        int64_t low = 0, high = count;
        while (low < high) {
                int64_t middle = low + (high - low) / 2;
                if (compare(&known[middle], &key) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < count && known[low].partition == partition ? &known[low] : NULL;
}

/* What a reader got at one instant was one poll; its last record is looked at. */
static void measure_staleness(const struct history *h, struct measures *m)
{
        int64_t count;
        struct known *known = collect_known(h, &count);
        const struct history_read **last =
                allocate((int64_t)h->client_count * h->partition_count, sizeof *last);
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                const struct history_read **before =
                        &last[r->client * h->partition_count + r->partition];
                if (!is_poll(r))
                        *before = NULL;
                if (!is_poll(r))
                        continue;
                const struct known *next =
                        *before ? next_known(known, count, r->partition, (*before)->offset) : NULL;
                if (next && r->done_ns - next->since_ns > m->stale_ns) {
                        m->stale_ns = r->done_ns - next->since_ns;
                        m->stale_reader = r->client;
                }
                *before = r;
        }
        free(known);
        free(last);
}

void measure(const struct history *h, struct measures *m)
{
        *m = (struct measures){.unseen_send = -1, .stale_reader = -1};
        count_sends(h, m);
        count_groups(h, m);
        measure_unseen(h, m);
        measure_staleness(h, m);
}
