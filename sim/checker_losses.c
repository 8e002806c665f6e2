/* What is gone, and what has taken its place. */
#include "sim/checker_private.h"

/* What an aborted transaction wrote nobody is to see, and of one with an unknown end all or
 * nothing. A part that is missing tears it, which is another anomaly. */
static bool must_be_seen(const struct checker *c, const struct fact *f)
{
        int32_t transaction = c->h->sends[f->send].transaction;
        switch (checker_visibility(c, f->send)) {
        case VISIBILITY_COMMITTED: return transaction < 0 || c->visible_count[transaction] == 0;
        case VISIBILITY_ABORTED: return false;
        default: return c->visible_count[transaction] == 0 && (f->vouchers & FACT_READ_COMMITTED);
        }
}

static void check_loss(struct checker *c, int64_t i)
{
        const struct fact *f = &c->facts[i];
        const struct history_send *s = &c->h->sends[f->send];
        const char *partition = checker_partition(c, f->partition);
        if ((f->vouchers & FACT_REPLACED) || !must_be_seen(c, f))
                return;
        if ((f->vouchers & FACT_ACKED) && s->acks != 0 && c->final_count[f->send] == 0)
                verdict_add(c->v, ANOMALY_LOST_WRITE, !checker_may_be_lost(c, i),
                            VALUE_FORMAT " was acknowledged at %s offset %" PRId64
                                         " (%.3f s) and is gone",
                            VALUE_OF(c, f->send), partition, f->offset,
                            checker_seconds(s->done_ns));
        if ((f->vouchers & FACT_READ) && !(f->vouchers & FACT_FINAL))
                verdict_add(c->v, ANOMALY_VANISHED_READ, !checker_may_be_lost(c, i),
                            VALUE_FORMAT " was read at %s offset %" PRId64
                                         " and is not there any more",
                            VALUE_OF(c, f->send), partition, f->offset);
}

/* Facts i to end - 1 are of one place. Only one of them may have been what had to stay; it may have
 * been compacted since, or aborted. */
static void check_place(struct checker *c, int64_t i, int64_t end)
{
        int64_t stay = 0, missing = 0;
        for (int64_t k = i; k < end; k++) {
                bool is_final = c->facts[k].vouchers & FACT_FINAL;
                bool must_stay = is_final || !checker_may_be_lost(c, k);
                stay += must_stay;
                missing += must_stay && !is_final && !(c->facts[k].vouchers & FACT_REPLACED) &&
                           must_be_seen(c, &c->facts[k]);
        }
        verdict_add(c->v, ANOMALY_INCONSISTENT_OFFSET, stay > 1 || missing > 0,
                    "%s offset %" PRId64 " was " VALUE_FORMAT " and " VALUE_FORMAT,
                    checker_partition(c, c->facts[i].partition), c->facts[i].offset,
                    VALUE_OF(c, c->facts[i].send), VALUE_OF(c, c->facts[i + 1].send));
}

static void check_facts(struct checker *c)
{
        for (int64_t i = 0, end; i < c->fact_count; i = end) {
                for (end = i + 1; end < c->fact_count; end++)
                        if (checker_compare_places(&c->facts[i], &c->facts[end]) != 0)
                                break;
                if (!checker_is_looked_for(c, &c->facts[i]))
                        continue;
                if (end - i > 1)
                        check_place(c, i, end);
                for (int64_t k = i; k < end; k++)
                        check_loss(c, k);
        }
}

/* Some reader got another value at the place of fact `i`: it had come past it before this one took
 * the place. That is an inconsistent offset. */
static bool was_read_otherwise(const struct checker *c, int64_t i)
{
        int64_t k = checker_find(c, c->facts[i].partition, c->facts[i].offset);
        for (; k < c->fact_count && checker_compare_places(&c->facts[k], &c->facts[i]) == 0; k++)
                if (k != i && (c->facts[k].vouchers & FACT_READ))
                        return true;
        return false;
}

/* Acknowledged, still there, and no reader ever got it, though one got further. Retention and
 * compaction may have been faster than they; and after a power cut a record may lie where they had
 * found a marker. */
static void check_unseen(struct checker *c)
{
        int64_t furthest = -1; /* offset in this partition that some consumer has read */
        for (int64_t i = c->fact_count - 1; i >= 0; i--) {
                const struct fact *f = &c->facts[i];
                if (i == c->fact_count - 1 || f->partition != f[1].partition)
                        furthest = -1;
                if ((f->vouchers & FACT_READ) && f->offset > furthest)
                        furthest = f->offset;
                if (f->vouchers == (FACT_ACKED | FACT_FINAL) && f->offset < furthest &&
                    !c->h->partitions[f->partition].expires && checker_is_looked_for(c, f) &&
                    !was_read_otherwise(c, i))
                        verdict_add(c->v, ANOMALY_UNSEEN, checker_is_kept(c, f->partition),
                                    VALUE_FORMAT " is at %s offset %" PRId64
                                                 ", and no consumer has seen it",
                                    VALUE_OF(c, f->send), checker_partition(c, f->partition),
                                    f->offset);
        }
}

void checker_losses(struct checker *c)
{
        check_facts(c);
        check_unseen(c);
}
