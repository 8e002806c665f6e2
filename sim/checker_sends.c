/* What producers were promised: nothing twice, and in order. */
#include "sim/checker_private.h"

#include <stdlib.h>

/* acks=0: nobody said that it arrived, so nothing was promised. What was deleted is not looked
 * for, and nobody knows where this one was. */
static void check_unanswered(struct checker *c, int32_t send)
{
        const struct history_send *s = &c->h->sends[send];
        const struct history_partition *p = &c->h->partitions[s->partition];
        if (s->acks != 0 || s->outcome != OUTCOME_OK || c->final_count[send] > 0 ||
            p->final_end < 0 || p->deleted || p->deleted_to > 0 || p->expires || p->compacts)
                return;
        verdict_add(c->v, ANOMALY_LOST_WRITE, false,
                    VALUE_FORMAT " was sent to %s with acks=0 (%.3f s) and is not there",
                    VALUE_OF(c, send), p->name, checker_seconds(s->done_ns));
}

/* An idempotent producer may repeat itself as often as it likes: the brokers know. */
static bool may_be_doubled(const struct checker *c, const struct history_send *s)
{
        if (s->idempotent)
                return checker_is_beyond(c, s->partition);
        return s->outcome != OUTCOME_OK || s->retried;
}

static bool is_in_final_read(const struct checker *c, int32_t send)
{
        const struct history_send *s = &c->h->sends[send];
        int64_t i = checker_find(c, s->partition, s->offset);
        for (; i < c->fact_count; i++) {
                const struct fact *f = &c->facts[i];
                if (f->partition != s->partition || f->offset != s->offset)
                        return false;
                if (f->send == send)
                        return f->vouchers & FACT_FINAL;
        }
        return false;
}

/* `before` is where the last one of its client and partition lies that is still there; -1: none. */
static void check_order(struct checker *c, int32_t send, int32_t before)
{
        const struct history_send *s = &c->h->sends[send];
        if (before < 0 || c->h->sends[before].offset < s->offset)
                return;
        verdict_add(c->v, ANOMALY_NONMONOTONIC_SEND, !checker_is_beyond(c, s->partition),
                    VALUE_FORMAT " is at %s offset %" PRId64 ", " VALUE_FORMAT
                                 ", sent after it, at %" PRId64,
                    VALUE_OF(c, before), checker_partition(c, s->partition),
                    c->h->sends[before].offset, VALUE_OF(c, send), s->offset);
}

void checker_sends(struct checker *c)
{
        const struct history *h = c->h;
        /* By client and partition, plus 1. */
        int32_t *last =
                checker_allocate((int64_t)h->client_count * h->partition_count, sizeof *last);
        for (int32_t i = 0; i < h->send_count; i++) {
                const struct history_send *s = &h->sends[i];
                if (c->final_count[i] > 1)
                        verdict_add(c->v, ANOMALY_DUPLICATE, !may_be_doubled(c, s),
                                    VALUE_FORMAT " is %" PRId32 " times in %s", VALUE_OF(c, i),
                                    c->final_count[i], checker_partition(c, s->partition));
                check_unanswered(c, i);
                if (!checker_was_acked(s) || !is_in_final_read(c, i))
                        continue;
                int32_t *before = &last[s->client * h->partition_count + s->partition];
                check_order(c, i, *before - 1);
                *before = i + 1;
        }
        free(last);
}
