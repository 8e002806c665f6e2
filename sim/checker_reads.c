/* What readers got, one record after the other. */
#include "sim/checker_private.h"

#include <stdlib.h>

/* It was there when `r` was read. If not, a power cut has taken what had its place, a marker
 * perhaps. What compaction may take, the final read may have found at a replica that was slower. */
static bool was_there(const struct checker *c, const struct fact *f, const struct history_read *r)
{
        const struct history_send *s = &c->h->sends[f->send];
        int64_t since_ns = checker_is_kept(c, r->partition) ? s->invoke_ns : s->done_ns;
        return (f->vouchers & FACT_FINAL) && !(f->vouchers & FACT_REPLACED) &&
               since_ns <= r->done_ns;
}

/* A record that is still there between two offsets, both excluded; -1: none. */
static int64_t find_between(const struct checker *c, const struct history_read *r, int64_t from)
{
        for (int64_t i = checker_find(c, r->partition, from + 1); i < c->fact_count; i++) {
                const struct fact *f = &c->facts[i];
                if (f->partition != r->partition || f->offset >= r->offset)
                        break;
                if (was_there(c, f, r))
                        return i;
        }
        return -1;
}

/* Where a reader was last in a partition, and when. */
struct position {
        int64_t offset; /* -1: nowhere yet */
        int64_t done_ns;
        bool was_reset; /* since then */
};

/* A reader that had come to the end of a log may find it shorter, after a cut. One that had not
 * come to what was deleted may find that the next leader has not heard of the deletion. */
static bool may_be_reset(const struct checker *c, int32_t partition, int64_t offset)
{
        const struct history_partition *p = &c->h->partitions[partition];
        return !checker_is_kept(c, partition) || p->expires || p->deleted_to > offset;
}

/* Out of range are records that were deleted. There a reader goes on, never back. */
static void check_reset(struct checker *c, const struct history_read *r,
                        const struct position *last)
{
        if (r->offset <= last->offset)
                verdict_add(c->v, ANOMALY_NONMONOTONIC_POLL,
                            !may_be_reset(c, r->partition, last->offset),
                            "%s was told that its place in %s is out of range, and read offset "
                            "%" PRId64 " after %" PRId64 " (%.3f s)",
                            c->h->clients[r->client].name, checker_partition(c, r->partition),
                            r->offset, last->offset, checker_seconds(r->done_ns));
}

/* From one record to the next. What a reader got at one instant was one poll. What was aborted, and
 * what compaction took, the final read does not have: so nobody skips it. */
static void check_step(struct checker *c, const struct history_read *r, const struct position *last)
{
        const char *reader = c->h->clients[r->client].name;
        const char *partition = checker_partition(c, r->partition);
        bool promised = !checker_is_beyond(c, r->partition);
        bool is_internal = r->done_ns == last->done_ns;
        if (r->offset <= last->offset) {
                verdict_add(c->v,
                            is_internal ? ANOMALY_INTERNAL_NONMONOTONIC_POLL
                                        : ANOMALY_NONMONOTONIC_POLL,
                            promised, "%s read %s offset %" PRId64 " after %" PRId64 " (%.3f s)",
                            reader, partition, r->offset, last->offset,
                            checker_seconds(r->done_ns));
                return;
        }
        int64_t skipped = find_between(c, r, last->offset);
        if (skipped >= 0)
                verdict_add(c->v, is_internal ? ANOMALY_INTERNAL_POLL_SKIP : ANOMALY_POLL_SKIP,
                            promised,
                            "%s went from %s offset %" PRId64 " to %" PRId64 ", past " VALUE_FORMAT
                            " (%.3f s)",
                            reader, partition, last->offset, r->offset,
                            VALUE_OF(c, c->facts[skipped].send), checker_seconds(r->done_ns));
}

/* A record of a transaction, to a reader of committed data. One that the reader's own transaction
 * has sent has not been asked to commit by then either ("precommitted read"). */
static void check_committed(struct checker *c, const struct history_read *r)
{
        const struct history_send *s = &c->h->sends[r->send];
        if (!r->committed || s->transaction < 0)
                return;
        const struct history_transaction *t = &c->h->transactions[s->transaction];
        bool promised =
                checker_is_kept(c, r->partition) && checker_keeps_transaction(c, s->transaction);
        const char *reader = c->h->clients[r->client].name;
        if (t->wish != TRANSACTION_WISH_NONE && r->done_ns < t->invoke_ns)
                verdict_add(c->v, ANOMALY_DIRTY_READ, promised,
                            "%s read " VALUE_FORMAT " at %s offset %" PRId64
                            " (%.3f s), whose transaction was still open",
                            reader, VALUE_OF(c, r->send), checker_partition(c, r->partition),
                            r->offset, checker_seconds(r->done_ns));
        else if (history_visibility(c->h, s->transaction) == VISIBILITY_ABORTED)
                verdict_add(c->v, ANOMALY_ABORTED_READ, promised,
                            "%s read " VALUE_FORMAT " at %s offset %" PRId64
                            " (%.3f s), whose transaction %s",
                            reader, VALUE_OF(c, r->send), checker_partition(c, r->partition),
                            r->offset, checker_seconds(r->done_ns),
                            t->wish == TRANSACTION_WISH_ABORT ? "was aborted"
                                                              : "nobody asked to commit");
}

static void check_read(struct checker *c, const struct history_read *r, struct position *last)
{
        const char *reader = c->h->clients[r->client].name;
        if (r->kind == READ_START)
                last->offset = -1;
        if (r->kind == READ_RESET)
                last->was_reset = true;
        if (r->kind == READ_START || r->kind == READ_RESET)
                return;
        if (r->kind == READ_CORRUPT || r->send == SEND_PHANTOM) {
                verdict_add(c->v, ANOMALY_PHANTOM_READ, !c->h->nothing_promised,
                            "%s got %s at %s offset %" PRId64 " (%.3f s)", reader,
                            r->kind == READ_CORRUPT ? "a corrupt batch" : "what nobody has sent",
                            checker_partition(c, r->partition), r->offset,
                            checker_seconds(r->done_ns));
                return;
        }
        if (c->h->sends[r->send].outcome == OUTCOME_FAILED)
                verdict_add(c->v, ANOMALY_FAILED_READ, !c->h->nothing_promised,
                            "%s read " VALUE_FORMAT " at %s offset %" PRId64
                            ", whose send had failed for certain",
                            reader, VALUE_OF(c, r->send), checker_partition(c, r->partition),
                            r->offset);
        check_committed(c, r);
        if (last->offset >= 0 && last->was_reset)
                check_reset(c, r, last);
        else if (last->offset >= 0)
                check_step(c, r, last);
        *last = (struct position){r->offset, r->done_ns, false};
}

void checker_reads(struct checker *c)
{
        const struct history *h = c->h;
        int64_t places = (int64_t)h->client_count * h->partition_count;
        struct position *last = checker_allocate(places, sizeof *last);
        for (int64_t i = 0; i < places; i++)
                last[i].offset = -1;
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                check_read(c, r, &last[r->client * h->partition_count + r->partition]);
        }
        free(last);
}
