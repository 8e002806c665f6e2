/* Numbers that were told, and must not be lower when asked for again. */
#include "sim/checker_private.h"

#include <stdlib.h>

/* --- claims of any kind --- */

static int compare_claims(const struct claim *a, const struct claim *b, int64_t a_ns, int64_t b_ns)
{
        if (a->subject != b->subject)
                return a->subject < b->subject ? -1 : 1;
        if (a_ns != b_ns)
                return a_ns < b_ns ? -1 : 1;
        return (a->source > b->source) - (a->source < b->source);
}

static int by_invoke(const void *left, const void *right)
{
        const struct claim *a = left, *b = right;
        return compare_claims(a, b, a->invoke_ns, b->invoke_ns);
}

static int by_done(const void *left, const void *right)
{
        const struct claim *a = *(const struct claim *const *)left;
        const struct claim *b = *(const struct claim *const *)right;
        return compare_claims(a, b, a->done_ns, b->done_ns);
}

/* Walks the answers by the time they were asked for, beside those done before that time. */
void checker_claims(struct checker *c, struct claim *claims, int64_t count,
                    void (*tell)(struct checker *c, const struct claim *before,
                                 const struct claim *after))
{
        const struct claim **done = checker_allocate(count, sizeof *done), *highest = NULL;
        qsort(claims, (size_t)count, sizeof *claims, by_invoke);
        for (int64_t i = 0; i < count; i++)
                done[i] = &claims[i];
        qsort(done, (size_t)count, sizeof *done, by_done);
        for (int64_t i = 0, k = 0; i < count; i++) {
                const struct claim *asked = &claims[i];
                if (i == 0 || asked->subject != claims[i - 1].subject) {
                        k = i;
                        highest = NULL;
                }
                for (; k < count && done[k]->subject == asked->subject &&
                       done[k]->done_ns < asked->invoke_ns;
                     k++)
                        if (done[k]->is_promise && (!highest || done[k]->offset > highest->offset))
                                highest = done[k];
                if (asked->is_answer && highest && asked->offset < highest->offset)
                        tell(c, highest, asked);
        }
        free(done);
}

/* --- the ends of logs --- */

/* Some cut between the two answers allows the end to have gone back that far. */
static bool may_go_back(const struct checker *c, const struct history_mark *before,
                        const struct history_mark *after)
{
        if (checker_is_beyond(c, before->partition))
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

static void tell_mark(struct checker *c, const struct claim *before, const struct claim *after)
{
        const struct history_mark *first = &c->h->marks[before->source];
        const struct history_mark *second = &c->h->marks[after->source];
        verdict_add(
                c->v, second->mark == MARK_END ? ANOMALY_END_WENT_BACK : ANOMALY_START_WENT_BACK,
                !may_go_back(c, first, second),
                "%s: %" PRId64 " at %.3f s, then %" PRId64 " at %.3f s",
                checker_partition(c, second->partition), first->offset,
                checker_seconds(first->done_ns), second->offset, checker_seconds(second->done_ns));
}

void checker_marks(struct checker *c)
{
        const struct history *h = c->h;
        struct claim *claims = checker_allocate(h->mark_count, sizeof *claims);
        for (int32_t i = 0; i < h->mark_count; i++) {
                const struct history_mark *m = &h->marks[i];
                claims[i] = (struct claim){.subject = 2 * m->partition + (int32_t)m->mark,
                                           .invoke_ns = m->invoke_ns,
                                           .done_ns = m->done_ns,
                                           .offset = m->offset,
                                           .is_promise = m->is_promise,
                                           .is_answer = true,
                                           .source = i};
        }
        checker_claims(c, claims, h->mark_count, tell_mark);
        free(claims);
}
