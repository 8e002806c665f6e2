#include "sim/checker.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
        FACT_ACKED = 1, /* the send was acknowledged with this offset */
        FACT_READ = 2,  /* a reader saw it */
        FACT_FINAL = 4, /* so did the final read */
};

struct fact {
        int32_t partition, send;
        int64_t offset;
        uint8_t vouchers;
};

struct checker {
        const struct history *h;
        struct verdict *v;
        struct fact *facts; /* by partition, offset, send; no two alike */
        int64_t fact_count;
        /* Beside each fact: when the first of the surviving acknowledged records behind it in its
         * partition was acknowledged; INT64_MAX: there is none. */
        int64_t *survivor_done_ns;
        int32_t *final_count; /* by send: in how many places the final read found it */
};

/* For verdict_add(): a send's value as text. */
#define VALUE_FORMAT "%s/%" PRId32
#define VALUE_OF(c, send) \
        (c)->h->clients[(c)->h->sends[send].client].name, (c)->h->sends[send].serial

static double seconds(int64_t ns)
{
        return (double)ns / 1e9;
}

static void *allocate(int64_t count, size_t item_bytes)
{
        void *items = calloc((size_t)count + 1, item_bytes);
        if (!items)
                abort();
        return items;
}

/* --- facts --- */

static int compare_places(const struct fact *a, const struct fact *b)
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
        int order = compare_places(a, b);
        if (order != 0)
                return order;
        return (a->send > b->send) - (a->send < b->send);
}

static bool was_acked(const struct history_send *s)
{
        return s->outcome == OUTCOME_OK && s->offset >= 0;
}

static void collect_facts(struct checker *c)
{
        const struct history *h = c->h;
        c->facts = allocate((int64_t)h->send_count + h->read_count, sizeof *c->facts);
        int64_t n = 0;
        for (int32_t i = 0; i < h->send_count; i++) {
                const struct history_send *s = &h->sends[i];
                if (was_acked(s))
                        c->facts[n++] = (struct fact){s->partition, i, s->offset, FACT_ACKED};
        }
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                uint8_t voucher = r->is_final ? FACT_FINAL : FACT_READ;
                if (r->kind == READ_RECORD && r->send != SEND_PHANTOM)
                        c->facts[n++] = (struct fact){r->partition, r->send, r->offset, voucher};
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
        c->survivor_done_ns = allocate(c->fact_count, sizeof *c->survivor_done_ns);
        c->final_count = allocate(c->h->send_count, sizeof *c->final_count);
        int64_t done_ns = INT64_MAX;
        for (int64_t i = c->fact_count - 1; i >= 0; i--) {
                const struct fact *f = &c->facts[i];
                if (i + 1 < c->fact_count && f->partition != f[1].partition)
                        done_ns = INT64_MAX;
                c->survivor_done_ns[i] = done_ns;
                if (!(f->vouchers & FACT_FINAL))
                        continue;
                c->final_count[f->send]++;
                const struct history_send *s = &c->h->sends[f->send];
                if (was_acked(s) && s->done_ns < done_ns)
                        done_ns = s->done_ns;
        }
}

/* The index of the first fact of the partition at or behind `offset`. */
static int64_t find_fact(const struct checker *c, int32_t partition, int64_t offset)
{
        struct fact key = {.partition = partition, .offset = offset};
        int64_t low = 0, high = c->fact_count;
        while (low < high) {
                int64_t middle = low + (high - low) / 2;
                if (compare_places(&c->facts[middle], &key) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool is_in_final_read(const struct checker *c, int32_t send)
{
        const struct history_send *s = &c->h->sends[send];
        int64_t i = find_fact(c, s->partition, s->offset);
        for (; i < c->fact_count; i++) {
                const struct fact *f = &c->facts[i];
                if (f->partition != s->partition || f->offset != s->offset)
                        return false;
                if (f->send == send)
                        return f->vouchers & FACT_FINAL;
        }
        return false;
}

/* --- what was promised --- */

/* Nothing is, of what goes beyond whole batches and truthful answers. */
static bool is_beyond(const struct checker *c, int32_t partition)
{
        return c->h->nothing_promised || c->h->partitions[partition].beyond_ns > 0;
}

/* While there was one replica, a power cut was free to take fact `i`, and took nothing but a
 * suffix: no record behind it that was acknowledged before the cut is still there. */
static bool may_be_cut(const struct checker *c, int64_t i)
{
        const struct fact *f = &c->facts[i];
        for (int32_t k = 0; k < c->h->cut_count; k++) {
                const struct history_cut *cut = &c->h->cuts[k];
                if (cut->partition != f->partition || cut->time_ns < c->h->sends[f->send].invoke_ns)
                        continue;
                if (cut->wiped)
                        return true;
                if (!c->h->partitions[f->partition].sync_first && f->offset >= cut->synced_to &&
                    cut->time_ns < c->survivor_done_ns[i])
                        return true;
        }
        return false;
}

/* What only the leader of the moment had acknowledged (acks=1) goes when another one leads. What
 * was acknowledged with acks=all, or was once read, was committed. */
static bool may_be_lost(const struct checker *c, int64_t i)
{
        const struct fact *f = &c->facts[i];
        if (is_beyond(c, f->partition) || may_be_cut(c, i))
                return true;
        return c->h->partitions[f->partition].leader_moved && c->h->sends[f->send].acks != -1 &&
               !(f->vouchers & FACT_READ);
}

/* The final read should have shown this place: it was read to the end, and nobody deleted it. */
static bool is_looked_for(const struct checker *c, const struct fact *f)
{
        const struct history_partition *p = &c->h->partitions[f->partition];
        return p->final_end >= 0 && !p->deleted && f->offset >= p->deleted_to &&
               !(p->expires && f->offset < p->final_start);
}

/* --- losses and doubles --- */

static void check_loss(struct checker *c, int64_t i)
{
        const struct fact *f = &c->facts[i];
        const struct history_send *s = &c->h->sends[f->send];
        const char *partition = c->h->partitions[f->partition].name;
        if ((f->vouchers & FACT_ACKED) && s->acks != 0 && c->final_count[f->send] == 0)
                verdict_add(c->v, ANOMALY_LOST_WRITE, !may_be_lost(c, i),
                            VALUE_FORMAT " was acknowledged at %s offset %" PRId64
                                         " (%.3f s) and is gone",
                            VALUE_OF(c, f->send), partition, f->offset, seconds(s->done_ns));
        if ((f->vouchers & FACT_READ) && !(f->vouchers & FACT_FINAL))
                verdict_add(c->v, ANOMALY_VANISHED_READ, !may_be_lost(c, i),
                            VALUE_FORMAT " was read at %s offset %" PRId64
                                         " and is not there any more",
                            VALUE_OF(c, f->send), partition, f->offset);
}

/* Facts i to end - 1 are of one place. */
static void check_place(struct checker *c, int64_t i, int64_t end)
{
        int64_t unexcused = 0, final = 0;
        for (int64_t k = i; k < end; k++) {
                if (c->facts[k].vouchers & FACT_FINAL)
                        final++;
                else if (!may_be_lost(c, k))
                        unexcused++;
        }
        verdict_add(c->v, ANOMALY_INCONSISTENT_OFFSET, unexcused > 0 || final > 1,
                    "%s offset %" PRId64 " was " VALUE_FORMAT " and " VALUE_FORMAT,
                    c->h->partitions[c->facts[i].partition].name, c->facts[i].offset,
                    VALUE_OF(c, c->facts[i].send), VALUE_OF(c, c->facts[i + 1].send));
}

static void check_facts(struct checker *c)
{
        for (int64_t i = 0, end; i < c->fact_count; i = end) {
                for (end = i + 1; end < c->fact_count; end++)
                        if (compare_places(&c->facts[i], &c->facts[end]) != 0)
                                break;
                if (!is_looked_for(c, &c->facts[i]))
                        continue;
                if (end - i > 1)
                        check_place(c, i, end);
                for (int64_t k = i; k < end; k++)
                        check_loss(c, k);
        }
}

/* --- sends --- */

/* acks=0: nobody said that it arrived, so nothing was promised. What was deleted is not looked
 * for, and nobody knows where this one was. */
static void check_unanswered(struct checker *c, int32_t send)
{
        const struct history_send *s = &c->h->sends[send];
        const struct history_partition *p = &c->h->partitions[s->partition];
        if (s->acks != 0 || s->outcome != OUTCOME_OK || c->final_count[send] > 0 ||
            p->final_end < 0 || p->deleted || p->deleted_to > 0 || p->expires)
                return;
        verdict_add(c->v, ANOMALY_LOST_WRITE, false,
                    VALUE_FORMAT " was sent to %s with acks=0 (%.3f s) and is not there",
                    VALUE_OF(c, send), p->name, seconds(s->done_ns));
}

static void check_sends(struct checker *c)
{
        const struct history *h = c->h;
        /* By client and partition: the last send that was acknowledged and is still there. */
        int32_t *last = allocate((int64_t)h->client_count * h->partition_count, sizeof *last);
        for (int32_t i = 0; i < h->send_count; i++) {
                const struct history_send *s = &h->sends[i];
                if (c->final_count[i] > 1)
                        verdict_add(c->v, ANOMALY_DUPLICATE,
                                    s->outcome == OUTCOME_OK && !s->retried,
                                    VALUE_FORMAT " is %" PRId32 " times in %s", VALUE_OF(c, i),
                                    c->final_count[i], h->partitions[s->partition].name);
                check_unanswered(c, i);
                if (!was_acked(s) || !is_in_final_read(c, i))
                        continue;
                int32_t *before = &last[s->client * h->partition_count + s->partition];
                if (*before > 0 && h->sends[*before - 1].offset >= s->offset)
                        verdict_add(c->v, ANOMALY_NONMONOTONIC_SEND, !is_beyond(c, s->partition),
                                    VALUE_FORMAT " is at %s offset %" PRId64 ", " VALUE_FORMAT
                                                 ", sent after it, at %" PRId64,
                                    VALUE_OF(c, *before - 1), h->partitions[s->partition].name,
                                    h->sends[*before - 1].offset, VALUE_OF(c, i), s->offset);
                *before = i + 1;
        }
        free(last);
}

/* --- reads --- */

/* A record that is still there between two offsets, both excluded; -1: none. */
static int64_t find_between(const struct checker *c, int32_t partition, int64_t from, int64_t to)
{
        for (int64_t i = find_fact(c, partition, from + 1); i < c->fact_count; i++) {
                const struct fact *f = &c->facts[i];
                if (f->partition != partition || f->offset >= to)
                        break;
                if (f->vouchers & FACT_FINAL)
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
        for (int32_t i = 0; i < c->h->cut_count; i++)
                if (c->h->cuts[i].partition == partition && (c->h->cuts[i].wiped || !p->sync_first))
                        return true;
        return is_beyond(c, partition) || p->expires || p->deleted_to > offset;
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
                            c->h->clients[r->client].name, c->h->partitions[r->partition].name,
                            r->offset, last->offset, seconds(r->done_ns));
}

/* From one record to the next. What a reader got at one instant was one poll. */
static void check_step(struct checker *c, const struct history_read *r, const struct position *last)
{
        const char *reader = c->h->clients[r->client].name;
        const char *partition = c->h->partitions[r->partition].name;
        bool promised = !is_beyond(c, r->partition), is_internal = r->done_ns == last->done_ns;
        if (r->offset <= last->offset) {
                verdict_add(c->v,
                            is_internal ? ANOMALY_INTERNAL_NONMONOTONIC_POLL
                                        : ANOMALY_NONMONOTONIC_POLL,
                            promised, "%s read %s offset %" PRId64 " after %" PRId64 " (%.3f s)",
                            reader, partition, r->offset, last->offset, seconds(r->done_ns));
                return;
        }
        int64_t skipped = find_between(c, r->partition, last->offset, r->offset);
        if (skipped >= 0)
                verdict_add(c->v, is_internal ? ANOMALY_INTERNAL_POLL_SKIP : ANOMALY_POLL_SKIP,
                            promised,
                            "%s went from %s offset %" PRId64 " to %" PRId64 ", past " VALUE_FORMAT
                            " (%.3f s)",
                            reader, partition, last->offset, r->offset,
                            VALUE_OF(c, c->facts[skipped].send), seconds(r->done_ns));
}

static void check_read(struct checker *c, const struct history_read *r, struct position *last)
{
        const char *reader = c->h->clients[r->client].name;
        const char *partition = c->h->partitions[r->partition].name;
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
                            partition, r->offset, seconds(r->done_ns));
                return;
        }
        if (c->h->sends[r->send].outcome == OUTCOME_FAILED)
                verdict_add(c->v, ANOMALY_FAILED_READ, !c->h->nothing_promised,
                            "%s read " VALUE_FORMAT " at %s offset %" PRId64
                            ", whose send had failed for certain",
                            reader, VALUE_OF(c, r->send), partition, r->offset);
        if (last->offset >= 0 && last->was_reset)
                check_reset(c, r, last);
        else if (last->offset >= 0)
                check_step(c, r, last);
        *last = (struct position){r->offset, r->done_ns, false};
}

static void check_reads(struct checker *c)
{
        const struct history *h = c->h;
        int64_t places = (int64_t)h->client_count * h->partition_count;
        struct position *last = allocate(places, sizeof *last);
        for (int64_t i = 0; i < places; i++)
                last[i].offset = -1;
        for (int32_t i = 0; i < h->read_count; i++) {
                const struct history_read *r = &h->reads[i];
                check_read(c, r, &last[r->client * h->partition_count + r->partition]);
        }
        free(last);
}

/* Some reader got another value at the place of fact `i`: it had come past it before this one took
 * the place. That is an inconsistent offset. */
static bool was_read_otherwise(const struct checker *c, int64_t i)
{
        int64_t k = find_fact(c, c->facts[i].partition, c->facts[i].offset);
        for (; k < c->fact_count && compare_places(&c->facts[k], &c->facts[i]) == 0; k++)
                if (k != i && (c->facts[k].vouchers & FACT_READ))
                        return true;
        return false;
}

/* Acknowledged, still there, and no reader ever got it, though one got further. Retention may have
 * been faster than they. */
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
                    !c->h->partitions[f->partition].expires && is_looked_for(c, f) &&
                    !was_read_otherwise(c, i))
                        verdict_add(c->v, ANOMALY_UNSEEN, !is_beyond(c, f->partition),
                                    VALUE_FORMAT " is at %s offset %" PRId64
                                                 ", and no consumer has seen it",
                                    VALUE_OF(c, f->send), c->h->partitions[f->partition].name,
                                    f->offset);
        }
}

/* --- marks --- */

/* Some cut between the two answers allows the end to have gone back that far. */
static bool may_go_back(const struct checker *c, const struct history_mark *before,
                        const struct history_mark *after)
{
        if (is_beyond(c, before->partition))
                return true;
        for (int32_t i = 0; i < c->h->cut_count; i++) {
                const struct history_cut *cut = &c->h->cuts[i];
                if (cut->partition != before->partition || cut->time_ns < before->invoke_ns ||
                    cut->time_ns > after->done_ns)
                        continue;
                if (cut->wiped)
                        return true;
                if (before->mark == MARK_END && !c->h->partitions[cut->partition].sync_first &&
                    after->offset >= cut->synced_to)
                        return true;
        }
        return false;
}

/* Pointers into the history's array, so the place there breaks ties. */
static int compare_marks(const struct history_mark *a, const struct history_mark *b, int64_t a_ns,
                         int64_t b_ns)
{
        if (a->partition != b->partition)
                return a->partition < b->partition ? -1 : 1;
        if (a->mark != b->mark)
                return a->mark < b->mark ? -1 : 1;
        if (a_ns != b_ns)
                return a_ns < b_ns ? -1 : 1;
        return (a > b) - (a < b);
}

static int by_invoke(const void *left, const void *right)
{
        const struct history_mark *a = *(const struct history_mark *const *)left;
        const struct history_mark *b = *(const struct history_mark *const *)right;
        return compare_marks(a, b, a->invoke_ns, b->invoke_ns);
}

static int by_done(const void *left, const void *right)
{
        const struct history_mark *a = *(const struct history_mark *const *)left;
        const struct history_mark *b = *(const struct history_mark *const *)right;
        return compare_marks(a, b, a->done_ns, b->done_ns);
}

static const struct history_mark **sorted_marks(const struct history *h,
                                                int (*compare)(const void *, const void *))
{
        const struct history_mark **marks = allocate(h->mark_count, sizeof *marks);
        for (int32_t i = 0; i < h->mark_count; i++)
                marks[i] = &h->marks[i];
        qsort(marks, (size_t)h->mark_count, sizeof *marks, compare);
        return marks;
}

/* Walks the answers by the time they were asked for, beside those done before that time. */
static void check_marks(struct checker *c)
{
        const struct history *h = c->h;
        const struct history_mark **asked = sorted_marks(h, by_invoke);
        const struct history_mark **done = sorted_marks(h, by_done);
        const struct history_mark *highest = NULL;
        for (int32_t i = 0, k = 0; i < h->mark_count; i++) {
                const struct history_mark *m = asked[i];
                if (i == 0 || m->partition != asked[i - 1]->partition ||
                    m->mark != asked[i - 1]->mark) {
                        k = i;
                        highest = NULL;
                }
                for (; k < h->mark_count && done[k]->partition == m->partition &&
                       done[k]->mark == m->mark && done[k]->done_ns < m->invoke_ns;
                     k++)
                        if (done[k]->is_promise && (!highest || done[k]->offset > highest->offset))
                                highest = done[k];
                if (!highest || m->offset >= highest->offset)
                        continue;
                verdict_add(c->v,
                            m->mark == MARK_END ? ANOMALY_END_WENT_BACK : ANOMALY_START_WENT_BACK,
                            !may_go_back(c, highest, m),
                            "%s: %" PRId64 " at %.3f s, then %" PRId64 " at %.3f s",
                            h->partitions[m->partition].name, highest->offset,
                            seconds(highest->done_ns), m->offset, seconds(m->done_ns));
        }
        free(asked);
        free(done);
}

void checker_run(const struct history *h, struct verdict *v)
{
        struct checker c = {.h = h, .v = v};
        collect_facts(&c);
        collect_survivors(&c);
        check_facts(&c);
        check_sends(&c);
        check_reads(&c);
        check_unseen(&c);
        check_marks(&c);
        free(c.facts);
        free(c.survivor_done_ns);
        free(c.final_count);
}
