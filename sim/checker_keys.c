/* Compacted topics: what is left folds to what all that was ever written folds to.
 *
 * A replica that is away for longer than delete.retention.ms may miss a tombstone that was written
 * and compacted away meanwhile. When it leads, the key is back: Kafka does not promise otherwise.
 */
#include "sim/checker_private.h"

#include <stdlib.h>

/* A record with a key, in a topic that keeps the last of each. */
struct keyed {
        int32_t partition, key;
        int64_t fact; /* INT64_MAX: of unknown place, if it is there at all */
};

static int compare(const void *left, const void *right)
{
        const struct keyed *a = left, *b = right;
        if (a->partition != b->partition)
                return a->partition < b->partition ? -1 : 1;
        if (a->key != b->key)
                return a->key < b->key ? -1 : 1;
        return (a->fact > b->fact) - (a->fact < b->fact);
}

struct keys {
        struct keyed *items; /* by partition, key, place */
        int64_t count;
};

/* It may have been in the log, and nobody was ever told where: a tombstone that compaction has
 * taken in the end, or anything that a power cut has. */
static bool is_hidden(const struct checker *c, int32_t send)
{
        const struct history_send *s = &c->h->sends[send];
        return (s->is_tombstone || !checker_is_kept(c, s->partition)) && s->key >= 0 &&
               c->h->partitions[s->partition].compacts && s->outcome != OUTCOME_FAILED &&
               !checker_was_acked(s) && checker_visibility(c, send) != VISIBILITY_ABORTED;
}

static struct keys collect_keys(const struct checker *c)
{
        struct keys k = {
                .items = checker_allocate(c->fact_count + c->h->send_count, sizeof *k.items)};
        for (int64_t i = 0; i < c->fact_count; i++) {
                const struct history_send *s = &c->h->sends[c->facts[i].send];
                if (c->h->partitions[s->partition].compacts && s->key >= 0 &&
                    checker_visibility(c, c->facts[i].send) != VISIBILITY_ABORTED)
                        k.items[k.count++] = (struct keyed){s->partition, s->key, i};
        }
        for (int32_t i = 0; i < c->h->send_count; i++)
                if (is_hidden(c, i))
                        k.items[k.count++] = (struct keyed){c->h->sends[i].partition,
                                                            c->h->sends[i].key, INT64_MAX};
        qsort(k.items, (size_t)k.count, sizeof *k.items, compare);
        return k;
}

/* The end of the run of one key that begins at `i`. */
static int64_t end_of_key(const struct keys *k, int64_t i)
{
        int64_t end = i + 1;
        while (end < k->count && k->items[end].partition == k->items[i].partition &&
               k->items[end].key == k->items[i].key)
                end++;
        return end;
}

/* Compaction may go by it: it was below the high watermark once. With acks=1 nobody knows. */
static bool replaces(const struct checker *c, const struct fact *f)
{
        return (f->vouchers & (FACT_READ | FACT_FINAL)) || c->h->sends[f->send].acks != 0 ||
               c->h->partitions[f->partition].replication <= 1;
}

static void mark_key(struct checker *c, const struct keys *k, int64_t first, int64_t end)
{
        bool is_replaced = false;
        for (int64_t i = end - 1; i >= first; i--) {
                int64_t fact = k->items[i].fact;
                if (fact == INT64_MAX) {
                        is_replaced = true;
                        continue;
                }
                if (is_replaced || c->h->sends[c->facts[fact].send].is_tombstone)
                        c->facts[fact].vouchers |= FACT_REPLACED;
                is_replaced |= replaces(c, &c->facts[fact]);
        }
}

/* Who gives no key that means anything may have used one and the same for all its records. */
static bool has_unknown_key(const struct checker *c, const struct fact *f)
{
        return c->h->partitions[f->partition].compacts && c->h->sends[f->send].key < 0;
}

void checker_mark_replaced(struct checker *c)
{
        struct keys k = collect_keys(c);
        for (int64_t i = 0, end; i < k.count; i = end) {
                end = end_of_key(&k, i);
                mark_key(c, &k, i, end);
        }
        for (int64_t i = 0; i < c->fact_count; i++)
                if (has_unknown_key(c, &c->facts[i]))
                        c->facts[i].vouchers |= FACT_REPLACED;
        free(k.items);
}

/* The newest place of a key, from the end of its run backwards, that is known to count. */
static int64_t find_newest(const struct checker *c, const struct keys *k, int64_t first,
                           int64_t end)
{
        for (int64_t i = end - 1; i >= first; i--) {
                int64_t fact = k->items[i].fact;
                if (fact == INT64_MAX)
                        return -1; /* nobody knows */
                int64_t send = c->facts[fact].send;
                enum visibility visibility = checker_visibility(c, send);
                if ((c->facts[fact].vouchers & FACT_FINAL) || visibility == VISIBILITY_COMMITTED)
                        return i;
                /* Its transaction may have been committed: then it has done its work, and is gone.
                 */
                if (c->h->sends[send].is_tombstone && visibility != VISIBILITY_ABORTED)
                        return -1;
        }
        return -1;
}

static void check_key(struct checker *c, const struct keys *k, int64_t first, int64_t end)
{
        int64_t newest = find_newest(c, k, first, end), left = newest;
        if (newest < 0)
                return;
        while (left >= first && !(c->facts[k->items[left].fact].vouchers & FACT_FINAL))
                left--;
        const struct fact *f = &c->facts[k->items[newest].fact];
        if (left == newest || !checker_is_looked_for(c, f) || c->h->sends[f->send].acks == 0)
                return;
        bool promised = !checker_may_be_lost(c, k->items[newest].fact);
        const char *partition = checker_partition(c, f->partition);
        if (!c->h->sends[f->send].is_tombstone)
                verdict_add(c->v, ANOMALY_KEY_LOST, promised,
                            "k%" PRId32 " of %s was last " VALUE_FORMAT " at offset %" PRId64
                            ", which is gone",
                            k->items[newest].key, partition, VALUE_OF(c, f->send), f->offset);
        else if (left >= first && !c->h->sends[c->facts[k->items[left].fact].send].is_tombstone)
                verdict_add(c->v, ANOMALY_KEY_RESURRECTED,
                            promised && !c->h->partitions[f->partition].led_by_returned,
                            "k%" PRId32 " of %s was deleted by " VALUE_FORMAT " at offset %" PRId64
                            ", and is " VALUE_FORMAT " again",
                            k->items[newest].key, partition, VALUE_OF(c, f->send), f->offset,
                            VALUE_OF(c, c->facts[k->items[left].fact].send));
}

void checker_keys(struct checker *c)
{
        struct keys k = collect_keys(c);
        for (int64_t i = 0, end; i < k.count; i = end) {
                end = end_of_key(&k, i);
                check_key(c, &k, i, end);
        }
        free(k.items);
}
