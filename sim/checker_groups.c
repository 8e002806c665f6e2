/* Committed offsets, who may move them, and what happened to the records below them. */
#include "sim/checker_groups.h"

#include <stdlib.h>

/* What a group was told of a partition holds, unless one of the two logs lost something. */
static bool is_promised(const struct checker *c, int32_t group, int32_t partition)
{
        return checker_is_kept(c, c->h->groups[group].coordinator) &&
               checker_is_kept(c, partition) && !c->h->partitions[partition].deleted;
}

/* --- committed offset went back --- */

static int32_t subject_of(const struct checker *c, int32_t group, int32_t partition)
{
        return group * c->h->partition_count + partition;
}

/* A commit counts from when its coordinator, or that of its transaction, had said so. */
static bool commit_claim(const struct checker *c, const struct history_commit *commit,
                         struct claim *claim)
{
        int64_t done_ns = commit->done_ns;
        if (commit->outcome != OUTCOME_OK)
                return false;
        if (commit->transaction >= 0) {
                if (history_visibility(c->h, commit->transaction) != VISIBILITY_COMMITTED)
                        return false;
                done_ns = c->h->transactions[commit->transaction].done_ns;
        }
        *claim = (struct claim){.subject = subject_of(c, commit->group, commit->partition),
                                .invoke_ns = commit->invoke_ns,
                                .done_ns = done_ns,
                                .offset = commit->offset,
                                .is_promise = true};
        return true;
}

/* A member whose partition was just given to it asks for the committed offset: it cannot begin
 * below. `starts`: by client and partition, when that was; -1: it has begun. */
static bool start_claim(const struct checker *c, const struct history_read *r, int64_t *starts,
                        struct claim *claim)
{
        int32_t group = c->h->clients[r->client].group;
        int64_t *start = &starts[(int64_t)r->client * c->h->partition_count + r->partition];
        int64_t begun_ns = *start;
        *start = r->kind == READ_START ? r->done_ns : -1;
        if (group < 0 || r->kind != READ_RECORD || begun_ns < 0)
                return false;
        *claim = (struct claim){.subject = subject_of(c, group, r->partition),
                                .invoke_ns = begun_ns,
                                .done_ns = r->done_ns,
                                .offset = r->offset,
                                .is_answer = true};
        return true;
}

/* The offsets of a group that has been empty for long expire, and the group with them. */
static bool was_forgotten(const struct checker *c, int32_t group, int64_t from_ns, int64_t to_ns)
{
        for (int32_t i = 0; i < c->h->assignment_count; i++) {
                const struct history_assignment *a = &c->h->assignments[i];
                if (a->kind == ASSIGNMENT_FORGOTTEN && a->group == group && a->time_ns >= from_ns &&
                    a->time_ns <= to_ns)
                        return true;
        }
        return false;
}

static void tell_went_back(struct checker *c, const struct claim *before, const struct claim *after)
{
        int32_t group = after->subject / c->h->partition_count;
        int32_t partition = after->subject % c->h->partition_count;
        int32_t coordinator = c->h->groups[group].coordinator;
        if (was_forgotten(c, group, before->done_ns, after->done_ns))
                return;
        bool is_stale =
                coordinator >= 0 && after->invoke_ns <= c->h->partitions[coordinator].stale_ns;
        verdict_add(c->v, ANOMALY_OFFSET_WENT_BACK, !is_stale && is_promised(c, group, partition),
                    "group %s of %s: %" PRId64 " at %.3f s, then %s %" PRId64 " at %.3f s",
                    c->h->groups[group].name, checker_partition(c, partition), before->offset,
                    checker_seconds(before->done_ns),
                    after->is_promise ? "told" : "a member began at", after->offset,
                    checker_seconds(after->done_ns));
}

/* Collects the claims and, by subject, how far the group is known to have come. */
static int64_t collect_claims(const struct checker *c, struct claim *claims, int64_t *reached)
{
        const struct history *h = c->h;
        int64_t n = 0, places = (int64_t)h->client_count * h->partition_count;
        int64_t *starts = checker_allocate(places, sizeof *starts);
        for (int64_t i = 0; i < places; i++)
                starts[i] = -1;
        for (int32_t i = 0; i < h->commit_count; i++)
                n += commit_claim(c, &h->commits[i], &claims[n]);
        for (int32_t i = 0; i < h->offset_fetch_count; i++) {
                const struct history_offset_fetch *f = &h->offset_fetches[i];
                claims[n++] = (struct claim){.subject = subject_of(c, f->group, f->partition),
                                             .invoke_ns = f->invoke_ns,
                                             .done_ns = f->done_ns,
                                             .offset = f->offset,
                                             .is_promise = true,
                                             .is_answer = true};
        }
        for (int64_t i = 0; i < n; i++)
                if (claims[i].offset > reached[claims[i].subject])
                        reached[claims[i].subject] = claims[i].offset;
        for (int32_t i = 0; i < h->read_count; i++)
                n += start_claim(c, &h->reads[i], starts, &claims[n]);
        for (int64_t i = 0; i < n; i++)
                claims[i].source = (int32_t)i;
        free(starts);
        return n;
}

/* --- group skip, group double --- */

static int by_place(const void *left, const void *right)
{
        const struct processed *a = left, *b = right;
        if (a->group != b->group)
                return a->group < b->group ? -1 : 1;
        if (a->partition != b->partition)
                return a->partition < b->partition ? -1 : 1;
        if (a->offset != b->offset)
                return a->offset < b->offset ? -1 : 1;
        if (a->send != b->send)
                return a->send < b->send ? -1 : 1;
        return (a->read > b->read) - (a->read < b->read);
}

static void collect_processed(const struct checker *c, struct group_work *w)
{
        w->processed = checker_allocate(c->h->read_count, sizeof *w->processed);
        for (int32_t i = 0; i < c->h->read_count; i++) {
                const struct history_read *r = &c->h->reads[i];
                if (r->kind != READ_RECORD || r->group < 0 || r->processed_ns == INT64_MAX ||
                    r->send == SEND_PHANTOM ||
                    history_visibility(c->h, r->transaction) == VISIBILITY_ABORTED)
                        continue;
                w->processed[w->count++] = (struct processed){.group = r->group,
                                                              .partition = r->partition,
                                                              .offset = r->offset,
                                                              .send = r->send,
                                                              .read = i};
        }
        qsort(w->processed, (size_t)w->count, sizeof *w->processed, by_place);
}

int64_t group_work_find(const struct group_work *w, int32_t group, const struct fact *f)
{
        struct processed key = {.group = group,
                                .partition = f->partition,
                                .offset = f->offset,
                                .send = f->send,
                                .read = -1};
        int64_t low = 0, high = w->count;
        while (low < high) {
                int64_t middle = low + (high - low) / 2;
                if (by_place(&w->processed[middle], &key) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

bool group_work_is_of(const struct group_work *w, int64_t at, int32_t group, const struct fact *f)
{
        const struct processed *p = &w->processed[at];
        return at < w->count && p->group == group && p->partition == f->partition &&
               p->offset == f->offset && p->send == f->send;
}

bool group_work_has_happened(const struct checker *c, const struct processed *p)
{
        int32_t transaction = c->h->reads[p->read].transaction;
        return history_visibility(c->h, transaction) == VISIBILITY_COMMITTED ||
               c->visible_count[transaction] > 0;
}

/* How often it was surely processed. */
static int32_t count_times(const struct checker *c, const struct group_work *w, int32_t group,
                           const struct fact *f)
{
        int32_t times = 0;
        for (int64_t i = group_work_find(w, group, f); group_work_is_of(w, i, group, f); i++)
                times += group_work_has_happened(c, &w->processed[i]);
        return times;
}

static void check_record(struct checker *c, const struct group_work *w, int32_t group,
                         const struct fact *f)
{
        const struct history_group *g = &c->h->groups[group];
        bool promised = is_promised(c, group, f->partition);
        int64_t reached = w->reached[subject_of(c, group, f->partition)];
        bool is_processed = group_work_is_of(w, group_work_find(w, group, f), group, f);
        bool may_be_gone = f->vouchers & FACT_REPLACED; /* before a member came there */
        if (!is_processed && f->offset < reached && (f->vouchers & FACT_FINAL) && !may_be_gone &&
            checker_is_looked_for(c, f))
                verdict_add(c->v, ANOMALY_GROUP_SKIP, promised && g->policy != COMMIT_BEFORE,
                            "group %s has committed %s offset %" PRId64
                            ", and nobody has processed " VALUE_FORMAT " at offset %" PRId64,
                            g->name, checker_partition(c, f->partition), reached,
                            VALUE_OF(c, f->send), f->offset);
        int32_t times = is_processed ? count_times(c, w, group, f) : 0;
        if (times > 1)
                verdict_add(c->v, ANOMALY_GROUP_DOUBLE,
                            promised && !w->was_forgotten[group] &&
                                    (g->policy == COMMIT_BEFORE || g->policy == COMMIT_TRANSACTION),
                            "group %s has processed " VALUE_FORMAT " at %s offset %" PRId64
                            " %" PRId32 " times",
                            g->name, VALUE_OF(c, f->send), checker_partition(c, f->partition),
                            f->offset, times);
}

static void check_records(struct checker *c, const struct group_work *w)
{
        for (int32_t group = 0; group < c->h->group_count; group++) {
                const struct history_group *g = &c->h->groups[group];
                int32_t end = g->topic_first + g->topic_partitions;
                for (int64_t i = checker_find(c, g->topic_first, 0);
                     i < c->fact_count && c->facts[i].partition < end; i++)
                        check_record(c, w, group, &c->facts[i]);
        }
}

/* --- who may own, and commit --- */

/* A partition was given to a member. Assignments and commits come in the order of time. */
struct given {
        int32_t group, partition;
        int32_t era; /* how often the group had been forgotten: then generations begin anew */
        int32_t generation, client;
};

static int by_generation(const void *left, const void *right)
{
        const struct given *a = left, *b = right;
        if (a->group != b->group)
                return a->group < b->group ? -1 : 1;
        if (a->partition != b->partition)
                return a->partition < b->partition ? -1 : 1;
        if (a->era != b->era)
                return a->era < b->era ? -1 : 1;
        if (a->generation != b->generation)
                return a->generation < b->generation ? -1 : 1;
        return (a->client > b->client) - (a->client < b->client);
}

static void check_owners(struct checker *c)
{
        const struct history *h = c->h;
        struct given *given = checker_allocate(h->assignment_count, sizeof *given);
        int32_t *eras = checker_allocate(h->group_count, sizeof *eras), n = 0;
        for (int32_t i = 0; i < h->assignment_count; i++) {
                const struct history_assignment *a = &h->assignments[i];
                eras[a->group] += a->kind == ASSIGNMENT_FORGOTTEN;
                if (a->kind == ASSIGNMENT_GIVEN && a->generation >= 0)
                        given[n++] = (struct given){a->group, a->partition, eras[a->group],
                                                    a->generation, a->client};
        }
        qsort(given, (size_t)n, sizeof *given, by_generation);
        for (int32_t i = 1; i < n; i++) {
                const struct given *a = &given[i - 1], *b = &given[i];
                if (a->group == b->group && a->partition == b->partition && a->era == b->era &&
                    a->generation == b->generation && a->client != b->client)
                        verdict_add(c->v, ANOMALY_TWO_OWNERS,
                                    checker_is_kept(c, h->groups[a->group].coordinator),
                                    "group %s gave %s to %s and to %s in generation %" PRId32,
                                    h->groups[a->group].name, checker_partition(c, a->partition),
                                    h->clients[a->client].name, h->clients[b->client].name,
                                    a->generation);
        }
        free(given);
        free(eras);
}

/* Who was given a partition in a generation shows that the group had come to it. */
static void note_generation(const struct history_assignment *a, int32_t *newest)
{
        if (a->kind == ASSIGNMENT_FORGOTTEN)
                newest[a->group] = 0;
        else if (a->kind == ASSIGNMENT_GIVEN && a->generation > newest[a->group])
                newest[a->group] = a->generation;
}

static void check_strangers(struct checker *c)
{
        const struct history *h = c->h;
        int32_t *newest = checker_allocate(h->group_count, sizeof *newest);
        for (int32_t i = 0, k = 0; i < h->commit_count; i++) {
                const struct history_commit *commit = &h->commits[i];
                while (k < h->assignment_count && h->assignments[k].time_ns < commit->invoke_ns)
                        note_generation(&h->assignments[k++], newest);
                if (commit->outcome != OUTCOME_OK || commit->generation < 0 ||
                    commit->generation >= newest[commit->group])
                        continue;
                verdict_add(c->v, ANOMALY_FOREIGN_COMMIT,
                            checker_is_kept(c, h->groups[commit->group].coordinator),
                            "group %s took the commit of %s offset %" PRId64
                            " by %s, of generation %" PRId32 ", in generation %" PRId32 " (%.3f s)",
                            h->groups[commit->group].name, checker_partition(c, commit->partition),
                            commit->offset, h->clients[commit->client].name, commit->generation,
                            newest[commit->group], checker_seconds(commit->done_ns));
        }
        free(newest);
}

void checker_groups(struct checker *c)
{
        const struct history *h = c->h;
        if (h->group_count == 0)
                return;
        struct group_work w = {
                .reached = checker_allocate((int64_t)h->group_count * h->partition_count,
                                            sizeof *w.reached)};
        w.was_forgotten = checker_allocate(h->group_count, sizeof *w.was_forgotten);
        for (int32_t i = 0; i < h->group_count; i++)
                w.was_forgotten[i] = was_forgotten(c, i, 0, INT64_MAX);
        struct claim *claims = checker_allocate(
                (int64_t)h->commit_count + h->offset_fetch_count + h->read_count, sizeof *claims);
        checker_claims(c, claims, collect_claims(c, claims, w.reached), tell_went_back);
        collect_processed(c, &w);
        check_records(c, &w);
        check_owners(c);
        check_strangers(c);
        checker_inputs(c, &w);
        free(claims);
        free(w.processed);
        free(w.was_forgotten);
        free(w.reached);
}
