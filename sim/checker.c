#include "sim/checker_private.h"

#include <stdlib.h>

void *checker_allocate(int64_t count, size_t item_bytes)
{
        void *items = calloc((size_t)count + 1, item_bytes);
        if (!items)
                abort();
        return items;
}

int checker_compare_places(const struct fact *a, const struct fact *b)
{
        if (a->partition != b->partition)
                return a->partition < b->partition ? -1 : 1;
        if (a->offset != b->offset)
                return a->offset < b->offset ? -1 : 1;
        return 0;
}

/* Facts that compare equal are merged, so ties do no harm. */
static int compare_facts(const void *left, const void *right)
{
        const struct fact *a = left, *b = right;
        int order = checker_compare_places(a, b);
        if (order != 0)
                return order;
        return (a->send > b->send) - (a->send < b->send);
}

bool checker_was_acked(const struct history_send *s)
{
        return s->outcome == OUTCOME_OK && s->offset >= 0;
}

static uint8_t voucher_of(const struct history_read *r)
{
        if (r->is_final)
                return FACT_FINAL;
        return (uint8_t)(FACT_READ | (r->committed ? FACT_READ_COMMITTED : 0));
}

static void collect_facts(struct checker *c)
{
        const struct history *h = c->h;
        c->facts = checker_allocate((int64_t)h->send_count + h->read_count, sizeof *c->facts);
        int64_t n = 0;
        for (int32_t i = 0; i < h->send_count; i++) {
                const struct history_send *s = &h->sends[i];
                if (checker_was_acked(s))
                        c->facts[n++] = (struct fact){s->partition, i, s->offset, FACT_ACKED};
        }
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                if (r->kind == READ_RECORD && r->send != SEND_PHANTOM)
                        c->facts[n++] =
                                (struct fact){r->partition, r->send, r->offset, voucher_of(r)};
        }
        qsort(c->facts, (size_t)n, sizeof *c->facts, compare_facts);
        for (int64_t i = 0; i < n; i++) {
                struct fact *last = &c->facts[c->fact_count > 0 ? c->fact_count - 1 : 0];
                if (c->fact_count > 0 && compare_facts(last, &c->facts[i]) == 0)
                        last->vouchers |= c->facts[i].vouchers;
                else
                        c->facts[c->fact_count++] = c->facts[i];
        }
}

static void collect_survivors(struct checker *c)
{
        c->survivor_done_ns = checker_allocate(c->fact_count, sizeof *c->survivor_done_ns);
        c->final_count = checker_allocate(c->h->send_count, sizeof *c->final_count);
        c->visible_count = checker_allocate(c->h->transaction_count, sizeof *c->visible_count);
        int64_t done_ns = INT64_MAX;
        for (int64_t i = c->fact_count - 1; i >= 0; i--) {
                const struct fact *f = &c->facts[i];
                if (i + 1 < c->fact_count && f->partition != f[1].partition)
                        done_ns = INT64_MAX;
                c->survivor_done_ns[i] = done_ns;
                if (!(f->vouchers & FACT_FINAL))
                        continue;
                const struct history_send *s = &c->h->sends[f->send];
                if (c->final_count[f->send]++ == 0 && s->transaction >= 0)
                        c->visible_count[s->transaction]++;
                if (checker_was_acked(s) && s->done_ns < done_ns)
                        done_ns = s->done_ns;
        }
}

int64_t checker_find(const struct checker *c, int32_t partition, int64_t offset)
{
        struct fact key = {.partition = partition, .offset = offset};
        int64_t low = 0, high = c->fact_count;
        while (low < high) {
                int64_t middle = low + (high - low) / 2;
                if (checker_compare_places(&c->facts[middle], &key) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static int64_t final_read_ns(const struct history *h)
{
        for (int32_t i = 0; i < h->read_count; i++)
                if (h->reads[i].is_final && h->reads[i].kind == READ_RECORD)
                        return h->reads[i].done_ns;
        return INT64_MAX;
}

enum visibility checker_visibility(const struct checker *c, int32_t send)
{
        return history_visibility(c->h, c->h->sends[send].transaction);
}

void checker_run(const struct history *h, struct verdict *v)
{
        struct checker c = {.h = h, .v = v, .final_ns = final_read_ns(h)};
        collect_facts(&c);
        collect_survivors(&c);
        checker_mark_replaced(&c);
        checker_losses(&c);
        checker_sends(&c);
        checker_reads(&c);
        checker_marks(&c);
        checker_transactions(&c);
        checker_groups(&c);
        checker_keys(&c);
        free(c.facts);
        free(c.survivor_done_ns);
        free(c.final_count);
        free(c.visible_count);
}
